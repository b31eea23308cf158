"""The child processes of this process: whether there are any, and which files they have open (Linux only)."""

import os
import sys
from typing import Final

from sagemock.clock.interrupts import raise_if_foreign
from sagemock.clock.linux import read

__all__ = ["have_open", "there_are"]

_HELPERS: Final = (
    ("multiprocessing.resource_tracker", "_resource_tracker", "_pid"),
    ("multiprocessing.forkserver", "_forkserver", "_forkserver_pid"),
)
"""A module, an object in the module, and the object's attribute that holds the process id of a helper which never ends."""


def there_are() -> bool:
    """Return whether a child process runs, or has ended and was not waited for yet; False where the system cannot say.

    The helpers that `multiprocessing` starts once per process do not count: no code waits for them.
    """
    if not hasattr(os, "waitid"):
        return False
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    helpers = {str(getattr(getattr(sys.modules.get(module), has, None), number, None)) for module, has, number in _HELPERS}
    children = _children("self")
    # waitid found a child. If the kernel lists none, it cannot list them: then the child may be any process.
    return not children or not helpers.issuperset(children)


def have_open(kind: str) -> bool:
    """Return whether a descendant process has a file open whose name begins with `kind`: "pipe:[123]", or any "socket:".

    True where the kernel cannot say.
    """
    ahead = _children("self")
    while ahead:
        try:
            child = ahead.pop()
            links = [os.readlink(f"/proc/{child}/fd/{name}") for name in os.listdir(f"/proc/{child}/fd")]  # noqa: PTH115, PTH208
        except FileNotFoundError:
            # The child has ended.
            continue
        except OSError as error:
            raise_if_foreign(error, __name__)
            return True
        if any(link.startswith(kind) for link in links):
            return True
        ahead += _children(child)
    return False


def _children(process: str) -> list[str]:
    """Return the process ids of a process's children; an empty list where the kernel cannot say."""
    try:
        threads = os.listdir(f"/proc/{process}/task")  # noqa: PTH208  # a name is all
    except OSError as error:
        raise_if_foreign(error)
        return []
    return [child.decode() for thread in threads for child in (read(f"/proc/{process}/task/{thread}/children") or b"").split()]
