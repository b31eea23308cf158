"""Noticing that a module is imported: what a patch changes may be loaded in the middle of a test."""

import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

__all__ = ["WhenImported"]


class WhenImported(MetaPathFinder):
    """Calls an action with a module as soon as it is loaded: at `install`, or as long as it stands.

    wrapt's `when_imported` does so too, and stays in `sys.meta_path` for ever.
    """

    def __init__(self, actions: Mapping[str, Callable[[ModuleType], None]]) -> None:
        """Prepare; `actions` are given by the full names of modules."""
        self._actions = actions
        self._lock = threading.RLock()

    def install(self) -> None:
        """Act on what is loaded, and watch for the rest. If an action raises, nothing is watched."""
        sys.meta_path.insert(0, self)
        try:
            for name in self._actions:
                module = sys.modules.get(name)
                if module is not None:
                    self._met(name, module)
        except BaseException:
            self.uninstall()
            raise

    def uninstall(self) -> None:
        """Watch no more. What is being done about a module that another thread has just loaded is waited for."""
        with self._lock:
            if self in sys.meta_path:
                sys.meta_path.remove(self)

    def _met(self, name: str, module: ModuleType) -> None:
        with self._lock:
            # Another thread may have ended the watch while the module was loaded: what an action does then is undone by nobody.
            if self in sys.meta_path:
                self._actions[name](module)

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Find a watched module by asking the other finders."""
        if fullname not in self._actions:
            return None
        for finder in sys.meta_path:
            # An old finder has no find_spec; importlib skips it, too.
            find_spec = None if finder is self else getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = None if find_spec is None else find_spec(fullname, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _Loader(spec.loader, partial(self._met, fullname))
                return spec
        return None


class _Loader(Loader):
    """Loads by another loader, and then acts; the module keeps nothing of this one."""

    def __init__(self, loader: Any, act: Callable[[ModuleType], None]) -> None:  # noqa: ANN401  # of any kind
        self._loader = loader
        self._act = act

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # as the loader has it
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        spec.loader = self._loader
        module: ModuleType | None = self._loader.create_module(spec)
        spec.loader = self
        return module

    def exec_module(self, module: ModuleType) -> None:
        spec = module.__spec__
        if spec is not None:
            spec.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._act(module)
