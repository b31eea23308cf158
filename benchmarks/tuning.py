"""Measures a tuning job of a hundred children, played to its end, described and listed."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from benchmarks.lives import Floor
from benchmarks.report import Row, ratios
from benchmarks.timing import Stopwatch, interleaved
from benchmarks.worlds import client, request
from sagemock import mock_sagemaker

__all__ = ["rows"]

_NAME: Final = "tune"
_VARIANTS: Final = (("Random", "Off"), ("Bayesian", "Off"), ("Random", "Auto"))
"""Strategies, each with or without early stopping."""


def _tuning_request(strategy: str, early: str, number: int) -> dict[str, Any]:
    definition = request("")
    for name in ("TrainingJobName", "Tags"):
        del definition[name]
    definition["StaticHyperParameters"] = {
        name: value for name, value in definition.pop("HyperParameters").items() if name != "learning-rate"
    }
    metric = {"Name": "validation:auc", "Regex": "auc=([0-9.]+)"}
    definition["AlgorithmSpecification"] = {**definition["AlgorithmSpecification"], "MetricDefinitions": [metric]}
    return {
        "HyperParameterTuningJobName": _NAME,
        "HyperParameterTuningJobConfig": {
            "Strategy": strategy,
            "TrainingJobEarlyStoppingType": early,
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "validation:auc"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": number, "MaxParallelTrainingJobs": min(10, number)},
            "ParameterRanges": {
                "ContinuousParameterRanges": [{"Name": "learning-rate", "MinValue": "0.001", "MaxValue": "0.1"}],
                "IntegerParameterRanges": [{"Name": "depth", "MinValue": "2", "MaxValue": "12"}],
            },
        },
        "TrainingJobDefinition": definition,
    }


def _look(made: Any, names: list[str]) -> None:  # noqa: ANN401  # boto3's client has no class
    made.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=_NAME)
    for name in names:
        made.describe_training_job(TrainingJobName=name)
    made.list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName=_NAME, MaxResults=100)


def _sagemock(asked: dict[str, Any], answers: dict[str, list[bytes]] | None = None) -> float:
    """Return the seconds of CPU; add the bodies of the answers to `answers`, by operation, if it is not None."""
    watch = Stopwatch()
    with mock_sagemaker() as sagemaker:
        made = client()
        if answers is not None:

            def keep(operation_model: Any, response_dict: Mapping[str, Any], **_: object) -> None:  # noqa: ANN401  # botocore's own
                answers.setdefault(operation_model.name, []).append(response_dict["body"])

            made.meta.events.register("before-parse.sagemaker", keep)
        with watch.running():
            made.create_hyper_parameter_tuning_job(**asked)
            sagemaker.advance_until_idle()
            _look(made, [child.name for child in sagemaker.tuning_jobs[_NAME].children])
        if answers is not None:
            # Create one training job like the children, so that the null responder has an answer for creations.
            made.create_training_job(**request("one"))
    return watch.seconds


def _null(floor: Floor, asked: dict[str, Any], number: int) -> float:
    """Return the seconds of CPU for as many creations and descriptions by the null responder."""
    made = floor.client()
    names = [f"{_NAME}-{index:03}-00000000" for index in range(1, number + 1)]
    requests = [request(name) for name in names]
    watch = Stopwatch()
    with watch.running():
        made.create_hyper_parameter_tuning_job(**asked)
        for one in requests:
            made.create_training_job(**one)
        _look(made, names)
    return watch.seconds


def rows(rounds: int, number: int) -> list[Row]:
    """Measure a tuning job of `number` children in each of `rounds` rounds, for each variant."""
    found = []
    for strategy, early in _VARIANTS:
        asked = _tuning_request(strategy, early, number)
        answers: dict[str, list[bytes]] = {}
        _sagemock(asked, answers)
        answers["CreateTrainingJob"] *= number
        floor = Floor(answers)
        taken = interleaved({"null": partial(_null, floor, asked, number), "sagemock": partial(_sagemock, asked)}, rounds)
        what = f"a tuning job of {number} children, {strategy}{', with early stops' if early == 'Auto' else ''}"
        found.append(Row(what, "x null", 1.5, ratios(taken["sagemock"], taken["null"])))
    return found
