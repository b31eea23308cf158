"""What a test reads of the world of its mock, and what it does to it."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime

from sagemock import reasons
from sagemock.aws.quotas import Usage
from sagemock.clock import Clock
from sagemock.errors import NeverReached, UsageError
from sagemock.jobs import status
from sagemock.jobs.interventions import Complete, Fail, Interrupt, Intervention
from sagemock.jobs.job import Job
from sagemock.options import check_plan
from sagemock.render import timeline
from sagemock.views import Jobs
from sagemock.world import Call, Matcher, PlanSource, Rule, Sleep, World

__all__ = ["Controls"]


class Controls(ABC):
    """The verbs of a mock. `SageMakerMock` adds how it begins and ends."""

    @property
    @abstractmethod
    def _world(self) -> World:
        """The world that is read and changed."""

    # -- reading

    @property
    def clock(self) -> Clock:
        """The virtual clock."""
        return self._world.clock

    @property
    def jobs(self) -> Jobs:
        """The training jobs, by name."""
        return Jobs(self._world.clock, self._world.store)

    @property
    def calls(self) -> list[Call]:
        """Every call of SageMaker's API that arrived here, retries included, in order."""
        return self._world.calls

    @property
    def sleeps(self) -> list[Sleep]:
        """Every virtual sleep, in the order in which they began."""
        return self._world.sleeps

    @property
    def accounts(self) -> dict[str, str]:
        """The account ids of callers by access key id; who is not in it belongs to `account_id`."""
        return self._world.accounts

    def timeline(self, name: str) -> str:
        """Return a picture of a job's life, in plain text."""
        return timeline(self.jobs.find(name), self.clock.now_us())

    def __str__(self) -> str:
        return "\n\n".join(str(view) for view in self.jobs.all()) or "no training jobs"

    # -- acting

    def plan(self, matcher: Matcher, plan: PlanSource, *, times: int | None = None) -> None:
        """Plan the life of jobs that are created from now on; of several plans that meet a job, the first that was given wins.

        `matcher` is a pattern of job names, or a predicate of the CreateTrainingJob request; `plan` a Plan, or a callable of
        the request that returns one; `times` how many jobs it serves (default: all). Under `strict` a plan that no job meets is
        an error.
        """
        _check_matcher(matcher)
        _check_source(plan)
        _check_times(times)
        self._world.rules.append(Rule(matcher, plan, times))

    def quota(self, instance_type: str, *, instances: int, spot: bool = False, warm_pool: bool = False) -> None:
        """Say how many instances of a type the account may use at once: for training, for managed spot training or in warm pools.

        CreateTrainingJob refuses what goes beyond, counted over the jobs that run, with ResourceLimitExceeded; a warm pool beyond
        its quota is silently not retained.
        """
        if not isinstance(instances, int) or isinstance(instances, bool) or instances < 0:
            msg = f"quota() takes a number of instances, 0 or more, not {instances!r}: write quota('ml.p3.2xlarge', instances=2)"
            raise ValueError(msg)
        if spot and warm_pool:
            msg = "quota() is of spot training or of warm pools, which spot jobs have none of: give one of spot and warm_pool"
            raise ValueError(msg)
        usage: Usage = "training warm pool" if warm_pool else "spot training job" if spot else "training job"
        self._world.service.quotas.limits[instance_type, usage] = instances

    def interrupt(self, name: str) -> None:
        """Take the instances of a managed spot job away now: it is Interrupted, and starts again.

        Raises UsageError if it is no spot job, or has no instances.
        """
        job = self.jobs.find(name)
        now_us = self.clock.now_us()
        if not job.request.get("EnableManagedSpotTraining"):
            msg = f"cannot interrupt {name!r}: it runs on demand; create it with EnableManagedSpotTraining=True"
            raise UsageError(msg)
        secondary = job.state(now_us).secondary
        if secondary not in status.STARTED:
            known = ", ".join(sorted(status.STARTED))
            msg = f"cannot interrupt {name!r}: it has no instances in {secondary}; do it in {known}.\n{timeline(job, now_us)}"
            raise UsageError(msg)
        self._intervene(name, "interrupt", Interrupt)

    def fail(self, name: str, reason: str = "AlgorithmError: , exit code: 1") -> None:
        """Let a job fail now, with this FailureReason: its first 1024 characters are shown, as by the service."""
        self._intervene(name, "fail", lambda offset_us: Fail(offset_us, reasons.checked(reason)))

    def complete(self, name: str) -> None:
        """Let a job complete now."""
        self._intervene(name, "complete", Complete)

    def advance_until(self, name: str, wanted: str) -> datetime:
        """Let time pass until a job has the primary or secondary status `wanted`, and return that instant.

        Nothing passes if it has that status now. Raises NeverReached at once if the job will never have it.
        """
        world = self._world
        job = self.jobs.find(name)
        now_us = world.clock.now_us()
        known = {*status.PHASES, *status.ENDINGS, *status.PRIMARY_OF_ENDING.values(), "InProgress", "Stopping"}
        if wanted not in known:
            msg = f"{wanted!r} is no status of a training job: one of {', '.join(sorted(known))}"
            raise UsageError(msg)
        state = job.state(now_us)
        if wanted not in (state.primary, state.secondary):
            ahead = job.timeline.after(now_us - job.created_us)
            instants = (job.created_us + change.at_us for change in ahead if wanted in (change.primary, change.secondary))
            at_us = next(instants, None)
            if at_us is None:
                msg = (
                    f"{name!r} will never be {wanted} from now on; give it a plan that leads there, or wait for another status.\n"
                    f"{timeline(job, now_us)}"
                )
                raise NeverReached(msg)
            world.clock.pass_to_us(at_us)
        return world.clock.now()

    def advance_until_idle(self) -> datetime:
        """Let time pass until no job has anything left to happen by itself, and return that instant."""
        world = self._world
        while (settled_us := world.store.settled_us()) is not None and settled_us > world.clock.now_us():
            world.clock.pass_to_us(settled_us)
        return world.clock.now()

    def _intervene(self, name: str, verb: str, intervention: Callable[[int], Intervention]) -> None:
        world = self._world
        with world.store.lock:
            job: Job = self.jobs.find(name)
            now_us = world.clock.now_us()
            primary = job.state(now_us).primary
            if primary != "InProgress":
                msg = f"cannot {verb} {name!r}: it is {primary}; do it while the job is InProgress.\n{timeline(job, now_us)}"
                raise UsageError(msg)
            world.store.put(job.after(intervention(now_us - job.created_us)))
            world.idle.reset()


def _check_matcher(matcher: object) -> None:
    if not isinstance(matcher, str) and not callable(matcher):
        msg = f"plan() takes a pattern of job names or a predicate of the request, not {matcher!r}: write plan('churn-*', …)"
        raise TypeError(msg)


def _check_source(plan: object) -> None:
    if plan is None:
        msg = "plan() takes a Plan or a callable of the request that returns one, not None: write Plan.completes()"
        raise TypeError(msg)
    check_plan(plan)


def _check_times(times: object) -> None:
    if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
        msg = f"times is how many jobs the plan serves, at least 1, not {times!r}: leave it out for all"
        raise ValueError(msg)
