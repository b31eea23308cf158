from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock.clock.instants import SECOND_US
from sagemock.jobs.history import History, Occurrence
from sagemock.jobs.interventions import Delete, Stop
from sagemock.jobs.store import Store
from sagemock.training.interventions import Update
from sagemock.training.job import Job
from sagemock.training.plan.plan import Plan
from tests.support.strategies import START_US, instants, job_named, job_playing, lives

PLAN = Plan.completes(starting=10, downloading=20, training=30, uploading=5)


class Past:
    """A store and its history, at an instant."""

    def __init__(self) -> None:
        self.now_us = START_US
        self.store = Store()
        self.history = History(self.store, lambda: self.now_us)

    def until(self, after_s: float) -> list[tuple[float, str, str]]:
        """Return the changes up to an instant, as (seconds, job, status)."""
        self.now_us = START_US + round(after_s * SECOND_US)
        return [((one.at_us - START_US) / SECOND_US, one.job.name, statuses(one)) for one in self.history.happened()]


def statuses(one: Occurrence) -> str:
    """Return the statuses that a job enters."""
    change = one.job.timeline.changes[one.changes_so_far - 1]
    return f"{change.primary}/{change.secondary}"


@given(lives(), st.data())
def test_the_past_never_changes(records: tuple[Job, ...], data: st.DataObject) -> None:
    """Whatever is done later, the changes up to an instant stay the beginning of the changes up to a later one."""
    past = Past()
    before: list[Occurrence] = []
    for record in records:
        made_us = record.created_us + (record.interventions[-1].at_us if record.interventions else 0)
        past.now_us = made_us
        past.store.put(record)
        looks = sorted(data.draw(st.lists(st.sampled_from([one for one in instants(record) if one >= made_us]), max_size=3)))
        following = [later for later in records if len(later.interventions) > len(record.interventions)]
        end_us = min((one.created_us + one.interventions[-1].at_us for one in following), default=max([made_us, *looks]))
        for now_us in (look for look in looks if look <= end_us):
            past.now_us = now_us
            happened = list(past.history.happened())
            assert happened[: len(before)] == before
            before = happened
            state = record.state(now_us)
            assert statuses(happened[-1]) == f"{state.primary}/{state.secondary}"
            assert all(statuses(one) != statuses(other) for one, other in pairwise(happened))


def test_changes_at_one_instant_are_in_the_order_of_the_jobs() -> None:
    """By their numbers; later changes are not there."""
    past = Past()
    past.store.put(job_named("late", 2, START_US, PLAN))
    past.store.put(job_named("early", 1, START_US, PLAN))
    past.store.put(job_named("later", 3, START_US + 60 * SECOND_US, PLAN))
    assert past.until(30) == [
        (0.0, "early", "InProgress/Starting"),
        (0.0, "late", "InProgress/Starting"),
        (10.0, "early", "InProgress/Downloading"),
        (10.0, "late", "InProgress/Downloading"),
        (30.0, "early", "InProgress/Training"),
        (30.0, "late", "InProgress/Training"),
    ]


def test_a_change_belongs_to_the_record_of_its_time() -> None:
    """Tags that a job gets later are not in its earlier changes."""
    past = Past()
    job = job_named("job", 1, START_US, PLAN)
    past.store.put(job)
    past.now_us += 15 * SECOND_US
    past.store.put(replace(job, tags=(("team", "a"),)))
    past.now_us += 15 * SECOND_US
    assert [one.job.tags for one in past.history.happened()] == [(), (), (("team", "a"),)]


def test_an_update_and_a_stop_at_one_instant_are_both_there() -> None:
    """The update changes no status, and does not hide the stop."""
    past = Past()
    at_us = 40 * SECOND_US
    job = job_playing(PLAN)
    past.store.put(job)
    for done in (Update(at_us), Stop(at_us)):
        job = job.after(done)
        past.store.put(job)
    assert past.until(41)[3:] == [(40.0, "job", "Stopping/Stopping")]


