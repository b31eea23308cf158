"""Every client of the process is answered, whoever made it and when, and is a plain client afterwards."""

import asyncio
import gc
import subprocess
import sys
import weakref
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from types import SimpleNamespace
from typing import Any, NoReturn

import botocore.session
import pytest
import wrapt
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.credentials import Credentials, DeferredRefreshableCredentials, RefreshableCredentials
from botocore.exceptions import CredentialRetrievalError, EndpointConnectionError, NoCredentialsError
from botocore.httpsession import URLLib3Session

from sagemock import NotAnswered, mock_sagemaker
from sagemock.client.hook import Hook
from sagemock.client.responder import _attempt
from sagemock.client.response import Response
from sagemock.protocol.answer import Answer
from tests.support.calling import START, create, describe, make_client, verify

EVENTS = [f"{event}.sagemaker.DescribeTrainingJob" for event in ("before-send", "choose-signer")]


class Network(list[str]):
    """A fake network that records requests and refuses them."""

    def send(self, request: AWSPreparedRequest) -> NoReturn:
        """Record a request and fail."""
        self.append(request.url)
        raise EndpointConnectionError(endpoint_url=request.url)


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    """Install a fake network that refuses everything."""
    found = Network()
    monkeypatch.setattr(URLLib3Session, "send", lambda _, request: found.send(request))
    return found


def handlers(client: BaseClient) -> list[Callable[..., object]]:
    """Return a client's handlers for the events that sagemock uses."""
    known: Any = client.meta.events
    return [handler for event in EVENTS for handler in known._emitter._handlers.prefix_search(event)]


def client_with(credentials: Credentials | None, **options: Any) -> Any:
    """Return a client with these credentials; without any it has looked for some and found none."""
    session: Any = botocore.session.Session()
    if credentials is None:
        session.get_component("credential_provider").providers.clear()
    else:
        session._credentials = credentials
    client = session.create_client("sagemaker", "us-east-1", **options)
    verify(client)
    return client


def refreshable(kind: type[RefreshableCredentials], expires: datetime | None) -> RefreshableCredentials:
    """Return credentials whose refresh fails the test."""
    refresh = partial(pytest.fail, "the credentials were refreshed")
    if kind is DeferredRefreshableCredentials:
        return DeferredRefreshableCredentials(refresh, "sso")
    assert expires is not None
    return RefreshableCredentials("AKID", "secret", "token", expires, refresh, "sso")


def test_a_client_made_before_the_mock_is_answered() -> None:
    """It is found at its first call, not at its creation."""
    client = make_client()
    with mock_sagemaker():
        create(client)
        assert describe(client)["TrainingJobStatus"] == "InProgress"


def test_a_client_made_before_the_import_is_answered() -> None:
    """You may import sagemock last."""
    source = """
import sys, botocore.session
client = botocore.session.Session().create_client("sagemaker", "us-east-1")
assert not [name for name in sys.modules if name.startswith("sagemock")]
from sagemock import mock_sagemaker
with mock_sagemaker():
    print(client.list_training_jobs()["TrainingJobSummaries"])
"""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False)  # noqa: S603  # our own code
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_clients_of_any_session_and_thread_see_one_world() -> None:
    """No session or thread bypasses the mock."""
    with mock_sagemaker(), ThreadPoolExecutor(1) as pool:
        create(make_client())
        other: Any = botocore.session.Session().create_client("sagemaker", "us-east-1")
        assert describe(other)["TrainingJobName"] == "churn"
        assert pool.submit(lambda: describe(make_client())["TrainingJobName"]).result() == "churn"
        assert pool.submit(describe, other).result()["TrainingJobName"] == "churn"


def test_a_client_without_credentials_is_answered(network: Network) -> None:
    """Afterwards botocore misses them again."""
    client = client_with(None)
    with pytest.raises(NoCredentialsError):
        client.list_training_jobs()
    with mock_sagemaker(account_id="000000000001") as sagemaker:
        sagemaker.accounts["AKID"] = "999999999999"
        assert ":000000000001:" in create(client)
    with pytest.raises(NoCredentialsError):
        client.list_training_jobs()
    assert network == []


@pytest.mark.parametrize(
    "kind, expires",
    [
        (DeferredRefreshableCredentials, None),
        (RefreshableCredentials, datetime(2018, 7, 29, tzinfo=timezone.utc)),
        (RefreshableCredentials, datetime(2018, 7, 30, 0, 5, tzinfo=timezone.utc)),
    ],
    ids=["never fetched", "expired", "nearly expired"],
)
def test_credentials_are_never_refreshed(kind: type[RefreshableCredentials], expires: datetime | None) -> None:
    """Those of SSO, of a role or a process may be stale; no new ones are fetched."""
    client = client_with(refreshable(kind, expires))
    with mock_sagemaker(start=START):
        create(client)


