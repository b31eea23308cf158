"""The life of a tuning job: its next step and its end, as a function of its children and of the interventions in it.

Nothing here launches or stops a child. `fold` returns the timeline, with the next child to launch or stop, and when.
`world/launcher` does that and replaces the tuning job's record, whose timeline is then folded again.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple, TypeAlias

from sagemock import reasons
from sagemock.evidence import YOUR_WORDS, Assumption
from sagemock.jobs import timeline
from sagemock.jobs.interventions import Complete, Delete, Fail, Intervention, Stop
from sagemock.jobs.timeline import Change
from sagemock.training.status import TRAINING
from sagemock.tuning.child import Child
from sagemock.tuning.criteria import completion_us
from sagemock.tuning.script import Script

__all__ = ["DELETING_US", "Launch", "Step", "StopChild", "Timeline", "fold"]

# Record T1, and cloud-custodian's recording of 2024.
ALL_FAILED: Final = "All training jobs failed. Please take a look at the training jobs failures to get more details."
# A public record of 2025-05.
NONE_SUCCEEDED: Final = (
    "No training job succeeded after 5 attempts. For additional details, please take a look at the training job failures by "
    "listing training jobs for the hyperparameter tuning job."
)
ATTEMPTS: Final = 5
"""How many children fail before a tuning job gives up (the same record, and aws/amazon-sagemaker-examples#2436)."""
_COMPLETES: Final = Assumption(
    "that a tuning job which reaches MaxRuntimeInSeconds or meets a completion criterion stops its children, is InProgress until "
    "they have ended, and is Completed then (that they are stopped: aws/sagemaker-python-sdk#3983)",
    since="2026-11-26",
)
_MIXED: Final = Assumption(
    "that a tuning job none of whose children has succeeded is Completed if all of them were stopped, and Failed, in the words "
    "for children that all failed, if some were stopped and some failed; and that a child without an objective succeeds, too",
    since="2026-11-26",
)
_REFUSED: Final = Assumption(
    "that a tuning job fails, with AWS's message as FailureReason, when a child is refused for another reason than a quota",
    since="2026-11-26",
    knob=YOUR_WORDS,
)
_AT_ONCE: Final = Assumption(
    "that fail() and complete(), and a plan that ends a tuning job, stop its running children at the same instant",
    since="2026-11-26",
)
_TRAINS: Final = Assumption(
    "that early stopping and Hyperband stop only a child that still trains: a value at the end of the training stops none",
    since="2026-11-26",
)
_DELETES: Final = Assumption(
    "that a tuning job is Deleting for 10 s until it is gone, and that deleting a tuning job that does not exist is not an error",
    since="2026-11-26",
)
DELETING_US: Final = _DELETES(10_000_000)


class Launch(NamedTuple):
    """The step that creates a child."""

    at_us: int
    number: int
    slot: int


class StopChild(NamedTuple):
    """The step that stops a child."""

    at_us: int
    number: int


Step: TypeAlias = Launch | StopChild


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline(timeline.Timeline):
    """The whole life of a tuning job as far as its present children decide it, in microseconds after its creation."""

    step: Step | None
    """The next child to launch or stop, None if there is none. Its instant is in microseconds since the epoch."""


class _Cut(NamedTuple):
    """An event from which on no child is launched, and its reason."""

    at_us: int
    why: Literal["stop", "limit", "criterion", "failures", "refused", "ends"]
    ending: str
    reason: str | None = None


class _End(NamedTuple):
    at_us: int
    ending: str
    reason: str | None = None


_STOPS: Final = frozenset({"stop", "limit", "criterion", "ends"})
"""The cuts that stop the running children."""
_FROM_OUTSIDE: Final = frozenset({"stop", "ends"})
"""The cuts by the owner, the test or the plan: they count even while the tuning job waits for its last children to end."""


def fold(  # noqa: PLR0913  # all that a timeline depends on
    script: Script,
    created_us: int,
    children: Sequence[Child],
    interventions: Sequence[Intervention],
    *,
    held_us: int | None = None,
    is_blocked: bool = False,
    refused: tuple[int, str] | None = None,
) -> Timeline:
    """Return the timeline of a tuning job.

    `held_us` is the instant before which no child is launched, because a quota has no room. `is_blocked` is true if a quota has
    no room, and nothing is known that will make room. `refused` is the instant and the message of a refusal for another reason.
    """
    cuts = sorted(_cuts(script, created_us, children, interventions, refused), key=_instant)
    own = next((one for one in cuts if one.why not in _FROM_OUTSIDE), None)
    outer = next((one for one in cuts if one.why in _FROM_OUTSIDE), None)
    launch = None if is_blocked else _next_launch(script, created_us, children, held_us)
    step = _next_step(children, launch, [] if own is None else [own])
    end = _end(script, created_us, children, own, step)
    changes = [_change(0, "InProgress")]
    # An end that is due at T has happened at T, so a stop or an intervention of the test at T comes too late.
    if outer is not None and (end is None or outer.at_us < end.at_us):
        step = _next_step(children, launch, [outer] if own is None else [own, outer])
        end = _cut_end(script, created_us, children, outer, step)
        if outer.why == "stop":
            changes.append(_change(outer.at_us - created_us, "Stopping"))
    if end is not None:
        changes.append(_change(end.at_us - created_us, end.ending))
    for one in interventions:
        if isinstance(one, Delete):
            changes = [change for change in changes if change.at_us <= one.at_us]
            changes.append(replace(changes[-1], at_us=one.at_us, primary="Deleting", enters=False))
    is_limited = own is not None and own.why == "limit" and all(own.at_us < one.at_us for one in (outer, end) if one is not None)
    return Timeline(
        changes=tuple(changes),
        started_us=0,
        ended_us=None if end is None else end.at_us - created_us,
        failure_reason=None if end is None or end.reason is None else end.reason[: reasons.LENGTH],
        limits=((own.at_us - created_us, "MaxRuntimeInSeconds"),) if own is not None and is_limited else (),
        step=step,
    )


def _change(at_us: int, name: str) -> Change:
    return Change(at_us, name, name, "", enters=True)


# -- what ends the launches


def _cuts(  # noqa: C901  # a list of all cuts
    script: Script,
    created_us: int,
    children: Sequence[Child],
    interventions: Sequence[Intervention],
    refused: tuple[int, str] | None,
) -> Iterator[_Cut]:
    """Yield each event after which the tuning job launches no more children."""
    for one in interventions:
        if isinstance(one, Stop):
            yield _Cut(created_us + one.at_us, "stop", "Stopped")
        elif isinstance(one, Fail):
            yield _AT_ONCE(_Cut(created_us + one.at_us, "ends", "Failed", one.reason))
        elif isinstance(one, Complete):
            yield _Cut(created_us + one.at_us, "ends", "Completed")
    if script.stopped_after_us is not None:
        yield _Cut(created_us + script.stopped_after_us, "stop", "Stopped")
    if script.ended_after_us is not None and script.ending is not None:
        yield _Cut(created_us + script.ended_after_us, "ends", script.ending, script.failure_reason)
    if script.max_runtime_us is not None:
        yield _COMPLETES(_Cut(created_us + script.max_runtime_us, "limit", "Completed"))
    criterion_us = completion_us(script.criteria, children, maximize=script.maximize)
    if criterion_us is not None:
        yield _Cut(criterion_us, "criterion", "Completed")
    given_up_us = _given_up_us(children)
    if given_up_us is not None:
        yield _Cut(given_up_us, "failures", "Failed", NONE_SUCCEEDED)
    if refused is not None:
        yield _REFUSED(_Cut(refused[0], "refused", "Failed", refused[1]))


def _given_up_us(children: Iterable[Child]) -> int | None:
    """Return when the fifth child has failed and none has succeeded, None if that does not happen."""
    ended = sorted((one.ended_us, one.has_succeeded) for one in children if one.ended_us is not None and one.ending != "Stopped")
    first = ended[:ATTEMPTS]
    return first[-1][0] if len(first) == ATTEMPTS and not any(has_succeeded for _, has_succeeded in first) else None


# -- the next step


def _next_step(children: Sequence[Child], launch: Launch | None, cuts: Sequence[_Cut]) -> Step | None:
    steps: list[Step] = []
    stopped_us = min((one.at_us for one in cuts if one.why in _STOPS), default=None)
    for one in children:
        instants = [at_us for at_us in (_early_us(one), stopped_us) if at_us is not None]
        if instants and _runs(one, at_us := min(instants)):
            steps.append(StopChild(at_us, one.number))
    if launch is not None and all(launch.at_us < one.at_us for one in cuts):
        steps.append(launch)
    return min(steps, key=_instant, default=None)


def _early_us(one: Child) -> int | None:
    """Return when early stopping or the strategy stops a child, None if it does not, or if the child does not train then."""
    at_us = one.stop_us
    return at_us if at_us is not None and _TRAINS(one.job.state(at_us).secondary == TRAINING) else None


def _runs(one: Child, at_us: int) -> bool:
    return not one.is_over(at_us) and one.job.state(at_us).primary == "InProgress"


def _next_launch(script: Script, created_us: int, children: Sequence[Child], held_us: int | None) -> Launch | None:
    """Return the launch of the next child into the slot that is free first, None if no slot is known to become free."""
    if len(children) >= script.most:
        return None
    least_us = 0 if held_us is None else held_us
    taken: dict[int, Child] = {one.slot: one for one in children}
    slots = min(script.parallel, script.most)
    free = [slot for slot in range(slots) if slot not in taken]
    if free:
        return Launch(max(least_us, created_us + script.first_launch_us), len(children) + 1, free[0])
    ends = [(one.ended_us, slot) for slot, one in taken.items() if one.ended_us is not None]
    if not ends:
        return None
    ended_us, slot = min(ends)
    return Launch(max(least_us, ended_us + script.next_launch_us), len(children) + 1, slot)


# -- how it ends


def _end(script: Script, created_us: int, children: Sequence[Child], own: _Cut | None, step: Step | None) -> _End | None:
    """Return the end if nothing from outside cuts the tuning job; None if it never ends, or if children decide it later."""
    natural = _natural_end(script, created_us, children) if step is None else None
    if own is None or (natural is not None and natural.at_us <= own.at_us):
        return natural
    return _cut_end(script, created_us, children, own, step)


def _natural_end(script: Script, created_us: int, children: Sequence[Child]) -> _End | None:
    """Return the end if there is no cut at all; None if it never ends, or if children decide it later."""
    if script.endless or len(children) < script.most:
        return None
    last_us = _last_us(created_us, children)
    return None if last_us is None else _end_after(script, created_us, children, last_us)


def _end_after(script: Script, created_us: int, children: Sequence[Child], last_us: int, none: str = ALL_FAILED) -> _End:
    """Return the end of a tuning job whose last child ends at `last_us`; `none` is the FailureReason if no child succeeded."""
    has_failed = any(one.ending == "Failed" for one in children)
    if _MIXED(any(one.has_succeeded for one in children) or not has_failed):
        return _End(last_us + script.finishing_us, "Completed")
    # Record T1: at the next write.
    return _End(_next_write_us(script, created_us, last_us), "Failed", none)


def _cut_end(script: Script, created_us: int, children: Sequence[Child], cut: _Cut, step: Step | None) -> _End | None:
    if cut.why == "ends":
        return _End(cut.at_us, cut.ending, cut.reason)
    last_us = None if step is not None else _last_us(cut.at_us, children)
    if last_us is None or (script.endless and cut.why == "failures"):
        return None
    if cut.why in ("limit", "criterion"):
        return _End(last_us + script.finishing_us, cut.ending)
    if cut.why == "failures":
        return _end_after(script, created_us, children, last_us, NONE_SUCCEEDED)
    return _End(_next_write_us(script, created_us, last_us), cut.ending, cut.reason)


def _last_us(least_us: int, children: Iterable[Child]) -> int | None:
    """Return when the last child has ended, not before `least_us`; None if a child never ends."""
    last_us = least_us
    for one in children:
        if one.ended_us is None:
            return None
        last_us = max(last_us, one.ended_us)
    return last_us


def _next_write_us(script: Script, created_us: int, at_us: int) -> int:
    first_us, every_us = created_us + script.first_write_us, script.writes_every_us
    return first_us + max(0, -(-(at_us - first_us) // every_us)) * every_us


def _instant(one: _Cut | Step) -> int:
    return one.at_us
