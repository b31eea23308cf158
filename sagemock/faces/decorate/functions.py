"""Call a function inside a context, of whatever kind the function is."""

import contextlib
import functools
import inspect
import types
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, Protocol, TypeAlias, cast

__all__ = ["Enter", "Mock", "inside", "is_fixture"]

Enter: TypeAlias = Callable[[tuple[object, ...]], contextlib.AbstractContextManager[object]]
"""What makes the context of a call, given the positional arguments of the call."""


class Mock(Protocol):
    """What a mock must be able to do to be a decorator: `SageMakerMock`."""

    def start(self) -> object:
        """Become the innermost mock."""

    def stop(self, *, clean: bool = True) -> None:
        """Undo `start`; with `clean`, then fail if something that was planned was not used."""

    def check_used(self) -> None:
        """Fail if something that was planned was not used."""

    def __enter__(self) -> object: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: types.TracebackType | None, /
    ) -> bool | None: ...


def is_fixture(value: object) -> bool:
    """Return whether `value` is what `@pytest.fixture` makes."""
    # By name and by attribute, for pytest is not imported here: its class since 8.4, its mark on the function before.
    return type(value).__name__ == "FixtureFunctionDefinition" or "_pytestfixturefunction" in getattr(value, "__dict__", ())


def inside(target: Callable[..., Any], enter: Enter, *, like: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """Return a function that calls `target` inside `enter(args)`; its kind, name and signature are those of `like`.

    Nothing is entered before the call runs: not by a coroutine that is never awaited, not by a generator before its
    first `next`.
    """
    like = target if like is None else like
    probe: Any = like
    while isinstance(probe, functools.partial):
        probe = probe.func
    if not inspect.isroutine(probe):
        # An object with __call__ is of the kind of that method.
        probe = type(probe).__call__
    wrapper: Any
    if inspect.isasyncgenfunction(probe):
        wrapper = _inside_async_generator(target, enter)
    elif inspect.iscoroutinefunction(probe):
        wrapper = _inside_coroutine(target, enter)
    elif inspect.isgeneratorfunction(probe):
        wrapper = _inside_generator(target, enter)
        if inspect.unwrap(probe).__code__.co_flags & inspect.CO_ITERABLE_COROUTINE:
            # What types.coroutine made awaitable stays awaitable.
            wrapper = types.coroutine(wrapper)
    else:
        wrapper = _inside_function(target, enter)
    if inspect.isfunction(like):
        # doctest finds a function only in the module whose globals it has; the wrappers above use none.
        wrapper = types.FunctionType(wrapper.__code__, like.__globals__, closure=wrapper.__closure__)
    if not hasattr(like, "__name__"):
        # functools.wraps finds no name in a partial or another object.
        named = like.func if isinstance(like, functools.partial) else type(like)
        wrapper.__name__ = wrapper.__qualname__ = getattr(named, "__name__", type(named).__name__)
    return cast("Callable[..., Any]", functools.wraps(like)(wrapper))


# pytest leaves a frame that says __tracebackhide__ out of its reports: the failure is the test's, not ours.


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
    """Do what `yield from` does (PEP 380), which async generators do not have."""

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
                    # To be closed is not to be thrown at: the inner one must have finished while its mock is active.
                    await inner.aclose()
                    raise
                except BaseException as error:  # noqa: BLE001  # the inner generator decides about it
                    step = inner.athrow(error)
                else:
                    step = inner.asend(sent)

    return wrapper
