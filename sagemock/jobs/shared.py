"""A cache decorator for pure functions, whose results are freed together with the first argument."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

__all__ = ["shared"]

_KEPT: Final = 1024
"""How many results one argument stores: a job that changes again and again needs only the latest ones."""

_P = ParamSpec("_P")
_F = TypeVar("_F")
_R = TypeVar("_R")


def shared(make: Callable[Concatenate[_F, _P], _R]) -> Callable[Concatenate[_F, _P], _R]:
    """Cache a pure function: calls with the same first argument and equal other (positional) arguments return one object.

    The first argument stores the results. So, unlike with `functools.lru_cache`, they are freed with that argument: a mock that
    has ended leaves no plans and logs behind. And, unlike with a dictionary of weak references, no callback runs when an object
    is freed: Python ignores an exception that a signal handler raises in such a callback.
    """
    name = f"_{make.__qualname__}"

    @wraps(make)
    def one(first: _F, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        kept: dict[tuple[Any, ...], _R] = vars(first).setdefault(name, {})
        found = kept.get(args)
        if found is None:
            if len(kept) >= _KEPT:
                kept.clear()
            found = kept.setdefault(args, make(first, *args, **kwargs))
        return found

    return one
