"""The options of a mock: one typed class, shared by decorator, context manager, fixture and marker."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal, TypedDict

from sagemock.checks import flag, nearest, one_of, public_class, quoted, takes_one, whole
from sagemock.clock.instants import beginning_us, duration_us
from sagemock.clock.virtual import checked_rate
from sagemock.errors import InvalidType, InvalidValue
from sagemock.service.accounts import checked_account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, TypeAlias

    from typing_extensions import Unpack

    from sagemock.jobs.fields import GeneralFields
    from sagemock.jobs.rules import PlanSource

    DefaultPlan: TypeAlias = GeneralFields | Callable[[Mapping[str, Any]], GeneralFields] | Collection[PlanSource]

__all__ = ["MarkerOptions", "Options", "OptionsDict", "check_plan", "checked_duration_us", "plans_of"]


class OptionsDict(TypedDict, total=False):
    """The options as keyword arguments of `mock_sagemaker` and of `@pytest.mark.sagemock`."""

    start: datetime | str | None
    wall: Literal["virtual", "real"]
    sleep: Literal["virtual", "real"]
    latency: timedelta | float
    rate: float
    idle_limit: timedelta | float | None
    patience: timedelta | float
    plan: DefaultPlan | None
    validate: bool
    strict: bool
    account_id: str
    passthrough: Collection[str]
    real_time_modules: Collection[str]
    seed: int
    check_s3: bool


class MarkerOptions(OptionsDict, total=False):
    """The arguments of the pytest marker: the options, and how the jobs of the test end."""

    outcomes: str | Iterable[str] | None


@public_class
@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options with which a mock starts.

    Their values are checked once, here. Raises InvalidType for a wrong kind of value, InvalidValue for one without meaning.
    """

    start: datetime | str | None = None
    """The instant at which virtual time begins: a datetime (without a time zone: UTC) or an ISO 8601 string; None: now."""

    wall: Literal["virtual", "real"] = "virtual"
    """"virtual": `datetime.now()`, `time.time()` and similar functions show virtual time; "real": they are not patched."""

    sleep: Literal["virtual", "real"] = "virtual"
    """"virtual": `time.sleep` and similar functions move the clock and do not block; "real": they are not patched."""

    latency: timedelta | float = 0.1
    """The virtual time that an API call takes: a timedelta or seconds."""

    rate: float = 0.0
    """The virtual seconds that pass by themselves in each real second."""

    idle_limit: timedelta | float | None = timedelta(days=1)
    """How long code may poll, in virtual time (a timedelta or seconds), when nothing can happen any more; None: no limit."""

    patience: timedelta | float = 10.0
    """How long, in real time (a timedelta or seconds), a wait for something outside, such as a server's answer, holds time."""

    plan: DefaultPlan | None = None
    """The plan of a job that no other plan matches: a plan, a callable of the CreateTrainingJob request, or one for each kind."""

    validate: bool = True
    """Whether the mock refuses requests that AWS would refuse."""

    strict: bool = True
    """Whether a plan or fault that nothing used fails the test."""

    account_id: str = "123456789012"
    """The AWS account of the callers: twelve digits."""

    passthrough: Collection[str] = frozenset()
    """The services (named as in `boto3.client("s3")`) and hosts (with a dot) that the test may reach. Stored as a frozenset."""

    real_time_modules: Collection[str] = frozenset()
    """Modules whose sleeps are real, as are the sleeps of all code that they call and of threads that they start."""

    seed: int = 0
    """The seed of random durations in plans: the same seed gives the same durations."""

    check_s3: bool = False
    """Whether CreateTrainingJob refuses input that is not in moto's S3, which must be active."""

    def __post_init__(self) -> None:
        _check_start(self.start)
        for name in ("wall", "sleep"):
            one_of(name, getattr(self, name), ("virtual", "real"), f"write {name}='real' to leave the process's own alone")
        checked_duration_us("latency", self.latency, least_us=0, otherwise="0 for none")
        checked_rate(self.rate)
        if self.idle_limit is not None:
            checked_duration_us("idle_limit", self.idle_limit, least_us=1, otherwise="None for no limit")
        checked_duration_us("patience", self.patience, least_us=0, otherwise="0 for none")
        plans_of(self.plan)
        for name in ("validate", "strict", "check_s3"):
            flag(name, getattr(self, name))
        checked_account("account_id", self.account_id)
        object.__setattr__(self, "passthrough", _services(self.passthrough))
        object.__setattr__(self, "real_time_modules", _modules(self.real_time_modules))
        whole("seed", self.seed, "a whole number", "write seed=0")

    @classmethod
    def of(cls, **options: Unpack[OptionsDict]) -> Options:
        """Return the options given by name. Raises InvalidType for an unknown option; the text names the nearest one."""
        cls.check_names(options)
        return cls(**options)

    @classmethod
    def check_names(cls, names: Iterable[str], *more: str) -> None:
        """Raise InvalidType unless each is the name of an option, or one of `more`."""
        for name in names:
            if name not in cls.__dataclass_fields__ and name not in more:
                known = [*(field.name for field in fields(cls)), *more]
                near = nearest(name, known)
                hint = _REGION if name in ("region", "region_name") else f"did you mean {near!r}? " if near else "take it out. "
                raise InvalidType(f"sagemock has no option {quoted(name)}: {hint}The options are {', '.join(known)}.")


