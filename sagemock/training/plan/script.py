"""Scripts: a plan made concrete for one request. Every duration is known, every message has its offset."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Any, Final

from sagemock import reasons
from sagemock.clock.instants import SECOND_US, duration_us
from sagemock.errors import PlanError
from sagemock.evidence import REPLAY, Assumption
from sagemock.jobs.durations import Duration, span_us
from sagemock.jobs.hashing import hashed_once
from sagemock.jobs.lines import NO_LINES, Lines, lines_of
from sagemock.jobs.own import own
from sagemock.jobs.shared import shared
from sagemock.training import status
from sagemock.training.plan import defaults, recording
from sagemock.training.plan.defaults import Traits, traits
from sagemock.training.plan.fields import INTERRUPTIONS_MAX
from sagemock.training.plan.phase import Phase
from sagemock.training.plan.plan import Plan

__all__ = ["Script", "Step", "script"]

_PENDING_IF_ASKED: Final = Assumption(
    "that every job on demand on accelerated instances goes through Pending if its request has MaxPendingTimeInSeconds, even "
    'with capacity at hand (five of five records of 2026), with the message "Preparing the instances for training"',
    since="2026-11-26",
    knob="leave MaxPendingTimeInSeconds out of the request, or write the phases of the plan with messages",
)
_SHARED_OUT: Final = Assumption(
    "how the time of Starting and Downloading is divided among the finer statuses of 2018-07-30", knob="Plan(phases=[…])"
)
_WARM_IS_NOT_PENDING: Final = Assumption(
    "that a job on the instances of a warm pool is not Pending", since="2026-11-26", knob=REPLAY
)


@dataclass(frozen=True, slots=True)
class Step:
    """A visit to a secondary status: its length (None: forever) and its messages by offset, all in microseconds."""

    status: str
    length_us: int | None
    messages: tuple[tuple[int, str], ...]
    lines: Lines = NO_LINES
    """The lines that the container writes in this step."""


@hashed_once
@dataclass(frozen=True)
class Script:
    """All that happens to a job if nobody interferes, in microseconds after its creation. Equal scripts have equal timelines."""

    steps: tuple[Step, ...]
    ending: str
    failure_reason: str | None
    stopping_us: int
    """How long the container takes to end."""
    pending_stop_us: int
    """How long a stop takes while the job is Pending."""
    uploading_us: int
    stopped_after_us: int | None
    stopping_since_us: int | None
    """When TrainingJobStatus becomes Stopping in a replay without a Stopping entry; None if it does not."""
    leaves_model: bool
    metrics_after_us: int
    """How long after the end FinalMetricDataList appears; 0: as soon as the lines of the log give it."""
    interruptions_us: tuple[int, ...]
    """The training time before each interruption, counted from the latest start or restart of the training."""
    restart: tuple[Step, ...]
    """The steps of an interruption before the training goes on."""
    resumes: bool
    """Whether training goes on where it was interrupted (else it starts from the beginning)."""
    max_runtime_us: int | None
    """None in a replay, which limits do not cut."""
    max_wait_us: int | None
    max_pending_us: int | None
    limit_lag_us: int
    billed: float
    """The billed part of the training time."""
    retains: bool
    """Whether the instances are kept in a warm pool at the end."""
    recorded: recording.Recorded | None
    last_words: Lines = NO_LINES
    """The lines that the container writes when it is stopped."""
    has_lines: bool = False
    """Whether the plan gives the container lines to write."""


def script(plan: Plan, request: Mapping[str, Any], rng: Random, *, warm: bool = False, retains: bool = False) -> Script:
    """Return the script of `plan` for `request`; `rng` draws from its ranges.

    With `warm`, the job starts on the instances of a warm pool; with `retains`, it leaves its instances to one. Raises PlanError
    if the plan does not fit the request.
    """
    by = traits(request, warm=warm, retains=retains)
    return _Compiler(plan, by, rng, request).compile() if plan.draws or plan.asks else _shared(plan, by)


@shared
def _shared(plan: Plan, by: Traits) -> Script:
    """Return the script of a plan that leaves nothing to chance; it is cached, so that a hundred thousand jobs share one."""
    return _Compiler(plan, by, Random(0), {}).compile()  # noqa: S311  # nothing is drawn from it


class _Compiler:
    """Compiles a plan into a script for one request."""

    def __init__(self, plan: Plan, by: Traits, rng: Random, request: Mapping[str, Any]) -> None:
        self.plan = plan
        self.by = by
        self.rng = rng
        # Drawn once, so that the limit excludes exactly the wait of this job.
        self.scheduled_us = self.length_us(plan.scheduled, 0)
        self.request = request

    def compile(self) -> Script:
        plan, by = self.plan, self.by
        replayed = plan.replayed is not None
        if plan.counts_steps and not by.serverless:
            raise PlanError(
                f"{plan!r} counts the steps of a job on instances: only serverless jobs show them; "
                "create it with ServerlessJobConfig, or give it another plan"
            )
        steps, ending, reason = self.steps()
        pending_us = None if by.max_pending_s is None or not by.accelerated else by.max_pending_s * SECOND_US
        if pending_us is not None and plan.scheduled is not None:
            # Pending before the start of a training plan does not count (service model, MaxPendingTimeInSeconds).
            pending_us += self.scheduled_us
        stopping = self.step(Phase(status.STOPPING, plan.stopping))
        recorded = None if plan.replayed is None else recording.read(plan.replayed, plan.nulls)
        played = recorded is not None and recorded.ending is not None
        called_us = None if plan.stopped_after is None else self.length_us(plan.stopped_after, 0)
        return Script(
            steps=tuple(steps),
            ending=ending,
            failure_reason=reason,
            stopping_us=stopping.length_us or 0,
            pending_stop_us=self.length_us(plan.stopping, defaults.PENDING_STOP_S),
            uploading_us=self.length_us(plan.uploading, defaults.length_s(status.UPLOADING, by, legacy=plan.legacy)),
            stopped_after_us=None if played else called_us,
            stopping_since_us=called_us if played else None,
            metrics_after_us=self.length_us(plan.metrics_after, 0),
            leaves_model=by.leaves_model if plan.model is None else plan.model,
            interruptions_us=self.interruptions(steps),
            restart=_restart(self.by, self.length_us(plan.interruption, defaults.INTERRUPTED_S), plan.legacy),
            resumes=by.checkpoints,
            max_runtime_us=None if replayed else by.max_runtime_s * SECOND_US,
            max_wait_us=None if replayed or not by.spot or by.max_wait_s is None else by.max_wait_s * SECOND_US,
            max_pending_us=None if replayed else pending_us,
            limit_lag_us=self.length_us(plan.limit_lag, 0),
            billed=(defaults.SPOT_BILLED if plan.billed is None else plan.billed) if by.spot else 1.0,
            retains=by.retains,
            recorded=recorded,
            last_words=stopping.lines,
            has_lines=any(step.lines for step in (*steps, stopping)),
        )

    def length_us(self, given: Duration | None, default_s: float) -> int:
        span = span_us(given, "a duration")
        return round(default_s * SECOND_US) if span is None else self.rng.randint(*span)

    # -- the steps

    def steps(self) -> tuple[list[Step], str, str | None]:
        """Return the steps of all attempts, and how the last one ends."""
        plan = self.plan
        attempts: list[Step] = []
        for _ in range(min(plan.internal_errors, self.by.retries + 1)):
            attempts += self.visits(plan.attempt)
        if plan.internal_errors > self.by.retries:
            return attempts, "Failed", reasons.INTERNAL
        return [*attempts, *self.visits(plan.phases)], plan.ending, plan.failure_reason

    def visits(self, phases: Iterable[Phase]) -> list[Step]:
        steps = [self.step(phase) for phase in phases]
        if self.plan.capacity is not None or self.plan.scheduled is not None:
            steps[:1] = self.waiting(steps[0])
        elif len(steps) > 1 and self.is_pending(steps[1]):
            steps[:1] = self.through_pending(steps[0])
        if self.plan.granular:
            steps = [finer for step in steps for finer in self.finer(step)]
        return steps

    def step(self, phase: Phase) -> Step:
        lines = self.lines(phase)
        if phase.forever:
            return Step(phase.status, None, self.messages(phase, None), lines)
        length = self.length_us(phase.duration, defaults.length_s(phase.status, self.by, legacy=self.plan.legacy))
        if phase.duration is None and isinstance(phase.message, tuple):
            # The default duration must be long enough for the last message of the plan, and a second to read it.
            length = max(length, duration_us(phase.message[-1][0]) + SECOND_US)
        if phase.duration is None:
            length = max(length, lines.last_us + SECOND_US)
        return Step(phase.status, length, self.messages(phase, length), lines)

    def lines(self, phase: Phase) -> Lines:
        source = self.plan.by_status.get(phase.status) if phase.logs is None else phase.logs
        if not callable(source):
            return NO_LINES if source is None else lines_of(source, phase.status)
        lines = lines_of(source(own(self.request)), f"the lines of {phase.status} by {source!r}")
        if phase not in self.plan.attempt:
            # An attempt may end before it has written all its lines: the others are not written.
            phase.check_fit(lines)
        return lines

    def messages(self, phase: Phase, length: int | None) -> tuple[tuple[int, str], ...]:
        if phase.message is not None:
            pairs = ((0, phase.message),) if isinstance(phase.message, str) else phase.message
            messages = tuple((duration_us(offset), text) for offset, text in pairs)
            self.check_data(phase, messages)
            return messages
        return defaults.messages(phase.status, self.by, length, legacy=self.plan.legacy)

    def check_data(self, phase: Phase, messages: Iterable[tuple[int, str]]) -> None:
        """Refuse the message of a data download if the job streams its data; a replay may have it."""
        if self.plan.replayed is None and self.by.streams and any(text == status.INPUT_DATA for _, text in messages):
            raise PlanError(
                f"{self.plan!r} says {status.INPUT_DATA!r} in {phase.status}, and this job streams its data in Pipe or FastFile "
                "mode; create it with TrainingInputMode='File', or leave the message out"
            )

    def is_pending(self, after: Step) -> bool:
        """Whether the job goes through Pending although capacity is at hand; `after` is the step after Starting in the plan."""
        by, plan = self.by, self.plan
        asks = by.max_pending_s is not None and by.accelerated and not by.spot
        as_today = not (plan.granular or plan.legacy) and plan.replayed is None and plan.phases[0].message is None
        return _PENDING_IF_ASKED(asks) and as_today and not _WARM_IS_NOT_PENDING(by.warm) and after.status != status.PENDING

    def through_pending(self, starting: Step) -> list[Step]:
        """Return Starting divided into Starting and Pending, which gets nearly all of its time (five records of 2026)."""
        whole_us = starting.length_us or 0
        before_us = min(self.before_pending_us, whole_us)
        return [
            Step(status.STARTING, before_us, ((0, status.STARTING_THE_JOB),)),
            Step(status.PENDING, whole_us - before_us, ((0, status.PREPARING_THE_INSTANCES),)),
        ]

    @property
    def before_pending_us(self) -> int:
        return round(defaults.lengths(self.by).before_pending * SECOND_US)

    def waiting(self, starting: Step) -> list[Step]:
        """Return the steps of a job that waits for capacity and then prepares its instances for as long as `starting`."""
        wait_us = self.scheduled_us + self.length_us(self.plan.capacity, 0)
        whole_us = None if starting.length_us is None else wait_us + starting.length_us
        if not self.by.spot and not self.plan.granular and not self.plan.legacy:
            # Three logs of 2024: Starting ends at once, and one Pending entry has both messages.
            first = Step(status.STARTING, self.before_pending_us, ((0, status.STARTING_THE_JOB),))
            texts = ((0, status.WAITING_FOR_CAPACITY), (wait_us, status.PREPARING_THE_INSTANCES))
            return [first, Step(status.PENDING, whole_us, texts)]
        # Spot jobs stay in Starting (in the same hour, with the same shortage); so did jobs on demand before Pending existed.
        begun_us = min(wait_us, round(defaults.CPU.starting * defaults.FIRST_MESSAGE * SECOND_US))
        begun = (0, status.STARTING_THE_JOB), (begun_us, status.NO_CAPACITY)
        return [Step(status.STARTING, whole_us, (*begun, (wait_us, status.PREPARING_THE_INSTANCES)))]

    def finer(self, step: Step) -> list[Step]:
        """Return the statuses of 2018-07-30 that make up a step."""
        if step.length_us is None:
            return [step]
        if step.status == status.STARTING:
            (_, first), *_ = step.messages
            begun_us = min(step.messages[1][0], step.length_us) if len(step.messages) > 1 else step.length_us
            rest_us = step.length_us - begun_us
            launching = Step(status.LAUNCHING, _SHARED_OUT(rest_us // 2), ((0, status.MESSAGES[status.LAUNCHING]),))
            if len(step.messages) > 2:  # noqa: PLR2004  # it waited for capacity
                wait_us = step.messages[2][0] - begun_us
                # "could show a status message of" this, with that spelling: the API change of 2018-07-30
                texts = ((0, "Insufficent capacity error while launching instances"), (wait_us, launching.messages[0][1]))
                launching = Step(status.LAUNCHING, wait_us + (rest_us - wait_us) // 2, texts)
            preparing_us = rest_us - (launching.length_us or 0)
            preparing = Step(status.PREPARING, preparing_us, ((0, status.MESSAGES[status.PREPARING]),))
            return [Step(status.STARTING, begun_us, ((0, first),)), launching, preparing]
        if step.status == status.DOWNLOADING:
            image = status.MESSAGES[status.DOWNLOADING_IMAGE]
            if len(step.messages) == 1:
                return [Step(status.DOWNLOADING_IMAGE, step.length_us, ((0, image),))]
            data_us = min(step.messages[1][0], step.length_us)
            data = Step(status.DOWNLOADING, data_us, step.messages[:1])
            return [data, Step(status.DOWNLOADING_IMAGE, step.length_us - data_us, ((0, image),))]
        return [step]

    # -- interruptions

    def interruptions(self, steps: Iterable[Step]) -> tuple[int, ...]:
        plan = self.plan
        interrupts = bool(plan.interruptions or plan.evenly or plan.interruptions_per_hour)
        has_phase = plan.replayed is None and any(phase.status == status.INTERRUPTED for phase in (*plan.phases, *plan.attempt))
        if (interrupts or has_phase) and not self.by.spot:
            raise PlanError(
                f"{plan!r} interrupts a job on demand: only managed spot jobs are interrupted; "
                "create it with EnableManagedSpotTraining=True, or give it another plan"
            )
        if not interrupts:
            return ()
        whole_us = next(step.length_us for step in reversed(list(steps)) if step.status == status.TRAINING)
        if plan.evenly:
            default_s = defaults.length_s(status.TRAINING, self.by, legacy=plan.legacy)
            share_us = round(default_s * SECOND_US) if whole_us is None else whole_us
            return (share_us // (plan.evenly + 1),) * plan.evenly
        if plan.interruptions_per_hour:
            return tuple(self.by_chance(whole_us))
        found = tuple(self.length_us(after, 0) for after in plan.interruptions)
        left_us = whole_us
        for number, after_us in enumerate(found, 1):
            if left_us is not None and after_us >= left_us:
                raise PlanError(
                    f"{plan!r}: interruption {number} comes after {after_us / SECOND_US:g} s of training, "
                    f"and only {left_us / SECOND_US:g} s are left then; let it come earlier, or train longer"
                )
            left_us = left_us - after_us if left_us is not None and self.by.checkpoints else left_us
        return found

    def by_chance(self, whole_us: int | None) -> Iterable[int]:
        left_us = whole_us
        for _ in range(INTERRUPTIONS_MAX):
            after_us = round(self.rng.expovariate(self.plan.interruptions_per_hour / 3600) * SECOND_US)
            if left_us is not None and after_us >= left_us:
                return
            yield after_us
            if left_us is not None and self.by.checkpoints:
                left_us -= after_us


# The cache is global because it holds only numbers and texts of the service, nothing of a plan or a request.
@lru_cache(maxsize=1024)
def _restart(by: Traits, gap_us: int, legacy: bool) -> tuple[Step, ...]:  # noqa: FBT001  # private, one caller
    """Return the steps of an interruption before the training goes on; jobs with any plan share them."""
    compiler = _Compiler(Plan(legacy=legacy), by, Random(0), {})  # noqa: S311  # nothing is drawn from it
    interrupted = Step(status.INTERRUPTED, gap_us, ((0, status.MESSAGES[status.INTERRUPTED]),))
    return interrupted, compiler.step(Phase(status.STARTING)), compiler.step(Phase(status.DOWNLOADING))
