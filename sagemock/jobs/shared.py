"""What equal inputs share: made once for as long as anybody holds it, and kept alive by nothing here."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar
from weakref import WeakValueDictionary

__all__ = ["shared"]

_P = ParamSpec("_P")
_R = TypeVar("_R")


def shared(make: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let calls of a pure function with equal arguments, given by place, return one object while it lives.

    Unlike `functools.lru_cache` it forgets with the last holder: a mock that is over leaves no plans and no logs behind.
    """
    held: WeakValueDictionary[tuple[object, ...], _R] = WeakValueDictionary()

    @wraps(make)
    def one(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        found = held.get(args)
        return held.setdefault(args, make(*args, **kwargs)) if found is None else found

    return one
