"""Texts that a test gives, which others write down later."""

import re

from sagemock.errors import InvalidValue, UsageError

__all__ = ["check_whole"]

_HALF = re.compile("[\ud800-\udfff]")


def check_whole(text: str, what: str, error: type[UsageError] = InvalidValue) -> None:
    """Raise `error`, which calls the text `what`, if no UTF-8 can hold it: it has half of a surrogate pair.

    So does what was decoded with errors='surrogateescape'. Each later read of it, each file and each terminal would fail.
    """
    half = _HALF.search(text)
    if half is not None:
        msg = (
            f"{what} {text!r} has {half[0]!r} in it, half of a surrogate pair, which cannot be written in UTF-8: take it out, or "
            "decode the bytes that it came from with errors='replace'"
        )
        raise error(msg)
