"""The fields of a training job's plan, as an immutable value whose fields do not contradict each other."""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from sagemock import reasons
from sagemock.checks import choices, flag, listed, number, of_a_plan, one_of, quoted, text, whole
from sagemock.clock.instants import LONGEST, SECOND_US, duration_us
from sagemock.errors import PlanError
from sagemock.jobs.contents import exists
from sagemock.jobs.durations import Duration, span_us
from sagemock.jobs.fields import GeneralFields
from sagemock.jobs.kinds import TRAINING, Kind
from sagemock.jobs.lines import Lines
from sagemock.training import status
from sagemock.training.plan.order import impossible
from sagemock.training.plan.phase import Phase
from sagemock.training.plan.recording import MAY_BE_NULL, read

__all__ = ["INTERRUPTIONS_MAX", "NORMAL", "RATE", "PlanFields", "fits_rate"]

NORMAL = (status.STARTING, status.DOWNLOADING, status.TRAINING, status.UPLOADING)
"""The phases of a job that finds capacity at hand and succeeds."""


INTERRUPTIONS_MAX = 1000
"""The largest number of interruptions: training that starts from the beginning each time might never end."""
_ATTEMPTS_MAX = 1000
# A job that is created before the clock's last instant must end before datetime.max.
_LIFE_US = 9 * duration_us(LONGEST)
RATE = "of interruptions per hour of training: 0, or from 0.000001 to 3600"
_COUNTS = {"epochs": (1, 2**31 - 1), "steps": (1, 2**31 - 1), "tokens": (0, 2**63 - 1)}
"""The smallest and the largest value of each: Integer and Long of the service model."""
_LENGTHS = ("stopping", "uploading", "capacity", "scheduled", "interruption", "limit_lag", "stopped_after", "metrics_after")


