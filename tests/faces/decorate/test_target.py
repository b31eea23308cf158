"""The decorator on callables of every kind: a fresh mock for each call, an unchanged name and signature, and refusals."""

import asyncio
import doctest
import functools
import inspect
import types
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from sagemock.errors import UsageError
from sagemock.faces.decorate.target import decorate
from sagemock.faces.maker import mock_sagemaker
from sagemock.faces.mock import SageMakerMock, current
from sagemock.world.options import Options
from tests.support.fake_mock import FakeMock, Journal

if TYPE_CHECKING:
    from typing_extensions import assert_type

    def _typed(x: int, /, *, y: str = "") -> bytes:
        return (y * x).encode()

    async def _typed_async(x: int) -> str:
        return str(x)

    class _Typed:
        def method(self, x: int) -> str:
            return str(x)

    def _new() -> FakeMock:
        return Journal().new()

    assert_type(decorate(_typed, _new)(3, y="a"), bytes)
    decorate(_typed, _new)("3")  # type: ignore[arg-type]
    decorate(_typed, _new)(3, z="a")  # type: ignore[call-arg]
    assert_type(decorate(_Typed, _new)().method(1), str)
    assert_type(decorate(_Typed.method, _new)(_Typed(), 1), str)

    async def _typed_use() -> None:
        assert_type(await decorate(_typed_async, _new)(1), str)

    decorate(3, _new)  # type: ignore[type-var]


@pytest.fixture
def journal() -> Iterator[Journal]:
    """Return a journal; check that no mock of it stays active."""
    journal = Journal()
    yield journal
    assert journal.active == []


Here = Callable[[], Any]


class CallableObject:
    """A callable object."""

    def __init__(self, here: Here) -> None:
        self.here = here

    def __call__(self, x: int) -> tuple[Any, int]:
        return self.here(), x


class AsyncCallableObject(CallableObject):
    """A callable object whose calls are awaited."""

    async def __call__(self, x: int) -> tuple[Any, int]:  # type: ignore[override]
        return self.here(), x


def kinds(face: Callable[[Any], Any], here: Here) -> dict[str, Callable[..., Any]]:
    """Return a callable of every kind, decorated by `face`; each returns, yields or is awaited to (here(), x)."""

    def function(x: int) -> tuple[Any, int]:
        return here(), x

    async def coroutine(x: int) -> tuple[Any, int]:
        await asyncio.sleep(0)
        return here(), x

    def generator(x: int) -> Iterator[tuple[Any, int]]:
        yield here(), x

    async def async_generator(x: int) -> AsyncGenerator[tuple[Any, int], None]:
        await asyncio.sleep(0)
        yield here(), x

    @types.coroutine
    def old_coroutine(x: int) -> Generator[None, None, tuple[Any, int]]:
        yield
        return here(), x

    class Methods:
        @face
        def method(self, x: int) -> tuple[Any, int]:
            return here(), x

        @face
        @staticmethod
        def above_static(x: int) -> tuple[Any, int]:
            return here(), x

        @staticmethod
        @face
        def below_static(x: int) -> tuple[Any, int]:
            return here(), x

        @face
        @classmethod
        def above_class(cls, x: int) -> tuple[Any, int]:
            assert cls is Methods
            return here(), x

        @classmethod
        @face
        def below_class(cls, x: int) -> tuple[Any, int]:
            assert cls is Methods
            return here(), x

        @face
        async def coroutine_method(self, x: int) -> tuple[Any, int]:
            return here(), x

        @property
        @face
        def seven(self) -> tuple[Any, int]:
            return here(), 7

    @face
    class TestClass:
        def test_method(self, x: int) -> tuple[Any, int]:
            return here(), x

    return {
        "function": face(function),
        "coroutine": face(coroutine),
        "generator": face(generator),
        "async_generator": face(async_generator),
        "types.coroutine": face(old_coroutine),
        "partial": face(functools.partial(function, 7)),
        "partial coroutine": face(functools.partial(coroutine, x=7)),
        "partial object": face(functools.partial(CallableObject(here), 7)),
        "object": face(CallableObject(here)),
        "async object": face(AsyncCallableObject(here)),
        "method": Methods().method,
        "bound method": face(CallableObject(here).__call__),
        "static above": Methods.above_static,
        "static below": Methods().below_static,
        "class above": Methods.above_class,
        "class below": Methods().below_class,
        "coroutine method": Methods().coroutine_method,
        "property": lambda _: Methods().seven,
        "lambda": face(lambda x: (here(), x)),
        "class": TestClass().test_method,
    }


