"""The views of a served mock: its clock, its jobs and its accounts. Each reading asks the server."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Generic, NoReturn, TypeVar, cast
from urllib.parse import quote

from sagemock.checks import quoted
from sagemock.errors import InvalidType, NotServed, UnknownJob
from sagemock.processing.plan import ProcessingJobPlan
from sagemock.served.control_client import ControlClient, instant_of, maybe, members, moment, span, truth
from sagemock.served.plans import AnyPlan, from_document
from sagemock.training.plan.plan import Plan
from sagemock.transform.plan import TransformJobPlan
from sagemock.tuning.plan import TuningJobPlan
from sagemock.world.views import ChildView, TransitionView

__all__ = [
    "CLOCK_LACKS",
    "RemoteAccounts",
    "RemoteClock",
    "RemoteJob",
    "RemoteJobs",
    "RemoteProcessingJob",
    "RemoteProcessingJobs",
    "RemoteTransformJob",
    "RemoteTransformJobs",
    "RemoteTuningJob",
    "RemoteTuningJobs",
]


CLOCK_LACKS: Final = {
    "paused": "its sleepers are in the mock's own process: pause it there",
    "forced_moves": "its threads are in the mock's own process: read them there",
}
"""The attributes of a mock's clock that a `RemoteClock` does not have, each with the reason."""


class RemoteClock:
    """The clock of a served mock."""

    def __init__(self, client: ControlClient) -> None:
        self._client = client

    def __getattr__(self, name: str) -> NoReturn:
        if name in CLOCK_LACKS:
            raise NotServed(f"the clock of a served mock has no {name}: {CLOCK_LACKS[name]}")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return instant_of(self._document()["now"])

    def advance(self, by: timedelta | float | None = None, /, **units: float) -> None:
        """Let time pass: `advance(minutes=5)`, `advance(timedelta(minutes=5))` or `advance(300)` (seconds)."""
        if (by is None) == (not units):
            raise InvalidType("advance takes one duration: advance(minutes=5), advance(timedelta(minutes=5)) or advance(300)")
        try:
            given = timedelta(**units) if by is None else by
        except (TypeError, ValueError, OverflowError) as error:
            raise InvalidType(f"advance() takes units of time ({error}): write advance(minutes=5)") from None
        self._client.ask("POST", "/clock", {"advance": span(given)})

    def advance_to(self, when: datetime | str | float) -> None:
        """Let time pass until `when`."""
        self._client.ask("POST", "/clock", {"to": moment(when)})

    @property
    def latency(self) -> timedelta:
        """The virtual time that a call takes; may be set at any time, as a timedelta or in seconds."""
        return timedelta(seconds=self._document()["latency"])

    @latency.setter
    def latency(self, value: timedelta | float) -> None:
        self._client.ask("POST", "/clock", {"latency": span(value)})

    @property
    def rate(self) -> float:
        """The virtual seconds that pass by themselves in each real second."""
        rate: float = self._document()["rate"]
        return rate

    @property
    def idle_limit(self) -> timedelta | None:
        """How long code in the mock's own process may poll, in virtual time, when nothing can happen any more."""
        limit = self._document()["idle_limit"]
        return None if limit is None else timedelta(seconds=limit)

    def _document(self) -> Any:  # noqa: ANN401  # a JSON value
        return self._client.document("GET", "/clock")

    def __repr__(self) -> str:
        return f"<RemoteClock at {self.now().isoformat()}>"


