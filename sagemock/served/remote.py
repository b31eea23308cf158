"""A mock in another process: its verbs are those of a mock, and it performs them by the control API."""

from datetime import datetime, timedelta
from typing import Any, Final, NoReturn
from urllib.parse import quote

from sagemock.checks import quoted
from sagemock.errors import NotServed, UnknownJob
from sagemock.events.bridge import Events
from sagemock.processing.plan import ProcessingJobPlan
from sagemock.served.control_client import ControlClient, instant_of, members, moment, span, truth
from sagemock.served.plans import PLANS, AnyPlan, to_document
from sagemock.served.remote_clock import RemoteClock
from sagemock.served.remote_mappings import (
    RemoteAccounts,
    RemoteJobs,
    RemoteProcessingJobs,
    RemoteTransformJobs,
    RemoteTuningJobs,
)
from sagemock.served.remote_views import RemoteJob, RemoteProcessingJob, RemoteTransformJob, RemoteTuningJob
from sagemock.service.calls import Call, Calls
from sagemock.service.faults import Moment
from sagemock.training.plan.plan import Plan
from sagemock.transform.plan import TransformJobPlan
from sagemock.tuning.plan import TuningJobPlan
from sagemock.world.arguments import kind_of
from sagemock.world.misnamed import refuse_attribute

__all__ = ["LACKS", "RemoteMock", "connect"]

LACKS: Final = {
    "on_event": "a callable cannot travel: read `events`",
    "sleeps": "virtual sleeps are in the mock's own process: read them there",
    "serve": "it is served already, at `url`",
    "start": "its owner starts it: call reset() for a fresh world",
    "stop": "its owner stops it: call reset() for a fresh world",
    "fresh": "its owner makes mocks: call reset() for a fresh world",
    "options": "its owner has given them: `clock` has latency and rate",
}
"""The attributes of a mock that a `RemoteMock` does not have, each with the reason."""


