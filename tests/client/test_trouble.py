"""A fault has the same effect as the real network: compared with a misbehaving local server."""

import json
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session
from botocore.session import Session

from sagemock import NothingWillHappen, mock_sagemaker
from tests.support.calling import START, after, code_and_text, create, request
from tests.support.waiting import PATIENCE_S


def one_attempt(**timeouts: Any) -> Config:
    """Return a client configuration without retries."""
    return Config(retries={"mode": "standard", "total_max_attempts": 1}, **timeouts)


@cache
def session() -> Any:
    """Return one session for all tests, because reading SageMaker's model takes longer than most of them."""
    return Session()


def client_of(config: Config, **options: Any) -> Any:
    """Return a client whose responses are not checked, because they are broken."""
    return session().create_client(
        "sagemaker", "us-east-1", aws_access_key_id="AKIDTEST", aws_secret_access_key="secret", config=config, **options
    )


def error_of(client: Any) -> Exception:
    """Return the error of a describe."""
    with pytest.raises(Exception, match=".") as caught:
        client.describe_training_job(TrainingJobName="churn")
    return caught.value


# -- a server that misbehaves


Behaviour = Callable[[socket.socket, threading.Event], None]
"""What a server does with a connection; the event is set when the client has gone."""


def reset(connection: socket.socket, _: threading.Event) -> None:
    """Reset a connection."""
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def say_nothing(connection: socket.socket, gone: threading.Event) -> None:
    """Keep a connection open and say nothing."""
    connection.recv(65536)
    assert gone.wait(PATIENCE_S)


def hear(connection: socket.socket) -> None:
    """Read a whole request, because a server that closes with unread data resets the connection."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        # Byte by byte, so that the body is read separately, whether it comes with the head or later.
        head += connection.recv(1)
    left = int(head.lower().partition(b"content-length:")[2].split()[0])
    while left > 0:
        left -= len(connection.recv(left))


def say_half(connection: socket.socket, _: threading.Event) -> None:
    """Answer with half a document.

    Its Content-Length is true: urllib3 2.0 complains about a shorter answer, newer versions do not.
    """
    body = json.dumps({"TrainingJobArn": "arn:aws:sagemaker:us-east-1:123456789012:training-job/churn"}).encode()
    hear(connection)
    half = body[: len(body) // 2]
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: {len(half)}\r\n\r\n"
    connection.sendall(head.encode() + half)


@contextmanager
def server(behave: Behaviour) -> Iterator[str]:
    """Serve one connection on this machine; yield the URL."""
    gone = threading.Event()

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.settimeout(PATIENCE_S)
            behave(connection, gone)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(PATIENCE_S)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        gone.set()
        thread.join()


def unused_port() -> str:
    """Return the URL of a port without a listener."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"http://127.0.0.1:{listening.getsockname()[1]}"


def error_under(fault: str, url: str, config: Config) -> Exception:
    """Return the error of a describe under a fault."""
    with mock_sagemaker(start=START) as mock:
        mock.fault("DescribeTrainingJob", fault)
        return error_of(client_of(config, endpoint_url=url))


@pytest.mark.parametrize("fault,behave", [("ConnectionReset", reset), ("ReadTimeout", say_nothing), ("LostAnswer", say_nothing)])
def test_a_fault_is_the_error_of_the_real_network(fault: str, behave: Behaviour) -> None:
    """Same class and text, so that botocore and the code under test react alike."""
    config = one_attempt(read_timeout=0.05)
    with server(behave) as url:
        real = error_of(client_of(config, endpoint_url=url))
    made = error_under(fault, url, config)
    assert type(made) is type(real)
    assert str(made) == str(real)


def test_an_unreachable_endpoint_is_the_error_of_the_real_network() -> None:
    """No process listens there."""
    url = unused_port()
    real = error_of(client_of(one_attempt(), endpoint_url=url))
    made = error_under("EndpointUnreachable", url, one_attempt())
    assert type(made) is type(real)
    assert str(made) == str(real)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a full queue refuses")
def test_a_connect_timeout_is_the_error_of_the_real_network() -> None:
    """A listener with a full queue neither accepts nor refuses a connection."""
    config = one_attempt(connect_timeout=0.05)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        address = listening.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.settimeout(0)
            one.connect_ex(address)
        url = f"http://127.0.0.1:{address[1]}"
        real = error_of(client_of(config, endpoint_url=url))
        for one in waiting:
            one.close()
    made = error_under("ConnectTimeout", url, config)
    assert type(made) is type(real)
    assert str(made) == str(real)


def test_a_broken_body_is_read_as_from_the_real_network() -> None:
    """A body that botocore cannot parse counts as an answer without members."""
    with server(say_half) as url:
        real = client_of(one_attempt(), endpoint_url=url).create_training_job(**request("churn"))
    with mock_sagemaker(start=START) as mock:
        mock.fault("CreateTrainingJob", "MalformedBody")
        made = client_of(one_attempt(), endpoint_url=url).create_training_job(**request("churn"))
        assert mock.jobs["churn"].status == "InProgress"
    assert made.keys() == real.keys() == {"ResponseMetadata"}


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_a_broken_body_is_not_retried(mode: Any) -> None:
    """No retry mode counts it as an error, so its missing members surprise the caller."""
    with mock_sagemaker(start=START) as mock:
        mock.fault("ListTrainingJobs", "MalformedBody")
        assert client_of(Config(retries={"mode": mode})).list_training_jobs().keys() == {"ResponseMetadata"}
        assert mock.calls.outcomes == ["MalformedBody"]