class _RemoteView:
    """A job of a served mock, as it is now: each reading asks the server."""

    kind: ClassVar[str]

    def __init__(self, client: ControlClient, arn: str) -> None:
        self._client = client
        self._arn = arn

    def _document(self) -> Any:  # noqa: ANN401  # a JSON value
        return self._client.document("GET", f"/jobs/{quote(self._arn, safe='')}")

    @property
    def name(self) -> str:
        """The name of the job."""
        name: str = self._document()["name"]
        return name

    @property
    def arn(self) -> str:
        """The ARN of the job."""
        arn: str = self._document()["arn"]
        return arn

    @property
    def region(self) -> str:
        """The region in which the job was created."""
        region: str = self._document()["region"]
        return region

    @property
    def request(self) -> dict[str, Any]:
        """The request that created the job, as it arrived."""
        request: dict[str, Any] = self._document()["request"]
        return request

    def _plan(self) -> AnyPlan:
        document = self._document()
        if document["plan"] is None:
            raise NotServed(
                f"the plan of {document['name']!r} has a callable in it, which cannot travel: read it in the mock's own process"
            )
        return from_document(document["plan"])

    @property
    def status(self) -> str:
        """The status: for a training job, TrainingJobStatus."""
        status: str = self._document()["status"]
        return status

    @property
    def created(self) -> datetime:
        """CreationTime."""
        return instant_of(self._document()["created"])

    @property
    def started(self) -> datetime | None:
        """The start, or None: for a training job, TrainingStartTime."""
        return maybe(self._document()["started"])

    @property
    def ended(self) -> datetime | None:
        """The end, or None: for a training job, TrainingEndTime."""
        return maybe(self._document()["ended"])

    @property
    def failure_reason(self) -> str | None:
        """FailureReason, or None."""
        reason: str | None = self._document()["failure_reason"]
        return reason

    # -- acting

    def advance_until(self, wanted: str) -> datetime:
        """Let time pass until the job has the status `wanted`, and return that instant."""
        until = {"job": self._arn, "status": wanted}
        return instant_of(self._client.document("POST", "/clock", {"until": until})["now"])

    def fail(self, reason: str = "AlgorithmError: , exit code: 1") -> None:
        """Let the job fail now, with this FailureReason."""
        self._act("fail", reason=reason)

    def complete(self) -> None:
        """Let the job complete now."""
        self._act("complete")

    def stop(self) -> None:
        """Stop the job now, as its owner would through the API. Such a stop is not among the calls."""
        self._act("stop", as_call=False)

    def log(self, text: str, *, at: datetime | str | float | None = None, instance: int = 1) -> None:
        """Let a container of the job write a line to its log."""
        self._act("log", text=text, instance=instance, **members(at=moment(at)))

    def timeline(self, *, width: int | None = None, unicode: bool = False) -> str:
        """Return a picture of the job's life."""
        return self._client.ask("GET", "/timeline", job=self._arn, width=width, unicode=truth("unicode", unicode)).decode()

    def _act(self, verb: str, **given: object) -> None:
        self._client.ask("POST", f"/jobs/{quote(self._arn, safe='')}/{verb}", given)

    def __repr__(self) -> str:
        document = self._document()
        return f"<{self.kind} job {document['name']!r}: {document['status']}>"

    def __str__(self) -> str:
        return self.timeline()


class RemoteJob(_RemoteView):
    """A training job of a served mock, as it is now: each reading asks the server."""

    kind = "training"

    @property
    def plan(self) -> Plan:
        """The plan that the job plays. Raises NotServed if the plan has a callable in it."""
        return cast("Plan", self._plan())

    @property
    def secondary_status(self) -> str:
        """SecondaryStatus."""
        status: str = self._document()["secondary_status"]
        return status

    @property
    def message(self) -> str:
        """StatusMessage of the last transition."""
        message: str = self._document()["message"]
        return message

    @property
    def transitions(self) -> tuple[TransitionView, ...]:
        """SecondaryStatusTransitions so far."""
        return tuple(
            TransitionView(one["status"], instant_of(one["start"]), maybe(one["end"]), one["message"])
            for one in self._document()["transitions"]
        )

    @property
    def training_seconds(self) -> int | None:
        """TrainingTimeInSeconds, or None."""
        seconds: int | None = self._document()["training_seconds"]
        return seconds

    @property
    def billable_seconds(self) -> int | None:
        """BillableTimeInSeconds, or None."""
        seconds: int | None = self._document()["billable_seconds"]
        return seconds

    def interrupt(self) -> None:
        """Take the instances away from the job, which is a managed spot job."""
        self._act("interrupt")

    def __repr__(self) -> str:
        document = self._document()
        return f"<job {document['name']!r}: {document['status']}/{document['secondary_status']}>"


class _RemoteBatchView(_RemoteView):
    """A processing or a transform job."""

    @property
    def phase(self) -> str:
        """The phase of the job, which the service does not show."""
        phase: str = self._document()["phase"]
        return phase


class RemoteProcessingJob(_RemoteBatchView):
    """A processing job of a served mock, as it is now: each reading asks the server."""

    kind = "processing"

    @property
    def plan(self) -> ProcessingJobPlan:
        """The plan that the job plays. Raises NotServed if the plan has a callable in it."""
        return cast("ProcessingJobPlan", self._plan())

    @property
    def exit_message(self) -> str | None:
        """ExitMessage, or None."""
        message: str | None = self._document()["exit_message"]
        return message


class RemoteTransformJob(_RemoteBatchView):
    """A transform job of a served mock, as it is now: each reading asks the server."""

    kind = "transform"

    @property
    def plan(self) -> TransformJobPlan:
        """The plan that the job plays. Raises NotServed if the plan has a callable in it."""
        return cast("TransformJobPlan", self._plan())


