"""The child processes of this one: whether there are any, and what they have open, which Linux says."""

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
"""Modules, what they have, and the attribute of it that is the number of a process. It lives as long as this one, and idles."""


def there_are() -> bool:
    """Return whether child processes run, or have ended and nobody has asked; False where the system does not say.

    The helpers that `multiprocessing` starts once and for all do not count: nobody waits for them.
    """
    if not hasattr(os, "waitid"):
        return False
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    helpers = {str(getattr(getattr(sys.modules.get(module), has, None), number, None)) for module, has, number in _HELPERS}
    children = _children("self")
    # Where the kernel does not list them, there are some, and nobody knows which.
    return not children or not helpers.issuperset(children)


def have_open(kind: str) -> bool:
    """Return whether a process below this one has something open whose name begins so: "pipe:[123]", or any "socket:".

    True where the kernel does not tell.
    """
    ahead = _children("self")
    while ahead:
        try:
            child = ahead.pop()
            links = [os.readlink(f"/proc/{child}/fd/{name}") for name in os.listdir(f"/proc/{child}/fd")]  # noqa: PTH115, PTH208
        except FileNotFoundError:
            # It has ended.
            continue
        except OSError as error:
            raise_if_foreign(error, __name__)
            return True
        if any(link.startswith(kind) for link in links):
            return True
        ahead += _children(child)
    return False


def _children(process: str) -> list[str]:
    """Return the numbers of a process's children; none where the kernel does not tell."""
    try:
        threads = os.listdir(f"/proc/{process}/task")  # noqa: PTH208  # a name is all
    except OSError as error:
        raise_if_foreign(error)
        return []
    return [child.decode() for thread in threads for child in (read(f"/proc/{process}/task/{thread}/children") or b"").split()]
