import sys
import time
from types import SimpleNamespace

import pytest

from sagemock.clock.real import _unfrozen


def test_the_real_clock_is_real_in_frozen_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Functions that freezegun replaced are taken from where it keeps the originals; the others come from `time`."""
    kept = object()
    monkeypatch.setitem(sys.modules, "freezegun.api", SimpleNamespace(real_time=kept))
    assert _unfrozen("time") is kept
    assert _unfrozen("perf_counter") is time.perf_counter
    monkeypatch.delitem(sys.modules, "freezegun.api")
    assert _unfrozen("time") is time.time
