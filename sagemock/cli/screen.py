"""The output of the commands: its width, its characters, and whether it shows colours."""

import os
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from io import StringIO
from typing import Final, Literal, TextIO, TypeAlias

from sagemock.errors import UsageError
from sagemock.picture.look import LOOKS
from sagemock.picture.text import Line, Paper, plain

__all__ = ["Color", "Screen"]

Color: TypeAlias = Literal["auto", "always", "never"]

BLOCKS: Final = "█▓▒░┄○✓✗■◆▲…"
"""The characters that a picture with blocks needs."""


@dataclass(frozen=True, slots=True)
class Screen:
    """The width, the characters and the colours of a command's output."""

    columns: int
    paper: Paper
    colored: bool

    @classmethod
    def of(cls, out: TextIO, *, width: int | None = None, ascii_only: bool = False, color: Color = "auto") -> "Screen":
        """Return the screen for `out`. A terminal has its own width, anything else $COLUMNS or 80 columns.

        Raises UsageError if `color` is "always" and rich is not installed.
        """
        found = find_spec("rich") is not None
        if color == "always" and not found:
            raise UsageError("colours need rich, which is not installed: pip install 'sagemock[color]'")
        wanted = out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        columns = shutil.get_terminal_size().columns if width is None else width
        paper = Paper(columns, unicode=not ascii_only and _has_blocks(out))
        return cls(columns, paper, colored=found and (color == "always" or (color == "auto" and wanted)))

    def write(self, lines: Iterable[Line]) -> None:
        """Write lines to standard output, in colours if the screen shows them."""
        emit(_colored(lines) if self.colored else plain(lines))


def emit(text: str) -> None:
    """Write a text and a newline to standard output at once, with escapes for characters that it cannot encode."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    # A command may run for hours, and a reader at a pipe must get each text at once.
    sys.stdout.flush()


def _has_blocks(out: TextIO) -> bool:
    try:
        BLOCKS.encode(out.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _colored(lines: Iterable[Line]) -> str:
    # rich is an extra: it is only loaded for output in colours.
    rich, text = import_module("rich.console"), import_module("rich.text")
    styles = {name: look.color for name, look in LOOKS.items()}
    buffer = StringIO()
    console = rich.Console(file=buffer, force_terminal=True, color_system=_colors(), no_color=False, legacy_windows=False)
    for line in lines:
        spans = [(span.text, styles.get(span.style, span.style)) for span in line]
        console.print(text.Text.assemble(*spans), soft_wrap=True)
    return buffer.getvalue().removesuffix("\n")


def _colors() -> str:
    """Return rich's name for the number of colours that the terminal has, according to the environment."""
    return "truecolor" if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit") else "256"
