"""Use moto and sagemock together: each answers its own calls, in any order of start and stop."""

import asyncio
import gc
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias

import boto3
import botocore.session
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.backends import get_backend
from moto.core import models
from moto.core.botocore_stubber import BotocoreStubber

from sagemock import NotAnswered, NotSimulated, Plan, SageMakerMock, current, mock_sagemaker
from sagemock.moto.handler import Moto, ask, disown, is_ours, moto_answers
from sagemock.service.operations import OPERATIONS
from tests.support.calling import START, create, describe, make_client, request

Body: TypeAlias = Callable[[], None]
Arrangement: TypeAlias = Callable[[Body], None]

MODEL = {"ModelName": "churn", "ExecutionRoleArn": "arn:aws:iam::123456789012:role/Training"}
EVENT = "before-send.sagemaker.DescribeTrainingJob"


def client_of(service: str = "sagemaker", **options: Any) -> Any:
    """Return a client whose responses are not checked, because moto's differ."""
    keys = {"aws_access_key_id": "AKID", "aws_secret_access_key": "secret"}
    client: Any = _session().create_client(service, "us-east-1", **keys, **options)
    return client


@cache
def _session() -> Any:
    """Return one session for all tests, which has already read the models."""
    return botocore.session.Session()


@pytest.fixture(autouse=True)
def _default_session() -> Iterator[None]:
    """Remove boto3's default session before and after each test."""
    boto3.DEFAULT_SESSION = None
    yield
    boto3.DEFAULT_SESSION = None


# -- all orders and faces


def moto_around(body: Body) -> None:
    """Enter moto, then sagemock."""
    with mock_aws(), mock_sagemaker(start=START):
        body()


def moto_within(body: Body) -> None:
    """Enter sagemock, then moto."""
    with mock_sagemaker(start=START), mock_aws():
        body()


def decorated_moto_around(body: Body) -> None:
    """Decorate a function with moto outside."""
    mock_aws(mock_sagemaker(start=START)(body))()


def decorated_moto_within(body: Body) -> None:
    """Decorate a function with moto inside."""
    mock_sagemaker(start=START)(mock_aws(body))()


def started_moto_first(body: Body) -> None:
    """Start and stop moto first."""
    ends_in_any_order(mock_aws(), mock_sagemaker(start=START), body)


def started_moto_last(body: Body) -> None:
    """Start and stop moto last."""
    ends_in_any_order(mock_sagemaker(start=START), mock_aws(), body)


def ends_in_any_order(first: Any, second: Any, body: Body) -> None:
    """Start both, and stop the one that was started first."""
    first.start()
    second.start()
    body()
    first.stop()
    second.stop()


def run_as_pytest_does(case: Any) -> None:
    """Run the test as pytest does, between setup and teardown.

    Moto resets in a `setup_method`, which its decorator adds to the class.
    """
    case.setup_method(case.test_it)
    try:
        case.test_it()
    finally:
        case.teardown_method(case.test_it)


def decorated_class(body: Body) -> None:
    """Decorate a class with moto outside."""

    @mock_aws
    @mock_sagemaker(start=START)
    class Case:
        def test_it(self) -> None:
            body()

    run_as_pytest_does(Case())


def decorated_class_moto_within(body: Body) -> None:
    """Decorate a class with moto inside."""

    @mock_sagemaker(start=START)
    @mock_aws
    class Case:
        def test_it(self) -> None:
            body()

    run_as_pytest_does(Case())


def a_coroutine(body: Body) -> None:
    """Decorate a coroutine function, and enter moto inside."""

    @mock_sagemaker(start=START)
    async def test_it() -> None:
        await asyncio.sleep(0)
        with mock_aws():
            body()

    asyncio.run(test_it())


def between_two_of_moto(body: Body) -> None:
    """Enter sagemock between two mocks of moto."""
    with mock_aws(), mock_sagemaker(start=START), mock_aws():
        body()


def between_two_of_sagemock(body: Body) -> None:
    """Enter moto between two mocks of sagemock."""
    with mock_sagemaker(start=START), mock_aws(), mock_sagemaker(start=START):
        body()


