"""What a command knows about its output: width, characters, colours."""

import io
import re
import sys
from typing import TextIO

import pytest

from sagemock import UsageError
from sagemock.cli.screen import Color, Screen, emit
from sagemock.picture.text import Paper, Span

LINES = [(Span("churn", "bold"), Span(": "), Span("Training", "Training")), (Span("then", "dim"),)]


class Terminal(io.TextIOWrapper):
    """A terminal, or a file, with an encoding."""

    def __init__(self, encoding: str = "utf-8", *, terminal: bool = True) -> None:
        super().__init__(io.BytesIO(), encoding=encoding)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "COLORTERM", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.mark.parametrize("encoding, unicode", [("utf-8", True), ("ascii", False), ("latin-1", False)])
def test_blocks_are_used_if_they_can_be_written(encoding: str, unicode: bool) -> None:  # noqa: FBT001  # a column of the table
    """Not if the encoding lacks them, or an option says no."""
    assert Screen.of(Terminal(encoding)).paper.unicode is unicode
    assert not Screen.of(Terminal(encoding), ascii_only=True).paper.unicode


def test_the_width_is_that_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or 80, or the requested one."""
    assert Screen.of(Terminal(), width=100).columns == 100
    monkeypatch.setenv("COLUMNS", "132")
    assert Screen.of(Terminal()).paper == Paper(132, unicode=True)


@pytest.mark.parametrize(
    "color, terminal, environment, colored",
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", True, {"TERM": "dumb"}, False),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {}, False),
    ],
)
def test_only_terminals_get_colours(
    color: Color,
    terminal: bool,  # noqa: FBT001  # a column of the table
    environment: dict[str, str],
    colored: bool,  # noqa: FBT001  # a column of the table
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """NO_COLOR counts unless it is empty (https://no-color.org)."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Screen.of(Terminal(terminal=terminal), color=color).colored is colored


def test_without_rich_there_are_no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """An explicit request for them gets an error that says what is missing."""
    monkeypatch.setattr("sagemock.cli.screen.find_spec", lambda _: None)
    assert not Screen.of(Terminal()).colored
    with pytest.raises(UsageError) as missing:
        Screen.of(Terminal(), color="always")
    assert str(missing.value) == "colours need rich, which is not installed: pip install 'sagemock[color]'"


# rich caches styles, so each row uses another status.
@pytest.mark.parametrize(
    "colorterm, name, code",
    [("truecolor", "Failed", r"\x1b\[38;2;221;67;67mFailed"), ("", "Training", r"\x1b\[38;5;6[89]mTraining")],
)
def test_a_status_has_its_colour(
    colorterm: str, name: str, code: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of the SVG, or the nearest one that the terminal has."""
    monkeypatch.setenv("COLORTERM", colorterm)
    Screen.of(sys.stdout, color="always").write([(Span("churn", "bold"), Span(name, name)), (Span("then", "dim"),)])
    out = capsys.readouterr().out
    # Versions of rich choose differently among the 256 colours.
    assert re.search(code, out)
    assert out.endswith("\x1b[0m\n")
    assert out.count("\n") == 2


def test_without_colours_the_output_is_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    """Line by line."""
    Screen.of(sys.stdout, color="never").write(LINES)
    assert capsys.readouterr().out == "churn: Training\nthen\n"


@pytest.mark.parametrize("out, written", [(Terminal("ascii"), b"\\u8a13\n"), (Terminal("utf-8"), "訓\n".encode())])
def test_unencodable_characters_are_escaped(out: Terminal, written: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """They raise no error."""
    stream: TextIO = out
    monkeypatch.setattr(sys, "stdout", stream)
    emit("訓")
    stream.flush()
    assert isinstance(out.buffer, io.BytesIO)
    assert out.buffer.getvalue().replace(b"\r\n", b"\n") == written
