"""Text in the cells of a terminal."""

from hypothesis import given
from hypothesis import strategies as st

from sagemock.picture.cells import clean, cut, pad, width, wrapped


def test_nothing_that_a_terminal_obeys_gets_through() -> None:
    """A record may come from anywhere; its messages are written, not obeyed."""
    assert clean("\x1b[31mred\nline\ttab\x9b\u2028") == r"\x1b[31mred\nline\ttab\x9b\u2028"
    assert clean("as it is: äöü 訓練") == "as it is: äöü 訓練"


def test_wide_characters_take_two_cells() -> None:
    """And combining ones none."""
    assert [width(text) for text in ("abc", "訓練", "e\u0301", "")] == [3, 4, 1, 0]
    assert pad("訓練", 6) == "訓練  "


def test_what_is_cut_says_so() -> None:
    """What fits is not."""
    assert cut("abcdef", 6, "...") == "abcdef"
    assert cut("abcdefg", 6, "...") == "abc..."
    assert cut("ab defg", 6, "...") == "ab..."
    assert cut("訓練訓練", 5, "…") == "訓練…"
    assert cut("訓練訓練", 4, "…") == "訓…"


@given(st.text(max_size=50), st.integers(3, 40), st.sampled_from(["…", "..."]))
def test_a_cut_text_fits(text: str, most: int, ellipsis: str) -> None:
    """Whatever it is of."""
    assert width(cut(clean(text), most, ellipsis)) <= most


@given(st.text(st.sampled_from("ab -\n"), max_size=200), st.integers(20, 40))
def test_a_wrapped_text_fits_and_keeps_its_words(text: str, most: int) -> None:
    """Each character that is not space stays, in its order; without a limit, each line is as it was."""
    lines = wrapped(text, most)
    assert all(len(line) <= most for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert wrapped(text, None) == text.split("\n")


def test_what_goes_on_is_indented_below_its_own_line() -> None:
    """By two more than the line itself; an empty line stays."""
    assert wrapped("  one two three\n\nfour five", 12) == ["  one two", "    three", "", "four five"]