_REGION: Final = "each client has its own region, or that of AWS_DEFAULT_REGION. "
"""The hint for a test that gives a mock a region."""


def _check_start(start: object) -> None:
    if start is None:
        return
    if not isinstance(start, (datetime, str)):
        raise InvalidType(f"start is a datetime or an ISO 8601 string, not {quoted(start)}: write start='2018-07-30T00:00:00Z'")
    try:
        beginning_us(start)
    except InvalidValue as error:
        raise InvalidValue(f"start: {error}") from None


def checked_duration_us(name: str, value: timedelta | float, *, least_us: int, otherwise: str) -> int:
    """Return a duration in microseconds. Raises InvalidType or InvalidValue if `value` is wrong, or below `least_us` (0 or 1)."""
    advice = f"write {name}=timedelta(seconds=1), {name}=1.0, or {otherwise}"
    try:
        value_us = duration_us(value)
    except InvalidType as error:
        raise InvalidType(f"{name}: {error}; {advice}") from None
    except InvalidValue as error:
        raise InvalidValue(f"{name}: {error}; {advice}") from None
    if value_us < least_us:
        raise InvalidValue(f"{name} is {'positive' if least_us else '0 or more'}, not {value!r}: {advice}")
    return value_us


def check_plan(plan: object) -> None:
    """Raise InvalidType unless `plan` is a plan of any kind, a callable of the request, or None."""
    if plan is None:
        return
    from sagemock.jobs.fields import GeneralFields  # noqa: PLC0415  # needed only with a plan

    advice = "write plan=Plan.completes()"
    owner = plan if isinstance(plan, type) else getattr(plan, "__self__", None)
    if isinstance(owner, type) and issubclass(owner, GeneralFields):
        recipe = f"{plan.__name__}.completes" if isinstance(plan, type) else getattr(plan, "__qualname__", owner.__name__)
        raise InvalidType(f"plan is a Plan, not the class or a recipe: write plan={recipe}(…)")
    if isinstance(plan, GeneralFields):
        return
    if not callable(plan):
        raise InvalidType(f"plan is a Plan or a callable of the request, not {quoted(plan)}: {advice}")
    takes_one("plan", plan, advice)


def plans_of(plan: object) -> dict[str, Any]:
    """Return the plans in the option `plan`, by the name of their kind. Raises InvalidType or InvalidValue for a wrong value.

    A callable is for training jobs, unless it names its kind itself, as `any_life` does.
    """
    several = isinstance(plan, (list, tuple, set, frozenset))
    plans: list[Any] = [*plan] if several else [] if plan is None else [plan]  # type: ignore[misc]  # mypy forgets `several`
    if several and not plans:
        raise InvalidValue(f"plan={plan!r} has no plan in it: give one for each kind of job, or leave it out")
    if not plans:
        return {}
    from sagemock.jobs.rules import kind_by  # noqa: PLC0415  # needed only with a plan

    found: dict[str, Any] = {}
    for one in plans:
        if one is None:
            raise InvalidType("a collection of plans has a plan for each kind of job, and not None: leave it out")
        check_plan(one)
        name = "training" if (kind := kind_by(one)) is None else kind.name
        if name in found:
            raise InvalidValue(f"plan has two plans for {name} jobs: give one for each kind of job")
        found[name] = one
    return found


def _services(passthrough: object) -> frozenset[str]:
    if isinstance(passthrough, str):
        raise InvalidType(f"passthrough is a collection of services, not one string: write passthrough=[{quoted(passthrough)}]")
    if not isinstance(passthrough, Collection):
        raise InvalidType(f"passthrough is a collection of services, not {quoted(passthrough)}: write passthrough=['s3']")
    if not passthrough:
        return frozenset()
    from sagemock.client.network import entries  # noqa: PLC0415  # needed only with passthrough

    return entries(passthrough)


def _modules(modules: object) -> frozenset[str]:
    if isinstance(modules, str) or not isinstance(modules, Collection):
        raise InvalidType(
            f"real_time_modules is a collection of names of modules, not {quoted(modules)}: write real_time_modules=['ports']"
        )
    for name in modules:
        if not isinstance(name, str):
            raise InvalidType(f"real_time_modules holds names of modules, not {quoted(name)}: write real_time_modules=['ports']")
        if not all(part.isidentifier() for part in name.split(".")):
            raise InvalidValue(
                f"real_time_modules: {quoted(name)} is not the name of a module: write real_time_modules=['ports']"
            )
    return frozenset(modules)
