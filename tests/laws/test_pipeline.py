"""A pipeline over all kinds of jobs, as production code runs one: prepare, tune, train with the best values, score."""

import re
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from sagemock import Plan, ProcessingJobPlan, SageMakerMock, TransformJobPlan, TuningJobPlan, mock_sagemaker
from tests.support.batch import processing, transform
from tests.support.calling import START, request
from tests.support.tuning import request as tuning

PLANS = [
    ProcessingJobPlan.completes(processing=1200),
    TuningJobPlan.completes(objective=lambda values: abs(float(values["rate"]) - 0.5)),
    Plan.completes(training=600),
    TransformJobPlan.completes(transforming=900),
]


class StepError(Exception):
    """A step of the pipeline ended, but not as Completed."""


class Pipeline:
    """A pipeline as a team might write it: each step waits for the previous one; any end but Completed raises."""

    def __init__(self, client: Any, poll_s: float = 30) -> None:
        self._client = client
        self._poll_s = poll_s

    def run(self) -> str:
        """Run all steps and return the name of the scoring job."""
        self._client.create_processing_job(**processing())
        self._wait(lambda: self._client.describe_processing_job(ProcessingJobName="prepare"), "ProcessingJob")
        self._client.create_hyper_parameter_tuning_job(**tuning())
        tuned = self._wait(
            lambda: self._client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="tune"),
            "HyperParameterTuningJob",
        )
        values = tuned["BestTrainingJob"]["TunedHyperParameters"]
        self._client.create_training_job(**request("final", HyperParameters=values))
        self._wait(lambda: self._client.describe_training_job(TrainingJobName="final"), "TrainingJob")
        self._client.create_transform_job(**transform())
        scored = self._wait(lambda: self._client.describe_transform_job(TransformJobName="score"), "TransformJob")
        name: str = scored["TransformJobName"]
        return name

    def _wait(self, describe: Callable[[], dict[str, Any]], kind: str) -> dict[str, Any]:
        while True:
            job = describe()
            status = job[f"{kind}Status"]
            if status == "Completed":
                return job
            if status not in ("InProgress", "Stopping"):
                raise StepError(f"{kind} {job[f'{kind}Name']} {status}: {job.get('FailureReason', '')}")
            time.sleep(self._poll_s)


def client() -> Any:
    """Return a client in the region of the requests."""
    return boto3.client("sagemaker", region_name="us-east-1")


def test_every_step_waits_for_the_previous_one() -> None:
    """The final training job uses the hyperparameters of the best child."""
    with mock_sagemaker(start=START, plan=PLANS) as mock:
        assert Pipeline(client()).run() == "score"
        prepare, tune = mock.processing_jobs["prepare"], mock.tuning_jobs["tune"]
        final, score = mock.jobs["final"], mock.transform_jobs["score"]
        instants = [prepare.created, prepare.ended, tune.created, tune.ended, final.created, final.ended, score.created]
        assert all(one is not None for one in instants)
        assert instants == sorted(instants, key=lambda one: one or START)
        assert tune.best is not None
        assert final.request["HyperParameters"] == tune.best.hyperparameters
        assert tune.best.objective == min(child.objective or 0 for child in tune.children)
        picture, svg = str(mock), mock.svg()
    # One time axis for all: the bar of a later job begins further right, and children stand below their tuning job.
    bars = [found for line in picture.splitlines() if (found := re.match(r"(..\S+) .*? s  ( *)[A-Z]", line))]
    names = [bar[1][:6] for bar in bars]
    assert names == ["prepar", "tune", "  -001", "  -002", "+ -003", "  -004", "final", "score"]
    begins = {bar[1]: bar.end() for bar in bars}
    assert begins["prepare"] < begins["tune"] < begins["final"] < begins["score"]
    assert "<title>8 jobs</title>" in svg


@pytest.mark.parametrize(
    "broken,plan,text,left",
    [
        ("prepare", ProcessingJobPlan.fails(), "ProcessingJob prepare Failed: AlgorithmError", ["processing"]),
        ("tune-*", Plan.fails(), "HyperParameterTuningJob tune Failed: All training jobs failed", ["processing", "tuning"]),
        ("tune", TuningJobPlan.stopped(after=60), "HyperParameterTuningJob tune Stopped: ", ["processing", "tuning"]),
        ("final", Plan.capacity_error(), "TrainingJob final Failed: CapacityError", ["processing", "tuning", "training"]),
        (
            "score",
            TransformJobPlan.never_answers(),
            "TransformJob score Failed: ",
            ["processing", "tuning", "training", "transform"],
        ),
    ],
)
def test_a_step_that_fails_ends_the_pipeline(broken: str, plan: Any, text: str, left: list[str]) -> None:
    """Later steps are not created."""
    with mock_sagemaker(start=START, plan=PLANS) as mock:
        mock.plan(broken, plan)
        with pytest.raises(StepError, match=f"^{re.escape(text)}"):
            Pipeline(client()).run()
        assert _there(mock) == left


def _there(mock: SageMakerMock) -> list[str]:
    """Return the steps that have begun; the tuning job's children are training jobs too."""
    begun = [
        ("processing", list(mock.processing_jobs)),
        ("tuning", list(mock.tuning_jobs)),
        ("training", [name for name in mock.jobs if name == "final"]),
        ("transform", list(mock.transform_jobs)),
    ]
    return [step for step, jobs in begun if jobs]
