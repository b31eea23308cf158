"""Laws of a training job's life as a client sees them, under random requests, plans and interventions."""

from datetime import datetime, timedelta
from itertools import pairwise
from math import floor
from typing import Any

from botocore.exceptions import ClientError
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from sagemock import Plan, SageMakerMock, mock_sagemaker
from sagemock.chance import any_life
from sagemock.errors import UsageError
from sagemock.training import status
from tests.support.calling import START, YOUNG, create, describe, make_client
from tests.support.strategies import plans, recipes, requests

ACTIONS = ("stop", "fail", "complete", "interrupt", "update", "tag")
WHEN = st.one_of(st.integers(0, 900), st.sampled_from([0, 0.0005, 55, 95, 3600]))
CLIENT = make_client()
"""Its responses are checked against botocore's model."""


def act(mock: SageMakerMock, action: str) -> None:
    """Act on the job; if that is no longer possible, expect the refusal in these words."""
    arn = mock.jobs["churn"].arn
    try:
        match action:
            case "stop":
                CLIENT.stop_training_job(TrainingJobName="churn")
            case "update":
                CLIENT.update_training_job(TrainingJobName="churn", ProfilerConfig={"ProfilingIntervalInMilliseconds": 200})
            case "tag":
                CLIENT.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "churn"}])
            case _:
                getattr(mock, action)("churn")
    except UsageError as error:
        assert f"cannot {action} 'churn'" in str(error)  # noqa: PT017  # the act may also succeed
    except ClientError as error:
        assert error.response["Error"]["Code"] == "ValidationException"  # noqa: PT017  # the act may also succeed
    else:
        event(action)


def check(shown: dict[str, Any], now: datetime) -> None:
    """Check a description against rules S1 to S12, which were derived from recorded jobs."""
    entries = shown["SecondaryStatusTransitions"]
    primary, secondary = shown["TrainingJobStatus"], shown["SecondaryStatus"]
    last = entries[-1]
    assert entries[0]["StartTime"] == shown["CreationTime"]
    assert all(one["EndTime"] == other["StartTime"] for one, other in pairwise(entries))
    assert all(one["Status"] != other["Status"] for one, other in pairwise(entries))
    assert last["Status"] == secondary
    assert shown["CreationTime"] <= last["StartTime"] <= shown["LastModifiedTime"] <= now
    over = secondary in status.ENDINGS
    assert over == (primary == status.PRIMARY_OF_ENDING.get(secondary))
    assert last.get("EndTime") == (last["StartTime"] if over else None)
    assert (primary == "Failed") == ("FailureReason" in shown)
    started = next((one["StartTime"] for one in entries if one["Status"] in status.STARTED), None)
    assert shown.get("TrainingStartTime") == started
    assert ("TrainingTimeInSeconds" in shown) == (started is not None)
    assert ("BillableTimeInSeconds" in shown) == (over and started is not None)
    ended = shown.get("TrainingEndTime")
    assert ended == (None if not over or (started is None and primary == "Failed") else last["StartTime"])
    if started is not None:
        until = now if ended is None else ended
        idle = [one for one in entries if one["Status"] in status.UNBILLED and one["StartTime"] >= started]
        idle_s = sum(floor(one.get("EndTime", until).timestamp()) - floor(one["StartTime"].timestamp()) for one in idle)
        trained_s = floor(until.timestamp()) - floor(started.timestamp()) - idle_s
        assert shown["TrainingTimeInSeconds"] == max(1, trained_s)
        billed_s = shown.get("BillableTimeInSeconds", 1)
        assert 1 <= billed_s <= shown["TrainingTimeInSeconds"]
        assert shown["EnableManagedSpotTraining"] or not over or billed_s == shown["TrainingTimeInSeconds"]
    assert "ModelArtifacts" not in shown or over
    assert "ModelArtifacts" in shown or primary != "Completed"


def check_growth(earlier: dict[str, Any], later: dict[str, Any]) -> None:
    """Check that a later description only adds to an earlier one."""
    *closed, last = earlier["SecondaryStatusTransitions"]
    entries = later["SecondaryStatusTransitions"]
    assert entries[: len(closed)] == closed
    assert (entries[len(closed)]["Status"], entries[len(closed)]["StartTime"]) == (last["Status"], last["StartTime"])
    assert later["LastModifiedTime"] >= earlier["LastModifiedTime"]
    kept = {"CreationTime", "TrainingStartTime", "TrainingEndTime", "FailureReason", "ModelArtifacts", "BillableTimeInSeconds"}
    assert {name: earlier[name] for name in kept & set(earlier)} == {name: later.get(name) for name in kept & set(earlier)}


def moved(value: Any, by: timedelta) -> Any:
    """Return a description with all instants moved."""
    if isinstance(value, datetime):
        return value + by
    if isinstance(value, dict):
        return {name: moved(item, by) for name, item in value.items()}
    return [moved(item, by) for item in value] if isinstance(value, list) else value


@st.composite
def requests_with_plans(draw: st.DrawFn) -> tuple[dict[str, Any], Plan]:
    """Draw a request and a plan that fits it."""
    request = draw(requests())
    del request["TrainingJobName"]
    spot = "EnableManagedSpotTraining" in request
    by_chance = st.integers(-(2**63) + 1, 2**63 - 1).map(lambda seed: any_life(seed)({"TrainingJobName": "churn", **request}))
    return request, draw(st.one_of(plans(), recipes(spot=spot), by_chance))


@YOUNG
@settings(max_examples=100)
@given(requests_with_plans(), st.lists(st.tuples(WHEN, st.sampled_from(ACTIONS)), max_size=4))
def test_descriptions_obey_the_laws_under_every_request_plan_and_act(
    job: tuple[dict[str, Any], Plan], done: list[tuple[float, str]]
) -> None:
    """Each later description only adds, and a replay of the last one ends in the same description."""
    request, plan = job
    with mock_sagemaker(start=START, latency=0, plan=plan, validate=False, strict=False) as mock:
        create(CLIENT, **request)
        looks = [describe(CLIENT)]
        for later_s, action in done:
            mock.clock.advance(later_s)
            looks.append(describe(CLIENT))
            act(mock, action)
            looks.append(describe(CLIENT))
            check(looks[-1], mock.clock.now())
        mock.advance_until_idle()
        looks.append(describe(CLIENT))
        for one, other in pairwise(looks):
            check_growth(one, other)
        check(looks[-1], mock.clock.now())
        whole = looks[-1]
    # Some plans hang with no limit to end them.
    assume(whole["SecondaryStatus"] in status.ENDINGS)
    later = timedelta(days=400)
    with mock_sagemaker(start=whole["CreationTime"] + later, latency=0, plan=Plan.replays(whole), validate=False) as mock:
        create(CLIENT, **request)
        mock.advance_until_idle()
        again = describe(CLIENT)
    # What UpdateTrainingJob changed is not part of the timeline.
    changed = dict.fromkeys(("ProfilerConfig", "ProfilingStatus"))
    assert {**again, **changed} == {**moved(whole, later), **changed}
