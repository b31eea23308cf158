"""Reading records from files and standard input."""

import io
import json
from pathlib import Path

import pytest

from sagemock import PlanError
from sagemock.cli.reading import responses

ONE, TWO = {"TrainingJobName": "one"}, {"TrainingJobName": "two"}


@pytest.mark.parametrize(
    "text, found",
    [
        (json.dumps(ONE), [ONE]),
        (json.dumps([ONE, TWO]), [ONE, TWO]),
        (f"{json.dumps(ONE)}\n{json.dumps(TWO)}\n\n", [ONE, TWO]),
        (json.dumps(ONE, indent=4) + json.dumps(TWO, indent=4), [ONE, TWO]),
        (f"[{json.dumps(ONE)}]\n{json.dumps(TWO)}", [ONE, TWO]),
    ],
    ids=["one", "list", "lines", "row", "mixed"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_records_may_be_saved_in_any_usual_way(text: str, found: object, encoding: str, tmp_path: Path) -> None:
    """One after the other, or as a list; in the encodings of PowerShell too."""
    file = tmp_path / "saved.json"
    file.write_bytes(text.encode(encoding))
    assert responses([str(file)]) == found


def test_several_files_are_read_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` is standard input."""
    file = tmp_path / "saved.json"
    file.write_text(json.dumps(TWO), encoding="utf-8")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(ONE).encode())))
    assert responses(["-", str(file)]) == [ONE, TWO]


@pytest.mark.parametrize(
    "raw, message",
    [
        (b"", "holds nothing where a JSON object should be"),
        (b"[]", "holds nothing where"),
        (b"5", "holds '5' where a JSON object should be"),
        (b'[{}, "x"]', "holds 'x' where"),
        (b"null", "holds 'None' where"),
        (b"{} nonsense", "is not JSON (Expecting value"),
        (b"\xff\xfe\x00", "is not JSON ("),
        (b"[" * 100_000, "is not JSON ("),
    ],
)
def test_a_file_without_a_record_is_refused_by_name(raw: bytes, message: str, tmp_path: Path) -> None:
    """The message says how to get one."""
    file = tmp_path / "saved.json"
    file.write_bytes(raw)
    with pytest.raises(PlanError) as refused:
        responses([str(file)])
    assert str(refused.value).startswith(f"{file} {message}")
    assert str(refused.value).endswith(": save the output of `aws sagemaker describe-training-job` there")


def test_null_counts_as_missing(tmp_path: Path) -> None:
    """Some tools write missing members as null, at every depth."""
    file = tmp_path / "saved.json"
    whole = {**ONE, "FailureReason": None, "SecondaryStatusTransitions": [{"Status": "Starting", "StatusMessage": None}]}
    file.write_text(json.dumps(whole), encoding="utf-8")
    assert responses([str(file)]) == [{**ONE, "SecondaryStatusTransitions": [{"Status": "Starting"}]}]


def test_standard_input_has_a_name_in_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are otherwise the same."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    with pytest.raises(PlanError, match="^standard input holds nothing"):
        responses(["-"])


@pytest.mark.parametrize(
    "record, message",
    [
        ({"SecondaryStatusTransitions": 5}, "SecondaryStatusTransitions is not a list of objects with a Status"),
        ({"SecondaryStatusTransitions": [None]}, "SecondaryStatusTransitions is not a list"),
        ({"SecondaryStatusTransitions": [{"Status": []}]}, "SecondaryStatusTransitions is not a list"),
        ({"TrainingTimeInSeconds": "5"}, "TrainingTimeInSeconds is '5', not a whole number"),
        ({"BillableTimeInSeconds": 0.5}, "BillableTimeInSeconds is 0.5, not a whole number"),
    ],
)
def test_impossible_values_are_refused(record: dict[str, object], message: str, tmp_path: Path) -> None:
    """Before anything is drawn; null counts as missing."""
    file = tmp_path / "saved.json"
    file.write_text(json.dumps([{"SecondaryStatusTransitions": [], "TrainingTimeInSeconds": None}, record]), encoding="utf-8")
    with pytest.raises(PlanError) as refused:
        responses([str(file)])
    assert str(refused.value).startswith(f"{file}: {message}")


def test_output_of_list_operations_and_directories_are_read(tmp_path: Path) -> None:
    """Each file of a directory, in the order of names, except hidden ones."""
    (tmp_path / "b.json").write_text(json.dumps({"TrainingJobSummaries": [ONE, TWO]}), encoding="utf-8")
    (tmp_path / "a.log").write_text("2026-02-16 10:11:12 Starting - Starting the training job...", encoding="utf-8")
    (tmp_path / ".hidden").write_text("{", encoding="utf-8")
    log, *summaries = responses([str(tmp_path)])
    assert (log["SecondaryStatus"], summaries) == ("Starting", [ONE, TWO])
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(PlanError) as refused:
        responses([str(empty)])
    assert str(refused.value).startswith(f"{empty} has no files in it: save the output of")


def test_a_meaningful_null_is_kept(tmp_path: Path) -> None:
    """For a Completed job without a model the service answers null."""
    file = tmp_path / "saved.json"
    file.write_text(json.dumps({**ONE, "ModelArtifacts": None}), encoding="utf-8")
    assert responses([str(file)]) == [{**ONE, "ModelArtifacts": None}]
