"""Wrapping one attribute of a class by wrapt, and taking the wrapper away again."""

from collections.abc import Callable
from typing import Any

__all__ = ["Wrapped"]


class Wrapped:
    """A wrapper around a method, in place between `install` and `uninstall`; restored by identity.

    `wrapper` gets (wrapped, instance, args, kwargs), as with wrapt. Who has wrapped ours in the meantime (as tracing does) keeps
    it for longer, and may put it back in the end; from `uninstall` on it only calls what it wraps.
    """

    def __init__(self, owner: type, name: str, wrapper: Callable[[Any, Any, Any, Any], Any]) -> None:
        self._owner = owner
        self._name = name
        self._wrapper = wrapper
        self._before: Any = None
        self._ours: Any = None
        self._stands: list[bool] = []

    def install(self) -> None:
        """Put the wrapper in place."""
        import wrapt  # noqa: PLC0415  # it loads asyncio: `import sagemock` need not

        self._before = self._owner.__dict__[self._name]
        # A list of this installation's own: one that was kept from an earlier one stays what it is.
        self._stands = stands = [True]
        self._ours = wrapt.FunctionWrapper(self._before, self._wrapper, enabled=lambda: bool(stands))
        setattr(self._owner, self._name, self._ours)

    def uninstall(self) -> None:
        """Put back what was there; where somebody has since wrapped ours, only they can take it away, and it is left."""
        if self._owner.__dict__.get(self._name) is self._ours:
            setattr(self._owner, self._name, self._before)
        self._before = self._ours = None
        self._stands.clear()
