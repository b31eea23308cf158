"""Hypothesis strategies: random plans and lives of training jobs, for property tests of the code around them.

Needs Hypothesis (`pip install hypothesis`), which sagemock itself does not.
"""

from typing import Any, Final

from hypothesis import strategies as st

from sagemock import reasons
from sagemock.jobs.outline import NORMAL
from sagemock.jobs.phase import Phase
from sagemock.jobs.plan import Plan

__all__ = ["lives", "plans"]

LONGEST_S: Final = 7200
_REASONS: Final = (
    reasons.exit_code(1),
    reasons.exit_code(137),
    reasons.algorithm("KeyError: 'train'"),
    reasons.data_download(),
    reasons.image_download(),
    reasons.OUT_OF_MEMORY,
    reasons.ROLE,
    reasons.INTERNAL,
)


def plans() -> st.SearchStrategy[Plan]:
    """Return plans that any job can play: successes, failures in every phase, jobs that hang, and capacity that never comes.

    Every one comes to an end, a job that hangs by the limit of its request (a day, if it has none). Their durations are whole
    seconds up to two hours, or those of recorded jobs. They shrink towards a plain success.
    """
    seconds = st.integers(0, LONGEST_S)
    during = st.sampled_from(NORMAL)
    named: dict[str, Any] = dict.fromkeys(("starting", "downloading", "training", "uploading"), seconds)
    return st.one_of(
        st.fixed_dictionaries({}, optional=named).map(lambda durations: Plan.completes(**durations)),
        st.builds(Plan.fails, st.sampled_from(_REASONS), during=during, after=seconds),
        st.builds(Plan.capacity_error, seconds),
        # Where MaxRuntimeInSeconds ends it: a job that hangs elsewhere never ends.
        st.builds(Plan.hangs, st.sampled_from(("Training", "Downloading"))),
    )


@st.composite
def lives(draw: st.DrawFn, *, spot: bool = False) -> Plan:
    """Return plans to which, besides, anything happens that can happen to a job.

    It may wait for capacity before, have its first attempts end in internal errors, be stopped by somebody at any moment, have
    its limits noticed too late, and be interrupted if it is a managed `spot` job (give only jobs with EnableManagedSpotTraining
    such a life).
    """
    seconds = st.integers(0, LONGEST_S)
    plan = draw(plans())
    changes: dict[str, Any] = {}
    if draw(st.booleans()):
        changes["capacity"] = draw(seconds)
    if draw(st.booleans()):
        changes["internal_errors"] = draw(st.integers(1, 3))
        changes["attempt"] = (Phase("Starting"), Phase("Downloading"), Phase("Training", draw(seconds)))
    if draw(st.booleans()):
        changes["stopped_after"] = draw(seconds)
        changes["stopping"] = draw(st.integers(0, 120))
    if draw(st.booleans()):
        changes["limit_lag"] = draw(st.integers(0, 300))
    trains = any(phase.status == "Training" and phase.duration != 0 for phase in plan.phases)
    if spot and trains and draw(st.booleans()):
        changes["evenly"] = draw(st.integers(1, 3))
    return plan.but(**changes) if changes else plan
