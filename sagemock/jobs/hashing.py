"""Hashes of large records that are keys of caches: each is computed once."""

from dataclasses import fields
from typing import Any, TypeVar, cast

__all__ = ["hashed_once"]

_R = TypeVar("_R")
_KEPT = "_hash"


def hashed_once(record: type[_R]) -> type[_R]:
    """Let a frozen dataclass without slots store its hash.

    A pickle or a copy has only its fields, not the hash: strings have other hashes in another process.
    """
    compute: Any = record.__hash__
    names = [field.name for field in fields(cast("Any", record))]

    def __hash__(self: _R) -> int:  # noqa: N807  # it becomes one
        kept: int | None = self.__dict__.get(_KEPT)
        if kept is None:
            kept = self.__dict__[_KEPT] = compute(self)
        return kept

    def __getstate__(self: _R) -> dict[str, Any]:  # noqa: N807  # it becomes one
        return {name: self.__dict__[name] for name in names}

    for method in (__hash__, __getstate__):
        setattr(record, method.__name__, method)
    return record
