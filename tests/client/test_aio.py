"""Clients of aiobotocore are answered like those of botocore, with any HTTP session."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from contextvars import copy_context
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import CapacityNotAvailableError, ClientError, ConnectTimeoutError, WaiterError
from botocore.session import get_session as make_session

from sagemock import NotAnswered, NotSimulated, Plan, SageMakerMock, mock_sagemaker
from sagemock.client.aio import AioPatch, _in_flight
from sagemock.client.environ import Environ
from sagemock.client.guard import IN_FLIGHT, Guard, InFlight
from sagemock.client.hook import Hook
from tests.support.calling import START, request
from tests.support.waiting import PATIENCE_S

aiobotocore = pytest.importorskip("aiobotocore", reason="aiobotocore is not installed")

from aiobotocore import client as aio_client  # noqa: E402  # only if it is installed
from aiobotocore import endpoint, httpsession  # noqa: E402  # only if it is installed
from aiobotocore.config import AioConfig  # noqa: E402  # only if it is installed
from aiobotocore.retries import adaptive, bucket  # noqa: E402  # only if it is installed
from aiobotocore.session import AioSession, get_session  # noqa: E402  # only if it is installed

PATCHED = [
    (aio_client.AioBaseClient, "_make_request"),
    (endpoint.AioEndpoint, "_send"),
    (httpsession.AIOHTTPSession, "send"),
    (bucket.AsyncTokenBucket, "acquire"),
    (AioSession, "get_credentials"),
]
SERVICE = "sagemaker"
_SESSION = get_session()


@asynccontextmanager
async def opened(service: str = SERVICE, session: Any = _SESSION, **options: Any) -> AsyncIterator[Any]:
    """Open a client; its session is shared, because reading SageMaker's model takes longer than most tests."""
    options.setdefault("region_name", "us-east-1")
    async with session.create_client(service, **options) as client:
        yield client


@pytest.fixture(autouse=True)
def _classes_stay_what_they_were() -> Iterator[None]:
    """Check after each test that the classes of aiobotocore have no patch of ours."""
    before = [vars(owner)[name] for owner, name in PATCHED]
    meta_path = sys.meta_path.copy()
    yield
    assert [vars(owner)[name] for owner, name in PATCHED] == before
    assert "_enabled" not in vars(adaptive.AsyncClientRateLimiter)
    assert sys.meta_path == meta_path
    assert IN_FLIGHT.get() is None


def run(main: Callable[[SageMakerMock], Awaitable[None]], **options: Any) -> SageMakerMock:
    """Run a coroutine function in its own mock."""
    options = {"start": START, "latency": 0, **options}

    async def entered() -> SageMakerMock:
        async with mock_sagemaker(**options) as mock:
            await main(mock)
        return mock

    return asyncio.run(entered())


def test_a_job_is_created_described_listed_stopped_and_waited_for() -> None:
    """Serialisation, parsing, pages and waiters are aiobotocore's own; six hours pass at once."""

    async def main(mock: SageMakerMock) -> None:
        async with opened() as client:
            for name in ("one", "two", "three"):
                await client.create_training_job(**request(name))
            shown = await client.describe_training_job(TrainingJobName="one")
            assert shown["CreationTime"] == datetime.now(timezone.utc) == START
            assert type(shown["CreationTime"]).__name__ == "datetime"
            assert shown["ResponseMetadata"]["HTTPStatusCode"] == 200
            await client.stop_training_job(TrainingJobName="two")
            await client.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="three")
            pages = client.get_paginator("list_training_jobs").paginate(MaxResults=2)
            found = [job["TrainingJobStatus"] async for page in pages for job in page["TrainingJobSummaries"]]
            assert sorted(found) == ["Completed", "Completed", "Stopped"]
            with pytest.raises(ClientError, match="Requested resource not found"):
                await client.describe_training_job(TrainingJobName="four")

    begun = time.perf_counter()
    mock = run(main, plan=Plan.completes(training=timedelta(hours=5)))
    assert mock.clock.now() - START > timedelta(hours=5)
    assert {sleep.duration for sleep in mock.sleeps} == {timedelta(seconds=120)}
    assert time.perf_counter() - begun < PATIENCE_S


