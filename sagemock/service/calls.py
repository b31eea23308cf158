"""The calls that arrived, and what a test asks of them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from itertools import groupby
from typing import Any, Final, overload

from sagemock.checks import public, shown, text, whole
from sagemock.errors import InvalidType
from sagemock.literals import OperationName
from sagemock.service.subject import checked_operation, job_of
from sagemock.training.own import own

__all__ = ["DONE", "Call", "Calls"]

DONE: Final = "ok"
_SERVICES: Final = ("sagemaker", "logs")
"""Whose calls can be on record."""


class Call:
    """One attempt of a client to call an operation."""

    # Not a frozen dataclass, which takes three times as long to make: there is one for each call. Not a named tuple either: what
    # the mock holds of the request must not be reached.
    __slots__ = ("_arrived",)

    def __init__(  # noqa: PLR0913, PLR0917  # what there is to say of a call
        self, operation: str, params: Mapping[str, Any], at: datetime, region: str, outcome: str, attempt: int
    ) -> None:
        self._arrived = operation, params, at, region, outcome, attempt

    @property
    def operation(self) -> str:
        """The name of the operation."""
        return self._arrived[0]

    @property
    def params(self) -> dict[str, Any]:
        """The request, with its instants in microseconds since the epoch: a copy of it for each who asks."""
        copied: dict[str, Any] = own(self._arrived[1])
        return copied

    @property
    def at(self) -> datetime:
        """The instant of its arrival."""
        return self._arrived[2]

    @property
    def region(self) -> str:
        """The region of the client."""
        return self._arrived[3]

    @property
    def outcome(self) -> str:
        """How it went: "ok", an error code that was answered, a fault that it met, or the name of an error that was raised."""
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
    """Calls in the order of their arrival, retries included; a live view, which grows with the calls that come.

    `print` it for a line each. The repr is short, so that pytest shows it where an assertion fails, such as
    `assert sagemaker.calls.to("StopTrainingJob").count == 1`.
    """

    def __init__(self, calls: Iterable[Call], meets: Callable[[Call], bool] = lambda _: True) -> None:
        """Show those of `calls` for which `meets` holds; tests ask by `to`."""
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
        """Return the calls to an operation, of a job, from a region, with an outcome, or with this number of attempt.

        All but `attempt` are names or patterns of names (`*`, `?`, `[…]`). Raises UsageError if there is no such operation.
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
        # A copy, or a pickle, is of those that have come: it does not grow.
        return Calls, (list(self),)

    @property
    def count(self) -> int:
        """How many they are."""
        return len(self)

    @property
    def outcomes(self) -> list[str]:
        """The outcome of each."""
        return [call.outcome for call in self]

    @property
    def retries(self) -> "Calls":
        """Those that are not a first attempt."""
        return Calls(self, lambda call: call.attempt > 1)

    def __iter__(self) -> Iterator[Call]:
        # A copy, because another thread may make a call meanwhile.
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
                f"calls are asked for by their place, not by {shown(place)}: write calls[0], or calls.to('StopTrainingJob')"
            )
        return list(self)[place]

    def __eq__(self, other: object) -> bool:
        return len(self) == len(other) and list(self) == list(other) if isinstance(other, (Calls, Sequence)) else NotImplemented

    # It grows.
    __hash__ = None  # type: ignore[assignment]  # as `list` has it

    def __repr__(self) -> str:
        runs = [(what, sum(1 for _ in run)) for what, run in groupby(call._what for call in self)]  # noqa: SLF001  # of this module
        shown = "; ".join(what if times == 1 else f"{times} x {what}" for what, times in runs)
        return f"<{self.count} call{'' if self.count == 1 else 's'}{': ' if shown else ''}{shown}>"

    def __str__(self) -> str:
        return "\n".join(map(str, self)) or "no calls"
