"""Refuses to start a mock in a process in which gevent or eventlet has replaced threads or `time.sleep`.

They run greenlets, many in one real thread. From outside nobody can see whether a greenlet waits, and for what: virtual time
would stop forever, or run away.
"""

import sys
from typing import Final

from sagemock.errors import UsageError

__all__ = ["refuse"]

# The module that patches, its function that says whether it has, and that function's names for threads and `time`.
_PATCHERS: Final = {
    "gevent.monkey": ("is_module_patched", ("threading", "_thread", "time")),
    "eventlet.patcher": ("is_monkey_patched", ("thread", "time")),
}


def refuse() -> None:
    """Raise UsageError if gevent or eventlet has replaced threads or `time`."""
    modules = sys.modules
    if "gevent.monkey" in modules or "eventlet.patcher" in modules:
        for name, (function, parts) in _PATCHERS.items():
            tells = getattr(modules.get(name), function, None)
            if tells is not None and any(map(tells, parts)):
                package = name.partition(".")[0]
                raise UsageError(
                    f"{package} has replaced this process's threads or its time.sleep by greenlets, and sagemock cannot see what "
                    f"greenlets wait for: run this test in a process that {package} does not patch, or let it leave out threads "
                    f"and time ({_LEFT_OUT[package]})"
                )


_LEFT_OUT: Final = {
    "gevent": "gevent.monkey.patch_all(thread=False, time=False)",
    "eventlet": "eventlet.monkey_patch(thread=False, time=False)",
}
