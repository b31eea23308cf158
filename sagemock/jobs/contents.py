"""Contents: the objects that a plan lets a job write to S3, as bytes or as the path of a file or directory."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

from sagemock.checks import of_a_plan, quoted, text
from sagemock.errors import PlanError

__all__ = ["Content", "OutputMapping", "contents_of", "exists"]

Content: TypeAlias = bytes | str | os.PathLike[str]
OutputMapping: TypeAlias = Mapping[str, Content] | tuple[tuple[str, Content], ...]
"""Contents by path: a mapping, which a plan keeps as a tuple."""
_ADVICE: Final = "write outputs={'train/part-0.csv': b'1,2'}"


def contents_of(given: object) -> tuple[tuple[str, Content], ...]:
    """Return contents by path as pairs. Raises PlanError for anything else, and for the path of a file that does not exist."""
    pairs = tuple(given.items()) if isinstance(given, Mapping) else given
    if not isinstance(pairs, tuple) or not all(isinstance(one, tuple) and len(one) == 2 for one in pairs):  # noqa: PLR2004  # pairs
        raise PlanError(f"outputs={quoted(given)}: it is a mapping of paths to contents; {_ADVICE}")
    for path, content in pairs:
        with of_a_plan():
            text("a path of outputs", path, "a text", _ADVICE)
        if not isinstance(content, (bytes, str, os.PathLike)) or (not content and not isinstance(content, bytes)):
            raise PlanError(f"outputs has {quoted(content)} at {path!r}: give bytes, or the path of a file or directory")
        if not isinstance(content, bytes) and not exists(content):
            raise PlanError(f"outputs has {quoted(content)} at {path!r}: there is no such file or directory; give another path")
    return pairs


def exists(path: "str | os.PathLike[str]") -> bool:
    """Whether there is such a file or directory."""
    try:
        return Path(path).exists()
    except OSError:
        # The name is too long, for example.
        return False
