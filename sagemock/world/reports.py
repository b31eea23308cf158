"""The error texts of a mock: for a loop that would never end, and for unused plans and faults."""

from collections.abc import Iterable, Iterator, Sequence

from sagemock.clock.forced_moves import ForcedMove
from sagemock.jobs.job import AnyJob
from sagemock.picture.show import situation
from sagemock.service.calls import Calls
from sagemock.service.faults import Fault

__all__ = ["runaway", "unused"]


def runaway(what: str, now_us: int, jobs: Iterable[AnyJob], standing: Iterable[Fault], moves: Sequence[ForcedMove] = ()) -> str:
    """Return the text of NothingWillHappen; `what` describes what the code under test went on doing."""
    waits = "".join(f"\n  {move}" for move in moves)
    faults = "".join(f"\n  {fault} has met {fault.met} calls" for fault in standing)
    return (
        f"nothing can happen any more, and yet {what} since.\n{situation(jobs, now_us)}{faults}{waits}\n"
        "Let the code under test recognise that status and end its loop, give the job a plan that goes on, "
        "or allow more with idle_limit (None: no limit)"
    )


def unused(plans: Sequence[object], faults: Sequence[object], created: Sequence[str], calls: Calls) -> str:
    """Return the text of UnusedError: the plans that no created job used, and the faults that no call met."""
    jobs = f"the jobs that were created: {', '.join(created)}" if created else "no job was created"
    return "\n".join(
        [
            *_complaint("plan", plans, verb="used", against=jobs, mend="pattern"),
            *_complaint("fault", faults, verb="met", against=repr(calls), mend="operation, the job or the time"),
        ]
    )


def _complaint(kind: str, unused: Sequence[object], *, verb: str, against: str, mend: str) -> Iterator[str]:
    if unused:
        count = f"1 prepared {kind} was" if len(unused) == 1 else f"{len(unused)} prepared {kind}s were"
        yield (
            f"{count} never {verb}: {'; '.join(map(str, unused))} ({against}). "
            f"Mend the {mend}, take the {kind} out, or allow it with strict=False"
        )
