"""Unchanged clients in other processes: the AWS CLI, boto3, aiobotocore, the SageMaker SDK, the SDK for JavaScript."""

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pytest

from sagemock import Plan, SageMakerMock, child_environment
from sagemock.pytest_plugin import MockServer
from tests.support.calling import create, describe
from tests.support.http import call

OPTIONS: dict[str, Any] = {"strict": False, "latency": 60}
HERE: Final = Path(__file__).parent
MODULES: Final = Path(os.environ.get("SAGEMOCK_NODE_MODULES", HERE / "js" / "node_modules"))
"""The folder into which npm has installed the SDK for JavaScript."""
NODE: Final = shutil.which("node")
AWS: Final = shutil.which("aws")
JAVASCRIPT = pytest.mark.skipif(
    NODE is None or not (MODULES / "@aws-sdk" / "client-sagemaker").is_dir(),
    reason="Node or @aws-sdk/client-sagemaker is not here: run tox -e served",
)
SDK = pytest.mark.skipif(find_spec("sagemaker") is None, reason="the SageMaker SDK v2 is not here: run tox -e served")
CLI = pytest.mark.skipif(AWS is None, reason="the AWS CLI is not here: run tox -e served")
PLAN: Final = Plan.completes(starting=60, downloading=60, training=600, uploading=60)


@pytest.fixture
def url(sagemaker: SageMakerMock) -> Iterator[str]:
    """Serve the mock."""
    with sagemaker.serve() as url:
        yield url


def environment(url: str) -> dict[str, str]:
    """Return the environment of a child that is not measured by coverage, since it is not our code."""
    return {name: value for name, value in child_environment(url).items() if not name.startswith("COVERAGE_")}


def output_of(command: list[str], env: Mapping[str, str], **options: Any) -> "subprocess.CompletedProcess[str]":
    """Run a child to its end and return its output."""
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=env, **options)  # noqa: S603  # our own code


