"""moto beside sagemock: each answers its own calls, in whatever order they start and stop."""

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


def plain(service: str = "sagemaker", **options: Any) -> Any:
    """Return a client without our checks of responses, because moto's answers are its own."""
    keys = {"aws_access_key_id": "AKID", "aws_secret_access_key": "secret"}
    client: Any = _session().create_client(service, "us-east-1", **keys, **options)
    return client


@cache
def _session() -> Any:
    """Return a session that has read the models before."""
    return botocore.session.Session()


@pytest.fixture(autouse=True)
def _default_session() -> Iterator[None]:
    """Start without boto3's default session, and leave none."""
    boto3.DEFAULT_SESSION = None
    yield
    boto3.DEFAULT_SESSION = None


# -- the matrix: in which order, by which face


def moto_around(body: Body) -> None:
    """Enter moto, and then sagemock."""
    with mock_aws(), mock_sagemaker(start=START):
        body()


def moto_within(body: Body) -> None:
    """Enter sagemock, and then moto."""
    with mock_sagemaker(start=START), mock_aws():
        body()


def decorated_moto_around(body: Body) -> None:
    """Decorate with moto outside."""
    mock_aws(mock_sagemaker(start=START)(body))()


def decorated_moto_within(body: Body) -> None:
    """Decorate with moto inside."""
    mock_sagemaker(start=START)(mock_aws(body))()


def started_moto_first(body: Body) -> None:
    """Start and stop moto first."""
    ends_in_any_order(mock_aws(), mock_sagemaker(start=START), body)


def started_moto_last(body: Body) -> None:
    """Start and stop moto last."""
    ends_in_any_order(mock_sagemaker(start=START), mock_aws(), body)


def ends_in_any_order(first: Any, second: Any, body: Body) -> None:
    """Start both, and stop the first one first."""
    first.start()
    second.start()
    body()
    first.stop()
    second.stop()


def run_as_pytest_does(case: Any) -> None:
    """Run the test between its setup and its teardown: moto resets in a `setup_method`, and the decorator gives the class one."""
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
    """Decorate a coroutine function, and enter moto in it."""

    @mock_sagemaker(start=START)
    async def test_it() -> None:
        await asyncio.sleep(0)
        with mock_aws():
            body()

    asyncio.run(test_it())


def between_two_of_moto(body: Body) -> None:
    """Enter sagemock between two of moto."""
    with mock_aws(), mock_sagemaker(start=START), mock_aws():
        body()


def between_two_of_sagemock(body: Body) -> None:
    """Enter moto between two of sagemock."""
    with mock_sagemaker(start=START), mock_aws(), mock_sagemaker(start=START):
        body()


def with_the_process_in_real_time(body: Body) -> None:
    """Leave the process's time alone."""
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
def arranged(request: pytest.FixtureRequest) -> Arrangement:
    """Return one way of having both."""
    arrangement: Arrangement = request.param
    return arrangement


class Asked(list[str]):
    """The URLs of the requests that moto got."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Record the requests that reach moto."""
    found = Asked()
    real = BotocoreStubber.process_request

    def process_request(stubber: BotocoreStubber, request: AWSPreparedRequest) -> Any:
        found.append(request.url)
        return real(stubber, request)

    monkeypatch.setattr(BotocoreStubber, "process_request", process_request)
    return found


def test_each_answers_its_own(arranged: Arrangement, asked: Asked) -> None:
    """Training jobs are for sagemock, the rest is for moto, without configuration; moto never sees the jobs."""

    def body() -> None:
        s3 = plain("s3")
        s3.create_bucket(Bucket="churn")
        s3.put_object(Bucket="churn", Key="data", Body=b"1,2")
        assert s3.get_object(Bucket="churn", Key="data")["Body"].read() == b"1,2"
        assert plain("sts").get_caller_identity()["Account"] == "123456789012"
        iam = plain("iam")
        iam.create_role(RoleName="trainer", AssumeRolePolicyDocument="{}")
        assert iam.get_role(RoleName="trainer")["Role"]["RoleName"] == "trainer"
        logs = plain("logs")
        logs.create_log_group(logGroupName="/churn")
        assert group_names(logs) == ["/aws/sagemaker/TrainingJobs", "/churn"]
        asked.clear()
        client = make_client()
        arn = create(client)
        assert describe(client)["TrainingJobStatus"] == "InProgress"
        client.stop_training_job(TrainingJobName="churn")
        assert describe(client)["TrainingJobStatus"] == "Stopping"
        current().advance_until_idle()
        assert describe(client)["TrainingJobStatus"] == "Stopped"
        assert client.list_tags(ResourceArn=arn)["Tags"] == []
        assert asked == []
        assert get_backend("sagemaker")["123456789012"]["us-east-1"].training_jobs == {}

    arranged(body)


