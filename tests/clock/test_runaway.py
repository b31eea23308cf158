import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sagemock.clock.instants import SECOND_US
from sagemock.clock.runaway import A_LOOP, FAMILIAR, LISTS, REPEATS, SLEEPS, Runaway, timeless
from sagemock.errors import NothingWillHappen

DAY_US = 86_400 * SECOND_US


def idle() -> Runaway:
    """Return a Runaway whose errors have no further text."""
    return Runaway("{}!".format)


def nothing_happens(_until_us: int | None) -> bool:
    """Say that nothing can happen any more."""
    return True


def something_happens(_until_us: int | None) -> bool:
    """Say that something can still happen."""
    return False


def test_a_repeated_poll_is_an_endless_loop_after_a_thousand() -> None:
    """It counts once nothing can happen any more."""
    watch = idle()
    for _ in range(REPEATS):
        watch.polled("describe", settled=True, until_us=0, limit_us=DAY_US)
    with pytest.raises(NothingWillHappen, match=r"^the same call was made 1001 times!$"):
        watch.polled("describe", settled=True, until_us=0, limit_us=DAY_US)


def test_looks_at_many_jobs_are_not_an_endless_loop() -> None:
    """Only a poll that is repeated very often counts, not a few looks at each job."""
    watch = idle()
    for _ in range(FAMILIAR):
        for number in range(3 * REPEATS):
            watch.polled(("describe", number), settled=True, until_us=0, limit_us=DAY_US)


def test_some_rounds_over_many_jobs_are_not_an_endless_loop() -> None:
    """A hundred finished jobs may be described twenty-five times each.

    Going round twenty jobs forever ends after some thousand polls.
    """
    watch = idle()
    for _ in range(25):
        for number in range(100):
            watch.polled(number, settled=True, until_us=0, limit_us=DAY_US)
            watch.slept(1, settled=nothing_happens, limit_us=DAY_US)
    watch = idle()
    for polls in range(20 * FAMILIAR + 19):
        watch.polled(polls % 20, settled=True, until_us=0, limit_us=DAY_US)
    with pytest.raises(NothingWillHappen, match=r"^the same 20 calls were made 1020 times!$"):
        watch.polled(19, settled=True, until_us=0, limit_us=DAY_US)


def test_lists_with_ever_new_filters_are_an_endless_loop() -> None:
    """It is stopped after three thousand lists."""
    watch = idle()
    for number in range(LISTS):
        watch.polled(number, settled=True, until_us=0, limit_us=DAY_US, is_list=True)
    with pytest.raises(NothingWillHappen, match=r"^the code under test listed jobs 3001 times!$"):
        watch.polled("list", settled=True, until_us=0, limit_us=DAY_US, is_list=True)


def test_sleeps_of_a_thread_that_never_polled_do_not_count() -> None:
    """For example a heartbeat, beside a test that has described a job."""
    watch = idle()
    watch.polled("describe", settled=True, until_us=0, limit_us=DAY_US)

    def beat() -> None:
        for _ in range(REPEATS + 100):
            watch.slept(DAY_US, settled=nothing_happens, limit_us=DAY_US)
            watch.crept(DAY_US, settled=nothing_happens, limit_us=DAY_US)

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(beat).exception() is None


