"""The backend answers a request at the instant of its arrival. It knows nothing of clients, threads and patches."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from typing import Any, Final, Protocol

from sagemock.clock.instants import duration_us, instant
from sagemock.clock.runaway import Runaway, timeless
from sagemock.clock.virtual import Clock
from sagemock.errors import NothingWillHappen, SagemockError
from sagemock.jobs.kinds import TRAINING, Kind, named_in
from sagemock.jobs.place import Place
from sagemock.jobs.rules import Plans, PlanSource, Rule
from sagemock.jobs.store import Store
from sagemock.protocol.answer import Answer, Lost, Reply, cut_short, refusal_answer, success
from sagemock.protocol.model import Api
from sagemock.protocol.refusal import INVALID, Refusal
from sagemock.protocol.request import Parsed, Request, read
from sagemock.protocol.validate import check
from sagemock.service import faults, log_group, logs
from sagemock.service.accounts import Accounts
from sagemock.service.calls import DONE, Call
from sagemock.service.faults import Fault, Faults
from sagemock.service.operations import OPERATIONS, READS
from sagemock.service.service import Service
from sagemock.service.subject import JOBLESS
from sagemock.service.visibility import Visibility
from sagemock.training.launch import Launching
from sagemock.training.plan.plan import Plan
from sagemock.world import reports
from sagemock.world.options import Options, plans_of

__all__ = ["Backend", "Fallback", "Pending"]

_INVALID: Final = {"sagemaker": INVALID, "logs": logs.INVALID}
"""The error code by which each service refuses a request that breaks a constraint."""
_POLLS_KEPT: Final = 256
_TAGS: Final = frozenset({"AddTags", "DeleteTags"})
"""The calls that change nothing that a loop could wait for."""
_SETTINGS: Final = {
    faults.CONNECT_TIMEOUT: "connect_timeout",
    faults.READ_TIMEOUT: "read_timeout",
    faults.LOST_ANSWER: "read_timeout",
}
"""The setting in a client's Config that limits how long the client waits under a fault."""


class Fallback(Protocol):
    """Another mock in the same process, such as moto: it answers what sagemock does not simulate, and has S3 and log groups."""

    def notice(self) -> None:
        """Check whether the other mock is active now."""

    def is_active(self) -> bool:
        """Return whether the other mock answers calls."""

    def owns(self, operation: str, params: Mapping[str, Any]) -> bool:
        """Return whether the other mock answers a SageMaker operation.

        These are the operations that sagemock does not simulate, and those on the tags of a resource of the other mock.
        """

    def perform(self, request: Request) -> str:
        """Return the other mock's response as JSON. Raises a Refusal if it refuses, and NotSimulated if it cannot answer."""

    def log_groups(self, request: Request) -> Sequence[Mapping[str, Any]]:
        """Return the other mock's log groups for the caller of a request."""

    def check_inputs(self, place: Place, params: Mapping[str, Any]) -> None:
        """Raise a Refusal for a job whose input is not in a bucket."""

    def check_model(self, place: Place, name: str) -> None:
        """Raise a Refusal if the other mock simulates models and does not have this one."""

    def close(self) -> None:
        """Stop working for this world."""


class Pending(Protocol):
    """A part of a world that may still change by itself."""

    def pending(self, now_us: int) -> bool:
        """Return whether this part may still change after an instant."""


