"""Jobs as pictures: one life, several on one axis, and one line each of many, in plain text and as SVG.

What draws is imported when something is drawn: most tests look at no picture.
"""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from sagemock.training.job import Job
from sagemock.training.snapshot import snapshot

__all__ = ["drawing", "situation", "timeline", "timelines"]

LINES: Final = 20
"""How many jobs `situation` names."""


def timeline(job: Job, now_us: int, *, width: int | None = None, unicode: bool = False) -> str:
    """Return a picture of a job's whole life as it is known at `now_us`: what has happened, and what is planned.

    `#` is past, `-` is still to come. Times count from the creation of the job. Plain ASCII but for what the job itself brings,
    unless `unicode` allows blocks; where `width` is given, long messages are cut for it.
    """
    from sagemock.picture.life import life  # noqa: PLC0415  # for those who look
    from sagemock.picture.text import Paper, draw, plain  # noqa: PLC0415  # for those who look

    return plain(draw(life(job, now_us), Paper(width, unicode)))


def timelines(jobs: Sequence[Job], now_us: int, *, width: int | None = None, unicode: bool = False) -> str:
    """Return a picture of several jobs, a line for each, on one axis that begins with the first creation."""
    from sagemock.picture.life import life  # noqa: PLC0415  # for those who look
    from sagemock.picture.overview import overview  # noqa: PLC0415  # for those who look
    from sagemock.picture.text import Paper, plain  # noqa: PLC0415  # for those who look

    return plain(overview([life(job, now_us) for job in jobs], Paper(width, unicode)))


def drawing(jobs: Sequence[Job], now_us: int) -> str:
    """Return a picture of one or several jobs as SVG, for a page or a notebook."""
    from sagemock.picture import svg  # noqa: PLC0415  # for those who look
    from sagemock.picture.life import life  # noqa: PLC0415  # for those who look

    return svg.drawing([life(job, now_us) for job in jobs])


def situation(jobs: Iterable[Job], now_us: int) -> str:
    """Return a line for each job: where it sits, since when, and by which plan."""
    unseen = iter(jobs)
    lines = [_sits(job, now_us) for job in islice(unseen, LINES)]
    more = sum(1 for _ in unseen)
    if more:
        lines.append(f"  and {more} more")
    return "\n".join(lines) or "  there is no training job at all"


def _sits(job: Job, now_us: int) -> str:
    from sagemock.picture.axis import date  # noqa: PLC0415  # for those who look

    at = snapshot(job, now_us)
    entered_us = at.transitions[-1].start_us
    return f"  {job.name!r} is {at.primary}/{at.secondary} since {date(entered_us)} by {job.plan!r}"
