"""EventBridge: the events that SageMaker has sent so far, and the subscriptions to later events."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from functools import partial
from typing import Any, Final, overload

from sagemock.checks import Suggesting, flag, public, quoted
from sagemock.clock import forks
from sagemock.clock.virtual import Clock
from sagemock.errors import InvalidType, UsageError
from sagemock.events import fields
from sagemock.events.delivery import Delay, Delivery, Subscription
from sagemock.events.envelope import Event, event
from sagemock.events.handler import Handler
from sagemock.events.pattern import EventPattern, Pattern
from sagemock.evidence import Assumption
from sagemock.jobs.history import History, Occurrence
from sagemock.jobs.kinds import TRAINING, of_arn
from sagemock.protocol.model import Api, installed
from sagemock.service.service import Service

__all__ = ["EventBridge", "Events"]

_EACH_STATUS: Final = Assumption("that each change of a secondary status sends an event")


class Events(Suggesting, Sequence[Event]):
    """The events sent so far, in the order (instant, job number, index): a live view, which grows with each new event.

    An event is a dictionary, as a Lambda handler gets it. Each access returns a new one.
    """

    def __init__(
        self, occurrences: Callable[[], Sequence[Occurrence]], to_event: Callable[[Occurrence], Event], api: Callable[[], Api]
    ) -> None:
        """Show what `occurrences` returns at each access."""
        self._occurrences = occurrences
        self._to_event = to_event
        self._api = api

    @overload
    def __getitem__(self, index: int) -> Event: ...

    @overload
    def __getitem__(self, index: slice) -> "Events": ...

    def __getitem__(self, index: int | slice) -> "Event | Events":
        occurrences = self._occurrences()
        if isinstance(index, slice):
            return self._fixed(occurrences[index])
        if isinstance(index, bool) or not isinstance(index, int):
            raise InvalidType(
                f"an index of events is a whole number, not {quoted(index)}: write events[-1], or events.matching(pattern)"
            )
        __tracebackhide__ = True
        try:
            return self._to_event(occurrences[index])
        except IndexError:
            raise IndexError(f"events[{quoted(index)}]: the number of events so far is {len(occurrences)}") from None

    def __iter__(self) -> Iterator[Event]:
        # Iterates over the events of this moment: a handler or another thread may add more meanwhile.
        return map(self._to_event, tuple(self._occurrences()))

    def __reversed__(self) -> Iterator[Event]:
        return map(self._to_event, reversed(tuple(self._occurrences())))

    def __len__(self) -> int:
        return len(self._occurrences())

    def __eq__(self, other: object) -> bool:
        """Whether another sequence has the same events."""
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # as a list

    def __repr__(self) -> str:
        lines = [f"\n  {_line(one)}" for one in self]
        return f"<{len(lines)} events{''.join(lines)}>"

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy (or a pickle) has the events sent so far.
        return Events.still, (list(self),)

    @classmethod
    def still(cls, events: Sequence[Event]) -> "Events":
        """Return a view of these events, which does not grow."""
        shown: Any = deepcopy  # each event stands for its own occurrence
        return cls(partial(list, events), shown, installed)

    @public
    def matching(self, pattern: Pattern, *, check: bool = True) -> "Events":
        """Return the events that match an EventBridge pattern, as a live view.

        Raises InvalidValue, which names the path, for a pattern that EventBridge would refuse.

        :param pattern: The pattern, as a mapping or its JSON text.
        :param check: Also refuse a pattern that can never match an event.
        """
        wanted = EventPattern(pattern)
        _check(self._api, wanted, check=check)
        matching = _Matching(self._occurrences, lambda one: wanted.matches(self._to_event(one)))
        return Events(matching, self._to_event, self._api)

    def _fixed(self, occurrences: Sequence[Occurrence]) -> "Events":
        return Events(lambda: occurrences, self._to_event, self._api)


class _Matching:
    """The occurrences that pass a test. Each one is tested only once, even if the view is read often."""

    def __init__(self, occurrences: Callable[[], Sequence[Occurrence]], test: Callable[[Occurrence], bool]) -> None:
        self._occurrences = occurrences
        self._test = test
        self._lock = forks.lock()
        self._tested: Sequence[Occurrence] = ()
        """The list that `_count` and `_found` are about. It grows; when a new list replaces it, all is tested again."""
        self._count = 0
        self._found: list[Occurrence] = []

    def __call__(self) -> Sequence[Occurrence]:
        with self._lock:
            occurrences = self._occurrences()
            if occurrences is not self._tested:
                self._tested, self._count, self._found = occurrences, 0, []
            while self._count < len(occurrences):
                one = occurrences[self._count]
                if self._test(one):
                    self._found.append(one)
                self._count += 1
            return self._found


def _line(one: Mapping[str, Any]) -> str:
    detail = one["detail"]
    kind, name = of_arn(one["resources"][0]) or (TRAINING, "")
    statuses = filter(None, (detail[kind.status_member], detail.get(kind.secondary_member)))
    return f"{one['time']} {name} {'/'.join(statuses)}"


def _check(api: Callable[[], Api], pattern: EventPattern | None, *, check: object) -> None:
    if flag("check", check) and pattern is not None:
        fields.check(api(), pattern)


class EventBridge:
    """The event bus of a world: the events sent so far, and the subscriptions to later events."""

    def __init__(self, clock: Clock, service: Service) -> None:
        """Record the events from now on. Nothing is delivered before the first subscription."""
        self._clock = clock
        self._service = service
        self._history = _EACH_STATUS(History(service.store, clock.now_us))
        self._delivery: Delivery | None = None
        self._closed = False

    def _to_event(self, occurrence: Occurrence) -> Event:
        return event(self._service.api, occurrence, self._service.seed)

    def _api(self) -> Api:
        return getattr(self._service, "api", None) or installed()

    @property
    def events(self) -> Events:
        """The events sent so far."""
        return Events(self._history.happened, self._to_event, self._api)

    def on_event(self, handler: Handler, pattern: Pattern | None, *, delay: Delay, duplicates: int, check: bool) -> Subscription:
        """Deliver each event from now on to a handler. Raises UsageError if the mock has ended."""
        if self._closed:
            raise UsageError(
                "this mock is over, and no event will come: call on_event() while it is active; `events` has the earlier events"
            )
        subscription = Subscription(handler, pattern, delay, duplicates, self._cancel)
        _check(self._api, subscription.pattern, check=check)
        if self._delivery is None:
            self._delivery = Delivery(self._clock, self._service.store, self._to_event, self._service.seed)
        self._delivery.subscribe(subscription)
        return subscription

    def _cancel(self, subscription: Subscription) -> None:
        if self._delivery is not None and not self._delivery.unsubscribe(subscription):
            self._delivery.close()
            self._delivery = None

    def flush(self) -> bool:
        """Deliver the events of the present instant; return whether there is a subscription."""
        if self._delivery is None:
            return False
        self._clock.pass_us(0)
        return True

    @property
    def last_us(self) -> int:
        """The instant at which the last event on its way arrives; 0 if no event is on its way."""
        last_us = None if self._delivery is None else self._delivery.last_us
        return 0 if last_us is None else last_us

    def pending(self, now_us: int) -> bool:
        """Whether an event is on its way."""
        return self.last_us > now_us

    def close(self) -> None:
        """Deliver nothing more."""
        self._closed = True
        delivery, self._delivery = self._delivery, None
        if delivery is not None:
            delivery.close()
