"""The fold of a batch job: a function that turns a script and the interventions in its job into a timeline."""

from dataclasses import replace
from typing import Final, TypeAlias

from sagemock import reasons
from sagemock.jobs.batch.fields import STARTING, STOPPING
from sagemock.jobs.batch.script import Script
from sagemock.jobs.interventions import Complete, Delete, Fail, Intervention, Stop
from sagemock.jobs.lines import LoggedVisit
from sagemock.jobs.shared import shared
from sagemock.jobs.timeline import Change, Timeline

__all__ = ["LIMIT", "fold"]

LIMIT: Final = "MaxRuntimeInSeconds"
_Cut: TypeAlias = Stop | Fail | Complete | str


@shared
def fold(script: Script, interventions: tuple[Intervention, ...]) -> Timeline:
    """Return the timeline of a script with these interventions. The function is pure, so jobs with equal lives share one."""
    started_us = script.starting_us if script.runs else None
    ended_us = _natural_end_us(script)
    cut_us, cut = _first_cut(script, interventions, started_us, ended_us)
    if cut is not None:
        ended_us = cut_us
    if started_us is not None and ended_us is not None and started_us > ended_us:
        # The cut came before the containers ran.
        started_us = None
    ending, reason = script.ending, script.failure_reason
    visits = [(0, "InProgress", STARTING)]
    if started_us is None and isinstance(cut, Complete):
        # A job that completes must have run.
        started_us = cut_us
    if started_us is not None:
        visits.append((started_us, "InProgress", script.running))
    logged = [] if started_us is None else [LoggedVisit(started_us, ended_us, script.lines)]
    if isinstance(cut, (str, Stop)):
        visits.append((cut_us, STOPPING, STOPPING))
        ended_us, ending, reason = cut_us + script.stopping_us, "Stopped", None
        if started_us is not None:
            logged.append(LoggedVisit(cut_us, ended_us, script.last_words))
    elif cut is not None:
        ending, reason = ("Completed", None) if isinstance(cut, Complete) else ("Failed", cut.reason)
    if ended_us is not None:
        visits.append((ended_us, ending, ending))
    return Timeline(
        changes=_changes(script, visits, ended_us),
        started_us=started_us,
        ended_us=ended_us,
        failure_reason=None if ended_us is None or reason is None else reason[: reasons.LENGTH],
        limits=((cut_us, cut),) if isinstance(cut, str) else (),
        logged_visits=tuple(visit for visit in logged if visit.lines),
    )


def _natural_end_us(script: Script) -> int | None:
    if script.starting_us is None or not script.runs:
        return script.starting_us
    return None if script.running_us is None else script.starting_us + script.running_us


def _first_cut(
    script: Script, interventions: tuple[Intervention, ...], started_us: int | None, ended_us: int | None
) -> tuple[int, _Cut | None]:
    """Return when the life is cut first, and by what: a limit, a stop of the plan, an intervention, or None."""
    cuts: list[tuple[int, int, _Cut]] = []
    if script.max_runtime_us is not None and started_us is not None:
        cuts.append((started_us + script.max_runtime_us + script.limit_lag_us, 0, LIMIT))
    if script.stopped_after_us is not None:
        cuts.append((script.stopped_after_us, 1, Stop(script.stopped_after_us)))
    cuts += [(one.at_us, 2, one) for one in interventions if not isinstance(one, Delete)]
    if not cuts:
        return 0, None
    at_us, _, cut = min(cuts, key=lambda one: one[:2])
    # An end that is due at T has happened at T, before anything can cut the life.
    return (0, None) if ended_us is not None and at_us >= ended_us else (at_us, cut)


def _changes(script: Script, visits: list[tuple[int, str, str]], ended_us: int | None) -> tuple[Change, ...]:
    """Return the visits as changes, with two more that move LastModifiedTime alone: after the creation and after the end."""
    changes = [
        Change(at_us, primary, phase, f"{script.status_member} {primary}", enters=True) for at_us, primary, phase in visits
    ]
    until = [change for change in changes if change.at_us <= script.registered_us]
    if until[-1].primary == "InProgress":
        changes.insert(len(until), replace(until[-1], at_us=script.registered_us, enters=False))
    if ended_us is not None and script.settled_us:
        changes.append(replace(changes[-1], at_us=ended_us + script.settled_us, enters=False))
    return tuple(changes)
