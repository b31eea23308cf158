"""The rules of a warm start: how the request of a tuning job may differ from those of its parents.

The operation checks whether the parents have ended, because that is not in a request.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sagemock.checks import repeated
from sagemock.evidence import UNCHECKED, Assumption
from sagemock.protocol.refusal import INVALID, Refusal
from sagemock.training.launch import OBJECTIVE_MEMBER
from sagemock.tuning.definitions import RANGES, definitions, objective, ranges, static
from sagemock.tuning.space import number

__all__ = ["check_parents", "parents_are_unique"]

_WORDS: Final = Assumption(
    "the words in which a warm start is refused, except those for other hyperparameters or other fields than the parent's",
    since="2026-11-26",
    knob=UNCHECKED,
)
_PAIRS: Final = Assumption(
    "that a definition is compared with the parent's definition of the same name, or with the only definition of the parent",
    since="2026-11-26",
    knob=UNCHECKED,
)
_TWO: Final = Assumption(
    "that a new value of a static hyperparameter counts as two changes unless both values are numbers (the developer guide "
    "counts each value of a categorical one)",
    since="2026-11-26",
    knob=UNCHECKED,
)
_SAME_DATA: Final = Assumption(
    "that IdenticalDataAndAlgorithm is accepted with other data and with another image, as the fields that may change suggest",
    since="2026-11-26",
)
_MOST_CHANGES: Final = 10
# The fields that may change; `_COMPARED` adds those that other rules compare.
_MAY_CHANGE: Final = (
    "AlgorithmSpecification", "InputDataConfig", "OutputDataConfig", "StaticHyperParameters", "RoleArn", "ResourceConfig",
    "StoppingCondition", "VpcConfig", "EnableManagedSpotTraining", "CheckpointConfig",
)  # fmt: skip
_COMPARED: Final = frozenset({*_SAME_DATA(_MAY_CHANGE), "DefinitionName", "TuningObjective", "HyperParameterRanges"})
_NOT_SENT: Final[Mapping[str, Any]] = {"EnableNetworkIsolation": False, "EnableInterContainerTrafficEncryption": False}


@_WORDS
def parents_are_unique(request: Mapping[str, Any]) -> str | None:
    """Refuse missing or equal names of parents; names are not case-sensitive (service model)."""
    parents = request.get("WarmStartConfig", {}).get("ParentHyperParameterTuningJobs", ())
    names = [one.get("HyperParameterTuningJobName", "").lower() for one in parents]
    if "" in names:
        return "HyperParameterTuningJobName is required in each of ParentHyperParameterTuningJobs"
    twice = repeated(names)
    return None if twice is None else f"Parent hyperparameter tuning jobs must be unique, and {twice} is given more than once"


def check_parents(request: Mapping[str, Any], parents: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a request for a warm start if it does not fit the requests of its parents."""
    for parent in parents:
        for new, old in _pairs(request, parent):
            for rule in (_names, _objective, _types, _changes, _fields):
                if (text := rule(request, new, parent, old)) is not None:
                    raise Refusal(INVALID, text)


_Any = Mapping[str, Any]


def _names(request: _Any, new: _Any, parent: _Any, old: _Any) -> str | None:
    """Refuse other names of hyperparameters, in words that were seen (aws/amazon-sagemaker-examples#861)."""
    if _all_names(request, new) == _all_names(parent, old):
        return None
    return (
        "The set of tunable plus static HyperParameter names is not the same across current and parent tuning jobs. Please "
        "ensure this set is constant when warm starting. Note that previously static HyperParameters can be tuned in warm start "
        "jobs and vice versa."
    )


@_WORDS
def _objective(request: _Any, new: _Any, parent: _Any, old: _Any) -> str | None:
    """Refuse another objective (developer guide: "must be the same as the objective metric used in the parent jobs")."""
    if objective(request, new) == objective(parent, old):
        return None
    return "The objective metric must be the same as that of the parent tuning jobs"


@_WORDS
def _types(request: _Any, new: _Any, parent: _Any, old: _Any) -> str | None:
    """Refuse another type of a hyperparameter.

    Developer guide, warm start: "The type of each hyperparameter (continuous, integer, categorical) must not change".
    """
    before = _kinds(parent, old)
    changed = next((name for name, (kind, _) in _kinds(request, new).items() if before.get(name, (kind,))[0] != kind), None)
    return None if changed is None else f"The type of hyperparameter {changed} must be the same as in the parent tuning jobs"


@_WORDS
def _changes(request: _Any, new: _Any, parent: _Any, old: _Any) -> str | None:  # noqa: ARG001  # as the others
    """Refuse more than 10 changes of hyperparameters to static, or of static values (developer guide, warm start)."""
    tuned_before, now, before = _kinds(parent, old), static(new), static(old)
    to_static = sum(count for name, (_, count) in tuned_before.items() if name in now)
    of_values = sum(_weight(now[name], before[name]) for name in {*now} & {*before} - {OBJECTIVE_MEMBER})
    if to_static + of_values <= _MOST_CHANGES:
        return None
    return (
        f"{to_static + of_values} hyperparameters were changed from tunable to static, or have another static value, than in the "
        f"parent tuning jobs, and at most {_MOST_CHANGES} can be"
    )


def _fields(request: _Any, new: _Any, parent: _Any, old: _Any) -> str | None:  # noqa: ARG001  # as the others
    """Refuse changes of other fields, in words that were seen (aws/sagemaker-python-sdk#3693)."""
    if all(new.get(name, _NOT_SENT.get(name)) == old.get(name, _NOT_SENT.get(name)) for name in {*new, *old} - _COMPARED):
        return None
    allowed = ", ".join(name[0].lower() + name[1:] for name in _MAY_CHANGE)
    return f"Only the following fields in TrainingJobDefinition are allowed to change: [{allowed}]."


def _pairs(request: _Any, parent: _Any) -> Iterator[tuple[_Any, _Any]]:
    before = definitions(parent)
    named = {one.get("DefinitionName"): one for one in before}
    for new in definitions(request):
        old = named.get(new.get("DefinitionName"), before[0] if _PAIRS(len(before) == 1) else None)
        if old is not None:
            yield new, old


def _all_names(request: _Any, definition: _Any) -> set[str]:
    return {*static(definition), *_kinds(request, definition)} - {OBJECTIVE_MEMBER}


def _kinds(request: _Any, definition: _Any) -> dict[str, tuple[str, int]]:
    """Return the kind of each tuned hyperparameter, and how many changes count if it becomes static."""
    given = ranges(request, definition)
    return {one["Name"]: (kind, len(one.get("Values", " "))) for kind in RANGES for one in given.get(kind, ())}


def _weight(now: str, before: str) -> int:
    if now == before:
        return 0
    return _TWO(2 if number(now) is None or number(before) is None else 1)
