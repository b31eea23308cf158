"""The record of all calls, and what a test can ask about it."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from itertools import groupby
from typing import Any, ClassVar, Final, overload

from sagemock.checks import Suggesting, public, quoted, text, whole
from sagemock.errors import InvalidType, WrongCalls
from sagemock.jobs.own import own
from sagemock.literals import OperationName
from sagemock.service.subject import checked_operation, job_of

__all__ = ["DONE", "Call", "Calls", "listed"]

DONE: Final = "ok"
_LISTED: Final = 20
"""The most calls that the error of an assertion lists."""
_SERVICES: Final = ("sagemaker", "logs")
"""The services whose calls can be on record."""


class Call(Suggesting):
    """One attempt of a client to call an operation."""

    # Each call makes one of these, and a frozen dataclass takes three times as long to make. A named tuple would give access to
    # the mock's own copy of the request.
    __slots__ = ("_arrived", "_more")

    def __init__(  # noqa: PLR0913, PLR0917  # the fields of a call
        self,
        operation: str,
        params: Mapping[str, Any],
        at: datetime,
        region: str,
        outcome: str,
        attempt: int,
        message: str | None = None,
        origin: str | None = None,
    ) -> None:
        self._arrived = operation, params, at, region, outcome, attempt
        self._more = message, origin

    @property
    def operation(self) -> str:
        """The name of the operation."""
        return self._arrived[0]

    @property
    def params(self) -> dict[str, Any]:
        """The request, with its instants in microseconds since the epoch. Each access returns a new copy."""
        copied: dict[str, Any] = own(self._arrived[1])
        return copied

    @property
    def at(self) -> datetime:
        """The instant at which it arrived."""
        return self._arrived[2]

    @property
    def region(self) -> str:
        """The region of the client."""
        return self._arrived[3]

    @property
    def outcome(self) -> str:
        """How it ended: "ok", the error code of the answer, the fault that it met, or the name of the exception raised."""
        return self._arrived[4]

    @property
    def attempt(self) -> int:
        """1 for a first attempt, more for botocore's retries."""
        return self._arrived[5]

    @property
    def message(self) -> str | None:
        """AWS's message if the call was refused, else None. Two calls that differ only in their messages are equal."""
        return self._more[0]

    @property
    def origin(self) -> str | None:
        """The address and the program of another process from which the call came; None for a client in this process."""
        return self._more[1]

    @property
    def job(self) -> str | None:
        """The name of the job that the call is about, or None."""
        return job_of(self._arrived[1])

    @property
    def _what(self) -> str:
        return f"{self.operation} {self.job or ''}".rstrip() + f": {self.outcome}"

    def __eq__(self, other: object) -> bool:
        return self._arrived == other._arrived if isinstance(other, Call) else NotImplemented

    def __hash__(self) -> int:
        operation, _, *rest = self._arrived
        return hash((operation, *rest))

    def __repr__(self) -> str:
        names = "operation", "params", "at", "region", "outcome", "attempt"
        fields = [f"{name}={value!r}" for name, value in zip(names, self._arrived, strict=True)]
        fields += [
            f"{name}={value!r}" for name, value in zip(("message", "origin"), self._more, strict=True) if value is not None
        ]
        return f"Call({', '.join(fields)})"

    def __str__(self) -> str:
        attempt = f" (attempt {self.attempt})" if self.attempt > 1 else ""
        message = "" if self.message is None else f": {self.message}"
        return f"{self.at:%Y-%m-%d %H:%M:%S}.{self.at.microsecond // 1000:03} {self.region} {self._what}{attempt}{message}"


