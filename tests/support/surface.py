"""The public surface: every parameter of every public callable, with a valid call of that callable.

A new public callable needs a valid call here: without one, the tests that walk the surface fail.
"""

import collections.abc
import dataclasses
import inspect
import threading
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Any, Final, Literal, get_args, get_origin

from typing_extensions import Unpack

import sagemock
from sagemock import (
    Clock,
    Options,
    Phase,
    Plan,
    ProcessingJobPlan,
    SageMakerMock,
    TransformJobPlan,
    TuningJobPlan,
    chance,
    outcomes,
    reasons,
    strategies,
)
from sagemock.events.bridge import Events
from sagemock.events.delivery import Subscription
from sagemock.outcomes import Outcome
from sagemock.processing.plan import ProcessingDurations
from sagemock.service.calls import Calls
from sagemock.training.plan.fields import PlanFields
from sagemock.training.plan.plan import Durations
from sagemock.transform.plan import TransformDurations
from sagemock.tuning.plan import TuningDurations
from sagemock.world import options
from sagemock.world.mappings import Jobs
from sagemock.world.views import JobView

__all__ = ["VERBS", "Parameter", "conforms", "parameters"]

JOB: Final = "churn-1"
_FACES: Final = ("start", "stop", "fresh", "check_used")
"""The methods of a mock that begin or end it; the others act on its world or read it."""
_READS: Final = ("timeline", "svg")
VERBS: Final = sorted(
    name
    for name, value in inspect.getmembers(SageMakerMock, inspect.isfunction)
    if not name.startswith("_") and name not in (*_FACES, *_READS)
)
"""The methods that change the world of a mock."""

Call = Callable[[SageMakerMock, dict[str, Any]], Any]


@dataclass(frozen=True)
class Parameter:
    """A parameter of a public callable, and a call that passes it another value."""

    where: str
    name: str
    annotation: Any
    call: Call

    def __str__(self) -> str:
        return f"{self.where}({self.name})"


_GOOD_VERBS: Final[dict[str, dict[str, Any]]] = {
    "advance_until": {"name": JOB, "wanted": "Training"},
    "advance_until_idle": {},
    "complete": {"name": JOB},
    "create_processing_job": {"name": "other-1"},
    "create_training_job": {"name": "other-1"},
    "create_transform_job": {"name": "other-1"},
    "create_tuning_job": {"name": "other-1"},
    "fail": {"name": JOB},
    "fault": {"operation": "StopTrainingJob", "error": "ThrottlingException"},
    "hide": {"job": "other-*", "lasting": 5},
    "interrupt": {"name": JOB},
    "log": {"name": JOB, "text": "epoch 1"},
    "on_event": {"handler": lambda event: event},
    "plan": {"matcher": "other-*", "plan": Plan()},
    "serve": {},
    "quota": {"instance_type": "ml.p3.2xlarge", "instances": 5},
    "timeline": {"name": JOB},
    "svg": {},
    "start": {},
    "stop": {},
    "stop_job": {"name": JOB},
    "fresh": {},
    "check_used": {},
}
_GOOD_RECIPES: Final[dict[str, dict[str, Any]]] = {
    "capacity_error": {},
    "completes": {},
    "fails": {},
    "hangs": {},
    "immediate": {},
    "internal_error": {},
    "interrupted": {},
    "replays": {
        "response": {
            "TrainingJobName": "recorded",
            "CreationTime": 0,
            "SecondaryStatusTransitions": [{"Status": "Starting", "StartTime": 0}],
        }
    },
    "serverless": {},
    "waits_for_capacity": {"wait": 60},
    "waits_for_training_plan": {"scheduled": 60},
}
_GOOD_BATCH_RECIPES: Final[dict[str, dict[str, Any]]] = {
    "completes": {},
    "immediate": {},
    "fails": {},
    "hangs": {},
    "never_answers": {},
    "replays": {
        "response": {
            "ProcessingJobStatus": "InProgress",
            "TransformJobStatus": "InProgress",
            "CreationTime": 0,
        }
    },
}
_GOOD_TUNING_RECIPES: Final[dict[str, dict[str, Any]]] = {
    "completes": {},
    "fails": {"after": 60},
    "hangs": {},
    "immediate": {},
    "stopped": {"after": 60},
}
_GOOD_ON_A_VIEW: Final[dict[str, dict[str, Any]]] = {
    "advance_until": {"wanted": "Training"},
    "complete": {},
    "fail": {},
    "interrupt": {},
    "log": {"text": "epoch 1"},
    "stop": {},
    "timeline": {},
}
_GOOD_FUNCTIONS: Final[dict[Callable[..., Any], dict[str, Any]]] = {
    reasons.exit_code: {"code": 1},
    reasons.algorithm: {"failure_file": "boom"},
    reasons.data_download: {},
    reasons.image_download: {},
    reasons.image_not_found: {"image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/prepare:1"},
    reasons.checked: {"reason": "boom"},
    chance.any_life: {},
    strategies.plans: {},
    strategies.lives: {},
    outcomes.chosen: {"wanted": "all"},
    sagemock.current: {},
}
_UNLISTED: Final[frozenset[Any]] = frozenset({chance.checked_kind, chance.life})
"""For `sagemock.strategies` only."""


