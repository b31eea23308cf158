"""Recorded processing and transform jobs on the command line."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sagemock import PlanError, ProcessingJobPlan, TransformJobPlan, mock_sagemaker
from sagemock.__main__ import main
from sagemock.cli.batch import kind_of, recorded
from sagemock.cli.check import check
from sagemock.cli.plan import source
from sagemock.cli.reading import responses
from sagemock.cli.screen import Screen
from sagemock.cli.timeline import timeline
from sagemock.picture.text import Paper
from tests.cli.test_plan import plans_in
from tests.support.batch import DAY, processing, record, transform
from tests.support.calling import YOUNG, make_client
from tests.support.records import R1, response
from tests.support.saved import saved

SCREEN = Screen(80, Paper(80), colored=False)


def day(shown: dict[str, Any]) -> dict[str, Any]:
    """Return a recorded description with full dates; the record kept only times of day."""
    return {name: DAY + value if name.endswith("Time") else value for name, value in shown.items()}


KEPT: dict[str, dict[str, Any]] = {
    "P1": record("P1")["Describe"],
    "P2": record("P2")["Describe_before"],
    "P3": record("P3")["Describe_1"],
    "P4": day(record("P4")["Describe"]),
    "X1": record("X1")["Describe"],
    "X2": record("X2")["Describe_after_stop"],
    "X4": record("X4")["Describe"],
}
STOPPED = {
    "ProcessingJobName": "cut",
    "ProcessingJobStatus": "Stopped",
    "CreationTime": "2026-11-26T10:00:00Z",
    "ProcessingStartTime": "2026-11-26T10:04:00Z",
    "ProcessingEndTime": "2026-11-26T10:30:00Z",
    "ExitMessage": "half",
}


def timeline_of(plan: Any, shown: dict[str, Any]) -> Any:
    """Return the timeline of a job that plays a plan."""
    of = kind_of(shown)
    assert of is not None
    found = recorded(shown, of).job
    script = of.concrete(plan, shown, Random(0))  # noqa: S311  # nothing random is drawn
    return type(found)("job", found.place, shown, plan, script, found.created_us, 1).timeline


@pytest.mark.parametrize("name", KEPT)
def test_the_printed_plan_plays_the_recorded_life(name: str) -> None:
    """Each status at its instant, and the reason."""
    shown = KEPT[name]
    text = source([shown])
    of = kind_of(shown)
    assert of is not None
    assert timeline_of(plans_in(text), shown) == recorded(shown, of).job.timeline
    assert f"from sagemock import {type(plans_in(text)).__name__}\n" in text


def test_gaps_in_the_record_are_reported() -> None:
    """When a stop was called, and which defaults follow; a transform job has no limits."""
    text = source([STOPPED])
    assert (
        "# cut, created 2026-11-26T10:00:00Z.\n"
        "# It does not say when StopProcessingJob was called: sagemock assumes 10 s before its end" in text
    )
    assert '    exit_message="half",\n' in text
    assert "sagemock assumes 10 s after its start or creation.\n# The record ends before the job did" in source([KEPT["X2"]])
    assert "The limits of your request apply to it." in source([KEPT["P1"]])


def test_several_kinds_are_printed_together() -> None:
    """Each plan with its own class."""
    plans = plans_in(source([KEPT["P1"], KEPT["X1"], response(R1)]))
    assert [type(plan).__name__ for plan in plans.values()] == ["ProcessingJobPlan", "TransformJobPlan", "Plan"]


def test_an_event_is_read_like_a_description() -> None:
    """Its milliseconds are instants, and its nulls are missing members."""
    with mock_sagemaker(start="2026-11-26T10:00:00Z", plan=ProcessingJobPlan.fails(exit_message="no")) as mock:
        mock.create_processing_job("prepare")
        mock.advance_until_idle()
        event = json.loads(json.dumps(mock.events[-1]))
    plan = plans_in(source([event]))
    assert (plan.failure_reason, plan.exit_message) == ("AlgorithmError: , exit code: 1", "no")


def test_an_incomplete_record_is_refused() -> None:
    """A list member does not say when its job started; the message says what to do."""
    summary = record("X1")["List"]["TransformJobSummaries"][0]
    with pytest.raises(PlanError, match="lacks its start or its end: give a whole DescribeTransformJob response"):
        source([summary])


def test_lists_and_repeated_descriptions_are_read(tmp_path: Path) -> None:
    """Of several descriptions of one job the last one counts."""
    first, last = record("P3")["Describe_1"], record("P3")["Describe_2"]
    nameless = {"ProcessingJobStatus": "Failed"}
    assert responses(saved(tmp_path, first, nameless, {**last, "FailureReason": None}, nameless)) == [last, nameless, nameless]
    assert responses(saved(tmp_path, record("X2")["List"])) == record("X2")["List"]["TransformJobSummaries"]


def test_repeated_descriptions_show_the_time_of_a_stop(tmp_path: Path) -> None:
    """A poll saw the job Stopping; its end alone does not tell when the stop was called."""
    called = "2026-11-26T10:29:15Z"
    stopping = {**STOPPED, "ProcessingJobStatus": "Stopping", "LastModifiedTime": called, "ProcessingEndTime": None}
    (merged,) = responses(saved(tmp_path, {**stopping, "ProcessingJobStatus": "InProgress"}, stopping, STOPPED))
    text = source([merged])
    assert "It does not say" not in text
    assert "    stopping=timedelta(seconds=45),\n" in text
    assert "    stopped_after=timedelta(minutes=29, seconds=15),\n" in text
    assert responses(saved(tmp_path, {**stopping, "LastModifiedTime": None}, STOPPED)) == [STOPPED]


def test_records_are_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One record phase by phase, as far as it goes; several kinds on one time axis."""
    timeline(saved(tmp_path, KEPT["P1"]), SCREEN, aligned=False, as_svg=False)
    assert capsys.readouterr().out.startswith("example: Failed/Failed at 0:01:41.910, created 2024-04-17 10:23:02 UTC\n")
    timeline(saved(tmp_path, KEPT["X2"]), SCREEN, aligned=False, as_svg=False)
    out = capsys.readouterr().out
    assert "Stopping  0:00:10     open" in out
    assert "It does not say when StopTransformJob was called" in out
    timeline(saved(tmp_path, KEPT["P1"], KEPT["X1"], response(R1)), SCREEN, aligned=True, as_svg=False)
    assert capsys.readouterr().out.startswith("3 jobs: 1 Failed, 2 Completed; 0 is the creation of each\n")


