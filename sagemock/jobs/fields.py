"""The general fields of a plan, which plans of every kind of job have."""

import inspect
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from sagemock.checks import mapping, of_a_plan, quoted, text, whole
from sagemock.jobs.durations import Duration, span_us
from sagemock.jobs.kinds import Kind
from sagemock.jobs.lines import LineSource, LogMapping, sources_of
from sagemock.jobs.misspelt import Recipes, refuse_argument, refuse_field
from sagemock.jobs.own import Kept

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["GeneralFields", "code"]

_EMPTY_MAX: Final = 99
_UNSHOWN: Final = frozenset({"replayed", "nulls", "called"})
"""The fields that a plan's repr leaves out."""


@dataclass(frozen=True, repr=False, kw_only=True)
class GeneralFields(metaclass=Recipes):
    """The fields of a plan of any kind. Each kind adds its own, and the recipes."""

    kind: ClassVar[Kind]
    """The kind of job that the plan is for."""
    writes: ClassVar[Collection[str]]
    """The phases in which a container writes lines."""

    stopping: Duration | None = None
    """How long the container takes to end after a stop (the service allows 120 s), or how long a stop of a Pending job takes."""
    limit_lag: Duration | None = None
    """How much too late the service notices that a limit is reached (recorded: 60 to 300 s)."""
    stopped_after: Duration | None = None
    """How long after its creation somebody stops the job through the API; None: never."""
    logs: LogMapping = ()
    """The lines that the container writes, by status, in addition to those of the phases: `{"Training": [(0, "epoch 1"), …]}`."""
    empty_log_pages: int | None = None
    """How many empty pages with a token come before each page of its log that has lines; such a page is only half full then.

    None: one empty page where hours pass without a line. CloudWatch Logs does so: an empty page is not the end of a log
    (dstackai/dstack#2500, boto/boto3#4258)."""
    replayed: Mapping[str, Any] | None = field(default=None, hash=False)
    """The recorded Describe response that the plan repeats, None if it repeats none."""
    called: str = field(default="", compare=False)
    """The code that makes the plan, for its repr."""

    def __repr__(self) -> str:
        if self.called:
            return self.called
        given = (
            f"{one.name}={getattr(self, one.name)!r}"
            for one in fields(self)
            if one.name not in _UNSHOWN and getattr(self, one.name) != one.default
        )
        return f"{type(self).__name__}({', '.join(given)})"

    def _repr_pretty_(self, printer: Any, _: object) -> None:  # noqa: ANN401  # IPython's protocol, and Hypothesis's
        # Without this method, both print every field of a dataclass.
        printer.text(repr(self))

    def _changed(self, changes: Mapping[str, Any], shown: Callable[[str, Any], str]) -> "Self":
        """Return a copy of the plan with these fields changed; `shown` formats each of them for the repr of the copy."""
        known = [name for name in inspect.signature(type(self)).parameters if name != "called"]
        for name in changes:
            if name not in known:
                refuse_field(type(self), name, [], known)
        words = ", ".join(f"{name}={shown(name, value)}" for name, value in changes.items())
        return replace(self, **{"called": f"{self!r}.but({words})", **changes})

    @classmethod
    def _check_durations(cls, recipe: str, durations: Mapping[str, Any], known: Sequence[str]) -> None:
        """Raise InvalidType for a duration that a recipe does not have."""
        for name in durations:
            if name not in known:
                refuse_argument(cls, recipe, name, known, [one.name for one in fields(cls)])

    @property
    def by_status(self) -> dict[str, LineSource]:
        """The lines that the container writes, by status, in addition to those of the phases."""
        return dict(self.logs)

    def _check_general(self) -> None:
        """Check these fields, and replace mutable values by copies, which a test cannot change. Raises PlanError."""
        with of_a_plan():
            if self.empty_log_pages is not None:
                whole("empty_log_pages", self.empty_log_pages, "how many", "write empty_log_pages=1", least=0, most=_EMPTY_MAX)
            if not isinstance(self.called, str) or self.called:
                text("called", self.called, "how the plan was made", "leave it out")
            if self.replayed is not None:
                advice = f"use {type(self).__name__}.replays()"
                mapping("replayed", self.replayed, f"a {self.kind.describe} response", advice)
        object.__setattr__(self, "logs", sources_of(self.logs, self.writes))
        if self.replayed is not None and not isinstance(self.replayed, Kept):
            object.__setattr__(self, "replayed", Kept(self.replayed))
        for name in ("stopping", "limit_lag", "stopped_after"):
            span_us(getattr(self, name), name)


def code(value: object) -> str:
    """Return the code that makes a value, never shortened: users paste the repr of a plan into a test."""
    return quoted(value, sys.maxsize)