def test_a_refusal_with_a_broken_body_has_no_code() -> None:
    """Only the HTTP status is left."""
    with mock_sagemaker(start=START) as mock:
        mock.fault("DescribeTrainingJob", "MalformedBody")
        with pytest.raises(ClientError) as caught:
            client_of(one_attempt()).describe_training_job(TrainingJobName="churn")
        code, text, status = code_and_text(caught.value)
        assert (code, status) == ("400", 400)
        assert text.startswith('{"__type":"Validation')


# -- how long a fault takes


@pytest.mark.parametrize(
    "fault,timeouts,seconds",
    [
        ("ConnectTimeout", {"connect_timeout": 7, "read_timeout": 11}, 7),
        ("ReadTimeout", {"connect_timeout": 7, "read_timeout": 11}, 11),
        ("LostAnswer", {"connect_timeout": 7, "read_timeout": 1.5}, 1.5),
        ("ReadTimeout", {}, 60),
        ("ConnectTimeout", {}, 60),
        ("ConnectionReset", {"connect_timeout": 7}, 0.25),
        ("EndpointUnreachable", {"connect_timeout": 7}, 0.25),
        ("MalformedBody", {}, 0.25),
        ("ThrottlingException", {}, 0.25),
    ],
)
def test_a_fault_takes_as_long_as_in_production(fault: str, timeouts: dict[str, float], seconds: float) -> None:
    """A timeout takes the client's own timeout; other errors take the usual latency."""
    with mock_sagemaker(start=START, latency=0.25) as mock:
        mock.fault("*", fault)
        with suppress(Exception):
            client_of(one_attempt(**timeouts)).list_training_jobs()
        assert mock.clock.now() == after(seconds)
        assert mock.calls[0].at == START


@pytest.mark.skipif(not hasattr(URLLib3Session, "_get_request_timeout"), reason="this botocore has one timeout for all")
def test_an_operation_may_have_its_own_timeout() -> None:
    """A newer botocore has it in the request context."""

    def patience(request: Any, **_: object) -> None:
        request.context["read_timeout"] = 5

    with mock_sagemaker(start=START) as mock:
        mock.fault("*", "ReadTimeout", times=1)
        client = client_of(one_attempt())
        client.meta.events.register("before-sign.sagemaker", patience)
        error_of(client)
        assert mock.clock.now() == after(5)


@pytest.mark.parametrize(
    "fault,setting", [("ConnectTimeout", "connect_timeout"), ("ReadTimeout", "read_timeout"), ("LostAnswer", "read_timeout")]
)
def test_a_timeout_of_a_client_without_one_is_an_error(fault: str, setting: str) -> None:
    """The call would hang forever."""
    with mock_sagemaker(start=START) as mock:
        mock.fault("DescribeTrainingJob", fault)
        with pytest.raises(NothingWillHappen) as caught:
            client_of(one_attempt(**{setting: None})).describe_training_job(TrainingJobName="churn")
        assert str(caught.value) == (
            f"DescribeTrainingJob meets fault('DescribeTrainingJob', {fault!r}), and its client would wait forever: "
            f"its Config has {setting}=None. Let the code under test set {setting} to a number of seconds"
        )


# -- what takes effect


@pytest.mark.parametrize("fault", ["ConnectTimeout", "ReadTimeout", "ConnectionReset", "EndpointUnreachable", "InternalFailure"])
def test_a_request_that_does_not_arrive_has_no_effect(fault: str) -> None:
    """No job is created."""
    with mock_sagemaker(start=START) as mock:
        mock.fault("CreateTrainingJob", fault)
        with suppress(Exception):
            create(client_of(one_attempt()))
        assert not mock.jobs
        assert mock.calls.outcomes == [fault]


@pytest.mark.parametrize("fault", ["LostAnswer", "MalformedBody"])
def test_a_request_whose_answer_is_lost_has_taken_effect(fault: str) -> None:
    """The job exists from the arrival of the call; a refusal is lost as well."""
    with mock_sagemaker(start=START) as mock:
        mock.fault("CreateTrainingJob", fault)
        for _ in range(2):
            with suppress(Exception):
                create(client_of(one_attempt()))
        assert mock.jobs["churn"].created == START
        assert mock.calls.outcomes == [fault, fault]


def test_an_empty_answer_can_be_broken_too() -> None:
    """If an operation has no output, botocore does not read the body."""
    with mock_sagemaker(start=START) as mock:
        mock.fault("StopTrainingJob", "MalformedBody")
        client = client_of(one_attempt())
        create(client)
        assert client.stop_training_job(TrainingJobName="churn").keys() == {"ResponseMetadata"}
        assert mock.jobs["churn"].status == "Stopping"


def test_a_fault_applies_to_an_unsimulated_operation() -> None:
    """The call is denied before any effect."""
    with mock_sagemaker(start=START) as mock:
        mock.fault("DescribeEndpoint", "ThrottlingException", times=1)
        client = client_of(one_attempt())
        with pytest.raises(Exception, match="Rate exceeded"):
            client.describe_endpoint(EndpointName="churn")
        with pytest.raises(NotImplementedError):
            client.describe_endpoint(EndpointName="churn")
        assert mock.calls.outcomes == ["ThrottlingException", "NotSimulated"]
