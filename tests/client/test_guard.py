"""A request without an answer does not leave the process."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.endpoint import Endpoint
from botocore.exceptions import NoCredentialsError
from botocore.httpsession import URLLib3Session

from sagemock import NotAnswered, mock_sagemaker
from sagemock.client.guard import IN_FLIGHT, Guard, InFlight

ONCE = Config(retries={"total_max_attempts": 1})


class Network(list[str]):
    """A fake network that records requests and gives empty answers."""

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        """Record a request and return an empty response."""
        self.append(request.url)
        empty: Any = {}
        return Empty(request.url, 200, empty, None)


class Empty(AWSResponse):
    """A response without a body."""

    @property
    def content(self) -> bytes:
        """Return an empty body."""
        return b""


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    """Install a fake network that answers everything."""
    found = Network()
    monkeypatch.setattr(URLLib3Session, "send", lambda _, request: found.send(request))
    return found


def make_client(service: str, **options: Any) -> Any:
    """Return a client of any service."""
    session: Any = botocore.session.Session()
    return session.create_client(service, "us-east-1", config=ONCE, **options)


def test_a_call_without_an_answer_says_what_to_do(network: Network) -> None:
    """The error names the service, the operation, the target of the call, and the ways out."""
    with mock_sagemaker(), pytest.raises(NotAnswered) as stopped:
        make_client("s3").delete_object(Bucket="churn", Key="model")
    assert str(stopped.value) == (
        "s3.DeleteObject (DELETE https://churn.s3.amazonaws.com/model) has no answer: sagemock answers "
        "calls about SageMaker's jobs, and lets no other call reach AWS. Mock s3 as well (moto's mock_aws works beside "
        "sagemock), or let it reach the network with mock_sagemaker(passthrough=['s3'])"
    )
    assert network == []


@pytest.mark.parametrize(
    "service, operation", [("sts", "get_caller_identity"), ("iam", "list_roles"), ("logs", "describe_destinations")]
)
def test_no_other_service_is_reached(service: str, operation: str, network: Network) -> None:
    """Even from clients that are older than the mock."""
    client = make_client(service, aws_access_key_id="AKID", aws_secret_access_key="secret")
    with mock_sagemaker(), pytest.raises(NotAnswered, match=rf"^{service}\."):
        getattr(client, operation)()
    assert network == []


SERVICES = ["dynamodb", "ec2", "ecr", "iam", "kms", "lambda", "logs", "s3", "secretsmanager", "sqs", "sts"]


@pytest.mark.parametrize("service", SERVICES)
def test_without_credentials_the_error_is_ours_too(service: str, network: Network) -> None:
    """A client without credentials would only complain about these."""
    session: Any = botocore.session.Session()
    session.get_component("credential_provider").providers.clear()
    client = session.create_client(service, "us-east-1", config=ONCE)
    model = client.meta.service_model
    params: dict[str, Any] = {"Bucket": "churn"} if service == "s3" else {}
    operation = next(name for name in model.operation_names if set(required(model.operation_model(name))) == set(params))
    with mock_sagemaker(), pytest.raises(NotAnswered, match=rf"^{service}\.{operation} "):
        client._make_api_call(operation, params)
    assert network == []


def required(operation: Any) -> list[str]:
    """Return the required parameters of an operation."""
    found: list[str] = operation.input_shape.required_members if operation.input_shape else []
    return found


@pytest.mark.parametrize(
    "options, endpoint",
    [({"passthrough": ["sts"]}, "https://sts.amazonaws.com"), ({}, "http://localhost:4566")],
    ids=["passed", "here"],
)
def test_a_request_that_may_leave_needs_credentials(options: Any, endpoint: str, network: Network) -> None:
    """It is signed as usual, and botocore raises without credentials; also after the mock."""
    session: Any = botocore.session.Session()
    session.get_component("credential_provider").providers.clear()
    client = session.create_client("sts", "us-east-1", endpoint_url=endpoint)
    with mock_sagemaker(**options), pytest.raises(NoCredentialsError):
        client.get_caller_identity()
    with pytest.raises(NoCredentialsError):
        client.get_caller_identity()
    assert network == []


def test_passthrough_lets_only_its_services_out(network: Network) -> None:
    """Another service is stopped."""
    with mock_sagemaker(passthrough=["s3"]):
        make_client("s3").delete_object(Bucket="churn", Key="model")
        with pytest.raises(NotAnswered, match=r"^sts\.GetCallerIdentity"):
            make_client("sts").get_caller_identity()
    assert network == ["https://churn.s3.amazonaws.com/model"]


def test_the_innermost_mock_decides(network: Network) -> None:
    """It may stop a request that the outer one lets out."""
    with mock_sagemaker(passthrough=["s3"]):
        client = make_client("s3")
        with mock_sagemaker(), pytest.raises(NotAnswered):
            client.delete_object(Bucket="churn", Key="model")
        client.delete_object(Bucket="churn", Key="model")
    assert len(network) == 1


def test_this_machine_can_be_reached(network: Network) -> None:
    """For example a local emulator."""
    with mock_sagemaker():
        make_client("s3", endpoint_url="http://localhost:4566").delete_object(Bucket="churn", Key="model")
    assert network == ["http://localhost:4566/churn/model"]


def test_botocores_own_requests_are_stopped(network: Network) -> None:
    """A request outside any call is one for credentials; its argument may be a keyword."""
    request = AWSPreparedRequest("PUT", "http://169.254.169.254/latest/api/token", {}, b"", stream_output=False)  # type: ignore[arg-type]  # headers
    with mock_sagemaker():
        for args, kwargs in (([request], {}), ([], {"request": request})):
            with pytest.raises(NotAnswered) as stopped:
                URLLib3Session().send(*args, **kwargs)
            assert str(stopped.value) == (
                "botocore was about to send PUT http://169.254.169.254/latest/api/token by itself (to get credentials, it "
                "seems), and none of its requests leaves the process while sagemock is active: set AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY to anything in the test's environment"
            )
    assert network == []


def test_a_request_just_after_the_stop_is_sent() -> None:
    """A thread may enter our wrapper just when the mock stops."""
    request = AWSPreparedRequest("GET", "https://s3.amazonaws.com", {}, b"", stream_output=False)  # type: ignore[arg-type]  # headers
    assert Guard(lambda: None).stop(lambda sent: sent, None, (request,), {}) is request


def test_afterwards_everything_is_let_out(network: Network) -> None:
    """Even from a client made inside the mock."""
    with mock_sagemaker():
        client = make_client("s3")
    client.delete_object(Bucket="churn", Key="model")
    assert len(network) == 1


def test_a_host_is_let_out_by_its_name(network: Network) -> None:
    """For any service there; without credentials botocore complains."""
    with mock_sagemaker(passthrough=["minio.example.com"]):
        make_client("s3", endpoint_url="https://minio.example.com.:9000").delete_object(Bucket="churn", Key="model")
        with pytest.raises(NotAnswered, match=r"^s3\.DeleteObject"):
            make_client("s3").delete_object(Bucket="churn", Key="model")
    session: Any = botocore.session.Session()
    session.get_component("credential_provider").providers.clear()
    client = session.create_client("s3", "us-east-1", endpoint_url="https://minio.example.com")
    with mock_sagemaker(passthrough=["minio.example.com"]), pytest.raises(NoCredentialsError):
        client.list_buckets()
    assert network == ["https://minio.example.com.:9000/churn/model"]


def test_a_service_that_may_leave_does_not_open_the_way_to_credentials(network: Network) -> None:
    """Requests for credentials during its call need an entry of their own."""
    request: Any = AWSPreparedRequest("GET", "http://169.254.170.2/v2", {}, b"", stream_output=False)  # type: ignore[arg-type]  # headers
    flight = IN_FLIGHT.set(InFlight("s3", "ListBuckets"))
    with mock_sagemaker(passthrough=["s3"]), pytest.raises(NotAnswered):
        URLLib3Session().send(request)
    with mock_sagemaker(passthrough=["s3", "169.254.170.2"]):
        URLLib3Session().send(request)
    IN_FLIGHT.reset(flight)
    assert len(network) == 1


@pytest.mark.parametrize(
    "proxy, may",
    [("http://user:pass@proxy.example.com:3128", 0), ("http://192.0.2.1:1", 0), ("http://127.0.0.1:3128", 1)],
)
@pytest.mark.parametrize("way", ["config", "environment"])
def test_this_machine_through_a_foreign_proxy_is_the_network(
    way: str, proxy: str, may: int, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says how to avoid the proxy, without its password. A local proxy is allowed."""
    endpoint = "http://127.0.0.1:4566"
    config = ONCE
    if way == "config":
        config = ONCE.merge(Config(proxies={"http": proxy}))
    else:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("http_proxy", proxy)
    session: Any = botocore.session.Session()
    with mock_sagemaker():
        client = session.create_client("s3", "us-east-1", config=config, endpoint_url=endpoint)
        if may:
            client.delete_object(Bucket="churn", Key="model")
        else:
            with pytest.raises(NotAnswered) as stopped:
                client.delete_object(Bucket="churn", Key="model")
            assert str(stopped.value) == (
                f"a request to {endpoint}/churn/model would leave this machine through the proxy "
                f"{proxy.replace('user:pass', '***:***')}, and nothing leaves the process while sagemock is active: set "
                "NO_PROXY=localhost,127.0.0.1 in the test's environment, or give the client Config(proxies={}) without that proxy"
            )
    assert len(network) == may