@pytest.mark.parametrize("passthrough", [[], ["s3"]], ids=["closed", "open"])
def test_credentials_are_not_refreshed_for_other_services_either(passthrough: list[str], network: Network) -> None:
    """Neither for this machine nor for a stopped call; a service that is let through uses its own."""
    session: Any = botocore.session.Session()
    refreshed: list[str] = []
    session._credentials = DeferredRefreshableCredentials(partial(refreshed.append, "refreshed"), "sso")
    config = Config(retries={"total_max_attempts": 1})
    here = session.create_client("sqs", "us-east-1", endpoint_url="http://localhost:4566", config=config)
    there = session.create_client("sqs", "us-east-1", config=config)
    if passthrough:
        with mock_sagemaker(passthrough=passthrough), pytest.raises(CredentialRetrievalError):
            here.list_queues()
        assert refreshed == ["refreshed"]
        return
    with mock_sagemaker():
        with pytest.raises(EndpointConnectionError):
            here.list_queues()
        with pytest.raises(NotAnswered, match=r"^sqs\.ListQueues"):
            there.list_queues()
    assert refreshed == []
    assert network == ["http://localhost:4566/"]


def test_valid_credentials_sign_the_request() -> None:
    """So the account of their access key is found."""
    client = client_with(refreshable(RefreshableCredentials, START + timedelta(days=1)))
    with mock_sagemaker(start=START) as sagemaker:
        sagemaker.accounts["AKID"] = "999999999999"
        assert ":999999999999:" in create(client)


def test_a_client_that_outlives_the_mock_is_a_plain_one(network: Network) -> None:
    """It has its own handlers again, and its calls go out."""
    config = Config(retries={"total_max_attempts": 1})
    old, new = make_client(config=config), []
    before = handlers(old)
    with mock_sagemaker():
        create(old)
        new.append(make_client(config=config))
        describe(new[0])
        assert len(handlers(old)) == len(before) + 1
    assert handlers(old) == handlers(new[0]) == before
    for client in (old, *new):
        with pytest.raises(EndpointConnectionError):
            client.list_training_jobs()
    assert network == ["https://api.sagemaker.us-east-1.amazonaws.com/"] * 2


@pytest.mark.parametrize(
    "make, added",
    [
        (make_client, 1),
        (partial(client_with, None), 2),
        (partial(client_with, refreshable(DeferredRefreshableCredentials, None)), 2),
    ],
    ids=["credentials at hand", "none", "to be fetched"],
)
def test_a_client_of_two_mocks_in_turn_has_its_handlers_once(make: Callable[[], Any], added: int) -> None:
    """For many calls, many mocks and nested ones. A client that can sign gets no handler for signing."""
    client = make()
    before = handlers(client)
    for _ in range(3):
        with mock_sagemaker(), mock_sagemaker():
            for _ in range(3):
                client.list_training_jobs()
            assert len(handlers(client)) == len(before) + added
        assert handlers(client) == before


@pytest.mark.parametrize("service", ["sagemaker", "logs"])
def test_a_first_call_in_two_threads_is_answered_in_both(service: str) -> None:
    """The second thread waits until the first one has registered the handler."""
    session: Any = botocore.session.Session()
    client = session.create_client(service, "us-east-1", aws_access_key_id="AKID", aws_secret_access_key="secret")
    call: Callable[[], object] = (
        client.list_training_jobs
        if service == "sagemaker"
        else partial(client.describe_log_streams, logGroupName="/aws/sagemaker/TrainingJobs")
    )
    register = client.meta.events.register_first
    second: list[Future[None]] = []

    def ask() -> None:
        with suppress(client.exceptions.ClientError):
            call()

    def register_first(*args: object, **kwargs: object) -> None:
        second.append(pool.submit(ask))
        # It ends after the other one only, because it needs the handler.
        with pytest.raises(NotYet):
            second[0].result(timeout=0.05)
        register(*args, **kwargs)

    client.meta.events.register_first = register_first
    with mock_sagemaker(latency=0) as mock, ThreadPoolExecutor(1) as pool:
        ask()
        second[0].result()
        assert mock.calls.count == 2


def test_a_call_under_way_when_the_mock_stops_is_not_sent(network: Network) -> None:
    """Its error says so; afterwards the client is plain, and the next mock answers it, whether or not the call still runs."""
    client = make_client(config=Config(retries={"total_max_attempts": 1}))
    before = handlers(client)
    mock = mock_sagemaker(latency=0).start()
    client.meta.events.register_first("request-created.sagemaker", lambda **_: mock.stop(), unique_id="stop")
    with pytest.raises(NotAnswered) as stopped:
        client.list_training_jobs()
    assert str(stopped.value) == (
        "the mock was stopped while ListTrainingJobs was in progress, and a call that began under a mock is not sent to AWS: "
        "end the threads and tasks of a test before its mock (join them, or await them)"
    )
    client.meta.events.unregister("request-created.sagemaker", unique_id="stop")
    assert handlers(client) == before
    assert network == []
    with mock_sagemaker():
        assert client.list_training_jobs()["TrainingJobSummaries"] == []
    with pytest.raises(EndpointConnectionError):
        client.list_training_jobs()


