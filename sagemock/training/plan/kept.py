"""Reads a file with records of jobs: JSON values one after the other, or a console log of the SageMaker SDK."""

import json
from collections.abc import Iterator
from typing import Any

from sagemock.training.plan.console import from_console

__all__ = ["values_of"]


def values_of(raw: bytes) -> list[Any]:
    """Return the JSON values in a file, or the record in a console log. Raises ValueError or RecursionError if it is neither."""
    # Windows PowerShell saves what a command prints as UTF-16.
    text = raw.decode(json.detect_encoding(raw))
    try:
        return list(_values(text))
    except ValueError:
        record = from_console(text)
        if record is None:
            raise
        return [record]


def _values(text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    rest = text.strip()
    while rest:
        value, end = decoder.raw_decode(rest)
        yield value
        rest = rest[end:].lstrip()
