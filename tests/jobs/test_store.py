import math
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sagemock.clock.instants import SECOND_US
from sagemock.jobs.interventions import Complete, Delete, Fail, Stop
from sagemock.jobs.place import Place
from sagemock.jobs.store import Key, Order, Store
from sagemock.training.interventions import Intervention
from sagemock.training.job import Job
from sagemock.training.plan.plan import Plan
from sagemock.training.snapshot import snapshot
from tests.support.strategies import START_US, job_named, names

PLACES = [Place("aws", "us-west-2", "123456789012"), Place("aws", "eu-west-1", "123456789012")]
ORDERS: Sequence[Order] = ["CreationTime", "Name", "Status"]
PLANS = [
    Plan.completes(starting=10, downloading=20, training=30, uploading=5),
    Plan.fails("why", during="Starting", after=10),
    Plan.hangs(starting=10, downloading=20),
    Plan.completes(starting=0, downloading=0, training=0, uploading=0),
]


def key_of(job: Job, order: Order, now_us: int) -> Key:
    """Return the sort key of a plain list."""
    if order == "Name":
        return (job.name,)
    return (job.created_us, job.number) if order == "CreationTime" else (job.state(now_us).primary, job.number)


class Naive(RuleBasedStateMachine):
    """A store beside plain dictionaries that are sorted for each question.

    Jobs are created, changed and listed, and time passes.
    """

    @initialize()
    def begin(self) -> None:
        self.store = Store()
        self.known: dict[Place, dict[str, Job]] = {place: {} for place in PLACES}
        self.now_us = START_US

    @rule(place=st.sampled_from(PLACES), name=names(), plan=st.sampled_from(PLANS))
    def create(self, place: Place, name: str, plan: Plan) -> None:
        number = self.store.next_number()
        self.put(job_named(f"{name}-{number}", number, self.now_us, plan, place))

    @rule(by_s=st.sampled_from([0, 1, 5, 10, 20, 30, 100_000]))
    def wait(self, by_s: int) -> None:
        self.now_us += by_s * SECOND_US

    @rule(kind=st.sampled_from([Stop, Complete, lambda at_us: Fail(at_us, "why")]), which=st.integers(0, 99))
    def intervene(self, kind: type[Stop | Complete], which: int) -> None:
        running = [job for job in self.every() if job.state(self.now_us).primary == "InProgress"]
        if running:  # pragma: no cover  # which rules run, and when, is chance
            job = running[which % len(running)]
            done: Intervention = kind(self.now_us - job.created_us)
            self.put(job.after(done))

    @rule(
        place=st.sampled_from(PLACES),
        order=st.sampled_from(ORDERS),
        descending=st.booleans(),
        limit=st.integers(1, 4),
        when_s=st.sampled_from([0, 0, 7]),
    )
    def list_pages(self, place: Place, order: Order, descending: bool, limit: int, when_s: int) -> None:  # noqa: FBT001  # a drawn value
        """Page through a region. Time may pass between the pages, and then jobs may change places by status."""
        region, after = self.store.region(place, Job), None
        while True:
            found = region.page(order, descending=descending, after=after, limit=limit, now_us=self.now_us)
            keyed = sorted(
                ((key_of(job, order, self.now_us), job) for job in self.known[place].values()),
                key=lambda pair: pair[0],
                reverse=descending,
            )
            # Numbers count up within a status when it is ascending, and down when it is descending.
            left = [pair for pair in keyed if after is None or (pair[0] < after if descending else pair[0] > after)]
            assert found == left[:limit]
            if not found:
                break
            after = found[-1][0]
            self.now_us += when_s * SECOND_US

    @rule(which=st.integers(0, 99))
    def delete(self, which: int) -> None:
        over = [job for job in self.every() if snapshot(job, self.now_us).over and job.gone_us is None]
        if over:
            job = over[which % len(over)]
            self.put(job.after(Delete(self.now_us - job.created_us)))

    @rule()
    def forget(self) -> None:
        self.store.forget(self.now_us)
        for place, jobs in self.known.items():
            self.known[place] = {name: job for name, job in jobs.items() if (job.gone_us or math.inf) > self.now_us}

    def put(self, job: Job) -> None:
        self.store.put(job)
        self.known[job.place][job.name] = job

    def every(self) -> list[Job]:
        return sorted((job for jobs in self.known.values() for job in jobs.values()), key=lambda job: job.number)

    @invariant()
    def agrees(self) -> None:
        every = self.every()
        assert list(self.store.jobs()) == every
        assert self.store.settled_us() == max((job.settled_us for job in every), default=None)
        for place, jobs in self.known.items():
            assert self.store.region(place, Job).by_name == jobs


test_the_store_is_what_a_sorted_list_is = Naive.TestCase
Naive.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


