"""A record in which one message, instant or order is changed contradicts the right rule."""

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from sagemock.clock.instants import instant, instant_us
from sagemock.errors import PlanError
from sagemock.training import status
from sagemock.training.contradictions import contradictions
from tests.support.partial_records import EVENT, G1, L1, P1, PARTIAL_RECORDS, SWIFT, entries
from tests.support.recorded import RECORDED, described
from tests.support.records import R1, R4, R8, RECORDS, response

MS = timedelta(milliseconds=1)
OF_2026 = datetime(2026, 9, 16, 2, 0, tzinfo=timezone.utc)


def recorded_job(number: int) -> dict[str, Any]:
    """Return a recorded job with a plausible fraction of a second in its creation, and messages of its year."""
    recording = RECORDED[number]
    shown = described(recording, OF_2026) if number == 5 else described(recording)
    shift = timedelta(milliseconds=recording.part_ms)
    moved: dict[str, Any] = _moved(shown, shift)
    if number in (0, 1, 3, 4):
        moved["SecondaryStatusTransitions"][1]["StatusMessage"] = status.INPUT_DATA
    if number in (4, 5):
        moved["EnableManagedSpotTraining"] = True
    return moved


def _moved(value: Any, by: timedelta) -> Any:
    if isinstance(value, dict):
        return {name: _moved(item, by) for name, item in value.items()}
    if isinstance(value, list):
        return [_moved(item, by) for item in value]
    return value + by if hasattr(value, "tzinfo") else value


EVERY: dict[str, dict[str, Any]] = {
    **{f"described {number}": recorded_job(number) for number in (0, 1, 3, 4, 5)},
    **{str(one): response(one) for one in RECORDS},
    **PARTIAL_RECORDS,
}


def keys(record: dict[str, Any]) -> set[str]:
    """Return the names of the rules that a record contradicts."""
    return {one.rule.key for one in contradictions(record)}


@pytest.mark.parametrize("name", EVERY)
def test_real_records_contradict_no_rule(name: str) -> None:
    """Each record is evidence for every rule."""
    assert list(contradictions(EVERY[name])) == []