def with_the_process_in_real_time(body: Body) -> None:
    """Enter both with the process in real time."""
    with mock_aws(), mock_sagemaker(start=START, wall="real", sleep="real"):
        body()


@pytest.fixture(
    params=[
        moto_around,
        moto_within,
        decorated_moto_around,
        decorated_moto_within,
        started_moto_first,
        started_moto_last,
        decorated_class,
        decorated_class_moto_within,
        a_coroutine,
        between_two_of_moto,
        between_two_of_sagemock,
        with_the_process_in_real_time,
    ],
    ids=lambda arrangement: arrangement.__name__,
)
def both_mocks(request: pytest.FixtureRequest) -> Arrangement:
    """Return one of these ways to use both."""
    arrangement: Arrangement = request.param
    return arrangement


class Asked(list[str]):
    """The URLs of the requests that reached moto."""


@pytest.fixture
def requests_to_moto(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Record the requests that reach moto."""
    found = Asked()
    real = BotocoreStubber.process_request

    def process_request(stubber: BotocoreStubber, request: AWSPreparedRequest) -> Any:
        found.append(request.url)
        return real(stubber, request)

    monkeypatch.setattr(BotocoreStubber, "process_request", process_request)
    return found


def test_each_answers_its_own_calls(both_mocks: Arrangement, requests_to_moto: Asked) -> None:
    """Training jobs are sagemock's and the rest moto's, without configuration; moto never sees the jobs."""

    def body() -> None:
        s3 = client_of("s3")
        s3.create_bucket(Bucket="churn")
        s3.put_object(Bucket="churn", Key="data", Body=b"1,2")
        assert s3.get_object(Bucket="churn", Key="data")["Body"].read() == b"1,2"
        assert client_of("sts").get_caller_identity()["Account"] == "123456789012"
        iam = client_of("iam")
        iam.create_role(RoleName="trainer", AssumeRolePolicyDocument="{}")
        assert iam.get_role(RoleName="trainer")["Role"]["RoleName"] == "trainer"
        logs = client_of("logs")
        logs.create_log_group(logGroupName="/churn")
        assert group_names(logs) == ["/aws/sagemaker/TrainingJobs", "/churn"]
        requests_to_moto.clear()
        client = make_client()
        arn = create(client)
        assert describe(client)["TrainingJobStatus"] == "InProgress"
        client.stop_training_job(TrainingJobName="churn")
        assert describe(client)["TrainingJobStatus"] == "Stopping"
        current().advance_until_idle()
        assert describe(client)["TrainingJobStatus"] == "Stopped"
        assert client.list_tags(ResourceArn=arn)["Tags"] == []
        assert requests_to_moto == []
        assert get_backend("sagemaker")["123456789012"]["us-east-1"].training_jobs == {}

    both_mocks(body)


def test_operations_that_are_not_simulated_go_to_moto(both_mocks: Arrangement) -> None:
    """Models, endpoints and their tags; these calls are recorded too."""

    def body() -> None:
        client = client_of()
        arn = client.create_model(**MODEL, Tags=[{"Key": "team", "Value": "churn"}])["ModelArn"]
        assert client.describe_model(ModelName="churn")["ModelArn"] == arn
        assert client.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "churn"}]
        with pytest.raises(ClientError, match=r"\(ValidationException\).*Could not find model"):
            client.describe_model(ModelName="nobody")
        assert [(call.operation, call.outcome) for call in current().calls] == [
            ("CreateModel", "ok"),
            ("DescribeModel", "ok"),
            ("ListTags", "ok"),
            ("DescribeModel", "ValidationException"),
        ]

    both_mocks(body)


def test_both_restore_what_they_changed(both_mocks: Arrangement) -> None:
    """Environment, default session, handlers and moto itself, whichever mock stops first."""
    client = client_of()

    def state() -> Any:
        events: Any = client.meta.events
        session: object = boto3.DEFAULT_SESSION
        return dict(os.environ), session, list(events._emitter._handlers.prefix_search(EVENT)), vars(BotocoreStubber)["__call__"]

    before = state()

    def body() -> None:
        create(client)
        create(boto3.client("sagemaker", region_name="us-east-1"), "other")

    both_mocks(body)
    assert state() == before
    assert not moto_answers()


def test_afterwards_moto_answers_alone(both_mocks: Arrangement) -> None:
    """Even for a client that sagemock answered before."""
    client = client_of()

    def body() -> None:
        create(client)

    both_mocks(body)
    with mock_aws():
        create(client)
        assert client.describe_training_job(TrainingJobName="churn")["TrainingJobStatus"] == "Completed"


def test_fixtures_work_in_either_order(pytester: pytest.Pytester) -> None:
    """As pytest fixtures they need not know of each other."""
    pytester.makepyfile(
        f"""
        import boto3, pytest
        from moto import mock_aws

        REQUEST = {request("churn")!r}

        @pytest.fixture
        def aws():
            with mock_aws():
                yield

        def both():
            boto3.client("s3", "us-east-1").create_bucket(Bucket="churn")
            client = boto3.client("sagemaker", "us-east-1")
            client.create_training_job(**REQUEST)
            client.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="churn")
            assert boto3.client("s3", "us-east-1").list_objects_v2(Bucket="churn")["KeyCount"] == 1

        def test_moto_first(aws, sagemock):
            both()

        def test_moto_last(sagemock, aws):
            both()

        @mock_aws
        def test_decorated(sagemock):
            both()
        """
    )
    # The entry point of an installed sagemock is blocked: it would be loaded twice.
    plugins = ["-pno:sagemock", "-psagemock.pytest_plugin", "-pno:cacheprovider"]
    done = pytester.runpytest_subprocess(*plugins, "-Werror", "-oasyncio_default_fixture_loop_scope=function")
    done.assert_outcomes(passed=3)


def test_logs_are_separated_by_log_group(both_mocks: Arrangement, requests_to_moto: Asked) -> None:
    """Training job logs are ours, and all others moto's."""

    def body() -> None:
        logs = client_of("logs")
        logs.create_log_group(logGroupName="/churn")
        logs.create_log_stream(logGroupName="/churn", logStreamName="one")
        assert [one["logStreamName"] for one in logs.describe_log_streams(logGroupName="/churn")["logStreams"]] == ["one"]
        current().plan("churn", Plan.completes(logs={"Training": [(0, "epoch 1")]}))
        create(make_client())
        current().advance_until("churn", "Training")
        current().clock.advance(1)
        requests_to_moto.clear()
        group = "/aws/sagemaker/TrainingJobs"
        stream = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="churn/")["logStreams"][0]["logStreamName"]
        events = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)["events"]
        assert [event["message"] for event in events] == ["epoch 1"]
        assert requests_to_moto == []

    both_mocks(body)


