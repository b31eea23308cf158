"""Plans: what a test wants to happen to a training job."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypedDict

from sagemock import reasons
from sagemock.checks import choices, listed, number, of_a_plan, public, public_class, quoted
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
    """How long the phases of a recipe last, by name. The request decides a duration that is missing or None."""

    starting: Duration | None
    downloading: Duration | None
    training: Duration | None
    uploading: Duration | None
    stopping: Duration | None


_AS_ANY_JOB: Final = Assumption("that a serverless job has the same life as any other job", knob="Plan(phases=[…])")
_LENGTH = {name.lower(): name for name in (*NORMAL, status.STOPPING)}


@public_class
@hashed_once
@dataclass(frozen=True, repr=False)
class Plan(PlanFields):
    """What happens to a training job, from CreateTrainingJob to its end.

    Make a plan with a recipe, such as `Plan.completes(training=3600)`, or phase by phase:
    `Plan(phases=[Phase("Starting", 60), Phase("Training", 3600)], ending="Completed")`. It says what happens if nobody
    interferes: a stop, a limit of the request or an intervention of the test cuts it short. Raises PlanError if the plan
    contradicts itself.

    Every recipe except `replays` and `immediate` takes the durations of its phases by name. Each is a `timedelta`, seconds, or a
    (low, high) pair to draw from with the mock's seed. Missing durations come from recorded jobs, by kind of instance, input mode
    and data. `stopping` and `uploading` also say how long a stop takes. A recipe with `then` takes either that plan or durations.
    `logs` are the lines that the container writes, by phase, with offsets from the beginning of the phase:
    `logs={"Training": [(0, "epoch 1"), (60, "epoch 2")]}`; a callable that takes the request may replace the list.
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
        as between then and 2023: Training pulls the image, and a job that waits for capacity waits in Starting.
        """
        phases = _visits("completes(", NORMAL, durations)
        return _by_recipe("completes", durations, phases, granular=granular, legacy=legacy, logs=logs)

    @classmethod
    @public
    def immediate(cls) -> "Plan":
        """Plan a job that is Completed when CreateTrainingJob answers, as in moto: for a suite that used moto.

        SecondaryStatusTransitions has every status, each with length 0.
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

        In Training the container fails, and its output is uploaded before the job is Failed (aws/sagemaker-python-sdk#658):
        Starting → Downloading → Training → Uploading → Failed. A failure before Training uploads nothing:
        Starting → Downloading → Failed.

        `reason` is FailureReason: `sagemock.reasons` has the service's own texts; the text of a failure file comes after
        "AlgorithmError: ". `exit_code` gives the reason of a container that wrote no failure file; the default is exit code 1. As
        in the service, FailureReason has only the first 1024 characters.
        """
        if not isinstance(during, str) or during not in NORMAL:
            raise PlanError(f"Plan.fails(during={quoted(during)}): a job fails during {choices(during, NORMAL)}")
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
        return _by_recipe("fails", given, phases, words, ending="Failed", failure_reason=reason, logs=logs)

    @classmethod
    @public
    def hangs(cls, during: PhaseName = "Training", *, logs: LogMapping = (), **durations: "Unpack[Durations]") -> "Plan":
        """Plan a job that never leaves `during` by itself; a stop or a limit of its request still ends it."""
        if not isinstance(during, str) or during not in NORMAL:
            raise PlanError(f"Plan.hangs(during={quoted(during)}): a job hangs during {choices(during, NORMAL)}")
        # `uploading` is also the duration of the upload after a stop, so it makes sense for every job that hangs.
        if during != status.UPLOADING and during.lower() in durations:
            raise PlanError(
                f"Plan.hangs(during={during!r}, {during.lower()}=…): a phase that never ends has no duration; leave one out"
            )
        phases = (*_visits(f"hangs(during={during!r}", NORMAL[: NORMAL.index(during)], durations), Phase(during, FOREVER))
        return _by_recipe("hangs", durations, phases, [repr(during)], logs=logs)

    @classmethod
    @public
    def waits_for_capacity(cls, wait: Duration, then: "Plan | None" = None, **durations: "Unpack[Durations]") -> "Plan":
        """Plan a job that waits for capacity and then follows the plan `then` (default: it completes).

        On demand: Starting → Pending → Downloading → …, with "Training job waiting for capacity" and then "Preparing the
        instances for training". Managed spot: the job stays in Starting with "Insufficient capacity error from EC2 while
        launching instances, retrying!". MaxWaitTimeInSeconds and MaxPendingTimeInSeconds of the request end the wait.
        """
        return _variant(then, durations, f"waits_for_capacity({code(_length('wait', wait))}", capacity=wait)

    @classmethod
    @public
    def waits_for_training_plan(cls, scheduled: Duration, then: "Plan | None" = None, **durations: "Unpack[Durations]") -> "Plan":
        """Plan a job that is Pending until its training plan starts; MaxPendingTimeInSeconds does not count that time."""
        words = f"waits_for_training_plan({code(_length('scheduled', scheduled))}"
        return _variant(then, durations, words, scheduled=scheduled)

    @classmethod
    @public
    def capacity_error(cls, after: Duration = timedelta(hours=1), **durations: "Unpack[Durations]") -> "Plan":
        """Plan a job that never gets an instance: it fails with CapacityError `after` so long in Starting (default: an hour).

        Starting ("Insufficient capacity error from EC2 while launching instances, retrying!") → Failed
        """
        if "starting" in durations:
            raise PlanError("Plan.capacity_error(starting=…): `after` says how long the job is in Starting; give that")
        _visits("capacity_error(", (), durations)
        texts = [(0, status.STARTING_THE_JOB), (0, status.NO_CAPACITY)]
        phase = Phase(status.STARTING, _length("after", after), texts)
        words = [code(after)]
        return _by_recipe("capacity_error", durations, [phase], words, ending="Failed", failure_reason=reasons.CAPACITY)

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

        Only jobs with EnableManagedSpotTraining can have this plan. With CheckpointConfig in the request, training resumes where
        it was interrupted; otherwise it starts from the beginning.

        :param times: How often the instances are taken away.
        :param after: Instead of `times`: the training time before each interruption.
        :param per_hour: Instead of `times`: the average number of interruptions per hour of training, drawn with the mock's seed.
        :param lasting: How long an interruption lasts before the job starts again.
        :param then: The plan that is interrupted (default: the job completes).
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
            times = 1 if times is None else _times("Plan.interrupted", times, "how often the job is interrupted")
            words, when = f"{times}", {"evenly": times}
        words += "" if lasting is None else f", lasting={code(lasting)}"
        return _variant(then, durations, f"interrupted({words}", **when, interruption=lasting)

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
        """Plan a job whose first `times` attempts end in an internal error of the service, `after` so long in the phase `during`.

        With RetryStrategy in the request, the job starts again as often as that allows (… → Training → Starting → Downloading →
        …), and then follows the plan `then`; the limits of the request count all attempts together. Without RetryStrategy, the
        first error ends the job: Failed with "InternalServerError: We encountered an internal error. Please try again.".
        """
        if not isinstance(during, str) or during not in NORMAL[:3]:
            raise PlanError(f"Plan.internal_error(during={quoted(during)}): an attempt ends during {choices(during, NORMAL[:3])}")
        times = _times("Plan.internal_error", times, "how many attempts end in an error")
        given: Mapping[str, Any] = durations
        attempt = tuple(Phase(name, given.get(name.lower())) for name in NORMAL[: NORMAL.index(during)])
        words = (
            f"{times}"
            + (f", {during=}" if during != status.TRAINING else "")
            + (f", after={code(after)}" if after is not None else "")
        )
        attempts = {"internal_errors": times, "attempt": (*attempt, Phase(during, after))}
        return _variant(then, durations, f"internal_error({words}", **attempts)

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

        DescribeTrainingJob has ProgressInfo from the beginning of the training on. `tokens` is the number of tokens billed for a
        job that does all its steps: at the end, it has BillableTokenCount instead of BillableTimeInSeconds. `then` is the plan of
        its life (default: the job completes). Only jobs with ServerlessJobConfig can have this plan.
        """
        billed = "" if tokens is None else f", tokens={code(tokens)}"
        return _variant(
            _AS_ANY_JOB(then),
            durations,
            f"serverless(epochs={code(epochs)}, steps={code(steps)}{billed}",
            epochs=epochs,
            steps=steps,
            tokens=tokens,
        )

    @classmethod
    @public
    def replays(cls, response: Mapping[str, Any] | str | os.PathLike[str], **durations: "Unpack[Durations]") -> "Plan":
        """Plan the life of a recorded DescribeTrainingJob response again, relative to the new job's creation.

        `response` is the dict that boto3 returned, or the path of a JSON file as `aws sagemaker describe-training-job` prints it
        (times as ISO 8601 strings or epoch numbers). A part of a response will do, too: a `--query` selection, an event of
        EventBridge or its detail, a member of a list. Defaults fill in what is missing, and `sagemock plan` tells what they are.
        Messages that later ones have overwritten are shown again where they are known. A field that is null stays null at the
        end. If the recorded job had not finished, the rest of its life follows the defaults. Limits of the new job's request do
        not cut a replay. Raises PlanError if `response` is not such a record.
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
        """Return a copy of the plan with these fields changed: `Plan.hangs().but(limit_lag=(60, 300))`."""
        known = [one.name for one in fields(self)]
        for name in changes:
            if name not in known:
                refuse_field(Plan, name, list(_LENGTH), [one for one in known if one != "called"])
        words = ", ".join(f"{name}={_brief(value)}" for name, value in changes.items())
        changed: dict[str, Any] = {"called": f"{self!r}.but({words})", **changes}
        return replace(self, **changed)


def _brief(value: object) -> str:
    # The bytes of a model would hide the rest of an error message that names the plan.
    return f"<{len(value)} bytes>" if isinstance(value, bytes) else code(value)


def _length(name: str, value: Duration) -> Duration:
    """Return `value`. Raises PlanError if it is None."""
    if span_us(value, name) is None:
        raise PlanError(f"{name} is None: give a timedelta, seconds, or a (low, high) pair of them")
    return value


def _times(recipe: str, times: int, what: str) -> int:
    if isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= INTERRUPTIONS_MAX:
        raise PlanError(f"{recipe}({quoted(times)}): times is {what}, from 1 to {INTERRUPTIONS_MAX}; write times=1")
    return times


def _by_recipe(
    recipe: str,
    durations: Mapping[str, Any],
    phases: Sequence[Phase],
    words: Sequence[str] = (),
    **changes: Any,  # noqa: ANN401  # any field
) -> Plan:
    """Return a plan of these phases, whose repr is the call of the recipe. Durations of Stopping and Uploading are for stops."""
    called = f"Plan.{recipe}({', '.join([*words, *_words(durations, changes)])})"
    tail: dict[str, Any] = {"stopping": durations.get("stopping"), "uploading": durations.get("uploading")}
    return Plan(phases, **{"called": called, **tail, **changes})


def _visits(called: str, statuses: Sequence[str], durations: Mapping[str, Any]) -> tuple[Phase, ...]:
    """Return phases with these statuses, and with their durations in `durations`.

    Raises PlanError for the duration of another phase, unless a stop may use it. `called` is the beginning of the call's text.
    """
    recipe, _, words = called.partition("(")
    given = _checked(recipe, durations)
    for name in given:
        if _LENGTH[name] not in (*statuses, status.UPLOADING, status.STOPPING):
            arguments = ", ".join(filter(None, [words, f"{name}=…"]))
            raise PlanError(f"Plan.{recipe}({arguments}): such a job never gets to {_LENGTH[name]}; leave {name} out")
    return tuple(Phase(name, given.get(name.lower())) for name in statuses)


def _words(durations: Mapping[str, Any], changes: Mapping[str, Any]) -> list[str]:
    words = [f"{name}={code(value)}" for name, value in durations.items()]
    written = ", ".join(f"{name!r}: …" for name, _ in sources_of(changes.get("logs", ()), status.WRITES))
    words += [f"logs={{{written}}}"] if written else []
    return words + [f"{name}=True" for name in ("granular", "legacy") if changes.get(name) is True]


def _checked(recipe: str, durations: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return `durations`. Raises InvalidType for a name that is not a phase; the text suggests a name and lists them all."""
    for name in durations:
        if name not in _LENGTH:
            refuse_argument(Plan, recipe, name, list(_LENGTH), [one.name for one in fields(Plan)])
    return durations


def _variant(then: Plan | None, durations: Mapping[str, Any], called: str, **changes: Any) -> Plan:  # noqa: ANN401  # any field
    """Return the plan `then` (or one that completes with these durations) with changes; `called` begins the call's text."""
    recipe = called.partition("(")[0]
    base: object = then
    if base is None:
        phases = _visits(f"{recipe}(", NORMAL, durations)
        base = Plan(phases, stopping=durations.get("stopping"), uploading=durations.get("uploading"))
    elif _checked(recipe, durations):
        name = next(iter(durations))
        raise PlanError(f"Plan.{recipe}({name}=…, then=…): both say how long it lasts; write then=Plan.completes({name}=…)")
    if not isinstance(base, Plan):
        raise InvalidType(f"then={quoted(then)}: give a Plan, such as then=Plan.fails()")
    words = [called, *_words(durations, {}), *([] if then is None else [f"then={then!r}"])]
    return replace(base, called=f"Plan.{', '.join(words)})", **changes)
