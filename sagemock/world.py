"""A world: everything that lives while a mock is active, and how it answers a call."""

import json
import threading
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from random import Random
from typing import Any, Final, Literal, TypeAlias
from weakref import WeakSet

from sagemock.aws.operations import OPERATIONS, READS, Service
from sagemock.aws.refusal import Refusal
from sagemock.aws.validate import check, decode
from sagemock.aws.wire import Answer, granted, refused
from sagemock.clock import Clock, instant
from sagemock.errors import NotSimulated, UnusedError, UsageError
from sagemock.hook import ApiCall
from sagemock.idle import Idle
from sagemock.jobs.job import Place
from sagemock.jobs.plan import Plan
from sagemock.jobs.store import Store
from sagemock.options import Options
from sagemock.render import situation

__all__ = ["Call", "Matcher", "PlanSource", "Sleep", "World"]

Matcher: TypeAlias = str | Callable[[Mapping[str, Any]], bool]
"""Which jobs a plan is for: a pattern of job names (`*`, `?`, `[…]`, case matters), or a predicate of the request."""
PlanSource: TypeAlias = Plan | Callable[[Mapping[str, Any]], Plan]
"""A plan, or a callable of the request that returns one."""

DONE: Final = "ok"


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt of a client to call an operation, as it arrived here."""

    operation: str
    params: Mapping[str, Any]
    """The request, with its instants in microseconds since the epoch."""
    at: datetime
    region: str
    outcome: str
    """"ok", or the error code that was answered, or the name of the error that was raised."""
    attempt: int
    """1 for a first attempt, more for botocore's retries."""


@dataclass(frozen=True, slots=True)
class Sleep:
    """One virtual sleep: when it began, and how long it was."""

    at: datetime
    duration: timedelta


@dataclass
class Rule:
    """A plan for the jobs that match."""

    matcher: Matcher
    plan: PlanSource
    times: int | None
    used: int = 0

    def meets(self, request: Mapping[str, Any]) -> bool:
        """Whether this rule is for a job that is created by `request`."""
        if self.times is not None and self.used >= self.times:
            return False
        if isinstance(self.matcher, str):
            return fnmatchcase(request["TrainingJobName"], self.matcher)
        return bool(self.matcher(request))

    def __str__(self) -> str:
        return f"plan({self.matcher!r}, {self.plan!r})"


