"""Every client of the process is answered, no matter who created it and when, and is a plain client again afterwards."""

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
    """Stands in for the network: keeps what was sent, and is unreachable."""

    def send(self, request: AWSPreparedRequest) -> NoReturn:
        """Refuse."""
        self.append(request.url)
        raise EndpointConnectionError(endpoint_url=request.url)


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    """Put a network in place that is never reached."""
    found = Network()
    monkeypatch.setattr(URLLib3Session, "send", lambda _, request: found.send(request))
    return found


def handlers(client: BaseClient) -> list[Callable[..., object]]:
    """Return what a client's emitter would call for the events that sagemock listens to."""
    known: Any = client.meta.events
    return [handler for event in EVENTS for handler in known._emitter._handlers.prefix_search(event)]


def plain(credentials: Credentials | None, **options: Any) -> Any:
    """Return a client of a session with these credentials, or that has looked for credentials and found none."""
    session: Any = botocore.session.Session()
    if credentials is None:
        session.get_component("credential_provider").providers.clear()
    else:
        session._credentials = credentials
    client = session.create_client("sagemaker", "us-east-1", **options)
    verify(client)
    return client


def refreshable(kind: type[RefreshableCredentials], expires: datetime | None) -> RefreshableCredentials:
    """Return credentials that cannot be refreshed without failing the test."""
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
    """Importing sagemock after everything else is soon enough."""
    source = """
import sys, botocore.session
client = botocore.session.Session().create_client("sagemaker", "us-east-1")
assert not [name for name in sys.modules if name.startswith("sagemock")]
from sagemock import mock_sagemaker
with mock_sagemaker():
    print(client.list_training_jobs()["TrainingJobSummaries"])
"""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False)  # noqa: S603  # our own source
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_clients_of_any_session_and_thread_see_one_world() -> None:
    """Another session or another thread does not bypass the mock."""
    with mock_sagemaker(), ThreadPoolExecutor(1) as pool:
        create(make_client())
        other: Any = botocore.session.Session().create_client("sagemaker", "us-east-1")
        assert describe(other)["TrainingJobName"] == "churn"
        assert pool.submit(lambda: describe(make_client())["TrainingJobName"]).result() == "churn"
        assert pool.submit(describe, other).result()["TrainingJobName"] == "churn"


def test_a_client_without_any_credentials_is_answered(network: Network) -> None:
    """Nobody needs credentials to be answered here; afterwards botocore misses them again."""
    client = plain(None)
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
    """Those of SSO, of a role or of a process may be stale: nobody is asked for new ones."""
    client = plain(refreshable(kind, expires))
    with mock_sagemaker(start=START):
        create(client)


@pytest.mark.parametrize("passthrough", [[], ["s3"]], ids=["closed", "open"])
def test_credentials_are_not_refreshed_for_another_service_either(passthrough: list[str], network: Network) -> None:
    """Neither for this machine nor for nobody; where a service is let through, they are its own affair."""
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


def test_credentials_that_are_still_good_sign_the_request() -> None:
    """So the account of their access key is found."""
    client = plain(refreshable(RefreshableCredentials, START + timedelta(days=1)))
    with mock_sagemaker(start=START) as sagemaker:
        sagemaker.accounts["AKID"] = "999999999999"
        assert ":999999999999:" in create(client)


def test_an_outlived_client_is_a_plain_client_again(network: Network) -> None:
    """Its handlers are those it had before, and its calls go out."""
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
    [(make_client, 1), (partial(plain, None), 2), (partial(plain, refreshable(DeferredRefreshableCredentials, None)), 2)],
    ids=["credentials at hand", "none", "to be fetched"],
)
def test_a_client_of_two_mocks_in_turn_has_its_handlers_once(make: Callable[[], Any], added: int) -> None:
    """Many calls, many mocks and nested ones register once each time. A client that can sign gets no handler for signing."""
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
    """The second thread waits until the first one has registered the handler, and its call does not miss it."""
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
        # It ends only after this one: it needs the handler.
        with pytest.raises(NotYet):
            second[0].result(timeout=0.05)
        register(*args, **kwargs)

    client.meta.events.register_first = register_first
    with mock_sagemaker(latency=0) as mock, ThreadPoolExecutor(1) as pool:
        ask()
        second[0].result()
        assert mock.calls.count == 2


def test_a_call_under_way_when_the_mock_stops_is_not_sent(network: Network) -> None:
    """It says so; afterwards the client is a plain client, and the next mock answers it, while the call goes on or not."""
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


def test_a_call_that_goes_on_into_the_next_mock_is_answered_there() -> None:
    """And its end does not unregister the handler of that mock."""
    client = make_client()
    before = handlers(client)
    first, second = mock_sagemaker(latency=0).start(), mock_sagemaker(latency=0)

    def change(**_: object) -> None:
        client.meta.events.unregister("request-created.sagemaker", unique_id="change")
        first.stop()
        second.start()
        # Other users of the client are meanwhile also answered by the second mock.
        client.list_training_jobs()

    client.meta.events.register_first("request-created.sagemaker", change, unique_id="change")
    client.list_training_jobs()
    client.list_training_jobs()
    assert (first.calls.count, second.calls.count) == (0, 3)
    second.stop()
    assert handlers(client) == before


