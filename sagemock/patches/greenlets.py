"""gevent and eventlet: where they have replaced the process's threads or its `time.sleep`, a mock is refused at once.

What they put there are greenlets, many in one real thread. Whether one of them waits, and for what, nobody can see from outside:
time would stand for ever or run away.
"""

import sys
from typing import Final

from sagemock.errors import UsageError

__all__ = ["refuse"]

# The module that patches, its function that tells, and what that calls threads and `time`.
_PATCHERS: Final = {
    "gevent.monkey": ("is_module_patched", ("threading", "_thread", "time")),
    "eventlet.patcher": ("is_monkey_patched", ("thread", "time")),
}


def refuse() -> None:
    """Raise UsageError if threads or `time` are not the interpreter's own any more."""
    modules = sys.modules
    if "gevent.monkey" in modules or "eventlet.patcher" in modules:
        for name, (function, parts) in _PATCHERS.items():
            tells = getattr(modules.get(name), function, None)
            if tells is not None and any(map(tells, parts)):
                package = name.partition(".")[0]
                raise UsageError(
                    f"{package} has replaced this process's threads or its time.sleep by greenlets, and sagemock cannot see what "
                    f"those wait for: run this test in a process that {package} does not patch, or let it leave out threads and "
                    f"time ({_LEFT_OUT[package]})"
                )


_LEFT_OUT: Final = {
    "gevent": "gevent.monkey.patch_all(thread=False, time=False)",
    "eventlet": "eventlet.monkey_patch(thread=False, time=False)",
}
