"""Laws of processing and transform jobs as a client sees them, under random plans and interventions."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Any

from botocore.exceptions import ClientError
from hypothesis import event, given, settings
from hypothesis import strategies as st

from sagemock import Plan, ProcessingJobPlan, SageMakerMock, TransformJobPlan, mock_sagemaker
from sagemock.cli.batch import kind_of
from sagemock.cli.batch_check import contradictions
from sagemock.errors import UsageError
from sagemock.strategies import lives
from tests.laws.test_lives import moved
from tests.support.batch import processing, transform
from tests.support.calling import START, YOUNG, create, describe, make_client

WHEN = st.one_of(st.integers(0, 900), st.sampled_from([0, 0.0005, 229.075, 3600]))
DONE = st.lists(
    st.tuples(WHEN, st.sampled_from(["processing", "transform"]), st.sampled_from(["stop", "fail", "complete"])), max_size=5
)
CLIENT = make_client()
"""Its responses are checked against botocore's model."""
REQUEST = processing(StoppingCondition={"MaxRuntimeInSeconds": 7200})


def look() -> dict[str, dict[str, Any]]:
    """Describe both jobs."""
    return {
        "processing": CLIENT.describe_processing_job(ProcessingJobName="prepare"),
        "transform": CLIENT.describe_transform_job(TransformJobName="score"),
    }


def act(mock: SageMakerMock, kind: str, action: str) -> None:
    """Act on a job; if that is no longer possible, expect the refusal in these words."""
    views: Mapping[str, Any] = {"processing": mock.processing_jobs, "transform": mock.transform_jobs}
    job = views[kind]["prepare" if kind == "processing" else "score"]
    try:
        if action == "stop":
            getattr(CLIENT, f"stop_{kind}_job")(**{f"{kind.title()}JobName": job.name})
        else:
            getattr(job, action)()
    except UsageError as error:
        assert f"cannot {action} '{job.arn}'" in str(error)  # noqa: PT017  # the act may also succeed
    except ClientError as error:
        assert "is in status" in error.response["Error"]["Message"]  # noqa: PT017  # the act may also succeed
    else:
        event(action)


def check(shown: Mapping[str, Mapping[str, Any]]) -> None:
    """Check a description against the rules for such jobs."""
    for one in shown.values():
        of = kind_of(one)
        assert of is not None
        assert list(contradictions(one, of)) == []


def check_growth(earlier: dict[str, Any], later: dict[str, Any]) -> None:
    """Check that a later description only adds members, unless the job was stopped before its containers ran."""
    prefix = "Processing" if "ProcessingJobName" in earlier else "Transform"
    kept = {"CreationTime", f"{prefix}StartTime", f"{prefix}EndTime", "FailureReason", "ExitMessage"} & set(earlier)
    assert {name: earlier[name] for name in kept} == {name: later.get(name) for name in kept}
    order = ["InProgress", "Stopping", "Stopped"]
    statuses = [one[f"{prefix}JobStatus"] for one in (earlier, later)]
    assert statuses[0] == statuses[1] or statuses[0] in ("InProgress", "Stopping")
    assert statuses[0] != "Stopping" or statuses[1] in order[1:]


@YOUNG
@settings(max_examples=100)
@given(lives(kind="processing"), lives(kind="transform"), DONE)
def test_descriptions_obey_the_laws_under_every_plan_and_act(
    first: ProcessingJobPlan, second: TransformJobPlan, done: list[tuple[float, str, str]]
) -> None:
    """Each later description only adds, the last event equals the last description, and a replay ends in the same description."""
    with mock_sagemaker(start=START, latency=0, plan=[first, second, Plan.completes()]) as mock:
        create(CLIENT)
        CLIENT.create_processing_job(**REQUEST)
        CLIENT.create_transform_job(**transform())
        looks = [look()]
        for later_s, kind, action in done:
            mock.clock.advance(later_s)
            looks.append(look())
            act(mock, kind, action)
            looks.append(look())
            check(looks[-1])
        mock.advance_until_idle()
        looks.append(look())
        check(looks[-1])
        for one, other in pairwise(looks):
            for kind in one:
                check_growth(one[kind], other[kind])
        # Jobs of the other kind are independent.
        assert describe(CLIENT)["TrainingJobStatus"] == "Completed"
        details = {
            one["detail"].get("ProcessingJobName", one["detail"].get("TransformJobName")): one["detail"] for one in mock.events
        }
    whole = looks[-1]
    assert details["prepare"]["ProcessingJobStatus"] == whole["processing"]["ProcessingJobStatus"]
    assert details["score"].get("FailureReason") == whole["transform"].get("FailureReason")
    later = timedelta(days=400)
    plans = [ProcessingJobPlan.replays(whole["processing"]), TransformJobPlan.replays(whole["transform"])]
    with mock_sagemaker(start=whole["processing"]["CreationTime"] + later, latency=0, plan=plans) as mock:
        CLIENT.create_processing_job(**REQUEST)
        CLIENT.create_transform_job(**transform())
        mock.advance_until_idle()
        again = look()
    for one in (*whole.values(), *again.values()):
        del one["ResponseMetadata"]
    assert again == moved(whole, later)
