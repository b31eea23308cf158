"""Give every test method of a class a fresh mock, which the test shares with its set-up and tear-down."""

import contextlib
import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from sagemock.errors import InvalidType
from sagemock.faces.decorate.functions import Mock, inside, is_fixture

if TYPE_CHECKING:
    import unittest

__all__ = ["decorate_class"]

_MOCKS = "_sagemock_mocks"
_ABSENT = object()

_Original: TypeAlias = Callable[[object], Callable[..., Any]]
"""Returns the original method, bound to an instance or a class."""


def decorate_class(cls: type, new_mock: Callable[[], Mock]) -> type:
    """Give each test method of `cls` and of its later subclasses a fresh mock."""
    prepared = _MOCKS in vars(cls)
    inherited: _Mocks | None = getattr(cls, _MOCKS, None)
    # Open mocks are shared with a decorated base: its methods must see the mock that ours opened. Our options win.
    mocks = _Mocks(new_mock, {} if inherited is None else inherited.opened)
    try:
        setattr(cls, _MOCKS, mocks)
    except TypeError:
        raise InvalidType(
            f"{cls!r} cannot be changed, so its methods get no mock: put @mock_sagemaker on a class of tests"
        ) from None
    if not prepared:
        _prepare(cls)
        _follow_subclasses(cls)
    return cls


class _Open:
    """The mock of one running test, and the state of the test."""

    def __init__(self, instance: object, mock: Mock) -> None:
        # Keeps the instance alive: the entry is found by the id of the instance, which must not be reused.
        self.instance = instance
        self.mock = mock
        self.failed = False
        self.tear_downs = 0


class _Mocks:
    """The mocks of a decorated class's running tests, by the instance on which each test runs.

    Set-up, test and tear-down are separate calls, and each may call its parent's. The first set-up starts the mock, and
    the end of the outermost tear-down stops it. Unused plans are checked at the end of the test method, so that the test
    fails and not its tear-down; a test that has already failed is not checked.
    """

    def __init__(self, new_mock: Callable[[], Mock], opened: dict[int, _Open]) -> None:
        self.new_mock = new_mock
        self.opened = opened

    @staticmethod
    def of(owner: object, cls: type) -> "_Mocks":
        """Return the mocks of `owner`, an instance or a class; if its class is not decorated, those of `cls`."""
        found: _Mocks = getattr(_class_of(owner), _MOCKS, None) or getattr(cls, _MOCKS)
        return found

    def open(self, instance: object) -> bool:
        """Start a mock for `instance`; return False if it already has one."""
        if id(instance) in self.opened:
            return False
        mock = self.new_mock()
        mock.start()
        self.opened[id(instance)] = _Open(instance, mock)
        return True

    def close(self, instance: object) -> None:
        """Stop the mock of `instance`, if it still has one."""
        entry = self.opened.pop(id(instance), None)
        if entry is not None:
            entry.mock.stop(clean=False)

    def entry(self, owner: object) -> _Open | None:
        """Return the entry of an instance; for a class (static and class methods have no instance), the latest entry."""
        if isinstance(owner, type):
            return next(reversed(self.opened.values()), None)
        return self.opened.get(id(owner))

    @contextlib.contextmanager
    def test(self, owner: object) -> Iterator[object]:
        """Surround a test method, and give it its mock. If no runner has called the set-up before, start a mock here."""
        __tracebackhide__ = True
        entry = self.entry(owner)
        if entry is None:
            with self.new_mock() as mock:
                yield mock
            return
        yield entry.mock
        if not entry.failed:
            entry.mock.check_used()

    @contextlib.contextmanager
    def tear_down(self, instance: object) -> Iterator[None]:
        """Surround `teardown_method`: the outermost one stops the mock, even if it fails."""
        entry = self.entry(instance)
        if entry is None:
            yield
            return
        entry.tear_downs += 1
        try:
            yield
        finally:
            entry.tear_downs -= 1
            if not entry.tear_downs:
                self.close(instance)

    @contextlib.contextmanager
    def case(self, case: "unittest.TestCase") -> Iterator[None]:
        """Surround `TestCase.run`: start the mock where setUp is called, and stop it as the last cleanup.

        An error there is then an error of this test, and the runner goes on. A skipped test starts no mock.
        """
        own = vars(case).get("setUp", _ABSENT)
        set_up = case.setUp

        def open_first() -> None:
            self.open(case)
            case.addCleanup(self.close, case)
            set_up()

        vars(case)["setUp"] = open_first
        try:
            yield
        finally:
            if own is _ABSENT:
                del vars(case)["setUp"]
            else:
                vars(case)["setUp"] = own
            # After KeyboardInterrupt, or in TestCase.debug of a failing test, the cleanups do not run.
            self.close(case)


def _class_of(owner: object) -> type:
    return owner if isinstance(owner, type) else type(owner)


def _prepare(cls: type) -> None:
    """Surround the methods that a runner calls.

    A method that the class defines is wrapped. For a method inherited from a class that is not decorated, the class gets
    a new method that calls it by `super()`, so that multiple inheritance resolves as before. A method that a decorated
    base has wrapped is left alone.
    """
    case = sys.modules.get("unittest.case")
    if case is not None and issubclass(cls, case.TestCase):
        for name in ("run", "debug"):
            _replace(cls, name, _run)
        _replace(cls, "subTest", _sub_test)
    else:
        _replace(cls, "setup_method", _set_up)
        _replace(cls, "teardown_method", _tear_down)
    for name in [name for base in reversed(cls.__mro__) for name in vars(base) if name.startswith("test")]:
        _replace(cls, name, _test)


