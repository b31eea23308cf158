"""What the service adds to a training job definition before DescribeHyperParameterTuningJob shows it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sagemock.evidence import REPLAY, Assumption
from sagemock.service import builtin
from sagemock.training.launch import OBJECTIVE, OBJECTIVE_MEMBER
from sagemock.tuning.definitions import static

__all__ = ["filled", "metrics"]

_OWN_TOO: Final = Assumption(
    "that ObjectiveMetric is appended to the metric definitions of your own image, as to those of a built-in algorithm",
    since="2026-11-26",
    knob=REPLAY,
)
_OTHER_LIST: Final = Assumption(
    "that an objective which only another list of a built-in algorithm has is taken, with the expression of that list",
    since="2026-11-26",
)
# As recorded in 2024: with a built-in algorithm, and in the first description.
_FLAGS: Final = ("EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining")
_CHANNEL: Final = {"CompressionType": "None", "RecordWrapperType": "None"}


def filled(definition: Mapping[str, Any], objective: Mapping[str, str] | None) -> dict[str, Any]:
    """Return a definition as it is shown.

    A training job's description has KmsKeyId and MaxRuntimeInSeconds also where they were not sent; that of a tuning job has not.
    """
    shown = {**definition, **{name: definition.get(name, False) for name in _FLAGS}}
    if "InputDataConfig" in definition:
        shown["InputDataConfig"] = [{**_CHANNEL, **channel} for channel in definition["InputDataConfig"]]
    if objective is not None:
        shown["StaticHyperParameters"] = {**static(definition), OBJECTIVE_MEMBER: objective["MetricName"]}
    all_metrics = metrics(definition, None if objective is None else objective["MetricName"])
    if all_metrics:
        shown["AlgorithmSpecification"] = {**definition["AlgorithmSpecification"], "MetricDefinitions": all_metrics}
    return shown


def metrics(definition: Mapping[str, Any], objective: str | None) -> Sequence[Mapping[str, str]]:
    """Return the metric definitions of a definition, with the objective as the last entry if its expression is known."""
    own: Sequence[Mapping[str, str]] = definition["AlgorithmSpecification"].get("MetricDefinitions", ())
    request = {"AlgorithmSpecification": definition["AlgorithmSpecification"], "HyperParameters": static(definition)}
    known: Mapping[str, str] = {}
    if not own and builtin.is_built_in(request):
        own, known = builtin.listed(request), _OTHER_LIST(builtin.known(request))
    expressions = {**known, **{one["Name"]: one["Regex"] for one in own}}
    regex = None if objective is None else expressions.get(objective)
    return [*own, *(() if regex is None else ({"Name": _OWN_TOO(OBJECTIVE), "Regex": regex},))]