def test_a_waiter_fails_as_it_does_in_production() -> None:
    """With the same acceptors."""

    async def main(_: SageMakerMock) -> None:
        async with opened() as client:
            await client.create_training_job(**request("bad"))
            with pytest.raises(WaiterError, match="terminal failure state"):
                await client.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="bad")

    run(main, plan=Plan.fails("AlgorithmError: , exit code: 1"))


def test_a_client_older_than_the_mock_is_answered_and_a_plain_client_afterwards() -> None:
    """In any task or session."""

    async def main() -> None:
        async with opened() as client:
            for _ in range(2):
                with mock_sagemaker() as mock:
                    await asyncio.gather(*(client.create_training_job(**request(f"job-{number}")) for number in range(3)))
                    assert len(mock.calls) == 3
            events = client.meta.events
            events.register_first("before-send.sagemaker", lambda **_: pytest.fail("it would have been sent"), unique_id="stop")
            handlers = events._emitter._handlers if hasattr(events, "_emitter") else events._handlers
            assert not [one for one in handlers.prefix_search("before-send.sagemaker") if "sagemock" in type(one).__module__]

    asyncio.run(main())


def test_a_call_under_way_when_the_mock_stops_is_not_sent() -> None:
    """Its error says so, and the client is a plain one afterwards."""

    async def main() -> None:
        async with opened() as client:
            mock = mock_sagemaker(latency=0).start()
            client.meta.events.register("request-created.sagemaker", lambda **_: mock.stop(), unique_id="stop")
            with pytest.raises(NotAnswered, match="the mock was stopped while ListTrainingJobs was in progress"):
                await client.list_training_jobs()
            events = client.meta.events
            handlers = events._emitter._handlers if hasattr(events, "_emitter") else events._handlers
            assert not [one for one in handlers.prefix_search("before-send.sagemaker") if "sagemock" in type(one).__module__]

    asyncio.run(main())


def test_a_call_just_after_the_stop_is_aiobotocores() -> None:
    """As with botocore."""

    async def wrapped(*_: object) -> str:
        return "sent"

    hook = Hook(lambda: None)
    patch = AioPatch(lambda: None, hook, Guard(lambda: None), Environ(lambda: None))
    assert asyncio.run(patch._call(wrapped, object(), (SimpleNamespace(name="ListTrainingJobs"),), {})) == "sent"  # type: ignore[arg-type]  # the client is not used


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_every_retry_mode_handles_throttles_in_virtual_time(mode: Any) -> None:
    """The back-off is a sleep, and so is the wait for a token in adaptive mode."""

    async def main(mock: SageMakerMock) -> None:
        async with opened(config=AioConfig(retries={"mode": mode, "max_attempts": 5})) as client:
            await client.create_training_job(**request("churn"))
            mock.fault("DescribeTrainingJob", "ThrottlingException", times=3)
            shown = await client.describe_training_job(TrainingJobName="churn")
            assert shown["ResponseMetadata"]["RetryAttempts"] == 3
            for _ in range(3):
                await client.describe_training_job(TrainingJobName="churn")

    mock = run(main)
    assert mock.calls.to("DescribeTrainingJob").outcomes[:4] == ["ThrottlingException"] * 3 + ["ok"]
    slept = mock.sleeps.total
    assert len(mock.sleeps) >= 3
    assert mock.clock.now() - START == slept


def test_timeouts_are_botocores_errors() -> None:
    """They stand for those of aiohttp."""

    async def main(mock: SageMakerMock) -> None:
        async with opened(config=AioConfig(retries={"total_max_attempts": 1})) as client:
            mock.fault("ListTrainingJobs", "ConnectTimeout", times=1)
            with pytest.raises(ConnectTimeoutError):
                await client.list_training_jobs()

    run(main)


def test_an_unsimulated_operation_is_an_error() -> None:
    """Our own errors reach the caller unchanged."""

    async def main(_: SageMakerMock) -> None:
        async with opened() as client:
            with pytest.raises(NotSimulated, match="ListModels"):
                await client.list_models()

    run(main, latency=0.1)


class Sent(list[str]):
    """The requests that a user's own HTTP session would have sent."""

    async def send(self, sent: Any) -> Any:
        """Record a request and fail."""
        self.append(sent.url)
        raise ConnectTimeoutError(endpoint_url=sent.url)