def test_a_call_that_comes_just_after_the_stop_is_botocores() -> None:
    """A thread may stand before our wrapper while the mock stops."""
    hook = Hook(lambda: None)
    client = make_client()
    before = handlers(client)
    assert hook._call(lambda *_: "sent", client, (SimpleNamespace(name="ListTrainingJobs"),), {}) == "sent"
    assert handlers(client) == before


def test_an_emitter_that_keeps_what_it_found_before_is_no_way_out(network: Network) -> None:
    """In another thread, it may have looked up its handlers just before ours came, and use those."""
    client = make_client()
    with mock_sagemaker() as mock:
        client.list_training_jobs()
        client.meta.events._emitter._lookup_cache["before-send.sagemaker.ListTrainingJobs"] = []
        assert client.list_training_jobs()["TrainingJobSummaries"] == []
        assert mock.calls.count == 2
    assert network == []


def test_many_threads_lose_no_call() -> None:
    """One client in eight threads: every job is there, every call is on record."""
    client = make_client()
    with mock_sagemaker(latency=0) as sagemaker:
        with ThreadPoolExecutor(8) as pool:
            arns = set(pool.map(lambda number: create(client, f"job-{number}"), range(80)))
        assert {job.arn for job in sagemaker.jobs.values()} == arns
        assert len(arns) == len(sagemaker.calls) == 80


def test_a_mock_keeps_no_client_alive() -> None:
    """A client that the code under test no longer uses is collected, with its handlers."""
    with mock_sagemaker():
        client: Any = botocore.session.Session().create_client("sagemaker", "us-east-1")
        client.list_training_jobs()
        gone = weakref.ref(client)
        del client
        gc.collect()
        assert gone() is None


def test_a_call_by_keywords_is_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Code that wraps our wrapper may call it by the names of its parameters."""
    client = make_client()
    with mock_sagemaker(), monkeypatch.context() as patched:
        ours = vars(BaseClient)["_make_request"]

        def by_name(self: BaseClient, operation_model: object, request_dict: object, request_context: object) -> Any:
            known = {"operation_model": operation_model, "request_dict": request_dict, "request_context": request_context}
            return ours.__get__(self)(**known)

        patched.setattr(BaseClient, "_make_request", by_name)
        assert client.list_training_jobs()["TrainingJobSummaries"] == []


def test_a_test_that_replaces_make_api_call_leaves_us_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many do for a service or an operation that no mock of theirs has, and hand on the others: before a mock and inside."""
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


def test_a_client_that_cannot_be_left_keeps_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its emitter is somebody's own, say; the handlers on the others are taken off, and then its error is raised."""
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
    """A call that another thread begins after the stop is botocore's, be the handlers still there for one under way."""
    hook = Hook(lambda: None)
    hook.install()
    client = plain(None)
    hook.begin(client)
    hook.uninstall()
    request = AWSPreparedRequest("POST", "https://x", HTTPHeaders(), b"{}", stream_output=False)
    watched = hook._clients[client]
    assert watched.responder is not None
    assert watched.responder(request, "before-send.sagemaker.ListTrainingJobs") is None
    assert watched.signing.choose_signer() is None


def test_a_tracer_that_outlives_the_mock_keeps_nothing_of_it(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tracing wraps the method that we have wrapped; a client is signed again, or complains, as it would without us."""
    monkeypatch.setattr(BaseClient, "_make_request", vars(BaseClient)["_make_request"])
    traced: list[str] = []

    def trace(wrapped: Any, _: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        traced.append(args[0].name)
        return wrapped(*args, **kwargs)

    client = plain(None)
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


def test_an_answer_has_the_headers_of_the_service() -> None:
    """Date is the virtual instant of the answer, the request id is new each time, and the same again in the next run."""
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


def test_a_body_can_be_awaited_as_often_as_one_likes() -> None:
    """It is awaited by aiobotocore, twice a call; to botocore it is bytes."""
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
def test_the_attempt_is_read_off_the_retry_header(header: bytes | str, attempt: int) -> None:
    """A header that names none is that of a first attempt."""
    assert _attempt(header) == attempt


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_each_retry_mode_spends_its_backoff_on_the_virtual_clock(mode: Any) -> None:
    """A service that throttles twice is asked three times; nothing sleeps for real, and every attempt is on record."""
    with mock_sagemaker(start=START, latency=0) as sagemaker:
        client = make_client(config=Config(retries={"total_max_attempts": 4, "mode": mode}))
        create(client)
        # Registered for the operation itself, it comes before ours; botocore asks both and takes the first answer.
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
    """Answers the first calls with ThrottlingException."""

    left: int

    def __call__(self, request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        """Answer, or leave it to the next handler."""
        self.left -= 1
        body = b'{"__type":"ThrottlingException","message":"Rate exceeded"}'
        return None if self.left < 0 else Response(request.url, Answer(400, body), 0, "throttled")
