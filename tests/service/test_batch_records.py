"""Each recorded processing and transform job is reproduced member by member; members that the record lacks are missing."""

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

import pytest

from sagemock import ProcessingJobPlan, SageMakerMock, TransformJobPlan, mock_sagemaker
from tests.support.batch import DAY, original_request, processing, record
from tests.support.calling import make_client

TIMES = ("CreationTime", "LastModifiedTime", "ProcessingStartTime", "ProcessingEndTime", "TransformStartTime", "TransformEndTime")


def read(value: Any) -> Any:
    """Return a recorded value as boto3 gives it, with ARNs in today's case."""
    if isinstance(value, Mapping):
        return {name: _instant(one) if name in TIMES else read(one) for name, one in value.items()}
    if isinstance(value, list):
        return [read(one) for one in value]
    return value


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found.replace(tzinfo=timezone.utc) if found.tzinfo is None else found


def with_lower_case_arn(shown: dict[str, Any]) -> dict[str, Any]:
    """Return a description with its ARN in lower case, as until about 2022; the mock keeps the case."""
    return {name: value.lower() if name.endswith("JobArn") else value for name, value in shown.items()}


def replay_at(kind: str, described: dict[str, Any], plan: Any, look: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the description and the summary of a job that replays a record, at the instant of the recorded description."""
    member = f"{kind.title()}JobName"
    region = described[f"{kind.title()}JobArn"].split(":")[3]
    with mock_sagemaker(start=described["CreationTime"], latency=0, plan=plan, wall="real") as sagemaker:
        client = make_client(region)
        getattr(client, f"create_{kind}_job")(**original_request(kind, described))
        ends = [_instant(look[name]) for name in TIMES if name in look]
        sagemaker.clock.advance_to(max(ends))
        if look.get("settles", True):
            sagemaker.advance_until_idle()
        (summary,) = getattr(client, f"list_{kind}_jobs")()[f"{kind.title()}JobSummaries"]
        found = getattr(client, f"describe_{kind}_job")(**{member: described[member]})
        del found["ResponseMetadata"]
        return found, summary


def test_a_job_that_fails_before_its_containers_run_takes_as_long_as_recorded(sagemaker: SageMakerMock) -> None:
    """Without a replay too, up to the last change of LastModifiedTime."""
    sagemaker.create_processing_job("prepare", plan=ProcessingJobPlan.fails("ClientError: no image", during="Starting"))
    sagemaker.advance_until_idle()
    shown = make_client().describe_processing_job(ProcessingJobName="prepare")
    then = ("ProcessingEndTime", "LastModifiedTime")
    assert [(shown[name] - shown["CreationTime"]).total_seconds() for name in then] == [101.49, 101.91]


@pytest.mark.parametrize("name", ["P1", "X1", "X3", "X4"])
def test_a_finished_job_is_described_as_recorded(name: str) -> None:
    """Its times, its reason, and the defaults of that year, but no others."""
    whole = record(name)
    kind = "processing" if name[0] == "P" else "transform"
    of: Any = ProcessingJobPlan if kind == "processing" else TransformJobPlan
    found, summary = replay_at(kind, whole["Describe"], of.replays(whole["Describe"]), whole["Describe"])
    assert with_lower_case_arn(found) == with_lower_case_arn(read(whole["Describe"]))
    if "List" in whole:
        assert [with_lower_case_arn(summary)] == [
            with_lower_case_arn(one) for one in read(whole["List"][f"{kind.title()}JobSummaries"])
        ]


@pytest.mark.parametrize("look", ["Describe_1", "Describe_2"])
def test_a_new_job_is_described_as_recorded(look: str) -> None:
    """LastModifiedTime has moved once, and the containers have not started."""
    whole = record("P3")
    described = whole[look]
    plan = ProcessingJobPlan.replays(described)
    found, summary = replay_at("processing", described, plan, {**described, "settles": False})
    assert found == read(described)
    assert [summary] == read(whole["List_1"])["ProcessingJobSummaries"]


def test_a_processing_job_is_described_as_recorded_around_its_stop() -> None:
    """Before the call and after it."""
    whole = record("P2")
    before, after = whole["Describe_before"], whole["Describe_after_stop"]
    found, summary = replay_at("processing", before, ProcessingJobPlan.replays(before), {**before, "settles": False})
    assert (found, [summary]) == (read(before), read(whole["List"])["ProcessingJobSummaries"])
    found, _ = replay_at("processing", after, ProcessingJobPlan.replays(after), {**after, "settles": False})
    assert found == read(after)


def test_a_stopped_transform_job_is_described_as_recorded() -> None:
    """Without times: its description has no LastModifiedTime, so the list shows the first move."""
    whole = record("X2")
    before, after = whole["Describe_before"], whole["Describe_after_stop"]
    summary = whole["List"]["TransformJobSummaries"][0]
    look = {**before, "LastModifiedTime": summary["LastModifiedTime"], "settles": False}
    found, listed = replay_at("transform", before, TransformJobPlan.replays(look), look)
    assert with_lower_case_arn(found) == with_lower_case_arn(read(before))
    assert with_lower_case_arn(listed) == with_lower_case_arn(read(summary))
    look = {**after, "CreationTime": "2018-10-29T11:33:33.458", "settles": False}
    found, _ = replay_at("transform", after, TransformJobPlan.replays(after), look)
    assert with_lower_case_arn(found) == with_lower_case_arn(read(after))


def test_a_record_with_times_only_is_replayed() -> None:
    """Like selected fields of a description."""
    times = {name: DAY + at if ":" in at else at for name, at in record("P4")["Describe"].items()}
    with mock_sagemaker(start=f"{times['CreationTime']}Z", latency=0, plan=ProcessingJobPlan.replays(times)) as sagemaker:
        client = make_client()
        client.create_processing_job(**processing())
        sagemaker.advance_until_idle()
        found = client.describe_processing_job(ProcessingJobName="prepare")
    assert {name: found[name] for name in times} == read(times)
