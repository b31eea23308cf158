"""The launcher: it creates and stops the children of tuning jobs, each at its instant.

What is to be done next, and when, is in the life of each tuning job (`tuning/life`). The launcher is an agenda of the clock. So
the clock stops at each of these instants. The launcher does one step and gives the tuning job the new child. From that it learns
the next step.
"""

import heapq
import json
from collections.abc import Mapping
from functools import partial
from random import Random
from typing import Any, Final

from sagemock.clock.virtual import Clock
from sagemock.evidence import Assumption
from sagemock.jobs.interventions import Stop
from sagemock.jobs.job import AnyJob
from sagemock.jobs.kinds import TRAINING
from sagemock.jobs.own import own
from sagemock.jobs.place import Place
from sagemock.protocol.refusal import Refusal
from sagemock.protocol.request import Request
from sagemock.service import metrics, tuning_echo
from sagemock.service.warm_pools import take
from sagemock.training import job as training
from sagemock.training.launch import Launching, Values
from sagemock.training.plan.plan import Plan
from sagemock.tuning import life
from sagemock.tuning.child import Child, child
from sagemock.tuning.definition import Definition
from sagemock.tuning.job import Job
from sagemock.tuning.objective import ValuesFor, drawn, returned
from sagemock.tuning.stopping import hyperband_stop_us, median_stop_us
from sagemock.tuning.strategies import Trial, propose
from sagemock.world.backend import Backend

__all__ = ["Launcher"]

_WAITS: Final = Assumption(
    "that a tuning job whose next child is refused by a quota launches it as soon as a training job has ended, or 60 s later if "
    "none is known to end",
    since="2026-11-26",
    knob="quota(…)",
)
_RETRY_US: Final = 60_000_000
_LIMIT: Final = "ResourceLimitExceeded"
_SUCCESS: Final = Plan()
_Key = tuple[Place, str]


class _Ready:
    """All that is known of a child before it is created."""

    def __init__(self, definition: Definition, request: dict[str, Any], tuned: Mapping[str, str]) -> None:
        self.definition = definition
        self.request = request
        self.tuned = tuned
        self.plan: Plan | None = None
        self.values: ValuesFor | None = None