KINDS = list(kinds(lambda target: target, int))


def fakes(journal: Journal) -> dict[str, Callable[..., Any]]:
    """Return callables of every kind, decorated with a journal's mocks; they return the number of their mock."""
    return kinds(lambda target: decorate(target, journal.new), lambda: journal.innermost.number)


async def _awaited(value: Awaitable[Any]) -> Any:
    return await value


async def _only(values: AsyncGenerator[Any, None]) -> Any:
    [value] = [value async for value in values]
    return value


def outcome(called: Any) -> Any:
    """Run the result of a call to its one value."""
    if isinstance(called, AsyncGenerator):
        return asyncio.run(_only(called))
    if isinstance(called, Generator) and not isinstance(called, Awaitable) and not inspect.isawaitable(called):
        [value] = called
        return value
    return asyncio.run(_awaited(called)) if inspect.isawaitable(called) else called


@pytest.mark.parametrize("kind", KINDS)
def test_each_call_of_every_kind_gets_a_fresh_mock(journal: Journal, kind: str) -> None:
    """Two calls run in two mocks, one after the other; making a call object starts none."""
    target = fakes(journal)[kind]
    arguments = [] if kind.startswith("partial") else [7]
    assert outcome(target(*arguments)) == (1, 7)
    assert outcome(target(*arguments)) == (2, 7)
    assert journal.story == ["clean", "clean"]


