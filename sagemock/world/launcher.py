"""The launcher: it creates and stops the children of tuning jobs, each at its instant.

The life of each tuning job (`tuning/life`) says what the next step is, and when. The launcher is an agenda of the clock, so the
clock stops at each of these instants. The launcher does one step and gives the tuning job the new child; from that, the life
computes the next step.
"""

import heapq
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from itertools import count
from random import Random
from typing import Any, Final

from sagemock.clock.virtual import Clock
from sagemock.evidence import Assumption
from sagemock.jobs.interventions import Stop
from sagemock.jobs.job import AnyJob
from sagemock.jobs.kinds import TRAINING
from sagemock.jobs.own import own
from sagemock.jobs.place import Place
from sagemock.protocol.refusal import LIMIT, Refusal
from sagemock.protocol.request import Request
from sagemock.service import metrics, tuning_echo
from sagemock.service.warm_pools import take
from sagemock.training import job as training
from sagemock.training.launch import Launching, Values
from sagemock.training.plan.plan import Plan
from sagemock.tuning import life
from sagemock.tuning.child import Child, child
from sagemock.tuning.definitions import Definition
from sagemock.tuning.job import Job
from sagemock.tuning.objective import ValuesFor, values_drawn, values_returned
from sagemock.tuning.stopping import hyperband_stop_us, median_stop_us
from sagemock.tuning.strategies import Trial, propose
from sagemock.world.backend import Backend

__all__ = ["Launcher"]

_WAITS: Final = Assumption(
    "that a tuning job whose next child is refused by a quota launches it as soon as there is room, because another job or the "
    "quota has changed",
    since="2026-11-26",
    knob="quota(…)",
)
_OWN_CLUSTER: Final = Assumption(
    "that a child runs on the instances of the one before it only if both are of the same training job definition",
    since="2026-11-26",
)
_SUCCESS: Final = Plan()


class _Ready:
    """The parts of a child that exist before it is created."""

    def __init__(self, definition: Definition, request: dict[str, Any], tuned: Mapping[str, str]) -> None:
        self.definition = definition
        self.request = request
        self.tuned = tuned
        self.plan: Plan | None = None
        self.values: ValuesFor | None = None

    @property
    def answers(self) -> tuple[Plan, ValuesFor] | None:
        """The plan and the values of the objective; None if a function of the test must still be called for one of them."""
        return None if self.plan is None or self.values is None else (self.plan, self.values)


