"""The calls that arrived, and the questions that a test can ask about them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from itertools import groupby
from typing import Any, Final, overload

from sagemock.checks import public, shown, text, whole
from sagemock.errors import InvalidType
from sagemock.jobs.own import own
from sagemock.literals import OperationName
from sagemock.service.subject import checked_operation, job_of

__all__ = ["DONE", "Call", "Calls"]

DONE: Final = "ok"
_SERVICES: Final = ("sagemaker", "logs")
"""The services whose calls can be on record."""


class Call:
    """One attempt of a client to call an operation."""

    # Each call makes one of these, and a frozen dataclass takes three times as long to make. A named tuple would give access to
    # the mock's own copy of the request.
    __slots__ = ("_arrived",)

    def __init__(  # noqa: PLR0913, PLR0917  # the fields of a call
        self, operation: str, params: Mapping[str, Any], at: datetime, region: str, outcome: str, attempt: int
    ) -> None:
        self._arrived = operation, params, at, region, outcome, attempt

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
    def job(self) -> str | None:
        """The name of the training job that it is about, or None."""
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
        return f"Call({', '.join(f'{name}={value!r}' for name, value in zip(names, self._arrived, strict=True))})"

    def __str__(self) -> str:
        attempt = f" (attempt {self.attempt})" if self.attempt > 1 else ""
        return f"{self.at:%Y-%m-%d %H:%M:%S}.{self.at.microsecond // 1000:03} {self.region} {self._what}{attempt}"


class Calls(Collection[Call]):
    """Calls in the order of their arrival, with retries: a live view, which grows with each new call.

    `print` shows one line for each call. The repr is short, so that pytest can show it when an assertion such as
    `assert sagemaker.calls.to("StopTrainingJob").count == 1` fails.
    """

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

        Each argument but `attempt` is a name, or a pattern of names (`*`, `?`, `[…]`).

        :param operation: The operation.
        :param job: The training job that the call is about.
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
                f"an index of calls is a whole number, not {shown(place)}: write calls[0], or calls.to('StopTrainingJob')"
            )
        return list(self)[place]

    def __eq__(self, other: object) -> bool:
        return len(self) == len(other) and list(self) == list(other) if isinstance(other, (Calls, Sequence)) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as a list: it grows

    def __repr__(self) -> str:
        runs = [(what, sum(1 for _ in run)) for what, run in groupby(call._what for call in self)]  # noqa: SLF001  # of this module
        summary = "; ".join(what if times == 1 else f"{times} x {what}" for what, times in runs)
        return f"<{self.count} call{'' if self.count == 1 else 's'}{': ' if summary else ''}{summary}>"

    def __str__(self) -> str:
        return "\n".join(map(str, self)) or "no calls"