@JAVASCRIPT
def test_the_sdk_for_javascript_follows_a_job(sagemaker: SageMakerMock, url: str, tmp_path: Path) -> None:
    """It creates, describes, waits, paginates, retries, and knows errors by name."""
    sagemaker.plan("churn-[67]", Plan.hangs(stopping=36000))
    sagemaker.plan("*", PLAN)
    sagemaker.fault("StopTrainingJob", "LostAnswer", job="churn-6", times=1)
    sagemaker.fault("StopTrainingJob", "ConnectionReset", job="churn-7", times=1)
    sagemaker.fault("StopTrainingJob", "ThrottlingException", job="churn-7", times=1)
    shutil.copy(HERE / "js" / "life.mjs", tmp_path)
    (tmp_path / "node_modules").symlink_to(MODULES)
    done = output_of([str(NODE), "life.mjs"], environment(url), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["arn"] == sagemaker.jobs["churn-0"].arn
    assert found["requestId"] == "00000000-0000-4000-a000-000000000001"
    assert found["young"] == ["InProgress", "Downloading", "2018-07-30T00:00:00.000Z"]
    assert (found["waited"], found["old"]) == (
        "SUCCESS",
        ["Completed", 720, ["Starting", "Downloading", "Training", "Uploading", "Completed"]],
    )
    assert found["listed"] == [["churn-0", "churn-1", "churn-2"], ["churn-3", "churn-4", "churn-5"], ["churn-6", "churn-7"]]
    assert found["unknown"] == ["ValidationException", "Requested resource not found.", 400]
    assert found["twice"][0] == "ResourceInUse"
    assert found["ended"][::2] == ["ValidationException", 400]
    assert found["stopped"] == "Stopping"
    assert found["lost"] == [
        "ValidationException",
        "The request was rejected because the training job is in status Stopping.",
        400,
    ]
    assert sagemaker.calls.to("StopTrainingJob", job="churn-7").outcomes == ["ConnectionReset", "ThrottlingException", "ok"]
    assert sagemaker.calls.to("StopTrainingJob", job="churn-6").outcomes == ["LostAnswer", "ValidationException"]
    assert "aws-sdk-js/3" in str(sagemaker.calls[0].origin)


@JAVASCRIPT
def test_the_node_test_in_the_documentation_passes(tmp_path: Path) -> None:
    """With `sagemock serve`, started as the page says."""
    text = (HERE.parents[1] / "docs" / "how-to" / "serve.md").read_text("utf-8")
    (tmp_path / "node_modules").symlink_to(MODULES)
    command = [sys.executable, "-m", "sagemock", "serve", "--port", "0", "--start", "2018-07-30", "--latency", "60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603  # our own code
        assert server.stdout is not None
        url = server.stdout.readline().split()[3].rstrip(";")
        example = text.partition("```js\n")[2].partition("```")[0].replace("http://127.0.0.1:5123", url)
        (tmp_path / "launcher.test.mjs").write_text(example, "utf-8")
        done = output_of([str(NODE), "--test", "launcher.test.mjs"], environment(url), cwd=tmp_path)
        server.terminate()
    assert done.returncode == 0, done.stdout
    assert "# pass 1" in done.stdout


@CLI
def test_the_aws_cli_sees_the_same_job(sagemaker: SageMakerMock, client: Any, url: str) -> None:
    """Its JSON is that of a client in this process."""
    create(client)
    env = environment(url)
    sagemaker.clock.latency = 0
    done = output_of([str(AWS), "sagemaker", "describe-training-job", "--training-job-name", "churn"], env)
    assert done.returncode == 0, done.stderr
    shown, own = json.loads(done.stdout), describe(client)
    assert set(shown) == set(own)
    assert shown["SecondaryStatusTransitions"][0]["StatusMessage"] == own["SecondaryStatusTransitions"][0]["StatusMessage"]
    refused = output_of([str(AWS), "sagemaker", "stop-training-job", "--training-job-name", "none"], env)
    assert refused.returncode != 0
    assert "(ValidationException) when calling the StopTrainingJob operation: Requested resource not found." in refused.stderr
    # The CLI's waiter would sleep for two real minutes.
    sagemaker.advance_until_idle()
    waited = output_of([str(AWS), "sagemaker", "wait", "training-job-completed-or-stopped", "--training-job-name", "churn"], env)
    assert waited.returncode == 0, waited.stderr
    assert str(sagemaker.calls[-1].origin).partition(" ")[2].startswith("aws-cli/")


def in_a_spawned_process(queue: "multiprocessing.Queue[Any]") -> None:  # pragma: no cover  # in a process that is not measured
    """Wait for a job with boto3's waiter."""
    import boto3  # noqa: PLC0415  # needed in the other process only

    client = boto3.client("sagemaker")
    client.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="churn", WaiterConfig={"Delay": 0})
    queue.put(client.describe_training_job(TrainingJobName="churn")["TrainingJobStatus"])


def test_boto3_in_a_spawned_process_waits_for_a_job(
    sagemaker: SageMakerMock, client: Any, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each poll takes a virtual minute, so the job ends."""
    sagemaker.plan("*", PLAN)
    create(client)
    for name, value in environment(url).items():
        monkeypatch.setenv(name, value)
    context = multiprocessing.get_context("spawn")
    queue: multiprocessing.Queue[Any] = context.Queue()
    process = context.Process(target=in_a_spawned_process, args=(queue,))
    process.start()
    assert queue.get() == "Completed"
    process.join()
    assert process.exitcode == 0


@pytest.mark.skipif(find_spec("aiobotocore") is None, reason="aiobotocore is not installed: run tox -e aio")
def test_aiobotocore_in_another_process_is_answered(sagemaker: SageMakerMock, client: Any, url: str) -> None:
    """Over its own HTTP session."""
    create(client)
    code = (
        "import asyncio, aiobotocore.session\n"
        "async def main():\n"
        "    async with aiobotocore.session.get_session().create_client('sagemaker') as client:\n"
        "        print((await client.describe_training_job(TrainingJobName='churn'))['TrainingJobArn'])\n"
        "asyncio.run(main())"
    )
    done = output_of([sys.executable, "-c", code], environment(url))
    assert done.stdout.strip() == sagemaker.jobs["churn"].arn, done.stderr


SDK_V2: Final = """
import boto3, sagemaker
from sagemaker.estimator import Estimator

session = sagemaker.Session(boto3.Session(), sagemaker_client=boto3.client("sagemaker"))
estimator = Estimator(
    image_uri="123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:1",
    role="arn:aws:iam::123456789012:role/training",
    instance_count=1,
    instance_type="ml.m5.xlarge",
    output_path="s3://churn/models",
    sagemaker_session=session,
)
estimator.fit(job_name="churn", wait=False)
session.wait_for_job("churn", poll=0)
print(estimator.latest_training_job.describe()["TrainingJobStatus"])
"""


@SDK
def test_the_sagemaker_sdk_in_another_process_follows_a_job(sagemaker: SageMakerMock, url: str, tmp_path: Path) -> None:
    """An estimator is fitted; each poll takes a virtual minute."""
    sagemaker.plan("*", PLAN)
    done = output_of([sys.executable, "-c", SDK_V2], environment(url), cwd=tmp_path)
    assert done.stdout.split()[-1:] == ["Completed"], done.stderr
    assert sagemaker.calls.to("CreateTrainingJob").outcomes == ["ok"]
    assert sagemaker.jobs["churn"].training_seconds == 720


POLLS: Final = """
import sys, botocore.session
client = botocore.session.Session().create_client("sagemaker")
while True:
    client.describe_training_job(TrainingJobName="churn")
    print("polled", flush=True)
"""


def test_a_client_that_is_killed_during_its_calls_does_no_harm(sagemaker: SageMakerMock, client: Any, url: str) -> None:
    """The next client is answered."""
    create(client)
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", POLLS], stdout=subprocess.PIPE, env=environment(url)) as child:  # noqa: S603  # our own code
            assert child.stdout is not None
            assert child.stdout.readline()
            child.send_signal(signal.SIGKILL)
    assert call(url, "DescribeTrainingJob", {"TrainingJobName": "churn"}).status == 200
    assert set(sagemaker.calls.outcomes) == {"ok"}


def test_a_server_that_restarts_on_its_port_has_the_same_world(sagemaker: SageMakerMock, client: Any) -> None:
    """The client's own retries bridge the gap, even if its open connection was closed."""
    create(client)
    with sagemaker.serve() as url:
        port = int(url.rpartition(":")[2])
        child = subprocess.Popen(  # noqa: S603  # our own code
            [sys.executable, "-c", POLLS], stdout=subprocess.PIPE, env={**environment(url), "AWS_MAX_ATTEMPTS": "20"}
        )
        assert child.stdout is not None
        assert child.stdout.readline()
    try:
        for _ in range(2):
            with sagemaker.serve(port=port):
                count = sagemaker.calls.count
                while sagemaker.calls.count < count + 5:
                    assert child.stdout.readline(), "the client has ended"
    finally:
        child.kill()
        child.communicate()


def test_virtual_time_stands_while_the_test_waits_for_a_child(sagemock: SageMakerMock, sagemock_server: MockServer) -> None:
    """It moves with the calls' latency, and by hand."""
    sagemock.clock.latency = 0
    began = sagemock.clock.now()
    done = output_of([sys.executable, "-c", "import time; time.sleep(0.2)"], environment(sagemock_server.url))
    assert done.returncode == 0
    assert sagemock.clock.now() == began
    assert time.time() == began.timestamp()
