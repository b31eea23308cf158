"""Finds and rebinds the module-level names of an object, such as those that `from time import sleep` makes in many modules."""

import operator
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import chain
from types import BuiltinMethodType, MethodType, ModuleType
from typing import Any, NamedTuple

__all__ = ["INTERPRETER", "NATIVE_CLOCKS", "TEST_TOOLS", "WAITERS", "Name", "Names", "Rebinding", "belongs", "bound_in"]

INTERPRETER = (
    "asyncio",
    "concurrent.futures",
    "multiprocessing",
    "queue",
    "selectors",
    "socketserver",
    "subprocess",
    "threading",
    "trio",
)
"""Modules that keep real time, because they wait for something real (locks, queues, processes, sockets): modules of the standard
library, and trio, whose loop would wait forever for a timer that does not move."""

NATIVE_CLOCKS = ("grpc._channel", "grpc._server", "grpc.aio")
"""Modules that give instants to a C library, which compares them with the real clock. `grpc._common` waits, in virtual time."""

WAITERS = ("docker", "filelock", "portalocker", "pytest_docker", "testcontainers")
"""Modules that wait for a container or a file lock, by looking at it from time to time until a deadline."""

TEST_TOOLS = ("_pytest", "coverage", "execnet", "hypothesis", "pluggy", "pytest_timeout", "unittest", "xdist")
"""Modules that time the test and not the code under test: a virtual day would exceed Hypothesis's deadline."""

# The plain C getter. `vars(module)` would ask the module's class first, and that of importlib.util.LazyLoader imports the module.
_scope_of_module: Callable[[ModuleType], dict[str, Any]] = vars(ModuleType)["__dict__"].__get__


class Name(NamedTuple):
    """A name and the object that it is bound to; `scope` is the namespace (the `vars`) of its module."""

    scope: dict[str, Any]
    attribute: str
    value: object


class Names:
    """Finds the module-level names bound to any of the `wanted` objects.

    This reads only namespaces, never an attribute of a module, so that no module loads a part of itself on access. Objects are
    compared by identity, and bound methods by that of what they bind. Modules that belong to `leave` are skipped.

    The first search reads every module; later ones read only modules that are new or have grown. Names found before, and names
    equal to a wanted object's own `__name__`, are checked each time. So one case is missed: a name that differs from `__name__`
    and was bound to another object at the first search, and to a wanted object later.
    """

    def __init__(self, wanted: Iterable[object], *, leave: tuple[str, ...] = ()) -> None:
        """Prepare; `bound` does the first search."""
        self._wanted = {id(value): value for value in wanted}
        self._methods = frozenset(map(_method, self._wanted.values())) - {None}
        self._called = frozenset(str(getattr(value, "__name__", "")) for value in self._wanted.values())
        self._leave = leave
        self._modules: list[object] = []
        self._scopes: list[dict[str, Any]] = []
        self._sizes: list[int] = []
        self._candidates: dict[int, list[str]] = {}
        self._places: list[tuple[dict[str, Any], str]] = []

    def bound(self) -> list[Name]:
        """Return every name that is bound to a wanted object at this moment."""
        if not self._is_unchanged():
            self._look()
        wanted = self._wanted
        return [Name(scope, attribute, value) for scope, attribute in self._places if id(value := scope.get(attribute)) in wanted]

    def _is_unchanged(self) -> bool:
        # This visits every module at each start and stop of a mock. The loops run in C: about 15 us each for 1,000 modules.
        modules = list(sys.modules.values())
        return (
            len(modules) == len(self._modules)
            and all(map(operator.is_, modules, self._modules))
            and list(map(len, self._scopes)) == self._sizes
        )

    def _look(self) -> None:
        known = {id(scope): size for scope, size in zip(self._scopes, self._sizes, strict=True)}
        modules = sys.modules.copy()
        scopes: dict[int, dict[str, Any]] = {}
        candidates: dict[int, list[str]] = {}
        for key, module in modules.items():
            scope = _scope_of(module)
            if scope is None or (type(key) is str and belongs(key, self._leave)):
                continue
            identity = id(scope)
            scopes[identity] = scope
            before = self._candidates.get(identity, [])
            candidates[identity] = before if known.get(identity) == len(scope) else self._read(scope, before)
        # Release the old scopes only here: as long as they are alive, an identity in `known` means the same namespace.
        self._modules = list(modules.values())
        self._scopes = list(scopes.values())
        self._sizes = list(map(len, self._scopes))
        self._candidates = candidates
        self._places = [(scope, attribute) for identity, scope in scopes.items() for attribute in candidates[identity]]

    def _read(self, scope: dict[str, Any], before: list[str]) -> list[str]:
        wanted, called = self._wanted, self._called
        found = dict.fromkeys(before)
        # `copy` is one step, so another thread may import meanwhile. A namespace may have keys that are not strings.
        for attribute, value in scope.copy().items():
            if _method(value) in self._methods:
                # Kept, so that no other object gets this identity.
                wanted[id(value)] = value
            if type(attribute) is str and (attribute in called or id(value) in wanted):
                found[attribute] = None
        return list(found)


