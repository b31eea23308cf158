"""Faults: which prepared fault a call meets, and what the service answers then."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from random import Random
from typing import Any, Final, NamedTuple, TypeAlias

from sagemock.checks import nearest, number, quoted, text, whole
from sagemock.clock.instants import duration_us, instant, instant_us
from sagemock.errors import InvalidType, InvalidValue, UsageError
from sagemock.evidence import Assumption
from sagemock.jobs.kinds import named_in
from sagemock.jobs.place import Place
from sagemock.protocol.refusal import Refusal
from sagemock.service.subject import JOBLESS, checked_operation, job_of

__all__ = [
    "CONNECTION_RESET",
    "CONNECT_TIMEOUT",
    "ENDPOINT_UNREACHABLE",
    "LOST_ANSWER",
    "MALFORMED_BODY",
    "READ_TIMEOUT",
    "Fault",
    "Faults",
    "Moment",
    "Window",
    "check_job",
]

Moment: TypeAlias = datetime | str | timedelta | float
"""An instant (a datetime, or a string in ISO 8601), or a duration from now (a timedelta, or seconds)."""

CONNECT_TIMEOUT: Final = "ConnectTimeout"
READ_TIMEOUT: Final = "ReadTimeout"
CONNECTION_RESET: Final = "ConnectionReset"
ENDPOINT_UNREACHABLE: Final = "EndpointUnreachable"
LOST_ANSWER: Final = "LostAnswer"
MALFORMED_BODY: Final = "MalformedBody"

_EFFECTIVE: Final = frozenset({LOST_ANSWER, MALFORMED_BODY})
_ON_THE_WAY: Final = frozenset({CONNECT_TIMEOUT, READ_TIMEOUT, CONNECTION_RESET, ENDPOINT_UNREACHABLE, *_EFFECTIVE})
_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9.]*")


class _Known(NamedTuple):
    message: str
    status: int


_COMMON: Final = Assumption(
    "that the description of ServiceUnavailable in AWS's list of common errors is also its text", knob="fault(…, message=…)"
)
_STATUS: Final = Assumption(
    "that AccessDeniedException, ExpiredTokenException and errors that only a test knows have HTTP status 400",
    knob="fault(…, status=…)",
)
_DENIED: Final = Assumption(
    'the name of the role in the text of AccessDeniedException, and that the resource is "*" for an operation without a job',
    knob="fault(…, message=…)",
)
_KNOWN: Final[Mapping[str, _Known]] = {
    # aws/sagemaker-python-sdk#645
    "ThrottlingException": _Known("Rate exceeded", 400),
    # aws/amazon-sagemaker-examples#3764 shows it without a text; the status is from AWS's list of common errors.
    "InternalFailure": _Known("", 500),
    # The status is from AWS's list of common errors.
    "ServiceUnavailable": _Known(_COMMON("The request has failed due to a temporary failure of the server."), 503),
    # wpilibsuite/DetectCoral#20 has the text up to the resource, and hashicorp/terraform-provider-aws the rest.
    "AccessDeniedException": _Known(
        "User: {user} is not authorized to perform: sagemaker:{operation} on resource: {resource} "
        "because no identity-based policy allows the sagemaker:{operation} action",
        _STATUS(400),
    ),
    # autogluon/autogluon-cloud#133
    "ExpiredTokenException": _Known("The security token included in the request is expired", _STATUS(400)),
    # aws/amazon-sagemaker-operator-for-k8s#99
    "UnrecognizedClientException": _Known("The security token included in the request is invalid.", 400),
}
"""The errors that any operation may return, with the service's texts. Values from the call replace the names in braces."""


class Window(NamedTuple):
    """A period of virtual time, in microseconds since the epoch: from `after_us` on and before `until_us`. None: no limit."""

    after_us: int | None = None
    until_us: int | None = None

    @classmethod
    def of(cls, after: Moment | None, until: Moment | None, now_us: int) -> "Window":
        """Return the window that a test gives at `now_us`. Raises InvalidValue if it is empty or in the past."""
        window = cls(_moment_us("after", after, now_us), _moment_us("until", until, now_us))
        after_us = now_us if window.after_us is None else max(now_us, window.after_us)
        if window.until_us is not None and window.until_us <= after_us:
            raise InvalidValue(
                f"until={until!r} leaves no time: it is {instant(window.until_us).isoformat()}, and the fault begins at "
                f"{instant(after_us).isoformat()}; give an instant later than that, or a duration from now"
            )
        return window

    def holds(self, now_us: int) -> bool:
        """Whether the window contains an instant."""
        return (self.after_us is None or self.after_us <= now_us) and (self.until_us is None or now_us < self.until_us)

    def ahead(self, now_us: int) -> bool:
        """Whether the window begins or ends after this instant."""
        return any(edge_us is not None and now_us < edge_us for edge_us in self)


ALWAYS: Final = Window()