def test_what_is_not_simulated_goes_to_moto(arranged: Arrangement) -> None:
    """Models, endpoints and their tags are for moto; those calls are recorded beside ours."""

    def body() -> None:
        client = plain()
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

    arranged(body)


def test_both_leave_what_they_found(arranged: Arrangement) -> None:
    """Environment, default session, handlers and moto itself are afterwards as before, whichever mock stopped first."""
    client = plain()

    def state() -> Any:
        events: Any = client.meta.events
        session: object = boto3.DEFAULT_SESSION
        return dict(os.environ), session, list(events._emitter._handlers.prefix_search(EVENT)), vars(BotocoreStubber)["__call__"]

    before = state()

    def body() -> None:
        create(client)
        create(boto3.client("sagemaker", region_name="us-east-1"), "other")

    arranged(body)
    assert state() == before
    assert not moto_answers()


def test_afterwards_moto_is_alone_again(arranged: Arrangement) -> None:
    """A client that we answered before now gets moto's answers."""
    client = plain()

    def body() -> None:
        create(client)

    arranged(body)
    with mock_aws():
        create(client)
        assert client.describe_training_job(TrainingJobName="churn")["TrainingJobStatus"] == "Completed"


def test_fixtures_in_either_order(pytester: pytest.Pytester) -> None:
    """As pytest's fixtures they need not know of each other."""
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


def test_the_logs_of_training_jobs_are_ours_and_all_others_motos(arranged: Arrangement, asked: Asked) -> None:
    """By the log group: each is asked for its own only."""

    def body() -> None:
        logs = plain("logs")
        logs.create_log_group(logGroupName="/churn")
        logs.create_log_stream(logGroupName="/churn", logStreamName="one")
        assert [one["logStreamName"] for one in logs.describe_log_streams(logGroupName="/churn")["logStreams"]] == ["one"]
        current().plan("churn", Plan.completes(logs={"Training": [(0, "epoch 1")]}))
        create(make_client())
        current().advance_until("churn", "Training")
        current().clock.advance(1)
        asked.clear()
        group = "/aws/sagemaker/TrainingJobs"
        stream = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="churn/")["logStreams"][0]["logStreamName"]
        events = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)["events"]
        assert [event["message"] for event in events] == ["epoch 1"]
        assert asked == []

    arranged(body)


def group_names(logs: Any, **asked: Any) -> list[str]:
    """Return the names of log groups, page by page."""
    pages = logs.get_paginator("describe_log_groups").paginate(**asked)
    return [group["logGroupName"] for page in pages for group in page["logGroups"]]


def test_the_group_of_training_jobs_is_listed_among_motos(arranged: Arrangement) -> None:
    """In the order of names, however long the pages; moto's own alone where ours is not asked for or not there."""
    ours = "/aws/sagemaker/TrainingJobs"

    def body() -> None:
        logs = plain("logs")
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

    arranged(body)


# -- late imports and late mocks


def test_moto_may_be_imported_inside_a_mock(pytester: pytest.Pytester) -> None:
    """Clients made before and after its import, ours and moto's: all are answered, and nothing of virtual time stays in moto."""
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


def test_moto_that_starts_when_the_job_is_there_answers_the_rest(asked: Asked) -> None:
    """The job goes on, and moto does not see it."""
    with mock_sagemaker(start=START):
        client = make_client()
        create(client)
        with mock_aws():
            assert describe(client)["TrainingJobName"] == "churn"
            assert asked == []
        with pytest.raises(NotSimulated):
            plain().create_model(**MODEL)