def test_no_service_is_reached_by_any_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Except those of `passthrough`, and this machine; after the mock all are."""
    network = Sent()
    monkeypatch.setattr(httpsession.AIOHTTPSession, "send", lambda _, sent: network.send(sent))
    options: dict[str, Any] = {
        "config": AioConfig(retries={"total_max_attempts": 1}),
        "aws_access_key_id": "AKIDTEST",
        "aws_secret_access_key": "secret",
    }

    async def call(service: str, operation: str, **more: Any) -> None:
        async with opened(service, **options, **more) as client:
            await getattr(client, operation)()

    async def main(_: SageMakerMock) -> None:
        with pytest.raises(NotAnswered, match=r"^sts\.GetCallerIdentity"):
            await call("sts", "get_caller_identity")
        with pytest.raises(ConnectTimeoutError):
            await call("s3", "list_buckets")
        with pytest.raises(ConnectTimeoutError):
            await call("sts", "get_caller_identity", endpoint_url="http://localhost:5000")
        with pytest.raises(NotAnswered, match="by itself"):
            await httpsession.AIOHTTPSession().send(SimpleRequest("http://169.254.169.254/latest"))

    run(main, passthrough=["s3"])
    with pytest.raises(ConnectTimeoutError):
        asyncio.run(call("sts", "get_caller_identity"))
    assert len(network) == 3


class SimpleRequest:
    """The part of a request that the guard reads."""

    method = "GET"

    def __init__(self, url: str) -> None:
        self.url = url


def test_a_custom_session_class_is_stopped_too() -> None:
    """At the endpoint, whatever sends behind it."""
    network = Sent()

    async def main(_: SageMakerMock) -> None:
        async with opened("sts") as client:
            theirs, client._endpoint.http_session = client._endpoint.http_session, network
            with pytest.raises(NotAnswered, match=r"^sts\.GetCallerIdentity"):
                await client.get_caller_identity()
            client._endpoint.http_session = theirs

    run(main)
    assert network == []


def test_clients_on_httpx_are_answered_and_stopped_too() -> None:
    """They have their own classes of waiters and buckets."""
    httpxsession = pytest.importorskip("aiobotocore.httpxsession", reason="this aiobotocore is older than the backend")
    if httpxsession.httpx is None:
        pytest.skip("the backend needs its extra")  # pragma: no cover  # only one environment has httpx
    config = AioConfig(http_session_cls=httpxsession.HttpxSession, retries={"mode": "adaptive"})

    async def main(mock: SageMakerMock) -> None:
        async with opened(config=config) as client:
            await client.create_training_job(**request("churn"))
            mock.fault("DescribeTrainingJob", "ThrottlingException", times=1)
            await client.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="churn")
        with pytest.raises(NotAnswered, match="by itself"):
            await httpxsession.HttpxSession().send(SimpleRequest("http://169.254.169.254/latest"))

    assert run(main).jobs["churn"].status == "Completed"


def test_credentials_are_not_needed_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that outlives the mock looks for its own; inside, the user's are not used."""
    session: Any = get_session()

    async def main(_: SageMakerMock) -> None:
        async with opened(session=session) as client:
            await client.create_training_job(**request("churn"))
        found = await session.get_credentials()
        assert found.access_key == "sagemock"

    run(main)
    assert vars(session)["_credentials"] is None
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDUSER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    async def with_own(_: SageMakerMock) -> None:
        found: Any = await session.get_credentials()
        assert found.access_key == "sagemock"

    run(with_own)
    assert asyncio.run(session.get_credentials()).access_key == "AKIDUSER"


def test_a_profile_without_credentials_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with botocore."""
    file = tmp_path / "config"
    started = tmp_path / "started"
    file.write_text(f"[profile prod]\ncredential_process = touch {started}\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    session: Any = AioSession(profile="prod")

    async def main(_: SageMakerMock) -> None:
        async with opened(session=session) as client:
            await client.create_training_job(**request("churn"))

    assert list(run(main).jobs) == ["churn"]
    assert not started.exists()
    with pytest.raises(ValueError, match="Expecting value"):
        asyncio.run(session.get_credentials())
    assert started.exists()


def test_a_test_may_replace_make_api_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls that it hands on are ours, as with botocore."""
    original: Any = vars(aio_client.AioBaseClient)["_make_api_call"]

    async def replacement(self: Any, operation_name: str, api_params: dict[str, Any]) -> Any:
        return {"Models": []} if operation_name == "ListModels" else await original(self, operation_name, api_params)

    async def main(_: SageMakerMock) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(aio_client.AioBaseClient, "_make_api_call", replacement)
            async with opened() as client:
                assert await client.list_models() == {"Models": []}
                assert (await client.list_training_jobs())["TrainingJobSummaries"] == []

    assert run(main).calls.count == 1


