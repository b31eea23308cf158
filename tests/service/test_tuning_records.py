"""Each recorded tuning job is reproduced member by member; members that the record lacks are missing."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from sagemock import Plan, TuningJobPlan, mock_sagemaker
from sagemock.tuning.plan import Objective
from tests.support.batch import record
from tests.support.calling import make_client
from tests.support.tuning import TIMES, complete_record, original_request, request

COUNTERS = ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")
SINCE_2024 = ("TuningJobCompletionDetails", "ConsumedResources")
"""Members that the records of 2021 do not have."""


def instant(text: str) -> datetime:
    """Return a recorded instant."""
    # Python 3.10 parses only three or six digits of a second.
    whole, _, part = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{whole}.{part:0<6}").replace(tzinfo=timezone.utc)


def read(value: Any) -> Any:
    """Return a recorded value as boto3 gives it; the random digits in the names of children are removed."""
    if isinstance(value, Mapping):
        return {name: instant(one) if name in TIMES and isinstance(one, str) else read(one) for name, one in value.items()}
    if isinstance(value, list):
        return [read(one) for one in value]
    return re.sub("(-[0-9]{3})-[0-9a-f]{8}$", r"\1", value) if isinstance(value, str) else value


def comparable(shown: Mapping[str, Any], recorded: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a description and a record to compare, with the first and last metric definitions and their number."""
    pair: list[dict[str, Any]] = []
    for whole in (shown, complete_record(recorded)):
        found = read(whole)
        found.pop("ResponseMetadata", None)
        for name in SINCE_2024:
            if name not in recorded:
                found.pop(name, None)
        for definition in (*found.get("TrainingJobDefinitions", ()), found.get("TrainingJobDefinition")):
            if definition is not None:
                algorithm = definition["AlgorithmSpecification"]
                algorithm["MetricDefinitions"] = ends_of(algorithm["MetricDefinitions"])
        pair.append(found)
    return pair[0], pair[1]


def ends_of(metrics: list[dict[str, str]]) -> list[Any]:
    """Return the first and the last of some metric definitions, and their number."""
    left_out = [int(one["..."].split()[0]) for one in metrics if "..." in one]
    return [metrics[0], metrics[-1], len(metrics) + sum(left_out) - len(left_out)]


# -- the records of 2024


def test_t1_failed_because_all_children_failed() -> None:
    """Two failed at once. The tuning job failed at its next update, with the reason, and the list agrees."""
    whole = record("T1")
    described = whole["Describe"]
    created = instant(described["CreationTime"])
    plans: Any = [
        TuningJobPlan.completes(first_launch=4, first_write=4.162),
        Plan.fails("AlgorithmError: , exit code: 1", during="Starting", starting=7.3),
    ]
    with mock_sagemaker(start=created, latency=0, plan=plans) as sagemaker:
        client = make_client()
        client.create_hyper_parameter_tuning_job(**original_request(described))
        sagemaker.advance_until_idle()
        assert sagemaker.clock.now() == instant(described["HyperParameterTuningEndTime"])
        found = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="example")
        shown, recorded = comparable(found, described)
        assert shown == recorded
        summaries = client.list_hyper_parameter_tuning_jobs()["HyperParameterTuningJobSummaries"]
        assert read(summaries) == read(whole["List"]["HyperParameterTuningJobSummaries"])


def test_t2_had_just_begun() -> None:
    """At the first update without children, at the next one with as many as may run at once."""
    whole = record("T2")
    first, second = whole["Describe_1"], whole["Describe_2"]
    created = instant(first["CreationTime"])
    with mock_sagemaker(start=created, latency=0, plan=TuningJobPlan.completes(first_launch=9.175)) as sagemaker:
        client = make_client()
        client.create_hyper_parameter_tuning_job(**original_request(first))
        for described in (first, second):
            sagemaker.clock.advance_to(instant(described["LastModifiedTime"]))
            found = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="example")
            shown, recorded = comparable(found, described)
            assert shown == recorded