@dataclass(frozen=True, repr=False)
class PlanFields(GeneralFields):
    """The fields of a plan. Make plans with `Plan`."""

    kind: ClassVar[Kind] = TRAINING
    writes: ClassVar[Collection[str]] = status.WRITES

    phases: Sequence[Phase] = tuple(Phase(name) for name in NORMAL)
    ending: status.Ending = "Completed"
    failure_reason: str | None = None
    uploading: Duration | None = None
    """How long the upload after a stop takes."""
    granular: bool = False
    """Whether the job shows the finer statuses of 2018-07-30."""
    legacy: bool = False
    """Whether the training image is pulled in Training, as until 2023, and there is no Pending."""
    capacity: Duration | None = None
    """How long the job waits for capacity before its first instance."""
    scheduled: Duration | None = None
    """How long the job waits for the start of its training plan before that; MaxPendingTimeInSeconds does not count this time."""
    interruptions: Sequence[Duration] = ()
    """The training time before each loss of the spot instances, counted from the latest start or restart of the training."""
    evenly: int = 0
    """How often the spot instances are taken away, evenly over the training."""
    interruptions_per_hour: float = 0.0
    """How often the spot instances are taken away by chance, per hour of training."""
    interruption: Duration | None = None
    """How long an interruption lasts before the job starts again."""
    internal_errors: int = 0
    """How many attempts end in an internal error of the service before one goes on, as far as RetryStrategy allows."""
    attempt: Sequence[Phase] = ()
    """The phases of such an attempt until the error."""
    billed: float | None = None
    """The part of a spot job's training time that is billed."""
    epochs: int | None = None
    """How many epochs a serverless job trains."""
    steps: int | None = None
    """How many steps each epoch has."""
    tokens: int | None = None
    """For how many tokens it is billed, instead of for its time."""
    metrics_after: Duration | None = None
    """How long after the end FinalMetricDataList appears, even if a replayed record has it; None or 0: as soon as the lines of
    the log give it, and in a replay at the end."""
    artifact: bytes | str | os.PathLike[str] | None = None
    """The object that a job puts at its S3ModelArtifacts if moto's S3 is active: the bytes of model.tar.gz, the path of that
    file, or the path of a directory to pack; None: a small archive that sagemock makes."""
    model: bool | None = None
    """Whether a job that completes has a model; None lets the request decide: serverless jobs on a Nova model have none."""
    nulls: Sequence[str] = ()
    """The fields that the replayed record shows as null."""

    def __post_init__(self) -> None:
        """Refuse a plan that contradicts itself, at the line of the test that makes the plan."""
        self._check_general()
        with of_a_plan():
            self._check_kinds()
        self._check_phases()
        self._check_ending()
        self._check_interruptions()
        for name in _LENGTHS:
            if (length := getattr(self, name)) is not None:
                span_us(length, name)
        self._check_logs()
        self._check_artifact()
        if bool(self.internal_errors) != bool(self.attempt):
            raise PlanError(f"internal_errors={self.internal_errors} with attempt={self.attempt!r}: use Plan.internal_error()")
        if self.replayed is not None and (
            self.capacity is not None
            or self.scheduled is not None
            or self.internal_errors
            or self._interrupted
            or self.counts_steps
        ):
            raise PlanError(
                "a replay repeats the recorded life, without further waits, failures or interruptions: leave `then` out"
            )
        self._check_serverless()
        if self.granular and self.legacy:
            raise PlanError(
                "granular=True with legacy=True: granular shows jobs as in 2018, legacy as in the years after that; give one"
            )
        self._check_life()

    @cached_property
    def draws(self) -> bool:
        """Whether jobs with this plan differ, because it leaves something to chance."""
        lengths = [phase.duration for phase in (*self.phases, *self.attempt)] + [*self.interruptions]
        lengths += [getattr(self, name) for name in _LENGTHS]
        return bool(self.interruptions_per_hour) or any(isinstance(length, tuple) for length in lengths)

    @cached_property
    def asks(self) -> bool:
        """Whether jobs with this plan differ, because a callable computes their lines from the request."""
        return any(callable(source) for source in (*self.by_status.values(), *(phase.logs for phase in self.phases)))

    @property
    def counts_steps(self) -> bool:
        """Whether jobs with this plan show ProgressInfo, which only serverless jobs do."""
        return self.epochs is not None

    @property
    def _interrupted(self) -> bool:
        return bool(self.interruptions or self.evenly or self.interruptions_per_hour)

    def _check_kinds(self) -> None:
        advice = "write phases=[Phase('Starting', 60), Phase('Training', 3600)]"
        object.__setattr__(self, "phases", listed("phases", self.phases, "a list of phases", advice))
        object.__setattr__(self, "attempt", listed("attempt", self.attempt, "a list of phases", "use Plan.internal_error()"))
        advice = "write interruptions=[600], or use Plan.interrupted()"
        interruptions = listed("interruptions", self.interruptions, "a list of durations", advice)
        object.__setattr__(self, "interruptions", interruptions)
        for name in ("granular", "legacy", *(() if self.model is None else ("model",))):
            flag(name, getattr(self, name))
        object.__setattr__(self, "nulls", listed("nulls", self.nulls, "a list of members", "use Plan.replays()"))
        for name in self.nulls:
            one_of("a member in nulls", name, MAY_BE_NULL)
        whole("evenly", self.evenly, "how often a job is interrupted", "use Plan.interrupted()", least=0, most=INTERRUPTIONS_MAX)
        whole("internal_errors", self.internal_errors, "how many", "use Plan.internal_error()", least=0, most=_ATTEMPTS_MAX)
        rate = self.interruptions_per_hour
        number("interruptions_per_hour", rate, RATE, "use Plan.interrupted(per_hour=0.5)", fits=fits_rate)
        if self.billed is not None:
            bounds = "above 0 and at most 1, the part of the training time that is billed"
            number("billed", self.billed, bounds, "write billed=0.4", fits=lambda part: 0 < part <= 1)
        for name, (least, most) in _COUNTS.items():
            if (count := getattr(self, name)) is not None:
                whole(name, count, f"how many {name} a serverless job counts", "use Plan.serverless()", least=least, most=most)
        if self.failure_reason is not None:
            text("failure_reason", self.failure_reason, "a text", "write failure_reason='AlgorithmError: , exit code: 1'")
        if self.replayed is not None:
            read(self.replayed)

    def _check_phases(self) -> None:
        if not self.phases:
            raise PlanError("a plan has at least one phase, as every job starts in Starting: begin with Phase('Starting')")
        every: tuple[object, ...] = (*self.phases, *self.attempt)
        for given in every:
            if not isinstance(given, Phase):
                raise PlanError(f"{quoted(given)} is not a phase: give phases like Phase('Starting', 60)")
        for phase in self.phases[:-1]:
            if phase.forever:
                raise PlanError(
                    f"{phase.status} never ends in this plan, so later phases never come: leave those out, or give a duration"
                )
        # A replay may have an order of statuses that the rules do not know.
        for phases in (self.attempt, () if self.replayed is not None else self.phases):
            names = [phase.status for phase in phases]
            for at, name in enumerate(names):
                if (why := impossible(names[:at], name)) is not None:
                    raise PlanError(why)
        waits = self.capacity is not None or self.scheduled is not None
        if waits and self.phases[0].status != status.STARTING:
            begins = self.phases[0].status
            raise PlanError(
                f"a job waits for capacity in Starting, and this plan begins in {begins}: begin it with Phase('Starting')"
            )

    def _check_ending(self) -> None:
        ending: object = self.ending
        if not isinstance(ending, str) or ending not in status.ENDINGS:
            raise PlanError(f"ending={quoted(ending)} is not an end of a job; give {choices(ending, sorted(status.ENDINGS))}")
        if (self.failure_reason is not None) != (self.ending == "Failed"):
            raise PlanError(
                f"failure_reason={quoted(self.failure_reason)} with ending={self.ending!r}: a job has a reason exactly when it "
                "fails; give both, or neither"
            )
        if self.failure_reason is not None:
            reasons.checked(self.failure_reason)
        if any(phase.status == status.STOPPING for phase in self.phases) and status.PRIMARY_OF_ENDING[self.ending] != "Stopped":
            raise PlanError(f"a job that is Stopping ends Stopped, MaxRuntimeExceeded or MaxWaitTimeExceeded, not {self.ending}")

    def _check_serverless(self) -> None:
        if (self.epochs is None) != (self.steps is None) or (self.tokens is not None and self.epochs is None):
            raise PlanError(f"epochs={self.epochs}, steps={self.steps}, tokens={self.tokens}: use Plan.serverless()")
        if self.counts_steps and self._interrupted:
            raise PlanError(
                "a serverless job is not a managed spot job, so its instances are not taken away: leave the interruptions out"
            )

    def _check_logs(self) -> None:
        for name, source in self.by_status.items():
            visits = [phase for phase in self.phases if phase.status == name]
            if name == status.STOPPING and not visits:
                # Any job can be stopped, so Stopping needs no phase.
                visits = [Phase(name, self.stopping)]
            if not visits:
                known = ", ".join(dict.fromkeys(phase.status for phase in self.phases))
                raise PlanError(f"logs has lines for {name}, and this plan has no such phase: it has {known}")
            for phase in visits:
                if phase.logs is not None:
                    raise PlanError(f"logs has lines for {name}, and so has its Phase({name!r}): give them in one place")
                phase.check_fit(source)

    def _check_artifact(self) -> None:
        given: object = self.artifact
        if given is None or isinstance(given, bytes):
            return
        if not isinstance(given, (str, os.PathLike)) or not given:
            raise PlanError(
                f"artifact={quoted(given)}: it is bytes, or the path of a file or directory; pack an object with tarfile first"
            )
        if not exists(given):
            raise PlanError(
                f"artifact={quoted(given)}: there is no such file or directory; give the path of a model.tar.gz, or its bytes"
            )

    def _check_interruptions(self) -> None:
        if len(self.interruptions) > INTERRUPTIONS_MAX:
            given = len(self.interruptions)
            raise PlanError(
                f"a job is interrupted at most {INTERRUPTIONS_MAX} times, and this plan has {given} interruptions: leave some out"
            )
        for at, after in enumerate(self.interruptions, 1):
            if span_us(after, f"interruption {at}") is None:
                raise PlanError(f"interruption {at} is None: say after how long, after=[600]")
        if self._interrupted and all(one.status != status.TRAINING for one in self.phases):
            raise PlanError("interruptions come in Training, and this plan has no such phase: add Phase('Training')")

    def _check_life(self) -> None:
        """Refuse a life so long that its end would be after `datetime.max`."""
        times = INTERRUPTIONS_MAX if self.interruptions_per_hour else self.evenly + len(self.interruptions)
        often = {"interruption": times}
        longest_us = sum(_longest_us(phase) for phase in self.phases)
        longest_us += self.internal_errors * sum(_longest_us(phase) for phase in self.attempt)
        for name in _LENGTHS:
            span = span_us(getattr(self, name), name)
            longest_us += 0 if span is None else span[1] * often.get(name, 1)
        if longest_us > _LIFE_US:
            years = round(longest_us / SECOND_US / 86400 / 365.25)
            raise PlanError(
                f"this life lasts {years} years: a job that ends does so within {9 * 100}; give shorter durations, or math.inf"
            )


def fits_rate(per_hour: float) -> bool:
    """Whether a rate of interruptions is possible: below one in a century, instants would lie beyond `datetime.max`."""
    return per_hour == 0 or 1e-6 <= per_hour <= 3600  # noqa: PLR2004  # once in a century, once in a second


def _longest_us(phase: Phase) -> int:
    """Return the longest duration that the plan gives to a phase; 0 if it never ends, for then a limit of the request ends it."""
    if phase.forever:
        return 0
    span = span_us(phase.duration, "a duration")
    if span is not None:
        return span[1]
    message_us = 0 if phase.message is None or isinstance(phase.message, str) else duration_us(phase.message[-1][0])
    return max(message_us, phase.logs.last_us if isinstance(phase.logs, Lines) else 0)
