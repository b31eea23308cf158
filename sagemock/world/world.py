"""A world: everything from one start of a mock to its stop. It has the clock, the threads and the backend."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Literal
from weakref import ref

from sagemock.cleanup import run_all
from sagemock.clock.instants import SECOND_US, duration_us, instant
from sagemock.clock.older import OlderThreads
from sagemock.clock.sleepers import Sleepers
from sagemock.clock.virtual import Clock, check_end
from sagemock.errors import UnusedError
from sagemock.events.bridge import EventBridge
from sagemock.jobs.store import Store
from sagemock.patches.frozen import Followed
from sagemock.patches.greenlets import refuse
from sagemock.patches.real_time import RealTimeModules
from sagemock.protocol.answer import Reply
from sagemock.protocol.request import Request
from sagemock.service.calls import Calls
from sagemock.world import reports
from sagemock.world.backend import Backend, Fallback
from sagemock.world.launcher import Launcher
from sagemock.world.options import Options
from sagemock.world.sleeps import Sleep

__all__ = ["World"]


@dataclass
class World:
    """The state of a mock from its start to its stop. Every start makes a new one; it can be read after the stop."""

    options: Options
    owner: object
    """The mock whose world this is."""
    fallback_of: Callable[[Clock, Store], Fallback]
    """Makes the fallback, which answers operations that sagemock does not simulate."""
    around: "World | None" = None
    """The outer world, if this one is nested."""
    clock: Clock = field(init=False)
    store: Store = field(default_factory=Store)
    sleeps: list[Sleep] = field(default_factory=list)
    threads_before: OlderThreads = field(init=False)
    sleepers: Sleepers = field(init=False)
    wall: Literal["virtual", "real"] = field(init=False)
    """Whether the process shows virtual or real time."""
    sleeping: Literal["virtual", "real"] = field(init=False)
    """Whether sleeps are virtual or real."""
    passthrough: frozenset[str] = field(init=False)
    """The services that may reach the network."""
    real_time_modules: RealTimeModules = field(init=False)
    """The modules whose sleeps are real."""

    def __post_init__(self) -> None:
        options = self.options
        self.wall, self.sleeping, self.passthrough = options.wall, options.sleep, frozenset(options.passthrough)
        self.clock = Clock(
            options.start, latency=options.latency, idle_limit=options.idle_limit, rate=options.rate, lock=self.store.lock
        )
        if options.wall == "virtual":
            self.clock.outside = Followed(self.clock.outside, self._is_untouched, is_started=options.start is not None)
            # Inside a freeze, the present instant is the frozen one.
            self.clock.start_us = self.clock.now_us()
        me, around = threading.current_thread(), self.around
        self.entered_by = ref(me)
        # The threads of the outer mock also belong to this mock: while it answers their calls, they use its clock.
        self._shares_threads = around is not None and around.entered_by() is me
        self.threads_before = around.threads_before if around is not None and self._shares_threads else OlderThreads()
        self.note_older_threads()
        self.sleepers = Sleepers(
            self.clock,
            self.threads_before,
            None if around is None else around.sleepers,
            patience_s=duration_us(options.patience) / SECOND_US,
        )
        self.real_time_modules = RealTimeModules(options.real_time_modules)
        self.clock.creep = self.creep_us
        self.fallback = self.fallback_of(self.clock, self.store)
        self.backend = Backend(options, self.clock, self.store, self.fallback)
        self.bridge = EventBridge(self.clock, self.backend.service)
        self.backend.pending.append(self.bridge)
        self.launcher = Launcher(self.clock, self.backend)

    def _is_untouched(self) -> bool:
        return self.store.is_untouched

    def note_older_threads(self) -> None:
        """Count all other threads that are alive now as older than the mock."""
        if not self._shares_threads:
            self.threads_before.update(thread for thread in threading.enumerate() if thread is not self.entered_by())

    # -- for the patches

    def sleep_us(self, duration_us: int) -> None:
        """Sleep virtually."""
        deadline_us = self.begin_sleep_us(duration_us)
        if duration_us:
            self.sleepers.until_us(deadline_us)
        else:
            self.sleepers.give_way()

    def begin_sleep_us(self, duration_us: int) -> int:
        """Record a sleep that begins now, and return its end. Raises NothingWillHappen after too much idle time."""
        refuse()
        with self.store.lock:
            now_us = self.clock.now_us()
            check_end(now_us + duration_us)
            self.backend.runaway.slept(
                duration_us, settled=partial(self.backend.settled, now_us), limit_us=self.clock.idle_limit_us
            )
            self.sleeps.append(Sleep(instant(now_us), timedelta(microseconds=duration_us)))
        return now_us + duration_us

    def creep_us(self, by_us: int) -> None:
        """Let time pass for a thread in a busy wait, which only reads the clock. This is not recorded in `sleeps`."""
        if self.sleepers.is_over or threading.current_thread() in self.threads_before:
            return
        with self.store.lock:
            now_us = self.clock.now_us()
            self.backend.runaway.crept(by_us, settled=partial(self.backend.settled, now_us), limit_us=self.clock.idle_limit_us)
        self.sleepers.until_us(now_us + by_us, creeps=True)

    def stalled(self, for_s: float, places: Sequence[str]) -> None:
        """Raise NothingWillHappen: tasks have only yielded for `for_s` real seconds, and no thread sleeps, so time cannot pass.

        `places` are their positions in the code. Does nothing if SageMaker was never called, or without an `idle_limit`.
        """
        with self.store.lock:
            where = ", ".join(sorted(places)) or "more than one place"
            self.backend.runaway.stalled(
                f"tasks have only yielded, for {for_s} real seconds, at {where}", limit_us=self.clock.idle_limit_us
            )

    # -- answering

    def answer(self, request: Request) -> Reply | None:
        """Return the reply as of the instant of arrival, after the virtual time that the call takes has passed.

        None if the request is for another mock.
        """
        refuse()
        reply = self.backend.answer(request)
        if reply is not None:
            self.sleepers.called()
            self._spend_us(reply.at_us, reply.takes_us)
        return reply

    def answer_outside(self, request: Request) -> Reply | None:
        """Return the reply to a call of another process, after the virtual time that the call takes has passed.

        The calling thread does not belong to the mock, so it does not sleep: the times of such calls add up.
        """
        reply = self.backend.answer(request)
        if reply is not None:
            self.flush()
            if reply.takes_us:
                check_end(self.clock.now_us() + reply.takes_us)
                self.clock.pass_us(reply.takes_us)
        return reply

    def flush(self) -> bool:
        """Do what is due now: launch and stop children, deliver events. Return whether there is a subscription."""
        self.launcher.flush()
        return self.bridge.flush()

    @property
    def is_over(self) -> bool:
        """Whether the world has ended."""
        return self.sleepers.is_over

    def keep_out(self) -> None:
        """Let the calling thread keep real time, like the threads that are older than the mock (law 8)."""
        self.threads_before.add(threading.current_thread())

    def _spend_us(self, at_us: int, takes_us: int) -> None:
        if self.flush():
            # This thread has just delivered the events of the call, and a handler may have let time pass.
            at_us = self.clock.now_us()
        # The calling thread sleeps (law 6): the times of calls that two threads make at once do not add up.
        if takes_us:
            check_end(at_us + takes_us)
            self.sleepers.until_us(at_us + takes_us, is_forced=True)

    # -- the end

    def close(self) -> None:
        """End the world: nothing happens any more, and sleeping threads wake. What happened can still be read."""
        # After this, neither real time nor the caller's frozen clock moves the world.
        self.clock.close()
        self.backend.accounts.close()
        run_all(self.sleepers.close, self.bridge.close, self.fallback.close)

    def check_used(self) -> None:
        """Raise UnusedError if, under `strict`, no job has used a plan or no call has met a fault."""
        backend = self.backend
        plans, faults = backend.plans.unused, [*backend.faults.unused(), *backend.visibility.unused()]
        if self.options.strict and (plans or faults):
            created = list(dict.fromkeys([*(name for _, name in self.store.deleted), *(job.name for job in self.store.jobs())]))
            raise UnusedError(reports.unused(plans, faults, created, Calls(backend.calls), self.store.jobs()))