def _follow_subclasses(cls: type) -> None:
    """Prepare each new subclass: it may have its own tests and set-ups."""
    own = vars(cls).get("__init_subclass__")

    def __init_subclass__(sub: type[Any], /, **kwargs: object) -> None:  # noqa: N807  # becomes a method of the class
        if own is None:
            cast("Any", super(cls, sub)).__init_subclass__(**kwargs)
        else:
            own.__get__(None, sub)(**kwargs)
        if _MOCKS not in vars(sub):  # another decorated base may have come before
            setattr(sub, _MOCKS, getattr(sub, _MOCKS))
            _prepare(sub)

    setattr(cls, "__init_subclass__", classmethod(__init_subclass__))  # noqa: B010  # mypy knows no such assignment


def _replace(cls: type, name: str, surround: "Callable[[type, str, Any, _Original], object]") -> None:
    """Set `cls.name` to the result of `surround`, unless a decorated base has already done so."""
    home = next((base for base in cls.__mro__ if name in vars(base)), None)
    if home is not None and home is not cls and _MOCKS in vars(home):
        return
    found = None if home is None else vars(home)[name]

    def original(owner: object) -> Callable[..., Any]:
        if home is not cls:
            return cast("Callable[..., Any]", getattr(super(cls, cast("Any", owner)), name, _nothing))
        return cast(
            "Callable[..., Any]", cast("Any", found).__get__(None if isinstance(owner, type) else owner, _class_of(owner))
        )

    replacement = surround(cls, name, found, original)
    if replacement is not None:
        setattr(cls, name, replacement)


def _nothing(*_: object) -> None:
    """Stand in for a `setup_method` or `teardown_method` that no class defines."""


def _test(cls: type, _name: str, found: object, original: _Original) -> object:
    """Surround a test method of any kind; leave alone an attribute `test...` that is not a function."""
    if isinstance(found, staticmethod):
        return staticmethod(inside(original(cls), lambda _: _Mocks.of(cls, cls).test(cls), like=found.__func__))

    def method(owner: object, *args: object, **kwargs: object) -> object:
        return original(owner)(*args, **kwargs)

    def enter(args: tuple[object, ...]) -> contextlib.AbstractContextManager[object]:
        return _Mocks.of(args[0], cls).test(args[0])

    if isinstance(found, classmethod):
        return classmethod(inside(method, enter, like=found.__func__))
    return inside(method, enter, like=found) if inspect.isfunction(found) and not is_fixture(found) else None


def _set_up(cls: type, name: str, found: Any, original: _Original) -> object:  # noqa: ANN401  # what a class may hold
    """Surround `setup_method`: a mock starts first."""
    _refuse_fixture(cls, name, found)

    # pytest passes the test function if there is a parameter for it.
    def setup_method(self: object, method: object = _ABSENT) -> None:
        mocks = _Mocks.of(self, cls)
        opened_here = mocks.open(self)
        try:
            _call_with_optional(original(self), method)
        except BaseException:
            # pytest does not call the tear-down after a failed set-up.
            if opened_here:
                mocks.close(self)
            raise

    return setup_method if found is None else functools.wraps(found)(setup_method)


def _tear_down(cls: type, name: str, found: Any, original: _Original) -> object:  # noqa: ANN401  # what a class may hold
    """Surround `teardown_method`: the mock stops after it."""
    _refuse_fixture(cls, name, found)

    def teardown_method(self: object, method: object = _ABSENT) -> None:
        with _Mocks.of(self, cls).tear_down(self):
            _call_with_optional(original(self), method)

    return teardown_method if found is None else functools.wraps(found)(teardown_method)


def _refuse_fixture(cls: type, name: str, found: object) -> None:
    if is_fixture(found):
        raise InvalidType(
            f"{cls.__qualname__}.{name} is a fixture, and it hides the hook of the same name, in which the mock of each test "
            "starts or stops: rename the fixture"
        )


def _call_with_optional(method: Callable[..., Any], argument: object) -> None:
    wanted = argument is not _ABSENT and bool(inspect.signature(method).parameters)
    method(*([argument] if wanted else []))


def _run(cls: type, _name: str, found: Any, original: _Original) -> object:  # noqa: ANN401  # what a class may hold
    """Surround `TestCase.run` and `TestCase.debug`."""

    @functools.wraps(found)
    def run(self: "unittest.TestCase", *args: object, **kwargs: object) -> object:
        with _Mocks.of(self, cls).case(self):
            return original(self)(*args, **kwargs)

    return run


def _sub_test(cls: type, _name: str, found: Any, original: _Original) -> object:  # noqa: ANN401  # what a class may hold
    """Surround `TestCase.subTest`: it hides a failure from the test method, but the test has failed."""

    @functools.wraps(found)
    @contextlib.contextmanager
    def sub_test(self: object, *args: object, **kwargs: object) -> Iterator[None]:
        with original(self)(*args, **kwargs):
            try:
                yield
            except BaseException:
                entry = _Mocks.of(self, cls).entry(self)
                if entry is not None:
                    entry.failed = True
                raise

    return sub_test