@given(st.lists(names(), unique=True, max_size=12), st.sampled_from(ORDERS), st.booleans(), st.integers(1, 5))
def test_pages_together_are_the_whole_list(found: list[str], order: Order, descending: bool, limit: int) -> None:  # noqa: FBT001  # a drawn value
    """Each job is on exactly one page of any size; the other direction is the list reversed."""
    store = Store()
    for number, name in enumerate(found):
        store.put(job_named(name, number, START_US + number, PLANS[number % len(PLANS)]))
    region = store.region(PLACES[0], Job)
    now_us = START_US + 40 * SECOND_US

    def pages(size: int, *, backwards: bool) -> list[str]:
        listed: list[str] = []
        after: Key | None = None
        while page := region.page(order, descending=backwards, after=after, limit=size, now_us=now_us):
            assert len(page) <= size
            after = page[-1][0]
            listed += [job.name for _, job in page]
        return listed

    assert pages(limit, backwards=descending) == pages(len(found) + 1, backwards=not descending)[::-1]
    assert sorted(pages(limit, backwards=descending)) == sorted(found)


def test_job_numbers_are_unique_over_all_regions() -> None:
    """They count from one."""
    assert [Store().next_number() for _ in range(2)] == [1, 1]
    store = Store()
    assert [store.next_number() for _ in range(3)] == [1, 2, 3]


def test_regions_are_separate() -> None:
    """The same name in two regions is two jobs."""
    store = Store()
    for number, place in enumerate(PLACES):
        store.put(job_named("one", number, START_US, place=place))
    assert [store.region(place, Job).by_name["one"].number for place in PLACES] == [0, 1]
    assert len(list(store.jobs())) == 2
    assert Store().settled_us() is None


def test_a_job_that_ends_early_settles_early() -> None:
    """The later end of its older record does not count."""
    store = Store()
    store.put(job_named("short", 1, START_US, PLANS[1]))
    long = job_named("long", 2, START_US, PLANS[0])
    store.put(long)
    assert store.settled_us() == START_US + 65 * SECOND_US
    store.put(long.after(Fail(SECOND_US, "why")))
    assert store.settled_us() == START_US + 10 * SECOND_US


@pytest.mark.parametrize("kind", [Stop, Complete])
def test_a_stored_job_costs_little_memory_beyond_its_request(kind: type[Stop | Complete]) -> None:
    """A kibibyte at most, also when it was changed and listed in every order."""
    count = 2000
    new = [job_named(f"job-{number:05}", number, START_US + number) for number in range(count)]
    kept: list[Job | None] = list(new)
    # Fill shared and bounded caches first.
    warm = Store()
    warm.put(new[0].after(kind(SECOND_US)))
    warm.region(PLACES[0], Job).page("Status", descending=False, after=None, limit=1, now_us=START_US)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        store = Store()
        for place, job in enumerate(new):
            store.put(job)
            kept[place] = None
            store.put(job.after(kind(SECOND_US)))
        region = store.region(PLACES[0], Job)
        for order in ORDERS:
            region.page(order, descending=True, after=None, limit=10, now_us=START_US + 10**9)
        assert store.settled_us() is not None
        each = (tracemalloc.get_traced_memory()[0] - before) / count
    finally:
        tracemalloc.stop()
    assert each <= 1024


def test_a_deleted_job_frees_its_name() -> None:
    """However often it is deleted; forgetting an unknown job is allowed."""
    store = Store()
    keeper, other = job_named("one", 1, START_US, PLANS[0]), job_named("two", 2, START_US, PLANS[0])
    store.put(keeper)
    store.put(other)
    region = store.region(keeper.place, Job)
    region.page("Status", descending=False, after=None, limit=9, now_us=START_US)
    deleted = keeper.after(Delete(99 * SECOND_US))
    store.put(deleted)
    store.put(deleted)
    gone_us = deleted.gone_us or 0
    store.forget(gone_us - 1)
    assert list(region.by_name) == ["one", "two"]
    store.forget(gone_us)
    assert list(region.by_name) == ["two"]
    page = region.page("Status", descending=False, after=None, limit=9, now_us=gone_us)
    assert [job.name for _, job in page] == ["two"]
    store.put(job_named("one", 3, gone_us))
    assert [job.number for job in store.jobs()] == [2, 3]


@pytest.mark.parametrize("listed", [False, True])
def test_a_job_may_be_forgotten_before_it_was_listed(listed: bool) -> None:  # noqa: FBT001  # a column of the table
    """Whether or not other jobs were listed by status before."""
    store = Store()
    if listed:
        store.put(job_named("old", 1, START_US))
        store.region(PLACES[0], Job).page("Status", descending=False, after=None, limit=9, now_us=START_US)
    store.put(job_named("new", 2, START_US, PLANS[3]).after(Delete(0)))
    store.forget(START_US + 10**12)
    page = store.region(PLACES[0], Job).page("Status", descending=True, after=None, limit=9, now_us=START_US + 10**12)
    assert [job.name for _, job in page] == ["old"] * listed


def test_a_changed_job_with_the_same_status_keeps_its_place() -> None:
    """For example when its tags change between two pages."""
    store = Store()
    job = job_named("churn", store.next_number(), START_US, Plan.hangs(), PLACES[0])
    pages = []
    for record in (job, replace(job, tags=(("team", "churn"),))):
        store.put(record)
        pages.append(store.region(PLACES[0], Job).page("Status", descending=False, after=None, limit=9, now_us=START_US))
    assert [[(key, found.tags) for key, found in page] for page in pages] == [
        [(("InProgress", 1), ())],
        [(("InProgress", 1), (("team", "churn"),))],
    ]
