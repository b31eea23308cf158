"""The pictures in docs/lives.md are up to date."""

import re
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sagemock import Phase, Plan, ProcessingJobPlan, TransformJobPlan, reasons
from sagemock.jobs.place import Place
from sagemock.picture.show import timeline
from sagemock.processing import job as processing
from sagemock.training.job import Job
from sagemock.training.plan.script import script
from sagemock.transform import job as transform

PAGE = Path(__file__).parents[2] / "docs" / "lives.md"
BLOCKS = re.findall(r"```py\nlife\((.*?)\)\n```\n\n```text\n(.*?)\n```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
NAMES: dict[str, Any] = {"Plan": Plan, "Phase": Phase, "reasons": reasons}
CREATED_US = 1_532_908_800_000_000
WIDTH = 120
"""The width of the page in characters (docs/_static/wide.css)."""
exec(re.findall(r"```python\n(from .*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[0], NAMES)  # noqa: S102  # our own code


def picture_of(plan: Plan | ProcessingJobPlan | TransformJobPlan, request: Mapping[str, Any]) -> str:
    """Return the picture of the whole life of a job that plays `plan`."""
    place = Place("aws", "us-east-1", "123456789012")
    dice = Random(0)  # noqa: S311  # a test needs no secure randomness
    job: Job | processing.Job | transform.Job
    if isinstance(plan, ProcessingJobPlan):
        job = processing.Job("job", place, request, plan, processing.concrete(plan, request, dice), CREATED_US, 1)
    elif isinstance(plan, TransformJobPlan):
        job = transform.Job("job", place, request, plan, transform.concrete(plan, request, dice), CREATED_US, 1)
    else:
        job = Job("job", place, request, plan, script(plan, request, dice), CREATED_US, 1)
    return timeline(job, job.last_us, width=WIDTH)


@pytest.mark.parametrize("call,picture", BLOCKS, ids=[call for call, _ in BLOCKS])
def test_a_picture_is_up_to_date(call: str, picture: str) -> None:
    """The page shows each life as `print(sagemaker.timeline(name, width=120))` does."""
    assert eval(f"picture_of({call})", {**NAMES, "picture_of": picture_of}) == picture  # noqa: S307  # our own code


@pytest.mark.parametrize("of", [Plan, ProcessingJobPlan, TransformJobPlan])
def test_the_page_shows_every_recipe(of: type[object]) -> None:
    """Except replays, whose picture depends on the record."""
    recipes = {name for name, value in vars(of).items() if isinstance(value, classmethod)} - {"replays"}
    assert recipes <= set(re.findall(rf"\b{of.__name__}\.(\w+)\(", " ".join(call for call, _ in BLOCKS)))
