"""Changes to the process, made one after another; all of them are undone, also if one raises."""

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any, Final, Protocol

from sagemock.cleanup import run_all

__all__ = ["Patch", "Patches", "Wrapped"]


class Patch(Protocol):
    """A change to the process: `uninstall` is the exact inverse of `install`. An `install` that raises has changed nothing."""

    def install(self) -> None:
        """Make the change."""

    def uninstall(self) -> None:
        """Undo the change as far as possible, also if this raises."""


class Patches:
    """Several changes that count as one: made in order, undone in reverse order; either all are in place, or none is."""

    def __init__(self, *patches: Patch) -> None:
        self._patches = patches
        self._installed: list[Patch] = []

    def install(self) -> None:
        """Make the changes."""
        try:
            for patch in self._patches:
                patch.install()
                self._installed.append(patch)
        except BaseException:
            self.uninstall()
            raise

    def uninstall(self) -> None:
        """Undo the changes that are in place."""
        installed, self._installed = self._installed, []
        run_all(*[patch.uninstall for patch in reversed(installed)])


_INHERITED: Final = object()


class Wrapped:
    """A wrapper around a method or function, in place between `install` and `uninstall`.

    `wrapper` gets (wrapped, instance, args, kwargs), as with wrapt. If other code has wrapped our wrapper in the meantime
    (tracing does), ours stays in place after `uninstall`, inert: it only calls what it wraps.
    """

    def __init__(self, owner: type | ModuleType, name: str, wrapper: Callable[[Any, Any, Any, Any], Any]) -> None:
        self._owner = owner
        self._name = name
        self._wrapper = wrapper
        self._before: Any = None
        self._ours: Any = None
        self._enabled: list[bool] = []

    def install(self) -> None:
        """Put the wrapper in place."""
        import wrapt  # noqa: PLC0415  # it loads asyncio: `import sagemock` need not

        self._before = self._owner.__dict__.get(self._name, _INHERITED)
        # Each installation has a list of its own: a wrapper of an earlier installation that is still in place stays inert.
        self._enabled = enabled = [True]
        found = self._inherited() if self._before is _INHERITED else self._before
        self._ours = wrapt.FunctionWrapper(found, self._wrapper, enabled=partial(bool, enabled))
        setattr(self._owner, self._name, self._ours)

    def uninstall(self) -> None:
        """Restore the original attribute, unless other code has wrapped our wrapper in the meantime."""
        if self._owner.__dict__.get(self._name) is self._ours:
            if self._before is _INHERITED:
                delattr(self._owner, self._name)
            else:
                setattr(self._owner, self._name, self._before)
        self._before = self._ours = None
        self._enabled.clear()

    def _inherited(self) -> Any:  # noqa: ANN401  # a function, or a descriptor of a class
        kinds = getattr(self._owner, "__mro__", ())
        return next(vars(kind)[self._name] for kind in kinds if self._name in vars(kind))
