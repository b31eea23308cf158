"""A world: one life of a mock, with its clock, its threads, and the backend that answers calls."""

import threading
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal
from weakref import WeakSet, ref

from sagemock.cleanup import run_all
from sagemock.clock.instants import instant
from sagemock.clock.sleepers import Sleepers
from sagemock.clock.virtual import Clock, check_end
from sagemock.errors import UnusedError
from sagemock.events.bridge import EventBridge
from sagemock.patches.frozen import Followed
from sagemock.patches.greenlets import refuse
from sagemock.protocol.answer import Reply
from sagemock.protocol.request import Request
from sagemock.service.calls import Calls
from sagemock.training.store import Store
from sagemock.world import reports
from sagemock.world.backend import Backend, Fallback
from sagemock.world.options import Options
from sagemock.world.sleeps import Sleep

__all__ = ["World"]


@dataclass
class World:
    """What lives while a mock is active. Fresh at every start; readable when it is over."""

    options: Options
    owner: object
    """The mock whose world this is."""
    fallback_of: Callable[[Clock, Store], Fallback]
    """Makes what answers what is not simulated."""
    around: "World | None" = None
    """The world in which this one is nested."""
    clock: Clock = field(init=False)
    store: Store = field(default_factory=Store)
    sleeps: list[Sleep] = field(default_factory=list)
    threads_before: AbstractSet[threading.Thread] = field(init=False)
    sleepers: Sleepers = field(init=False)
    wall: Literal["virtual", "real"] = field(init=False)
    """Whose time the process shows."""
    sleeping: Literal["virtual", "real"] = field(init=False)
    """How the process sleeps."""
    passthrough: frozenset[str] = field(init=False)
    """The services that may reach the network."""

    def __post_init__(self) -> None:
        options = self.options
        self.wall, self.sleeping, self.passthrough = options.wall, options.sleep, frozenset(options.passthrough)
        self.clock = Clock(
            options.start, latency=options.latency, idle_limit=options.idle_limit, rate=options.rate, lock=self.store.lock
        )
        if options.wall == "virtual":
            self.clock.outside = Followed(self.clock.outside, self._is_untouched, is_started=options.start is not None)
            # The present instant is that of a freeze, if there is one.
            self.clock.start_us = self.clock.now_us()
        me, around = threading.current_thread(), self.around
        self.entered_by = ref(me)
        if around is not None and around.entered_by() is me:
            # The outer mock's threads are those of this one too: they go by its clock while it answers them.
            self.threads_before = around.threads_before
        else:
            self.threads_before = WeakSet(set(threading.enumerate()) - {me})
        self.sleepers = Sleepers(self.clock, self.threads_before, None if around is None else around.sleepers)
        self.clock.creep = self.creep_us
        self.fallback = self.fallback_of(self.clock, self.store)
        self.backend = Backend(options, self.clock, self.store, self.fallback)
        self.bridge = EventBridge(self.clock, self.backend.service)
        self.backend.pending.append(self.bridge)

    def _is_untouched(self) -> bool:
        return self.store.is_untouched

    # -- as the patches see it

    def sleep_us(self, duration_us: int) -> None:
        """Sleep virtually."""
        deadline_us = self.begin_sleep_us(duration_us)
        if duration_us:
            self.sleepers.until_us(deadline_us)
        else:
            self.sleepers.give_way()

    def begin_sleep_us(self, duration_us: int) -> int:
        """Record a sleep that begins now, guard against idling, and return when it ends."""
        refuse()
        with self.store.lock:
            now_us = self.clock.now_us()
            check_end(now_us + duration_us)
            self.backend.idle.slept(duration_us, settled=self.backend.settled(now_us), limit_us=self.clock.idle_limit_us)
            self.sleeps.append(Sleep(instant(now_us), timedelta(microseconds=duration_us)))
        return now_us + duration_us

    def creep_us(self, by_us: int) -> None:
        """Let so much time pass for a thread that waits by reading the time: no sleep of its own, so it is not in `sleeps`."""
        if self.sleepers.is_over or threading.current_thread() in self.threads_before:
            return
        with self.store.lock:
            now_us = self.clock.now_us()
            self.backend.idle.crept(by_us, settled=self.backend.settled(now_us), limit_us=self.clock.idle_limit_us)
        self.sleepers.until_us(now_us + by_us, creeps=True)

    def stalled(self, for_s: float, places: Sequence[str]) -> None:
        """Note that tasks have only yielded while nobody slept. Raises NothingWillHappen if no time will ever pass."""
        with self.store.lock:
            where = ", ".join(sorted(places)) or "more than one place"
            self.backend.idle.stalled(
                f"tasks have only yielded, for {for_s} real seconds, at {where}", limit_us=self.clock.idle_limit_us
            )

    # -- answering

    def answer(self, request: Request) -> Reply | None:
        """Answer at the instant of arrival, and then let the calling thread spend what the call takes.

        None if the request is for others to answer.
        """
        refuse()
        reply = self.backend.answer(request)
        if reply is not None:
            self._spend_us(reply.at_us, reply.takes_us)
        return reply

    def _spend_us(self, at_us: int, takes_us: int) -> None:
        if self.bridge.flush():
            # What the call did has happened, and its events were delivered by this thread: a handler may have let time pass.
            at_us = self.clock.now_us()
        # A sleep of the calling thread (law 6): what two threads call at one instant is answered at one instant.
        if takes_us:
            check_end(at_us + takes_us)
            self.sleepers.until_us(at_us + takes_us)

    # -- the end

    def close(self) -> None:
        """Let nothing happen any more, and wake whoever sleeps. What happened can still be read."""
        # Neither real time nor a wall clock that the caller froze moves what is over.
        self.clock.close()
        self.backend.accounts.close()
        run_all(self.sleepers.close, self.bridge.close, self.fallback.close)

    def check_used(self) -> None:
        """Raise UnusedError if a plan was prepared that no job met, or a fault that no call met."""
        backend = self.backend
        plans, faults = backend.plans.unused, [*backend.faults.unused(), *backend.visibility.unused()]
        if self.options.strict and (plans or faults):
            created = list(dict.fromkeys([*self.store.deleted, *(job.name for job in self.store.jobs())]))
            raise UnusedError(reports.unused(plans, faults, created, Calls(backend.calls)))