def test_each_thread_and_task_has_its_own_count() -> None:
    """What a task does by `to_thread` counts for the task."""
    watch = idle()

    def poll(times: int) -> None:
        for _ in range(times):
            watch.polled("describe", settled=True, until_us=0, limit_us=DAY_US)

    async def tasks() -> None:
        await asyncio.gather(*[one(REPEATS) for _ in range(3)])
        await one(REPEATS // 2)
        with pytest.raises(NothingWillHappen):
            await asyncio.to_thread(poll, REPEATS // 2 + 1)

    async def one(times: int) -> None:
        poll(times)

    with ThreadPoolExecutor(2) as pool:
        assert [each.exception() for each in [pool.submit(poll, REPEATS // 2) for _ in range(2)]] == [None, None]
    poll(REPEATS)
    asyncio.run(tasks())


def test_sleeps_count_after_the_last_change_of_the_polled_jobs() -> None:
    """Another job that still runs does not matter."""
    watch, asked = idle(), list[int | None]()

    def settled(until_us: int | None) -> bool:
        asked.append(until_us)
        return False

    watch.reset()
    watch.slept(1, settled=settled, limit_us=DAY_US)
    watch.polled("describe", settled=False, until_us=30, limit_us=DAY_US)
    watch.polled("describe", settled=True, until_us=20, limit_us=DAY_US)
    watch.slept(1, settled=settled, limit_us=DAY_US)
    watch.crept(1, settled=settled, limit_us=DAY_US)
    assert asked == [None, 30, 30]


def test_polls_and_sleeps_count_together() -> None:
    """A turn of a loop that does both counts as two."""
    watch = idle()
    for _ in range(REPEATS // 2):
        watch.polled("describe", settled=True, until_us=0, limit_us=DAY_US)
        watch.slept(1, settled=nothing_happens, limit_us=DAY_US)
    with pytest.raises(NothingWillHappen, match=r"^the same call was made 501 times and the code under test slept 500 times!$"):
        watch.polled("describe", settled=True, until_us=0, limit_us=DAY_US)


def test_polls_with_the_current_time_in_their_body_count_as_equal() -> None:
    """A filter "newer than now" makes a new body each time."""
    bodies = (b'{"CreationTimeAfter": 1532908800.1, "MaxResults":5}', '{"CreationTimeAfter": 1.5e9, "MaxResults":5}')
    assert {timeless(body) for body in bodies} == {'{"CreationTimeAfter":0, "MaxResults":0}'}
    assert timeless('{"TrainingJobName": "job-1"}') != timeless('{"TrainingJobName": "job-2"}')


@given(st.lists(st.sampled_from(["poll", "sleep"]), max_size=20), st.booleans())
def test_nothing_counts_while_something_can_happen(steps: list[str], late: bool) -> None:  # noqa: FBT001  # a drawn value
    """However long the code polled and slept before, the count starts when nothing can happen any more."""
    watch = idle()
    for step in steps * 200:
        if step == "poll":
            watch.polled("describe", settled=False, until_us=0, limit_us=DAY_US)
        else:
            watch.slept(DAY_US, settled=something_happens, limit_us=DAY_US)
    watch.reset()
    for _ in range(REPEATS if late else 1):
        watch.polled("describe", settled=True, until_us=0, limit_us=DAY_US)


def test_a_change_starts_the_count_again() -> None:
    """The test, or the code under test, did something."""
    watch = idle()
    for _ in range(3):
        for _ in range(REPEATS):
            watch.polled("describe", settled=True, until_us=0, limit_us=DAY_US)
        watch.reset()
    watch.polled("describe", settled=True, until_us=0, limit_us=DAY_US)
    watch.slept(2 * DAY_US, settled=nothing_happens, limit_us=DAY_US)
    watch.reset()
    watch.slept(1, settled=nothing_happens, limit_us=DAY_US)
    watch.polled("describe", settled=True, until_us=0, limit_us=DAY_US)
    watch.slept(1, settled=nothing_happens, limit_us=DAY_US)


def test_ten_thousand_sleeps_are_an_endless_loop() -> None:
    """Short sleeps count too, even without a poll after the first."""
    watch = idle()
    watch.polled("describe", settled=True, until_us=0, limit_us=None)
    for _ in range(SLEEPS):
        watch.slept(1, settled=nothing_happens, limit_us=DAY_US)
    with pytest.raises(NothingWillHappen, match=r"^the code under test slept 10001 times!$"):
        watch.slept(1, settled=nothing_happens, limit_us=DAY_US)


def test_sleeps_count_only_after_the_first_call() -> None:
    """Code that never called SageMaker waits for something else."""
    watch = idle()
    for _ in range(2 * REPEATS):
        watch.slept(DAY_US, settled=nothing_happens, limit_us=DAY_US)


def test_one_long_sleep_and_a_look_are_not_an_endless_loop() -> None:
    """The third turn is, when the sum of the sleeps reaches the limit."""
    watch = idle()
    watch.polled("describe", settled=True, until_us=0, limit_us=DAY_US)
    watch.slept(DAY_US, settled=nothing_happens, limit_us=DAY_US)
    with pytest.raises(NothingWillHappen, match=r"^the code under test slept 86,400 s in 1 sleeps!$"):
        watch.polled("describe", settled=True, until_us=0, limit_us=DAY_US)
    assert A_LOOP == 3


@example([DAY_US // 2] * 4)
@given(st.lists(st.integers(1, DAY_US // 2), min_size=2, max_size=30))
def test_the_limit_counts_the_loops_own_sleeps(sleeps_us: list[int]) -> None:
    """A poll loop raises at its first turn after the limit, and not before."""
    watch = idle()
    slept_us = 0
    for sleep_us in sleeps_us:
        if slept_us >= DAY_US:
            with pytest.raises(NothingWillHappen):
                watch.polled("describe", settled=True, until_us=0, limit_us=DAY_US)
            break
        watch.polled("describe", settled=True, until_us=0, limit_us=DAY_US)
        watch.slept(sleep_us, settled=nothing_happens, limit_us=DAY_US)
        slept_us += sleep_us


def test_without_a_limit_no_loop_is_endless() -> None:
    """Neither time nor repetitions count."""
    watch = idle()
    for _ in range(2 * REPEATS):
        watch.polled("describe", settled=True, until_us=0, limit_us=None)
        watch.slept(DAY_US, settled=nothing_happens, limit_us=None)


def test_busy_waits_count_by_their_total_time() -> None:
    """The number of readings does not count, nor anything before the first call or while something can happen."""
    watch = idle()
    watch.crept(2 * DAY_US, settled=nothing_happens, limit_us=DAY_US)
    watch.reset()
    for _ in range(3 * REPEATS):
        watch.crept(1000, settled=nothing_happens, limit_us=DAY_US)
    watch.crept(DAY_US, settled=something_happens, limit_us=DAY_US)
    watch.crept(DAY_US - 1, settled=nothing_happens, limit_us=DAY_US)
    watch.crept(1, settled=nothing_happens, limit_us=None)
    with pytest.raises(NothingWillHappen, match=r"^the code under test waited for 86,401 s by reading the clock!$"):
        watch.crept(SECOND_US, settled=nothing_happens, limit_us=DAY_US)


def test_a_loop_that_only_yields_is_stopped() -> None:
    """Unless the limit is off, or SageMaker was never called."""
    watch = idle()
    watch.stalled("yielded", limit_us=DAY_US)
    watch.asked()
    watch.stalled("yielded", limit_us=None)
    with pytest.raises(NothingWillHappen, match=r"^yielded!$"):
        watch.stalled("yielded", limit_us=DAY_US)
