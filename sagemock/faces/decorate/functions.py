"""Call a function of any kind inside a context."""

import contextlib
import functools
import inspect
import types
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, Final, Protocol, TypeAlias, cast

__all__ = ["Enter", "Mock", "inside", "is_fixture"]

Enter: TypeAlias = Callable[[tuple[object, ...]], contextlib.AbstractContextManager[object]]
"""Returns the context for a call, given the positional arguments of the call. The value of the context is the mock."""

_GIVEN: Final = "sagemock"
"""The name of the parameter by which a decorated function gets its mock."""

_Arguments: TypeAlias = tuple[tuple[object, ...], dict[str, object]]
_Give: TypeAlias = Callable[[object, tuple[object, ...], dict[str, object]], _Arguments]
"""Returns the arguments of a call with the mock among them, if the function has a parameter for it."""


class Mock(Protocol):
    """The methods of a mock that the decorator uses; `SageMakerMock` has them."""

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
    first `next`. A parameter named `sagemock` gets the mock, and the signature does not show it: to pytest, it is not a fixture.
    """
    like = target if like is None else like
    give, shown = _giving(like)
    probe: Any = like
    while isinstance(probe, functools.partial):
        probe = probe.func
    if not inspect.isroutine(probe):
        # For an object with __call__, the kind is that of this method.
        probe = type(probe).__call__
    wrapper: Any
    if inspect.isasyncgenfunction(probe):
        wrapper = _inside_async_generator(target, enter, give)
    elif inspect.iscoroutinefunction(probe):
        wrapper = _inside_coroutine(target, enter, give)
    elif inspect.isgeneratorfunction(probe):
        wrapper = _inside_generator(target, enter, give)
        if inspect.unwrap(probe).__code__.co_flags & inspect.CO_ITERABLE_COROUTINE:
            # A generator that types.coroutine made awaitable must stay awaitable.
            wrapper = types.coroutine(wrapper)
    else:
        wrapper = _inside_function(target, enter, give)
    if inspect.isfunction(like):
        # doctest finds a function only in the module whose globals it has. The wrappers above use no globals.
        wrapper = types.FunctionType(wrapper.__code__, like.__globals__, closure=wrapper.__closure__)
    if not hasattr(like, "__name__"):
        # A partial or another object has no name for functools.wraps to copy.
        named = like.func if isinstance(like, functools.partial) else type(like)
        wrapper.__name__ = wrapper.__qualname__ = getattr(named, "__name__", type(named).__name__)
    functools.wraps(like)(wrapper)
    if shown is not None:
        wrapper.__signature__ = shown
    return cast("Callable[..., Any]", wrapper)


def _giving(like: Callable[..., Any]) -> tuple[_Give, inspect.Signature | None]:
    """Return a function that adds the mock to the arguments, and the signature without that parameter (None: no change)."""
    try:
        signature = inspect.signature(like)
    except (TypeError, ValueError):  # some callables written in C have no signature
        return _give_nothing, None
    parameters = list(signature.parameters.values())
    place = next((place for place, one in enumerate(parameters) if one.name == _GIVEN), None)
    if place is None or parameters[place].kind not in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY):
        return _give_nothing, None
    is_keyword = parameters[place].kind is inspect.Parameter.KEYWORD_ONLY
    del parameters[place]

    def give(mock: object, args: tuple[object, ...], kwargs: dict[str, object]) -> _Arguments:
        if _GIVEN in kwargs:
            return args, kwargs
        # The caller does not see the parameter, so the positional arguments are for the others (`unittest.mock.patch` adds some).
        if is_keyword or len(args) < place:
            return args, {**kwargs, _GIVEN: mock}
        return (*args[:place], mock, *args[place:]), kwargs

    return give, signature.replace(parameters=parameters)


def _give_nothing(_: object, args: tuple[object, ...], kwargs: dict[str, object]) -> _Arguments:
    return args, kwargs


# pytest's reports omit frames with __tracebackhide__: the failure is the test's, not ours.


def _inside_function(target: Callable[..., Any], enter: Enter, give: _Give) -> Callable[..., Any]:
    def wrapper(*args: object, **kwargs: object) -> object:
        __tracebackhide__ = True
        with enter(args) as mock:
            args, kwargs = give(mock, args, kwargs)
            return target(*args, **kwargs)

    return wrapper


def _inside_coroutine(target: Callable[..., Any], enter: Enter, give: _Give) -> Callable[..., Any]:
    async def wrapper(*args: object, **kwargs: object) -> object:
        __tracebackhide__ = True
        with enter(args) as mock:
            args, kwargs = give(mock, args, kwargs)
            return await target(*args, **kwargs)

    return wrapper


def _inside_generator(target: Callable[..., Any], enter: Enter, give: _Give) -> Callable[..., Any]:
    def wrapper(*args: object, **kwargs: object) -> Generator[Any, Any, object]:
        __tracebackhide__ = True
        with enter(args) as mock:
            args, kwargs = give(mock, args, kwargs)
            return (yield from target(*args, **kwargs))

    return wrapper


def _inside_async_generator(target: Callable[..., Any], enter: Enter, give: _Give) -> Callable[..., Any]:
    """Do what `yield from` does (PEP 380); async generators do not have it."""

    async def wrapper(*args: object, **kwargs: object) -> AsyncGenerator[Any, Any]:
        __tracebackhide__ = True
        with enter(args) as mock:
            args, kwargs = give(mock, args, kwargs)
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