def test_a_call_that_lasts_into_the_next_mock_is_answered_there() -> None:
    """Its end does not unregister the next mock's handler."""
    client = make_client()
    before = handlers(client)
    first, second = mock_sagemaker(latency=0).start(), mock_sagemaker(latency=0)

    def change(**_: object) -> None:
        client.meta.events.unregister("request-created.sagemaker", unique_id="change")
        first.stop()
        second.start()
        # Other users of the client get answers of the second mock meanwhile.
        client.list_training_jobs()

    client.meta.events.register_first("request-created.sagemaker", change, unique_id="change")
    client.list_training_jobs()
    client.list_training_jobs()
    assert (first.calls.count, second.calls.count) == (0, 3)
    second.stop()
    assert handlers(client) == before


def test_a_call_just_after_the_stop_is_botocores() -> None:
    """A thread may stand before our wrapper while the mock stops."""
    hook = Hook(lambda: None)
    client = make_client()
    before = handlers(client)
    assert hook._call(lambda *_: "sent", client, (SimpleNamespace(name="ListTrainingJobs"),), {}) == "sent"
    assert handlers(client) == before


def test_an_emitter_with_old_handlers_does_not_reach_the_network(network: Network) -> None:
    """Another thread may have looked up its handlers just before ours came."""
    client = make_client()
    with mock_sagemaker() as mock:
        client.list_training_jobs()
        client.meta.events._emitter._lookup_cache["before-send.sagemaker.ListTrainingJobs"] = []
        assert client.list_training_jobs()["TrainingJobSummaries"] == []
        assert mock.calls.count == 2
    assert network == []


def test_many_threads_lose_no_call() -> None:
    """One client in eight threads: every job exists, and every call is recorded."""
    client = make_client()
    with mock_sagemaker(latency=0) as sagemaker:
        with ThreadPoolExecutor(8) as pool:
            arns = set(pool.map(lambda number: create(client, f"job-{number}"), range(80)))
        assert {job.arn for job in sagemaker.jobs.values()} == arns
        assert len(arns) == len(sagemaker.calls) == 80


def test_a_mock_keeps_no_client_alive() -> None:
    """A client without an owner is collected with its handlers."""
    with mock_sagemaker():
        client: Any = botocore.session.Session().create_client("sagemaker", "us-east-1")
        client.list_training_jobs()
        gone = weakref.ref(client)
        del client
        gc.collect()
        assert gone() is None


def test_a_call_may_use_keywords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Code that wraps our wrapper may do so."""
    client = make_client()
    with mock_sagemaker(), monkeypatch.context() as patched:
        ours = vars(BaseClient)["_make_request"]

        def by_name(self: BaseClient, operation_model: object, request_dict: object, request_context: object) -> Any:
            known = {"operation_model": operation_model, "request_dict": request_dict, "request_context": request_context}
            return ours.__get__(self)(**known)

        patched.setattr(BaseClient, "_make_request", by_name)
        assert client.list_training_jobs()["TrainingJobSummaries"] == []


def test_a_test_may_replace_make_api_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many tests do for some service, and hand on other calls: before a mock and inside."""
    original: Any = vars(BaseClient)["_make_api_call"]

    def replacement(self: BaseClient, operation_name: str, api_params: dict[str, Any]) -> Any:
        return {"RoleName": "trainer"} if operation_name == "GetRole" else original(self, operation_name, api_params)

    iam: Any = botocore.session.Session().create_client("iam", "us-east-1")
    for enter_first in (True, False):
        mock = mock_sagemaker()
        with monkeypatch.context() as patched, ExitStack() as stack:
            if enter_first:
                stack.enter_context(mock)
            patched.setattr(BaseClient, "_make_api_call", replacement)
            if not enter_first:
                stack.enter_context(mock)
            assert iam.get_role(RoleName="trainer") == {"RoleName": "trainer"}
            assert make_client().list_training_jobs()["TrainingJobSummaries"] == []
        assert mock.calls.count == 1


