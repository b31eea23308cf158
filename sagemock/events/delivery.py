"""Delivers events to the handlers of a test, each at its instant, while the clock moves."""

import heapq
import inspect
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import count
from random import Random
from typing import Any, Final, NamedTuple, TypeAlias

from sagemock.checks import public, quoted, takes_one
from sagemock.clock.virtual import Clock
from sagemock.errors import InvalidType, InvalidValue
from sagemock.events.envelope import Event
from sagemock.events.handler import TIMEOUT_MS, Handler, context, takes_context
from sagemock.events.pattern import EventPattern, Pattern
from sagemock.jobs.durations import Duration, span_us
from sagemock.jobs.history import Occurrence, Seen, changed_us, occurrences
from sagemock.jobs.job import AnyJob
from sagemock.jobs.store import Store

__all__ = ["Delay", "Delivery", "Subscription"]

_DUPLICATES: Final = 100
"""The most duplicates of an event: a handler that can handle a hundred can handle any number."""
Delay: TypeAlias = Duration | Callable[[Event], timedelta | float]
"""How long a delivery takes: a `timedelta` or seconds, a (low, high) pair of them, or a callable that takes the event."""


class Subscription:
    """A handler that gets events, until `cancel()`."""

    def __init__(
        self, handler: Handler, pattern: Pattern | None, delay: Delay, duplicates: int, leave: "Callable[[Subscription], object]"
    ) -> None:
        """Check the arguments; `cancel` calls `leave`. Raises InvalidType or InvalidValue for a wrong argument."""
        self.takes_context = takes_context(handler)
        if isinstance(duplicates, bool) or not isinstance(duplicates, int) or not 0 <= duplicates <= _DUPLICATES:
            raise InvalidValue(
                f"duplicates is how many times each event comes again, 0 to {_DUPLICATES}, not {quoted(duplicates)}: "
                "write duplicates=1"
            )
        if callable(delay):
            takes_one("delay", delay, "write delay=lambda event: 5")
        else:
            _span_us(delay)
        self._handler = handler
        self.pattern = None if pattern is None else EventPattern(pattern)
        self.copies = 1 + duplicates
        self._delay = delay
        self._leave = leave

    def __repr__(self) -> str:
        return f"<subscription of {self._handler!r}>"

    @public
    def cancel(self) -> None:
        """Deliver nothing more, not even events that are on their way. A second call does nothing."""
        self._leave(self)

    def delay_us(self, text: str, dice: Random) -> int:
        """Return how long one delivery of the event with this JSON takes."""
        low_us, high_us = _span_us(self._delay(json.loads(text)) if callable(self._delay) else self._delay)
        return low_us if low_us == high_us else dice.randint(low_us, high_us)

    def deliver(self, text: str, invocation: str, clock: Clock) -> None:
        """Call the handler with its own copy of an event, read from JSON, so that it can change the event.

        `invocation` is the unique name of this call of the handler, for its context.
        """
        event = json.loads(text)
        arguments: list[Any] = [event]
        if self.takes_context:
            end_ms = clock.now_us() // 1000 + TIMEOUT_MS
            lambda_context = context(self._handler, event, invocation, clock.now(), lambda: end_ms - clock.now_us() // 1000)
            arguments.append(lambda_context)
        returned = self._handler(*arguments)
        if inspect.iscoroutine(returned):
            returned.close()
            raise InvalidType(
                f"{self._handler!r} returned a coroutine, which nobody would await: run it in the handler, with asyncio.run(...)"
            )


def _span_us(delay: Duration) -> tuple[int, int]:
    try:
        span = span_us(delay, "the delay of on_event()")
    except ValueError as error:
        raise InvalidValue(str(error)) from None
    if span is None:
        raise InvalidType(
            "the delay of on_event() is a timedelta, seconds or a (low, high) pair of them, not None: leave it out for no delay"
        )
    return span


class _Next(NamedTuple):
    """The next occurrence of a job. The first three fields are the order of occurrences."""

    at_us: int
    number: int
    changes_so_far: int
    serial: int
    occurrence: Occurrence
    rest: Iterator[Occurrence]


class _Due(NamedTuple):
    """An event on its way to a handler."""

    at_us: int
    happened_us: int
    number: int
    changes_so_far: int
    rank: int
    """The index of the subscription among all subscriptions."""
    copy: int
    subscription: Subscription
    text: str


class Delivery:
    """An agenda of the clock that delivers the status changes of all jobs to handlers.

    Its heap has only the next change of each job, so an instant costs the logarithm of the number of jobs. An intervention (a
    stop, say) replaces the next change of its job. A handler may call AWS, intervene and move the clock; the resulting events are
    delivered at their own instants, before the handler goes on. If a handler raises, the code that moved the clock gets the error
    at once. Other events that were due at that instant are delivered when the clock is moved next, before it moves.
    """

    def __init__(self, clock: Clock, store: Store, to_event: Callable[[Occurrence], Event], seed: int) -> None:
        """Start with the jobs of `store` as they are now."""
        self._clock = clock
        self._store = store
        self._to_event = to_event
        self._seed = seed
        # In a mock this is also the clock's lock. It is released while a handler runs.
        self._lock = store.lock
        self._serials = count()
        self._subscriptions: dict[int, Subscription] = {}
        self._ranks = count()
        self._nexts: list[_Next] = []
        self._present: dict[int, AnyJob] = {}
        self._joined: dict[int, int] = {}
        """For each job that was created in the past, by number: the present instant at its creation."""
        self._dues: list[_Due] = []
        now_us = clock.now_us()
        with self._lock:
            for job in store.jobs():
                self._follow(job, Seen.of(job, now_us))
            store.watchers.append(self._changed)
        clock.add_agenda(self)

    def close(self) -> None:
        """Deliver nothing more."""
        with self._lock:
            self._store.watchers.remove(self._changed)
            self._subscriptions.clear()
            self._nexts.clear()
            self._dues.clear()
        self._clock.remove_agenda(self)

    # -- subscriptions

    def subscribe(self, subscription: Subscription) -> None:
        """Deliver each event from now on to `subscription`."""
        now_us = self._clock.now_us()
        with self._lock:
            self._collect(now_us)
            self._subscriptions[next(self._ranks)] = subscription

    def unsubscribe(self, subscription: Subscription) -> bool:
        """Deliver nothing more to `subscription`, and return whether any subscription is left."""
        with self._lock:
            self._subscriptions = dict(item for item in self._subscriptions.items() if item[1] is not subscription)
            self._dues = list(due for due in self._dues if due.subscription is not subscription)  # noqa: C400  # see `sleepers`
            heapq.heapify(self._dues)
            return bool(self._subscriptions)

    @property
    def last_us(self) -> int | None:
        """The instant at which the last event on its way arrives, None if no event is on its way."""
        with self._lock:
            return max((due.at_us for due in self._dues), default=None)

    # -- occurrences

    def _changed(self, old: AnyJob | None, new: AnyJob | None, joins_us: int | None) -> None:
        seen = Seen()
        if new is not None and joins_us is not None:
            self._joined[new.number] = joins_us
        if old is not None:
            until_us = changed_us(old, new, self._clock.now_us)
            # A change that is due at this instant has happened, with the job's record before the intervention.
            self._collect(until_us)
            seen = Seen.of(old, until_us)
            self._present.pop(old.number, None)
        if new is None:
            return
        joined_us = self._joined.get(new.number)
        if joined_us is not None:
            # Its changes before that instant came before the subscriptions, even if a later record adds them.
            seen = max(seen, Seen.of(new, joined_us - 1), key=lambda one: one.changes)
        self._follow(new, seen)

    def _follow(self, job: AnyJob, seen: Seen) -> None:
        rest = occurrences(job, seen)
        first = next(rest, None)
        if first is not None:
            self._present[job.number] = job
            heapq.heappush(self._nexts, _Next(*first[:3], next(self._serials), first, rest))

    def _collect(self, until_us: int) -> None:
        """Send the events of all changes up to `until_us`."""
        while self._nexts and self._nexts[0].at_us <= until_us:
            upcoming = heapq.heappop(self._nexts)
            if not self._is_present(upcoming):
                continue
            following = next(upcoming.rest, None)
            if following is None:
                del self._present[upcoming.number]
            else:
                heapq.heappush(self._nexts, _Next(*following[:3], next(self._serials), following, upcoming.rest))
            self._send(upcoming.occurrence)

    def _is_present(self, upcoming: _Next) -> bool:
        return self._present.get(upcoming.number) is upcoming.occurrence.job

    def _send(self, occurrence: Occurrence) -> None:
        event = self._to_event(occurrence)
        receivers = [
            (rank, subscription)
            for rank, subscription in self._subscriptions.items()
            if subscription.pattern is None or subscription.pattern.matches(event)
        ]
        text = json.dumps(event) if receivers else ""
        for rank, subscription in receivers:
            for copy in range(subscription.copies):
                dice = Random(f"{self._seed}/{event['id']}/{rank}/{copy}")  # noqa: S311  # a test's dice, not a secret
                at_us = occurrence.at_us + subscription.delay_us(text, dice)
                heapq.heappush(self._dues, _Due(at_us, *occurrence[:3], rank, copy, subscription, text))

    # -- the agenda

    def next_us(self, after_us: int) -> int | None:
        """Return the next instant at which an event is sent or arrives, `after_us` if it is overdue; None if there is none."""
        with self._lock:
            return self._next_us(after_us)

    def _next_us(self, after_us: int) -> int | None:
        while self._nexts and not self._is_present(self._nexts[0]):
            heapq.heappop(self._nexts)
        firsts = [queue[0].at_us for queue in (self._nexts, self._dues) if queue]
        return max(min(firsts), after_us) if firsts else None

    def settle(self, at_us: int) -> None:
        """Deliver every event that is due at `at_us`."""
        while True:
            with self._lock:
                self._collect(at_us)
                if not self._dues or self._dues[0].at_us > at_us:
                    return
                due = heapq.heappop(self._dues)
            invocation = f"{self._seed}/{due.number}/{due.changes_so_far}/{due.rank}/{due.copy}"
            self._clock.released(partial(due.subscription.deliver, due.text, invocation, self._clock))
