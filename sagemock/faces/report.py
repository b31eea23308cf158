"""The section of a test's report about the mocks that the test used."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final

from sagemock.clock.instants import instant
from sagemock.picture.cells import wrapped
from sagemock.picture.show import situation, timeline, timelines
from sagemock.protocol.refusal import INVALID
from sagemock.service.calls import listed
from sagemock.world.sleeps import Sleeps

if TYPE_CHECKING:
    from sagemock.jobs.job import AnyJob
    from sagemock.service.calls import Call
    from sagemock.world.world import World

__all__ = ["ALONE", "CALLS", "JOBS", "MOCKS", "section"]

MOCKS: Final = 3
"""Up to this many mocks are shown. Of more, only those that failed: Hypothesis begins one for each example."""

ALONE: Final = 2
"""Up to this many jobs are drawn one by one; more jobs are drawn on one axis."""
JOBS: Final = 20
"""The greatest number of jobs that are drawn; each older job has one line of text."""
CALLS: Final = 10
"""The greatest number of calls that are shown: the last ones. Equal calls in a row count as one."""
LONGEST: Final = 400
"""The greatest number of characters of a call: a refusal may list two hundred instance types. The test's error has all of it."""


def section(worlds: Sequence["World"], width: int | None = None, *, said: str = "", failures: int = 1) -> str:
    """Return the section about these worlds, in the order in which they began; "" if there are none.

    `width` is the greatest number of characters in a line. The section leaves out what `said`, the text of the test's error, has.
    `failures` is how many errors the test ended with: each belongs to one of the last worlds.
    """
    first = max(len(worlds) - failures, 0) if len(worlds) > MOCKS else 0
    texts = [_text(world, width, said) for world in worlds[first:]]
    if len(worlds) > 1:
        texts = [f"Mock {number} of {len(worlds)}:\n{text}" for number, text in enumerate(texts, first + 1)]
    if first:
        texts.append(f"The test began {_count(first, 'other mock')} before, which are not shown.")
    return "\n\n".join(texts)


def _text(world: "World", width: int | None, said: str) -> str:
    try:
        return _state(world, width, said)
    except Exception as error:  # noqa: BLE001  # an error here would end pytest itself
        # If the clock follows another clock, reading it lets time pass, and then the test's own event handlers run and may raise.
        return f"The state of this mock cannot be read: {error!r}"


def _state(world: "World", width: int | None, said: str) -> str:
    now_us = world.clock.now_us()

    def fitted(text: str) -> str:
        return "\n".join(wrapped(text, width))

    def unsaid(title: str, ones: Iterable[object]) -> list[str]:
        # The error may have broken a line.
        lines = [f"  {one}" for one in ones if _joined(str(one)) not in _joined(said)]
        return [fitted("\n".join([title, *lines]))] if lines else []

    parts = [fitted(_instant(world, now_us))]
    jobs = list(world.store.jobs(now_us))
    older, drawn = jobs[:-JOBS], jobs[-JOBS:]
    if older:
        parts.append(fitted(f"{_count(len(older), 'older job')}:\n{situation(older, now_us)}"))
    if len(drawn) > ALONE:
        parts.append(timelines(drawn, now_us, width=width).rstrip())
    else:
        parts += [timeline(job, now_us, width=width).rstrip() for job in drawn if timeline(job, now_us).rstrip() not in said]
    calls = list(world.backend.calls)
    if listed(calls) not in said:
        parts.append(fitted(_calls(calls, said)))
    parts += [fitted(hint) for call in calls[-1:] for hint in _hints(call, jobs)]
    parts += unsaid("Threads that waited for something outside:", world.clock.forced_moves)
    waiting = [*world.backend.plans.unused, *world.backend.faults.unused(), *world.backend.visibility.unused()]
    parts += unsaid("Prepared, and not used so far:", waiting)
    return "\n\n".join(parts)


def _calls(calls: Sequence["Call"], said: str) -> str:
    if not calls:
        return "No call has arrived here."
    runs = [list(run) for _, run in groupby(calls, key=_same)]
    last = runs[-CALLS:]
    shown = sum(map(len, last))
    title = f"The last {shown} of {len(calls)} calls" if len(calls) > shown else _count(len(calls), "call")
    return "\n".join([f"{title}:", *(f"  {_run(run, said)}" for run in last)])


def _same(call: "Call") -> tuple[object, ...]:
    return call.operation, call.job, call.region, call.outcome, call.message


def _run(run: Sequence["Call"], said: str) -> str:
    more = f", and {len(run) - 1} more until {run[-1].at:%Y-%m-%d %H:%M:%S}" if len(run) > 1 else ""
    call, message = str(run[0]), run[0].message
    if message and message in said:
        call = call.removesuffix(f": {message}")
    return f"{call if len(call) <= LONGEST else call[:LONGEST] + '…'}{more}"


def _hints(call: "Call", jobs: Sequence["AnyJob"]) -> Iterator[str]:
    """Yield what may help against the refusal of a call."""
    if call.outcome == INVALID and call.operation.startswith(("Create", "Update")):
        yield "AWS would refuse this request, too. With the option validate=False, sagemock takes it."
    regions = [job.place.region for job in jobs if job.name == call.job]
    if call.message is not None and regions and call.region not in regions:
        yield f"{call.job!r} is in {regions[0]}, and this client asked in {call.region}."


def _joined(text: str) -> str:
    return " ".join(text.split())


def _instant(world: "World", now_us: int) -> str:
    passed = timedelta(microseconds=now_us - world.clock.start_us)
    text = f"Virtual time is {instant(now_us).isoformat()}, {passed} after the start"
    if world.sleeps:
        slept = Sleeps(world.sleeps).total
        text += f"; {_count(len(world.sleeps), 'virtual sleep')} of {slept} in all"
    return f"{text}."


def _count(count: int, what: str) -> str:
    return f"1 {what}" if count == 1 else f"{count} {what}s"