def group_names(logs: Any, **requests_to_moto: Any) -> list[str]:
    """Return the names of all log groups, page by page."""
    pages = logs.get_paginator("describe_log_groups").paginate(**requests_to_moto)
    return [group["logGroupName"] for page in pages for group in page["logGroups"]]


def test_our_log_group_is_listed_among_motos(both_mocks: Arrangement) -> None:
    """In the order of names, whatever the page size; only moto's own if ours is not asked for or was deleted."""
    ours = "/aws/sagemaker/TrainingJobs"

    def body() -> None:
        logs = client_of("logs")
        others = [f"/aws/{number:02}" for number in range(60)] + ["/churn"]
        for name in others:
            logs.create_log_group(logGroupName=name)
        everything = sorted([*others, ours])
        for size in (1, 7, 50):
            assert group_names(logs, PaginationConfig={"PageSize": size}) == everything
        assert group_names(logs, logGroupNamePrefix="/aws/s") == [ours]
        assert group_names(logs, logGroupNamePattern="Training") == [ours]
        assert group_names(logs, logGroupNamePrefix="/churn") == ["/churn"]
        logs.delete_log_group(logGroupName=ours)
        assert group_names(logs) == sorted(others)
        logs.create_log_group(logGroupName=ours)
        assert group_names(logs) == everything
        with pytest.raises(ClientError, match="The specified log group already exists"):
            logs.create_log_group(logGroupName=ours)
        assert list(get_backend("logs")["123456789012"]["us-east-1"].groups) == others

    both_mocks(body)


# -- late imports and late mocks


