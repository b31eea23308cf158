"""The section of a test's report about the mocks that the test used."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sagemock.clock.instants import instant
from sagemock.picture.show import situation, timeline
from sagemock.world.sleeps import Sleeps

if TYPE_CHECKING:
    from sagemock.world.world import World

__all__ = ["CALLS", "JOBS", "section"]

JOBS: Final = 5
"""How many jobs are drawn; each older job has one line."""
CALLS: Final = 10
"""How many calls are listed: the last ones."""


def section(worlds: Sequence["World"]) -> str:
    """Return the section about these worlds, in the order in which they began; "" if there are none."""
    texts = [_text(world) for world in worlds]
    if len(texts) > 1:
        texts = [f"Mock {number} of {len(texts)}:\n{text}" for number, text in enumerate(texts, 1)]
    return "\n\n".join(texts)


def _text(world: "World") -> str:
    try:
        return _state(world)
    except Exception as error:  # noqa: BLE001  # pytest itself would end with it
        # If the clock follows another clock, reading it lets time pass, and then the test's own event handlers run and may raise.
        return f"The state of this mock cannot be read: {error!r}"


def _state(world: "World") -> str:
    now_us = world.clock.now_us()
    parts = [_instant(world, now_us)]
    jobs = list(world.store.jobs(now_us))
    older, drawn = jobs[:-JOBS], jobs[-JOBS:]
    if older:
        parts.append(f"{_count(len(older), 'older job')}:\n{situation(older, now_us)}")
    parts += [timeline(job, now_us).rstrip() for job in drawn]
    calls = list(world.backend.calls)
    if calls:
        last = calls[-CALLS:]
        title = f"The last {len(last)} of {len(calls)} calls" if len(calls) > len(last) else _count(len(calls), "call")
        parts.append("\n".join([f"{title}:", *(f"  {call}" for call in last)]))
    else:
        parts.append("No call has arrived here.")
    unused = [*world.backend.plans.unused, *world.backend.faults.unused(), *world.backend.visibility.unused()]
    moves = world.clock.forced_moves
    if moves:
        parts.append("\n".join(["Threads that waited for something outside:", *(f"  {move}" for move in moves)]))
    if unused:
        parts.append("\n".join(["Prepared, and not used so far:", *(f"  {one}" for one in unused)]))
    return "\n\n".join(parts)


def _instant(world: "World", now_us: int) -> str:
    passed = timedelta(microseconds=now_us - world.clock.start_us)
    text = f"Virtual time is {instant(now_us).isoformat()}, {passed} after the start"
    if world.sleeps:
        slept = Sleeps(world.sleeps).total
        text += f"; {_count(len(world.sleeps), 'virtual sleep')} of {slept} in all"
    return f"{text}."


def _count(count: int, what: str) -> str:
    return f"1 {what}" if count == 1 else f"{count} {what}s"