def test_children_come_as_late_as_recorded() -> None:
    """T2: none 3.352 s after the creation, all of them after 9.175 s; T4: the first one in the eleventh second at the latest."""
    with mock_sagemaker(latency=0) as sagemaker:
        tune = sagemaker.create_tuning_job("tune", **request(parallel=3))
        for at_s, children in ((3.352, 0), (9.175, 3)):
            sagemaker.clock.advance_to(tune.created + timedelta(seconds=at_s))
            assert len(tune.children) == children


def test_t3_was_stopped() -> None:
    """It is updated every ten seconds; the stop shows at once, and the children still run."""
    whole = record("T3")
    before, after = whole["Describe_before"], whole["Describe_after_stop"]
    plan = TuningJobPlan.completes(first_write=3.618, writes_every=9.946)
    with mock_sagemaker(start=instant(before["CreationTime"]), latency=0, plan=plan) as sagemaker:
        client = make_client()
        client.create_hyper_parameter_tuning_job(**original_request(before))
        name = {"HyperParameterTuningJobName": "example-4"}
        (in_list,) = whole["List"]["HyperParameterTuningJobSummaries"]
        sagemaker.clock.advance_to(instant(in_list["LastModifiedTime"]))
        (summary,) = client.list_hyper_parameter_tuning_jobs()["HyperParameterTuningJobSummaries"]
        assert read(summary) == read(in_list)
        sagemaker.clock.advance_to(instant(before["LastModifiedTime"]))
        shown, recorded = comparable(client.describe_hyper_parameter_tuning_job(**name), before)
        assert shown == recorded
        sagemaker.clock.advance_to(instant(after["LastModifiedTime"]))
        assert set(client.stop_hyper_parameter_tuning_job(**name)) == {"ResponseMetadata"}
        shown, recorded = comparable(client.describe_hyper_parameter_tuning_job(**name), after)
        assert shown == recorded
        sagemaker.advance_until_idle()
        assert client.describe_hyper_parameter_tuning_job(**name)["TrainingJobStatusCounters"] == counters_with(Stopped=3)


# -- the records of 2021


IN_2021 = TuningJobPlan.completes(first_launch=10.397, next_launch=40.0, finishing=25.407)
"""The durations of 2021; unrecorded ones are chosen so that the sums are as recorded."""


def test_t6_was_just_created() -> None:
    """LastModifiedTime is CreationTime, all counters are 0, and there is no best child."""
    described = record("T6")["Describe"]
    with mock_sagemaker(start=instant(described["CreationTime"]), latency=0):
        client = make_client("us-west-2")
        client.create_hyper_parameter_tuning_job(**original_request(described))
        found = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="unit-testing-hpo-job")
    shown, recorded = comparable(found, described)
    assert shown == recorded


def best_of(sagemaker: Any, plans: Mapping[str, Plan], described: Mapping[str, Any]) -> dict[str, Any]:
    """Create the tuning job of a record, with plans for its children; return its description at the end."""
    for pattern, plan in plans.items():
        sagemaker.plan(pattern, plan)
    client = make_client("us-west-2")
    client.create_hyper_parameter_tuning_job(**original_request(described))
    sagemaker.advance_until_idle()
    name = described["HyperParameterTuningJobName"]
    found: dict[str, Any] = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    return found


def child(created_s: float, start_s: float, end_s: float) -> Plan:
    """Return the plan of a child with recorded start and end."""
    return Plan.completes(starting=start_s - created_s, downloading=0, training=end_s - start_s, uploading=0)


def emitting(*values: float) -> Objective:
    """Return an objective that gives the children these values in turn."""
    left = iter(values)
    return lambda _: next(left)


def pop_drawn_values(shown: dict[str, Any], recorded: dict[str, Any], member: str = "BestTrainingJob") -> None:
    """Check that a best child's drawn values are in range, and remove them."""
    one, other = (whole[member].pop("TunedHyperParameters") for whole in (shown, recorded))
    assert "num_round" in set(one) >= set(other)
    assert 10 <= int(one["num_round"]) <= 20