@pytest.mark.parametrize("name", KEPT)
def test_the_records_contradict_no_rule(name: str, tmp_path: Path) -> None:
    """The rules are based on them."""
    assert check(saved(tmp_path, KEPT[name])) == ("1 record contradicts none of the rules, messages and assumptions.", 0)


@pytest.mark.parametrize(
    "name, changes, reason",
    [
        ("P1", {"ProcessingJobStatus": "Pondering"}, "example contradicts B1: "),
        ("P1", {"ProcessingEndTime": "2024-01-01T00:00:00Z"}, "contradicts B2: "),
        ("P1", {"ProcessingEndTime": "noon"}, "the record: ProcessingEndTime is 'noon'"),
        ("P1", {"ProcessingEndTime": None}, "the status is Failed, and ProcessingEndTime is absent"),
        ("P2", {"ProcessingEndTime": "2026-01-01T00:00:00Z"}, "the status is InProgress, and ProcessingEndTime is there"),
        ("P4", {"ProcessingJobStatus": "Stopped", "ProcessingEndTime": None}, "contradicts assumption: that a processing job is"),
        ("X4", {"TransformStartTime": None}, "contradicts B4: "),
        ("P1", {"FailureReason": None}, "the status is Failed, and FailureReason is absent"),
        ("X4", {"FailureReason": "x"}, "the status is Completed, and FailureReason is there"),
        ("X4", {"LastModifiedTime": "2029-01-01T00:00:00Z"}, "contradicts B6: "),
    ],
)
def test_a_contradiction_is_reported(name: str, changes: dict[str, Any], reason: str, tmp_path: Path) -> None:
    """By its rule, with both sides."""
    report, found = check(saved(tmp_path, {**KEPT[name], **changes}))
    assert found
    assert reason in report


@YOUNG
@pytest.mark.parametrize("kind", ["processing", "transform"])
def test_a_job_can_be_recorded(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each change is a line, without the owner's names. A replay of the record has the same life, and contradicts no rule."""
    plans = [ProcessingJobPlan.fails(exit_message="acme ran out"), TransformJobPlan.completes(transforming=300)]
    with mock_sagemaker(start="2026-03-01T09:00:00Z", latency=0, plan=plans):
        client = make_client()
        client.create_processing_job(**processing("acme", AppSpecification=APP))
        client.create_transform_job(**transform("acme", ModelName="acme-model"))
        assert main(["record", "--kind", kind, "acme", "--region", "us-east-1", "--anonymous", "--every", "5"]) == 0
    text = capsys.readouterr().out
    assert "acme" not in text
    looks = [json.loads(line) for line in text.splitlines()]
    member = "ProcessingJob" if kind == "processing" else "TransformJob"
    assert {look[f"{member}Name"] for look in looks} == {"job-1"}
    assert [look[f"{member}Status"] for look in looks][-1] == ("Failed" if kind == "processing" else "Completed")
    assert looks[-1][f"{member}Arn"].endswith("-job/job-1")
    of = kind_of(looks[-1])
    assert of is not None
    assert recorded(looks[-1], of).job.timeline.ended_us is not None


APP = {
    "ImageUri": "210987654321.dkr.ecr.us-east-1.amazonaws.com/acme:1",
    "ContainerEntrypoint": ["python", "acme.py"],
    "ContainerArguments": ["--customer", "acme"],
}
