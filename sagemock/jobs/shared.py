"""What equal inputs share: made once, and kept by the first of them, so that it goes when that goes."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

__all__ = ["shared"]

_KEPT: Final = 1024
"""How many results one input keeps: of a job that is changed again and again the last ones are enough."""

_P = ParamSpec("_P")
_F = TypeVar("_F")
_R = TypeVar("_R")


def shared(make: Callable[Concatenate[_F, _P], _R]) -> Callable[Concatenate[_F, _P], _R]:
    """Let calls of a pure function with equal arguments, given by place, return one object, which the first argument keeps.

    Unlike `functools.lru_cache` it forgets with that argument: a mock that is over leaves no plans and no logs behind. Unlike a
    dictionary of weak references it runs no code when something is let go of, in which Python drops what the handler of a signal
    raises.
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
