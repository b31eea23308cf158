"""The fields of a batch job's plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, TypeAlias

from sagemock import reasons
from sagemock.checks import choices, flag, of_a_plan, quoted, text
from sagemock.errors import PlanError
from sagemock.jobs.contents import Content, OutputMapping, contents_of
from sagemock.jobs.durations import Duration, is_forever, span_us
from sagemock.jobs.fields import GeneralFields, code
from sagemock.jobs.lines import Lines, check_fit

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["STARTING", "STOPPING", "BatchFields", "Ending"]

STARTING: Final = "Starting"
"""The phase before the containers run: the job has no start time yet."""
STOPPING: Final = "Stopping"
Ending: TypeAlias = Literal["Completed", "Failed"]


@dataclass(frozen=True, repr=False, kw_only=True)
class BatchFields(GeneralFields):
    """The fields of a batch job's plan. Make plans with `ProcessingJobPlan` or `TransformJobPlan`."""

    running: ClassVar[str]
    """The phase in which the containers run."""

    starting: Duration | None = None
    """How long the job waits for its instances and containers."""
    ending: Ending = "Completed"
    failure_reason: str | None = None
    during: str | None = None
    """The phase in which the job ends or hangs; None: the phase in which the containers run."""
    endless: bool = False
    """Whether the job never leaves that phase by itself."""
    outputs: OutputMapping = ()
    """The objects that the job writes to moto's S3, by path: bytes, or the path of a file or directory. Outputs without an entry
    get placeholders.

    For a processing job, the path is the name of an output, "/", and the name of a file; for a transform job, it is the name of
    an object below S3OutputPath."""
    registered_after: Duration | None = None
    """How long after the creation LastModifiedTime moves for the first time (recorded: 0.4 to 1.6 s)."""
    settled_after: Duration | None = None
    """How long after the end LastModifiedTime moves for the last time (recorded: 0.01 to 0.4 s)."""

    @property
    def running_length(self) -> Duration | None:
        """How long the containers run."""
        return None  # pragma: no cover  # each kind has its own

    def __post_init__(self) -> None:
        """Refuse a plan that contradicts itself, at the line of the test that makes the plan."""
        self._check_general()
        with of_a_plan():
            flag("endless", self.endless)
            if self.failure_reason is not None:
                text("failure_reason", self.failure_reason, "a text", "write failure_reason='AlgorithmError: , exit code: 1'")
        for name, length in self._lengths.items():
            if is_forever(length):
                raise PlanError(f"{name} never ends in this plan: use {type(self).__name__}.hangs()")
            span_us(length, name)
        if self.during is not None:
            self._check_phase(self.during, f"during={quoted(self.during)}", "ends")
        self._check_ending()
        self._check_logs()
        object.__setattr__(self, "outputs", contents_of(self.outputs))

    @property
    def _lengths(self) -> dict[str, Duration | None]:
        return {
            "starting": self.starting,
            self.running.lower(): self.running_length,
            **{name: getattr(self, name) for name in ("stopping", "limit_lag", "stopped_after")},
            **{name: getattr(self, name) for name in ("registered_after", "settled_after")},
        }

    @cached_property
    def draws(self) -> bool:
        """Whether jobs with this plan differ, because a duration is a range."""
        return any(isinstance(length, tuple) for length in self._lengths.values())

    @cached_property
    def asks(self) -> bool:
        """Whether jobs with this plan differ, because a callable computes their lines from the request."""
        return any(callable(source) for source in self.by_status.values())

    @property
    def runs(self) -> bool:
        """Whether the containers ever run."""
        return self.during != STARTING

    def _check_ending(self) -> None:
        ending: object = self.ending
        if not isinstance(ending, str) or ending not in ("Completed", "Failed"):
            raise PlanError(f"ending={quoted(ending)} is not an end of a {self.kind.noun}; give one of Completed, Failed")
        if (self.failure_reason is not None) != (ending == "Failed"):
            raise PlanError(
                f"failure_reason={quoted(self.failure_reason)} with ending={ending!r}: a job has a reason exactly when it fails; "
                "give both, or neither"
            )
        if self.failure_reason is not None:
            reasons.checked(self.failure_reason)
        if ending == "Completed" and not self.runs and not self.endless:
            raise PlanError(f"a {self.kind.noun} that completes must have run: leave during='Starting' out")

    def _check_logs(self) -> None:
        if self.logs and not self.runs:
            raise PlanError("logs has lines, and no container runs in this plan: leave them out, or let it run")
        source = self.by_status.get(self.running)
        span = None if self.endless else span_us(self.running_length, "a duration")
        if isinstance(source, Lines) and span is not None:
            check_fit(source, span[1], self.running)

    @property
    def contents(self) -> dict[str, Content]:
        """The objects that the job writes to moto's S3, by path."""
        return dict(self.outputs)

    def but(self, **changes: Any) -> "Self":  # noqa: ANN401  # the fields of a plan
        """Return a copy of the plan with these fields changed."""
        # Outputs may be large files, so the repr shortens them.
        return self._changed(changes, lambda name, value: quoted(value) if name == "outputs" else code(value))

    @classmethod
    def _check_phase(cls, phase: object, given: str, verb: str) -> None:
        if not isinstance(phase, str) or phase not in (STARTING, cls.running):
            raise PlanError(f"{given}: a {cls.kind.noun} {verb} during {choices(phase, (STARTING, cls.running))}")

    @classmethod
    def _by_recipe(
        cls,
        recipe: str,
        durations: Mapping[str, Any],
        words: Sequence[str] = (),
        **changes: Any,  # noqa: ANN401  # any field
    ) -> "Self":
        """Return the plan of a recipe; `words` are the arguments of the call as code, without the durations."""
        cls._check_durations(recipe, durations, ("starting", cls.running.lower(), "stopping"))
        given = [*words, *(f"{name}={code(value)}" for name, value in durations.items())]
        logs = changes.get("logs")
        given += ["logs={…}"] if isinstance(logs, (Mapping, tuple)) and len(logs) else []
        return cls(**{"called": f"{cls.__name__}.{recipe}({', '.join(given)})", **durations, **changes})

    @classmethod
    def _failing(  # noqa: PLR0913  # the arguments of the recipe
        cls,
        reason: str | None,
        during: str,
        after: Duration | None,
        durations: Mapping[str, Any],
        words: Sequence[str] = (),
        *,
        otherwise: str,
        **changes: Any,  # noqa: ANN401  # any field
    ) -> "Self":
        """Return the plan of a failure with `reason`, or with `otherwise` if that is None."""
        cls._check_phase(during, f"{cls.__name__}.fails(during={quoted(during)})", "fails")
        given = dict(durations)
        if after is not None:
            name = during.lower()
            if name in given:
                raise PlanError(f"{cls.__name__}.fails(after=…, {name}=…): both say how long {during} lasts; give one")
            given[name] = after
        reason = reasons.checked(otherwise if reason is None else reason)
        shown = [repr(reason), *([] if during == cls.running else [f"during={during!r}"]), *words]
        return cls._by_recipe("fails", given, shown, ending="Failed", failure_reason=reason, during=during, **changes)

    @classmethod
    def _hanging(cls, during: str, durations: Mapping[str, Any], words: Sequence[str] = (), **changes: Any) -> "Self":  # noqa: ANN401
        cls._check_phase(during, f"{cls.__name__}.hangs(during={quoted(during)})", "hangs")
        if during.lower() in durations:
            raise PlanError(
                f"{cls.__name__}.hangs(during={during!r}, {during.lower()}=…): a phase that never ends has no duration; "
                "leave one out"
            )
        return cls._by_recipe("hangs", durations, [repr(during), *words], during=during, endless=True, **changes)
