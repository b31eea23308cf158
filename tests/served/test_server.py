"""The world of a test, served over HTTP."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from http.client import RemoteDisconnected
from pathlib import Path
from typing import Any

import pytest

from sagemock import Plan, SageMakerMock, UsageError, child_environment, mock_sagemaker
from sagemock.clock.real import real
from tests.support.calling import START, after, bodies, create, describe, request
from tests.support.http import call, connection, exchange, signature

OPTIONS: dict[str, Any] = {"strict": False, "latency": 0}


@pytest.fixture
def url(sagemaker: SageMakerMock) -> Iterator[str]:
    """Serve the mock."""
    with sagemaker.serve() as url:
        yield url


def test_both_processes_get_the_same_bytes(sagemaker: SageMakerMock, client: Any, url: str) -> None:
    """What one process creates the other describes, at every moment of its life."""
    found = bodies(client, "DescribeTrainingJob")
    created = call(url, "CreateTrainingJob", request("churn"), Authorization=signature())
    assert (created.status, created.document) == (200, {"TrainingJobArn": sagemaker.jobs["churn"].arn})
    for _ in range(30):
        describe(client)
        assert call(url, "DescribeTrainingJob", {"TrainingJobName": "churn"}).body == found[-1]
        sagemaker.clock.advance(60)
    assert sagemaker.jobs["churn"].status == "Completed"
    assert {one.origin is None for one in sagemaker.calls} == {True, False}


def test_a_response_has_the_headers_of_aws(url: str) -> None:
    """A request id, the content type, and the real date, which clients compare with their clock."""
    answered = call(url, "ListTrainingJobs")
    date = parsedate_to_datetime(answered.headers.pop("date"))
    assert abs(date.timestamp() - real.time()) < 60
    assert answered.headers == {
        "content-type": "application/x-amz-json-1.1",
        "content-length": str(len(answered.body)),
        "x-amzn-requestid": "00000000-0000-4000-a000-000000000001",
    }


def test_a_refusal_has_its_code_in_body_and_header(url: str) -> None:
    """SDKs of different languages look in different places."""
    answered = call(url, "DescribeTrainingJob", {"TrainingJobName": "churn"})
    assert (answered.status, answered.headers["x-amzn-errortype"]) == (400, "ValidationException")
    assert answered.document == {"__type": "ValidationException", "message": "Requested resource not found."}


def test_the_credential_scope_has_region_and_account(sagemaker: SageMakerMock, url: str) -> None:
    """Without one they are us-east-1 and the mock's account."""
    sagemaker.accounts["AKOTHER"] = "111111111111"
    arns = [
        call(url, "CreateTrainingJob", request("churn"), **headers).document["TrainingJobArn"]
        for headers in (
            {},
            {"Authorization": signature("210987654321", "eu-west-1")},
            {"Authorization": signature("AKOTHER", "cn-north-1")},
            {"Authorization": signature("AKID", "xx-nowhere-1")},
        )
    ]
    assert arns == [
        "arn:aws:sagemaker:us-east-1:123456789012:training-job/churn",
        "arn:aws:sagemaker:eu-west-1:210987654321:training-job/churn",
        "arn:aws-cn:sagemaker:cn-north-1:111111111111:training-job/churn",
        "arn:aws:sagemaker:xx-nowhere-1:123456789012:training-job/churn",
    ]


def test_a_call_is_recorded_with_its_origin(sagemaker: SageMakerMock, url: str) -> None:
    """Address and program, and the attempt that its SDK counts."""
    to = connection(url)
    call(to, "ListTrainingJobs", User_Agent="aws-sdk-js/3.1 os/linux", amz_sdk_request="attempt=2; max=3")
    host, port = to.sock.getsockname()
    call(to, "ListTrainingJobs", amz_sdk_request="attempt=x")
    to.close()
    assert [(one.origin, one.attempt) for one in sagemaker.calls] == [
        (f"{host}:{port} aws-sdk-js/3.1", 2),
        (f"{host}:{port}", 1),
    ]


