"""Delivery: events reach the handlers of a test at their instants, while the clock moves."""

import heapq
import inspect
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import count
from random import Random
from typing import Any, Final, NamedTuple, TypeAlias

from sagemock.checks import shown, takes_one
from sagemock.clock.virtual import Clock
from sagemock.errors import InvalidType, InvalidValue
from sagemock.events.envelope import Event
from sagemock.events.handler import TIMEOUT_MS, Handler, context, takes_context
from sagemock.events.pattern import EventPattern, Pattern
from sagemock.training.history import Occurrence, Seen, changed_us, occurrences
from sagemock.training.job import Job
from sagemock.training.plan.phase import Duration, span_us
from sagemock.training.store import Store

__all__ = ["Delay", "Delivery", "Subscription"]

_DUPLICATES: Final = 100
"""How often an event may come again: a handler that bears it a hundred times bears it."""
Delay: TypeAlias = Duration | Callable[[Event], timedelta | float]
"""How long an event is on its way: a `timedelta` or seconds, a (low, high) pair of them, or a callable of the event."""


class Subscription:
    """A handler that is told of events, until `cancel()`."""

    def __init__(
        self, handler: Handler, pattern: Pattern | None, delay: Delay, duplicates: int, leave: "Callable[[Subscription], object]"
    ) -> None:
        """Check what was given; `leave` is called by `cancel`. Raises InvalidType or InvalidValue for what has no meaning."""
        self.takes_context = takes_context(handler)
        if isinstance(duplicates, bool) or not isinstance(duplicates, int) or not 0 <= duplicates <= _DUPLICATES:
            raise InvalidValue(
                f"duplicates is how many times each event comes again, 0 to {_DUPLICATES}, not {shown(duplicates)}: "
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

    def cancel(self) -> None:
        """Deliver nothing more, also not what is on its way. Once more does nothing."""
        self._leave(self)

    def delay_us(self, text: str, dice: Random) -> int:
        """Return how long a copy of the event with this JSON is on its way."""
        low_us, high_us = _span_us(self._delay(json.loads(text)) if callable(self._delay) else self._delay)
        return low_us if low_us == high_us else dice.randint(low_us, high_us)

    def deliver(self, text: str, invocation: str, clock: Clock) -> None:
        """Call the handler with an event of its own, made from its JSON: what one handler does to it is no other's business.

        `invocation` names this call of the handler, for its context.
        """
        event = json.loads(text)
        arguments: list[Any] = [event]
        if self.takes_context:
            end_ms = clock.now_us() // 1000 + TIMEOUT_MS
            given = context(self._handler, event, invocation, clock.now(), lambda: end_ms - clock.now_us() // 1000)
            arguments.append(given)
        returned = self._handler(*arguments)
        if inspect.iscoroutine(returned):
            returned.close()
            raise InvalidType(
                f"{self._handler!r} returned a coroutine, which nobody would await: let it be run, by asyncio.run(...) say"
            )


def _span_us(delay: Duration) -> tuple[int, int]:
    try:
        span = span_us(delay, "the delay of on_event()")
    except ValueError as error:
        raise InvalidValue(str(error)) from None
    if span is None:
        raise InvalidType(
            "the delay of on_event() is a timedelta, seconds or a (low, high) pair of them, not None: leave it out for none"
        )
    return span


class _Next(NamedTuple):
    """What happens next to a job; its first three are the order of what happens."""

    at_us: int
    number: int
    made: int
    serial: int
    occurrence: Occurrence
    rest: Iterator[Occurrence]


class _Due(NamedTuple):
    """An event on its way to a handler."""

    at_us: int
    happened_us: int
    number: int
    made: int
    rank: int
    """The place of the subscription among the others."""
    copy: int
    subscription: Subscription
    text: str


class Delivery:
    """Tells handlers of the changes of status of all jobs: an agenda of the clock.

    Only the next change of each job is in its queue, so an instant costs the logarithm of the number of jobs. What is done to a
    job (a stop, say) replaces what was next for it. A handler may call AWS, intervene, and move the clock: what happens then is
    delivered at its own instant, before the handler goes on. If a handler raises, the error reaches whoever moved the clock, at
    once; what else was due at that instant is delivered when the clock is moved next, before it moves.
    """

    def __init__(self, clock: Clock, store: Store, told: Callable[[Occurrence], Event], seed: int) -> None:
        """Begin with the jobs of `store` as they are now."""
        self._clock = clock
        self._store = store
        self._told = told
        self._seed = seed
        # The clock's own, in a mock; put down while a handler runs.
        self._lock = store.lock
        self._serials = count()
        self._subscriptions: dict[int, Subscription] = {}
        self._ranks = count()
        self._nexts: list[_Next] = []
        self._present: dict[int, Job] = {}
        self._dues: list[_Due] = []
        now_us = clock.now_us()
        with self._lock:
            for job in store.jobs():
                self._follow(job, Seen.of(job, now_us))
            store.watchers.append(self._changed)
        clock.add_agenda(self)

    def close(self) -> None:
        """Tell nobody of anything any more."""
        with self._lock:
            self._store.watchers.remove(self._changed)
            self._subscriptions.clear()
            self._nexts.clear()
            self._dues.clear()
        self._clock.remove_agenda(self)

    # -- who is told

    def subscribe(self, subscription: Subscription) -> None:
        """Tell `subscription` of what happens from now on."""
        now_us = self._clock.now_us()
        with self._lock:
            self._collect(now_us)
            self._subscriptions[next(self._ranks)] = subscription

    def unsubscribe(self, subscription: Subscription) -> bool:
        """Tell it no more, and return whether anybody is left."""
        with self._lock:
            self._subscriptions = dict(item for item in self._subscriptions.items() if item[1] is not subscription)
            self._dues = list(due for due in self._dues if due.subscription is not subscription)  # noqa: C400  # see `sleepers`
            heapq.heapify(self._dues)
            return bool(self._subscriptions)

    @property
    def last_us(self) -> int | None:
        """The instant at which the last event arrives that is on its way, None if none is."""
        with self._lock:
            return max((due.at_us for due in self._dues), default=None)

    # -- what happens

    def _changed(self, old: Job | None, new: Job | None) -> None:
        seen = Seen()
        if old is not None:
            until_us = changed_us(old, new, self._clock.now_us)
            # What is due at T has happened at T, by the record of then.
            self._collect(until_us)
            seen = Seen.of(old, until_us)
            self._present.pop(old.number, None)
        if new is not None:
            self._follow(new, seen)

    def _follow(self, job: Job, seen: Seen) -> None:
        rest = occurrences(job, seen)
        first = next(rest, None)
        if first is not None:
            self._present[job.number] = job
            heapq.heappush(self._nexts, _Next(*first[:3], next(self._serials), first, rest))

    def _collect(self, until_us: int) -> None:
        """Put on its way what has happened by `until_us`."""
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
        event = self._told(occurrence)
        told = [
            (rank, subscription)
            for rank, subscription in self._subscriptions.items()
            if subscription.pattern is None or subscription.pattern.matches(event)
        ]
        text = json.dumps(event) if told else ""
        for rank, subscription in told:
            for copy in range(subscription.copies):
                dice = Random(f"{self._seed}/{event['id']}/{rank}/{copy}")  # noqa: S311  # a test's dice, not a secret
                at_us = occurrence.at_us + subscription.delay_us(text, dice)
                heapq.heappush(self._dues, _Due(at_us, *occurrence[:3], rank, copy, subscription, text))

    # -- as the clock sees it

    def next_us(self, after_us: int) -> int | None:
        """Return the next instant at which an event happens or arrives; `after_us` itself if one of then is undelivered."""
        with self._lock:
            return self._next_us(after_us)

    def _next_us(self, after_us: int) -> int | None:
        while self._nexts and not self._is_present(self._nexts[0]):
            heapq.heappop(self._nexts)
        firsts = [queue[0].at_us for queue in (self._nexts, self._dues) if queue]
        return max(min(firsts), after_us) if firsts else None

    def settle(self, at_us: int) -> None:
        """Deliver what is due at `at_us`."""
        while True:
            with self._lock:
                self._collect(at_us)
                if not self._dues or self._dues[0].at_us > at_us:
                    return
                due = heapq.heappop(self._dues)
            invocation = f"{self._seed}/{due.number}/{due.made}/{due.rank}/{due.copy}"
            self._clock.released(partial(due.subscription.deliver, due.text, invocation, self._clock))
