"""Plans: what a test wants to happen to a training job."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypedDict

from sagemock import reasons
from sagemock.checks import listed, number, of_a_plan, public, public_class, quoted
from sagemock.errors import InvalidType, PlanError
from sagemock.evidence import Assumption
from sagemock.jobs.durations import FOREVER, Duration, span_us
from sagemock.jobs.fields import code
from sagemock.jobs.hashing import hashed_once
from sagemock.jobs.lines import LogMapping, sources_of
from sagemock.jobs.misspelt import refuse_argument, refuse_field
from sagemock.literals import PhaseName
from sagemock.training import status
from sagemock.training.plan.changes import PlanChanges
from sagemock.training.plan.fields import INTERRUPTIONS_MAX, NORMAL, RATE, PlanFields, fits_rate
from sagemock.training.plan.phase import Phase
from sagemock.training.plan.replay import replay

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["Duration", "Durations", "Phase", "Plan"]


class Durations(TypedDict, total=False):
    """How long the phases of a recipe last, by name; what is not given, or None, is decided by the request."""

    starting: Duration | None
    downloading: Duration | None
    training: Duration | None
    uploading: Duration | None
    stopping: Duration | None


_AS_ANY_JOB: Final = Assumption("that the life of a serverless job goes as that of any other job", knob="Plan(phases=[…])")
_LENGTH = {name.lower(): name for name in (*NORMAL, status.STOPPING)}


@public_class
@hashed_once
@dataclass(frozen=True, repr=False)
class Plan(PlanFields):
    """What happens to a training job, from CreateTrainingJob to its end.

    A plan is made by a recipe, such as `Plan.completes(training=3600)`, or phase by phase:
    `Plan(phases=[Phase("Starting", 60), Phase("Training", 3600)], ending="Completed")`. It says what happens if nobody
    interferes: a stop, a limit of the request or an intervention of the test cuts it short. Raises PlanError if it contradicts
    itself.

    Every recipe but `replays` and `immediate` takes the durations of its phases by name. Each is a `timedelta`, seconds, or a
    (low, high) pair to draw from with the mock's seed. What is not given comes from recorded jobs, by kind of instance, input
    mode and data. `stopping` and `uploading` also say how long a stop takes. A recipe with `then` takes either that plan or
    durations. `logs` is what the container writes in which phase, counted from its beginning:
    `logs={"Training": [(0, "epoch 1"), (60, "epoch 2")]}`; a callable of the request may stand for the list.
    """

    @classmethod
    @public
    def completes(
        cls, *, granular: bool = False, legacy: bool = False, logs: LogMapping = (), **durations: "Unpack[Durations]"
    ) -> "Plan":
        """Plan a success with capacity at hand.

        Starting → Downloading → Training → Uploading → Completed

        `granular` shows the statuses of 2018-07-30, which today's service no longer does: Starting → LaunchingMLInstances →
        PreparingTrainingStack → Downloading → DownloadingTrainingImage → Training → Uploading → Completed. `legacy` shows a job
        as it was between then and 2023: the image is pulled in Training, and who waits for capacity waits in Starting.
        """
        phases = _visits("completes(", NORMAL, durations)
        return _made("completes", durations, phases, granular=granular, legacy=legacy, logs=logs)

    @classmethod
    @public
    def immediate(cls) -> "Plan":
        """Plan a job that is Completed when CreateTrainingJob answers, as with moto: for a suite that comes from there.

        Every status is in SecondaryStatusTransitions, and each lasts no time.
        """
        return cls([Phase(name, 0) for name in NORMAL], called="Plan.immediate()")

    @classmethod
    @public
    def fails(
        cls,
        reason: str | None = None,
        *,
        exit_code: int | None = None,
        during: PhaseName = "Training",
        after: Duration | None = None,
        logs: LogMapping = (),
        **durations: "Unpack[Durations]",
    ) -> "Plan":
        """Plan a failure `during` a phase, `after` so long in that phase (default: at its end).

        In Training the container fails, and what it left is uploaded before the job is Failed (aws/sagemaker-python-sdk#658):
        Starting → Downloading → Training → Uploading → Failed. Before that nothing is uploaded: Starting → Downloading → Failed.

        `reason` is FailureReason (`sagemock.reasons` has the service's own texts; a failure file shows as "AlgorithmError: " and
        its text), `exit_code` makes it that of a container that said nothing; the default is exit code 1. Its first 1024
        characters are shown, as by the service.
        """
        if not isinstance(during, str) or during not in NORMAL:
            raise PlanError(f"Plan.fails(during={quoted(during)}): a job fails during one of {', '.join(NORMAL)}")
        if reason is not None and exit_code is not None:
            raise PlanError(f"Plan.fails({quoted(reason)}, exit_code={quoted(exit_code)}): both say why; give one")
        if reason is None:
            reason = reasons.exit_code(1 if exit_code is None else exit_code)
        given: dict[str, Any] = dict(durations)
        if after is not None:
            if during.lower() in given:
                raise PlanError(f"Plan.fails(after=…, {during.lower()}=…): both say how long {during} lasts; give one")
            given[during.lower()] = after
        statuses = NORMAL[: NORMAL.index(during) + 1 + (during == status.TRAINING)]
        phases = _visits(f"fails(during={during!r}", statuses, given)
        reason = reasons.checked(reason)
        words = [repr(reason), *([] if during == status.TRAINING else [f"{during=}"])]
        return _made("fails", given, phases, words, ending="Failed", failure_reason=reason, logs=logs)

    @classmethod
    @public
    def hangs(cls, during: PhaseName = "Training", *, logs: LogMapping = (), **durations: "Unpack[Durations]") -> "Plan":
        """Plan a job that never leaves `during` by itself; a stop or a limit of its request still ends it."""
        if not isinstance(during, str) or during not in NORMAL:
            raise PlanError(f"Plan.hangs(during={quoted(during)}): a job hangs during one of {', '.join(NORMAL)}")
        # `uploading` also says how long the upload after a stop takes, so it has a meaning for every job that hangs.
        if during != status.UPLOADING and during.lower() in durations:
            raise PlanError(
                f"Plan.hangs(during={during!r}, {during.lower()}=…): a phase that never ends has no duration; leave one out"
            )
        phases = (*_visits(f"hangs(during={during!r}", NORMAL[: NORMAL.index(during)], durations), Phase(during, FOREVER))
        return _made("hangs", durations, phases, [repr(during)], logs=logs)

    @classmethod
    @public
    def waits_for_capacity(cls, wait: Duration, then: "Plan | None" = None, **durations: "Unpack[Durations]") -> "Plan":
        """Plan a job that waits for capacity before its life goes on as `then` says (default: it completes).

        On demand: Starting → Pending → Downloading → …, with "Training job waiting for capacity" and then "Preparing the
        instances for training". Managed spot: the job stays in Starting with "Insufficient capacity error from EC2 while
        launching instances, retrying!". MaxWaitTimeInSeconds and MaxPendingTimeInSeconds of the request end the wait.
        """
        return _varied(then, durations, f"waits_for_capacity({code(_length('wait', wait))}", capacity=wait)

    @classmethod
    @public
    def waits_for_training_plan(cls, scheduled: Duration, then: "Plan | None" = None, **durations: "Unpack[Durations]") -> "Plan":
        """Plan a job that is Pending until its training plan starts; MaxPendingTimeInSeconds does not count that time."""
        words = f"waits_for_training_plan({code(_length('scheduled', scheduled))}"
        return _varied(then, durations, words, scheduled=scheduled)

    @classmethod
    @public
    def capacity_error(cls, after: Duration = timedelta(hours=1), **durations: "Unpack[Durations]") -> "Plan":
        """Plan a job that never gets an instance: after hours in Starting it is Failed with CapacityError, and never started.

        Starting ("Insufficient capacity error from EC2 while launching instances, retrying!") → Failed
        """
        if "starting" in durations:
            raise PlanError("Plan.capacity_error(starting=…): `after` says how long the job is in Starting; give that")
        _visits("capacity_error(", (), durations)
        texts = [(0, status.STARTING_THE_JOB), (0, status.NO_CAPACITY)]
        phase = Phase(status.STARTING, _length("after", after), texts)
        words = [code(after)]
        return _made("capacity_error", durations, [phase], words, ending="Failed", failure_reason=reasons.CAPACITY)

    @classmethod
    @public
    def interrupted(
        cls,
        times: int | None = None,
        *,
        after: "Sequence[Duration] | None" = None,
        per_hour: float = 0.0,
        lasting: Duration | None = None,
        then: "Plan | None" = None,
        **durations: "Unpack[Durations]",
    ) -> "Plan":
        """Plan a managed spot job whose instances are taken away, `times` times, evenly over its training (default: once).

        Starting → Downloading → Training → Interrupted → Starting → Downloading → Training → Uploading → Completed

        `after` gives the training time before each interruption instead, `per_hour` lets chance decide, by the mock's seed.
        With CheckpointConfig in the request training goes on where it was, without it begins anew. `lasting` is how long an
        interruption lasts, `then` the life that is interrupted (default: it completes). Only jobs with EnableManagedSpotTraining
        can play it.
        """
        with of_a_plan():
            number("per_hour", per_hour, RATE, "write per_hour=0.5, or leave it out", fits=fits_rate)
        if (times is not None) + (after is not None) + bool(per_hour) > 1:
            raise PlanError("Plan.interrupted() takes one of times, after=[…] and per_hour: each says when")
        when: dict[str, Any]
        if after is not None:
            with of_a_plan():
                given = listed("after", after, "a list of durations", "say after how long, after=[600]")
            if not given:
                raise PlanError(f"Plan.interrupted(after={after!r}) interrupts nothing: say after how long, after=[600]")
            words, when = f"after={code(after)}", {"interruptions": given}
        elif per_hour:
            words, when = f"{per_hour=}", {"interruptions_per_hour": per_hour}
        else:
            times = 1 if times is None else _times("Plan.interrupted", times, "how often, at least once")
            words, when = f"{times}", {"evenly": times}
        words += "" if lasting is None else f", lasting={code(lasting)}"
        return _varied(then, durations, f"interrupted({words}", **when, interruption=lasting)

    @classmethod
    @public
    def internal_error(
        cls,
        times: int = 1,
        *,
        during: str = "Training",
        after: Duration | None = None,
        then: "Plan | None" = None,
        **durations: "Unpack[Durations]",
    ) -> "Plan":
        """Plan a job whose first `times` attempts end in an internal error of the service, `during` a phase and `after` so long.

        With RetryStrategy in the request the job starts again as often as that allows (… → Training → Starting → Downloading →
        …), and then goes on as `then` says; the limits of the request count all attempts together. Without it the first is the
        end: Failed with "InternalServerError: We encountered an internal error. Please try again.".
        """
        if not isinstance(during, str) or during not in NORMAL[:3]:
            raise PlanError(
                f"Plan.internal_error(during={quoted(during)}): an attempt ends during one of {', '.join(NORMAL[:3])}"
            )
        times = _times("Plan.internal_error", times, "how many attempts end so, at least one")
        given: Mapping[str, Any] = durations
        attempt = tuple(Phase(name, given.get(name.lower())) for name in NORMAL[: NORMAL.index(during)])
        words = (
            f"{times}"
            + (f", {during=}" if during != status.TRAINING else "")
            + (f", after={code(after)}" if after is not None else "")
        )
        attempts = {"internal_errors": times, "attempt": (*attempt, Phase(during, after))}
        return _varied(then, durations, f"internal_error({words}", **attempts)

    @classmethod
    @public
    def serverless(
        cls,
        *,
        epochs: int = 1,
        steps: int = 100,
        tokens: int | None = None,
        then: "Plan | None" = None,
        **durations: "Unpack[Durations]",
    ) -> "Plan":
        """Plan a serverless job that shows its progress: `epochs` of `steps` steps each, evenly over its training.

        DescribeTrainingJob has ProgressInfo from the beginning of the training on. `tokens` is for how many it is billed when it
        has done all steps: there is BillableTokenCount at the end then, and no BillableTimeInSeconds. `then` is the life that it
        lives (default: it completes). Only jobs with ServerlessJobConfig can play it.
        """
        told = "" if tokens is None else f", tokens={code(tokens)}"
        return _varied(
            _AS_ANY_JOB(then),
            durations,
            f"serverless(epochs={code(epochs)}, steps={code(steps)}{told}",
            epochs=epochs,
            steps=steps,
            tokens=tokens,
        )

    @classmethod
    @public
    def replays(cls, response: Mapping[str, Any] | str | os.PathLike[str], **durations: "Unpack[Durations]") -> "Plan":
        """Plan the same life again from a recorded DescribeTrainingJob response, relative to the new job's creation.

        `response` is the dict that boto3 returned, or the path of a JSON file as `aws sagemaker describe-training-job` prints it
        (times as ISO 8601 strings or epoch numbers). Parts of one do too: a `--query` selection, an event of EventBridge or its
        detail, a member of a list. What they do not say is filled in by the defaults, and `sagemock plan` says what. Messages
        that later ones have overwritten are shown again where they are known. A member that is null stays null at the end. A
        record of a job that had not finished goes on by the defaults. Limits of the new job's request do not cut a replay.
        Raises PlanError if it is not such a record.
        """
        if _checked("replays", durations):
            raise PlanError(f"Plan.replays({next(iter(durations))}=…): the record says how long each phase lasts; leave it out")
        made = replay(response)
        return cls(
            made.phases,
            ending=made.ending,
            failure_reason=made.failure_reason,
            stopped_after=made.stopped_after,
            replayed=made.response,
            nulls=made.nulls,
            called=f"Plan.replays(<{made.response.get('TrainingJobName', 'a record')}>)",
        )

    def but(self, **changes: "Unpack[PlanChanges]") -> "Plan":
        """Return the same plan with other values in some of its fields: `Plan.hangs().but(limit_lag=(60, 300))`."""
        known = [one.name for one in fields(self)]
        for name in changes:
            if name not in known:
                refuse_field(Plan, name, list(_LENGTH), [one for one in known if one != "called"])
        told = ", ".join(f"{name}={_brief(value)}" for name, value in changes.items())
        changed: dict[str, Any] = {"called": f"{self!r}.but({told})", **changes}
        return replace(self, **changed)


def _brief(value: object) -> str:
    # A whole model in every message that names its plan would hide the message.
    return f"<{len(value)} bytes>" if isinstance(value, bytes) else code(value)


def _length(name: str, value: Duration) -> Duration:
    """Return a duration that must be given."""
    if span_us(value, name) is None:
        raise PlanError(f"{name} is None: give a timedelta, seconds, or a (low, high) pair of them")
    return value


def _times(recipe: str, times: int, what: str) -> int:
    if isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= INTERRUPTIONS_MAX:
        raise PlanError(f"{recipe}({quoted(times)}): {what}, and {INTERRUPTIONS_MAX} at the most; write times=1")
    return times


def _made(
    recipe: str,
    durations: Mapping[str, Any],
    phases: Sequence[Phase],
    words: Sequence[str] = (),
    **changes: Any,  # noqa: ANN401  # any field
) -> Plan:
    """Return a plan of these phases, called by `words` and durations, of which the others are those that a stop plays."""
    called = f"Plan.{recipe}({', '.join([*words, *_words(durations, changes)])})"
    tail: dict[str, Any] = {"stopping": durations.get("stopping"), "uploading": durations.get("uploading")}
    return Plan(phases, **{"called": called, **tail, **changes})


def _visits(called: str, statuses: Sequence[str], durations: Mapping[str, Any]) -> tuple[Phase, ...]:
    """Return phases with these statuses and the durations that were given by their names.

    Raises PlanError for the duration of another phase, unless a stop may play it. `called` is how the call begins.
    """
    recipe, _, words = called.partition("(")
    given = _checked(recipe, durations)
    for name in given:
        if _LENGTH[name] not in (*statuses, status.UPLOADING, status.STOPPING):
            told = ", ".join(filter(None, [words, f"{name}=…"]))
            raise PlanError(f"Plan.{recipe}({told}): such a job never gets to {_LENGTH[name]}; leave {name} out")
    return tuple(Phase(name, given.get(name.lower())) for name in statuses)


def _words(durations: Mapping[str, Any], changes: Mapping[str, Any]) -> list[str]:
    words = [f"{name}={code(value)}" for name, value in durations.items()]
    written = ", ".join(f"{name!r}: …" for name, _ in sources_of(changes.get("logs", ()), status.WRITES))
    words += [f"logs={{{written}}}"] if written else []
    return words + [f"{name}=True" for name in ("granular", "legacy") if changes.get(name) is True]


def _checked(recipe: str, durations: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return durations. Raises InvalidType for a name that no phase has; the text says what was meant, and what there is."""
    for name in durations:
        if name not in _LENGTH:
            refuse_argument(Plan, recipe, name, list(_LENGTH), [one.name for one in fields(Plan)])
    return durations


def _varied(then: Plan | None, durations: Mapping[str, Any], called: str, **changes: Any) -> Plan:  # noqa: ANN401  # any field
    """Return the plan `then`, or one that completes with these durations, with changes; `called` is how the call begins."""
    recipe = called.partition("(")[0]
    base: object = then
    if base is None:
        phases = _visits(f"{recipe}(", NORMAL, durations)
        base = Plan(phases, stopping=durations.get("stopping"), uploading=durations.get("uploading"))
    elif _checked(recipe, durations):
        name = next(iter(durations))
        raise PlanError(f"Plan.{recipe}({name}=…, then=…): both say how long it lasts; write then=Plan.completes({name}=…)")
    if not isinstance(base, Plan):
        raise InvalidType(f"then={quoted(then)}: the life that goes on is a Plan, such as then=Plan.fails()")
    words = [called, *_words(durations, {}), *([] if then is None else [f"then={then!r}"])]
    return replace(base, called=f"Plan.{', '.join(words)})", **changes)
