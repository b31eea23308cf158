"""The set of jobs that still count, kept from look to look."""

from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from sagemock.clock.instants import SECOND_US
from sagemock.jobs.store import Store
from sagemock.service.recent import Recent
from sagemock.training.job import Job
from sagemock.training.plan.plan import Plan
from tests.support.strategies import START_US, job_named

PLAN = Plan.completes(starting=1, downloading=1, training=5, uploading=1)


def has_ended(job: Job, now_us: int) -> bool:
    """Return whether a job has ended."""
    return job.state(now_us).primary == "Completed"


@example(["create", "look", "replace", "look", "wait", "wait", "wait", "look", "remove", "look"])
@given(st.lists(st.sampled_from(["create", "replace", "look", "remove", "wait"]), max_size=30))
def test_a_look_finds_the_same_jobs_as_a_search_over_all(steps: list[str]) -> None:
    """Whatever happens between two looks."""
    store, now_us = Store(), START_US
    recent: Recent[Job] = Recent()
    names = [f"job-{number}" for number in range(5)]
    place = job_named("job", 1, START_US, PLAN).place
    region = store.region(place, Job)
    for step in steps:
        if step == "create" and len(region.by_name) < len(names):
            free = next(name for name in names if name not in region.by_name)
            store.put(job_named(free, store.next_number(), now_us, PLAN))
        elif step == "replace":
            for job in list(region.by_name.values())[:1]:
                store.put(replace(job, tags=(("a", "b"),)))
        elif step == "remove":
            for job in [job for job in region.by_name.values() if has_ended(job, now_us)][:1]:
                region.remove(job.name)
        elif step == "wait":
            now_us += 3 * SECOND_US
        else:
            found = recent.jobs(region, lambda job, now_us=now_us: not has_ended(job, now_us))  # type: ignore[misc]  # bound to the loop
            assert found == [job for job in region.by_name.values() if not has_ended(job, now_us)]


def test_a_job_that_no_longer_counts_is_not_checked_again() -> None:
    """A new job with its name is."""
    store = Store()
    recent: Recent[Job] = Recent()
    asked: list[str] = []

    def counts(job: Job) -> bool:
        asked.append(f"{job.name}/{job.number}")
        return job.number > 3

    jobs = [job_named(f"job-{number}", store.next_number(), START_US, PLAN) for number in range(1, 6)]
    for job in jobs:
        store.put(job)
    region = store.region(jobs[0].place, Job)
    assert [job.number for job in recent.jobs(region, counts)] == [4, 5]
    asked.clear()
    assert [job.number for job in recent.jobs(region, counts)] == [4, 5]
    assert asked == ["job-4/4", "job-5/5"]
    for name in ("job-1", "job-5"):
        region.remove(name)
        store.put(job_named(name, store.next_number(), START_US, PLAN))
    assert [job.number for job in recent.jobs(region, counts)] == [4, 6, 7]