def test_when_sagemock_ends_first_moto_goes_on() -> None:
    """And the other way round a call for moto is stopped again."""
    moto = mock_aws()
    with mock_sagemaker():
        moto.start()
        plain("s3").create_bucket(Bucket="churn")
    assert plain("s3").list_buckets()["Buckets"][0]["Name"] == "churn"
    moto.stop()
    with ExitStack() as sagemaker:
        with mock_aws():
            sagemaker.enter_context(mock_sagemaker())
        with pytest.raises(NotAnswered, match=r"^s3\.ListBuckets"):
            plain("s3").list_buckets()


def test_a_client_older_than_motos_import_is_answered_by_moto() -> None:
    """It has no handler of moto's, and alone moto would let its call out."""
    client: Any = plain("s3")
    client.meta.events.unregister("before-send", models.botocore_stubber)
    with mock_aws(), mock_sagemaker():
        client.create_bucket(Bucket="churn")
        client.put_object(Bucket="churn", Key="data", Body=b"1,2")
        assert client.get_object(Bucket="churn", Key="data")["Body"].read() == b"1,2"


def test_threads_find_both() -> None:
    """Clients in worker threads are answered as those of the test."""
    with mock_aws(), mock_sagemaker() as sagemaker, ThreadPoolExecutor(4) as pool:
        clients = [make_client() for _ in range(8)]
        arns = list(pool.map(lambda pair: create(pair[1], f"churn-{pair[0]}"), enumerate(clients)))
        assert len(set(arns)) == len(sagemaker.jobs) == 8
        assert list(pool.map(lambda _: plain("sts").get_caller_identity()["Account"], range(4))) == ["123456789012"] * 4
        assert get_backend("sagemaker")["123456789012"]["us-east-1"].training_jobs == {}


def test_of_two_threads_one_wraps_motos_handler() -> None:
    """The second finds it done, and the end undoes it once; without moto there is nothing to do."""
    moto = Moto()
    before = vars(BotocoreStubber)["__call__"]
    moto.uninstall()
    moto.notice()
    wrapped = vars(BotocoreStubber)["__call__"]
    moto.notice()
    assert vars(BotocoreStubber)["__call__"] is wrapped is not before
    moto.uninstall()
    assert vars(BotocoreStubber)["__call__"] is before


def test_a_thread_that_lost_the_race_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that waited for the lock looks again."""
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


def test_while_moto_is_being_imported_nothing_is_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    """During the import, its module exists before its content."""
    monkeypatch.delattr(models, "botocore_stubber")
    moto = Moto()
    moto.notice()
    assert moto._handler is None
    assert not moto_answers()


# -- asking moto


def test_any_endpoint_will_do() -> None:
    """Moto, which goes by the URL, is asked for the one that it knows; a request that is not signed is answered too."""
    with mock_aws(), mock_sagemaker():
        session: Any = botocore.session.Session()
        session.get_component("credential_provider").providers.clear()
        client = session.create_client("sagemaker", "eu-west-1", endpoint_url="https://vpce-1.example")
        assert client.create_model(**MODEL)["ModelArn"] == "arn:aws:sagemaker:eu-west-1:123456789012:model/churn"


def test_what_moto_cannot_do_either_says_so() -> None:
    """The whole text."""
    with mock_aws(), mock_sagemaker(), pytest.raises(NotSimulated) as unknown:
        plain().describe_action(ActionName="churn")
    assert str(unknown.value) == (
        "sagemock does not simulate DescribeAction. It simulates "
        f"{', '.join(sorted(OPERATIONS))}; moto, which is active, says 'The describe_action action has not been implemented'; "
        "answer the rest with moto's mock_aws beside sagemock or with botocore's Stubber, or leave that call out of this test"
    )


def test_what_moto_lets_through_is_not_simulated() -> None:
    """A passthrough of moto does not open a way to the network."""
    with (
        mock_aws(config={"core": {"passthrough": {"services": ["sagemaker"]}}}),
        mock_sagemaker(),
        pytest.raises(NotSimulated),
    ):
        plain().create_model(**MODEL)


@pytest.mark.parametrize(
    "body, code, message",
    [
        ('{"__type": "ConflictException", "Message": "There is one."}', "ConflictException", "There is one."),
        ('{"__type": "ValidationException"}', "ValidationException", ""),
        ("Not yet implemented", "404", "Not yet implemented"),
        ("[]", "404", "[]"),
    ],
)
def test_motos_refusals_are_errors_of_the_client(body: str, code: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those that are not JSON."""
    monkeypatch.setattr(BotocoreStubber, "process_request", lambda *_: (404, {}, body))
    with mock_aws(), mock_sagemaker(), pytest.raises(ClientError) as refused:
        plain().create_model(**MODEL)
    response: Any = refused.value.response
    assert (response["Error"]["Code"], response["Error"]["Message"]) == (code, message)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_a_fault_meets_a_call_for_moto_too() -> None:
    """A fault on the way applies to calls of both. If an answer is lost, the call has still had its effect."""
    with mock_aws(), mock_sagemaker() as sagemaker:
        sagemaker.fault("CreateModel", "ThrottlingException", times=1)
        client = plain()
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
def test_tags_are_of_who_made_the_resource(arn: str | None, ours: bool) -> None:  # noqa: FBT001  # a parameter of a test
    """Tags of resources that we do not create are for moto, if it is active."""
    params = {} if arn is None else {"ResourceArn": arn}
    assert is_ours("AddTags", params, OPERATIONS)
    with mock_aws():
        assert is_ours("AddTags", params, OPERATIONS) is ours
        assert not is_ours("CreateModel", params, OPERATIONS)


