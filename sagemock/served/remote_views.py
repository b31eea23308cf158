"""The views of the jobs of a served mock. Each reading asks the server."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, cast
from urllib.parse import quote

from sagemock.errors import NotServed
from sagemock.processing.plan import ProcessingJobPlan
from sagemock.served.control_client import ControlClient, instant_of, maybe, members, moment, truth
from sagemock.served.plans import AnyPlan, from_document
from sagemock.training.plan.plan import Plan
from sagemock.transform.plan import TransformJobPlan
from sagemock.tuning.plan import TuningJobPlan
from sagemock.world.views import ChildView, TransitionView

__all__ = ["RemoteJob", "RemoteProcessingJob", "RemoteTransformJob", "RemoteTuningJob", "RemoteView"]


class RemoteView:
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


class RemoteJob(RemoteView):
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


class _RemoteBatchView(RemoteView):
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


class RemoteTuningJob(RemoteView):
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
