"""Tuning jobs in pictures: the children stand below, and the best one is marked."""

import re
from typing import Any

import boto3
import pytest

from sagemock import Plan, SageMakerMock, TuningJobPlan, mock_sagemaker
from sagemock.picture.family import family
from sagemock.picture.show import drawing, timelines
from tests.support.calling import START
from tests.support.tuning import request


def client() -> Any:  # boto3's clients have no class to name
    """Return a client."""
    return boto3.client("sagemaker", region_name="eu-west-1")


def family_jobs(mock: SageMakerMock) -> Any:  # the jobs of a mock
    """Return a mock's jobs after a tuning job with four children: the second failed, and the third is the best."""
    mock.plan("tune", TuningJobPlan.completes(objective=lambda _: _scores.pop(0)))
    mock.plan("tune-002-*", Plan.fails("AlgorithmError: loss is NaN"))
    _scores[:] = [0.5, 0.1, 0.25, 0.75]
    client().create_hyper_parameter_tuning_job(**request())
    mock.create_training_job("alone", region="eu-west-1")
    mock.advance_until_idle()
    return list(mock._world.store.jobs())


_scores: list[float] = []


@pytest.mark.parametrize("width", [80, 120])
def test_the_best_child_is_marked_at_any_width(width: int) -> None:
    """Children stand below their tuning job, and another job stands apart."""
    with mock_sagemaker(start=START) as mock:
        jobs = family_jobs(mock)
        lines = timelines(jobs, jobs[0].last_us, width=width).splitlines()
    assert lines[0].startswith("6 jobs: 5 Completed, 1 Failed")
    names = [line[:7].rstrip() for line in lines[2:8]]
    assert names == ["tune", "  -001-", "  -002-", "+ -003-", "  -004-", "alone"]
    assert "+ the best" in lines[-1]
    assert all(len(line) <= width for line in lines)


def test_a_line_has_the_important_facts() -> None:
    """A child's objective or failure; a tuning job's counters or failure."""
    with mock_sagemaker(start=START) as mock:
        jobs = family_jobs(mock)
        picture = timelines(jobs, jobs[0].last_us)
        early = timelines(jobs[:1], jobs[0].created_us)
        launched = timelines(jobs[:1], jobs[0].created_us + 20_000_000)
    assert re.search(r"tune +Completed .* 3 Completed, 1 NonRetryableError", picture)
    assert re.search(r"-002-\S+ +Failed .* AlgorithmError: loss is NaN", picture)
    assert re.search(r"\+ -003-\S+ +Completed .* 0\.25", picture)
    assert "no children yet" in early
    assert "-001-" not in early
    assert "no objective yet" in launched
    assert "+ the best" not in launched
    with mock_sagemaker(start=START, plan=Plan.fails()) as mock:
        client().create_hyper_parameter_tuning_job(**request())
        mock.advance_until_idle()
        assert re.search(r"tune +Failed .* All training jobs failed", str(mock))


def test_the_svg_has_the_children_and_a_star() -> None:
    """The star stands at the best child and in the legend; the title says what is drawn."""
    with mock_sagemaker(start=START) as mock:
        jobs = family_jobs(mock)
        svg = drawing(jobs, jobs[0].last_us)
    assert svg.count(">★<") == 2
    assert "<title>6 jobs</title>" in svg
    assert svg.count("the best") >= 2


def test_a_child_without_its_tuning_job_stands_alone() -> None:
    """Only a tuning job in the picture groups its children."""
    with mock_sagemaker(start=START) as mock:
        jobs = family_jobs(mock)
        [child] = [one for one in jobs if one.name.startswith("tune-003-")]
        [life] = family([child], child.last_us)
    assert (life.name, life.is_child, life.is_best) == (child.name, False, False)
