"""A world: everything that lives while a mock is active, and how it answers a call."""

import threading
from collections.abc import Iterator, Mapping, MutableSet, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any, Final, Literal, NamedTuple
from weakref import WeakSet, ref

from sagemock.cleanup import run_all
from sagemock.client.hook import ApiCall
from sagemock.client.trouble import Lost, marred
from sagemock.clock.instants import instant
from sagemock.clock.runaway import Runaway, timeless
from sagemock.clock.sleepers import Sleepers
from sagemock.clock.virtual import Clock, check_end
from sagemock.errors import SagemockError, UnusedError
from sagemock.events.bridge import Announcer
from sagemock.moto import handler, s3
from sagemock.moto.artifacts import Uploads
from sagemock.patches.frozen import Followed
from sagemock.patches.greenlets import refuse
from sagemock.picture.show import situation
from sagemock.protocol.answer import Answer, granted, refused
from sagemock.protocol.decode import decode, parse
from sagemock.protocol.fits import fits
from sagemock.protocol.model import Api
from sagemock.protocol.refusal import Refusal
from sagemock.protocol.validate import check
from sagemock.service import log_group, logs
from sagemock.service.accounts import Accounts
from sagemock.service.calls import DONE, Call, Calls
from sagemock.service.faults import Fault, Faults
from sagemock.service.operations import INVALID, OPERATIONS, READS, Service
from sagemock.service.visibility import Visibility
from sagemock.training.job import Place
from sagemock.training.plan.rules import Plans
from sagemock.training.store import Store
from sagemock.world.options import Options
from sagemock.world.sleeps import Sleep

__all__ = ["Call", "Sleep", "World"]


class Request(NamedTuple):
    """What the service understands of a call."""

    params: Mapping[str, Any]
    is_doubtful: bool
    """Whether it may break a constraint of the service model."""


_POLLS_KEPT: Final = 256


