"""Phases: a phase of a plan is one visit of a job to a secondary status."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sagemock.checks import choices, listed, of_a_plan, public_class, quoted, text
from sagemock.clock.instants import duration_us
from sagemock.errors import PlanError
from sagemock.jobs.durations import Duration, is_forever, span_us
from sagemock.jobs.lines import Lines, LineSource, check_fit, checked_source
from sagemock.literals import PhaseName
from sagemock.training import status

__all__ = ["Phase"]

_FOREVER_REPR = "math.inf"


@public_class
@dataclass(frozen=True, repr=False)
class Phase:
    """A visit of a job to one secondary status.

    `duration` is a `Duration`; None lets the request decide (the recorded durations for its kind of instance, input mode and
    data); a phase with `math.inf` never ends. `message` is what StatusMessage shows: one text, or (offset, text) pairs, each of
    which overwrites the one before; None shows the service's own messages. `logs` are the lines that the container writes in this
    phase: (offset, text) pairs, or a callable that takes the CreateTrainingJob request and returns such pairs. Raises PlanError
    for a value that no phase can have.
    """

    status: PhaseName
    duration: Duration | None = None
    message: str | Sequence[tuple[timedelta | float, str]] | None = None
    logs: LineSource | None = None

    def __post_init__(self) -> None:
        """Refuse a wrong phase, at the line of the test that makes it."""
        name: object = self.status
        if not isinstance(name, str) or name not in status.PHASES:
            known = choices(name, sorted(status.PHASES))
            hint = "an ending belongs in Plan(ending=…)" if isinstance(name, str) and name in status.ENDINGS else known
            raise PlanError(f"Phase({quoted(name)}): no job spends time in that status; {hint}")
        if not self.forever:
            span_us(self.duration, f"the duration of Phase({self.status!r})")
        if self.message is not None:
            object.__setattr__(self, "message", self.message if isinstance(self.message, str) else self._pairs(self.message))
            self._check_texts()
        object.__setattr__(self, "logs", checked_source(self.logs, self.status, status.WRITES))
        self.check_fit(self.logs)

    def _pairs(self, message: Sequence[tuple[timedelta | float, str]]) -> tuple[tuple[timedelta | float, str], ...]:
        wanted = "are (offset, text) pairs in order, the first at 0"
        what = f"the messages of Phase({self.status!r})"
        with of_a_plan():
            given = listed(what, message, "a text, or (offset, text) pairs", "write [(0, 'first'), (60, 'second')]")
        try:
            pairs = tuple((offset, line) for offset, line in given)
            offsets = [duration_us(offset) for offset, _ in pairs]
        except (TypeError, ValueError) as error:
            raise PlanError(f"{what} {wanted}, not {quoted(message)}: {error}") from None
        if not pairs or offsets[0] != 0 or offsets != sorted(offsets):
            raise PlanError(f"{what} {wanted}, not {quoted(message)}")
        return pairs

    def _check_texts(self) -> None:
        texts: list[object] = [self.message] if isinstance(self.message, str) else [line for _, line in self.message or ()]
        for line in texts:
            if not isinstance(line, str) or not line:
                wanted = "is not a text that can be shown: write one, or leave it out"
                raise PlanError(f"the message {quoted(line)} of Phase({self.status!r}) {wanted}")
            with of_a_plan():
                text(f"a message of Phase({self.status!r})", line, "a text", "write a text that UTF-8 can encode")

    def __repr__(self) -> str:
        given = [repr(self.status)]
        given += [] if self.duration is None else [_FOREVER_REPR if self.forever else repr(self.duration)]
        given += [] if self.message is None else [f"message={self.message!r}"]
        given += [] if self.logs is None else [f"logs={self.logs!r}"]
        return f"Phase({', '.join(given)})"

    def check_fit(self, logs: LineSource | None) -> None:
        """Raise PlanError if a line comes after the longest duration of the phase; lines of a callable are checked later."""
        if isinstance(logs, Lines):
            span = None if self.forever else span_us(self.duration, "a duration")
            check_fit(logs, None if span is None else span[1], self.status)

    @property
    def forever(self) -> bool:
        """Whether the phase never ends by itself."""
        return is_forever(self.duration)
