"""Several records of one job, taken at different times."""

import json
from pathlib import Path
from typing import Any

import pytest

from sagemock.clock.instants import SECOND_US, instant, instant_us
from sagemock.errors import PlanError
from sagemock.jobs.interventions import Stop
from sagemock.training.plan.plan import Plan
from sagemock.training.plan.recording import read
from sagemock.training.plan.series import merged
from sagemock.training.snapshot import snapshot
from tests.support.partial_records import EVENT, L1
from tests.support.strategies import job_playing

CREATED_US = instant_us("2026-03-01T09:00:00.25Z")


def looks(plan: Plan, *seconds: float, stop_s: float | None = None) -> list[dict[str, Any]]:
    """Return the descriptions of a job at these seconds of its life."""
    job = job_playing(plan, created_us=CREATED_US)
    job = job if stop_s is None else job.after(Stop(round(stop_s * SECOND_US)))
    found = []
    for second in seconds:
        at = snapshot(job, CREATED_US + round(second * SECOND_US))
        entries = [
            {"Status": one.status, "StartTime": instant(one.start_us).isoformat(), "StatusMessage": one.message}
            | ({} if one.end_us is None else {"EndTime": instant(one.end_us).isoformat()})
            for one in at.transitions
        ]
        found.append(
            {
                "TrainingJobName": "job",
                "TrainingJobStatus": at.primary,
                "SecondaryStatus": at.secondary,
                "CreationTime": instant(at.created_us).isoformat(),
                "LastModifiedTime": instant(at.modified_us).isoformat(),
                "SecondaryStatusTransitions": entries,
            }
        )
    return found


def changes(record: Any) -> list[tuple[str, str, float]]:
    """Return the changes of a replay."""
    return [(one.primary, one.message, one.at_us / SECOND_US) for one in job_playing(Plan.replays(record)).timeline.changes]


PLAN = Plan.completes(starting=100, downloading=50, training=500, uploading=10)


def test_each_message_is_replayed_at_its_time() -> None:
    """A poller has seen it, and LastModifiedTime dates it; the order of the records does not matter."""
    one, two, *rest = looks(PLAN, 5, 60, 120, 300, 655, 900)
    [record] = merged([*rest, two, one])
    wanted = [(one.primary, one.message, one.at_us / SECOND_US) for one in job_playing(PLAN).timeline.changes]
    assert changes(record) == wanted
    # Even if the first message was missed.
    assert changes(merged([two, *rest])[0]) == wanted


def test_the_time_of_a_stop_is_known_if_a_poll_saw_it() -> None:
    """TrainingJobStatus was Stopping by then."""
    waits = Plan.waits_for_capacity(1000)
    [record] = merged(looks(waits, 0, 500, 601, 700, stop_s=600))
    assert changes(record)[-2:] == [("Stopping", "Training job stopped", 600), ("Stopped", "Training job stopped", 638.3)]


def test_the_first_record_is_replayed_from_the_beginning() -> None:
    """If nothing shows what came before."""
    spot = looks(PLAN, 5, 700)
    spot[0]["SecondaryStatusTransitions"][0]["StatusMessage"] = spot[1]["SecondaryStatusTransitions"][0]["StatusMessage"] = "own"
    spot[0]["LastModifiedTime"] = instant(CREATED_US + 3 * SECOND_US).isoformat()
    assert changes(merged(spot)[0])[:1] == [("InProgress", "own", 0)]


def test_gaps_between_the_records_are_reported() -> None:
    """As for one record."""
    summaries = [
        {name: value for name, value in one.items() if name != "SecondaryStatusTransitions"} for one in looks(PLAN, 5, 60)
    ]
    [record] = merged(summaries)
    assert len(read(record).filled) == 1


def test_records_of_different_jobs_are_separate() -> None:
    """By name and creation; one without LastModifiedTime stands alone."""
    assert merged([EVENT, L1, L1]) == [EVENT, L1, L1]
    assert merged([{"TrainingJobName": "x"}, L1]) == [{"TrainingJobName": "x"}, L1]


def test_lines_of_one_job_are_one_record(tmp_path: Path) -> None:
    """Lines of several jobs are not."""
    path = tmp_path / "job.jsonl"
    path.write_text("\n".join(map(json.dumps, looks(PLAN, 5, 60, 900))), "utf-8")
    assert changes(path)[0] == ("InProgress", "Starting the training job", 0)
    path.write_text("\n".join(json.dumps({**one, "TrainingJobName": name}) for one in looks(PLAN, 900) for name in "ab"), "utf-8")
    with pytest.raises(PlanError) as caught:
        Plan.replays(path)
    assert str(caught.value) == f"{path} holds records of 2 jobs: give a file with those of one"
