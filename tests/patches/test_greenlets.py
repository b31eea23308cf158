import sys
from types import ModuleType

import pytest

from sagemock import UsageError, mock_sagemaker
from sagemock.patches.greenlets import refuse
from tests.support.calling import create, make_client

PATCHES = [
    ("gevent.monkey", "is_module_patched", "time"),
    ("gevent.monkey", "is_module_patched", "threading"),
    ("eventlet.patcher", "is_monkey_patched", "thread"),
    ("eventlet.patcher", "is_monkey_patched", "time"),
]


def patched(monkeypatch: pytest.MonkeyPatch, module: str, function: str, *parts: str) -> None:
    """Add a module that says it has replaced parts of the standard library."""
    stand_in = ModuleType(module)
    vars(stand_in)[function] = parts.__contains__
    monkeypatch.setitem(sys.modules, module, stand_in)


@pytest.mark.parametrize("module, function, part", PATCHES)
def test_a_mock_is_refused_where_threads_are_greenlets(
    monkeypatch: pytest.MonkeyPatch, module: str, function: str, part: str
) -> None:
    """At once, with a message that says what to do; nothing of the mock stays."""
    patched(monkeypatch, module, function, part)
    with pytest.raises(UsageError, match=rf"^{module.partition('.')[0]} has replaced .*\(thread=False, time=False\)"):
        mock_sagemaker().start()
    monkeypatch.undo()
    with mock_sagemaker():
        create(make_client())


def test_a_mock_is_refused_at_the_next_call_if_threads_become_greenlets_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next sleep is refused too, and the mock can be left."""
    with mock_sagemaker() as sagemaker:
        client = make_client()
        patched(monkeypatch, *PATCHES[0])
        with pytest.raises(UsageError, match="gevent"):
            create(client)
        with pytest.raises(UsageError, match="gevent"):
            sagemaker._world.sleep_us(1)


def test_installed_packages_alone_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sockets that they replaced do none either."""
    patched(monkeypatch, "gevent.monkey", "is_module_patched", "socket", "ssl")
    patched(monkeypatch, "eventlet.patcher", "is_monkey_patched", "socket")
    refuse()
    monkeypatch.setitem(sys.modules, "gevent.monkey", ModuleType("gevent.monkey"))
    refuse()