def test_moto_may_be_imported_inside_a_mock(pytester: pytest.Pytester) -> None:
    """All clients are answered, made before or after; no virtual time stays in moto."""
    script = pytester.makepyfile(
        late=f"""
        import sys, boto3, botocore.session
        from sagemock import mock_sagemaker

        REQUEST = {request("churn")!r}
        keys = dict(aws_access_key_id="AKID", aws_secret_access_key="secret")
        session = botocore.session.Session()
        jobs, bucket = session.create_client("sagemaker", "us-east-1", **keys), session.create_client("s3", "us-east-1", **keys)
        with mock_sagemaker() as sagemaker:
            jobs.create_training_job(**REQUEST)
            assert "moto" not in sys.modules
            from moto import mock_aws
            with mock_aws():
                bucket.create_bucket(Bucket="churn")
                later = boto3.client("sagemaker", "us-east-1")
                later.stop_training_job(TrainingJobName="churn")
                jobs.create_training_job(**{{**REQUEST, "TrainingJobName": "other"}})
                sagemaker.advance_until_idle()
                assert len(later.list_training_jobs()["TrainingJobSummaries"]) == 2
                found = bucket.list_objects_v2(Bucket="churn")["Contents"]
                assert [one["Key"] for one in found] == ["models/other/output/model.tar.gz"]
        for name, module in list(sys.modules.items()):
            if name.partition(".")[0] in {{"moto", "responses", "werkzeug"}}:
                for value in list(vars(module).values()):
                    assert not str(getattr(value, "__module__", "")).startswith("freezegun"), (name, value)
        print("answered")
        """
    )
    assert pytester.runpython(script).stdout.lines == ["answered"]


def test_moto_may_start_when_a_job_exists(requests_to_moto: Asked) -> None:
    """The job goes on, and moto does not see it."""
    with mock_sagemaker(start=START):
        client = make_client()
        create(client)
        with mock_aws():
            assert describe(client)["TrainingJobName"] == "churn"
            assert requests_to_moto == []
        with pytest.raises(NotSimulated):
            client_of().create_model(**MODEL)


def test_when_sagemock_stops_first_moto_goes_on() -> None:
    """In the other order, a call for moto is stopped again."""
    moto = mock_aws()
    with mock_sagemaker():
        moto.start()
        client_of("s3").create_bucket(Bucket="churn")
    assert client_of("s3").list_buckets()["Buckets"][0]["Name"] == "churn"
    moto.stop()
    with ExitStack() as sagemaker:
        with mock_aws():
            sagemaker.enter_context(mock_sagemaker())
        with pytest.raises(NotAnswered, match=r"^s3\.ListBuckets"):
            client_of("s3").list_buckets()


def test_moto_answers_a_client_that_is_older_than_its_import() -> None:
    """Such a client has no handler of moto, and alone moto would let its call out."""
    client: Any = client_of("s3")
    client.meta.events.unregister("before-send", models.botocore_stubber)
    with mock_aws(), mock_sagemaker():
        client.create_bucket(Bucket="churn")
        client.put_object(Bucket="churn", Key="data", Body=b"1,2")
        assert client.get_object(Bucket="churn", Key="data")["Body"].read() == b"1,2"


def test_both_answer_in_worker_threads() -> None:
    """As in the test's own thread."""
    with mock_aws(), mock_sagemaker() as sagemaker, ThreadPoolExecutor(4) as pool:
        clients = [make_client() for _ in range(8)]
        arns = list(pool.map(lambda pair: create(pair[1], f"churn-{pair[0]}"), enumerate(clients)))
        assert len(set(arns)) == len(sagemaker.jobs) == 8
        assert list(pool.map(lambda _: client_of("sts").get_caller_identity()["Account"], range(4))) == ["123456789012"] * 4
        assert get_backend("sagemaker")["123456789012"]["us-east-1"].training_jobs == {}


def test_motos_handler_is_wrapped_only_once() -> None:
    """A second thread finds it wrapped, and the end unwraps it once; without moto there is nothing to wrap."""
    moto = Moto()
    before = vars(BotocoreStubber)["__call__"]
    moto.uninstall()
    moto.notice()
    wrapped = vars(BotocoreStubber)["__call__"]
    moto.notice()
    assert vars(BotocoreStubber)["__call__"] is wrapped is not before
    moto.uninstall()
    assert vars(BotocoreStubber)["__call__"] is before


