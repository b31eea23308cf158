"""Changes to the process: made one after another, and undone to the last one whatever raises on the way."""

from collections.abc import Callable
from types import ModuleType
from typing import Any, Final, Protocol

from sagemock.cleanup import run_all

__all__ = ["Patch", "Patches", "Wrapped"]


class Patch(Protocol):
    """A change to the process: `uninstall` is the exact inverse of `install`. An `install` that raises has changed nothing."""

    def install(self) -> None:
        """Make the change."""

    def uninstall(self) -> None:
        """Undo the change; what can be undone is undone, also if this raises."""


class Patches:
    """Several changes that are one: made in their order and undone in the reverse one; all of them stand, or none."""

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
        """Undo those that stand."""
        installed, self._installed = self._installed, []
        run_all(*[patch.uninstall for patch in reversed(installed)])


_INHERITED: Final = object()


class Wrapped:
    """A wrapper around a method or function, in place between `install` and `uninstall`; restored by identity.

    `wrapper` gets (wrapped, instance, args, kwargs), as with wrapt. Who has wrapped ours in the meantime (as tracing does) keeps
    it for longer, and may put it back in the end; from `uninstall` on it only calls what it wraps.
    """

    def __init__(self, owner: type | ModuleType, name: str, wrapper: Callable[[Any, Any, Any, Any], Any]) -> None:
        self._owner = owner
        self._name = name
        self._wrapper = wrapper
        self._before: Any = None
        self._ours: Any = None
        self._stands: list[bool] = []

    def install(self) -> None:
        """Put the wrapper in place."""
        import wrapt  # noqa: PLC0415  # it loads asyncio: `import sagemock` need not

        self._before = self._owner.__dict__.get(self._name, _INHERITED)
        # A list of this installation's own: one that was kept from an earlier one stays what it is.
        self._stands = stands = [True]
        self._ours = wrapt.FunctionWrapper(self._found(), self._wrapper, enabled=lambda: bool(stands))
        setattr(self._owner, self._name, self._ours)

    def uninstall(self) -> None:
        """Put back what was there; where somebody has since wrapped ours, only they can take it away, and it is left."""
        if self._owner.__dict__.get(self._name) is self._ours:
            if self._before is _INHERITED:
                delattr(self._owner, self._name)
            else:
                setattr(self._owner, self._name, self._before)
        self._before = self._ours = None
        self._stands.clear()

    def _found(self) -> Any:  # noqa: ANN401  # a function, or what a class has in place of one
        if self._before is not _INHERITED:
            return self._before
        kinds = getattr(self._owner, "__mro__", ())
        return next(vars(kind)[self._name] for kind in kinds if self._name in vars(kind))