def parameters() -> Iterator[Parameter]:
    """Return every parameter of every public callable."""
    yield from _options()
    yield from _mock()
    yield from _clock()
    yield from _plans()
    yield from _functions()
    yield from _views()


def _of(where: str, function: Callable[..., Any], call: Call) -> Iterator[Parameter]:
    hints = typing.get_type_hints(inspect.unwrap(function), _names(function))
    for name, parameter in inspect.signature(function).parameters.items():
        if name in ("self", "cls"):
            continue
        annotation = hints[name]
        if parameter.kind is parameter.VAR_KEYWORD:
            annotation = get_args(annotation)[0] if get_args(annotation) else annotation
            known = typing.get_type_hints(annotation, _names(function)) if typing.is_typeddict(annotation) else {}
            for key, kind in known.items():
                yield Parameter(where, key, kind, call)
            continue
        yield Parameter(where, name, annotation, call)


class _Threading:
    # In Python 3.11 `threading.RLock` is a function, not a class.
    RLock = type(threading.RLock())


def _names(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the names that annotations use but that modules import only for type checking."""
    default = Plan | Callable[[Mapping[str, Any]], Plan]
    base = {
        "Self": Any,
        "Plan": Plan,
        "Unpack": Unpack,
        "Durations": Durations,
        "ProcessingDurations": ProcessingDurations,
        "TransformDurations": TransformDurations,
        "TuningDurations": TuningDurations,
        "Mapping": Mapping,
        "Callable": Callable,
        "Any": Any,
    }
    return {
        **vars(options),
        **inspect.unwrap(function).__globals__,
        **base,
        "DefaultPlan": default,
        "Sequence": Sequence,
        "threading": _Threading,
    }


def _with(function: Callable[..., Any], good: Mapping[str, Any]) -> Call:
    """Return a valid call of a function that needs no mock."""
    return lambda _, given: function(**{**good, **given})


def _options() -> Iterator[Parameter]:
    kinds = typing.get_type_hints(Options, _names(Options.of))
    for name, annotation in kinds.items():
        for where, make in (("Options", Options), ("Options.of", Options.of), ("mock_sagemaker", sagemock.mock_sagemaker)):
            yield Parameter(where, name, annotation, _with(make, {}))
    yield Parameter("SageMakerMock", "options", Options | None, _with(SageMakerMock, {}))


def _mock() -> Iterator[Parameter]:
    for name, method in inspect.getmembers(SageMakerMock, inspect.isfunction):
        if not name.startswith("_"):
            yield from _of(f"SageMakerMock.{name}", method, _verb(name))

    def set_account(mock: SageMakerMock, given: dict[str, Any]) -> None:
        mock.accounts[given.get("key", "AKID")] = given.get("value", "210987654321")

    yield Parameter("accounts", "value", Literal["210987654321"], set_account)
    yield Parameter("accounts", "key", str, set_account)


def _verb(name: str) -> Call:
    good = _GOOD_VERBS[name]

    def call(mock: SageMakerMock, given: dict[str, Any]) -> object:
        by_place = [given.pop("names")] if "names" in given else []
        return getattr(mock, name)(*by_place, **{**good, **given})

    return call


def _clock() -> Iterator[Parameter]:
    yield from _of("Clock", Clock.__init__, _with(Clock, {}))

    def set_one(mock: SageMakerMock, given: dict[str, Any]) -> None:
        for name, value in given.items():
            setattr(mock.clock, name, value)

    for name in ("latency", "idle_limit"):
        annotation = typing.get_type_hints(getattr(Clock, name).fset)["value"]
        yield Parameter(f"clock.{name} =", name, annotation, set_one)
    by = typing.get_type_hints(inspect.unwrap(Clock.advance))["by"]
    yield Parameter("clock.advance(by)", "by", by, lambda mock, given: mock.clock.advance(given["by"]))
    for unit in ("weeks", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds"):
        yield Parameter("clock.advance", unit, float, lambda mock, given: mock.clock.advance(**given))
    yield from _of("clock.advance_to", Clock.advance_to, lambda mock, given: mock.clock.advance_to(**given))


def _plans() -> Iterator[Parameter]:
    for name, recipe in inspect.getmembers(Plan, inspect.ismethod):
        if not name.startswith("_"):  # pragma: no branch  # no recipe is private today
            yield from _of(f"Plan.{name}", recipe, _played(recipe, _GOOD_RECIPES[name]))
    for of in (ProcessingJobPlan, TransformJobPlan, TuningJobPlan):
        recipes = _GOOD_TUNING_RECIPES if of is TuningJobPlan else _GOOD_BATCH_RECIPES
        for name, recipe in inspect.getmembers(of, inspect.ismethod):
            if not name.startswith("_"):
                yield from _of(f"{of.__name__}.{name}", recipe, _played(recipe, recipes[name]))
        for name, annotation in _fields(of).items():
            yield Parameter(of.__name__, name, annotation, _played(of, {}))
            yield Parameter(f"{of.__name__}.but", name, annotation, _played(of().but, {}))
    for name, annotation in _fields(PlanFields).items():
        yield Parameter("Plan", name, annotation, _played(Plan, {}))
        yield Parameter("Plan.but", name, annotation, _played(Plan().but, {}))

    def phase(mock: SageMakerMock, given: dict[str, Any]) -> None:
        mock.plan("hostile*", _plan_of(Phase(**{"status": "Training", **given})))

    for name, annotation in typing.get_type_hints(Phase).items():
        yield Parameter("Phase", name, annotation, phase)


def _fields(of: Any) -> dict[str, Any]:
    """Return the annotations of the fields of a plan class."""
    hints = typing.get_type_hints(of)
    return {one.name: hints[one.name] for one in dataclasses.fields(of)}


def _played(make: Callable[..., Any], good: Mapping[str, Any]) -> Call:
    """Return a call that makes a plan and gives it to a job."""
    return lambda mock, given: mock.plan("hostile*", make(**{**good, **given}))


def _plan_of(phase: Phase) -> Plan:
    """Return a valid plan that contains `phase`."""
    before = [Phase(name) for name in ("Starting", "Training") if name != phase.status]
    ending: Any = "Stopped" if phase.status == "Stopping" else "Completed"
    return Plan([*before, phase] if phase.status != "Starting" else [phase], ending=ending)


def _functions() -> Iterator[Parameter]:
    for module in (reasons, chance, strategies, outcomes):
        for name in module.__all__:
            function = getattr(module, name)
            if inspect.isfunction(function) and function not in _UNLISTED:
                yield from _of(f"{module.__name__}.{name}", function, _with(function, _GOOD_FUNCTIONS[function]))
    yield from _of("Outcome.meets", Outcome.meets, _with(outcomes.ALL["completed"].meets, {}))


def _views() -> Iterator[Parameter]:
    yield Parameter("jobs[…]", "key", Literal["churn-1"], lambda mock, given: mock.jobs[given["key"]])
    yield Parameter("calls[…]", "place", int, lambda mock, given: mock.calls[given["place"]])
    yield Parameter("events[…]", "index", int, lambda mock, given: mock.events[given["index"]])
    for attribute, cls in (("calls", Calls), ("events", Events), ("jobs", Jobs), ("", JobView), ("", Subscription)):
        for name, method in inspect.getmembers(cls, inspect.isfunction):
            if name.startswith("_") or name in dir(Mapping) or name in dir(Sequence) or name in ("find", "delay_us", "deliver"):
                continue
            if cls is JobView:
                yield from _of(f"JobView.{name}", method, _on_a_view(name))
                continue
            assert attribute or len(inspect.signature(method).parameters) == 1, f"{cls.__name__}.{name} has no valid call here"
            if attribute:
                yield from _of(f"{cls.__name__}.{name}", method, _viewed(attribute, name))


def _on_a_view(name: str) -> Call:
    return lambda mock, given: getattr(mock.jobs[JOB], name)(**{**_GOOD_ON_A_VIEW[name], **given})


def _viewed(attribute: str, name: str) -> Call:
    return lambda mock, given: getattr(getattr(mock, attribute), name)(**given)


# -- whether a value fits an annotation


def conforms(value: Any, annotation: Any) -> bool:  # noqa: PLR0911, PLR0912  # a case for each kind
    """Return whether a value fits an annotation; a bool is not a number."""
    origin, args = get_origin(annotation), get_args(annotation)
    if annotation is Any or annotation is object:
        return True  # pragma: no cover  # no parameter accepts anything today
    if annotation is None or annotation is type(None):
        return value is None
    if origin in (UnionType, typing.Union):
        return any(conforms(value, one) for one in args)
    if origin is Literal:
        return isinstance(value, str) and value in args  # pragma: no cover  # as above
    if isinstance(annotation, (str, typing.ForwardRef)):  # pragma: no cover  # as above
        return conforms(value, {"Plan": Plan}[annotation if isinstance(annotation, str) else annotation.__forward_arg__])
    if annotation is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if annotation is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        if args[-1:] == (Ellipsis,):
            return all(conforms(one, args[0]) for one in value)
        return len(value) == len(args) and all(map(conforms, value, args))
    if origin is not None and issubclass(origin, Mapping):
        return isinstance(value, Mapping) and (
            args[1] is Any or all(conforms(key, args[0]) and conforms(one, args[1]) for key, one in value.items())
        )
    if origin is collections.abc.Callable:
        return callable(value)
    if origin is not None:
        sized = isinstance(value, origin) and not isinstance(value, (str, bytes))
        return sized and all(conforms(one, args[0]) for one in value)
    return isinstance(value, annotation)
