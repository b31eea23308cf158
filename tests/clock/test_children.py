"""Child processes that hold pipes, with real processes; only Linux tells what a process has open."""

import multiprocessing
import os
import socket
import subprocess
import sys
from functools import partial
from multiprocessing import resource_tracker

import pytest

from sagemock.clock import children, linux, system_calls
from sagemock.clock.real import real
from tests.support.waiting import eventually

COMMAND = [sys.executable, "-c", "input()"]

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")


@linux_only
def test_a_pipe_may_be_held_by_a_grandchild(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that cannot be inspected may hold any pipe; one that has ended holds none."""
    here, there = os.pipe()
    where = system_calls.goes_to(here)
    assert not children.have_open(where)
    shell = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'], pass_fds=[int(sys.argv[1])])"
    command = [sys.executable, "-c", shell, str(there)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[there]) as child:  # noqa: S603  # our own code
        os.close(there)
        assert children.have_open(where)
        assert children.have_open("pipe:")
        assert not children.have_open("anon_inode:[io_uring]")

        # A child opens and closes files, also while it is looked at.
        monkeypatch.setattr("os.listdir", lambda path, listdir=os.listdir: ["999999999", *listdir(path)])
        assert children.have_open(where)
        monkeypatch.undo()
        # Stands in for the permission error of another user's process.
        monkeypatch.setattr("os.readlink", os.listdir)
        assert children.have_open("anon_inode:[io_uring]")
        monkeypatch.setattr(children, "_children", lambda process: ["999999999"] if process == "self" else [])
        assert not children.have_open(where)
        monkeypatch.undo()
        assert children._children("999999999") == []
        child.communicate(b"\n")
    os.close(here)


def test_a_process_may_have_no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process of these tests often has some: helpers of multiprocessing, or what earlier tests have left."""

    def waitid(*_: int) -> None:
        raise ChildProcessError

    monkeypatch.setattr(os, "waitid", waitid)
    assert not children.there_are()
    assert children.are_young_for_s(60) == 0
    assert not children.have_open("pipe:")


def test_a_child_exists_until_its_exit_status_is_read() -> None:
    """An ended child still counts until then."""
    before = children.there_are()
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE) as child:  # noqa: S603  # our own code
        assert children.there_are()
        child.communicate(b"\n")
    assert children.there_are() is before


@linux_only
def test_helper_processes_of_multiprocessing_do_not_count() -> None:
    """Its resource tracker lives as long as this process."""
    before = children.there_are()
    resource_tracker.ensure_running()
    assert children.there_are() is before
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE) as child:  # noqa: S603  # our own code
        assert children.there_are()
        child.communicate(b"\n")


def test_children_are_unknown_where_the_system_does_not_list_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows does not list them, and on other systems the kernel may not."""
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE) as child:  # noqa: S603  # our own code
        monkeypatch.setattr(children, "_children", lambda _: [])
        assert children.there_are()
        monkeypatch.delattr(os, "waitid")
        assert children.are_none()
        assert not children.there_are()
        child.communicate(b"\n")


@linux_only
def test_a_child_may_call_while_it_is_young_unless_it_listens_itself() -> None:
    """A server is called, also one that a shell has started."""
    eventually(lambda: not children.are_young_for_s(60))
    server = "import socket, sys; s = socket.create_server(('127.0.0.1', 0)); print(flush=True); input()"
    shell = "import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', sys.argv[1]])"
    command = [sys.executable, "-S", "-c", shell, server]
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE) as child:  # noqa: S603  # our own code
        assert children.are_young_for_s(60)
        assert not children.are_young_for_s(0)
        child.communicate(b"\n")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:  # noqa: S603  # our own code
        assert child.stdout is not None
        child.stdout.readline()
        assert not children.are_young_for_s(60)
        assert not children.are_young_for_s(60)
        child.communicate(b"\n")


@linux_only
def test_a_child_has_one_end_of_its_pipe() -> None:
    """And not the end of this process, unless it was forked."""
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE) as child:  # noqa: S603  # our own code
        assert child.stdin is not None
        where = system_calls.goes_to(child.stdin.fileno())
        assert children.has_end(str(child.pid), where, to_write=False)
        assert not children.has_end(str(child.pid), where, to_write=True)
        child.communicate(b"\n")


@linux_only
def test_a_child_that_cannot_be_looked_into_has_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """It belongs to another user, so this process has not given it a pipe."""

    def refuse(*_: object) -> list[str]:
        raise PermissionError

    monkeypatch.setattr(children, "_open_files", refuse)
    monkeypatch.setattr(children, "raise_if_foreign", lambda *_: None)
    assert not children.has_end("1", "pipe:[1]", to_write=True)


@linux_only
def test_a_child_that_has_ended_counts_only_if_its_end_is_awaited() -> None:
    """Nobody has waited for it yet; it can neither call nor send a signal any more."""
    eventually(lambda: not children.are_young_for_s(60, also_ended=True))
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE) as child:  # noqa: S603  # our own code
        assert child.stdin is not None
        child.stdin.close()
        eventually(lambda: not children.are_young_for_s(60))
        assert children.are_young_for_s(60, also_ended=True)


@linux_only
def test_a_forked_child_does_not_listen_at_the_sockets_of_this_process() -> None:
    """It has inherited them."""
    eventually(lambda: not children.are_young_for_s(60))
    context = multiprocessing.get_context("fork")
    over = context.Event()
    with socket.create_server(("127.0.0.1", 0)):
        child = context.Process(target=over.wait)
        child.start()
        assert children.are_young_for_s(60)
        over.set()
        child.join()


@linux_only
def test_whether_a_child_listens_is_asked_again_only_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel lists all sockets of the machine for it."""
    asked = list[str]()

    def read(path: str) -> bytes | None:
        asked.extend([path] if path.endswith("net/tcp") else [])
        return linux.read(path)

    eventually(lambda: not children.are_young_for_s(60))
    monkeypatch.setattr(children, "read", read)
    now_s = real.monotonic()
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE) as child:  # noqa: S603  # our own code
        for passed_s, times in ((0, 1), (0.01, 1), (0.03, 2)):
            monkeypatch.setattr(real, "monotonic", partial(float, now_s + passed_s))
            assert children.are_young_for_s(60)
            assert len(asked) == times
        child.communicate(b"\n")


@linux_only
def test_a_child_that_cannot_be_looked_into_does_not_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """It belongs to another user. One that has just ended does not call either."""

    def refuse(_: str) -> list[str]:
        raise PermissionError

    with socket.create_server(("127.0.0.1", 0)), subprocess.Popen(COMMAND, stdin=subprocess.PIPE) as child:  # noqa: S603  # our own
        with monkeypatch.context() as patched:
            patched.setattr(children, "_open_files", refuse)
            patched.setattr(children, "raise_if_foreign", lambda *_: None)
            assert not children.are_young_for_s(60)
        with monkeypatch.context() as patched:
            patched.setattr(children, "_children", lambda _: ["999999999"])
            assert not children.are_young_for_s(60)
        child.communicate(b"\n")


@linux_only
def test_children_of_the_forkserver_count_and_its_own_files_do_not() -> None:
    """The server has a socket of its own and lives as long as this process."""
    context = multiprocessing.get_context("forkserver")
    go = context.Event()
    before = children.there_are(), children.have_open("socket:")
    child = context.Process(target=go.wait)
    child.start()
    assert children.there_are()
    go.set()
    child.join()
    eventually(lambda: (children.there_are(), children.have_open("socket:")) == before)