def a_bucket() -> Any:
    """Return a bucket of adaptive mode that has just been emptied."""
    found = bucket.AsyncTokenBucket(max_rate=1, clock=bucket.Clock())
    found._current_capacity = 0
    return found


def test_acquire_without_block_raises_at_once() -> None:
    """With real sleep aiobotocore waits as usual."""

    async def main(_: SageMakerMock) -> None:
        with pytest.raises(CapacityNotAvailableError):
            await a_bucket().acquire(1, block=False)

    assert run(main).sleeps == []

    async def really(_: SageMakerMock) -> None:
        emptied = a_bucket()
        emptied._refill()
        emptied._fill_rate = emptied._max_capacity = 1000
        assert await emptied.acquire()

    assert run(really, sleep="real").sleeps == []


def test_outside_asyncio_a_bucket_fills_too() -> None:
    """Clients on httpx may run in trio; here a coroutine is driven by hand."""
    with mock_sagemaker(latency=0) as mock:

        async def made() -> Any:
            return a_bucket()

        emptied = asyncio.run(made())
        driven = bucket.AsyncTokenBucket.acquire(emptied)
        with pytest.raises(StopIteration, match="True"):
            driven.send(None)
        assert [sleep.duration for sleep in mock.sleeps] == [timedelta(seconds=1)]


def test_an_abandoned_call_is_closed_in_any_context() -> None:
    """The garbage collector runs in another context, whose calls must not change."""
    given_up = _in_flight(SERVICE, "ListTrainingJobs")
    copy_context().run(given_up.__enter__)
    with _in_flight(SERVICE, "DescribeTrainingJob"):
        given_up.__exit__(None, None, None)
        assert IN_FLIGHT.get() == InFlight(SERVICE, "DescribeTrainingJob")


LATE = """
import asyncio, sys
from sagemock import mock_sagemaker

async def main():
    with mock_sagemaker() as mock:
        assert "aiobotocore" not in sys.modules
        import aiobotocore.session
        async with aiobotocore.session.get_session().create_client("sagemaker", region_name="us-east-1") as client:
            await client.list_training_jobs()
        print(len(mock.calls))
    import aiobotocore.client, aiobotocore.retries.bucket
    print(type(vars(aiobotocore.client.AioBaseClient)["_make_request"]).__name__)

asyncio.run(main())
"""


def test_aiobotocore_may_be_imported_inside_a_mock() -> None:
    """The mock itself never imports it."""
    done = subprocess.run([sys.executable, "-c", LATE], capture_output=True, text=True, check=False)  # noqa: S603  # our own code
    assert (done.stdout, done.stderr) == ("1\nfunction\n", "")


def test_a_failed_patch_leaves_aiobotocore_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """For example if a release renames a class; the next mock works."""
    make_request, finders = vars(aio_client.AioBaseClient).get("_make_request"), list(sys.meta_path)
    with monkeypatch.context() as context:
        context.setitem(sys.modules, "aiobotocore.session", ModuleType("aiobotocore.session"))
        with pytest.raises(AttributeError):
            mock_sagemaker().start()
    assert vars(aio_client.AioBaseClient).get("_make_request") is make_request
    assert sys.meta_path == finders
    with mock_sagemaker():
        assert vars(aio_client.AioBaseClient).get("_make_request") is not make_request
    assert vars(aio_client.AioBaseClient).get("_make_request") is make_request


@pytest.mark.asyncio
async def test_sessions_share_parsed_models_with_botocores() -> None:
    """They use botocore's own loader."""
    with mock_sagemaker():
        shared = [make_session().get_component("data_loader").load_service_model(SERVICE, "service-2") for _ in range(3)][-1]
        async with opened(session=get_session()) as client:
            assert client.meta.service_model.metadata is shared["metadata"]
