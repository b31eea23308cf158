"""The system call in which a thread is blocked (Linux), and the file descriptors for which it waits."""

import os
import platform
import select
import socket
import struct
import sys
import threading
from collections.abc import Callable, Collection, Iterable
from stat import S_ISFIFO
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from sagemock.clock import children
from sagemock.clock.interrupts import raise_if_foreign
from sagemock.clock.linux import native_id, of_thread, read
from sagemock.clock.real import real

__all__ = [
    "CALLS",
    "EVENTFD",
    "PIDFD",
    "POLLS",
    "WRITES",
    "Call",
    "Traffic",
    "blocked_by_number",
    "blocked_in",
    "callers_wait",
    "descriptors",
    "goes_to",
    "is_known_here",
    "is_pair",
    "is_pipe",
    "is_ready",
    "is_terminal",
    "is_within",
    "listens",
    "other_ends",
    "owes_an_answer",
    "pid_of",
    "serves",
    "sources",
    "time_out_ms",
    "traffic",
]

# Numbers of system calls: arch/x86/entry/syscalls/syscall_64.tbl, and include/uapi/asm-generic/unistd.h for aarch64.
_X86_64: Final = {
    "read": 0, "readv": 19, "pread64": 17, "write": 1, "writev": 20, "pwrite64": 18, "sendfile": 40, "splice": 275,
    "poll": 7, "ppoll": 271, "select": 23, "pselect6": 270, "epoll_wait": 232,
    "epoll_pwait": 281, "epoll_pwait2": 441, "accept": 43, "accept4": 288, "recvfrom": 45, "recvmsg": 47, "sendto": 44,
    "sendmsg": 46, "connect": 42, "nanosleep": 35, "clock_nanosleep": 230, "wait4": 61, "waitid": 247, "flock": 73, "fcntl": 72,
    "openat": 257, "futex": 202, "rt_sigtimedwait": 128, "rt_sigsuspend": 130, "pause": 34,
}  # fmt: skip
_AARCH64: Final = {
    "read": 63, "readv": 65, "pread64": 67, "write": 64, "writev": 66, "pwrite64": 68, "sendfile": 71, "splice": 76,
    "ppoll": 73, "pselect6": 72, "epoll_pwait": 22, "epoll_pwait2": 441, "accept": 202,
    "accept4": 242, "recvfrom": 207, "recvmsg": 212, "sendto": 206, "sendmsg": 211, "connect": 203, "nanosleep": 101,
    "clock_nanosleep": 115, "wait4": 260, "waitid": 95, "flock": 32, "fcntl": 25, "openat": 56, "futex": 98,
    "rt_sigtimedwait": 137, "rt_sigsuspend": 133,
}  # fmt: skip
CALLS: Final[dict[str, int]] = {"x86_64": _X86_64, "aarch64": _AARCH64}.get(platform.machine(), {})
PIDFD, EVENTFD = "anon_inode:[pidfd]", "anon_inode:[eventfd]"
"""The kernel's names of a child process that is waited for, and of an event loop's own wake-up."""
POLLS: Final = ("poll", "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait", "epoll_pwait2")
WRITES: Final = ("write", "writev", "pwrite64")
_NAMES: Final = {number: name for name, number in CALLS.items()}
# Not every system has it.
_TCP_INFO: Final[int] = getattr(socket, "TCP_INFO", -1)
_POLLFD: Final = struct.Struct("ihh")
# struct tcp_info (include/uapi/linux/tcp.h): the state of a connection that is being made, and the offsets of
# tcpi_last_data_sent, tcpi_last_data_recv (both in milliseconds) and tcpi_data_segs_out.
_SYN_SENT, _SENT, _RECEIVED, _SEGMENTS = 2, 44, 52, 156
# And how many bytes have come, wait to be sent, were sent, and were sent again. Linux tells since 4.19.
_BYTES_RECEIVED, _BYTES_NOT_SENT, _BYTES_SENT, _BYTES_SENT_AGAIN = 128, 144, 200, 208
_WITH_ADDRESSES: Final = {socket.AF_INET, socket.AF_INET6, getattr(socket, "AF_UNIX", None)}
_MAPPED: Final = "::ffff:"
_MANY: Final = 1000
_ASKED_MS: Final = 50
"""A request is complete if nothing more of it has come for so long."""
_OTHER_ENDS: Final[dict[str, tuple[int, str]]] = {}
"""The other end of a connection (its descriptor and the kernel's name for it), by the kernel's name for this end."""