def test_moto_searches_for_what_sagemock_does_not_have() -> None:
    """A search for training jobs is sagemock's, and every other one moto's, which also refuses what is no resource."""
    with mock_aws(), mock_sagemaker():
        create(plain())
        [found] = plain().search(Resource="TrainingJob")["Results"]
        assert found["TrainingJob"]["TrainingJobStatus"] == "InProgress"
        plain().create_model_package_group(ModelPackageGroupName="churn", ModelPackageGroupDescription="x")
        [group] = plain().search(Resource="ModelPackageGroup")["Results"]
        assert group["ModelPackageGroup"]["ModelPackageGroupName"] == "churn"
        with pytest.raises(ClientError, match="enum value set"):
            plain().search(Resource="Nix")


@pytest.mark.parametrize("params, ours", [({}, True), ({"Resource": "TrainingJob"}, True), ({"Resource": "Endpoint"}, False)])
def test_a_search_is_of_who_has_the_resource(params: dict[str, str], ours: bool) -> None:  # noqa: FBT001  # a parameter of a test
    """Without a resource it is refused, whoever is active."""
    assert is_ours("Search", params, OPERATIONS) is ours


def test_without_moto_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is only looked up among the loaded modules."""
    asked_for = AWSPreparedRequest("GET", "https://s3.us-east-1.amazonaws.com/", {}, b"", stream_output=False)  # type: ignore[arg-type]  # headers
    assert ask(asked_for) is None
    monkeypatch.delitem(sys.modules, "moto.core.models")
    assert ask(asked_for) is None
    assert not moto_answers()
    Moto().notice()


# -- time and credentials


def test_moto_lives_in_virtual_time() -> None:
    """Its resources have dates of the virtual clock."""
    with mock_sagemaker(start=START, latency=0) as sagemaker, mock_aws():
        s3 = plain("s3")
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
    """A mock_aws puts back the credentials that it found, which may have been ours and no longer valid."""
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)
    made: dict[str, Any] = {"moto": mock_aws(), "sagemock": mock_sagemaker()}
    for name in sorted(made, key=lambda name: name != first_in):
        made[name].start()
    for name in sorted(made, key=lambda name: name != first_out):
        made[name].stop()
    assert dict(os.environ) == before


def test_only_what_was_ours_is_disowned() -> None:
    """A mock_aws puts back other values that it found."""
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


def test_the_mock_says_nothing_of_moto_when_it_is_not_there() -> None:
    """A plan for a job needs no S3."""
    with mock_sagemaker(start=START, plan=Plan.completes(training=60)) as sagemaker:
        assert isinstance(sagemaker, SageMakerMock)
        create(make_client())
        sagemaker.advance_until_idle()
        assert sagemaker.jobs["churn"].status == "Completed"
