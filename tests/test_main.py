"""The command line."""

import json
import os
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from sagemock.__main__ import main
from tests.support.records import FINISHED, response
from tests.support.saved import saved


@pytest.mark.parametrize("kind", ["processing", "transform"])
def test_the_demonstration_takes_any_kind(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With `--kind`."""
    assert main(["demo", "--kind", kind]) == 0
    assert "Completed/Completed at 1:3" in capsys.readouterr().out


def test_the_demonstration_of_a_tuning_job(capsys: pytest.CaptureFixture[str]) -> None:
    """A child fails, others are stopped early, and one is the best."""
    assert main(["demo", "--kind", "tuning", "--width", "140"]) == 0
    out = capsys.readouterr().out
    [best] = [line for line in out.splitlines() if line.startswith("+ -")]
    assert f"The best is churn-tune-2018-07-30{best.split()[1]}: 0." in out
    children = [line.split()[1] for line in out.splitlines() if line.startswith("  -0")]
    assert len(children) == 8
    assert {"Failed", "Stopped"} <= set(children)


def test_the_demonstration_prints_a_life(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard output, and nothing on standard error."""
    assert main(["demo"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("churn-2018-07-30: Completed/Completed at ")
    assert out.endswith(" to make the client.\n")
    assert err == ""


def test_a_record_is_replayed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`demo --replay FILE`."""
    file = tmp_path / "described.json"
    file.write_text(json.dumps(response(FINISHED[0]), default=datetime.isoformat), encoding="utf-8")
    assert main(["demo", "--replay", str(file)]) == 0
    assert capsys.readouterr().out.startswith("R1: Completed/Completed at ")


@pytest.mark.parametrize(
    "content, text",
    [
        (None, "No such file or directory"),
        ("no json", "is not JSON"),
        ("[]", "holds no JSON object"),
        ("{}", "this record is not a DescribeTrainingJob response"),
        (
            '{"CreationTime": "yesterday", "SecondaryStatusTransitions": [1]}',
            "CreationTime of the record: 'yesterday' is not an instant",
        ),
    ],
)
def test_an_invalid_file_is_reported_on_one_line(
    content: str | None, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard error, with exit code 2 and without a traceback."""
    file = tmp_path / "described.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    assert main(["demo", "--replay", str(file)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("sagemock: ")
    assert text in err
    assert err.count("\n") == 1


@pytest.fixture
def records(tmp_path: Path) -> str:
    """Write two records to a file, one per line, and return its path."""
    [path] = saved(tmp_path, *map(response, FINISHED[:2]), name="records.jsonl")
    return path


@pytest.mark.parametrize(
    "arguments, begins",
    [
        (["timeline"], "2 training jobs: 2 Completed; 0 is "),
        (["timeline", "--aligned", "--ascii", "--width", "100"], "2 training jobs: 2 Completed; 0 is the creation of each\n"),
        (["timeline", "--svg"], "<svg "),
        (["plan"], "from datetime import timedelta\n\nfrom sagemock import Phase, Plan\n\nPLANS = {\n    # R1, created 2022"),
    ],
)
def test_records_are_drawn_and_printed_as_plans(
    arguments: list[str], begins: str, records: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard output."""
    assert main([*arguments, records]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(begins)
    assert err == ""


def test_statuses_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """One, or all with a sentence each."""
    assert main(["explain", "training"]) == 0
    assert capsys.readouterr().out.startswith("Training  SecondaryStatus\n\nIt means\n  The container runs.\n")
    assert main(["explain"]) == 0
    assert "\nTraining                  The container runs.\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments, text",
    [
        (["explain", "Traning"], "did you mean Training?"),
        (["timeline", "/dev/null/none"], "sagemock: /dev/null/none: Not a directory\n"),
        (["plan", "/dev/null"], "holds nothing"),
    ],
)
def test_an_error_is_reported_on_one_line(arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, with exit code 2."""
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("sagemock: ")
    assert text in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", [["timeline"], ["plan"], ["check"], ["demo", "--replay"], ["serve", "--plan"]])
def test_an_error_of_a_record_names_its_file(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Once; if the records of several files are read together, it names all of them."""
    [path] = saved(tmp_path, {"CreationTime": "yesterday"}, name="record.json")
    assert main([*command, path]) == 2
    err = capsys.readouterr().err
    assert (err.startswith(f"sagemock: {path}: "), err.count(path)) == (True, 1)
    if command == ["plan"]:
        [other] = saved(tmp_path, {"CreationTime": "yesterday"}, name="other.json")
        assert main(["plan", path, other]) == 2
        assert capsys.readouterr().err.startswith(f"sagemock: one of {path}, {other}: ")


def test_an_error_of_the_system_keeps_its_message(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """For example one about a full disk, which names no file."""

    def raising(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sagemock.__main__.every_status", raising)
    assert main(["explain"]) == 2
    assert capsys.readouterr().err == "sagemock: [Errno 28] No space left on device\n"


def test_the_version_is_that_of_the_distribution(capsys: pytest.CaptureFixture[str]) -> None:
    """For reports of bugs."""
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    assert re.fullmatch(r"sagemock (\d+\.\d+\.\d+|\(not installed\))\n", capsys.readouterr().out)


@pytest.mark.parametrize(
    "arguments", [[], ["play"], ["demo", "--replay"], ["timeline"], ["plan"], ["explain", "--width", "wide"]]
)
def test_a_wrong_command_line_shows_the_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """In argparse's own words, with exit code 2."""
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert capsys.readouterr().err.startswith("usage: sagemock")


@pytest.mark.parametrize("command", ["demo", "timeline", "plan", "explain"])
def test_each_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The general help lists it."""
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: sagemock {command} ")
    with pytest.raises(SystemExit):
        main(["--help"])
    assert f"\n    {command} " in capsys.readouterr().out


def run(arguments: list[str], given: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a process of its own, with warnings as errors."""
    command = [sys.executable, "-W", "error", "-m", "sagemock", *arguments]
    return subprocess.run(command, input=given, capture_output=True, check=False, env={**os.environ, **environment})  # noqa: S603  # our own code


@pytest.mark.parametrize("arguments, code", [(["--help"], 0), (["demo"], 0), (["demo", "--replay", "/dev/null/none"], 2)])
def test_the_module_is_the_command(arguments: list[str], code: int) -> None:
    """`python -m sagemock`."""
    done = run(arguments)
    assert done.returncode == code
    assert bool(done.stdout) == (code == 0)
    assert bool(done.stderr) == (code != 0)


@pytest.mark.parametrize("encoding, sign", [("utf-8", "█"), ("ascii", "#")])
def test_it_works_in_a_pipe(encoding: str, sign: str) -> None:
    """Without colours, 80 columns wide."""
    given = json.dumps(response(FINISHED[0]), default=datetime.isoformat).encode()
    done = run(["timeline", "-"], given, PYTHONIOENCODING=encoding, COLUMNS="")
    assert (done.returncode, done.stderr) == (0, b"")
    out = done.stdout.decode(encoding)
    assert sign in out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 80


def test_a_closed_pipe_is_not_an_error() -> None:
    """As in `sagemock explain | head -1`: nothing on standard error, and the exit code of a closed pipe."""
    command = [sys.executable, "-W", "error", "-m", "sagemock", "explain"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603  # our own code
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        text = process.stderr.read()
    assert (process.returncode, text) == (141, b"")
