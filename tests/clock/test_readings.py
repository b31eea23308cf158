"""Law 4's exception: a loop that waits by reading the clock ends, and law 9 applies to it."""

import asyncio
import datetime as dt
import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from time import monotonic as bound_monotonic
from time import time as bound_time
from typing import Any

import boto3
import freezegun
import pytest
import time_machine

from sagemock import InvalidValue, NothingWillHappen, Plan, SageMakerMock, mock_sagemaker
from sagemock.clock.readings import Readings
from sagemock.clock.virtual import Clock
from tests.laws.test_threads import REQUEST

SECOND = timedelta(seconds=1)
# ruff: noqa: PLW0108  # looked up at each call, because the mock replaces these names
READERS: dict[str, tuple[Callable[[], Any], Any]] = {
    "time": (lambda: time.time(), 1),
    "time_ns": (lambda: time.time_ns(), 1_000_000_000),
    "monotonic": (lambda: time.monotonic(), 1),
    "monotonic_ns": (lambda: time.monotonic_ns(), 1_000_000_000),
    "perf_counter": (lambda: time.perf_counter(), 1),
    "perf_counter_ns": (lambda: time.perf_counter_ns(), 1_000_000_000),
    "from time import time": (lambda: bound_time(), 1),
    "from time import monotonic": (lambda: bound_monotonic(), 1),
    "gmtime": (lambda: time.mktime(time.gmtime()), 1),
    "localtime": (lambda: time.mktime(time.localtime()), 1),
    "now": (lambda: dt.datetime.now(), SECOND),  # noqa: DTZ005  # as in code under test
    "now in UTC": (lambda: dt.datetime.now(dt.timezone.utc), SECOND),
    "today": (lambda: dt.datetime.today(), SECOND),  # noqa: DTZ002  # as in code under test
}
READS = pytest.mark.parametrize("reader", READERS)


def spin(reader: str = "monotonic", times: int = 1) -> Any:
    """Wait by reading a clock; return how long the wait took."""
    read, unit = READERS[reader]
    began = read()
    while read() < began + times * unit:
        pass
    return (read() - began) / unit


@READS
def test_a_busy_wait_ends(reader: str) -> None:
    """It ends on time, in steps of a millisecond, and is not recorded as a sleep."""
    with mock_sagemaker() as sagemaker:
        began = sagemaker.clock.now()
        assert 1 <= spin(reader) <= 1.002
        assert sagemaker.clock.now() - began <= 2 * SECOND
        assert sagemaker.sleeps == []


def test_a_wait_for_the_next_millisecond_ends() -> None:
    """Code that makes ids of the time waits like this."""
    with mock_sagemaker(start="2018-07-30") as sagemaker:
        ids = set[int]()
        while len(ids) < 3:
            ids.add(time.time_ns() // 1_000_000)
        # The loop's last reading sees the third millisecond.
        assert sagemaker.clock.now().microsecond == 3000


def test_a_loop_that_waits_for_the_next_day_takes_a_moment() -> None:
    """A step is at most a thousandth of the wait so far, and the loop may read once more at the end."""
    with mock_sagemaker(idle_limit=None):
        assert 9 <= spin(times=9) <= 9.002
        today = dt.date.today()  # noqa: DTZ011  # as in code under test
        while dt.date.today() == today:  # noqa: DTZ011  # as in code under test
            pass
        now = dt.datetime.now()  # noqa: DTZ005  # as in code under test
        assert (now.hour, now.minute) < (0, 3)


def test_a_loop_may_read_the_mocks_own_clock() -> None:
    """It ends even with wall="real", and on a clock without a mock."""
    with mock_sagemaker(wall="real") as sagemaker:
        for clock in (Clock("2018-07-30"), sagemaker.clock):
            began = clock.now()
            while clock.now() < began + SECOND:
                pass
            assert clock.now() - began <= timedelta(seconds=1, milliseconds=2)


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize(
    "freeze",
    [
        lambda: freezegun.freeze_time("2020-01-01"),
        lambda: time_machine.travel(dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc), tick=False),
    ],
    ids=["freezegun", "time-machine"],
)
def test_a_frozen_clock_of_the_caller_moves_when_it_is_read(freeze: Callable[[], Any], *, inside: bool) -> None:
    """The caller's freeze may begin before or after the mock."""
    if inside:
        with mock_sagemaker() as sagemaker, freeze():
            assert 1 <= spin("time") <= 1.002
            assert sagemaker.clock.now().timestamp() == pytest.approx(time.time(), abs=0.002)
    else:
        with freeze(), mock_sagemaker():
            assert 1 <= spin("time") <= 1.002


def test_a_busy_wait_ends_with_real_sleeps() -> None:
    """Then only the test and readings move the clock."""
    with mock_sagemaker(sleep="real"):
        assert 1 <= spin() <= 1.002


