"""Shows the real classes of module `datetime` to extension modules while they load, also if fakes are in place (law 10).

A class written in C takes the size and the layout of its base class from a header file of Python. If the base is a fake
`datetime.datetime`, such a class writes beyond its instances, and the process crashes or hangs: pandas, scikit-learn and both of
SageMaker's SDKs are affected (`__Pyx_ImportType` in Cython's Utility/ImportExport.c warns first: "size changed"). Code that uses
the capsule `datetime.datetime_CAPI`, by PyDateTime_IMPORT, gets the real classes anyway.
"""

import datetime as dt
import sys
import threading
from collections.abc import Callable, Container, Iterable
from functools import cached_property
from importlib import import_module
from importlib.machinery import ExtensionFileLoader
from types import ModuleType
from typing import Any

from sagemock.patches.bindings import bound_in
from sagemock.patches.patch import Patches, Wrapped

__all__ = ["Extensions"]


class Extensions:
    """Shows the real `date` and `datetime` to a thread while it creates or executes an extension module.

    Only that thread sees them, in all modules that it imports on the way; other threads still see the fakes. As soon as the
    extension is loaded, module-level names that the imports bound to the real classes are bound to the fakes. A class attribute
    or a default argument keeps the real class, as in a module that was imported before the mock.
    """

    def __init__(self, leave: Callable[[], tuple[str, ...]]) -> None:
        """Prepare; `leave` returns the modules whose names stay as they are."""
        self._leave = leave
        self._lock = threading.RLock()
        # Threads, by their identifiers.
        self._loading: set[int] = set()
        self._patches = Patches(*[Wrapped(ExtensionFileLoader, name, self._load) for name in ("create_module", "exec_module")])

    def install(self) -> None:
        """Watch the loader of extension modules."""
        self._patches.install()

    def uninstall(self) -> None:
        """Stop watching; a module that is being loaded sees the real classes to its end."""
        self._patches.uninstall()

    def _load(self, wrapped: Callable[..., Any], _: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401  # wrapt's
        me = threading.get_ident()
        if me in self._loading:
            # An extension imports another one: the outer call does the rest for both.
            return wrapped(*args, **kwargs)
        before = sys.modules.copy()
        self._show(me)
        created: object = None
        try:
            created = wrapped(*args, **kwargs)
        finally:
            self._hide(me)
            new = [module for name, module in sys.modules.copy().items() if before.get(name) is not module]
            # The importer decides whether the new module is in sys.modules, so add it by itself.
            self._bind([*new, *args, *kwargs.values(), created])
        return created

    def _show(self, thread: int) -> None:
        with self._lock:
            if not self._loading:
                dt.__class__ = self._shown
            self._loading.add(thread)

    def _hide(self, thread: int) -> None:
        with self._lock:
            self._loading.remove(thread)
            if not self._loading:
                dt.__class__ = ModuleType

    @cached_property
    def _reals(self) -> dict[str, type]:
        api = import_module("freezegun.api")
        return {name: getattr(api, f"real_{name}") for name in ("date", "datetime")}

    @cached_property
    def _shown(self) -> type[ModuleType]:
        shown = {name: _Shown(name, real, self._loading) for name, real in self._reals.items()}
        return type("module", (_Asked,), dict(shown))

    def _bind(self, modules: Iterable[object]) -> None:
        """Bind the names of the real classes in these modules to the classes that are in module `datetime` now."""
        for name, real in self._reals.items():
            places = bound_in(modules, real, leave=self._leave())
            bound: object = real
            # Repeat if the class changes meanwhile. No lock: a thread that ends the mock may wait for the import of this thread.
            # That thread restores module `datetime` first and these names later, so one of the two sees the change of the other.
            while (stands := vars(dt)[name]) is not bound:
                for place in places:
                    place.scope[place.attribute] = stands
                bound = stands


class _Asked(ModuleType):
    """A module that is asked for each attribute.

    Python 3.14 keeps what it has read from a module, as long as the module's dictionary and the function that reads attributes
    are the same: it would not look at the descriptors of another class (LOAD_ATTR_MODULE in CPython's Python/bytecodes.c).
    """

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401  # of any kind
        return super().__getattribute__(name)


class _Shown:
    """An attribute of module `datetime` while threads load extensions: the real class for them, the fake for other threads."""

    def __init__(self, name: str, real: type, loading: Container[int]) -> None:
        self._name = name
        self._real = real
        self._loading = loading

    def __get__(self, module: ModuleType, owner: type[ModuleType]) -> object:
        return self._real if threading.get_ident() in self._loading else vars(module)[self._name]

    def __set__(self, module: ModuleType, value: object) -> None:
        # This runs when a freeze begins or ends in another thread.
        vars(module)[self._name] = value
