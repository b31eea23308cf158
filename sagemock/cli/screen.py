"""Where the commands write: how wide it is, which characters it has, and whether it shows colours."""

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
"""What a picture with blocks needs."""


@dataclass(frozen=True, slots=True)
class Screen:
    """What a command draws on."""

    columns: int
    paper: Paper
    colored: bool

    @classmethod
    def of(cls, out: TextIO, *, width: int | None = None, ascii_only: bool = False, color: Color = "auto") -> "Screen":
        """Return what `out` can show: a terminal its own width, anything else 80 columns or $COLUMNS.

        Raises UsageError if colours are wanted and rich is not installed.
        """
        found = find_spec("rich") is not None
        if color == "always" and not found:
            raise UsageError("colours need rich, which is not installed: pip install 'sagemock[color]'")
        wanted = out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        columns = shutil.get_terminal_size().columns if width is None else width
        paper = Paper(columns, unicode=not ascii_only and _has_blocks(out))
        return cls(columns, paper, colored=found and (color == "always" or (color == "auto" and wanted)))

    def write(self, lines: Iterable[Line]) -> None:
        """Write lines to standard output, in colours if it shows them."""
        emit(_colored(lines) if self.colored else plain(lines))


def emit(text: str) -> None:
    """Write a text and the end of its line to standard output; what that cannot encode is written as an escape."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def _has_blocks(out: TextIO) -> bool:
    try:
        BLOCKS.encode(out.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _colored(lines: Iterable[Line]) -> str:
    # An extra, and not loaded for those who want no colours.
    rich, text = import_module("rich.console"), import_module("rich.text")
    styles = {name: look.color for name, look in LOOKS.items()}
    written = StringIO()
    console = rich.Console(file=written, force_terminal=True, color_system=_colors(), no_color=False, legacy_windows=False)
    for line in lines:
        spans = [(span.text, styles.get(span.style, span.style)) for span in line]
        console.print(text.Text.assemble(*spans), soft_wrap=True)
    return written.getvalue().removesuffix("\n")


def _colors() -> str:
    """Return how many colours the terminal has, as far as its environment tells."""
    return "truecolor" if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit") else "256"
