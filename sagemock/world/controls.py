"""The verbs by which a test reads and changes the world of its mock."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

from sagemock import checks, reasons
from sagemock.checks import flag, public, quoted, whole
from sagemock.clock.instants import instant, instant_us
from sagemock.clock.virtual import Clock
from sagemock.errors import InvalidType, InvalidValue, NeverReached, UsageError
from sagemock.events.bridge import Events
from sagemock.events.delivery import Delay, Subscription
from sagemock.events.handler import Handler
from sagemock.events.pattern import Pattern
from sagemock.jobs.interventions import Complete, Fail, Stop
from sagemock.jobs.job import AnyJob
from sagemock.jobs.kinds import PROCESSING, TRAINING, TRANSFORM, TUNING, Kind, of_arn
from sagemock.jobs.rules import Matcher, PlanSource, Rule
from sagemock.literals import ErrorName, KindName, OperationName, StatusName
from sagemock.picture.show import drawing, timeline, timelines
from sagemock.service.accounts import Accounts
from sagemock.service.calls import Calls
from sagemock.service.faults import Fault, Moment, Window
from sagemock.service.quotas import Usage, checked_instance_type
from sagemock.service.visibility import HideRule
from sagemock.training import status
from sagemock.training.interventions import Interrupt
from sagemock.training.job import Job
from sagemock.world import launch
from sagemock.world.arguments import check_matcher, check_source, kind_of, named_kind
from sagemock.world.mappings import Jobs, ProcessingJobs, TransformJobs, TuningJobs
from sagemock.world.misnamed import refuse_attribute, status_hint
from sagemock.world.sleeps import Sleeps
from sagemock.world.views import JobView, ProcessingJobView, TransformJobView, TuningJobView
from sagemock.world.world import World

__all__ = ["Controls"]


class Controls:
    """The verbs of a mock. `SageMakerMock` adds the start and the end."""

    def __init__(self) -> None:
        self._worlds: list[World] = []
        """The active worlds; the last one is the innermost."""
        self._last: World | None = None
        """The world that ended last."""

    if not TYPE_CHECKING:  # pragma: no branch  # for a type checker, an unknown attribute is an error

        def __getattr__(self, name: str) -> NoReturn:
            refuse_attribute(self, name)

    @property
    def _world(self) -> World:
        if self._worlds:
            return self._worlds[-1]
        if self._last is None:
            raise UsageError("this mock was not started: enter it by `with`, start(), the decorator or the fixture first")
        return self._last

    @property
    def _running(self) -> World:
        world = self._world
        if not self._worlds:
            raise UsageError(
                "this mock is over and cannot change any more: do this while it is active; you can still read what happened"
            )
        # A thread that changes the mock is not in a busy wait.
        world.clock.readings.turned_away()
        return world

    # -- reading

    @property
    def clock(self) -> Clock:
        """The virtual clock."""
        return self._world.clock

    @property
    def jobs(self) -> Jobs:
        """The training jobs, by name."""
        return Jobs(self._world.clock, self._world.store, self)

    @property
    def processing_jobs(self) -> ProcessingJobs:
        """The processing jobs, by name."""
        return ProcessingJobs(self._world.clock, self._world.store, self)

    @property
    def transform_jobs(self) -> TransformJobs:
        """The transform jobs, by name."""
        return TransformJobs(self._world.clock, self._world.store, self)

    @property
    def tuning_jobs(self) -> TuningJobs:
        """The tuning jobs, by name."""
        return TuningJobs(self._world.clock, self._world.store, self)

    def _find(self, name: str) -> AnyJob:
        """Return a job by its ARN, or a training job by its name. Raises UnknownJob."""
        named = of_arn(name) if isinstance(name, str) else None
        return self._of_kind(TRAINING if named is None else named[0]).find(name)

    def _of_kind(self, kind: Kind) -> Jobs | ProcessingJobs | TransformJobs | TuningJobs:
        """Return the jobs of a kind."""
        return _MAPPINGS[kind](self._world.clock, self._world.store, self)

    @property
    def calls(self) -> Calls:
        """Every call of SageMaker, and of CloudWatch Logs about its log groups, that the mock got: each attempt, in order."""
        return Calls(self._world.backend.calls)

    @property
    def sleeps(self) -> Sleeps:
        """Every virtual sleep, in the order in which they began."""
        return Sleeps(self._world.sleeps)

    @property
    def events(self) -> Events:
        """Every event that SageMaker has sent to EventBridge by now, in order: one per change of a job's statuses."""
        return self._world.bridge.events

    @property
    def accounts(self) -> Accounts:
        """The account ids of callers by access key id; a caller that is not in it belongs to `account_id`."""
        return self._world.backend.accounts

    @public
    def timeline(self, name: str, *, width: int | None = None, unicode: bool = False) -> str:
        """Return a picture of a job's life. Raises UnknownJob if there is no such job.

        :param name: The name or the ARN of the job.
        :param width: The number of characters in a line; longer messages are cut (default: as wide as needed).
        :param unicode: Draw with Unicode's blocks instead of ASCII.
        """
        if width is not None:
            whole("width", width, "a number of characters", "leave it out for as many as are needed", least=1)
        flag("unicode", unicode)
        return timeline(self._find(name), self.clock.now_us(), width=width, unicode=unicode)

    def svg(self, *names: str) -> str:
        """Return a picture of these jobs (default: all) as an `<svg>` element: one job row by row, several jobs on one axis."""
        now_us = self.clock.now_us()
        return drawing([self._find(name) for name in names] or list(self._world.store.jobs(now_us)), now_us)

    def _repr_html_(self) -> str:
        return self.svg()

    def __str__(self) -> str:
        now_us = self.clock.now_us()
        jobs = list(self._world.store.jobs(now_us))
        return timelines(jobs, now_us) if len(jobs) > 1 else "".join(timeline(job, now_us) for job in jobs) or "no training jobs"

    # -- acting

    @public
    def plan(self, matcher: Matcher, plan: PlanSource, *, times: int | None = None, kind: KindName | None = None) -> None:
        """Plan the life of jobs that are created from now on.

        If several plans match a job, the first one wins. Under `strict`, a plan that no job uses is an error.
        Raises InvalidType or InvalidValue for an argument without meaning.

        :param matcher: A pattern of job names (`"churn-*"`), or a predicate of the request that creates a job.
        :param plan: A Plan, a ProcessingJobPlan, a TransformJobPlan or a TuningJobPlan, or a callable of the request that returns
            one.
        :param times: How many jobs the plan serves (default: all).
        :param kind: The kind of job: "training", "processing", "transform" or "tuning". A plan says that itself; a callable is
            for training jobs, unless you give another kind.
        """
        world = self._running
        check_matcher(matcher)
        check_source(plan)
        if times is not None:
            whole("times", times, "how many jobs the plan serves", "leave it out for all", least=1)
        world.backend.plans.rules.append(Rule(kind_of(plan, kind), matcher, plan, times))

    @public
    def create_training_job(
        self,
        name: str,
        *,
        plan: PlanSource | None = None,
        started_ago: timedelta | float = 0,
        region: str | None = None,
        **fields: Any,  # noqa: ANN401  # any field of the request
    ) -> JobView:
        """Create a training job as if somebody else had done so, and return a view of it.

        `fields` are fields of the CreateTrainingJob request. They replace those of a complete request, which has one on-demand
        `ml.m5.xlarge` and no input; None leaves a field out. The job is like any other, with events and quotas. But no call is
        recorded, no fault is met, and no time passes. Raises InvalidType or InvalidValue for what botocore or AWS would refuse,
        in their words.

        :param name: The name of the job.
        :param plan: The plan of this job, or a callable of the request that returns one (default: as for any job).
        :param started_ago: How long ago it was created: a timedelta or seconds. Its changes since then are in `events`, but no
            handler of `on_event` gets them.
        :param region: The region of the job (default: that of a client without a region of its own).
        """
        world = self._running
        return self.jobs[launch.create_job(world, TRAINING, name, plan, started_ago, region, fields)]

    @public
    def create_processing_job(
        self,
        name: str,
        *,
        plan: PlanSource | None = None,
        started_ago: timedelta | float = 0,
        region: str | None = None,
        **fields: Any,  # noqa: ANN401  # any field of the request
    ) -> ProcessingJobView:
        """Create a processing job as if somebody else had done so, as `create_training_job` creates a training job."""
        arn = launch.create_job(self._running, PROCESSING, name, plan, started_ago, region, fields)
        return self.processing_jobs[arn]

    @public
    def create_transform_job(
        self,
        name: str,
        *,
        plan: PlanSource | None = None,
        started_ago: timedelta | float = 0,
        region: str | None = None,
        **fields: Any,  # noqa: ANN401  # any field of the request
    ) -> TransformJobView:
        """Create a transform job as if somebody else had done so, as `create_training_job` creates a training job.

        Its ModelName is "model", unless `fields` have another.
        """
        arn = launch.create_job(self._running, TRANSFORM, name, plan, started_ago, region, fields)
        return self.transform_jobs[arn]

    @public
    def create_tuning_job(
        self,
        name: str,
        *,
        plan: PlanSource | None = None,
        started_ago: timedelta | float = 0,
        region: str | None = None,
        **fields: Any,  # noqa: ANN401  # any field of the request
    ) -> TuningJobView:
        """Create a hyperparameter tuning job as if somebody else had done so, as `create_training_job` creates a training job.

        Its request seeks the least `validation:loss` for a `learning_rate` from 0.001 to 0.1, by ten children, two at once.
        """
        arn = launch.create_job(self._running, TUNING, name, plan, started_ago, region, fields)
        return self.tuning_jobs[arn]

    @public
    def quota(
        self, instance_type: str, *, instances: int, spot: bool = False, warm_pool: bool = False, kind: KindName = "training"
    ) -> None:
        """Set how many instances of a type the account may use at once.

        A new job is refused with ResourceLimitExceeded if it and the running jobs of its kind would use more. A warm pool beyond
        its quota is not retained, and nothing says so. Raises UsageError if the service model has no such instance type.

        :param instance_type: The type, such as `"ml.p3.2xlarge"`.
        :param instances: The number of instances, 0 or more.
        :param spot: Set the quota for managed spot training.
        :param warm_pool: Set the quota for warm pools. Without `spot` and `warm_pool`, it is the quota for on-demand training.
        :param kind: The kind of job: "training", "processing" or "transform".
        """
        world = self._running
        of = named_kind(kind)
        if of == TUNING:
            raise InvalidValue("quota(kind='tuning'): a tuning job has no instances of its own: set the quota for training jobs")
        checked_instance_type(instance_type, of)
        whole("instances", instances, "a number of instances", "write quota('ml.p3.2xlarge', instances=2)", least=0)
        flag("spot", spot)
        flag("warm_pool", warm_pool)
        if spot and warm_pool:
            raise InvalidValue(
                "quota() is for spot training or for warm pools, and spot jobs have no warm pools: give one of spot and warm_pool"
            )
        if of != TRAINING and (spot or warm_pool):
            raise InvalidValue(f"quota(kind={kind!r}): only training jobs have spot instances and warm pools: leave these out")
        usage = "training warm pool" if warm_pool else "spot training job" if spot else cast("Usage", of.noun)
        with world.store.lock:
            world.backend.service.quotas.limits[instance_type, usage] = instances
            world.launcher.retry()
        world.flush()

    @public
    def fault(  # noqa: PLR0913  # each narrows down the calls
        self,
        operation: OperationName,
        error: ErrorName,
        *,
        job: str | None = None,
        times: int | None = None,
        after: Moment | None = None,
        until: Moment | None = None,
        probability: float | None = None,
        message: str | None = None,
        status: int | None = None,
    ) -> None:
        """Let calls fail from now on. If several faults match a call, the first one wins.

        `error` is one of these:

        * an error code of AWS. The answer has AWS's text and HTTP status;
        * an error on the way to the service: "ConnectTimeout" or "ReadTimeout" (after the client's own timeout, in virtual time),
          "ConnectionReset" or "EndpointUnreachable";
        * an error on the way back, after the service has done the work: "LostAnswer" (the client sees a read timeout) or
          "MalformedBody" (the client gets half of the answer).

        Under `strict`, a fault that no call could meet is an error.
        Raises UsageError, InvalidType or InvalidValue for an argument without meaning.

        :param operation: The name of a SageMaker operation, or a pattern of names.
        :param error: The error, as above.
        :param job: A pattern of job names: only calls about these jobs fail.
        :param times: How many calls fail (default: all). Each retry counts.
        :param after: An instant, or a duration from now: earlier calls succeed.
        :param until: An instant, or a duration from now: from then on, calls succeed.
        :param probability: The probability that a call fails, drawn with the mock's `seed`.
        :param message: The text of the error, for an error code whose text sagemock does not know.
        :param status: The HTTP status of the error, if it is not 400.
        """
        world = self._running
        window = Window.of(after, until, world.clock.now_us())
        world.backend.faults.add(Fault(operation, error, job, times, window, probability, message, status))

    @public
    def hide(self, job: str, *, lasting: timedelta | float, operation: OperationName = "*") -> None:
        """Hide jobs from the API for a while after their creation, as eventual consistency can do.

        A hidden job cannot be described or stopped, and no list has it. CreateTrainingJob sees it. Under `strict`, it is an error
        if nothing was hidden from any call.

        :param job: A pattern of job names.
        :param lasting: How long each job is hidden after its creation: a timedelta or seconds.
        :param operation: The name of an operation that does not see the job, or a pattern of names (default: all).
        """
        self._running.backend.visibility.add(HideRule(job, lasting, operation))

    @public
    def on_event(
        self, handler: Handler, pattern: Pattern | None = None, *, delay: Delay = 0, duplicates: int = 0, check: bool = True
    ) -> Subscription:
        """Call `handler` with each event that SageMaker sends to EventBridge from now on, at its instant, while time passes.

        The subscription ends with its `cancel()`, or with the mock. Raises InvalidValue or InvalidType for an argument without
        meaning; for a pattern, the text names the path.

        :param handler: A function of the event, a dictionary as a Lambda handler gets it. If its second parameter has no default
            or is called `context`, it also gets a context like Lambda's. It may call AWS. If it raises, the code that lets time
            pass gets the error.
        :param pattern: An EventBridge pattern, as a mapping or its JSON text: only matching events are delivered.
        :param delay: How long each delivery takes: a timedelta or seconds, a (low, high) pair, or a callable of the event. From a
            pair, each delivery draws its delay with the mock's `seed`, so one event may overtake another.
        :param duplicates: How many more times each event is delivered, at most 100. Each delivery has its own delay.
        :param check: Refuse a pattern that can never match an event.
        """
        return self._world.bridge.on_event(handler, pattern, delay=delay, duplicates=duplicates, check=check)

    @public
    def interrupt(self, name: str) -> None:
        """Take the instances away from a managed spot job now: the job is Interrupted, and starts again.

        Raises UsageError if it is not a managed spot job, or if it has no instances now.
        """
        world = self._running
        job = self._find(name)
        now_us = world.clock.now_us()
        if not isinstance(job, Job):
            raise UsageError(f"cannot interrupt {name!r}: only training jobs run on spot instances; stop it, or let it fail")
        if not job.request.get("EnableManagedSpotTraining"):
            raise UsageError(f"cannot interrupt {name!r}: it runs on demand; create it with EnableManagedSpotTraining=True")
        secondary = job.state(now_us).secondary
        if secondary not in status.STARTED:
            known = ", ".join(sorted(status.STARTED))
            raise UsageError(
                f"cannot interrupt {name!r}: it has no instances in {secondary}; do it in {known}.\n{timeline(job, now_us)}"
            )
        self._intervene(name, "interrupt", lambda job, offset_us: cast("Job", job).after(Interrupt(offset_us)))

    @public
    def fail(self, name: str, reason: str = "AlgorithmError: , exit code: 1") -> None:
        """Let a job fail now, with this FailureReason. Like the service, the mock shows its first 1024 characters."""
        self._intervene(name, "fail", lambda job, offset_us: job.after(Fail(offset_us, reasons.checked(reason))))

    @public
    def complete(self, name: str) -> None:
        """Let a job complete now."""
        self._intervene(name, "complete", lambda job, offset_us: job.after(Complete(offset_us)))

    @public
    def stop_job(self, name: str) -> None:
        """Stop a job now, as its owner would through the API. Such a stop is not among the calls."""
        self._intervene(name, "stop", lambda job, offset_us: job.after(Stop(offset_us)))

    @public
    def log(self, name: str, text: str, *, at: datetime | str | float | None = None, instance: int = 1) -> None:
        """Let a container of a job write a line to its log.

        Raises UsageError if no container of the job has started by that instant, or if the job has no such instance.

        :param name: The name or the ARN of the job.
        :param text: The line.
        :param at: The instant of the line (default: now). If it is earlier, the line is in its place in the log from now on.
        :param instance: The number of the instance, counted from 1.
        """
        world = self._running
        if not isinstance(text, str) or not text:
            raise InvalidType(
                f"log() takes the text of a line, not {quoted(text)}: write log({quoted(name)}, 'epoch=1 loss=0.31')"
            )
        checks.text("text", text, "the text of a line", "write a text that UTF-8 can encode")
        whole("instance", instance, "the number of an instance, counted from 1", "leave it out for the first")
        with world.store.lock:
            job = self._find(name)
            now_us = world.clock.now_us()
            at_us = now_us if at is None else instant_us(at)
            if not job.containers:
                raise UsageError(
                    f"{name!r} is a {job.kind.noun}, which has no log of its own: write to the log of one of its children"
                )
            if instance not in range(1, job.containers + 1):
                raise UsageError(f"{name!r} has no instance {instance!r}: it has {job.containers}, counted from 1")
            if not any(begin_us <= at_us for begin_us in job.runs()):
                raise UsageError(
                    f"no container of {name!r} has started at {instant(at_us).isoformat()}, so it cannot log: advance until "
                    f"it is in {_RUNNING[job.kind.name]}, or give a later instant by at=.\n{timeline(job, now_us)}"
                )
            world.store.kind_at(job.place, job.kind).logbook.add(job, at_us, text, instance=instance, now_us=now_us)
            world.launcher.touched(job)
            world.backend.runaway.reset()
        world.flush()

    @public
    def advance_until(self, name: str, wanted: StatusName) -> datetime:
        """Let time pass until a job has the primary or secondary status `wanted`, and return that instant.

        If the job has that status now, no time passes. Raises NeverReached as soon as the job cannot get the status any more:
        usually at once; for a tuning job, once its children have decided.
        """
        world = self._running
        job = self._find(name)
        now_us = world.clock.now_us()
        if not isinstance(wanted, str) or wanted not in job.statuses:
            hint = status_hint(wanted, job.statuses)
            raise UsageError(
                f"{quoted(wanted)} is not a status of a {job.kind.noun}: {hint} one of {', '.join(sorted(job.statuses))}"
            )
        state = job.state(now_us)
        reached = wanted in (state.primary, state.secondary)
        while not reached:
            ahead = job.timeline.after(now_us - job.created_us)
            instants = [job.created_us + change.at_us for change in ahead if wanted in (change.primary, change.secondary)]
            # The tuning job of this child may stop it earlier: go there first.
            step_us = world.launcher.next_step_us(job)
            nexts = instants[:1] if step_us is None else [*instants[:1], step_us]
            if not instants and not (nexts and job.may_reach(wanted)):
                raise NeverReached(
                    f"{name!r} will never be {wanted} from now on; give it a plan that leads there, or wait for another status.\n"
                    f"{timeline(job, now_us)}"
                )
            at_us = min(nexts)
            world.clock.pass_to_us(at_us)
            # An event handler may have changed the job meanwhile.
            job, now_us = self._find(name), world.clock.now_us()
            met = job.timeline.until(at_us - job.created_us)[-1]
            reached = wanted in (met.primary, met.secondary)
        return world.clock.now()

    @public
    def advance_until_idle(self) -> datetime:
        """Let time pass until no job will change by itself and no event is on its way; return that instant."""
        world = self._running
        # An earlier flush at this instant may have ended in an error of a function of the test: first do the rest.
        world.flush()
        while (settled_us := max(world.store.settled_us() or 0, world.bridge.last_us)) > world.clock.now_us():
            world.clock.pass_to_us(settled_us)
        return world.clock.now()

    def _intervene(self, name: str, verb: str, changed: Callable[[AnyJob, int], AnyJob]) -> None:
        world = self._running
        with world.store.lock:
            job = self._find(name)
            now_us = world.clock.now_us()
            primary = job.state(now_us).primary
            if primary != "InProgress":
                raise UsageError(
                    f"cannot {verb} {name!r}: it is {primary}; do it while the job is InProgress.\n{timeline(job, now_us)}"
                )
            world.store.put(changed(job, now_us - job.created_us))
            world.backend.runaway.reset()
        world.flush()


_MAPPINGS: Final[Mapping[Kind, type[Jobs | ProcessingJobs | TransformJobs | TuningJobs]]] = {
    TRAINING: Jobs,
    PROCESSING: ProcessingJobs,
    TRANSFORM: TransformJobs,
    TUNING: TuningJobs,
}
_RUNNING: Final = {"training": "Training", "processing": "Processing", "transform": "Transforming"}
"""The phase in which containers write, by the name of the kind."""