def test_t4_completed() -> None:
    """The first of two children was the best. Its times are whole seconds, and its value is a 32-bit float."""
    described = record("T4")["Describe"]
    plan = IN_2021.but(objective=emitting(-3.5419, -3.0))
    with mock_sagemaker(start=instant(described["CreationTime"]), latency=0, plan=plan) as sagemaker:
        # It was created 10.397 s after the tuning job, in the recorded whole second.
        plans = {"*-001-*": child(10.397, 208, 315), "*-002-*": child(355, 500, 660)}
        shown, recorded = comparable(best_of(sagemaker, plans, described), described)
    pop_drawn_values(shown, recorded)
    assert shown == recorded


def test_t5_was_a_warm_start() -> None:
    """The best child belongs to the parent, which is named with it. Its first child took longer."""
    described = record("T5")["Describe"]
    # Its parent is T4, judging by the best child; but the ranges in that record were edited.
    parent = {**described, "HyperParameterTuningJobName": "unit-testing-hpo-first-run"}
    del parent["WarmStartConfig"]
    begun, created = instant(record("T4")["Describe"]["CreationTime"]), instant(described["CreationTime"])
    with mock_sagemaker(start=begun, latency=0) as sagemaker:
        values = emitting(-3.5419, -3.0, -3.0, -3.5415)
        sagemaker.plan("*-first-run", IN_2021.but(objective=values))
        # The second child was created at least 322.18 s after the tuning job, and ended at a whole second.
        sagemaker.plan("*-warm-start", IN_2021.but(objective=values, first_launch=60.18, finishing=25.447))
        plans = {"*-first-run-001-*": child(10.397, 208, 315), "*-first-run-002-*": child(355, 500, 660)}
        best_of(sagemaker, plans, parent)
        sagemaker.clock.advance_to(created)
        plans = {"*-warm-start-001-*": child(60.18, 100, 282.18), "*-warm-start-002-*": child(322.18, 499, 603.18)}
        shown, recorded = comparable(best_of(sagemaker, plans, described), described)
    pop_drawn_values(shown, recorded)
    pop_drawn_values(shown, recorded, "OverallBestTrainingJob")
    assert shown == recorded


# -- timelines of children: T7


def clock(text: str, day: datetime = datetime(2019, 9, 1, tzinfo=timezone.utc)) -> datetime:
    """Return an instant of that day."""
    hours, minutes, seconds = text.split(":")
    return day + timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds))


def counters_with(**some: int) -> dict[str, int]:
    """Return TrainingJobStatusCounters with these values, and 0 in the others."""
    return {**dict.fromkeys(COUNTERS, 0), **some}


def children_summaries(sagemaker: Any, rows: list[dict[str, Any]], created: datetime, next_launch: float) -> list[dict[str, Any]]:
    """Run children one after the other, each with its recorded start and end; return their summaries."""
    begins = created + timedelta(seconds=9)
    for row in rows:
        start, end = clock(row["start"]), clock(row["end"])
        length: Any = {"starting": start - begins, "downloading": 0, "uploading": 0}
        failed = row.get("status") == "Failed"
        plan = Plan.fails(after=end - start, **length) if failed else Plan.completes(training=end - start, **length)
        sagemaker.plan(f"tune-{row['n']:03}-*", plan)
        begins = end + timedelta(seconds=next_launch)
    sagemaker.plan("tune", TuningJobPlan.completes(next_launch=next_launch))
    client = make_client()
    client.create_hyper_parameter_tuning_job(**request(most=len(rows), parallel=1))
    sagemaker.advance_until_idle()
    shown: list[dict[str, Any]] = client.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="tune", SortBy="Name", SortOrder="Ascending"
    )["TrainingJobSummaries"]
    return shown


