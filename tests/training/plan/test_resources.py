"""The instances that a job runs on, read in one place for all features."""

from typing import Any

import pytest

from sagemock.training.plan.defaults import traits
from sagemock.training.plan.resources import choices, count, instances

CPU, GPU = "ml.m5.large", "ml.p3.2xlarge"


def instances_of(kind: str, number: int) -> dict[str, Any]:
    """Return instances in the form of a request."""
    return {"InstanceType": kind, "InstanceCount": number}


@pytest.mark.parametrize(
    "resources, expected",
    [
        ({}, []),
        (instances_of(CPU, 3), [(CPU, 3)]),
        ({"InstanceType": CPU}, [(CPU, 1)]),
        ({"InstanceCount": 3}, [("", 3)]),
        ({"InstanceGroups": [instances_of(CPU, 1), instances_of(GPU, 2)]}, [(CPU, 1), (GPU, 2)]),
        ({"InstancePreferences": [instances_of(CPU, 2), instances_of(GPU, 4)]}, [(CPU, 2)]),
        ({"InstancePreferences": [{"InstanceType": CPU}, {"InstanceType": GPU}], "InstanceCount": 2}, [(CPU, 2)]),
        ({"InstancePreferences": [], "InstanceGroups": [], **instances_of(CPU, 1)}, [(CPU, 1)]),
    ],
)
def test_instances_are_read_from_each_form(resources: dict[str, Any], expected: list[tuple[str, int]]) -> None:
    """Of several preferences the job gets the first."""
    request = {"ResourceConfig": resources}
    assert list(instances(request)) == expected
    assert count(request) == max(1, sum(number for _, number in expected))


def test_a_job_without_instances_has_one_container() -> None:
    """A serverless job has none."""
    assert instances({}) == ()
    assert count({}) == 1


@pytest.mark.parametrize("kinds", [(CPU, GPU), (GPU, CPU)])
def test_the_speed_of_a_job_follows_its_own_instances(kinds: tuple[str, str]) -> None:
    """A preference that it does not get makes it no slower."""
    request = {"ResourceConfig": {"InstancePreferences": [instances_of(kind, 1) for kind in kinds]}}
    assert traits(request).accelerated == (kinds[0] == GPU)
    assert choices(request) == kinds