def bound_in(modules: Iterable[object], value: object, *, leave: tuple[str, ...] = ()) -> list[Name]:
    """Return the module-level names bound to `value` in some modules, except in those that belong to `leave`."""
    scopes = {id(scope): scope for module in modules if (scope := _scope_of(module)) is not None}
    return [
        Name(scope, attribute, value)
        for scope in scopes.values()
        if not belongs(str(scope.get("__name__")), leave)
        for attribute, bound in scope.copy().items()
        if bound is value
    ]


class Rebinding:
    """Rebinds every module-level name of some objects to fakes, and back."""

    def __init__(self, pairs: Iterable[tuple[object, object]], *, leave: tuple[str, ...] = ()) -> None:
        """Take pairs of the real object and its fake, and the modules whose names stay as they are."""
        pairs = list(pairs)
        self._fakes: Mapping[object, object] = dict(pairs)
        self._reals: Mapping[object, object] = {fake: real for real, fake in pairs}
        self._names = Names([value for pair in pairs for value in pair], leave=leave)
        self._rebound: list[Name] = []

    def install(self) -> None:
        """Bind the names to the fakes."""
        for scope, attribute, value in self._names.bound():
            fake = self._fakes.get(value)
            # None means that the name has a fake already: a test restored it when its own patch ended after the mock.
            if fake is not None:
                scope[attribute] = fake
                self._rebound.append(Name(scope, attribute, fake))

    def uninstall(self) -> None:
        """Bind the names back to the real objects: where the fake is still in place, and in modules that imported it since."""
        # The names rebound by `install` come first: their module may have left sys.modules in the meantime.
        for name in chain(self._rebound, self._names.bound()):
            real = self._reals.get(name.value)
            if real is not None and name.scope.get(name.attribute) is name.value:
                name.scope[name.attribute] = real
        self._rebound = []


def _method(value: object) -> tuple[int, object] | None:
    """Return what identifies a bound method: each access makes a new object. None for any other value.

    A method's own hash and comparison would run code of the function that it binds, which may be any object.
    """
    if type(value) is MethodType:
        return id(value.__self__), id(value.__func__)
    return (id(value.__self__), value.__name__) if type(value) is BuiltinMethodType else None


def _scope_of(module: object) -> dict[str, Any] | None:
    """Return the namespace of a module, or of the object that stands in its place in sys.modules; None if it has none."""
    # Not isinstance: that reads the object's `__class__`, which may run its code.
    if issubclass(type(module), ModuleType):
        return _scope_of_module(module)  # type: ignore[arg-type]  # the line above says so
    try:
        scope = object.__getattribute__(module, "__dict__")
    except Exception:  # noqa: BLE001  # objects in sys.modules do anything
        return None
    return scope if type(scope) is dict else None


@cache
def belongs(module: str, packages: tuple[str, ...]) -> bool:
    """Return whether a module is one of the packages or inside one."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)