@pytest.mark.parametrize("name", ["tf_2019_09_parallel_1_max_10", "pytorch_2023_03_parallel_1"])
def test_t7_with_children_one_after_the_other(name: str) -> None:
    """With the gaps between them; after one success, four failures in a row do not fail the tuning job."""
    rows = record("T7")[name]
    created = clock(rows[0]["start"]) - timedelta(minutes=3)
    with mock_sagemaker(start=created, latency=0) as sagemaker:
        shown = children_summaries(sagemaker, rows, created, 35)
        tune = sagemaker.tuning_jobs["tune"]
        failed = sum(row.get("status") == "Failed" for row in rows)
        assert (tune.status, tune.counters) == (
            "Completed",
            counters_with(Completed=len(rows) - failed, NonRetryableError=failed),
        )
    assert [
        (one["TrainingStartTime"], one["TrainingEndTime"], one["TrainingJobStatus"]) for one in shown
    ] == [(clock(row["start"]), clock(row["end"]), row.get("status", "Completed")) for row in rows]  # fmt: skip


def test_t7_with_twenty_children_in_waves() -> None:
    """In 2020-03 the best child was the 17th, and the tuning job ended 23 m 48 s after its creation."""
    recorded = record("T7")["xgboost_2020_03_max_20"]
    created, ended, best = clock(recorded["tuning_created"]), clock(recorded["tuning_end"]), recorded["best_n17"]
    begun, start, end = (clock(best[name]) for name in ("created", "start", "end"))
    plan = TuningJobPlan.completes(objective=emitting(*[1.0] * 16, 0.5, *[1.0] * 3))
    # Of the other children only their number is known. Four at once fits the recorded times.
    wave = (begun - created - timedelta(seconds=9)) / 4 - timedelta(seconds=35)
    last = ended - timedelta(seconds=25) - begun
    with mock_sagemaker(start=created, latency=0, plan=plan) as sagemaker:
        sagemaker.plan("*-017-*", child(0, (start - begun).seconds, (end - begun).seconds))
        sagemaker.plan("*-0[01]?-*", child(0, 140, wave.total_seconds()), times=18)
        sagemaker.plan("*-0??-*", child(0, 140, last.total_seconds()), times=1)
        client = make_client()
        client.create_hyper_parameter_tuning_job(**request(most=20, parallel=4))
        sagemaker.advance_until_idle()
        shown = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="tune")
    assert shown["HyperParameterTuningEndTime"] == ended
    assert re.match("tune-017-[0-9a-f]{8}$", shown["BestTrainingJob"]["TrainingJobName"])
    times = [shown["BestTrainingJob"][name] for name in ("CreationTime", "TrainingStartTime", "TrainingEndTime")]
    assert times == [begun, start, end]


def test_a_tuning_job_fails_when_five_children_have_failed() -> None:
    """T7, 2025-07: eight of fifty children, because four run at once; F4: six of three at once."""
    recorded = record("T7")["2025_07_parallel_4_max_50_all_fail"]
    created, ended = clock(recorded["tuning_created"]), clock(recorded["tuning_end"])
    plans: Any = [
        TuningJobPlan.completes(first_write=1),
        Plan.fails("AlgorithmError: , exit code: 1", starting=40, downloading=20, after=10, uploading=0),
    ]
    with mock_sagemaker(start=created, latency=0, plan=plans) as sagemaker:
        client = make_client()
        for name, parallel in (("tune", 4), ("three", 3)):
            client.create_hyper_parameter_tuning_job(**request(name, most=50, parallel=parallel))
        sagemaker.advance_until_idle()
        shown = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="tune")
        assert sagemaker.tuning_jobs["three"].counters == counters_with(NonRetryableError=6)
    assert shown["HyperParameterTuningJobStatus"] == "Failed"
    assert shown["TrainingJobStatusCounters"] == counters_with(NonRetryableError=recorded["NonRetryableError"])
    assert shown["FailureReason"].startswith(recorded["FailureReason"].removesuffix("..."))
    assert shown["HyperParameterTuningEndTime"] == ended
