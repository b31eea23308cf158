"""Records of many fields that are keys of caches: their hash is computed once."""

from typing import Any, TypeVar

__all__ = ["hashed_once"]

_R = TypeVar("_R")
_KEPT = "_hash"


def hashed_once(record: type[_R]) -> type[_R]:
    """Let a frozen dataclass without slots keep its hash; not in a pickle, as strings hash differently in another process."""
    compute: Any = record.__hash__

    def __hash__(self: _R) -> int:  # noqa: N807  # it becomes one
        kept: int | None = self.__dict__.get(_KEPT)
        if kept is None:
            kept = self.__dict__[_KEPT] = compute(self)
        return kept

    def __getstate__(self: _R) -> dict[str, Any]:  # noqa: N807  # it becomes one
        return {name: value for name, value in self.__dict__.items() if name != _KEPT}

    for method in (__hash__, __getstate__):
        setattr(record, method.__name__, method)
    return record
