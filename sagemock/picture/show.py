"""Jobs as pictures, in plain text and as SVG: one job, several jobs on one axis, or one line per job.

The modules that draw are imported on first use, because most tests draw no picture.
"""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from sagemock.jobs.job import AnyJob
from sagemock.jobs.kinds import TUNING
from sagemock.jobs.transitions import transitions

__all__ = ["drawing", "situation", "timeline", "timelines"]

LINES: Final = 20
"""The most jobs that `situation` lists."""


def timeline(job: AnyJob, now_us: int, *, width: int | None = None, unicode: bool = False) -> str:
    """Return a picture of a job's whole life as known at `now_us`: its past and its plan.

    `#` is past, `-` is planned. Times count from the creation of the job. The picture is ASCII, apart from the job's own texts,
    unless `unicode` allows blocks. If `width` is given, long messages are cut to fit. A tuning job is drawn with its children.
    """
    if job.kind == TUNING:
        return timelines([job], now_us, width=width, unicode=unicode)
    from sagemock.picture.life import life  # noqa: PLC0415  # needed only to draw
    from sagemock.picture.text import Paper, draw, plain  # noqa: PLC0415  # needed only to draw

    return plain(draw(life(job, now_us), Paper(width, unicode)))


def timelines(jobs: Sequence[AnyJob], now_us: int, *, width: int | None = None, unicode: bool = False) -> str:
    """Return a picture of several jobs, one line each, on one axis that begins with the first creation."""
    from sagemock.picture.family import family  # noqa: PLC0415  # needed only to draw
    from sagemock.picture.overview import overview  # noqa: PLC0415  # needed only to draw
    from sagemock.picture.text import Paper, plain  # noqa: PLC0415  # needed only to draw

    return plain(overview(family(jobs, now_us), Paper(width, unicode)))


def drawing(jobs: Sequence[AnyJob], now_us: int) -> str:
    """Return a picture of one or several jobs as SVG, for a page or a notebook."""
    from sagemock.picture import svg  # noqa: PLC0415  # needed only to draw
    from sagemock.picture.family import family  # noqa: PLC0415  # needed only to draw

    return svg.drawing(family(jobs, now_us))


def situation(jobs: Iterable[AnyJob], now_us: int) -> str:
    """Return one line per job: its status, since when, and its plan."""
    unseen = iter(jobs)
    lines = [_line(job, now_us) for job in islice(unseen, LINES)]
    more = sum(1 for _ in unseen)
    if more:
        lines.append(f"  and {more} more")
    return "\n".join(lines) or "  there are no training jobs"


def _line(job: AnyJob, now_us: int) -> str:
    from sagemock.picture.axis import date  # noqa: PLC0415  # needed only to draw
    from sagemock.tuning.job import Job as TuningJob  # noqa: PLC0415  # as above

    state = job.state(now_us)
    entered_us = transitions(job.timeline.until(now_us - job.created_us), job.created_us)[-1].start_us
    status = state.primary if state.secondary == state.primary else f"{state.primary}/{state.secondary}"
    waits = ", and waits for room under a quota" if isinstance(job, TuningJob) and job.is_blocked else ""
    return f"  {job.name!r} is {status} since {date(entered_us)} by {job.plan!r}{waits}"