def test_a_client_that_cannot_be_restored_keeps_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its emitter may be custom. The handlers of the others are removed, and then its error is raised."""
    hook, first, second = Hook(lambda: None), make_client(), make_client()
    make_request, before = vars(BaseClient)["_make_request"], handlers(second)
    hook.install()
    for client in (first, second):
        handler = hook.begin(client)
        assert handler is not None
        hook.end(client, handler)
    assert handlers(second) != before

    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(first.meta.events, "unregister", fail)
    with pytest.raises(MemoryError):
        hook.uninstall()
    assert handlers(second) == before
    assert vars(BaseClient)["_make_request"] is make_request


def test_without_an_active_mock_a_handler_does_nothing() -> None:
    """A call that begins after the stop is botocore's, even if handlers are still there for another call."""
    hook = Hook(lambda: None)
    hook.install()
    client = client_with(None)
    hook.begin(client)
    hook.uninstall()
    request = AWSPreparedRequest("POST", "https://x", HTTPHeaders(), b"{}", stream_output=False)
    watched = hook._clients[client]
    assert watched.responder is not None
    assert watched.responder(request, "before-send.sagemaker.ListTrainingJobs") is None
    assert watched.signing.choose_signer() is None


def test_a_tracer_that_outlives_the_mock_keeps_nothing_of_it(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tracing wraps our wrapper; a client signs again, or complains, as without us."""
    monkeypatch.setattr(BaseClient, "_make_request", vars(BaseClient)["_make_request"])
    traced: list[str] = []

    def trace(wrapped: Any, _: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        traced.append(args[0].name)
        return wrapped(*args, **kwargs)

    client = client_with(None)
    before = handlers(client)
    with mock_sagemaker():
        cls: Any = BaseClient
        cls._make_request = wrapt.FunctionWrapper(vars(BaseClient)["_make_request"], trace)
        client.list_training_jobs()
    with pytest.raises(NoCredentialsError):
        client.list_training_jobs()
    assert traced == ["ListTrainingJobs"] * 2
    assert handlers(client) == before
    assert network == []


def test_a_response_has_the_headers_of_the_service() -> None:
    """Date is virtual; request ids are unique, and the same in the next run."""
    ids = []
    for _ in range(2):
        with mock_sagemaker(start=START, latency=1):
            client = make_client()
            for second in range(2):
                metadata = client.list_training_jobs()["ResponseMetadata"]
                assert metadata["HTTPStatusCode"] == 200
                assert metadata["HTTPHeaders"] == {
                    "x-amzn-requestid": metadata["RequestId"],
                    "content-type": "application/x-amz-json-1.1",
                    "content-length": "27",
                    "date": f"Mon, 30 Jul 2018 00:00:0{second} GMT",
                }
                ids.append(metadata["RequestId"])
    assert ids[:2] == ids[2:]
    assert len(set(ids)) == 2


def test_a_body_can_be_awaited_repeatedly() -> None:
    """For botocore it is bytes, but aiobotocore awaits it twice a call."""
    client = make_client()
    found: list[Any] = []
    client.meta.events.register("after-call.sagemaker", lambda http_response, **_: found.append(http_response.content))
    with mock_sagemaker():
        client.list_training_jobs()

    async def read() -> list[bytes]:
        return [await found[0], await found[0]]

    assert asyncio.run(read()) == [found[0], found[0]] == [b'{"TrainingJobSummaries":[]}'] * 2


@pytest.mark.parametrize(
    "header, attempt", [(b"attempt=1", 1), ("ttl=20180730T000000Z; attempt=12; max=5", 12), (b"", 1), ("max=5", 1)]
)
def test_the_attempt_is_read_from_the_retry_header(header: bytes | str, attempt: int) -> None:
    """Without the header it is the first attempt."""
    assert _attempt(header) == attempt


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_each_retry_mode_waits_on_the_virtual_clock(mode: Any) -> None:
    """A service that throttles twice is called three times; no sleep is real, and every attempt is recorded."""
    with mock_sagemaker(start=START, latency=0) as sagemaker:
        client = make_client(config=Config(retries={"total_max_attempts": 4, "mode": mode}))
        create(client)
        # A handler for the operation itself comes before ours; botocore calls both and takes the first answer.
        client.meta.events.register("before-send.sagemaker.DescribeTrainingJob", Throttle(2))
        assert describe(client)["TrainingJobName"] == "churn"
        described = [call for call in sagemaker.calls if call.operation == "DescribeTrainingJob"]
        assert [call.attempt for call in described] == [1, 2, 3]
        backoff = [sleep.duration for sleep in sagemaker.sleeps]
        assert len(backoff) >= 2
        assert sagemaker.clock.now() - START == sum(backoff, timedelta())
        assert described[-1].at > described[0].at


@dataclass
class Throttle:
    """A handler that throttles the first calls."""

    left: int

    def __call__(self, request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        """Throttle, or leave the call to the next handler."""
        self.left -= 1
        body = b'{"__type":"ThrottlingException","message":"Rate exceeded"}'
        return None if self.left < 0 else Response(request.url, Answer(400, body), 0, "throttled")