@dataclass
class Fault:
    """An error that a test prepares, and which calls get it."""

    operation: str
    error: str
    job: str | None = None
    times: int | None = None
    window: Window = ALWAYS
    probability: float | None = None
    message: str | None = None
    status: int | None = None
    faced: int = field(default=0, init=False)
    """How many calls have matched it; `probability` then decided which of them got the error."""
    met: int = field(default=0, init=False)
    """How many calls have got the error."""

    def __post_init__(self) -> None:
        checked_operation(self.operation)
        if self.job is not None:
            check_job(self.job, self.operation)
        if self.times is not None:
            whole("times", self.times, "how many calls the fault meets", "leave it out for all", least=1)
        if self.probability is not None:
            advice = "write probability=0.1, or leave it out for every call"
            number("probability", self.probability, "above 0 and at most 1", advice, fits=lambda part: 0 < part <= 1)
        _check_error(self)

    @property
    def takes_effect(self) -> bool:
        """Whether the service carries out the call in spite of the fault."""
        return self.error in _EFFECTIVE

    @property
    def is_on_the_way(self) -> bool:
        """Whether the fault happens between the client and the service."""
        return self.error in _ON_THE_WAY

    def is_for(self, operation: str, request: Mapping[str, Any], now_us: int) -> bool:
        """Whether a call at this instant can meet this fault."""
        if not fnmatchcase(operation, self.operation) or not self.window.holds(now_us):
            return False
        if self.times is not None and self.met >= self.times:
            return False
        return self.job is None or fnmatchcase(job_of(request) or "", self.job)

    def refusal(self, place: Place, operation: str, request: Mapping[str, Any]) -> Refusal:
        """Return what the service answers."""
        known = _KNOWN.get(self.error, _Known("", _STATUS(400)))
        message = self.message
        if message is None:
            named, role = named_in(request), _DENIED("assumed-role/tester/session")
            message = known.message.format(
                user=f"arn:{place.partition}:sts::{place.account}:{role}",
                operation=operation,
                resource=_DENIED("*") if named is None else place.arn(f"{named[0].resource}/{named[1]}"),
            )
        return Refusal(self.error, message, status=known.status if self.status is None else self.status)

    def __str__(self) -> str:
        given = {
            "job": self.job,
            "times": self.times,
            "after": _shown(self.window.after_us),
            "until": _shown(self.window.until_us),
            "probability": self.probability,
            "message": self.message,
            "status": self.status,
        }
        words = [repr(self.operation), repr(self.error)]
        return f"fault({', '.join(words + [f'{name}={value!r}' for name, value in given.items() if value is not None])})"


class Faults:
    """The faults of a mock, in the order in which they were prepared. A call meets the first one that applies."""

    def __init__(self, seed: int) -> None:
        """Seed the dice of each fault with `seed` and the number of the fault, so that every run draws the same."""
        self._seed = seed
        self._all: list[tuple[Fault, Random]] = []

    def __bool__(self) -> bool:
        return bool(self._all)

    def add(self, fault: Fault) -> None:
        """Prepare a fault."""
        dice = Random(f"{self._seed}/fault/{len(self._all)}")  # noqa: S311  # a test's dice, not a secret
        self._all.append((fault, dice))

    def all(self) -> list[Fault]:
        """Return the faults."""
        return [fault for fault, _ in self._all]

    def meeting(self, operation: str, request: Mapping[str, Any], now_us: int) -> Fault | None:
        """Return the fault that a call meets, and count the call; None if it meets none."""
        for fault, dice in self._all:
            if not fault.is_for(operation, request, now_us):
                continue
            fault.faced += 1
            if fault.probability is None or dice.random() < fault.probability:
                fault.met += 1
                return fault
        return None

    def pending(self, now_us: int) -> bool:
        """Whether a fault will begin or end with time alone, so that a repeated call will not have the same result forever."""
        return any(fault.window.ahead(now_us) for fault in self.standing(now_us))

    def unused(self) -> list[Fault]:
        """Return the faults that no call has matched."""
        return [fault for fault, _ in self._all if not fault.faced]

    def standing(self, now_us: int) -> list[Fault]:
        """Return the faults that can still meet a call."""
        return [
            fault
            for fault, _ in self._all
            if (fault.times is None or fault.met < fault.times) and (fault.window.holds(now_us) or fault.window.ahead(now_us))
        ]


def check_job(pattern: object, operation: str) -> None:
    """Raise if `pattern` is not a pattern of job names, or if the operation is not about a single job."""
    text("job", pattern, "a pattern of job names", "write job='churn-*'")
    if operation in JOBLESS:
        raise UsageError(f"{operation} is not about a single job, so job={pattern!r} matches none of its calls: leave job out")


def _moment_us(name: str, moment: Moment | None, now_us: int) -> int | None:
    if moment is None:
        return None
    if isinstance(moment, (datetime, str)):
        return instant_us(moment)
    try:
        from_now_us = duration_us(moment)
    except TypeError:
        raise InvalidType(
            f"{name} is an instant or a duration from now, not {quoted(moment)}: write {name}=timedelta(minutes=5)"
        ) from None
    if from_now_us < 0:
        raise InvalidValue(f"{name}={moment!r} is in the past: give a duration from now that is not negative, or an instant")
    return now_us + from_now_us


def _shown(at_us: int | None) -> str | None:
    return None if at_us is None else instant(at_us).isoformat()


def _check_error(fault: Fault) -> None:
    given: tuple[object, object, object] = (fault.error, fault.message, fault.status)
    error, message, status = given
    if not isinstance(error, str) or not _CODE.fullmatch(error):
        raise UsageError(f"an error is named by its code, not {quoted(error)}: write 'ThrottlingException'")
    if error in _ON_THE_WAY and (message is not None or status is not None):
        raise UsageError(f"{error} happens on the way, not in the service: it has no message and no status, so leave them out")
    if message is not None and not (isinstance(message, str) and not message):
        text("message", message, "the text that the service answers", "write message='Rate exceeded'")
    if status is not None:
        whole("status", status, "the HTTP status of an error", "leave it out for the usual one", least=400, most=599)
    if message is None and error not in _KNOWN and error not in _ON_THE_WAY:
        names = [*sorted(_KNOWN), *sorted(_ON_THE_WAY)]
        near = nearest(error, names)
        hint = f"did you mean {near!r}? sagemock" if near else "sagemock"
        raise UsageError(
            f"sagemock has no text for the error {quoted(error)}: {hint} knows {', '.join(names)}; for another error, give "
            "message='…'"
        )
