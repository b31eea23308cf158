"""Runs an action when a module is imported: a module that a patch changes may be imported in the middle of a test."""

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
    """Calls an action with a module as soon as the module is loaded: at `install`, or at any time before `uninstall`.

    wrapt's `when_imported` does so, too, but stays in `sys.meta_path` forever.
    """

    def __init__(self, actions: Mapping[str, Callable[[ModuleType], None]]) -> None:
        """Prepare; `actions` maps the full name of a module to its action."""
        self._actions = actions
        self._lock = threading.RLock()

    def install(self) -> None:
        """Run the actions of modules that are loaded, and watch for the others. If an action raises, watch none."""
        sys.meta_path.insert(0, self)
        try:
            for name in self._actions:
                module = sys.modules.get(name)
                if module is not None:
                    self._act(name, module)
        except BaseException:
            self.uninstall()
            raise

    def uninstall(self) -> None:
        """Stop watching. If another thread is running an action, wait for its end."""
        with self._lock:
            if self in sys.meta_path:
                sys.meta_path.remove(self)

    def _act(self, name: str, module: ModuleType) -> None:
        with self._lock:
            # Another thread may have called `uninstall` while the module was loaded: an action would then never be undone.
            if self in sys.meta_path:
                self._actions[name](module)

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Find a watched module by asking the finders behind this one; one of them may watch the same module."""
        if fullname not in self._actions:
            return None
        behind = sys.meta_path.copy()
        for finder in behind[behind.index(self) + 1 if self in behind else 0 :]:
            # An old finder has no find_spec; importlib skips it, too.
            find_spec = getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = None if find_spec is None else find_spec(fullname, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _Loader(spec.loader, partial(self._act, fullname))
                return spec
        return None


class _Loader(Loader):
    """Loads a module by another loader and then runs an action; the module gets no reference to this loader."""

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
