"""Text in the cells of a terminal: how wide it is, how it is cut, and what must not reach the terminal."""

import unicodedata
from itertools import accumulate

__all__ = ["clean", "cut", "padded", "width"]


def clean(text: str) -> str:
    """Return `text` without what a terminal obeys or a line ends at: each such character is written as its escape."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def width(text: str) -> int:
    """Return how many cells `text` takes: Chinese and Japanese characters take two, combining ones none."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(one: str) -> int:
    return 0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1


def cut(text: str, most: int, ellipsis: str) -> str:
    """Return as much of `text` as fits into `most` cells, ended by `ellipsis` if something is missing."""
    if width(text) <= most:
        return text
    ends = accumulate(map(_cells, text))
    kept = [one for one, end in zip(text, ends, strict=True) if end <= most - len(ellipsis)]
    return "".join(kept).rstrip() + ellipsis


def padded(text: str, to: int) -> str:
    """Return `text` followed by as many spaces as it takes to fill `to` cells."""
    return text + " " * (to - width(text))
