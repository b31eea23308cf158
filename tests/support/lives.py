"""Training jobs and their pictures' data, for tests of the pictures."""

from collections.abc import Mapping
from random import Random
from typing import Any, Final

from sagemock import Plan
from sagemock.clock.instants import instant_us
from sagemock.jobs.place import Place
from sagemock.picture.life import Life, life
from sagemock.training.interventions import Intervention
from sagemock.training.job import Job
from sagemock.training.plan.script import script
from tests.support.calling import START, request

__all__ = ["CREATED_US", "PLAN", "SPOT", "S", "job", "life_at", "rows_of"]

S: Final = 1_000_000
CREATED_US: Final = instant_us(START)
PLAN: Final = Plan.completes(starting=60, downloading=30, training=600, uploading=9)
SPOT: Final[Mapping[str, Any]] = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200},
}


def job(
    plan: Plan = PLAN, name: str = "churn", *done: Intervention, at_s: float = 0, changes: Mapping[str, Any] | None = None
) -> Job:
    """Return a job created `at_s` seconds after START, after the interventions `done`."""
    sent = request(name, **{"StoppingCondition": {"MaxRuntimeInSeconds": 864_000}, **(changes or {})})
    place = Place("aws", "us-east-1", "123456789012")
    created_us = CREATED_US + round(at_s * S)
    return Job(name, place, sent, plan, script(plan, sent, Random(0)), created_us, 1, done)  # noqa: S311  # nothing random is drawn


def life_at(one: Job, at_s: float) -> Life:
    """Return what a picture shows of a job, `at_s` seconds after START."""
    return life(one, CREATED_US + round(at_s * S))


def rows_of(text: str, first: str) -> list[str]:
    """Return the lines that begin with `first`, indentation aside."""
    return [line for line in text.split("\n") if line.lstrip().startswith(first)]