def entries_of(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the transitions of a record, or of an event's detail."""
    found: list[dict[str, Any]] = record.get("detail", record).get("SecondaryStatusTransitions", [])
    return found


@pytest.mark.parametrize("name", EVERY)
def test_a_changed_message_is_found(name: str) -> None:
    """Any text that was never recorded in that place."""
    for at in range(len(entries_of(EVERY[name]))):
        record = deepcopy(EVERY[name])
        entries_of(record)[at]["StatusMessage"] = "Training job pondering"
        assert keys(record) == {"M1"}


@pytest.mark.parametrize("name", EVERY)
def test_a_message_of_another_status_is_found(name: str) -> None:
    """A known message at the wrong place."""
    for at, entry in enumerate(entries_of(EVERY[name])):
        wrong = status.UPLOADING_MODEL if entry["Status"] != "Uploading" else status.IN_PROGRESS
        record = deepcopy(EVERY[name])
        entries_of(record)[at]["StatusMessage"] = wrong
        assert keys(record) == {"M1"}


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("member", ["StartTime", "EndTime"])
def test_a_changed_instant_of_an_entry_is_found(name: str, member: str) -> None:
    """By the structure of the transitions, to the millisecond in both directions."""
    for at, entry in enumerate(entries_of(EVERY[name])):
        for by_ms in (-1, 1):
            if entry.get(member) is None:
                continue
            record = deepcopy(EVERY[name])
            at_us = entry[member] * 1000 if isinstance(entry[member], int) else instant_us(entry[member])
            entries_of(record)[at][member] = instant(at_us + by_ms * 1000).isoformat()
            found = keys(record)
            if name == "event" and at > 0:
                # Entries of an event have no ends.
                assert found <= {"S6", "S2"}
                continue
            if "CreationTime" not in record and at == 0 and member == "StartTime" and name != "event":
                # The first entry of an event tells when the job was created.
                continue
            assert found & {"S3", "S5"}, (name, at, member)


@pytest.mark.parametrize("name", EVERY)
def test_a_changed_order_is_found(name: str) -> None:
    """Two statuses change places, with or without their messages; or two entries do."""
    for at in range(len(entries_of(EVERY[name])) - 1):
        one = deepcopy(EVERY[name])
        first, second = entries_of(one)[at : at + 2]
        for member in ("Status", "StatusMessage"):
            if member in first and member in second:
                first[member], second[member] = second[member], first[member]
        assert "O1" in keys(one)
        swapped = deepcopy(EVERY[name])
        entries = entries_of(swapped)
        entries[at], entries[at + 1] = entries[at + 1], entries[at]
        assert keys(swapped) & {"O1", "S3", "S4"}


FINE = "2026-09-06T23:31:33.5755Z"


@pytest.mark.parametrize(
    "record, change, wanted",
    [
        (L1, {"TrainingStartTime": "2026-09-06T23:32:22.342Z"}, "S6"),
        (L1, {"TrainingEndTime": "2026-09-06T23:48:24.329Z"}, "S7"),
        (L1, {"CreationTime": "2026-09-06T23:31:33.574Z"}, "S3"),
        (L1, {"TrainingTimeInSeconds": 961, "BillableTimeInSeconds": 961}, "S8"),
        (L1, {"BillableTimeInSeconds": 963}, "S10"),
        (L1, {"BillableTimeInSeconds": 900, "EnableManagedSpotTraining": False}, "S10"),
        (L1, {"LastModifiedTime": "2026-09-06T23:48:24.327Z"}, "S12"),
        (L1, {"LastModifiedTime": "2026-09-07T23:48:24.327Z"}, "S12"),
        (L1, {"TrainingJobStatus": "Stopped"}, "T1"),
        (L1, {"SecondaryStatus": "Uploading"}, "S1"),
        (L1, {"FailureReason": "AlgorithmError: x"}, "F1"),
        (L1, {"ModelArtifacts": None}, "assumption"),
        (L1, {"StoppingCondition": {"MaxPendingTimeInSeconds": 900}}, "N13"),
        (recorded_job(5), {"TrainingTimeInSeconds": 9532}, "S9"),
        (P1, {"TrainingStartTime": "2026-09-10T18:00:00Z"}, "N1"),
        (P1, {"TrainingTimeInSeconds": 1}, "N3"),
        (P1, {"BillableTimeInSeconds": 1}, "N3"),
        (SWIFT, {"TrainingTimeInSeconds": 2, "BillableTimeInSeconds": 2}, "S8"),
        (response(R8), {"BillableTimeInSeconds": 5}, "S11,N3"),
        (response(R8), {"LastModifiedTime": "2023-04-05T09:29:59Z"}, "S2"),
        (response(R8), {"TrainingEndTime": "2023-04-05T09:35:00Z"}, "S7"),
        (response(R8), {"TrainingStartTime": "2023-04-05T09:30:10Z"}, "S6"),
        (response(R8), {"TrainingJobStatus": "Completed"}, "T1"),
        (G1, {"BillableTimeInSeconds": 802}, "S10"),
        (
            {name: value for name, value in response(R4).items() if name != "ResourceConfig"},
            {
                "ResourceConfig": {"InstanceType": "ml.g5.2xlarge", "InstanceCount": 1},
                "StoppingCondition": {"MaxPendingTimeInSeconds": 7200},
            },
            "N2",
        ),
    ],
)
def test_a_changed_member_is_found(record: dict[str, Any], change: dict[str, Any], wanted: str) -> None:
    """By the rule about it, and by no other."""
    assert keys({**record, **change}) == set(wanted.split(","))


def with_entries(record: dict[str, Any], change: Callable[[list[dict[str, Any]]], Any], **more: Any) -> dict[str, Any]:
    """Return a record with other transitions."""
    changed = {**deepcopy(record), **more}
    change(changed["SecondaryStatusTransitions"])
    return changed


@pytest.mark.parametrize(
    "record, wanted",
    [
        (with_entries(L1, lambda all_: all_[2].pop("EndTime")), "S4"),
        (with_entries(L1, lambda all_: all_[-1].pop("EndTime")), "S5"),
        (with_entries(response(R8), lambda all_: all_[0].update(EndTime=R8.created + MS)), "S4"),
        (with_entries(L1, lambda all_: all_.pop(4)), "O1,S3"),
        (with_entries(L1, lambda all_: all_.append(all_[-1]), SecondaryStatus=None), "O1"),
        (with_entries(L1, lambda all_: all_[0].update(Status="Completed"), TrainingJobStatus=None), "O1"),
        (with_entries(L1, lambda all_: all_[1].update(Status="Starting")), "S1"),
        (
            with_entries(
                L1, lambda all_: (all_.pop(4), all_[3].update(EndTime=all_[4]["StartTime"]), all_[4].update(Status="Failed")),
                SecondaryStatus="Failed", TrainingJobStatus="Failed",
            ),
            "O1",
        ),
        (
            with_entries(
                P1,
                lambda all_: all_.insert(
                    2, {**all_[2], "Status": "Stopping", "StatusMessage": "Stopping the training job"}
                ),
            ),
            "N1",
        ),
        (with_entries(response(R1), lambda all_: all_[1].update(StatusMessage=status.TRAINING_IMAGE)), "M1"),
        (with_entries(response(R4), lambda all_: all_[1].update(StatusMessage=status.INPUT_DATA)), "M1"),
        (with_entries(response(R8), lambda all_: all_[0].update(StatusMessage=status.NO_CAPACITY)), ""),
        (with_entries(L1, lambda all_: all_[-1].update(StatusMessage="Resource reused by training job: next")), ""),
        (
            with_entries(
                L1,
                lambda all_: all_[-1].update(StatusMessage=status.RETAINED),
                LastModifiedTime="2026-09-07T23:48:24.327Z",
            ),
            "",
        ),
        (with_entries(L1, lambda all_: all_[0].update(StartTime=FINE), CreationTime=FINE), "S13"),
        (with_entries(L1, lambda all_: all_[2].update(Status="Starting"), SecondaryStatus=None, TrainingStartTime=None), "O1,N3"),
        (
            with_entries(
                L1, lambda all_: all_[1].update(Status="Training"), TrainingStartTime=None, TrainingTimeInSeconds=None,
                BillableTimeInSeconds=None, RetryStrategy={"MaximumRetryAttempts": 3},
            ),
            "O1",
        ),
        (with_entries(recorded_job(5), lambda _: None, TrainingJobStatus="InProgress"), "T1"),
    ],
)  # fmt: skip
def test_an_unknown_life_is_found(record: dict[str, Any], wanted: str) -> None:
    """A known life is not."""
    assert keys(record) == set(filter(None, wanted.split(",")))


def pending(primary: str, message: str) -> dict[str, Any]:
    """Return a description of a Pending job."""
    first, second, _ = P1["SecondaryStatusTransitions"]
    last = {name: value for name, value in second.items() if name != "EndTime"} | {"StatusMessage": message}
    return {"TrainingJobStatus": primary, "SecondaryStatus": "Pending", "SecondaryStatusTransitions": [first, last]}


def test_contradicted_assumptions_are_reported_too() -> None:
    """With the assumption in words, and what changes it."""
    assert keys(pending("InProgress", status.WAITING_FOR_CAPACITY)) == set()
    assert keys(pending("Stopping", status.MESSAGES["Stopped"])) == set()
    [one] = contradictions(pending("InProgress", status.MESSAGES["Stopped"]))
    assert one.rule.law.startswith("that TrainingJobStatus of a Pending job is Stopping")
    [other] = contradictions(pending("Stopping", status.PREPARING_THE_INSTANCES))
    assert (other.record, other.rule_has) == (
        'Pending says "Preparing the instances for training"',
        '"Training job stopped"',
    )
    updating = {"Status": "Updating", "StartTime": P1["SecondaryStatusTransitions"][0]["StartTime"], "StatusMessage": "own"}
    first = {
        **P1["SecondaryStatusTransitions"][0],
        "EndTime": updating["StartTime"],
        "StatusMessage": status.PREPARING_THE_INSTANCES,
    }
    [message] = contradictions({"SecondaryStatusTransitions": [first, updating]})
    assert (message.rule.key, message.record) == ("assumption", 'Updating says "own"')


def test_a_job_may_start_again() -> None:
    """After Interrupted, in any record; its billed time may be missing."""
    created = datetime(2026, 3, 1, 9, 0, tzinfo=timezone.utc)
    visits = [
        ("Starting", 60.0, status.PREPARING_THE_INSTANCES),
        ("Downloading", 90.0, status.TRAINING_IMAGE),
        ("Training", 200.0, status.IN_PROGRESS),
        ("Interrupted", 260.0, status.MESSAGES["Interrupted"]),
        ("Starting", 300.0, status.PREPARING_THE_INSTANCES),
        ("Downloading", 330.0, status.TRAINING_IMAGE),
        ("Training", 400.0, status.IN_PROGRESS),
        ("Uploading", 410.0, status.UPLOADING_MODEL),
        ("Completed", 410.0, status.MESSAGES["Completed"]),
    ]
    record = {"SecondaryStatusTransitions": entries(created, *visits), "TrainingTimeInSeconds": 250}
    assert keys(record) == set()
    assert keys({**record, "TrainingTimeInSeconds": 350}) == {"S9"}


def test_an_event_is_checked_by_the_same_rules() -> None:
    """In its own form."""
    detail = {**EVENT["detail"], "TrainingStartTime": 1696427186230}
    assert keys({**EVENT, "detail": detail}) == {"S6"}


def test_an_invalid_record_is_refused() -> None:
    """For example one with an unknown status."""
    with pytest.raises(PlanError):
        keys({"SecondaryStatusTransitions": [{"Status": "Going", "StartTime": 0}]})