_Place: TypeAlias = int | str | bytes
_T = TypeVar("_T")


class Call(NamedTuple):
    """A system call in which a thread is blocked."""

    name: str
    arguments: tuple[int, ...]


def is_known_here() -> bool:
    """Return whether the kernel says in which system call each thread of this process is blocked."""
    return bool(CALLS) and read("/proc/thread-self/syscall") is not None


def blocked_in(thread: threading.Thread) -> Call | None:
    """Return the call in which a thread is blocked; None if the thread runs, or if the kernel does not say."""
    return blocked_by_number(native_id(thread) or 0)


def blocked_by_number(thread: int | str) -> Call | None:
    """Return the call in which the thread with this number of the kernel is blocked, as `blocked_in` does."""
    words = (of_thread(thread, "syscall") or b"").split()
    # "running", or "-1" with two addresses: the thread is not blocked in a system call.
    if len(words) <= len(("-1", "stack", "place")):
        return None
    number, *arguments = [int(word, 0) for word in words[:7]]
    return Call(_NAMES.get(number, ""), tuple(arguments))


def sources(call: Call) -> list[int]:
    """Return the descriptors from which a call waits for data; none if it waits for something else."""
    return descriptors(call) if call.name.startswith((*POLLS, "recv", "read")) else []


def descriptors(call: Call) -> list[int]:
    """Return the file descriptors for which a call waits; an empty list where they cannot be read."""
    first, second = call.arguments[:2]
    if call.name in {"poll", "ppoll"}:
        return [descriptor for descriptor, _, _ in _POLLFD.iter_unpack(_memory(first, _POLLFD.size * second)) if descriptor >= 0]
    if call.name in {"select", "pselect6"}:
        found: set[int] = set()
        # Three bit sets: descriptors to read, to write, and to watch for exceptions.
        for address in call.arguments[1:4]:
            bits = int.from_bytes(_memory(address, (first + 63) // 64 * 8), "little") if address else 0
            found.update(number for number in range(first) if bits >> number & 1)
        return sorted(found)
    if call.name.startswith("epoll"):
        return [int(line.split()[1]) for line in (read(f"/proc/self/fdinfo/{first}") or b"").splitlines() if line[:4] == b"tfd:"]
    return [first]


def pid_of(pidfd: int) -> str | None:
    """Return the number of the process that a pidfd stands for, as text; None if the descriptor is closed."""
    for line in (read(f"/proc/self/fdinfo/{pidfd}") or b"").splitlines():
        if line.startswith(b"Pid:"):
            return line.split()[1].decode()
    return None


_TIMESPEC: Final = struct.Struct("qq")
_OF_THE_DAY: Final = 256
"""FUTEX_CLOCK_REALTIME: with this bit, the timeout of a futex is an instant of the real-time clock."""


def time_out_ms(call: Call) -> int:
    """Return how many milliseconds a futex with the command WAIT_BITSET may still wait; -1 without a timeout."""
    _, operation, _, address = call.arguments[:4]
    until = _memory(address, _TIMESPEC.size) if address else b""
    if len(until) < _TIMESPEC.size:
        return -1
    seconds, nanoseconds = _TIMESPEC.unpack(until)
    now_s: float = real.time() if operation & _OF_THE_DAY else real.monotonic()
    return max(0, int((seconds - now_s) * 1000 + nanoseconds / 1e6))


def _memory(address: int, length: int) -> bytes:
    """Return bytes of this process's memory; none if the address is no longer valid, because the thread has moved on."""
    try:
        memory = os.open("/proc/self/mem", os.O_RDONLY)
        try:
            return os.pread(memory, length, address)
        finally:
            os.close(memory)
    except (OSError, OverflowError) as error:
        raise_if_foreign(error)
        return b""


def goes_to(descriptor: int) -> str:
    """Return the kernel's name of an open file: "socket:[123]", "pipe:[123]", "anon_inode:[eventfd]", "/dev/pts/0"."""
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115  # twice as fast
    except OSError as error:
        raise_if_foreign(error)
        return ""


def is_pipe(descriptor: int) -> bool:
    """Return whether a descriptor is a pipe, with a path or without."""
    try:
        return S_ISFIFO(os.fstat(descriptor).st_mode)
    except OSError as error:
        raise_if_foreign(error)
        return False


def is_terminal(descriptor: int) -> bool:
    """Return whether a descriptor is a terminal."""
    return os.isatty(descriptor)


def is_ready(number: int) -> bool:
    """Return whether a descriptor can be read. That of a selector can be if one of those that it watches is ready."""
    ready = select.poll()
    ready.register(number, select.POLLIN)
    return any(event & select.POLLIN for _, event in ready.poll(0))


def is_pair(number: int) -> bool:
    """Return whether a socket is one end of an unnamed pair, as `socket.socketpair` makes it."""
    return bool(_asked(number, lambda one: one.family == socket.AF_UNIX and not one.getsockname() and not one.getpeername()))


class Traffic(NamedTuple):
    """What the kernel knows of a TCP connection's traffic."""

    is_connecting: bool
    segments: int
    """The number of segments with data that were sent."""
    sent_ms: int
    """The milliseconds since data was last sent."""
    received_ms: int
    """The milliseconds since data was last received."""
    received: int
    """The number of bytes that were received."""


def traffic(number: int) -> Traffic | None:
    """Return the traffic of a TCP connection; None if the descriptor is not one."""
    info = _asked(number, lambda one: one.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _SEGMENTS + 4))
    if not info or len(info) < _SEGMENTS + 4:
        return None
    segments, sent_ms, received_ms = (int.from_bytes(info[at : at + 4], sys.byteorder) for at in (_SEGMENTS, _SENT, _RECEIVED))
    received = int.from_bytes(info[_BYTES_RECEIVED : _BYTES_RECEIVED + 8], sys.byteorder)
    return Traffic(info[0] == _SYN_SENT, segments, sent_ms, received_ms, received)


def owes_an_answer(number: int, within_s: float, *, is_read: bool) -> bool:
    """Return whether a connection owes an answer: data was sent less than `within_s` ago, and none has arrived since.

    `is_read` is whether a thread waits for this connection. A loop always watches all of its connections.
    """
    found = traffic(number)
    if found is None or not (found.is_connecting or (found.segments and found.sent_ms < within_s * 1000)):
        return False
    # The kernel counts in steps of some milliseconds, and before the first data arrives, from the connection's beginning. If a
    # thread waits, what came in the step of the last request is the answer to the one before.
    is_newer = found.sent_ms <= found.received_ms if is_read else found.sent_ms < found.received_ms
    return found.is_connecting or not found.received or is_newer


def callers_wait() -> set[int]:
    """Return the connections by which another process has asked this one, and waits for the answer: TCP only.

    The last data is that process's, and has been read; no more has come for a while.
    """
    asking = [number for number, _ in _sockets() if _has_asked(number)]
    return {number for number in serves(asking) if _other_end(number) is None and not is_ready(number)}


def _has_asked(number: int) -> bool:
    """Return whether the last data of a connection came from its other end, and a while ago."""
    found = traffic(number)
    if found is None or not found.received or found.received_ms < _ASKED_MS:
        return False
    return not found.segments or found.received_ms < found.sent_ms


def other_ends(numbers: Iterable[int]) -> set[int]:
    """Return the descriptors of the other ends of connections, where these are in this process."""
    return {other for number in numbers if (other := _other_end(number)) is not None}


def is_within(number: int, among: Collection[int] | None = None) -> bool:
    """Return whether both ends of a connection are in this process, and nothing is on the way from one to the other.

    With `among`, the other end must be one of those descriptors. A connection that a child process has as well is not within.
    """
    other = _other_end(number)
    if other is None or not (among is None or other in among):
        return False
    here, there = _bytes(number), _bytes(other)
    if here is None or there is None:
        # What is sent by a Unix socket is at the other end at once.
        return _asked(number, lambda one: one.family) == socket.AF_UNIX
    # What a sender keeps because nobody reads at the other end is not on its way.
    return (here[0] <= there[1] or is_ready(other)) and (there[0] <= here[1] or is_ready(number))


def _other_end(number: int) -> int | None:
    where = goes_to(number)
    known = _OTHER_ENDS.get(where)
    if known is None or goes_to(known[0]) != known[1]:
        ends = _asked(number, _addresses)
        known = None if not ends else next(filter(lambda one: _asked(one[0], _addresses) == ends[::-1], _sockets()), None)
        if known is None:
            return None
        if len(_OTHER_ENDS) >= _MANY:
            _OTHER_ENDS.clear()
        _OTHER_ENDS[where] = known
    return None if children.there_are() and (children.have_open(where) or children.have_open(known[1])) else known[0]


def _addresses(one: socket.socket) -> tuple[Any, Any] | None:
    """Return the addresses of the two ends of a connection that has addresses; None for another socket.

    All connections that a Unix socket has accepted have the same two: the end that is found may be another client's.
    """
    if one.type != socket.SOCK_STREAM or one.family not in _WITH_ADDRESSES:
        return None
    if one.family == socket.AF_UNIX:
        names = one.getsockname(), one.getpeername()
        return names if any(names) else None
    # By IPv4 one end may be of the other family.
    own, peer = ((host.removeprefix(_MAPPED), port) for host, port, *_ in (one.getsockname(), one.getpeername()))
    return own, peer


def _bytes(number: int) -> tuple[int, int] | None:
    """Return how many bytes a TCP connection has sent or has still to send, and how many it has received."""
    info = _asked(number, lambda one: one.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _BYTES_SENT_AGAIN + 8))
    if not info or len(info) < _BYTES_SENT_AGAIN + 8:
        return None
    received, sent, again = (
        int.from_bytes(info[at : at + 8], sys.byteorder) for at in (_BYTES_RECEIVED, _BYTES_SENT, _BYTES_SENT_AGAIN)
    )
    return sent - again + int.from_bytes(info[_BYTES_NOT_SENT : _BYTES_NOT_SENT + 4], sys.byteorder), received