@dataclass
class World:
    """What lives while a mock is active. Fresh at every start; readable when it is over."""

    options: Options
    owner: object
    """The mock whose world this is."""
    clock: Clock = field(init=False)
    store: Store = field(default_factory=Store)
    calls: list[Call] = field(default_factory=list)
    sleeps: list[Sleep] = field(default_factory=list)
    accounts: dict[str, str] = field(default_factory=dict)
    """The accounts of callers other than the mock's own, by access key id."""
    rules: list[Rule] = field(default_factory=list)
    threads_before: AbstractSet[threading.Thread] = field(init=False)

    def __post_init__(self) -> None:
        options = self.options
        self.clock = Clock(options.start, latency=options.latency, idle_limit=options.idle_limit, rate=options.rate)
        self.threads_before = WeakSet(set(threading.enumerate()) - {threading.current_thread()})
        self.service = Service(self.store, self.plan_for, options.seed, validate=options.validate)
        self.idle = Idle(self._report)
        self._ids = Random(options.seed)  # noqa: S311  # request ids that are the same run after run

    # -- as the patches see it

    @property
    def wall(self) -> Literal["virtual", "real"]:
        """Whose time the process shows."""
        return self.options.wall

    @property
    def sleeping(self) -> Literal["virtual", "real"]:
        """How the process sleeps."""
        return self.options.sleep

    @property
    def passthrough(self) -> frozenset[str]:
        """The services that may reach the network."""
        return frozenset(self.options.passthrough)

    def sleep_us(self, duration_us: int) -> None:
        """Sleep virtually."""
        now_us = self.clock.now_us()
        self.idle.slept(duration_us, settled=self.settled(now_us), limit_us=self.clock.idle_limit_us)
        self.sleeps.append(Sleep(instant(now_us), timedelta(microseconds=duration_us)))
        self.clock.pass_us(duration_us)

    def settled(self, now_us: int) -> bool:
        """Whether nothing is left to happen to any job by itself."""
        settled_us = self.store.settled_us()
        return settled_us is None or settled_us <= now_us

    # -- answering

    def answer(self, call: ApiCall) -> tuple[Answer, int, str]:
        """Answer at the instant of arrival, and then take `latency`."""
        with self.store.lock:
            at_us = self.clock.now_us()
            self.store.forget(at_us)
            params: Mapping[str, Any] = {}
            outcome = DONE
            try:
                try:
                    simulated = self._simulated(call)
                    params = decode(call.api.input(call.operation), json.loads(call.body))
                    if self.options.validate:
                        check(call.api.input(call.operation), params)
                    answer = granted(simulated(self.service, call.api, self._place(call), params, at_us))
                except Refusal as refusal:
                    outcome = refusal.code
                    answer = refused(refusal)
                self._guard(call, at_us, changed=call.operation not in READS and outcome == DONE)
            except Exception as error:
                outcome = type(error).__name__
                raise
            finally:
                self.calls.append(Call(call.operation, params, instant(at_us), call.region, outcome, call.attempt))
            request_id = _uuid(self._ids)
        self.clock.pass_us(self.clock.latency_us)
        return answer, at_us, request_id

    def _guard(self, call: ApiCall, at_us: int, *, changed: bool) -> None:
        if changed:
            self.idle.reset()
        else:
            poll = (call.operation, call.body)
            self.idle.polled(poll, settled=self.settled(at_us), limit_us=self.clock.idle_limit_us)

    def _simulated(self, call: ApiCall) -> Callable[..., str]:
        try:
            return OPERATIONS[call.operation]
        except KeyError:
            msg = (
                f"sagemock does not simulate {call.operation}. It simulates {', '.join(sorted(OPERATIONS))}; "
                "answer the rest with botocore's Stubber or with a client of your own, or leave that call out of this test"
            )
            raise NotSimulated(msg) from None

    def _place(self, call: ApiCall) -> Place:
        account = self.options.account_id
        if self.accounts and call.access_key is not None:
            account = self.accounts.get(call.access_key, account)
        return Place(call.partition, call.region, account)

    # -- plans

    def plan_for(self, request: Mapping[str, Any]) -> Plan:
        """Return the plan of a job that is created by `request`: the first rule that meets it, else the mock's default."""
        for rule in self.rules:
            if rule.meets(request):
                rule.used += 1
                return _resolved(rule.plan, request)
        return Plan() if self.options.plan is None else _resolved(self.options.plan, request)

    def check_used(self) -> None:
        """Raise UnusedError if a plan was prepared that no job met."""
        unused = [rule for rule in self.rules if not rule.used]
        if self.options.strict and unused:
            created = [job.name for job in self.store.jobs()]
            met = f"the jobs that were created: {', '.join(created)}" if created else "no job was created"
            counted = "1 prepared plan was" if len(unused) == 1 else f"{len(unused)} prepared plans were"
            msg = (
                f"{counted} never used: {'; '.join(map(str, unused))} ({met}). "
                "Mend the pattern, take the plan out, or allow it with strict=False"
            )
            raise UnusedError(msg)

    def _report(self, what: str) -> str:
        return (
            f"nothing can happen any more, and yet {what} since.\n{situation(self.store.jobs(), self.clock.now_us())}\n"
            "Let the code under test recognise that status and end its loop, give the job a plan that goes on, "
            "or allow more with idle_limit (None: no limit)"
        )


def _resolved(source: PlanSource, request: Mapping[str, Any]) -> Plan:
    plan: object = source if isinstance(source, Plan) else source(request)
    if not isinstance(plan, Plan):
        msg = f"{source!r} returned {plan!r} for {request['TrainingJobName']!r}: let it return a Plan"
        raise UsageError(msg)
    return plan


def _uuid(rng: Random) -> str:
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
