"""The command `sagemock serve`."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from socket import create_connection

import pytest

from sagemock import Plan, PlanError, ProcessingJobPlan, TransformJobPlan, connect
from sagemock.__main__ import main
from sagemock.cli.serve import Planned, instructions, plans
from tests.support.batch import record
from tests.support.calling import after, request
from tests.support.http import call, exchange

RECORD = {
    "TrainingJobName": "churn",
    "TrainingJobStatus": "Completed",
    "CreationTime": "2018-07-30T00:00:00Z",
    "TrainingStartTime": "2018-07-30T00:01:00Z",
    "TrainingEndTime": "2018-07-30T00:11:00Z",
}


@contextmanager
def served(*arguments: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Run the command within the block; yield its URL and its process."""
    command = [sys.executable, "-m", "sagemock", "serve", "--port", "0", *arguments]
    # As in a shell: an unbuffered Python would hide a missing flush.
    environment = {**os.environ, "PYTHONUNBUFFERED": ""}
    with subprocess.Popen(  # noqa: S603  # our own code
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        found = re.search(r"http://\S+(?=[; ])", first)
        try:
            assert found is not None, first
            yield found[0].rstrip(";"), process
        finally:
            process.kill()
            process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=str)
def test_it_serves_until_it_is_interrupted(number: signal.Signals) -> None:
    """Its exit code is 0, even with an open connection, and stderr is empty."""
    with served("--start", "2018-07-30", "--latency", "0") as (url, process):
        assert call(url, "CreateTrainingJob", request("churn")).status == 200
        mock = connect(url)
        assert mock.clock.now() == after(0)
        mock.advance_until_idle()
        assert mock.jobs["churn"].status == "Completed"
        process.send_signal(number)
        assert process.wait(30) == 0
        assert process.stdout is not None
        assert process.stderr is not None
        out, errors = process.stdout.read(), process.stderr.read()
    assert errors == ""
    assert f"export AWS_ENDPOINT_URL_SAGEMAKER={url} " in out


def test_each_path_has_its_own_world(tmp_path: Path) -> None:
    """Each has the plans of the command line, and can be reset."""
    file = tmp_path / "plans.json"
    file.write_text(json.dumps([{"match": "churn-*", "plan": {"recipe": "fails"}, "times": 1}]))
    with served("--start", "2018-07-30", "--plan", str(file)) as (url, _):
        for name in ("", "/a", "/b"):
            call(url, "CreateTrainingJob", request("churn-1"), path=name or "/")
        one, other = connect(f"{url}/a"), connect(f"{url}/b/")
        one.advance_until_idle()
        assert one.jobs["churn-1"].status == "Failed"
        assert other.jobs["churn-1"].status == "InProgress"
        one.reset()
        assert (len(one.jobs), len(other.jobs), one.clock.now()) == (0, 1, after(0))
        call(f"{url}", "CreateTrainingJob", request("churn-1"), path="/a")
        assert one.jobs["churn-1"].plan == Plan.fails()
        assert exchange(url, "GET", "/none").status == 404
        assert json.loads(exchange(url, "GET", "/_sagemock/health").body)["worlds"] == ["", "a", "b"]


def test_time_passes_at_a_rate() -> None:
    """In virtual seconds per real second."""
    with served("--rate", "1000000", "--latency", "0") as (url, _):
        call(url, "CreateTrainingJob", request("churn"))
        mock = connect(url)
        before = mock.clock.now()
        statuses = iter(lambda: mock.jobs["churn"].status, None)
        assert next(status for status in statuses if status != "InProgress") == "Completed"
        assert mock.clock.now() > before
        assert mock.clock.rate == 1_000_000


def test_a_poller_sees_progress_with_latency() -> None:
    """Each call then takes virtual time."""
    with served("--latency", "60") as (url, _):
        call(url, "CreateTrainingJob", request("churn"))
        seen: list[str] = []
        while not seen or seen[-1] == "InProgress":
            seen.append(call(url, "DescribeTrainingJob", {"TrainingJobName": "churn"}).document["TrainingJobStatus"])
        assert seen[-1] == "Completed"
        assert 1 < len(seen) < 100


def test_bytes_that_are_not_http_are_logged_on_stderr() -> None:
    """The server goes on."""
    with served() as (url, process):
        with create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as one:
            one.sendall(b"\x16\x03\x01\r\n\r\n")
            assert one.recv(100).startswith(b"HTTP/1.1 400 ")
        assert call(url, "ListTrainingJobs").status == 200
        process.terminate()
        assert process.wait(30) == 0


def test_invalid_arguments_are_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """With exit code 2."""
    assert main(["serve", "--host", "10.0.0.1"]) == 2
    assert "'10.0.0.1' can be reached from other machines" in capsys.readouterr().err
    assert main(["serve", "--plan", str(tmp_path / "none")]) == 2
    assert main(["serve", "--start", "yesterday"]) == 2
    assert main(["serve", "--rate", "-1"]) == 2


def test_plans_are_read_from_a_file(tmp_path: Path) -> None:
    """A plan, rules, or recorded jobs."""
    file = tmp_path / "plan.json"

    def read(value: object) -> list[Planned]:
        file.write_text(value if isinstance(value, str) else json.dumps(value))
        return plans(str(file))

    assert read({"recipe": "completes", "training": "PT1H"}) == [Planned("*", Plan.completes(training=timedelta(hours=1)))]
    assert read({"phases": [{"status": "Starting"}]})[0].match == "*"
    assert read({"plan": {"recipe": "hangs"}}) == [Planned("*", Plan.hangs())]
    assert read([{"match": "a", "plan": {"recipe": "hangs"}, "times": 2}, {"plan": {}}]) == [
        Planned("a", Plan.hangs(), 2),
        Planned("*", Plan()),
    ]
    assert read(RECORD) == [Planned("*", Plan.replays(RECORD))]
    other = {**RECORD, "TrainingJobName": "other"}
    both = f"{json.dumps(RECORD)}\n{json.dumps(other)}"
    assert read(both) == read([RECORD, other]) == [Planned("churn", Plan.replays(RECORD)), Planned("other", Plan.replays(other))]
    kept = {**record("P1")["Describe"], "ProcessingJobName": "prepare"}
    assert read([RECORD, kept])[1] == Planned("prepare", ProcessingJobPlan.replays(kept))
    assert read({"kind": "transform", "recipe": "immediate"}) == [Planned("*", TransformJobPlan.immediate())]
    for wrong, message in (
        ([{"plan": {}, "mach": "a"}], "a rule has no 'mach': it has match, plan and times"),
        ([{"plan": {}, "match": 5}], "match is a pattern of job names, not 5"),
        ([{"plan": 5}], "plan.json is a JSON object, not 5"),
        ({"recipe": "none"}, "plan.json has no recipe 'none'"),
        ("{", "plan.json is not JSON"),
        ([], "holds nothing"),
    ):
        with pytest.raises(PlanError, match=re.escape(message)):
            read(wrong)


def test_it_prints_how_to_connect_sdks() -> None:
    """Also when it listens beyond this machine."""
    assert instructions("http://127.0.0.1:5123", host="127.0.0.1").startswith(
        "sagemock serves at http://127.0.0.1:5123; Ctrl-C ends it.\n"
    )
    everywhere = "0.0.0.0"  # noqa: S104  # only a text
    assert instructions("http://127.0.0.1:5123", host=everywhere).startswith(
        "sagemock serves at http://127.0.0.1:5123 (on 0.0.0.0); "
    )
    assert os.environ.get("AWS_ENDPOINT_URL") is None
