"""Outlines: everything that a plan can say, as an immutable value that contradicts itself nowhere."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from sagemock import reasons
from sagemock.errors import PlanError
from sagemock.jobs import status
from sagemock.jobs.lines import LineSource, LogMapping, sources_of
from sagemock.jobs.own import Kept
from sagemock.jobs.phase import Duration, Phase, span_us

__all__ = ["NORMAL", "Outline"]

NORMAL = (status.STARTING, status.DOWNLOADING, status.TRAINING, status.UPLOADING)
"""The phases of a job that finds capacity at hand and succeeds."""


_LENGTHS = ("stopping", "uploading", "capacity", "scheduled", "interruption", "limit_lag", "stopped_after")


@dataclass(frozen=True, repr=False)
class Outline:
    """The fields of a plan. Make plans by `Plan`."""

    phases: Sequence[Phase] = tuple(Phase(name) for name in NORMAL)
    ending: status.Ending = "Completed"
    failure_reason: str | None = None
    stopping: Duration | None = None
    """How long the container takes to end after a stop (the service grants it 120 s)."""
    uploading: Duration | None = None
    """How long the upload after a stop takes."""
    granular: bool = False
    """Whether the finer statuses of 2018-07-30 are shown."""
    legacy: bool = False
    """Whether the training image is pulled in Training, as until 2023, and there is no Pending."""
    capacity: Duration | None = None
    """How long the job waits for capacity before its first instance."""
    scheduled: Duration | None = None
    """How long it waits before that for the start of its training plan, which MaxPendingTimeInSeconds does not count."""
    interruptions: Sequence[Duration] = ()
    """The training time after which the spot instances are taken away, counted anew from each (re)start of training."""
    evenly: int = 0
    """How often they are taken away, evenly over the training."""
    interruptions_per_hour: float = 0.0
    """How often they are taken away by chance, per hour of training."""
    interruption: Duration | None = None
    """How long an interruption lasts before the job starts again."""
    internal_errors: int = 0
    """How many attempts end in an internal error of the service before one lives on, as far as RetryStrategy allows."""
    attempt: Sequence[Phase] = ()
    """What such an attempt does until the error."""
    limit_lag: Duration | None = None
    """How much too late the service notices that a limit is reached (recorded: 60 to 300 s)."""
    billed: float | None = None
    """The part of a spot job's training time that is billed."""
    stopped_after: Duration | None = None
    """When somebody calls StopTrainingJob, after creation; None for never."""
    epochs: int | None = None
    """How many epochs a serverless job trains."""
    steps: int | None = None
    """How many steps each of them has."""
    tokens: int | None = None
    """For how many tokens it is billed, instead of for its time."""
    logs: LogMapping = ()
    """What the container writes in which status, besides what the phases say: `{"Training": [(0, "epoch 1"), …]}`."""
    artifact: bytes | str | os.PathLike[str] | None = None
    """What a job puts at its S3ModelArtifacts where moto's S3 is active: the bytes of model.tar.gz, the path of that file, or the
    path of a directory that is packed; None for a small archive of our own."""
    replayed: Mapping[str, Any] | None = field(default=None, hash=False)
    """The recorded DescribeTrainingJob response that is played again, if one is."""
    called: str = field(default="", compare=False)
    """How the plan was made, for its repr."""

    def __post_init__(self) -> None:
        """Refuse a plan that contradicts itself, where it is written."""
        object.__setattr__(self, "phases", tuple(self.phases))
        object.__setattr__(self, "interruptions", tuple(self.interruptions))
        object.__setattr__(self, "attempt", tuple(self.attempt))
        object.__setattr__(self, "logs", sources_of(self.logs))
        if self.replayed is not None and not isinstance(self.replayed, Kept):
            object.__setattr__(self, "replayed", Kept(self.replayed))
        self._check_phases()
        self._check_ending()
        self._check_interruptions()
        for name in _LENGTHS:
            if (length := getattr(self, name)) is not None:
                span_us(length, name)
        self._check_logs()
        self._check_artifact()
        if self.internal_errors < 0 or bool(self.internal_errors) != bool(self.attempt):
            msg = f"internal_errors={self.internal_errors} with attempt={self.attempt!r}: use Plan.internal_error()"
            raise PlanError(msg)
        if self.replayed is not None and (
            self.capacity is not None
            or self.scheduled is not None
            or self.internal_errors
            or self._interrupted
            or self.counts_steps
        ):
            msg = "a replay is played as it was recorded: it does not wait, fail or get interrupted besides; leave `then` out"
            raise PlanError(msg)
        self._check_serverless()
        if self.granular and self.legacy:
            msg = "granular=True with legacy=True: the one is how jobs were shown in 2018, the other how after that; give one"
            raise PlanError(msg)
        if self.billed is not None and not 0 < self.billed <= 1:
            msg = f"billed={self.billed!r} is the part of the training time that is billed: give one above 0 and at most 1"
            raise PlanError(msg)

    def __repr__(self) -> str:
        if self.called:
            return self.called
        given = (
            f"{one.name}={getattr(self, one.name)!r}"
            for one in fields(self)
            if one.name not in {"replayed", "called"} and getattr(self, one.name) != one.default
        )
        return f"{type(self).__name__}({', '.join(given)})"

    def _repr_pretty_(self, printer: Any, _: object) -> None:  # noqa: ANN401  # IPython's protocol, and Hypothesis's
        # Both would print every field of a dataclass.
        printer.text(repr(self))

    @cached_property
    def draws(self) -> bool:
        """Whether jobs that play this plan differ, because it leaves something to chance."""
        lengths = [phase.duration for phase in (*self.phases, *self.attempt)] + [*self.interruptions]
        lengths += [getattr(self, name) for name in _LENGTHS]
        return bool(self.interruptions_per_hour) or any(isinstance(length, tuple) for length in lengths)

    @property
    def written(self) -> dict[str, LineSource]:
        """What the container writes in which status, besides what the phases say."""
        return dict(self.logs)

    @cached_property
    def asks(self) -> bool:
        """Whether jobs that play this plan differ, because a callable of the request says what they write."""
        return any(callable(source) for source in (*self.written.values(), *(phase.logs for phase in self.phases)))

    @property
    def counts_steps(self) -> bool:
        """Whether jobs that play this plan show their progress: only serverless jobs can."""
        return self.epochs is not None

    @property
    def _interrupted(self) -> bool:
        return bool(self.interruptions or self.evenly or self.interruptions_per_hour)

    def _check_phases(self) -> None:
        if not self.phases:
            msg = "a plan has at least one phase, as every job starts in Starting: begin with Phase('Starting')"
            raise PlanError(msg)
        for given in cast("Sequence[object]", (*self.phases, *self.attempt)):
            if not isinstance(given, Phase):
                msg = f"{given!r} is no phase: give phases like Phase('Starting', 60)"
                raise PlanError(msg)
        for phase in self.phases[:-1]:
            if phase.forever:
                msg = f"{phase.status} never ends in this plan, so what follows never comes: leave that out, or give a duration"
                raise PlanError(msg)
        for before, after in pairwise(self.phases):
            if before.status == after.status:
                msg = f"two phases of {after.status} in a row are one entry: make them one Phase with several messages"
                raise PlanError(msg)
            if before.status == status.STOPPING and after.status != status.UPLOADING:
                msg = f"{after.status} follows Stopping in this plan: a job that is Stopping goes on to Uploading, or ends"
                raise PlanError(msg)
        waits = self.capacity is not None or self.scheduled is not None
        if waits and self.phases[0].status != status.STARTING:
            begins = self.phases[0].status
            msg = f"a job waits for capacity in Starting, and this plan begins in {begins}: begin it with Phase('Starting')"
            raise PlanError(msg)

    def _check_ending(self) -> None:
        if self.ending not in status.ENDINGS:
            msg = f"ending={self.ending!r} ends no job; give one of {', '.join(sorted(status.ENDINGS))}"
            raise PlanError(msg)
        if (self.failure_reason is not None) != (self.ending == "Failed"):
            msg = (
                f"failure_reason={self.failure_reason!r} with ending={self.ending!r}: a job has a reason exactly when it fails; "
                "give both, or neither"
            )
            raise PlanError(msg)
        if self.failure_reason is not None:
            reasons.checked(self.failure_reason)
        if any(phase.status == status.STOPPING for phase in self.phases) and status.PRIMARY_OF_ENDING[self.ending] != "Stopped":
            msg = f"a job that is Stopping ends Stopped, MaxRuntimeExceeded or MaxWaitTimeExceeded, not {self.ending}"
            raise PlanError(msg)

    def _check_serverless(self) -> None:
        if (self.epochs is None) != (self.steps is None) or (self.tokens is not None and self.epochs is None):
            msg = f"epochs={self.epochs}, steps={self.steps}, tokens={self.tokens}: use Plan.serverless()"
            raise PlanError(msg)
        for name, least in (("epochs", 1), ("steps", 1), ("tokens", 0)):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
                msg = f"{name}={value!r}: a serverless job counts its {name}, at least {least}; give a whole number"
                raise PlanError(msg)
        if self.counts_steps and self._interrupted:
            msg = "a serverless job is no managed spot job, so its instances are not taken away: leave the interruptions out"
            raise PlanError(msg)

    def _check_logs(self) -> None:
        for name, source in self.written.items():
            visits = [phase for phase in self.phases if phase.status == name]
            if name == status.STOPPING and not visits:
                # A stop can always come.
                visits = [Phase(name, self.stopping)]
            if not visits:
                known = ", ".join(dict.fromkeys(phase.status for phase in self.phases))
                msg = f"logs has lines for {name}, and this plan has no such phase: it has {known}"
                raise PlanError(msg)
            for phase in visits:
                if phase.logs is not None:
                    msg = f"logs has lines for {name}, and so has its Phase({name!r}): say it in one place"
                    raise PlanError(msg)
                phase.check_fit(source)

    def _check_artifact(self) -> None:
        given: object = self.artifact
        if given is None or isinstance(given, bytes):
            return
        if not isinstance(given, (str, os.PathLike)):
            msg = f"artifact={given!r}: it is bytes, or the path of a file or directory; pack an object with tarfile first"
            raise PlanError(msg)
        if not Path(given).exists():
            msg = f"artifact={given!r}: there is no such file or directory; give the path of a model.tar.gz, or its bytes"
            raise PlanError(msg)

    def _check_interruptions(self) -> None:
        for at, after in enumerate(self.interruptions, 1):
            span_us(after, f"interruption {at}")
        if not 0 <= self.interruptions_per_hour < float("inf"):
            msg = f"interruptions_per_hour={self.interruptions_per_hour!r}: a rate is finite and not negative"
            raise PlanError(msg)
        if self._interrupted and all(one.status != status.TRAINING for one in self.phases):
            msg = "interruptions come in Training, and this plan has no such phase: add Phase('Training')"
            raise PlanError(msg)