class Calls(Suggesting, Collection[Call]):
    """Calls in the order of their arrival, with retries: a live view, which grows with each new call.

    `print` shows one line for each call. The repr is short, so that pytest can show it when an assertion such as
    `assert sagemaker.calls.to("StopTrainingJob").count == 1` fails.
    """

    _instead: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("called", "assert_called", "assert_any_call", "assert_has_calls"),
        "write assert calls.to('StopTrainingJob', job='churn-1')",
    ) | dict.fromkeys(("call_args", "call_args_list"), "write calls[0].params")

    def __init__(self, calls: Iterable[Call], meets: Callable[[Call], bool] = lambda _: True) -> None:
        """Show those of `calls` for which `meets` is true. In a test, use `to` instead."""
        self._calls = calls
        self._meets = meets

    @public
    def to(
        self,
        operation: OperationName = "*",
        *,
        job: str | None = None,
        region: str | None = None,
        outcome: str | None = None,
        attempt: int | None = None,
    ) -> "Calls":
        """Return the calls that match every given argument, as a live view. Raises UsageError if there is no such operation.

        Each argument except `attempt` is a name, or a pattern of names (`*`, `?`, `[…]`).

        :param operation: The operation.
        :param job: The job that the call is about.
        :param region: The region of the client.
        :param outcome: How the call ended, as in `Call.outcome`.
        :param attempt: The number of the attempt: 1 for the first, more for retries.
        """
        given = {"operation": checked_operation(operation, _SERVICES), "job": job, "region": region, "outcome": outcome}
        patterns = {
            name: text(name, pattern, "a name, or a pattern of names", "write 'churn-*', or leave it out for all")
            for name, pattern in given.items()
            if pattern is not None
        }
        if attempt is not None:
            whole("attempt", attempt, "the number of an attempt", "write attempt=1 for first attempts", least=1)

        def meets(call: Call) -> bool:
            if attempt is not None and call.attempt != attempt:
                return False
            return all(fnmatchcase(getattr(call, name) or "", pattern) for name, pattern in patterns.items())

        return Calls(self, meets)

    @public
    def assert_called_once(
        self, operation: OperationName = "*", *, job: str | None = None, region: str | None = None, outcome: str | None = None
    ) -> None:
        """Raise WrongCalls, which is an AssertionError, unless exactly one call matches every given argument, as in `to`.

        A retry by botocore is not another call. The error's text lists the calls.
        """
        self._assert_count(1, "have been called once", operation, job=job, region=region, outcome=outcome)

    @public
    def assert_not_called(
        self, operation: OperationName = "*", *, job: str | None = None, region: str | None = None, outcome: str | None = None
    ) -> None:
        """Raise WrongCalls, which is an AssertionError, if a call matches every given argument, as in `to`."""
        self._assert_count(0, "not have been called", operation, job=job, region=region, outcome=outcome)

    def _assert_count(self, wanted: int, should: str, operation: OperationName, **given: Any) -> None:  # noqa: ANN401  # what `to` takes
        __tracebackhide__ = True
        count = _without_retries(self.to(operation, **given))
        if count != wanted:
            narrowed = ", ".join(f"{name}={quoted(value)}" for name, value in given.items() if value is not None)
            what = operation if not narrowed else f"{operation} with {narrowed}"
            raise WrongCalls(f"{what} should {should}, and was called {_times(count)}. {self._found()}")

    def _found(self) -> str:
        """Return the calls for an error text; if there are none here, all calls from which they were chosen."""
        everything = self
        while isinstance(everything._calls, Calls):
            everything = everything._calls
        return f"No call matches. {listed(everything)}" if len(everything) and not len(self) else listed(self)

    def __reduce__(self) -> "tuple[Any, ...]":
        # A copy (or a pickle) has the calls so far, and does not grow.
        return Calls, (list(self),)

    @property
    def count(self) -> int:
        """The number of calls."""
        return len(self)

    @property
    def outcomes(self) -> list[str]:
        """The outcome of each call."""
        return [call.outcome for call in self]

    @property
    def retries(self) -> "Calls":
        """The calls that are not a first attempt."""
        return Calls(self, lambda call: call.attempt > 1)

    def __iter__(self) -> Iterator[Call]:
        # Iterates over a copy, because another thread may add a call meanwhile.
        return (call for call in list(self._calls) if self._meets(call))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, call: object) -> bool:
        return any(one == call for one in self)

    @overload
    def __getitem__(self, place: int) -> Call: ...
    @overload
    def __getitem__(self, place: slice) -> list[Call]: ...
    def __getitem__(self, place: int | slice) -> Call | list[Call]:
        if isinstance(place, bool) or not isinstance(place, (int, slice)):
            raise InvalidType(
                f"an index of calls is a whole number, not {quoted(place)}: write calls[0], or calls.to('StopTrainingJob')"
            )
        __tracebackhide__ = True
        try:
            return list(self)[place]
        except IndexError:
            raise IndexError(f"calls[{quoted(place)}]: {self._found()}") from None

    def __eq__(self, other: object) -> bool:
        return len(self) == len(other) and list(self) == list(other) if isinstance(other, (Calls, Sequence)) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as a list: it grows

    def __repr__(self) -> str:
        runs = [(what, sum(1 for _ in run)) for what, run in groupby(call._what for call in self)]  # noqa: SLF001  # of this module
        summary = "; ".join(what if times == 1 else f"{times} x {what}" for what, times in runs)
        return f"<{self.count} call{'' if self.count == 1 else 's'}{': ' if summary else ''}{summary}>"

    def __str__(self) -> str:
        return "\n".join(map(str, self)) or "no calls"


def _without_retries(attempts: Iterable[Call]) -> int:
    """Return the number of calls to which these attempts belong."""
    count = 0
    latest: Counter[tuple[object, ...]] = Counter()
    for one in attempts:
        earlier, this = ((one.operation, one.job, one.region, attempt) for attempt in (one.attempt - 1, one.attempt))
        if latest[earlier]:
            latest[earlier] -= 1
        else:
            count += 1
        latest[this] += 1
    return count


def listed(calls: Collection[Call]) -> str:
    """Return the calls, one on each line; if there are many, only the last ones."""
    last = list(calls)[-_LISTED:]
    title = "There are no calls" if not last else "The calls are" if len(last) == len(calls) else f"The last {_LISTED} calls are"
    return "\n  ".join([f"{title}:" if last else title, *map(str, last)])


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
