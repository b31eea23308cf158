"""How DescribeHyperParameterTuningJob shows a training job definition: what it adds to the request, and what it hides."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sagemock.evidence import REPLAY, Assumption
from sagemock.service import builtin
from sagemock.training.launch import OBJECTIVE, OBJECTIVE_MEMBER
from sagemock.tuning.definitions import instances, static

__all__ = ["filled", "metrics"]

_OWN_TOO: Final = Assumption(
    "that ObjectiveMetric is appended to the metric definitions of your own image, as to those of a built-in algorithm",
    since="2026-11-26",
    knob=REPLAY,
)
_OTHER_LIST: Final = Assumption(
    "that an objective which only another list of a built-in algorithm has is accepted, with the expression of that list",
    since="2026-11-26",
)
_NO_LIST: Final = Assumption(
    "that the MetricDefinitions of a tuning job are shown as an empty list if no list of the built-in algorithm was found",
    since="2026-11-26",
    knob=REPLAY,
)
_SEVERAL: Final = Assumption(
    "that HyperParameterTuningResourceConfig is shown as it was sent if it has several InstanceConfigs", since="2026-11-26"
)
_NO_HINTS: Final = Assumption(
    "that AutoParameters are not shown among the HyperParameterRanges of a definition (the SageMaker SDK's own test of several "
    "algorithms with Autotune, 2023), and are shown in HyperParameterTuningJobConfig",
    since="2026-11-26",
)
# The first description shows these flags, also with a built-in algorithm (records of 2024).
_FLAGS: Final = ("EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining")
_TUNING_RESOURCES: Final = "HyperParameterTuningResourceConfig"
_CHANNEL: Final = {"CompressionType": "None", "RecordWrapperType": "None"}


def filled(definition: Mapping[str, Any], objective: Mapping[str, str] | None) -> dict[str, Any]:
    """Return a definition as DescribeHyperParameterTuningJob shows it.

    Unlike DescribeTrainingJob, it does not show KmsKeyId and MaxRuntimeInSeconds that were not sent.
    """
    shown = {**_without_hidden(definition), **{name: definition.get(name, False) for name in _FLAGS}}
    if "InputDataConfig" in definition:
        shown["InputDataConfig"] = [_channel(channel) for channel in definition["InputDataConfig"]]
    if objective is not None:
        shown["StaticHyperParameters"] = {**static(definition), OBJECTIVE_MEMBER: objective["MetricName"]}
        # The SageMaker SDK's attach() reads MetricDefinitions of every tuning job, also in its own test of LDA.
        all_metrics = _NO_LIST(metrics(definition, objective["MetricName"]))
        shown["AlgorithmSpecification"] = {**definition["AlgorithmSpecification"], "MetricDefinitions": all_metrics}
    return shown


def _without_hidden(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return a definition without the fields that are not shown.

    The evidence for these: errors of an acceptance test that ran against the service (hashicorp/terraform-provider-aws#47138,
    2026).
    """
    shown = dict(definition)
    tuning = shown.get(_TUNING_RESOURCES)
    if tuning is not None and _SEVERAL(len(tuning.get("InstanceConfigs", ())) < 2):  # noqa: PLR2004  # several
        # The SageMaker SDK's attach() reads it, too.
        del shown[_TUNING_RESOURCES]
        shown["ResourceConfig"] = instances(tuning)
    hidden = (
        ("OutputDataConfig", "CompressionType"),
        ("StoppingCondition", "MaxPendingTimeInSeconds"),
        ("HyperParameterRanges", _NO_HINTS("AutoParameters")),
    )
    return {**shown, **{name: _without(shown[name], member) for name, member in hidden if name in shown}}


def _channel(channel: Mapping[str, Any]) -> dict[str, Any]:
    shown = {**_CHANNEL, **channel}
    source = channel.get("DataSource", {})
    if "S3DataSource" in source:
        shown["DataSource"] = {**source, "S3DataSource": _without(source["S3DataSource"], "InstanceGroupNames")}
    return shown


def _without(given: Mapping[str, Any], member: str) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name != member}


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
