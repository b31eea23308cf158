"""The lives of several jobs in the order of a picture: children come below their tuning job."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sagemock.jobs.job import AnyJob
from sagemock.picture.life import Life, life
from sagemock.training.job import Job
from sagemock.tuning import job as tuning
from sagemock.tuning.child import Child

__all__ = ["family"]


def family(jobs: Sequence[AnyJob], now_us: int) -> list[Life]:
    """Return the lives of jobs. After a tuning job come the lives of its children."""
    parents = {job.arn for job in jobs if isinstance(job, tuning.Job)}
    return [
        one
        for job in jobs
        if not (isinstance(job, Job) and job.launch is not None and job.launch.tuning_job_arn in parents)
        for one in (_with_children(job, now_us) if isinstance(job, tuning.Job) else [life(job, now_us)])
    ]


def _with_children(job: tuning.Job, now_us: int) -> Iterator[Life]:
    """Yield the life of a tuning job, and those of its children."""
    at = tuning.snapshot(job, now_us)
    yield replace(life(job, now_us), remark=_counted(job, at))
    for child in job.children:
        if child.created_us <= now_us:
            own = life(child.job, now_us)
            name = child.job.name.removeprefix(job.name)
            yield replace(own, name=name, remark=_valued(child, now_us), is_child=True, is_best=at.best is child)


def _valued(child: Child, now_us: int) -> str:
    """Return the remark about a child: its objective so far; none for a failed child, whose failure reason is shown instead."""
    if child.is_over(now_us) and child.ending == "Failed":
        return ""
    value = child.emitted(now_us)
    return "no objective yet" if value is None else f"{value:.6g}"


def _counted(job: tuning.Job, at: tuning.Snapshot) -> str:
    """Return the remark about a tuning job: its failure reason, or the number of its children in each status."""
    if at.failure_reason is not None:
        return at.failure_reason
    counted = ", ".join(f"{number} {name}" for name, number in at.counters.items() if number) or "no children yet"
    return f"{counted}; a quota leaves no room" if job.is_blocked and not at.over else counted