class Backend:
    """SageMaker as one mock simulates it, with the faults that a test has prepared and the calls that have arrived."""

    def __init__(self, options: Options, clock: Clock, store: Store, fallback: Fallback) -> None:
        self.clock = clock
        self.store = store
        self.fallback = fallback
        self.calls: list[Call] = []
        self.accounts = Accounts()
        """The accounts of callers that do not have the mock's own account, by access key id."""
        self.plans = Plans(plans_of(options.plan))
        self.faults = Faults(options.seed)
        self.visibility = Visibility(store)
        self.service = Service(store, self.plans.plan_for, options.seed, validate=options.validate)
        self.service.check_model = fallback.check_model
        if options.check_s3:
            self.service.check_data = fallback.check_inputs
        self.pending: list[Pending] = [store, self.faults, self.visibility]
        self.runaway = Runaway(self._report)
        self._options = options
        # Request ids look like UUIDs, and are the same in each run.
        self._id_begins = f"{options.seed & 0xFFFF_FFFF:08x}-0000-4000-a000-"
        self._ids = count(1)
        self._polls: dict[tuple[Api, str, bytes | str], Parsed] = {}

    def answer(self, request: Request) -> Reply | None:
        """Return the reply to a request; None for a call of CloudWatch Logs that is not about jobs: another mock answers it."""
        if request.service == "logs" and not self._is_about_training_jobs(request):
            return None
        self.fallback.notice()
        with self.store.lock:
            at_us = self.clock.now_us()
            self.store.forget(at_us)
            answer = self._recorded(request, at_us)
            request_id = f"{self._id_begins}{next(self._ids):012x}"
        lost_after_us = answer.after_us if isinstance(answer, Lost) else None
        return Reply(answer, at_us, self.clock.latency_us if lost_after_us is None else lost_after_us, request_id)

    def create(self, request: Request, kind: Kind, plan: PlanSource | None, back_us: int) -> str:
        """Create a job for the test itself, `back_us` before the present instant; return the response as JSON.

        This records no call, meets no fault and takes no time. `plan` is the plan of this job, even if other plans match the job;
        None: choose one as for any job. Raises a Refusal.
        """
        plans = self.plans if plan is None else Plans(rules=[Rule(kind, "*", plan, times=1)])
        self.fallback.notice()
        with self.store.lock:
            at_us = self.clock.now_us()
            self.store.forget(at_us)
            service = replace(self.service, plan_for=plans.plan_for, back_us=back_us)
            response = self._perform(request, self._place(request), read(request), at_us, service)
            self.service.api = request.api
            self.runaway.reset()
        return response

    def create_child(self, request: Request, place: Place, plan: Plan, created_us: int, launching: Launching) -> None:
        """Create a training job for a tuning job, at the present instant or before it. Raises a Refusal.

        This records no call and meets no fault; otherwise the job is like any other training job.
        """
        plans = Plans(rules=[Rule(TRAINING, "*", plan, times=1)])
        with self.store.lock:
            at_us = self.clock.now_us()
            self.store.forget(at_us)
            service = replace(self.service, plan_for=plans.plan_for, back_us=at_us - created_us, launching=launching)
            self._perform(request, place, read(request), at_us, service)
            self.runaway.reset()

    def settled(self, now_us: int, until_us: int | None = None) -> bool:
        """Return whether nothing will change by itself any more, so that the same call gets the same answer forever.

        If the call is about jobs to which nothing happens after `until_us`, other jobs do not count.
        """
        if until_us is not None and until_us > now_us:
            return False
        for one in self.pending:  # noqa: SIM110  # a generator would double the time, and each poll calls this
            if one.pending(now_us) and (until_us is None or one is not self.store):
                return False
        return True

    def _is_about_training_jobs(self, request: Request) -> bool:
        """Return whether a call of CloudWatch Logs is about a log group of jobs."""
        if not logs.concerns(request.api, request.operation, request.body):
            return False
        # If the real service can be reached, it answers this list.
        lists_all = request.operation == "DescribeLogGroups"
        return not (lists_all and "logs" in self._options.passthrough and not self.fallback.is_active())

    def _recorded(self, request: Request, at_us: int) -> Answer | Lost:
        """Return the answer, and record the call, even if answering raises."""
        writes = request.operation in logs.WRITES if request.service == "logs" else request.operation not in READS
        place = self._place(request)
        params: Mapping[str, Any] = {}
        outcome, message = DONE, None
        fault: Fault | None = None
        answer: Answer | Lost
        try:
            try:
                parsed = read(request) if writes else self._polled(request)
                params = parsed.params
                if self.faults and request.service == "sagemaker":
                    fault = self.faults.meeting(request.operation, params, at_us)
                if fault is None:
                    answer = success(self._perform(request, place, parsed, at_us, self.service))
                else:
                    outcome = fault.error
                    answer = self._meet(fault, request, place, parsed, at_us)
            except Refusal as refusal:
                outcome, message = refusal.code, refusal.message
                answer = refusal_answer(refusal)
            self._watch(request, place, params, at_us, fault, changed=writes and outcome == DONE)
        except Exception as error:
            outcome = type(error).__name__
            raise
        finally:
            at, attempt = instant(at_us), request.attempt
            self.calls.append(Call(request.operation, params, at, request.region, outcome, attempt, message, request.origin))
        return answer

    def _polled(self, request: Request) -> Parsed:
        """Read a request that changes nothing. A poll loop sends the same one many times, so results are cached."""
        key = request.api, request.operation, request.body
        parsed = self._polls.get(key)
        if parsed is None:
            if len(self._polls) >= _POLLS_KEPT:
                del self._polls[next(iter(self._polls))]
            parsed = self._polls[key] = read(request)
        return parsed

    def _meet(self, fault: Fault, request: Request, place: Place, parsed: Parsed, at_us: int) -> Answer | Lost:
        """Return the client's answer to a call that meets a fault. Raises the Refusal of a fault at the service."""
        if not fault.takes_effect:
            if fault.is_on_the_way:
                return Lost(fault.error, _waits_us(fault, request))
            raise fault.refusal(place, request.operation, parsed.params)
        try:
            answer = success(self._perform(request, place, parsed, at_us, self.service))
        except Refusal as refusal:
            answer = refusal_answer(refusal)
        return cut_short(answer) if fault.error == faults.MALFORMED_BODY else Lost(fault.error, _waits_us(fault, request))

    def _perform(self, request: Request, place: Place, parsed: Parsed, at_us: int, service: Service) -> str:
        """Perform the operation, and return the response as JSON."""
        params = parsed.params
        if request.service == "logs":
            simulated = logs.simulated(request.operation, params)
            if request.operation == "DescribeLogGroups":
                simulated = partial(log_group.describe, others=self.fallback.log_groups(request))
        elif self.fallback.owns(request.operation, params):
            return self.fallback.perform(request)
        else:
            simulated = OPERATIONS[request.operation]
        broken = _broken(request, params) if parsed.is_doubtful else None
        if broken is not None and self._options.validate:
            raise broken
        if self.visibility and request.service == "sagemaker":
            service = self.visibility.view(service, place, request.operation, params, at_us)
        try:
            return simulated(service, request.api, place, params, at_us)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            if broken is None or isinstance(error, SagemockError):
                raise
            # validate=False let the request through, but the operation needs the part that is missing or wrong.
            raise broken from error

    def _watch(  # noqa: PLR0913  # all that is known of a call
        self, request: Request, place: Place, params: Mapping[str, Any], at_us: int, fault: Fault | None, *, changed: bool
    ) -> None:
        """Count the call for law 9. Raises NothingWillHappen if it is one poll too many.

        A call of another process does not count: its loop takes real time, and its user can interrupt it.
        """
        operation = request.operation
        self.clock.readings.called()
        if changed and operation not in _TAGS:
            self.runaway.reset()
            self.clock.readings.turned_away()
        elif request.origin is None:
            named = named_in(params)
            if named is None and fault is None and self.store.is_untouched:
                # Without a job and without a fault there is nothing that a loop could wait for.
                self.runaway.asked()
                return
            until_us = self._until_us(place, named)
            # A fault with a limited number of calls does not go on forever.
            settled = self.settled(at_us, until_us) and (fault is None or fault.times is None)
            # A loop that adds tags adds a different one each time, so only the resource identifies the poll.
            what = str(params.get("ResourceArn")) if operation in _TAGS else timeless(request.body) if settled else ""
            self.runaway.polled(
                (operation, what),
                settled=settled,
                until_us=at_us if until_us is None else until_us,
                limit_us=self.clock.idle_limit_us,
                is_list=operation in JOBLESS and "NextToken" not in params,
            )

    def _until_us(self, place: Place, named: tuple[Kind, str] | None) -> int | None:
        """Return the instant after which nothing happens to the jobs that a call is about; None if there are none."""
        job = None if named is None else self.store.kind_at(place, named[0]).by_name.get(named[1])
        # A job that does not exist yet may be created when another job changes.
        return self.store.settled_us() if job is None else job.settled_us

    def _place(self, request: Request) -> Place:
        return Place(request.partition, request.region, self.accounts.of(request.access_key, self._options.account_id))

    def _report(self, what: str) -> str:
        now_us = self.clock.now_us()
        return reports.runaway(what, now_us, self.store.jobs(now_us), self.faults.standing(now_us), self.clock.forced_moves)


def _broken(request: Request, params: Mapping[str, Any]) -> Refusal | None:
    """Return the refusal of a request that breaks constraints, None if it keeps them all."""
    try:
        check(request.api.input(request.operation), params, _INVALID[request.service])
    except Refusal as refusal:
        return refusal
    return None


def _waits_us(fault: Fault, request: Request) -> int | None:
    """Return how long the client waits for an answer that does not come; None if it gets an error at once.

    Raises NothingWillHappen if the client has no timeout and would wait forever.
    """
    setting = _SETTINGS.get(fault.error)
    if setting is None:
        return None
    waits_s = request.timeouts.connect_s if setting == "connect_timeout" else request.timeouts.read_s
    if waits_s is None:
        raise NothingWillHappen(
            f"{request.operation} meets {fault}, and its client would wait forever: its Config has {setting}=None. "
            f"Let the code under test set {setting} to a number of seconds"
        )
    return duration_us(waits_s)
