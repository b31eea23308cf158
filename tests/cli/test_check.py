"""`sagemock check`."""

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from sagemock import PlanError
from sagemock.__main__ import main
from sagemock.cli.check import check
from tests.support.partial_records import EVENT, L1, P1, PARTIAL_RECORDS
from tests.support.saved import saved
from tests.training.plan.test_console import LOG
from tests.training.plan.test_series import PLAN, looks


def test_records_without_contradictions_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With exit code 0: records, events, console logs, several descriptions of one job."""
    saved(tmp_path, LOG, name="log.txt")
    saved(tmp_path, *looks(PLAN, 5, 60, 120, 300, 655, 900), name="looks.jsonl")
    saved(tmp_path, *PARTIAL_RECORDS.values(), name="kept.jsonl")
    assert main(["check", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "13 records contradict none of the rules, messages and assumptions.\n"
    assert check(saved(tmp_path / ".", L1)) == ("1 record contradicts none of the rules, messages and assumptions.", 0)


def test_a_contradiction_is_reported_with_both_sides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With exit code 1, and what to report."""
    record = {**L1, "TrainingStartTime": "2026-09-06T23:32:22.342Z"}
    [file] = saved(tmp_path, record)
    assert main(["check", file]) == 1
    assert capsys.readouterr().out == (
        f"{file}: churn-1 contradicts S6: TrainingStartTime is the beginning of Downloading "
        "(records R1, R2, R4, R5, R6, R7, L1, P1)\n"
        "  the record: TrainingStartTime is 2026-09-06T23:32:22.342+00:00\n"
        "  the rule:   the beginning of Downloading, 2026-09-06T23:32:22.341+00:00\n"
        "If AWS has printed this, sagemock is wrong: please report it with the record and the line above. `sagemock record` "
        "saves one without your names.\n"
    )


def test_an_unknown_status_is_a_contradiction(tmp_path: Path) -> None:
    """It is the first thing that a newer service would show."""
    record = deepcopy(P1)
    record["SecondaryStatusTransitions"][1]["Status"] = "Pondering"
    report, found = check(saved(tmp_path, record))
    assert found == 1
    assert "a job without a name contradicts S14" in report


@pytest.mark.parametrize("other", [{"a": 1}, {**P1, "SecondaryStatusTransitions": []}])
def test_a_file_without_a_record_is_an_error_of_the_file(tmp_path: Path, other: dict[str, Any]) -> None:
    """It contradicts no rule, and there is nothing to report."""
    file = saved(tmp_path, other)
    with pytest.raises(PlanError, match=rf"^{re.escape(file[0])}: .* is not a DescribeTrainingJob response"):
        check(file)


def test_descriptions_of_one_job_must_agree(tmp_path: Path) -> None:
    """Closed entries stay, and LastModifiedTime moves with each change."""
    one, two, three = looks(PLAN, 60, 120, 300)
    changed = deepcopy(three)
    changed["SecondaryStatusTransitions"][0]["StatusMessage"] = "Starting the training job"
    report, _ = check(saved(tmp_path, one, two, changed))
    assert "job contradicts S1: an entry that has ended stays as it is" in report
    still = {**two, "LastModifiedTime": one["LastModifiedTime"]}
    report, _ = check(saved(tmp_path, one, still))
    assert "contradicts S2: LastModifiedTime moves with each entry and message" in report
    shorter = {**deepcopy(three), "SecondaryStatusTransitions": three["SecondaryStatusTransitions"][:1]}
    assert "Downloading is gone" in check(saved(tmp_path, two, shorter))[0]


def test_events_and_logs_are_checked(tmp_path: Path) -> None:
    """By the same rules."""
    detail = {**EVENT["detail"], "SecondaryStatus": "Uploading"}
    assert "tuned-1 contradicts S1" in check(saved(tmp_path, {**EVENT, "detail": detail}))[0]
    lines = LOG.replace("Preparing the instances for training", "Pondering")
    assert "contradicts M1" in check(saved(tmp_path, lines, name="log"))[0]
