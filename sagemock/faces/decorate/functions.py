"""Call a function of any kind inside a context."""

import contextlib
import functools
import inspect
import types
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, Protocol, TypeAlias, cast

__all__ = ["Enter", "Mock", "inside", "is_fixture"]

Enter: TypeAlias = Callable[[tuple[object, ...]], contextlib.AbstractContextManager[object]]
"""Returns the context for a call, given the positional arguments of the call."""


class Mock(Protocol):
    """What the decorator needs of a mock; `SageMakerMock` is one."""

    def start(self) -> object:
        """Become the innermost mock."""

    def stop(self, *, clean: bool = True) -> None:
        """Undo `start`; with `clean`, then fail if a plan or a fault was not used."""

    def check_used(self) -> None:
        """Fail if a plan or a fault was not used."""

    def __enter__(self) -> object: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: types.TracebackType | None, /
    ) -> bool | None: ...


def is_fixture(value: object) -> bool:
    """Return whether `value` is a pytest fixture."""
    # By name and attribute, because pytest is not imported here. Since 8.4 it has a class; before, it marked the function.
    return type(value).__name__ == "FixtureFunctionDefinition" or "_pytestfixturefunction" in getattr(value, "__dict__", ())


def inside(target: Callable[..., Any], enter: Enter, *, like: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """Return a function that calls `target` inside `enter(args)`; its kind, name and signature are those of `like`.

    `enter` is called when the body starts: not for a coroutine that is never awaited, and not before a generator's
    first `next`.
    """
    like = target if like is None else like
    probe: Any = like
    while isinstance(probe, functools.partial):
        probe = probe.func
    if not inspect.isroutine(probe):
        # For an object with __call__, the kind is that of this method.
        probe = type(probe).__call__
    wrapper: Any
    if inspect.isasyncgenfunction(probe):
        wrapper = _inside_async_generator(target, enter)
    elif inspect.iscoroutinefunction(probe):
        wrapper = _inside_coroutine(target, enter)
    elif inspect.isgeneratorfunction(probe):
        wrapper = _inside_generator(target, enter)
        if inspect.unwrap(probe).__code__.co_flags & inspect.CO_ITERABLE_COROUTINE:
            # A generator that types.coroutine made awaitable must stay awaitable.
            wrapper = types.coroutine(wrapper)
    else:
        wrapper = _inside_function(target, enter)
    if inspect.isfunction(like):
        # doctest finds a function only in the module whose globals it has. The wrappers above use no globals.
        wrapper = types.FunctionType(wrapper.__code__, like.__globals__, closure=wrapper.__closure__)
    if not hasattr(like, "__name__"):
        # A partial or another object has no name for functools.wraps to copy.
        named = like.func if isinstance(like, functools.partial) else type(like)
        wrapper.__name__ = wrapper.__qualname__ = getattr(named, "__name__", type(named).__name__)
    return cast("Callable[..., Any]", functools.wraps(like)(wrapper))


# pytest's reports omit frames with __tracebackhide__: the failure is the test's, not ours.


def _inside_function(target: Callable[..., Any], enter: Enter) -> Callable[..., Any]:
    def wrapper(*args: object, **kwargs: object) -> object:
        __tracebackhide__ = True
        with enter(args):
            return target(*args, **kwargs)

    return wrapper


def _inside_coroutine(target: Callable[..., Any], enter: Enter) -> Callable[..., Any]:
    async def wrapper(*args: object, **kwargs: object) -> object:
        __tracebackhide__ = True
        with enter(args):
            return await target(*args, **kwargs)

    return wrapper


def _inside_generator(target: Callable[..., Any], enter: Enter) -> Callable[..., Any]:
    def wrapper(*args: object, **kwargs: object) -> Generator[Any, Any, object]:
        __tracebackhide__ = True
        with enter(args):
            return (yield from target(*args, **kwargs))

    return wrapper


def _inside_async_generator(target: Callable[..., Any], enter: Enter) -> Callable[..., Any]:
    """Do what `yield from` does (PEP 380); async generators do not have it."""

    async def wrapper(*args: object, **kwargs: object) -> AsyncGenerator[Any, Any]:
        __tracebackhide__ = True
        with enter(args):
            inner = target(*args, **kwargs)
            step = inner.__anext__()
            while True:
                try:
                    item = await step
                except StopAsyncIteration:
                    return
                try:
                    sent = yield item
                except GeneratorExit:
                    # aclose() is not athrow(): close the inner generator here, while its mock is still active.
                    await inner.aclose()
                    raise
                except BaseException as error:  # noqa: BLE001  # the inner generator handles it
                    step = inner.athrow(error)
                else:
                    step = inner.asend(sent)

    return wrapper
