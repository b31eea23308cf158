"""The events of a mock: those that have happened, to be read, and those to come, to be told."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from functools import partial
from typing import Any, overload

from sagemock.checks import flag, public, shown
from sagemock.clock.virtual import Clock
from sagemock.errors import InvalidType, UsageError
from sagemock.events import fields
from sagemock.events.delivery import Delay, Delivery, Subscription
from sagemock.events.envelope import Event, event
from sagemock.events.handler import Handler
from sagemock.events.pattern import EventPattern, Pattern
from sagemock.protocol.model import Api
from sagemock.service.operations import Service
from sagemock.training.history import History, Occurrence

__all__ = ["Announcer", "Events"]


class Events(Sequence[Event]):
    """Events that have happened, in the order (instant, job number, index); a live view, which grows with those that come.

    Each is made when it is asked for, and is the asker's own: a dictionary as a Lambda handler gets it.
    """

    def __init__(
        self, happened: Callable[[], Sequence[Occurrence]], event_of: Callable[[Occurrence], Event], api: Callable[[], Api]
    ) -> None:
        """Show what `happened` returns, at each look."""
        self._happened = happened
        self._event_of = event_of
        self._api = api

    @overload
    def __getitem__(self, index: int) -> Event: ...

    @overload
    def __getitem__(self, index: slice) -> "Events": ...

    def __getitem__(self, index: int | slice) -> "Event | Events":
        happened = self._happened()
        if isinstance(index, slice):
            return self._fixed(happened[index])
        if isinstance(index, bool) or not isinstance(index, int):
            raise InvalidType(
                f"events are asked for by their place, not by {shown(index)}: write events[-1], or events.matching(pattern)"
            )
        return self._event_of(happened[index])

    def __iter__(self) -> Iterator[Event]:
        # Those of one moment: a handler, or another thread, may let more happen meanwhile.
        return map(self._event_of, self._happened())

    def __reversed__(self) -> Iterator[Event]:
        return map(self._event_of, reversed(self._happened()))

    def __len__(self) -> int:
        return len(self._happened())

    def __eq__(self, other: object) -> bool:
        """Whether another sequence has the same events."""
        if not isinstance(other, Sequence):
            return NotImplemented
        return list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # as a list

    def __repr__(self) -> str:
        lines = [f"\n  {_line(one)}" for one in self]
        return f"<{len(lines)} events{''.join(lines)}>"

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy, or a pickle, is of those that have happened: it does not grow.
        return Events, (partial(list, list(self)), deepcopy, fields.installed)

    @public
    def matching(self, pattern: Pattern, *, check: bool = True) -> "Events":
        """Return the events that an EventBridge pattern matches: a mapping, or the JSON text of one.

        Raises InvalidValue, which names the path, for a pattern that EventBridge would refuse, and for one that can never match
        an event unless `check` is false.
        """
        wanted = EventPattern(pattern)
        _check(self._api, wanted, check=check)
        return Events(lambda: [one for one in self._happened() if wanted.matches(self._event_of(one))], self._event_of, self._api)

    def _fixed(self, happened: Sequence[Occurrence]) -> "Events":
        return Events(lambda: happened, self._event_of, self._api)


def _line(shown: Mapping[str, Any]) -> str:
    detail = shown["detail"]
    return f"{shown['time']} {detail['TrainingJobName']} {detail['TrainingJobStatus']}/{detail['SecondaryStatus']}"


def _check(api: Callable[[], Api], pattern: EventPattern | None, *, check: object) -> None:
    if flag("check", check) and pattern is not None:
        fields.check(api(), pattern)


class Announcer:
    """What a world knows of its events, and whom it tells."""

    def __init__(self, clock: Clock, service: Service) -> None:
        """Note from now on what happens; nobody is told before somebody asks."""
        self._clock = clock
        self._service = service
        self._history = History(service.store, clock.now_us)
        self._delivery: Delivery | None = None
        self._closed = False

    def _event_of(self, occurrence: Occurrence) -> Event:
        return event(self._service.api, occurrence, self._service.seed)

    def _api(self) -> Api:
        return getattr(self._service, "api", None) or fields.installed()

    @property
    def events(self) -> Events:
        """What has happened by now."""
        return Events(self._history.happened, self._event_of, self._api)

    def on_event(self, handler: Handler, pattern: Pattern | None, *, delay: Delay, duplicates: int, check: bool) -> Subscription:
        """Tell a handler of what happens from now on."""
        if self._closed:
            raise UsageError(
                "this mock is over, and no event will come: call on_event() while it is active; `events` has what happened"
            )
        subscription = Subscription(handler, pattern, delay, duplicates, self._cancel)
        _check(self._api, subscription.pattern, check=check)
        if self._delivery is None:
            self._delivery = Delivery(self._clock, self._service.store, self._event_of, self._service.seed)
        self._delivery.subscribe(subscription)
        return subscription

    def _cancel(self, subscription: Subscription) -> None:
        if self._delivery is not None and not self._delivery.unsubscribe(subscription):
            self._delivery.close()
            self._delivery = None

    def flush(self) -> bool:
        """Deliver what happens at the present instant; return whether there is anybody to whom."""
        if self._delivery is None:
            return False
        self._clock.pass_us(0)
        return True

    @property
    def last_us(self) -> int:
        """The instant at which the last event arrives that is on its way; 0 if none is."""
        last_us = None if self._delivery is None else self._delivery.last_us
        return 0 if last_us is None else last_us

    def close(self) -> None:
        """Tell nobody any more."""
        self._closed = True
        delivery, self._delivery = self._delivery, None
        if delivery is not None:
            delivery.close()
