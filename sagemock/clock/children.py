"""The child processes of this process: whether there are any, their age, and which files they have open (Linux only)."""

import os
import stat
import sys
import time
from collections.abc import Callable, Collection
from typing import Final

from sagemock.clock.interrupts import raise_if_foreign
from sagemock.clock.linux import read
from sagemock.clock.real import real

__all__ = ["are_none", "are_young_for_s", "has_end", "have_open", "there_are"]

_HELPERS: Final = (
    ("multiprocessing.resource_tracker", "_resource_tracker", "_pid"),
    ("multiprocessing.forkserver", "_forkserver", "_forkserver_pid"),
)
"""A module, an object in the module, and the object's attribute that holds the process id of a helper which never ends."""

_BEGAN: Final = 19
"""The position of a process's beginning in its "stat", behind the name of the program: in ticks since the machine's start."""

_ENDED: Final = b"Z"
"""The state of a process that has ended and was not waited for."""

_STATE, _INODE, _LISTENS = 3, 9, b"0A"
"""The positions of a socket's state and number in "net/tcp", and the state of a listening socket."""

_SERVERS: Final = set[tuple[str, int]]()
"""The processes that were seen to listen: each with its beginning, because the numbers of processes are used again."""

_SILENT: Final = dict[tuple[str, int], float]()
"""The processes that were lately seen not to listen, each with the real instant of the look, which takes some milliseconds."""
_AGAIN_S: Final = 0.02


def are_none() -> bool:
    """Return whether this process has no child at all; True where the system cannot say."""
    if not hasattr(os, "waitid"):
        return True
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return True
    return False


def there_are() -> bool:
    """Return whether a child process runs, or has ended and was not waited for yet; False where the system cannot say.

    The helpers that `multiprocessing` starts once per process do not count: no code waits for them.
    """
    if are_none():
        return False
    children = _children("self")
    # waitid found a child. If the kernel lists none, it cannot list them: then the child may be any process. The forkserver's
    # children are this process's, too.
    return not children or not _helpers().issuperset(children) or any(map(_children, children))


def are_young_for_s(within_s: float, is_meant: Callable[[str], bool] = bool, *, also_ended: bool = False) -> float:
    """Return for how many more real seconds a child has run for less than `within_s`; 0 if there is none.

    A child that listens does not count: it is a server, which is called and does not call, and for whose end nobody waits.
    `is_meant` gets the number of a young child, as text, and returns whether that one counts. With `also_ended`, one that has
    ended counts until it was waited for.
    """
    if are_none():
        return 0
    helpers = _helpers()
    # Lists, because of signal handlers: see `table` on generators.
    began = [(child, _began(child, also_ended=also_ended)) for child in _children("self") if child not in helpers]
    left_s = [(within_s - _age_s(ticks), child, ticks) for child, ticks in began if ticks is not None]
    counting = [for_s for for_s, child, ticks in left_s if for_s > 0 and is_meant(child) and not _listens(child, ticks)]
    return max(counting, default=0)


def have_open(kind: str) -> bool:
    """Return whether a descendant process has a file open whose name begins with `kind`: "pipe:[123]", or any "socket:".

    True where the kernel cannot say.
    """
    # The kernel's list of children takes it a hundred times as long as this answer.
    if hasattr(os, "waitid") and are_none():
        return False
    try:
        return _have_one(_children("self"), lambda link: link.startswith(kind), but=_helpers())
    except OSError as error:
        raise_if_foreign(error, __name__)
        return True


def has_end(child: str, pipe: str, *, to_write: bool) -> bool:
    """Return whether a child, or a descendant of it, has the end of a pipe that is to be written, or to be read."""
    may = stat.S_IWUSR if to_write else stat.S_IRUSR
    try:
        return _have_one([child], lambda link: link == pipe, may=may)
    except OSError as error:
        raise_if_foreign(error, __name__)
        return False


def _have_one(processes: list[str], is_wanted: Callable[[str], bool], but: Collection[str] = (), may: int = 0) -> bool:
    """Return whether one of some processes or of their descendants, `but` these, has a file open whose name is wanted.

    `may` is what the process may do with it, as a bit of the mode of the link in /proc.
    """
    ahead = processes.copy()
    while ahead:
        process = ahead.pop()
        if process not in but and any(map(is_wanted, _open_files(process, may))):
            return True
        ahead += _children(process)
    return False


def _age_s(began: int) -> float:
    """Return for how many real seconds a process has run that began at this tick."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - began / os.sysconf("SC_CLK_TCK")


def _began(process: str, *, also_ended: bool) -> int | None:
    """Return when a process began, in ticks since the machine's start; None if it has ended, with `also_ended` if it is gone."""
    _, _, fields = (read(f"/proc/{process}/stat") or b"").rpartition(b") ")
    return int(fields.split()[_BEGAN]) if fields and (also_ended or not fields.startswith(_ENDED)) else None


def _listens(process: str, began: int) -> bool:
    """Return whether a process, which began at this tick, or a descendant of it has a listening socket of TCP."""
    if (process, began) in _SERVERS:
        return True
    now_s: float = real.monotonic()
    for seen in [seen for seen, at_s in _SILENT.copy().items() if now_s - at_s >= _AGAIN_S]:
        _SILENT.pop(seen, None)
    if (process, began) in _SILENT:
        return False
    rows = [row.split() for table in ("tcp", "tcp6") for row in (read(f"/proc/{process}/net/{table}") or b"").splitlines()]
    listening = {f"socket:[{row[_INODE].decode()}]" for row in rows if row[_STATE] == _LISTENS}
    try:
        if listening:
            # A forked process has inherited those of this one.
            listening.difference_update(_open_files("self"))
        if not (listening and _have_one([process], listening.__contains__)):
            _SILENT[process, began] = now_s
            return False
    except PermissionError as error:
        # The process of another user, who has started it for us: a database, say.
        raise_if_foreign(error, __name__)
    _SERVERS.add((process, began))
    return True


def _helpers() -> set[str]:
    """Return the process ids of the helpers, as text, and perhaps "None"."""
    return {str(getattr(getattr(sys.modules.get(module), has, None), number, None)) for module, has, number in _HELPERS}


def _open_files(process: str, may: int = 0) -> list[str]:
    """Return the kernel's names of the files that a process has open and `may` use so; an empty list if it has ended."""
    try:
        names = os.listdir(f"/proc/{process}/fd")  # noqa: PTH208  # a name is all
    except FileNotFoundError as error:
        raise_if_foreign(error)
        return []
    return [_open_file(f"/proc/{process}/fd/{name}", may) for name in names]


def _open_file(path: str, may: int) -> str:
    """Return the kernel's name of an open file; "" if it was closed: a child that has just been started opens and closes some."""
    try:
        link = os.readlink(path)  # noqa: PTH115  # twice as fast
        return link if not may or os.lstat(path).st_mode & may else ""
    except FileNotFoundError as error:
        raise_if_foreign(error)
        return ""


def _children(process: str) -> list[str]:
    """Return the process ids of a process's children; an empty list where the kernel cannot say."""
    try:
        threads = os.listdir(f"/proc/{process}/task")  # noqa: PTH208  # a name is all
    except OSError as error:
        raise_if_foreign(error)
        return []
    return [child.decode() for thread in threads for child in (read(f"/proc/{process}/task/{thread}/children") or b"").split()]