FACES: dict[str, Callable[[Any], Any]] = {
    "@mock_sagemaker": mock_sagemaker,
    "@mock_sagemaker()": mock_sagemaker(),
    "@mock_sagemaker(seed=0)": mock_sagemaker(seed=0),
    "@SageMakerMock()": SageMakerMock(),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("face", list(FACES))
def test_every_face_decorates_every_kind_alike(face: str, kind: str) -> None:
    """With or without parentheses, and by an instance: each call has a fresh mock with the same options, and stops it."""
    target = kinds(FACES[face], current)[kind]
    arguments = [] if kind.startswith("partial") else [7]
    (first, _), (second, _) = outcome(target(*arguments)), outcome(target(*arguments))
    assert first is not second
    assert first.options == second.options == Options()
    assert repr(first) == repr(second) == "<SageMakerMock, over>"
    with pytest.raises(UsageError, match="^no mock is active here"):
        current()


def test_a_decorated_function_keeps_its_metadata(journal: Journal) -> None:
    """Name, module, docstring, annotations, attributes, globals and signature."""

    def target(x: int, /, y: str = "a", *, z: float) -> str:
        """Say it."""
        return f"{x}{y}{z}"

    target.owner = "somebody"  # type: ignore[attr-defined]
    wrapper: Any = decorate(target, journal.new)
    for attribute in ("__name__", "__qualname__", "__module__", "__doc__", "__annotations__", "__globals__", "owner"):
        assert getattr(wrapper, attribute) == getattr(target, attribute)
    assert inspect.signature(wrapper) == inspect.signature(target)
    assert inspect.unwrap(wrapper) is target
    assert wrapper(1, z=2) == "1a2"


MODULE = """
def documented():
    '''
    >>> documented()
    'a'
    '''
    return "a"

documented = decorate(documented, new)
"""


def test_doctest_finds_the_examples_of_a_decorated_function(journal: Journal) -> None:
    """Doctest runs the examples in its docstring."""
    module = types.ModuleType("documented_module")
    module.__dict__.update(decorate=decorate, new=journal.new)
    exec(MODULE, module.__dict__)  # noqa: S102  # our own code
    [found] = [test for test in doctest.DocTestFinder().find(module) if test.examples]
    assert doctest.DocTestRunner(verbose=False).run(found) == (0, 1)
    assert journal.story == ["clean"]


@pytest.mark.parametrize(
    "kind, name",
    [
        ("function", "function"),
        ("partial", "function"),
        ("partial object", "CallableObject"),
        ("object", "CallableObject"),
        ("bound method", "__call__"),
    ],
)
def test_a_wrapper_without_a_name_takes_that_of_its_function_or_class(kind: str, name: str) -> None:
    """Partials and objects have none of their own."""
    assert fakes(Journal())[kind].__name__ == name


PREDICATES: list[Callable[[object], bool]] = [
    inspect.isfunction,
    inspect.iscoroutinefunction,
    inspect.isgeneratorfunction,
    inspect.isasyncgenfunction,
]


@pytest.mark.parametrize("kind", ["function", "coroutine", "generator", "async_generator", "types.coroutine"])
def test_a_wrapper_is_of_the_kind_of_its_function(kind: str) -> None:
    """`inspect` says the same of both."""
    wrapper = fakes(Journal())[kind]
    assert [predicate(wrapper) for predicate in PREDICATES] == [predicate(inspect.unwrap(wrapper)) for predicate in PREDICATES]


def test_a_function_decorated_twice_has_nested_mocks() -> None:
    """The upper decorator is the outer mock."""
    journal = Journal()

    def target() -> list[int]:
        return [mock.number for mock in journal.active]

    assert decorate(decorate(target, journal.new), journal.new)() == [1, 2]
    assert repr(journal) == "<Journal of [<FakeMock 1, clean>, <FakeMock 2, clean>]>"


class Property:
    """Objects that contain a function but are none."""

    @property
    def plain(self) -> None: ...

    @functools.cached_property
    def cached(self) -> None: ...

    partial = functools.partialmethod(print, 1)


@pytest.fixture
def ready() -> None:
    """Return nothing, as a fixture."""


class OldFixture:
    """What a fixture was before pytest 8.4: the function itself, with a mark."""

    _pytestfixturefunction = None

    def __init__(self) -> None:
        self.__dict__["_pytestfixturefunction"] = object()

    def __repr__(self) -> str:
        return "<OldFixture>"

    def __call__(self) -> None: ...


@pytest.mark.parametrize(
    "target, message",
    [
        (
            vars(Property)["plain"],
            "a property cannot be decorated: put @mock_sagemaker under the property, on the function itself",
        ),
        (
            vars(Property)["cached"],
            "a cached_property cannot be decorated: put @mock_sagemaker under the cached_property, on the function itself",
        ),
        (
            vars(Property)["partial"],
            "a partialmethod cannot be decorated: put @mock_sagemaker under the partialmethod, on the function itself",
        ),
        (ready, f"{ready!r} is a pytest fixture already: put @pytest.fixture above @mock_sagemaker"),
        (OldFixture(), "<OldFixture> is a pytest fixture already: put @pytest.fixture above @mock_sagemaker"),
        (
            "2018-07-30",
            (
                "@mock_sagemaker decorates callables, not '2018-07-30': put it on a function, a method or a class, "
                "or write `with mock_sagemaker():`; options are given by name"
            ),
        ),
    ],
    ids=["property", "cached_property", "partialmethod", "fixture", "old fixture", "text"],
)
def test_an_object_that_cannot_be_decorated_is_refused(journal: Journal, target: Any, message: str) -> None:
    """A TypeError says what to do."""
    for refused in (target, staticmethod(target)):
        with pytest.raises(TypeError) as caught:
            decorate(refused, journal.new)
        assert str(caught.value) == message