def test_a_deleted_job_stays_in_the_history() -> None:
    """Even if another job takes its name."""
    past = Past()
    job = job_named("job", 1, START_US, PLAN)
    past.store.put(job)
    past.store.put(job.after(Delete(70 * SECOND_US)))
    past.now_us += 100 * SECOND_US
    past.store.forget(past.now_us)
    assert not list(past.store.jobs())
    past.store.put(job_named("job", 2, past.now_us, PLAN))
    assert past.until(105)[4:] == [
        (65.0, "job", "Completed/Completed"),
        (70.0, "job", "Deleting/Completed"),
        (100.0, "job", "InProgress/Starting"),
    ]


@given(lives(), st.data())
def test_many_looks_find_the_same_as_one(records: tuple[Job, ...], data: st.DataObject) -> None:
    """Each look adds only what is new."""
    past, once = Past(), Past()
    once.store, once.history = past.store, History(past.store, lambda: past.now_us)
    for record in records:
        past.now_us = max(past.now_us, record.created_us + (record.interventions[-1].at_us if record.interventions else 0))
        past.store.put(record)
        looks = [one for one in instants(record) if one >= past.now_us]
        past.now_us = data.draw(st.sampled_from([past.now_us, *looks]))
        for _ in range(data.draw(st.sampled_from([0, 1]))):
            past.history.happened()
    assert list(past.history.happened()) == list(once.history.happened())


def test_a_look_adds_only_what_is_new() -> None:
    """A list that was returned before grows."""
    past = Past()
    for number in range(1, 21):
        past.store.put(job_named(f"job-{number}", number, START_US, PLAN))
    first = past.history.happened()
    assert [one.number for one in first] == list(range(1, 21))
    past.until(15)
    assert past.history.happened() is first
    assert len(first) == 40
    past.store.put(job_named("job-21", 21, past.now_us, PLAN))
    assert len(past.until(16)) == 41
    assert past.history.happened() is first


def test_earlier_changes_are_inserted_in_their_place() -> None:
    """A test may create a backdated job, and a clock that is set back shows less."""
    past = Past()
    past.store.put(job_named("job", 1, START_US, PLAN))
    assert len(past.until(15)) == 2
    first = past.history.happened()
    past.store.put(job_named("older", 2, START_US - 5 * SECOND_US, PLAN))
    assert past.until(15) == [
        (-5.0, "older", "InProgress/Starting"),
        (0.0, "job", "InProgress/Starting"),
        (5.0, "older", "InProgress/Downloading"),
        (10.0, "job", "InProgress/Downloading"),
    ]
    assert past.history.happened() is not first
    assert len(first) == 2
    assert [after_s for after_s, *_ in past.until(7)] == [-5, 0, 5]


def test_a_backdated_change_removes_what_it_contradicts() -> None:
    """Changes that a look had found have then not happened."""
    past = Past()
    job = job_named("job", 1, START_US, PLAN)
    past.store.put(job)
    assert len(past.until(35)) == 3
    past.store.put(job.after(Stop(5 * SECOND_US)))
    assert [life for *_, life in past.until(35)][:2] == ["InProgress/Starting", "Stopping/Starting"]


def test_an_interrupted_look_starts_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """For example when a signal handler raises."""
    past = Past()
    past.store.put(job_named("job", 1, START_US, PLAN))
    assert len(past.until(5)) == 1

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("sagemock.jobs.history.takewhile", interrupted)
        with pytest.raises(KeyboardInterrupt):
            past.until(15)
    assert len(past.until(15)) == 2


def test_a_job_deleted_between_two_looks_has_no_future() -> None:
    """Its planned changes do not come."""
    past = Past()
    job = job_named("job", 1, START_US, PLAN)
    past.store.put(job)
    assert len(past.until(15)) == 2
    past.store.put(job.after(Delete(70 * SECOND_US)))
    past.now_us = START_US + 100 * SECOND_US
    past.store.forget(past.now_us)
    assert not list(past.store.jobs())
    assert [life for *_, life in past.until(105)][4:] == ["Completed/Completed", "Deleting/Completed"]
    assert len(past.until(200)) == 6
