"""The error texts of a mock: for a loop that would never end, and for unused plans and faults."""

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Final

from sagemock.clock.forced_moves import ForcedMove
from sagemock.jobs.job import AnyJob
from sagemock.jobs.kinds import TRAINING, TUNING
from sagemock.jobs.rules import Rule
from sagemock.picture.show import situation
from sagemock.service.calls import Calls
from sagemock.service.faults import Fault

__all__ = ["runaway", "unused"]

_WIDTH: Final = 80
"""The greatest number of characters in a line about what is unused: pytest shows these lines without a margin."""
_NAMED: Final = 10
"""The greatest number of jobs that a text names."""


def runaway(what: str, now_us: int, jobs: Iterable[AnyJob], standing: Iterable[Fault], moves: Sequence[ForcedMove] = ()) -> str:
    """Return the text of NothingWillHappen; `what` describes what the code under test went on doing."""
    waits = "".join(f"\n  {move}" for move in moves)
    faults = "".join(f"\n  {fault} has met {fault.met} calls" for fault in standing)
    return (
        f"nothing can happen any more, and yet {what} since.\n{situation(jobs, now_us)}{faults}{waits}\n"
        "Let the code under test recognise that status and end its loop, give the job a plan that goes on, "
        "or allow more with idle_limit (None: no limit)"
    )


def unused(plans: Sequence[Rule], faults: Sequence[object], created: Sequence[str], calls: Calls, jobs: Iterable[AnyJob]) -> str:
    """Return the text of UnusedError: the plans that no created job used, and the faults that no call met.

    `created` are the names of all jobs that were created, and `jobs` the jobs that were not deleted.
    """
    from sagemock.picture.cells import wrapped  # noqa: PLC0415  # needed only for an error

    named = ", ".join(created[:_NAMED]) + (f" and {len(created) - _NAMED} more" if len(created) > _NAMED else "")
    against = f"The jobs that were created: {named}." if created else "No job was created."
    present = list(jobs)
    lines = [
        *_complaint("plan", plans, verb="used", against=against, mend="pattern"),
        *(hint for hint in (_missed(plan, present) for plan in plans) if hint),
        *_complaint(
            "fault",
            faults,
            verb="met",
            against=f"The calls: {calls!r}." if len(calls) else "No call arrived.",
            mend="operation, the job or the time",
        ),
    ]
    return "\n".join(wrapped("\n".join(lines), _WIDTH))


def _missed(plan: Rule, jobs: Iterable[AnyJob]) -> str:
    """Return why a job whose name matches did not use a plan; "" if there is no such job."""
    pattern = plan.matcher
    met = [job for job in jobs if isinstance(pattern, str) and fnmatchcase(job.name, pattern)]
    if not met:
        return ""
    # A job of the plan's own kind comes first.
    job = min(met, key=lambda one: one.kind != plan.kind)
    if job.kind == plan.kind:
        return f"{job.name!r} was created before this plan was given, or another plan was for it: the first that matches wins."
    children = f", and for its training jobs by {job.name + '-*'!r}" if job.kind == TUNING and plan.kind == TRAINING else ""
    right = type(job.plan).__name__
    return f"{job.name!r} is a {job.kind.noun}, and this plan is for {plan.kind.noun}s: plan it by a {right}{children}."


def _complaint(kind: str, unused: Sequence[object], *, verb: str, against: str, mend: str) -> Iterator[str]:
    if unused:
        count = f"1 prepared {kind} was" if len(unused) == 1 else f"{len(unused)} prepared {kind}s were"
        yield f"{count} never {verb}:"
        yield from (f"  {one}" for one in unused)
        yield against
        yield f"Mend the {mend}, take the {kind} out, or allow it with strict=False."
