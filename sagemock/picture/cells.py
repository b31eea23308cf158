"""Text in the cells of a terminal: its width, cutting it, and escaping control characters."""

import textwrap
import unicodedata
from itertools import accumulate

__all__ = ["clean", "cut", "pad", "width", "wrapped"]


def clean(text: str) -> str:
    """Return `text` with control characters and line ends written as escapes."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def width(text: str) -> int:
    """Return the number of cells of `text`: Chinese and Japanese characters take two, combining characters none."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(one: str) -> int:
    return 0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1


def cut(text: str, most: int, ellipsis: str) -> str:
    """Return as much of `text` as fits into `most` cells; if it is cut, it ends with `ellipsis`."""
    if width(text) <= most:
        return text
    ends = accumulate(map(_cells, text))
    kept = [one for one, end in zip(text, ends, strict=True) if end <= most - len(ellipsis)]
    return "".join(kept).rstrip() + ellipsis


def pad(text: str, to: int) -> str:
    """Return `text` filled with spaces to `to` cells."""
    return text + " " * (to - width(text))


def wrapped(text: str, most: int | None) -> list[str]:
    """Return the lines of a text. A line longer than `most` characters is split, and its continuation is indented."""
    if most is None:
        return text.split("\n")
    return [part for line in text.split("\n") for part in _parts(line, most)]


def _parts(line: str, most: int) -> list[str]:
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.wrap(line, most, subsequent_indent=indent, break_on_hyphens=False) or [""]
