"""Generated parts of the documentation: the pictures, and the page of the statuses.

After an intended change, write them again with `python -c "from tests.docs.pages import write; write()"`.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from sagemock import Plan, reasons
from sagemock.cli.statuses import CATALOGUE, Meaning
from sagemock.clock.instants import SECOND_US, instant_us
from sagemock.jobs.interventions import Stop
from sagemock.jobs.place import Place
from sagemock.picture.show import drawing
from sagemock.training.interventions import Intervention
from sagemock.training.job import Job
from sagemock.training.plan.earlier import FILLED_IN
from sagemock.training.plan.script import script

__all__ = ["generated", "write"]

DOCS: Final = Path(__file__).parents[2] / "docs"
CREATED_US: Final = instant_us("2018-07-30T00:00:00Z")
GPU: Final[dict[str, Any]] = {
    "ResourceConfig": {"InstanceType": "ml.g5.2xlarge", "InstanceCount": 1},
    "InputDataConfig": [{"ChannelName": "train"}],
}
SPOT: Final[dict[str, Any]] = {
    **GPU,
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200},
}
SHORT: Final[dict[str, Any]] = {**GPU, "StoppingCondition": {"MaxRuntimeInSeconds": 900}}


def generated() -> dict[str, str]:
    """Return all generated texts by their paths in docs/."""
    spot = _job("churn-1", Plan.interrupted(1, then=Plan.completes(training=1200)), SPOT)
    jobs = [
        _job("churn-1", Plan.completes(training=timedelta(minutes=58)), GPU),
        _job("churn-2", Plan.waits_for_capacity(1800), GPU, 600),
        _job("churn-3", Plan.fails(reasons.data_download(), during="Downloading"), GPU, 900),
        _job("churn-4", Plan.hangs(), SHORT, 1200),
        _job("churn-5", Plan.interrupted(1, then=Plan.completes(training=1200)), SPOT, 480, Stop(1500 * SECOND_US)),
    ]
    return {
        "pictures/job.svg": drawing([spot], CREATED_US + 1560 * SECOND_US) + "\n",
        "pictures/jobs.svg": drawing(jobs, CREATED_US + 3000 * SECOND_US) + "\n",
        "statuses.md": "\n".join(_statuses()),
    }


def write(docs: Path = DOCS) -> None:
    """Write all generated texts."""
    for place, text in generated().items():
        (docs / place).parent.mkdir(exist_ok=True)
        (docs / place).write_text(text, encoding="utf-8")


def _job(name: str, plan: Plan, request: dict[str, Any], at_s: int = 0, *done: Intervention) -> Job:
    drawn = script(plan, request, Random(0))  # noqa: S311  # nothing random is drawn
    place = Place("aws", "us-east-1", "123456789012")
    return Job(name, place, request, plan, drawn, CREATED_US + at_s * SECOND_US, 1, done)


def _statuses() -> Iterator[str]:
    yield "# What each status means\n"
    yield "`sagemock explain STATUS` says the same in a terminal, and also what AWS's documentation in the installed botocore"
    yield "says. The messages of a status, and the statuses that can follow it, come from recorded jobs and logs.\n"
    yield "A job is over when TrainingJobStatus is `Completed`, `Failed` or `Stopped`, and never before. So a client that meets"
    yield 'an unknown status should wait. AWS says of the values of SecondaryStatus that they "are subject to change".\n'
    for name, meaning in CATALOGUE.items():
        yield from _status(name, meaning)


def _status(name: str, meaning: Meaning) -> Iterator[str]:
    yield f"## {name}\n"
    yield f"*{meaning.kind}.* {meaning.meaning}\n"
    if meaning.messages:
        yield f"StatusMessage: {'; '.join(f'“{text}”' for text in meaning.messages)}\n"
    if name in FILLED_IN:
        yield f"In a replay: {FILLED_IN[name]}\n"
    if meaning.follows:
        yield f"What can follow: {', '.join(f'[{one}](#{one.lower()})' for one in meaning.follows)}.\n"
    yield f"What to do: {meaning.client}\n"