class RemoteMock:
    """A mock that another process serves: see `connect`."""

    def __init__(self, url: str, token: str | None = None) -> None:
        """Use the world at `url`, without a check; `connect` also checks that it is there."""
        self._client = ControlClient(url, token)
        self.url = url

    def __getattr__(self, name: str) -> NoReturn:
        if name in LACKS:
            raise NotServed(f"a served mock has no {name}: {LACKS[name]}")
        refuse_attribute(self, name)

    def __repr__(self) -> str:
        return f"<RemoteMock at {self.url}>"

    def __str__(self) -> str:
        return self._client.ask("GET", "/timeline").decode()

    # -- reading

    @property
    def clock(self) -> RemoteClock:
        """The virtual clock."""
        return RemoteClock(self._client)

    @property
    def jobs(self) -> RemoteJobs:
        """The training jobs, by name."""
        return RemoteJobs(self._client)

    @property
    def processing_jobs(self) -> RemoteProcessingJobs:
        """The processing jobs, by name."""
        return RemoteProcessingJobs(self._client)

    @property
    def transform_jobs(self) -> RemoteTransformJobs:
        """The transform jobs, by name."""
        return RemoteTransformJobs(self._client)

    @property
    def tuning_jobs(self) -> RemoteTuningJobs:
        """The tuning jobs, by name."""
        return RemoteTuningJobs(self._client)

    @property
    def calls(self) -> Calls:
        """Every call that has arrived so far. The result does not grow: read the property again."""
        return Calls(
            [
                Call(
                    one["operation"],
                    one["params"],
                    instant_of(one["at"]),
                    one["region"],
                    one["outcome"],
                    one["attempt"],
                    message=one["message"],
                    origin=one["origin"],
                )
                for one in self._client.document("GET", "/calls")["calls"]
            ]
        )

    @property
    def events(self) -> Events:
        """Every event that SageMaker has sent to EventBridge so far. The result does not grow: read the property again."""
        return Events.still(self._client.document("GET", "/events")["events"])

    @property
    def accounts(self) -> RemoteAccounts:
        """The account ids of callers by access key id."""
        return RemoteAccounts(self._client)

    def timeline(self, name: str, *, width: int | None = None, unicode: bool = False) -> str:
        """Return a picture of a job's life. Raises UnknownJob if there is no such job."""
        return self._client.ask("GET", "/timeline", job=name, width=width, unicode=truth("unicode", unicode)).decode()

    def svg(self, *names: str) -> str:
        """Return a picture of these jobs (default: all) as an `<svg>` element."""
        last = None if names else len(self._client.document("GET", "/jobs")["jobs"]) or None
        return self._client.ask("GET", "/timeline", job=names, format="svg", last=last).decode()

    # -- acting

    def plan(self, matcher: str, plan: AnyPlan, *, times: int | None = None, kind: str | None = None) -> None:
        """Plan the life of jobs that are created from now on, by a pattern of their names.

        Raises NotServed for a callable, and PlanError for a callable in the plan; its text names the field.
        """
        if not isinstance(matcher, str):
            raise NotServed(f"a predicate cannot travel to a served mock, like {quoted(matcher)}: give a pattern of job names")
        travelling = _travelling(plan)
        # A plan says itself which kind it is for: another one is refused.
        kind_of(plan, kind)
        self._client.ask("POST", "/plans", {"match": matcher, "plan": travelling, **members(times=times)})

    def create_training_job(
        self,
        name: str,
        *,
        plan: Plan | None = None,
        started_ago: timedelta | float = 0,
        region: str | None = None,
        **fields: Any,  # noqa: ANN401  # any field of the request
    ) -> RemoteJob:
        """Create a training job as if somebody else had done so, as `SageMakerMock.create_training_job` does."""
        return RemoteJob(self._client, self._created("training", name, plan, started_ago, region, fields))

    def create_processing_job(
        self,
        name: str,
        *,
        plan: ProcessingJobPlan | None = None,
        started_ago: timedelta | float = 0,
        region: str | None = None,
        **fields: Any,  # noqa: ANN401  # any field of the request
    ) -> RemoteProcessingJob:
        """Create a processing job as if somebody else had done so."""
        return RemoteProcessingJob(self._client, self._created("processing", name, plan, started_ago, region, fields))

    def create_transform_job(
        self,
        name: str,
        *,
        plan: TransformJobPlan | None = None,
        started_ago: timedelta | float = 0,
        region: str | None = None,
        **fields: Any,  # noqa: ANN401  # any field of the request
    ) -> RemoteTransformJob:
        """Create a transform job as if somebody else had done so."""
        return RemoteTransformJob(self._client, self._created("transform", name, plan, started_ago, region, fields))

    def create_tuning_job(
        self,
        name: str,
        *,
        plan: TuningJobPlan | None = None,
        started_ago: timedelta | float = 0,
        region: str | None = None,
        **fields: Any,  # noqa: ANN401  # any field of the request
    ) -> RemoteTuningJob:
        """Create a tuning job as if somebody else had done so."""
        return RemoteTuningJob(self._client, self._created("tuning", name, plan, started_ago, region, fields))

    def _created(  # noqa: PLR0913, PLR0917  # the arguments of the verbs
        self,
        kind: str,
        name: str,
        plan: object,
        started_ago: timedelta | float,
        region: str | None,
        fields: dict[str, Any],
    ) -> str:
        planned = members(region=region, plan=None if plan is None else _travelling(plan))
        document = {"kind": kind, "name": name, "started_ago": span(started_ago), "request": fields, **planned}
        arn: str = self._client.document("POST", "/jobs", document)["arn"]
        return arn

    def fault(  # noqa: PLR0913  # each narrows down the calls
        self,
        operation: str,
        error: str,
        *,
        job: str | None = None,
        times: int | None = None,
        after: Moment | None = None,
        until: Moment | None = None,
        probability: float | None = None,
        message: str | None = None,
        status: int | None = None,
    ) -> None:
        """Let calls fail from now on, as `SageMakerMock.fault` does."""
        narrowed = members(job=job, times=times, after=moment(after), until=moment(until), probability=probability)
        self._client.ask(
            "POST", "/faults", {"operation": operation, "error": error, **narrowed, **members(message=message, status=status)}
        )

    def hide(self, job: str, *, lasting: timedelta | float, operation: str = "*") -> None:
        """Hide jobs from the API for a while after their creation."""
        self._client.ask("POST", "/hide", {"job": job, "lasting": span(lasting), "operation": operation})

    def quota(
        self, instance_type: str, *, instances: int, spot: bool = False, warm_pool: bool = False, kind: str = "training"
    ) -> None:
        """Set how many instances of a type the account may use at once."""
        body = {"instance_type": instance_type, "instances": instances, "spot": spot, "warm_pool": warm_pool, "kind": kind}
        self._client.ask("POST", "/quota", body)

    def interrupt(self, name: str) -> None:
        """Take the instances away from a managed spot job now."""
        self._act(name, "interrupt")

    def fail(self, name: str, reason: str = "AlgorithmError: , exit code: 1") -> None:
        """Let a job fail now, with this FailureReason."""
        self._act(name, "fail", reason=reason)

    def complete(self, name: str) -> None:
        """Let a job complete now."""
        self._act(name, "complete")

    def stop_job(self, name: str) -> None:
        """Stop a job now, as its owner would through the API. Such a stop is not among the calls."""
        self._act(name, "stop", as_call=False)

    def log(self, name: str, text: str, *, at: datetime | str | float | None = None, instance: int = 1) -> None:
        """Let a container of a job write a line to its log."""
        self._act(name, "log", text=text, instance=instance, **members(at=moment(at)))

    def advance_until(self, name: str, wanted: str) -> datetime:
        """Let time pass until a job has the primary or secondary status `wanted`, and return that instant."""
        return self._until({"job": name, "status": wanted})

    def advance_until_idle(self) -> datetime:
        """Let time pass until no job will change by itself; return that instant."""
        return self._until("idle")

    def check_used(self) -> None:
        """Raise UnusedError if, under `strict`, nothing has used a plan or a fault."""
        self._client.ask("POST", "/check", {})

    def reset(self) -> None:
        """Replace the served world by a fresh one. Raises UsageError if the world belongs to a test."""
        self._client.ask("POST", "/reset", {})

    def _act(self, name: str, verb: str, **body: object) -> None:
        if not isinstance(name, str) or not name:
            raise UnknownJob(f"jobs are looked up by name or ARN, not by {quoted(name)}: write {verb}('churn-1')")
        self._client.ask("POST", f"/jobs/{quote(name, safe='')}/{verb}", body)

    def _until(self, until: object) -> datetime:
        return instant_of(self._client.document("POST", "/clock", {"until": until})["now"])


def _travelling(plan: object) -> dict[str, Any]:
    """Return a plan as JSON. Raises NotServed for anything else."""
    if not isinstance(plan, PLANS):
        raise NotServed(f"only a Plan can travel to a served mock, not {quoted(plan)}: write Plan.completes()")
    return to_document(plan)


def connect(url: str, *, token: str | None = None) -> "RemoteMock":
    """Return the mock that is served at `url`, by `sagemock serve` or by `serve()` in another process.

    Its verbs are those of a mock. An attribute that only the mock itself has raises NotServed, which gives the reason. Raises
    UsageError if no sagemock answers there.

    :param url: The url, with the path of the world if it has one.
    :param token: The token of the server.
    """
    mock = RemoteMock(url, token)
    mock.clock.now()
    return mock
