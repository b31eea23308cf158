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
    if not hasattr(os, "waitid") or _is_none():
        return False
    children = _children("self")
    # waitid found a child. If the kernel lists none, it cannot list them: then the child may be any process. The forkserver's
    # children are this process's, too.
    return not children or not _helpers().issuperset(children) or any(map(_children, children))


def have_open(kind: str) -> bool:
    """Return whether a descendant process has a file open whose name begins with `kind`: "pipe:[123]", or any "socket:".

    True where the kernel cannot say.
    """
    # The kernel's list of children takes it a hundred times as long as this answer.
    if hasattr(os, "waitid") and _is_none():
        return False
    ahead, helpers = _children("self"), _helpers()
    while ahead:
        child = ahead.pop()
        try:
            if child not in helpers and any(link.startswith(kind) for link in _open_files(child)):
                return True
        except OSError as error:
            raise_if_foreign(error, __name__)
            return True
        ahead += _children(child)
    return False


def _helpers() -> set[str]:
    """Return the process ids of the helpers, as text, and perhaps "None"."""
    return {str(getattr(getattr(sys.modules.get(module), has, None), number, None)) for module, has, number in _HELPERS}


def _open_files(process: str) -> list[str]:
    """Return the kernel's names of the files that a process has open; an empty list if it has ended."""
    try:
        names = os.listdir(f"/proc/{process}/fd")  # noqa: PTH208  # a name is all
    except FileNotFoundError as error:
        raise_if_foreign(error)
        return []
    return [_open_file(f"/proc/{process}/fd/{name}") for name in names]


def _open_file(path: str) -> str:
    """Return the kernel's name of an open file; "" if it was closed: a child that has just been started opens and closes some."""
    try:
        return os.readlink(path)  # noqa: PTH115  # twice as fast
    except FileNotFoundError as error:
        raise_if_foreign(error)
        return ""


def _is_none() -> bool:
    """Return whether this process has no child at all."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return True
    return False


def _children(process: str) -> list[str]:
    """Return the process ids of a process's children; an empty list where the kernel cannot say."""
    try:
        threads = os.listdir(f"/proc/{process}/task")  # noqa: PTH208  # a name is all
    except OSError as error:
        raise_if_foreign(error)
        return []
    return [child.decode() for thread in threads for child in (read(f"/proc/{process}/task/{thread}/children") or b"").split()]
