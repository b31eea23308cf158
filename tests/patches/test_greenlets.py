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
    """Put a module in place that says that it has replaced some parts of the standard library."""
    stand_in = ModuleType(module)
    vars(stand_in)[function] = parts.__contains__
    monkeypatch.setitem(sys.modules, module, stand_in)


@pytest.mark.parametrize("module, function, part", PATCHES)
def test_a_mock_is_refused_where_threads_are_greenlets(
    monkeypatch: pytest.MonkeyPatch, module: str, function: str, part: str
) -> None:
    """At once, in words that say what to do; and nothing is left of it."""
    patched(monkeypatch, module, function, part)
    with pytest.raises(UsageError, match=rf"^{module.partition('.')[0]} has replaced .*\(thread=False, time=False\)"):
        mock_sagemaker().start()
    monkeypatch.undo()
    with mock_sagemaker():
        create(make_client())


def test_a_mock_in_which_it_is_done_is_refused_at_the_next_call_or_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """And can be left."""
    with mock_sagemaker() as sagemaker:
        client = make_client()
        patched(monkeypatch, *PATCHES[0])
        with pytest.raises(UsageError, match="gevent"):
            create(client)
        with pytest.raises(UsageError, match="gevent"):
            sagemaker._world.sleep_us(1)


def test_the_packages_alone_are_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor are sockets that they have replaced."""
    patched(monkeypatch, "gevent.monkey", "is_module_patched", "socket", "ssl")
    patched(monkeypatch, "eventlet.patcher", "is_monkey_patched", "socket")
    refuse()
    monkeypatch.setitem(sys.modules, "gevent.monkey", ModuleType("gevent.monkey"))
    refuse()