class Launcher:
    """An agenda of the clock that does what tuning jobs do: it creates and stops training jobs."""

    def __init__(self, clock: Clock, backend: Backend) -> None:
        self._clock = clock
        self._backend = backend
        self._store = backend.store
        self._steps: list[tuple[int, int, Place, str]] = []
        """When each tuning job does something next, in order; perhaps by an older record of it."""
        self._ready: dict[tuple[str, int], _Ready] = {}
        """The children that are about to be created, by the ARN of their tuning job and their number."""
        self._held: set[_Key] = set()
        """The tuning jobs that wait for room under a quota."""
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
            if new.timeline.step is not None:
                heapq.heappush(self._steps, (new.timeline.step.at_us, new.number, new.place, new.name))
            if new.held_us is not None:
                self._held.add((new.place, new.name))
        elif isinstance(new, training.Job):
            self.touched(new)
        if old is not None and self._held and not isinstance(old, Job):
            self._release()

    def _release(self) -> None:
        """Let the tuning jobs that wait for room under a quota try again: another job has changed."""
        held, self._held = self._held, set()
        for place, name in held:
            job = self._store.region(place, Job).by_name.get(name)
            if job is not None and job.held_us is not None:
                self._store.put(job.holding(min(job.held_us, self._clock.now_us())))

    def touched(self, job: AnyJob) -> None:
        """Let a tuning job know what has become of a child: its record has changed, or lines were added to its log."""
        if not isinstance(job, training.Job) or job.launch is None:
            return
        with self._store.lock:
            tuning = self._store.region(job.place, Job).by_name.get(job.launch.tuning_job_arn.rpartition("/")[2])
            known = None if tuning is None else next((one for one in tuning.children if one.job.number == job.number), None)
            if tuning is not None and known is not None:
                self._store.put(self._with(tuning, known, job))

    def _with(self, tuning: Job, known: Child, record: training.Job) -> Job:
        """Return the tuning job with the new record of a child, and with what this means for the early stops of others."""
        new = self._child(tuning, known.number, known.slot, known.definition, known.tuned, record, known)
        result = tuning.with_child(new)
        if new.emissions != known.emissions and _compares(tuning):
            for later in result.children[known.number :]:
                again = self._child(result, later.number, later.slot, later.definition, later.tuned, later.job)
                if again.stop_us != later.stop_us:
                    result = result.with_child(again)
        return result

    def _child(  # noqa: PLR0913, PLR0917  # all that a child is
        self,
        tuning: Job,
        number: int,
        slot: int,
        definition: str | None,
        tuned: Mapping[str, str],
        record: training.Job,
        known: Child | None = None,
    ) -> Child:
        emissions = metrics.series(self._store, record, _objective(tuning, definition))
        # Its early stop depends on its own emissions and on those of earlier children, whose change asks for it anew.
        stop_us = known.stop_us if known is not None and emissions == known.emissions else _stop_us(tuning, number, emissions)
        return child(number, slot, definition, tuned, record, emissions, stop_us)

    # -- the agenda

    def next_us(self, after_us: int) -> int | None:
        """Return the next instant at which something is to be done; `after_us` if something is overdue."""
        with self._store.lock:
            step = self._next()
            return None if step is None else max(step[1].at_us, after_us)

    def flush(self) -> None:
        """Do what is due at the present instant, after a call or an intervention."""
        if self._has_begun:
            now_us = self._clock.now_us()
            at_us = self.next_us(now_us)
            if at_us is not None and at_us <= now_us:
                with self._store.lock:
                    self.settle(now_us)

    def settle(self, at_us: int) -> None:
        """Do all that is due by `at_us`."""
        while True:
            with self._store.lock:
                found = self._next()
                if found is None or found[1].at_us > at_us:
                    return
                job, step = found
                if isinstance(step, life.StopChild):
                    self._stop(job, step)
                    continue
                ready = self._prepared(job, step)
                if ready.plan is not None and ready.values is not None:
                    self._launch(job, step, ready, at_us)
                    continue
            # A plan or an objective that is a function of the test: it may wait for another thread that needs the clock.
            self._clock.released(partial(self._ask, job, step, ready))

    def _next(self) -> tuple[Job, life.Step] | None:
        """Return the next step of all, with its tuning job."""
        while self._steps:
            at_us, number, place, name = self._steps[0]
            job = self._store.region(place, Job).by_name.get(name)
            step = None if job is None or job.number != number else job.timeline.step
            if job is not None and step is not None and step.at_us == at_us:
                return job, step
            heapq.heappop(self._steps)
        return None

    # -- the steps

    def _stop(self, job: Job, step: life.StopChild) -> None:
        record = job.children[step.number - 1].job
        self._put_child(job, record.after(Stop(step.at_us - record.created_us)))

    def _put_child(self, job: Job, record: training.Job) -> None:
        """Put the new record of a child; its tuning job hears of it also if the child was deleted meanwhile."""
        current = self._store.region(record.place, training.Job).by_name.get(record.name)
        if current is not None and current.number == record.number:
            self._store.put(record)
        else:
            known = next(one for one in job.children if one.job.number == record.number)
            self._store.put(self._with(job, known, record))

    def _prepared(self, job: Job, step: life.Launch) -> _Ready:
        key = job.arn, step.number
        ready = self._ready.get(key)
        if ready is None:
            self._ready[key] = ready = self._proposed(job, step)
        if ready.plan is None and not self._backend.plans.asks(TRAINING):
            ready.plan = self._backend.plans.plan_for(ready.request, _SUCCESS)
        if ready.values is None and job.plan.objective is None:
            definition = ready.definition
            ready.values = drawn(definition.space, ready.tuned, job.script.seed, step.number, maximize=definition.maximize)
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
        digits = Random(f"{self._backend.service.seed}/{job.arn}/{step.number}").getrandbits(32)  # noqa: S311  # looks, not a secret
        name = f"{job.name}-{step.number:03}-{digits:08x}"
        return _Ready(definition, definition.request(name, tuned, job.tags), tuned)

    def _ask(self, job: Job, step: life.Launch, ready: _Ready) -> None:
        """Ask the functions of the test, without a lock."""
        if ready.plan is None:
            ready.plan = self._backend.plans.plan_for(ready.request, _SUCCESS)
        if ready.values is None and job.plan.objective is not None:
            value = job.plan.objective(own(ready.request["HyperParameters"]))
            ready.values = returned(value, f"objective={job.plan.objective!r} of {job.name!r}, for child {step.number},")

    def _launch(self, job: Job, step: life.Launch, ready: _Ready, now_us: int) -> None:
        former = next((one for one in reversed(job.children) if one.slot == step.slot), None)
        is_warm = former is not None and former.job.timeline.retained
        values = ready.values
        if values is None or ready.plan is None:  # pragma: no cover  # it is asked before
            return
        shown = tuple(tuning_echo.metrics(ready.definition.body, ready.definition.metric))
        launching = Launching(job.arn, shown, is_warm, values, overrides_log=job.plan.objective is not None)
        place, api = job.place, self._backend.service.api
        body = json.dumps(ready.request)
        request = Request(
            api, "sagemaker", TRAINING.create, partition=place.partition, region=place.region, body=body, headers={}
        )
        try:
            self._backend.create_child(request, place, ready.plan, now_us - step.at_us, launching)
        except Refusal as refusal:
            self._store.put(self._refused(job, step, refusal))
            return
        del self._ready[job.arn, step.number]
        name = str(ready.request["TrainingJobName"])
        record = self._store.region(place, training.Job).by_name[name]
        if former is not None and is_warm:
            taken = self._store.region(place, training.Job).by_name.get(former.job.name)
            if taken is not None and taken.number == former.job.number:
                take(self._store, taken, name, step.at_us)
        # That its instances were taken over has given the tuning job a new record.
        job = self._store.region(place, Job).by_name[job.name]
        self._store.put(job.with_child(self._child(job, step.number, step.slot, ready.definition.name, ready.tuned, record)))

    def _refused(self, job: Job, step: life.Launch, refusal: Refusal) -> Job:
        if refusal.code != _LIMIT:
            return job.refusing(step.at_us, str(refusal))
        running = self._store.region(job.place, training.Job).by_name.values()
        ends = [one.created_us + one.timeline.ended_us for one in running if one.timeline.ended_us is not None]
        return job.holding(_WAITS(min((at_us for at_us in ends if at_us > step.at_us), default=step.at_us + _RETRY_US)))


def _objective(tuning: Job, definition: str | None) -> str:
    found = [one.metric for one in tuning.script.definitions if one.name == definition]
    return found[0] if found else tuning.script.definitions[0].metric


def _compares(tuning: Job) -> bool:
    return tuning.script.stops_early or tuning.script.resources is not None


def _stop_us(tuning: Job, number: int, emissions: Values) -> int | None:
    """Return when a child is stopped because others were better, None for never."""
    script = tuning.script
    earlier = [one.emissions for one in tuning.children[: number - 1]] if _compares(tuning) else []
    if script.resources is not None:
        least, most = script.resources
        return hyperband_stop_us(emissions, earlier, maximize=script.maximize, min_resource=least, max_resource=most)
    if script.stops_early:
        return median_stop_us(emissions, earlier, maximize=script.maximize)
    return None