def test_a_lost_answer_closes_the_connection(sagemaker: SageMakerMock, url: str) -> None:
    """The operation took effect; other connections are answered."""
    sagemaker.fault("CreateTrainingJob", "LostAnswer", times=1)
    sagemaker.fault("DescribeTrainingJob", "ConnectTimeout", times=1)
    with pytest.raises((RemoteDisconnected, ConnectionResetError)):
        call(url, "CreateTrainingJob", request("churn"))
    assert sagemaker.jobs["churn"].status == "InProgress"
    with pytest.raises((RemoteDisconnected, ConnectionResetError)):
        call(url, "DescribeTrainingJob", {"TrainingJobName": "churn"})
    assert call(url, "DescribeTrainingJob", {"TrainingJobName": "churn"}).status == 200
    assert sagemaker.calls.outcomes == ["LostAnswer", "ConnectTimeout", "ok"]


def test_a_broken_answer_is_complete_http(sagemaker: SageMakerMock, url: str) -> None:
    """The connection stays open."""
    sagemaker.fault("ListTrainingJobs", "MalformedBody", times=1)
    to = connection(url)
    cut = call(to, "ListTrainingJobs")
    whole = call(to, "ListTrainingJobs")
    to.close()
    assert (cut.status, cut.body) == (200, whole.body[: len(whole.body) // 2])


def test_the_latency_of_a_served_call_moves_the_clock(sagemaker: SageMakerMock, url: str) -> None:
    """The call is answered at its own instant, and no sleep is recorded."""
    sagemaker.clock.latency = 2
    for _ in range(3):
        call(url, "ListTrainingJobs")
    assert sagemaker.clock.now() == after(6)
    assert [one.at for one in sagemaker.calls] == [after(0), after(2), after(4)]
    assert len(sagemaker.sleeps) == 0


def test_only_a_poller_in_process_can_be_an_endless_loop(sagemaker: SageMakerMock, client: Any, url: str) -> None:
    """Law 9 is for loops that take no real time."""
    to = connection(url)
    assert {call(to, "ListTrainingJobs").status for _ in range(1001)} == {200}
    to.close()


def test_a_sleeper_wakes_on_time_beside_served_calls(sagemaker: SageMakerMock, url: str) -> None:
    """The clock does not pass its deadline when a served call takes longer (law 7)."""
    sagemaker.clock.latency = 100
    seen = []

    def sleep() -> None:
        time.sleep(30)
        seen.append(sagemaker.clock.now())

    thread = threading.Thread(target=sleep)
    thread.start()
    call(url, "ListTrainingJobs")
    thread.join()
    assert seen[0] <= after(130)
    assert len(sagemaker.sleeps) == 1


def test_the_threads_of_the_server_keep_real_time(sagemaker: SageMakerMock, url: str) -> None:
    """An hour of virtual time closes no idle connection, and code in them sees the real date."""
    seen: list[float] = []

    def plan(_: Mapping[str, Any]) -> Plan:
        seen.append(time.time())
        return Plan.completes()

    to = connection(url)
    call(to, "ListTrainingJobs")
    before = to.sock
    sagemaker.clock.advance(hours=1)
    time.sleep(3600)
    sagemaker.plan("*", plan)
    assert call(to, "CreateTrainingJob", request("churn")).status == 200
    assert to.sock is before
    to.close()
    assert abs(seen[0] - real.time()) < 600
    assert time.time() == after(7200).timestamp()


def test_a_new_mock_does_not_get_the_threads_of_a_server(sagemaker: SageMakerMock, url: str) -> None:
    """Nested in the same thread, or in another one: they keep real time in both."""
    worlds = []

    def nest() -> None:
        with mock_sagemaker(start=START) as inner:
            worlds.append(inner._world)

    nest()
    thread = threading.Thread(target=nest)
    thread.start()
    thread.join()
    served = {one for one in threading.enumerate() if one.name.startswith("sagemock-")}
    # Threads of an earlier test may be about to end.
    assert len(served) >= 17
    assert all(one in world.threads_before for one in served for world in worlds)


def test_an_event_handler_may_call_the_server(sagemaker: SageMakerMock, url: str) -> None:
    """Like a Lambda function in a child process. While its call waits, others are answered."""
    seen = []

    def handle(event: dict[str, Any]) -> None:
        name = event["detail"]["TrainingJobName"]
        seen.append(call(url, "DescribeTrainingJob", {"TrainingJobName": name}).document["SecondaryStatus"])

    sagemaker.on_event(handle)
    call(url, "CreateTrainingJob", request("churn"))
    assert seen == ["Starting"]


def test_an_error_of_the_tests_own_code_is_a_response(sagemaker: SageMakerMock, url: str) -> None:
    """One that no SDK retries; the outcome is recorded."""

    def plan(_: Mapping[str, Any]) -> Plan:
        raise KeyError("epochs")

    sagemaker.plan("*", plan)
    answered = call(url, "CreateTrainingJob", request("churn"))
    assert (answered.status, answered.document) == (
        400,
        {"__type": "TestError", "message": "the code of the test raised KeyError: 'epochs'; mend it there"},
    )
    assert sagemaker.calls.outcomes == ["KeyError"]


def test_after_the_end_of_the_mock_no_call_is_answered() -> None:
    """The response says so."""
    mock = mock_sagemaker(start=START).start()
    with mock.serve() as url:
        mock.stop()
        answered = call(url, "ListTrainingJobs")
    assert (answered.status, answered.document["__type"]) == (400, "UsageError")
    assert "the mock that was served here is over" in answered.document["message"]
    with pytest.raises(UsageError, match="this mock is over and cannot change any more"):
        mock.serve()


def test_after_the_block_the_port_is_free(sagemaker: SageMakerMock) -> None:
    """No thread of the server is left."""
    with sagemaker.serve() as url:
        port = int(url.rpartition(":")[2])
        to = connection(url)
        call(to, "ListTrainingJobs")
    to.close()
    with sagemaker.serve(port=port) as again:
        assert again == url
    with pytest.raises(ConnectionRefusedError):
        call(url, "ListTrainingJobs")


def test_a_port_in_use_is_an_error(sagemaker: SageMakerMock) -> None:
    """The message says what to do."""
    with sagemaker.serve() as url, pytest.raises(UsageError, match=r"cannot listen on '127\.0\.0\.1', port .*give another"):
        sagemaker.serve(port=int(url.rpartition(":")[2])).__enter__()
    with pytest.raises(UsageError, match=r"cannot listen on '192\.0\.2\.1'"), sagemaker.serve(host="192.0.2.1", token="t"):
        pass  # pragma: no cover  # not reached


def test_beyond_loopback_a_token_is_required(sagemaker: SageMakerMock) -> None:
    """Otherwise everybody on the network could control the world."""
    everywhere = "0.0.0.0"  # noqa: S104  # the point of the test
    with pytest.raises(UsageError, match=r"'0\.0\.0\.0' can be reached from other machines.*give a token"):
        sagemaker.serve(host=everywhere)
    with sagemaker.serve(host=everywhere, token="secret") as url:
        assert url.startswith("http://127.0.0.1:")
        assert call(url, "ListTrainingJobs").status == 200


@pytest.mark.skipif(not socket.has_ipv6 or not Path("/proc/net/if_inet6").exists(), reason="there is no IPv6 here")
def test_ipv6_addresses_work(sagemaker: SageMakerMock) -> None:
    """In brackets in the URL."""
    with sagemaker.serve(host="::1") as url:
        assert url.startswith("http://[::1]:")
        assert call(url, "ListTrainingJobs").status == 200


def test_many_parallel_calls_are_all_answered(sagemaker: SageMakerMock, url: str) -> None:
    """More than the server has threads."""

    def poll(number: int) -> set[int]:
        to = connection(url)
        found = {call(to, "CreateTrainingJob", request(f"churn-{number}")).status}
        found |= {call(to, "DescribeTrainingJob", {"TrainingJobName": f"churn-{number}"}).status for _ in range(10)}
        to.close()
        return found

    with ThreadPoolExecutor(40) as pool:
        assert set().union(*pool.map(poll, range(40))) == {200}
    assert len(sagemaker.jobs) == 40
    assert sagemaker.calls.count == 440


def test_logs_are_served_too(sagemaker: SageMakerMock, url: str) -> None:
    """Those of training jobs; other log groups are not ours."""
    sagemaker.plan("*", Plan.completes(logs={"Training": [(0, "epoch=1")]}))
    call(url, "CreateTrainingJob", request("churn"))
    sagemaker.advance_until_idle()
    to = {"Content-Type": "application/x-amz-json-1.1", "Authorization": signature(service="logs")}

    def ask(operation: str, **params: str) -> Any:
        headers = {**to, "X-Amz-Target": f"Logs_20140328.{operation}"}
        return exchange(url, "POST", "/", json.dumps(params), headers)

    streams = ask("DescribeLogStreams", logGroupName="/aws/sagemaker/TrainingJobs").document["logStreams"]
    found = ask("GetLogEvents", logGroupName="/aws/sagemaker/TrainingJobs", logStreamName=streams[0]["logStreamName"])
    assert [one["message"] for one in found.document["events"]] == ["epoch=1"]
    other = ask("GetLogEvents", logGroupName="/aws/lambda/x", logStreamName="x")
    assert (other.status, other.document["__type"]) == (501, "NotSimulated")
    assert "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS" in other.document["message"]


def test_a_child_process_uses_the_mock_through_its_environment(sagemaker: SageMakerMock, client: Any, url: str) -> None:
    """Its boto3 sees the same job; the clock stands while the test waits for the child."""
    create(client)
    code = (
        "import json, botocore.session;"
        "client = botocore.session.Session().create_client('sagemaker');"
        "print(client.describe_training_job(TrainingJobName='churn')['TrainingJobArn'])"
    )
    env = {name: value for name, value in child_environment(url).items() if not name.startswith("COVERAGE_")}
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=env)  # noqa: S603  # our own code
    assert found.stdout.strip() == sagemaker.jobs["churn"].arn
    assert sagemaker.clock.now() == START
    assert "Botocore" in str(sagemaker.calls[-1].origin)


def test_the_environment_of_a_child_leads_only_to_the_mock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither to the user's credentials, nor through a proxy."""
    for name in (
        "AWS_PROFILE",
        "AWS_SESSION_TOKEN",
        "AWS_ROLE_ARN",
        "AWS_BEARER_TOKEN_BEDROCK",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    ):
        monkeypatch.setenv(name, "true")
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    found = child_environment("http://127.0.0.1:1", region="eu-west-1")
    aws = {name: value for name, value in found.items() if name.startswith("AWS_")}
    assert aws == {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_SAGEMAKER": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": "http://127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": "sagemock",
        "AWS_SECRET_ACCESS_KEY": "sagemock",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_REGION": "eu-west-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    assert "NO_PROXY" not in found
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    assert child_environment("u")["NO_PROXY"] == "127.0.0.1,localhost,::1"
    monkeypatch.setenv("NO_PROXY", "intranet")
    assert child_environment("u")["no_proxy"] == "intranet,127.0.0.1,localhost,::1"


def test_an_event_loop_beside_the_server_is_virtual(sagemaker: SageMakerMock, url: str) -> None:
    """The server's own loop is real, in the same process."""

    async def sleep() -> None:
        await asyncio.sleep(600)
        await asyncio.to_thread(call, url, "ListTrainingJobs")

    asyncio.run(sleep())
    assert sagemaker.clock.now() == after(600)
    assert sagemaker.calls[0].at == after(600)