def test_a_thread_that_waited_for_the_lock_checks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The handler is wrapped already."""
    moto = Moto()

    class Lock:
        def __enter__(self) -> None:
            moto._lock = real
            moto.notice()

        def __exit__(self, *_: object) -> None:
            """Let go."""

    real = moto._lock
    before = vars(BotocoreStubber)["__call__"]
    monkeypatch.setattr(moto, "_lock", Lock())
    moto.notice()
    moto.uninstall()
    assert vars(BotocoreStubber)["__call__"] is before


def test_a_half_imported_moto_is_not_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    """During its import the module exists before its content."""
    monkeypatch.delattr(models, "botocore_stubber")
    moto = Moto()
    moto.notice()
    assert moto._handler is None
    assert not moto_answers()


# -- asking moto


def test_any_endpoint_works() -> None:
    """Moto gets a URL that it knows, because it goes by the URL; an unsigned request is answered too."""
    with mock_aws(), mock_sagemaker():
        session: Any = botocore.session.Session()
        session.get_component("credential_provider").providers.clear()
        client = session.create_client("sagemaker", "eu-west-1", endpoint_url="https://vpce-1.example")
        assert client.create_model(**MODEL)["ModelArn"] == "arn:aws:sagemaker:eu-west-1:123456789012:model/churn"


def test_an_operation_that_moto_lacks_is_an_error() -> None:
    """With the whole message."""
    with mock_aws(), mock_sagemaker(), pytest.raises(NotSimulated) as unknown:
        client_of().describe_action(ActionName="churn")
    assert str(unknown.value) == (
        "sagemock does not simulate DescribeAction. It simulates "
        f"{', '.join(sorted(OPERATIONS))}; moto, which is active, says 'The describe_action action has not been implemented'; "
        "answer the rest with moto's mock_aws beside sagemock or with botocore's Stubber, or leave that call out of this test"
    )


def test_motos_passthrough_does_not_open_the_network() -> None:
    """Such a call is an error here."""
    with (
        mock_aws(config={"core": {"passthrough": {"services": ["sagemaker"]}}}),
        mock_sagemaker(),
        pytest.raises(NotSimulated),
    ):
        client_of().create_model(**MODEL)


@pytest.mark.parametrize(
    "body, code, message",
    [
        ('{"__type": "ConflictException", "Message": "There is one."}', "ConflictException", "There is one."),
        ('{"__type": "ValidationException"}', "ValidationException", ""),
        ("Not yet implemented", "404", "Not yet implemented"),
        ("[]", "404", "[]"),
    ],
)
def test_motos_refusals_are_client_errors(body: str, code: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if they are not JSON."""
    monkeypatch.setattr(BotocoreStubber, "process_request", lambda *_: (404, {}, body))
    with mock_aws(), mock_sagemaker(), pytest.raises(ClientError) as refused:
        client_of().create_model(**MODEL)
    response: Any = refused.value.response
    assert (response["Error"]["Code"], response["Error"]["Message"]) == (code, message)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_a_fault_applies_to_a_call_for_moto_too() -> None:
    """Before the call or after it; if the answer is lost, moto has done its work."""
    with mock_aws(), mock_sagemaker() as sagemaker:
        sagemaker.fault("CreateModel", "ThrottlingException", times=1)
        client = client_of()
        client.create_model(**MODEL)
        assert [call.outcome for call in sagemaker.calls] == ["ThrottlingException", "ok"]


@pytest.mark.parametrize(
    "arn, ours",
    [
        (None, True),
        ("arn:aws:sagemaker:us-east-1:123456789012:training-job/churn", True),
        ("arn:aws:sagemaker:us-east-1:123456789012:model/churn", False),
        ("churn", False),
    ],
)
def test_tags_belong_to_the_mock_that_has_the_resource(arn: str | None, ours: bool) -> None:  # noqa: FBT001  # a column of the table
    """Tags of other resources are moto's, if it is active."""
    params = {} if arn is None else {"ResourceArn": arn}
    assert is_ours("AddTags", params, OPERATIONS)
    with mock_aws():
        assert is_ours("AddTags", params, OPERATIONS) is ours
        assert not is_ours("CreateModel", params, OPERATIONS)


