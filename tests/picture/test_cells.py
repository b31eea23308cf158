"""Text in the cells of a terminal."""

from hypothesis import given
from hypothesis import strategies as st

from sagemock.picture.cells import clean, cut, pad, width, wrapped


def test_control_characters_are_removed() -> None:
    """A record may come from anywhere, and its messages must not control the terminal."""
    assert clean("\x1b[31mred\nline\ttab\x9b\u2028") == r"\x1b[31mred\nline\ttab\x9b\u2028"
    assert clean("as it is: äöü 訓練") == "as it is: äöü 訓練"


def test_wide_characters_take_two_cells() -> None:
    """Combining characters take none."""
    assert [width(text) for text in ("abc", "訓練", "e\u0301", "")] == [3, 4, 1, 0]
    assert pad("訓練", 6) == "訓練  "


def test_a_cut_text_ends_with_an_ellipsis() -> None:
    """A text that fits is not cut."""
    assert cut("abcdef", 6, "...") == "abcdef"
    assert cut("abcdefg", 6, "...") == "abc..."
    assert cut("ab defg", 6, "...") == "ab..."
    assert cut("訓練訓練", 5, "…") == "訓練…"
    assert cut("訓練訓練", 4, "…") == "訓…"


@given(st.text(max_size=50), st.integers(3, 40), st.sampled_from(["…", "..."]))
def test_a_cut_text_fits(text: str, most: int, ellipsis: str) -> None:
    """Whatever characters it has."""
    assert width(cut(clean(text), most, ellipsis)) <= most


@given(st.text(st.sampled_from("ab -\n"), max_size=200), st.integers(20, 40))
def test_a_wrapped_text_fits_and_keeps_its_words(text: str, most: int) -> None:
    """Every character except spaces stays, in order; without a limit each line is unchanged."""
    lines = wrapped(text, most)
    assert all(len(line) <= most for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert wrapped(text, None) == text.split("\n")


def test_a_continued_line_is_indented() -> None:
    """By two more than the line itself; an empty line stays."""
    assert wrapped("  one two three\n\nfour five", 12) == ["  one two", "    three", "", "four five"]