def test_busy_waits_of_tasks_and_callbacks_end() -> None:
    """`loop.time()` counts too, although it is constant within an iteration."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        spun = loop.create_future()
        loop.call_soon(lambda: spun.set_result(spin()))
        asleep = asyncio.create_task(asyncio.sleep(60))
        assert 1 <= await spun <= 1.002
        assert 1 <= spin() <= 1.002
        ends_s = loop.time() + 5
        while loop.time() < ends_s:
            pass
        ends_s = time.monotonic() + 20
        while time.monotonic() < ends_s:  # noqa: ASYNC110  # as in code under test
            await asyncio.sleep(0)
        assert not asleep.done()
        await asleep

    with mock_sagemaker():
        asyncio.run(main())


def test_threads_that_spin_side_by_side_end_together() -> None:
    """Each sees the steps of the others, and a sleeper wakes on time."""
    spun = list[float]()
    woke = list[float]()
    with mock_sagemaker() as sagemaker:
        began = sagemaker.clock.now()

        def sleep() -> None:
            time.sleep(0.5)
            woke.append((sagemaker.clock.now() - began).total_seconds())

        threads = [threading.Thread(target=lambda: spun.append(spin())), threading.Thread(target=lambda: spun.append(spin()))]
        threads.append(threading.Thread(target=sleep))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert woke == [0.5]
    assert all(1 <= one <= 1.01 for one in spun)


def test_spinning_forever_is_an_error(sagemaker: SageMakerMock, client: Any) -> None:
    """It is raised once nothing can happen to any job; code that handles the error may read the time, and spin again."""
    client.create_training_job(TrainingJobName="churn-1", **REQUEST)
    for _ in range(2):
        with pytest.raises(
            NothingWillHappen, match=r"and yet the code under test waited for 86,\d{3} s by reading the clock since\."
        ):
            spin(times=864_000)
        assert sagemaker.jobs["churn-1"].status == "Completed"
        for _ in range(1000):
            time.time()
    assert sagemaker.sleeps == []


def test_code_that_never_called_sagemaker_may_spin_forever() -> None:
    """It waits for something else."""
    with mock_sagemaker(idle_limit=60):
        assert 100 <= spin(times=100) <= 100.2


@pytest.fixture
def client() -> Any:
    """Return a client."""
    return boto3.client("sagemaker", region_name="eu-west-1", aws_access_key_id="id", aws_secret_access_key="key")


@pytest.fixture
def sagemaker() -> Any:
    """Start a mock whose jobs take an hour."""
    with mock_sagemaker(plan=Plan.completes(training=3600)) as sagemaker:
        yield sagemaker


def test_an_older_thread_that_reads_moves_nothing() -> None:
    """Neither does any thread after the mock's end."""
    begins, ends = threading.Event(), threading.Event()
    seen = list[timedelta]()

    def read() -> None:
        begins.wait()
        began = clock.now()
        for _ in range(11_000):
            clock.now()
        seen.append(clock.now() - began)
        ends.set()

    thread = threading.Thread(target=read)
    thread.start()
    with mock_sagemaker() as mock:
        clock = mock.clock
        begins.set()
        ends.wait()
    thread.join()
    over = clock.now()
    for _ in range(11_000):
        clock.now()
    assert seen == [timedelta(0)]
    assert clock.now() == over


def test_a_reading_within_a_call_does_not_move_time(sagemaker: SageMakerMock, client: Any) -> None:
    """A callable plan is called at the instant of its request, and that instant stands."""

    def plan(_request: object) -> Plan:
        before = sagemaker.clock.now()
        for _ in range(11_000):
            time.time()
        assert sagemaker.clock.now() == before
        return Plan.completes()

    sagemaker.plan("churn-*", plan)
    client.create_training_job(TrainingJobName="churn-1", **REQUEST)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no timer signals")
def test_a_signal_handler_may_read_the_time_while_its_thread_spins() -> None:
    """It must not wait for a lock that the interrupted thread holds, wherever the signal comes."""
    came = list[float]()
    before = signal.signal(signal.SIGALRM, lambda *_: came.append(time.time()))
    idle = threading.Event()
    with mock_sagemaker():
        other = threading.Thread(target=idle.wait)
        other.start()
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        try:
            spin()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        idle.set()
        other.join()
    assert came


def test_ten_thousand_readings_are_free() -> None:
    """The count starts again only when the clock moves: by another thread, an advance or the thread's own sleep."""
    readings = Readings()
    for _ in range(3):
        assert {readings.read_us() for _ in range(10_000)} == {0}
        readings.moved()
    assert {readings.read_us() for _ in range(10_000)} == {0}
    assert readings.read_us() == readings.read_us() == 1000
    readings.moved()
    # The clock now counts these readings.
    assert {readings.read_us() for _ in range(100)} == {0}
    assert readings.read_us() == 1000
    with readings.creeping():
        assert readings.read_us() == 0
    readings.turned_away()
    assert {readings.read_us() for _ in range(10_000)} == {0}


def test_polls_without_latency_do_not_count_as_readings(client: Any) -> None:
    """A loop that creates jobs makes them all at one instant."""
    with mock_sagemaker(latency=0, plan=Plan.completes()) as sagemaker:
        for number in range(30):
            client.create_training_job(TrainingJobName=f"churn-{number}", **REQUEST)
            for _ in range(500):
                time.time()
        assert len({job.transitions[0].start for job in sagemaker.jobs.values()}) == 1


def test_time_ends_for_readings_and_calls_as_for_sleeps(sagemaker: SageMakerMock, client: Any) -> None:
    """Otherwise no clock of the process could be read afterwards."""
    sagemaker.clock.advance_to("8999-12-31T23:59:59.999Z")
    sagemaker.clock.latency = 60
    ends: list[Callable[[], object]] = [
        lambda: time.sleep(60),
        client.list_training_jobs,
        lambda: [time.time() for _ in range(30_000)],
    ]
    for end in ends:
        with pytest.raises(InvalidValue, match="virtual time ends at 9000-01-01T00:00:00"):
            end()
    assert dt.datetime.now(dt.timezone.utc) <= dt.datetime(9000, 1, 1, tzinfo=dt.timezone.utc)