def test_search_goes_by_resource() -> None:
    """Training jobs are ours; other resources are moto's, which also refuses unknown ones."""
    with mock_aws(), mock_sagemaker():
        create(client_of())
        [found] = client_of().search(Resource="TrainingJob")["Results"]
        assert found["TrainingJob"]["TrainingJobStatus"] == "InProgress"
        client_of().create_model_package_group(ModelPackageGroupName="churn", ModelPackageGroupDescription="x")
        [group] = client_of().search(Resource="ModelPackageGroup")["Results"]
        assert group["ModelPackageGroup"]["ModelPackageGroupName"] == "churn"
        with pytest.raises(ClientError, match="enum value set"):
            client_of().search(Resource="Nix")


@pytest.mark.parametrize("params, ours", [({}, True), ({"Resource": "TrainingJob"}, True), ({"Resource": "Endpoint"}, False)])
def test_a_search_without_a_resource_is_refused(params: dict[str, str], ours: bool) -> None:  # noqa: FBT001  # a column of the table
    """With or without moto."""
    assert is_ours("Search", params, OPERATIONS) is ours


def test_moto_is_found_only_among_the_loaded_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mock itself never imports it."""
    asked_for = AWSPreparedRequest("GET", "https://s3.us-east-1.amazonaws.com/", {}, b"", stream_output=False)  # type: ignore[arg-type]  # headers
    assert ask(asked_for) is None
    monkeypatch.delitem(sys.modules, "moto.core.models")
    assert ask(asked_for) is None
    assert not moto_answers()
    Moto().notice()


# -- time and credentials


def test_moto_sees_virtual_time() -> None:
    """Its resources have virtual dates."""
    with mock_sagemaker(start=START, latency=0) as sagemaker, mock_aws():
        s3 = client_of("s3")
        s3.create_bucket(Bucket="churn")
        sagemaker.clock.advance(days=1)
        s3.put_object(Bucket="churn", Key="data", Body=b"")
        modified: datetime = s3.head_object(Bucket="churn", Key="data")["LastModified"]
        assert modified == sagemaker.clock.now()


@pytest.mark.parametrize("own", [{}, {"AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": "secret"}], ids=["none", "some"])
@pytest.mark.parametrize("first_out", ["moto", "sagemock"])
@pytest.mark.parametrize("first_in", ["moto", "sagemock"])
def test_credentials_are_restored_in_any_order_of_leaving(
    first_in: str, first_out: str, own: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At its end `mock_aws` restores the credentials that it found, which may be ours."""
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)
    made: dict[str, Any] = {"moto": mock_aws(), "sagemock": mock_sagemaker()}
    for name in sorted(made, key=lambda name: name != first_in):
        made[name].start()
    for name in sorted(made, key=lambda name: name != first_out):
        made[name].stop()
    assert dict(os.environ) == before


def test_only_our_own_credentials_are_removed() -> None:
    """Other values that mock_aws restores stay."""
    with mock_aws() as moto:
        kept = moto._orig_creds
        kept.update({"AWS_ACCESS_KEY_ID": "sagemock", "AWS_SECRET_ACCESS_KEY": "mine"})
        disown({}, {})
        assert kept["AWS_ACCESS_KEY_ID"] == "sagemock"
        names = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"
        disown(dict.fromkeys(names, "sagemock"), dict.fromkeys(names, "theirs"))
        assert kept == {"AWS_ACCESS_KEY_ID": "theirs", "AWS_SECRET_ACCESS_KEY": "mine"}
        kept.update(dict.fromkeys(names))
    gc.collect()
    assert "AWS_SECRET_ACCESS_KEY" not in os.environ


def test_without_moto_the_mock_does_not_mention_it() -> None:
    """A job needs no S3."""
    with mock_sagemaker(start=START, plan=Plan.completes(training=60)) as sagemaker:
        assert isinstance(sagemaker, SageMakerMock)
        create(make_client())
        sagemaker.advance_until_idle()
        assert sagemaker.jobs["churn"].status == "Completed"
