"""By real processes; what they have open, only Linux tells."""

import os
import subprocess
import sys
from multiprocessing import resource_tracker

import pytest

from sagemock.clock import children, system_calls

COMMAND = [sys.executable, "-c", "input()"]

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")


@linux_only
def test_a_pipe_may_be_held_by_a_grandchild(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that one cannot look into may hold anything; one that has ended holds nothing."""
    here, there = os.pipe()
    where = system_calls.goes_to(here)
    assert not children.have_open(where)
    shell = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'], pass_fds=[int(sys.argv[1])])"
    command = [sys.executable, "-c", shell, str(there)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[there]) as child:  # noqa: S603  # our own interpreter
        os.close(there)
        assert children.have_open(where)
        assert children.have_open("pipe:")
        assert not children.have_open("anon_inode:[io_uring]")

        # Stands in for what only another user's process answers.
        monkeypatch.setattr("os.readlink", os.listdir)
        assert children.have_open("anon_inode:[io_uring]")
        monkeypatch.setattr(children, "_children", lambda process: ["999999999"] if process == "self" else [])
        assert not children.have_open(where)
        monkeypatch.undo()
        assert children._children("999999999") == []
        child.communicate(b"\n")
    os.close(here)


def test_a_child_is_there_until_somebody_has_asked_how_it_ended() -> None:
    """Also one that has ended."""
    before = children.there_are()
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE) as child:  # noqa: S603  # our own interpreter
        assert children.there_are()
        child.communicate(b"\n")
    assert children.there_are() is before


@linux_only
def test_the_helpers_of_multiprocessing_are_none() -> None:
    """Its tracker of resources lives as long as this process."""
    before = children.there_are()
    resource_tracker.ensure_running()
    assert children.there_are() is before
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE) as child:  # noqa: S603  # our own interpreter
        assert children.there_are()
        child.communicate(b"\n")


def test_nothing_is_known_where_the_system_does_not_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows does not; elsewhere the kernel may not list them."""
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE) as child:  # noqa: S603  # our own interpreter
        monkeypatch.setattr(children, "_children", lambda _: [])
        assert children.there_are()
        monkeypatch.delattr(os, "waitid")
        assert not children.there_are()
        child.communicate(b"\n")