class RemoteTuningJob(_RemoteView):
    """A tuning job of a served mock, as it is now: each reading asks the server."""

    kind = "tuning"

    @property
    def plan(self) -> TuningJobPlan:
        """The plan that the job plays. Raises NotServed if the plan has a callable in it."""
        return cast("TuningJobPlan", self._plan())

    @property
    def counters(self) -> dict[str, int]:
        """TrainingJobStatusCounters."""
        counters: dict[str, int] = self._document()["counters"]
        return counters

    @property
    def objective_counters(self) -> dict[str, int]:
        """ObjectiveStatusCounters."""
        counters: dict[str, int] = self._document()["objective_counters"]
        return counters

    @property
    def children(self) -> tuple[ChildView, ...]:
        """The training jobs that the tuning job has launched so far, in order of launch."""
        return tuple(_child(one) for one in self._document()["children"])

    @property
    def best(self) -> ChildView | None:
        """BestTrainingJob, or None."""
        document = self._document()
        return next((_child(one) for one in document["children"] if one["name"] == document["best"]), None)


def _child(document: Mapping[str, Any]) -> ChildView:
    return ChildView(**{**document, "created": instant_of(document["created"]), "ended": maybe(document["ended"])})


_V = TypeVar("_V", bound=_RemoteView)


class _RemoteJobsOf(Mapping[str, _V], Generic[_V]):
    """The jobs of one kind of a served mock by name, or by ARN if the same name exists in several regions or accounts."""

    _shown: ClassVar[type[Any]]
    """The class of the views."""

    def __init__(self, client: ControlClient) -> None:
        self._client = client

    def _all(self) -> list[Any]:
        found: list[Any] = self._client.document("GET", "/jobs", kind=self._shown.kind)["jobs"]
        return found

    def _view(self, arn: str) -> _V:
        view: _V = self._shown(self._client, arn)
        return view

    def __getitem__(self, key: str) -> _V:
        if not isinstance(key, str) or not key:
            raise UnknownJob(f"jobs are looked up by name or ARN, not by {quoted(key)}: write jobs['churn-1']")
        # If there is no such job, this raises the server's error.
        document = self._client.document("GET", f"/jobs/{quote(key, safe='')}", kind=self._shown.kind)
        if document["kind"] != self._shown.kind:
            prefix = "" if document["kind"] == "training" else f"{document['kind']}_"
            raise UnknownJob(f"{document['name']!r} is a {document['kind']} job: ask for {prefix}jobs[{document['name']!r}]")
        return self._view(document["arn"])

    def __iter__(self) -> Iterator[str]:
        jobs = self._all()
        names = [one["name"] for one in jobs]
        return iter([one["name"] if names.count(one["name"]) == 1 else one["arn"] for one in jobs])

    def __len__(self) -> int:
        return len(self._all())

    def all(self) -> list[_V]:
        """Return every job in the order of creation, including jobs that share a name."""
        return [self._view(one["arn"]) for one in self._all()]

    def __repr__(self) -> str:
        prefix = "" if self._shown.kind == "training" else f"{self._shown.kind} "
        return f"<{prefix}jobs {', '.join(repr(one) for one in self.all())}>"


class RemoteJobs(_RemoteJobsOf[RemoteJob]):
    """The training jobs of a served mock by name, or by ARN if the same name exists in several regions or accounts."""

    _shown = RemoteJob


class RemoteProcessingJobs(_RemoteJobsOf[RemoteProcessingJob]):
    """The processing jobs of a served mock by name or ARN."""

    _shown = RemoteProcessingJob


class RemoteTransformJobs(_RemoteJobsOf[RemoteTransformJob]):
    """The transform jobs of a served mock by name or ARN."""

    _shown = RemoteTransformJob


class RemoteTuningJobs(_RemoteJobsOf[RemoteTuningJob]):
    """The tuning jobs of a served mock by name or ARN."""

    _shown = RemoteTuningJob


class RemoteAccounts(Mapping[str, str]):
    """The account ids of callers by access key id: `mock.accounts["AKIDOTHER"] = "210987654321"`."""

    def __init__(self, client: ControlClient) -> None:
        self._client = client

    def _document(self) -> dict[str, str]:
        document: dict[str, str] = self._client.document("GET", "/accounts")["accounts"]
        return document

    def __getitem__(self, access_key: str) -> str:
        return self._document()[access_key]

    def __setitem__(self, access_key: str, account_id: str) -> None:
        self._client.ask("POST", "/accounts", {"accounts": {access_key: account_id}})

    def update(self, other: Any = (), /, **more: str) -> None:  # noqa: ANN401  # anything else is refused
        """Set several accounts, or none of them if one is not valid."""
        try:
            given = dict(other, **more)
        except (TypeError, ValueError):
            raise InvalidType(
                f"accounts are updated with a mapping from access key ids to account ids, not with {quoted(other)}: "
                "write mock.accounts.update({'AKIDOTHER': '210987654321'})"
            ) from None
        self._client.ask("POST", "/accounts", {"accounts": given})

    def __iter__(self) -> Iterator[str]:
        return iter(self._document())

    def __len__(self) -> int:
        return len(self._document())

    def __repr__(self) -> str:
        return repr(self._document())
