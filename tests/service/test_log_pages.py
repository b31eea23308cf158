"""Pages of log events, compared with a plain sort of all lines."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock import Plan, mock_sagemaker
from sagemock.jobs import streams
from sagemock.jobs.kinds import TRAINING
from sagemock.jobs.store import Store
from sagemock.jobs.streams import Stream
from sagemock.service.log_pages import END, PER_US, Event, Range, events, page, position, token
from sagemock.training.job import Job
from tests.support.calling import START, create, make_client
from tests.support.logs import KNOWN, make_logs, texts
from tests.support.strategies import START_US, job_named

GROUP = TRAINING.log_group

SECONDS = st.integers(0, 12)
"""Few values, so that lines, ends of ranges and positions coincide."""


@st.composite
def two_jobs(draw: st.DrawFn) -> list[Stream]:
    """Draw the streams of two jobs with planned and added lines; their log group may have been deleted meanwhile."""
    store = Store()
    logbook = store.region(job_named("job", 1, START_US).place, Job).logbook
    for number in (1, 2):
        offsets = draw(st.lists(SECONDS, max_size=6))
        lines: Any = {"Training": [(offset, f"{number}/{place}") for place, offset in enumerate(offsets)]}
        plan = Plan.completes(starting=0, downloading=0, training=12, uploading=5, stopping=5, logs=lines)
        job = job_named(f"job-{number}", number, START_US, plan)
        store.put(job)
        for at_s, added_at_s in draw(st.lists(st.tuples(SECONDS, SECONDS), max_size=4)):
            logbook.add(job, us(at_s), "said", instance=1, now_us=us(added_at_s))
    erased_s = draw(st.none() | SECONDS)
    if erased_s is not None:
        logbook.erase(us(erased_s))
    return list(logbook.streams(us(draw(SECONDS))))


def us(seconds: float) -> int:
    """Return the instant this many seconds after the jobs' creation."""
    return START_US + round(seconds * 1_000_000)


def naive(found: Sequence[Stream], within: Range, *, forward: bool) -> list[Event]:
    """Return all events of a range, sorted."""
    every = [one for stream in found for one in events([stream], Range(0, None), 0, forward=True)]
    last_ms = END if within.last_ms is None else within.last_ms
    inside = [one for one in every if within.start_ms <= one.at_ms <= last_ms]
    return sorted(inside, key=lambda one: one.id, reverse=not forward)


@given(two_jobs(), SECONDS, st.none() | SECONDS, st.booleans(), st.integers(1, 5))
def test_pages_together_have_each_event_once(
    found: list[Stream],
    start_s: int,
    last_s: int | None,
    forward: bool,  # noqa: FBT001  # drawn
    limit: int,
) -> None:
    """In order, whatever the range, direction and page size; the tokens lead on, and tell when nothing follows."""
    within = Range(us(start_s) // 1000, None if last_s is None else us(last_s) // 1000)
    expected = naive(found, within, forward=forward)
    seen: list[Event] = []
    at, more = 0 if forward else END, True
    while more:
        one = page(events(found, within, at, forward=forward), at, forward=forward, limit=limit)
        seen += one.events
        more = one.more
        assert len(one.events) <= limit
        assert more == (len(seen) < len(expected))
        assert position(token("f", one.end)) == (True, one.end, 0)
        at = one.end if forward else one.begin
    assert seen == expected


@given(two_jobs(), SECONDS)
def test_a_position_divides_the_events(found: list[Stream], at_s: int) -> None:
    """Reading forward from it and backward from it gives all events."""
    at = us(at_s) * PER_US
    ahead = list(events(found, Range(0, None), at, forward=True))
    behind = list(events(found, Range(0, None), at, forward=False))
    assert behind[::-1] + ahead == naive(found, Range(0, None), forward=True)
    assert all(one.line.at_us >= us(at_s) for one in ahead)
    assert all(one.line.at_us < us(at_s) for one in behind)


@given(two_jobs())
def test_a_stream_knows_its_first_and_last_line_without_reading_all(found: list[Stream]) -> None:
    """They equal those of all its lines."""
    for stream in found:
        lines = stream.lines
        assert lines == sorted(lines)
        assert (stream.first, stream.last, stream.length) == (lines[0], lines[-1], len(lines))


@given(two_jobs(), SECONDS)
def test_streams_that_ended_earlier_are_skipped(found: list[Stream], since_s: int) -> None:
    """When events are read from an instant on."""
    recent = [stream for stream in found if stream.last.at_us >= us(since_s)]
    within = Range(us(since_s) // 1000, None)
    assert naive(recent, within, forward=True) == naive(found, within, forward=True)


LONG = 50_000


@pytest.mark.parametrize("added", [False, True])
def test_the_end_of_a_long_log_is_read_as_fast_as_that_of_a_short_one(monkeypatch: pytest.MonkeyPatch, added: bool) -> None:  # noqa: FBT001
    """By looking at a few dozen of fifty thousand lines."""
    looked: list[int] = []

    def counted(kind: type[streams.Planned] | type[streams.AddedPart]) -> None:
        line = kind._line

        def look(self: Any, place: int) -> streams.Line:
            looked.append(place)
            return line(self, place)

        monkeypatch.setattr(kind, "_line", look)

    counted(streams.Planned)
    counted(streams.AddedPart)
    lines = [] if added else [(number, f"epoch {number}") for number in range(LONG)]
    plan = Plan.completes(training=LONG, logs={"Training": lines}, **KNOWN)
    with mock_sagemaker(start=START, latency=0, plan=plan) as mock:
        client, reader = make_client(), make_logs()
        create(client)
        mock.advance_until("churn", "Training")
        mock.clock.advance(LONG - 10)
        for number in range(LONG if added else 0):
            mock.log("churn", f"epoch {number}", at=mock.clock.now().timestamp() - LONG // 2 + number // 2)
        (stream,) = reader.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix="churn/")["logStreams"]
        asked = {"logGroupName": GROUP, "logStreamName": stream["logStreamName"]}
        tail = reader.get_log_events(limit=2, **asked)
        last_ms = tail["events"][-1]["timestamp"]
        looked.clear()
        for _ in range(10):
            assert reader.get_log_events(nextToken=tail["nextForwardToken"], **asked)["events"] == []
            assert texts(reader.get_log_events(startTime=last_ms, startFromHead=True, **asked)) == texts(tail)[-1 - added :]
            assert texts(reader.filter_log_events(logGroupName=GROUP, startTime=last_ms)) == texts(tail)[-1 - added :]
            reader.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix="churn/")
        assert len(looked) < 10 * 400