class OwnSession(URLLib3Session):
    """An HTTP session that sends by its own code."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def send(self, request: Any) -> AWSResponse:
        return self.network.send(request)


@pytest.mark.parametrize("kind", ["class", "instance"])
def test_a_custom_session_is_stopped_too(kind: str) -> None:
    """At the endpoint, whatever sends behind it. It may send where others may."""
    network = Network()
    client = make_client("s3", aws_access_key_id="AKID", aws_secret_access_key="secret")
    endpoint = client._endpoint
    if kind == "class":
        endpoint.http_session = OwnSession(network)
    else:
        endpoint.http_session.send = network.send
    with mock_sagemaker(), pytest.raises(NotAnswered, match=r"^s3\.DeleteObject"):
        client.delete_object(Bucket="churn", Key="model")
    assert network == []
    with mock_sagemaker(passthrough=["s3"]):
        client.delete_object(Bucket="churn", Key="model")
    assert len(network) == 1


def test_an_older_threads_call_from_before_the_mock_is_let_out(network: Network) -> None:
    """A thread of the mock has no such call, so its unknown request is stopped."""
    client = make_client("s3", aws_access_key_id="AKID", aws_secret_access_key="secret")
    entered, begun = Event(), Event()

    def wait(**_: object) -> None:
        begun.set()
        entered.wait()

    client.meta.events.register("request-created.s3", wait)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(client.delete_object, Bucket="churn", Key="model")
        begun.wait()
        with mock_sagemaker():
            entered.set()
            call.result()
            assert len(network) == 1
            # As if the call did not go through `_make_request`: the guard does not know that it has begun.
            with pytest.raises(NotAnswered):
                vars(Endpoint)["_send"].__get__(client._endpoint)(
                    AWSPreparedRequest("GET", "https://s3.amazonaws.com/", {}, b"", stream_output=False)  # type: ignore[arg-type]  # headers
                )
    assert len(network) == 1