def serves(numbers: Iterable[int]) -> set[int]:
    """Return the sockets that wait for clients: listening sockets, and connections that this process has accepted."""
    listening, places = set[int](), dict[int, _Place]()
    for number in numbers:
        if _asked(number, _listens):
            listening.add(number)
        else:
            place = _asked(number, _place)
            if place:
                places[number] = place
    if not places:
        return listening
    ours = _listening_places()
    return listening | {number for number, place in places.items() if place in ours}


def listens() -> bool:
    """Return whether this process has a listening socket."""
    return any([_asked(number, _listens) for number, _ in _sockets()])  # noqa: C419  # see `table` on generators


def _listening_places() -> set[_Place]:
    return {place for number, _ in _sockets() if _asked(number, _listens) and (place := _asked(number, _place))}


def _sockets() -> list[tuple[int, str]]:
    """Return the sockets of this process: their descriptors, and the kernel's names for them."""
    numbers = [int(name) for name in os.listdir("/proc/self/fd")]  # noqa: PTH208  # a name is all
    return [(number, where) for number in numbers if (where := goes_to(number)).startswith("socket:")]


def _listens(one: socket.socket) -> bool:
    return bool(one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


def _place(one: socket.socket) -> _Place:
    """Return the port of an internet socket, or the name of a Unix socket: those of a listening socket and what it accepts."""
    address: Any = one.getsockname() if one.family in _WITH_ADDRESSES else ""
    place: _Place = address[1] if isinstance(address, tuple) else address
    return place


def _asked(number: int, question: Callable[[socket.socket], _T]) -> _T | None:
    """Return what `question` returns for a socket; None if the descriptor is closed or no socket, or raises an OSError."""
    try:
        # Ask a duplicate, which is closed at the end; the caller's own descriptor stays open.
        copy = os.dup(number)
        try:
            one = socket.socket(fileno=copy)
        except BaseException:
            # Of a pipe, say.
            os.close(copy)
            raise
        with one:
            return question(one)
    except OSError as error:
        raise_if_foreign(error, "socket", __name__)
        return None
