"""Module-level names that are bound to given objects: what `from time import sleep` leaves behind in every module."""

import operator
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import chain
from types import ModuleType
from typing import Any, NamedTuple

__all__ = ["INTERPRETER", "TEST_TOOLS", "Name", "Names", "Rebinding", "belongs", "bound_in"]

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
"""Modules that wait for something real (locks, queues, processes, sockets): those of the standard library, and trio, whose loop
would wait for ever for a timer that does not move. They keep real time."""

TEST_TOOLS = ("_pytest", "coverage", "execnet", "hypothesis", "pluggy", "pytest_timeout", "unittest", "xdist")
"""Modules that time the test and not the code under test: a virtual day would exceed Hypothesis's deadline."""

# The plain C getter. `vars(module)` asks the module's class first: importlib.util.LazyLoader's then imports the module.
_scope_of_module: Callable[[ModuleType], dict[str, Any]] = vars(ModuleType)["__dict__"].__get__


class Name(NamedTuple):
    """A name and what it is bound to; `scope` is the namespace (the `vars`) of its module."""

    scope: dict[str, Any]
    attribute: str
    value: object


class Names:
    """Finds the module-level names bound to any of `wanted` objects.

    Only namespaces are read: no attribute of a module is ever asked for, so nothing that a module loads on access gets loaded.
    Objects are compared by identity. Modules that belong to `leave` are not looked at.

    The first look reads every module; later ones read those that are new or have grown. A name once found, and every name that
    a wanted object itself has, is looked at each time, whatever it was bound to before. So one thing goes unseen: a name that was
    bound to something else at the first look, is called differently, and was bound to a wanted object afterwards.
    """

    def __init__(self, wanted: Iterable[object], *, leave: tuple[str, ...] = ()) -> None:
        """Prepare; nothing is read before `bound`."""
        self._wanted = {id(value): value for value in wanted}
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
        # Runs over every module at every start and stop of a mock: loops in C, about 15 us each for 1,000 modules.
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
        # The old scopes are let go only here: while they are held, an identity in `known` means the same namespace.
        self._modules = list(modules.values())
        self._scopes = list(scopes.values())
        self._sizes = list(map(len, self._scopes))
        self._candidates = candidates
        self._places = [(scope, attribute) for identity, scope in scopes.items() for attribute in candidates[identity]]

    def _read(self, scope: dict[str, Any], before: list[str]) -> list[str]:
        wanted, called = self._wanted, self._called
        found = dict.fromkeys(before)
        # A copy is made in one step: another thread may import at this moment. A namespace may hold keys that are no strings.
        for attribute, value in scope.copy().items():
            if type(attribute) is str and (attribute in called or id(value) in wanted):
                found[attribute] = None
        return list(found)


def bound_in(modules: Iterable[object], value: object, *, leave: tuple[str, ...] = ()) -> list[Name]:
    """Return the names that some modules have for one object."""
    scopes = {id(scope): scope for module in modules if (scope := _scope_of(module)) is not None}
    return [
        Name(scope, attribute, value)
        for scope in scopes.values()
        if not belongs(str(scope.get("__name__")), leave)
        for attribute, bound in scope.copy().items()
        if bound is value
    ]


class Rebinding:
    """Binds every module-level name of some objects to fakes, and back."""

    def __init__(self, pairs: Iterable[tuple[object, object]], *, leave: tuple[str, ...] = ()) -> None:
        """Take pairs of the real object and its fake, and the modules whose names stay as they are."""
        pairs = list(pairs)
        self._fakes: Mapping[int, object] = {id(real): fake for real, fake in pairs}
        self._reals: Mapping[int, object] = {id(fake): real for real, fake in pairs}
        self._names = Names([value for pair in pairs for value in pair], leave=leave)
        self._rebound: list[Name] = []

    def install(self) -> None:
        """Bind the names to the fakes."""
        for name in self._names.bound():
            fake = self._fakes.get(id(name.value))
            # None: a fake stands there already, put back by a test whose own patch outlived the mock that it was made in.
            if fake is not None:
                name.scope[name.attribute] = fake
                self._rebound.append(name._replace(value=fake))

    def uninstall(self) -> None:
        """Bind the names back to the real objects: where a fake still stands, and in modules that met it since."""
        # Those that were rebound come first: their module may have left sys.modules in the meantime.
        for name in chain(self._rebound, self._names.bound()):
            real = self._reals.get(id(name.value))
            if real is not None and name.scope.get(name.attribute) is name.value:
                name.scope[name.attribute] = real
        self._rebound = []


def _scope_of(module: object) -> dict[str, Any] | None:
    """Return a module's namespace, or that of whatever object stands in its place in sys.modules."""
    # Not isinstance, which asks an object for its __class__ and so may run its code.
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