class Launcher:
    """An agenda of the clock that does what tuning jobs do: it creates and stops training jobs."""

    def __init__(self, clock: Clock, backend: Backend) -> None:
        self._clock = clock
        self._backend = backend
        self._store = backend.store
        self._steps: list[tuple[int, int, Place, str]] = []
        """A heap of the next steps of tuning jobs: instant, number, place and name. It may have steps of older records."""
        self._ready: dict[tuple[int, int], _Ready] = {}
        """The children that are about to be created, by the number of their tuning job and their own."""
        self._held: dict[int, Job] = {}
        """The tuning jobs that wait for room under a quota, by their numbers."""
        self._has_room = False
        """Whether a job or a quota has changed since, so that there may be room."""
        self._busy: set[int] = set()
        """The numbers of the tuning jobs whose step is in progress: functions of the test may let time pass meanwhile."""
        self._has_begun = False
        backend.service.launches = self._begin

    def _begin(self) -> None:
        if not self._has_begun:
            self._has_begun = True
            self._store.watchers.append(self._changed)
            self._clock.add_agenda(self, first=True)

    # -- what changes

    def _changed(self, old: AnyJob | None, new: AnyJob | None, _: int | None) -> None:
        if isinstance(new, Job):
            self._file(new)
        elif isinstance(new, training.Job):
            self.touched(new)
        if old is not None and not isinstance(old, Job):
            self.retry()

    def _file(self, job: Job) -> None:
        if job.timeline.step is not None:
            heapq.heappush(self._steps, (job.timeline.step.at_us, job.number, job.place, job.name))

    def retry(self) -> None:
        """Let the tuning jobs that wait for room under a quota try again: another job or a quota has changed."""
        self._has_room = bool(self._held)

    def _release(self, now_us: int) -> None:
        held, self._held, self._has_room = self._held, {}, False
        for one in held.values():
            job = self._store.region(one.place, Job).by_name.get(one.name)
            if job is not None and job.number == one.number:
                self._store.put(job.holding(now_us))

    def touched(self, job: AnyJob) -> None:
        """Update the tuning job of a child whose record or log has changed."""
        with self._store.lock:
            found = self._known(job)
            if found is not None:
                tuning, known, record = found
                self._store.put(self._with(tuning, known, record))

    def _known(self, job: AnyJob) -> tuple[Job, Child, training.Job] | None:
        """Return the tuning job of a child, the child as that has it, and the child's record; None if the job is not a child."""
        if not isinstance(job, training.Job) or job.launch is None:
            return None
        tuning = self._store.region(job.place, Job).by_name.get(job.launch.tuning_job_arn.rpartition("/")[2])
        known = None if tuning is None else next((one for one in tuning.children if one.job.number == job.number), None)
        return None if tuning is None or known is None else (tuning, known, job)

    def next_step_us(self, job: AnyJob) -> int | None:
        """Return the next instant at which more becomes known of a job's life; None if all of it is known.

        At each of its steps a tuning job decides about itself, and about its children that have not ended by then.
        """
        with self._store.lock:
            found = self._known(job)
        at_us = job.next_step_us if found is None else found[0].next_step_us
        return None if found is not None and at_us is not None and found[1].is_over(at_us) else at_us

    def _with(self, tuning: Job, known: Child, record: training.Job) -> Job:
        """Return the tuning job with the new record of a child, and with the new early stops of its other children."""
        new = self._child(tuning, known.number, known.slot, known.definition, known.tuned, record, known)
        result = tuning.with_child(new)
        if new.emissions != known.emissions and _compares(tuning):
            for later in result.children[known.number :]:
                stop_us = _stop_us(result, later.number, later.emissions)
                if stop_us != later.stop_us:
                    result = result.with_child(replace(later, stop_us=stop_us))
        return result

    def _child(  # noqa: PLR0913, PLR0917  # the parts of a child
        self,
        tuning: Job,
        number: int,
        slot: int,
        definition: str | None,
        tuned: Mapping[str, str],
        record: training.Job,
        known: Child | None = None,
    ) -> Child:
        emissions = metrics.series(self._store, record, tuning.script.metric(definition))
        # The early stop depends on the child's own emissions and on those of earlier children; when those change, `_with`
        # computes it anew.
        stop_us = known.stop_us if known is not None and emissions == known.emissions else _stop_us(tuning, number, emissions)
        return child(number, slot, definition, tuned, record, emissions, stop_us)

    # -- the agenda

    def next_us(self, after_us: int) -> int | None:
        """Return the instant of the next step; `after_us` if a step is overdue."""
        with self._store.lock:
            if self._has_room:
                return after_us
            found = self._next()
            return None if found is None else max(found[1].at_us, after_us)

    def flush(self) -> None:
        """Do the steps that are due now, after a call or an intervention."""
        if self._has_begun:
            now_us = self._clock.now_us()
            at_us = self.next_us(now_us)
            if at_us is not None and at_us <= now_us:
                with self._store.lock:
                    self.settle(now_us)

    def settle(self, at_us: int) -> None:
        """Do all steps that are due by `at_us`."""
        with self._store.lock:
            while True:
                if self._has_room:
                    self._release(at_us)
                found = self._next()
                if found is None or found[1].at_us > at_us:
                    return
                self._do(*found, at_us)

    def _do(self, job: Job, step: life.Step, now_us: int) -> None:
        self._busy.add(job.number)
        try:
            if isinstance(step, life.StopChild):
                self._stop(job, step)
                return
            ready = self._prepared(job, step)
            if ready.answers is None:
                # Without the lock: a function of the test may call AWS, or wait for another thread that needs the clock.
                self._clock.released(partial(self._ask, job, step, ready))
            else:
                self._launch(job, step, ready, ready.answers, now_us)
        finally:
            self._busy.discard(job.number)
            current = self._store.region(job.place, Job).by_name.get(job.name)
            if current is not None:  # pragma: no branch  # a function of the test may have deleted the job
                self._file(current)

    def _next(self) -> tuple[Job, life.Step] | None:
        """Return the earliest step, with its tuning job; None if there is no step."""
        while self._steps:
            at_us, number, place, name = self._steps[0]
            job = self._store.region(place, Job).by_name.get(name)
            step = None if job is None or job.number != number else job.timeline.step
            if job is not None and step is not None and step.at_us == at_us and number not in self._busy:
                return job, step
            heapq.heappop(self._steps)
        return None

    # -- the steps

    def _stop(self, job: Job, step: life.StopChild) -> None:
        record = job.children[step.number - 1].job
        self._store.put(record.after(Stop(step.at_us - record.created_us)))

    def _prepared(self, job: Job, step: life.Launch) -> _Ready:
        key = job.number, step.number
        ready = self._ready.get(key)
        if ready is None:
            self._ready[key] = ready = self._proposed(job, step)
        if ready.plan is None and not self._backend.plans.asks(TRAINING):
            ready.plan = self._backend.plans.plan_for(ready.request, _SUCCESS)
        if ready.values is None and job.plan.objective is None:
            definition = ready.definition
            ready.values = values_drawn(definition.space, ready.tuned, job.script.seed, step.number, maximize=definition.maximize)
        return ready

    def _proposed(self, job: Job, step: life.Launch) -> _Ready:
        script = job.script
        definition, number = script.of_child(step.number)
        trials = [trial for parent in job.parents for trial in parent.trials]
        trials += [
            Trial(one.tuned, one.objective if one.is_over(step.at_us) else None)
            for one in job.children
            if one.definition == definition.name
        ]
        tuned = propose(
            script.strategy,
            definition.space,
            seed=script.seed if definition.name is None else f"{script.seed}/{definition.name}",
            number=number,
            trials=trials,
            maximize=definition.maximize,
        )
        dice = Random(f"{self._backend.service.seed}/{job.arn}/{step.number}")  # noqa: S311  # looks, not a secret
        names = (f"{job.name}-{step.number:03}-{dice.getrandbits(32):08x}" for _ in count())
        # The children of an earlier tuning job of this name may still be there.
        taken = self._store.region(job.place, training.Job).by_name
        name = next(one for one in names if one not in taken)
        return _Ready(definition, definition.request(name, tuned, job.tags), tuned)

    def _ask(self, job: Job, step: life.Launch, ready: _Ready) -> None:
        """Call the functions of the test that return the plan and the objective."""
        if ready.plan is None:
            ready.plan = self._backend.plans.plan_for(ready.request, _SUCCESS)
        if ready.values is None and job.plan.objective is not None:
            value = job.plan.objective(own(ready.request["HyperParameters"]))
            ready.values = values_returned(value, f"objective={job.plan.objective!r} of {job.name!r}, for child {step.number},")

    def _launch(self, job: Job, step: life.Launch, ready: _Ready, answers: tuple[Plan, ValuesFor], now_us: int) -> None:
        plan, values = answers
        region = self._store.region(job.place, training.Job)
        former = next((one for one in reversed(job.children) if one.slot == step.slot), None)
        is_warm = former is not None and former.job.timeline.retained and _OWN_CLUSTER(former.definition == ready.definition.name)
        name = str(ready.request["TrainingJobName"])
        record = region.by_name.get(name)
        # The child exists already if a signal handler raised in the last attempt, after `_create`.
        if record is None or record.launch is None or record.launch.tuning_job_arn != job.arn:
            shown = tuple(tuning_echo.metrics(ready.definition.body, ready.definition.metric))
            launching = Launching(job.arn, shown, is_warm, values, overrides_log=job.plan.objective is not None)
            try:
                self._create(job, step, ready, plan, launching)
            except Refusal as refusal:
                self._refused(job, step, refusal, now_us)
                return
        if former is not None and is_warm:
            taken = region.by_name.get(former.job.name)
            if taken is not None and taken.number == former.job.number:
                take(self._store, taken, name, step.at_us)
        # `take` has given the tuning job a new record.
        job = self._store.region(job.place, Job).by_name[job.name]
        new = self._child(job, step.number, step.slot, ready.definition.name, ready.tuned, region.by_name[name])
        self._store.put(job.with_child(new))
        self._ready.pop((job.number, step.number), None)

    def _create(self, job: Job, step: life.Launch, ready: _Ready, plan: Plan, launching: Launching) -> None:
        place, api = job.place, self._backend.service.api
        body = json.dumps(ready.request)
        request = Request(
            api, "sagemaker", TRAINING.create, partition=place.partition, region=place.region, body=body, headers={}
        )
        self._backend.create_child(request, place, plan, step.at_us, launching)

    def _refused(self, job: Job, step: life.Launch, refusal: Refusal, now_us: int) -> None:
        if refusal.code != LIMIT:
            self._store.put(job.refusing(step.at_us, str(refusal)))
            return
        self._held[job.number] = job
        frees = [
            at_us
            for one in self._store.region(job.place, training.Job).by_name.values()
            # The end of the job, and the end of its warm pool.
            for at_us in (one.created_us + (one.timeline.ended_us or 0), one.settled_us)
            if at_us > now_us
        ]
        self._store.put(_WAITS(job.holding(min(frees)) if frees else job.blocked()))


def _compares(tuning: Job) -> bool:
    return tuning.script.stops_early or tuning.script.resources is not None


def _stop_us(tuning: Job, number: int, emissions: Values) -> int | None:
    """Return the instant at which a child is stopped because other children were better; None if it is not."""
    script = tuning.script
    earlier = [one.emissions for one in tuning.children[: number - 1]] if _compares(tuning) else []
    if script.resources is not None:
        least, most = script.resources
        return hyperband_stop_us(emissions, earlier, maximize=script.maximize, min_resource=least, max_resource=most)
    if script.stops_early:
        return median_stop_us(emissions, earlier, maximize=script.maximize)
    return None
