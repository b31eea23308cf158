"""The result of a scenario, and the poller that runs beside most scenarios."""

import importlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import ModuleType
from typing import TYPE_CHECKING, Any

from benchmarks.worlds import client, request
from sagemock import Plan, SageMakerMock, mock_sagemaker
from sagemock.clock.real import real
from sagemock.world.options import OptionsDict

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["Missing", "Outcome", "Watch", "compare", "needs", "polled", "seconds", "within"]

_START = "2018-07-30T00:00:00Z"
_START_S = 1_532_908_800


class Missing(Exception):  # noqa: N818  # not an error
    """The program that a scenario is about is not installed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one run."""

    wrong: str = ""
    """A description of the fault; "" if all was right."""
    waited_s: float = 0
    """The real seconds that the run took beyond its own wait."""
    lost_s: float = 0
    """The virtual seconds that passed and should not have."""
    cost: float | None = None
    """The processor time that the run took, as a share of what it may take on a quiet machine; None if that is not measured."""


def needs(name: str) -> ModuleType:
    """Import a module. Raises Missing if it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Missing(name.partition(".")[0]) from error


def seconds(sagemaker: SageMakerMock) -> float:
    """Return the virtual seconds since the start."""
    return round(sagemaker.clock.now().timestamp() - _START_S, 6)


class Watch:
    """Measures the real time of a block."""

    def __init__(self) -> None:
        self._began_s: float = real.perf_counter()

    @property
    def s(self) -> float:
        """The real seconds since the watch was made."""
        return float(real.perf_counter() - self._began_s)


def within(**options: "Unpack[OptionsDict]") -> SageMakerMock:
    """Return a mock that begins in 2018, with jobs of six hours."""
    chosen: OptionsDict = {"start": _START, "latency": 0, "plan": Plan.completes(training=timedelta(hours=6))}
    chosen.update(options)
    return mock_sagemaker(**chosen)


@contextmanager
def polled(**options: "Unpack[OptionsDict]") -> Iterator[SageMakerMock]:
    """Enter a mock in which a thread describes a job of six hours each minute."""
    stop = threading.Event()
    with within(**options) as sagemaker:

        def poll() -> None:
            made: Any = client()
            made.create_training_job(**request("job"))
            while not stop.is_set() and made.describe_training_job(TrainingJobName="job")["TrainingJobStatus"] == "InProgress":
                time.sleep(60)

        poller = threading.Thread(target=poll, daemon=True)
        poller.start()
        while not sagemaker.sleeps:
            real.sleep(0.001)
        try:
            yield sagemaker
        finally:
            stop.set()
            # Inside the mock: its last sleep is then virtual, too.
            poller.join()


def compare(work: Callable[[], object], own_s: float) -> Outcome:
    """Let a thread poll during `work`, which takes `own_s` real seconds by itself; no virtual time must pass."""
    with polled() as sagemaker:
        before_s, watch = seconds(sagemaker), Watch()
        wrong = work()
        waited_s, lost_s = watch.s - own_s, seconds(sagemaker) - before_s
    found = str(wrong) if wrong else f"{lost_s:.0f} virtual seconds passed" if lost_s else ""
    return Outcome(found, waited_s, lost_s)