@dataclass
class World:
    """What lives while a mock is active. Fresh at every start; readable when it is over."""

    options: Options
    owner: object
    """The mock whose world this is."""
    around: "World | None" = None
    """The world in which this one is nested."""
    clock: Clock = field(init=False)
    store: Store = field(default_factory=Store)
    calls: list[Call] = field(default_factory=list)
    sleeps: list[Sleep] = field(default_factory=list)
    accounts: Accounts = field(default_factory=Accounts)
    """The accounts of callers other than the mock's own, by access key id."""
    plans: Plans = field(init=False)
    faults: Faults = field(init=False)
    visibility: Visibility = field(default_factory=Visibility)
    threads_before: MutableSet[threading.Thread] = field(init=False)
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
        self.plans = Plans(options.plan)
        self.service = Service(self.store, self.plans.plan_for, options.seed, validate=options.validate)
        self.service.check_data = s3.check_inputs if options.check_s3 else None
        self.uploads = Uploads(self.clock, self.store)
        self.announcer = Announcer(self.clock, self.service)
        self.faults = Faults(options.seed)
        self.idle = Runaway(self._report)
        # Request ids look like UUIDs, and are the same run after run.
        self._id_begins = f"{options.seed & 0xFFFF_FFFF:08x}-0000-4000-a000-"
        self._ids = count(1)
        self._polls: dict[tuple[Api, str, bytes | str], Request] = {}

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
            self.idle.slept(duration_us, settled=self.settled(now_us), limit_us=self.clock.idle_limit_us)
            self.sleeps.append(Sleep(instant(now_us), timedelta(microseconds=duration_us)))
        return now_us + duration_us

    def creep_us(self, by_us: int) -> None:
        """Let so much time pass for a thread that waits by reading the time: no sleep of its own, so it is not in `sleeps`."""
        if self.sleepers.is_over or threading.current_thread() in self.threads_before:
            return
        with self.store.lock:
            now_us = self.clock.now_us()
            self.idle.crept(by_us, settled=self.settled(now_us), limit_us=self.clock.idle_limit_us)
        self.sleepers.until_us(now_us + by_us, creeps=True)

    def stalled(self, for_s: float, places: Sequence[str]) -> None:
        """Note that tasks have only yielded while nobody slept. Raises NothingWillHappen if no time will ever pass."""
        with self.store.lock:
            where = ", ".join(sorted(places)) or "more than one place"
            self.idle.stalled(f"tasks have only yielded, for {for_s} real seconds, at {where}", limit_us=self.clock.idle_limit_us)

    def settled(self, now_us: int) -> bool:
        """Whether nothing is left to happen to any job by itself, and calls go the same way for ever."""
        settled_us = self.store.settled_us()
        if (settled_us is not None and settled_us > now_us) or self.announcer.last_us > now_us:
            return False
        if self.faults and self.faults.pending(now_us):
            return False
        return not (self.visibility and self.visibility.pending(self.store, now_us))

    # -- answering

    def answer(self, call: ApiCall) -> tuple[Answer, int, str]:
        """Answer at the instant of arrival, and then take `latency`."""
        refuse()
        self.sleepers.called()
        self.uploads.notice()
        with self.store.lock:
            at_us = self.clock.now_us()
            self.store.forget(at_us)
            params: Mapping[str, Any] = {}
            reads = call.operation in READS or (call.service == "logs" and call.operation not in logs.WRITES)
            outcome = DONE
            fault: Fault | None = None
            answer: Answer | Lost
            try:
                try:
                    request = self._polled(call) if reads else _read(call)
                    params = request.params
                    if self.faults and call.service == "sagemaker":
                        fault = self.faults.meeting(call.operation, params, at_us)
                    if fault is None:
                        answer = granted(self._perform(call, request, at_us))
                    else:
                        outcome = fault.error
                        answer = self._marred(fault, call, request, at_us)
                except Refusal as refusal:
                    outcome = refusal.code
                    answer = refused(refusal)
                except Lost as lost:
                    answer = lost
                self._guard(call, at_us, fault, changed=not reads and outcome == DONE)
            except Exception as error:
                outcome = type(error).__name__
                raise
            finally:
                self.calls.append(Call(call.operation, params, instant(at_us), call.region, outcome, call.attempt))
            request_id = f"{self._id_begins}{next(self._ids):012x}"
        if isinstance(answer, Lost):
            self._take_us(at_us, self.clock.latency_us if answer.takes_us is None else answer.takes_us)
            raise answer.error
        self._take_us(at_us, self.clock.latency_us)
        return answer, at_us, request_id

    def _take_us(self, at_us: int, latency_us: int) -> None:
        if self.announcer.flush():
            # What the call did has happened, and was told of by the thread that did it: a handler may have let time pass.
            at_us = self.clock.now_us()
        # A sleep of the calling thread (law 6): what two threads call at one instant is answered at one instant.
        if latency_us:
            self.sleepers.until_us(at_us + latency_us, is_forced=True)

    def answer_logs(self, call: ApiCall) -> tuple[Answer, int, str] | None:
        """Answer a call of CloudWatch Logs, if it is about the log group of training jobs."""
        if not logs.concerns(call.api, call.operation, call.body):
            return None
        if call.operation == "DescribeLogGroups" and "logs" in self.passthrough and not handler.moto_answers():
            # The list is the real one.
            return None
        return self.answer(call)

    def _polled(self, call: ApiCall) -> "Request":
        """Read a request that changes nothing: whoever polls sends the same one again and again."""
        key = call.api, call.operation, call.body
        found = self._polls.get(key)
        if found is None:
            if len(self._polls) >= _POLLS_KEPT:
                del self._polls[next(iter(self._polls))]
            found = self._polls[key] = _read(call)
        return found

    def _perform(self, call: ApiCall, request: "Request", at_us: int) -> str:
        """Do what the service was asked for, and return its response as JSON."""
        params = request.params
        if call.service == "logs":
            simulated = logs.simulated(call.operation)
            if call.operation == "DescribeLogGroups":
                simulated = partial(log_group.describe, others=handler.log_groups(call.region, call.request))
        elif handler.is_ours(call.operation, params, OPERATIONS):
            simulated = OPERATIONS[call.operation]
        else:
            return handler.perform(call.operation, call.region, call.request, OPERATIONS)
        broken = _broken(call, params) if request.is_doubtful else None
        if broken is not None and self.options.validate:
            raise broken
        place, service = self._place(call), self.service
        if self.visibility and call.service == "sagemaker":
            service = self.visibility.seen(service, place, call.operation, params, at_us)
        try:
            return simulated(service, call.api, place, params, at_us)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            if broken is None or isinstance(error, SagemockError):
                raise
            # `validate=False` let it through, and without what it lacks nobody can do it.
            raise broken from error

    def _marred(self, fault: Fault, call: ApiCall, request: "Request", at_us: int) -> Answer:
        return marred(
            fault,
            call,
            perform=lambda: self._perform(call, request, at_us),
            refusal=lambda: fault.refusal(self._place(call), call.operation, request.params),
        )

    def _guard(self, call: ApiCall, at_us: int, fault: Fault | None, *, changed: bool) -> None:
        if changed:
            self.idle.reset()
            self.clock.readings.turned_away()
        else:
            # A fault that is used up by being met is nothing that goes on for ever.
            settled = self.settled(at_us) and (fault is None or fault.times is None)
            poll = (call.operation, timeless(call.body)) if settled else None
            self.idle.polled(poll, settled=settled, limit_us=self.clock.idle_limit_us)

    def _place(self, call: ApiCall) -> Place:
        account = self.options.account_id
        if self.accounts:
            account = self.accounts.get(call.access_key or "", account)
        return Place(call.partition, call.region, account)

    # -- the end

    def close(self) -> None:
        """Let nothing happen any more, and wake whoever sleeps. What happened can still be read."""
        # Neither real time nor a wall clock that the caller froze moves what is over.
        self.clock.close()
        self.accounts.close()
        run_all(self.sleepers.close, self.announcer.close, self.uploads.close)

    def check_used(self) -> None:
        """Raise UnusedError if a plan was prepared that no job met, or a fault that no call met."""
        plans, faults = self.plans.unused, [*self.faults.unused(), *self.visibility.unused()]
        if not self.options.strict or not (plans or faults):
            return
        created = list(dict.fromkeys([*self.store.deleted, *(job.name for job in self.store.jobs())]))
        met = f"the jobs that were created: {', '.join(created)}" if created else "no job was created"
        complaints = [
            *_unused("plan", plans, verb="used", met=met, mend="pattern"),
            *_unused("fault", faults, verb="met", met=repr(Calls(self.calls)), mend="operation, the job or the time"),
        ]
        raise UnusedError("\n".join(complaints))

    def _report(self, what: str) -> str:
        now_us = self.clock.now_us()
        standing = "".join(f"\n  {fault} has met {fault.met} calls" for fault in self.faults.standing(now_us))
        return (
            f"nothing can happen any more, and yet {what} since.\n{situation(self.store.jobs(now_us), now_us)}{standing}\n"
            "Let the code under test recognise that status and end its loop, give the job a plan that goes on, "
            "or allow more with idle_limit (None: no limit)"
        )


def _read(call: ApiCall) -> Request:
    shape = call.api.input(call.operation)
    sent = parse(call.body)
    return Request(sent, is_doubtful=False) if fits(shape, sent) else Request(decode(shape, sent), is_doubtful=True)


def _broken(call: ApiCall, params: Mapping[str, Any]) -> Refusal | None:
    """Return the refusal of a request that breaks constraints, None of one that breaks none."""
    try:
        check(call.api.input(call.operation), params, logs.INVALID if call.service == "logs" else INVALID)
    except Refusal as refusal:
        return refusal
    return None


def _unused(kind: str, unused: Sequence[object], *, verb: str, met: str, mend: str) -> Iterator[str]:
    if unused:
        counted = f"1 prepared {kind} was" if len(unused) == 1 else f"{len(unused)} prepared {kind}s were"
        yield (
            f"{counted} never {verb}: {'; '.join(map(str, unused))} ({met}). "
            f"Mend the {mend}, take the {kind} out, or allow it with strict=False"
        )
