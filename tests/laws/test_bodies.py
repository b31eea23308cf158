"""Request bodies that botocore would never make, as code that edits requests sends them: AWS refuses, Python never raises."""

import copy
import io
import json
import re
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sagemock import NotAnswered, NotSimulated, Plan, SageMakerMock, current, mock_sagemaker
from sagemock.jobs.kinds import TRAINING
from sagemock.service import logs
from sagemock.service.operations import OPERATIONS
from tests.protocol.shapes import of_sagemaker
from tests.support import batch, tuning
from tests.support.calling import START, YOUNG, create, make_client, request
from tests.support.logs import STREAM, session

GROUP = TRAINING.log_group

BARE = Config(retries={"total_max_attempts": 1, "mode": "standard"}, parameter_validation=False)
ARN = "arn:aws:sagemaker:us-east-1:123456789012:training-job/churn"
RICH = request(
    "new",
    HyperParameters={"x": "1"},
    Environment={"A": "b"},
    Tags=[{"Key": "a", "Value": "b"}],
    InputDataConfig=[{"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/x"}}}],
    VpcConfig={"SecurityGroupIds": ["sg-1"], "Subnets": ["s-1"]},
)
TUNING = {"HyperParameterTuningJobName": "tune"}
WHOLE: dict[str, dict[str, Any]] = {
    "AddTags": {"ResourceArn": ARN, "Tags": [{"Key": "a", "Value": "b"}]},
    "CreateHyperParameterTuningJob": tuning.request(
        "new",
        strategy="Hyperband",
        limits={"MaxRuntimeInSeconds": 600},
        ranges={
            "IntegerParameterRanges": [{"Name": "depth", "MinValue": "1", "MaxValue": "9", "ScalingType": "Logarithmic"}],
            **tuning.RATE,
            "CategoricalParameterRanges": [{"Name": "kind", "Values": ["a", "b"]}],
        },
        definition={"StaticHyperParameters": {"x": "1"}, **{name: RICH[name] for name in ("InputDataConfig", "VpcConfig")}},
        StrategyConfig={"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 9}},
        TrainingJobEarlyStoppingType="Off",
        TuningJobCompletionCriteria={"TargetObjectiveMetricValue": 0.5},
        RandomSeed=5,
    )
    | {"Tags": [{"Key": "a", "Value": "b"}]},
    "CreateProcessingJob": batch.original_request("processing", batch.record("P3")),
    "CreateTrainingJob": RICH,
    "CreateTransformJob": batch.transform(
        Environment={"A": "b"}, BatchStrategy="MultiRecord", MaxConcurrentTransforms=2, Tags=[{"Key": "a", "Value": "b"}]
    ),
    "DeleteHyperParameterTuningJob": TUNING,
    "DeleteProcessingJob": {"ProcessingJobName": "prepare"},
    "DeleteTags": {"ResourceArn": ARN, "TagKeys": ["a"]},
    "DeleteTrainingJob": {"TrainingJobName": "churn"},
    "DescribeHyperParameterTuningJob": TUNING,
    "DescribeProcessingJob": {"ProcessingJobName": "prepare"},
    "DescribeTrainingJob": {"TrainingJobName": "churn"},
    "DescribeTransformJob": {"TransformJobName": "score"},
    "ListHyperParameterTuningJobs": {"LastModifiedTimeAfter": 1.5, "MaxResults": 3, "SortBy": "Status", "NameContains": "t"},
    "ListProcessingJobs": {"CreationTimeAfter": 1.5, "MaxResults": 3, "SortBy": "Status", "StatusEquals": "Completed"},
    "ListTags": {"ResourceArn": ARN, "MaxResults": 50},
    "ListTrainingJobsForHyperParameterTuningJob": {
        **TUNING,
        "MaxResults": 1,
        "SortBy": "FinalObjectiveMetricValue",
        "SortOrder": "Descending",
        "StatusEquals": "InProgress",
    },
    "ListTrainingJobs": {"CreationTimeAfter": 1.5, "MaxResults": 3, "SortBy": "Status", "StatusEquals": "Completed"},
    "ListTransformJobs": {"LastModifiedTimeAfter": 1.5, "MaxResults": 3, "SortBy": "Name", "NameContains": "s"},
    "Search": {
        "Resource": "TrainingJob",
        "SearchExpression": {
            "Filters": [{"Name": "TrainingJobName", "Operator": "Contains", "Value": "c"}],
            "SubExpressions": [
                {"Filters": [{"Name": "CreationTime", "Operator": "GreaterThan", "Value": "2018-07-30T00:00:00"}]}
            ],
        },
        "SortBy": "TrainingJobStatus",
        "MaxResults": 3,
    },
    "StopHyperParameterTuningJob": TUNING,
    "StopProcessingJob": {"ProcessingJobName": "prepare"},
    "StopTrainingJob": {"TrainingJobName": "churn"},
    "StopTransformJob": {"TransformJobName": "score"},
    "UpdateTrainingJob": {"TrainingJobName": "churn", "ResourceConfig": {"KeepAlivePeriodInSeconds": 5}},
    "CreateLogGroup": {"logGroupName": GROUP, "tags": {"a": "b"}},
    "DeleteLogGroup": {"logGroupName": GROUP},
    "DescribeLogGroups": {"logGroupNamePrefix": "/aws", "limit": 2},
    "DescribeLogStreams": {"logGroupName": GROUP, "logStreamNamePrefix": "churn/", "limit": 3, "descending": True},
    "FilterLogEvents": {"logGroupName": GROUP, "logStreamNames": [STREAM], "filterPattern": "epoch -x", "limit": 3},
    "GetLogEvents": {"logGroupName": GROUP, "logStreamName": STREAM, "endTime": 10**13, "limit": 3, "startFromHead": True},
}
"""A valid request for each simulated operation."""
ODD: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, 2**63, 10**30, 1.5, 1e308, float("inf"), float("nan"), "", "x", "\u00e9", "\ud800",
    "\U0001f600", "\x00", "a" * 3000, [], {}, [[]], [None], {"a": None}, "(", "f/" + "9" * 56 + "/s", "W10=", "W1tb" * 2000,
]  # fmt: skip


class Sender:
    """Clients whose request body is replaced just before it is sent."""

    def __init__(self) -> None:
        """Make one client for each service."""
        keys = {"aws_access_key_id": "AKIDTEST", "aws_secret_access_key": "secret"}
        # Not checked clients: with `validate=False` their responses may break the model.
        self._clients = {name: session().create_client(name, "us-east-1", config=BARE, **keys) for name in ("sagemaker", "logs")}
        self.body: Any = b""
        for client in self._clients.values():
            client.meta.events.register("before-call", self._edit)

    def _edit(self, *, params: dict[str, Any], **_: object) -> None:
        params["body"] = self.body

    def __call__(self, operation: str, body: object) -> dict[str, Any]:
        """Call an operation with this body and return the answer."""
        self.body = body
        client = self._clients["logs" if operation in logs.OPERATIONS else "sagemaker"]
        answered: dict[str, Any] = getattr(client, re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower())()
        return answered

    def refused(self, operation: str, body: object) -> tuple[str, str, int]:
        """Return the code, message and status with which an operation refuses this body."""
        with pytest.raises(ClientError) as refusal:
            self(operation, body)
        answered: Any = refusal.value.response
        status = answered["ResponseMetadata"]["HTTPStatusCode"]
        return answered["Error"]["Code"], answered["Error"]["Message"], status


def mock_with_job(*, validate: bool = True) -> SageMakerMock:
    """Return a mock with one job that trains and writes logs."""
    lines = {"Training": [(0, "epoch 0"), (10, "epoch 1")]}
    plan = Plan.completes(starting=10, downloading=20, training=1000, logs=lines)
    return mock_sagemaker(start=START, plan=plan, validate=validate, strict=False)


def running(mock: SageMakerMock) -> None:
    """Advance until the job trains."""
    create(make_client())
    mock.create_processing_job("prepare")
    mock.create_transform_job("score")
    mock.create_tuning_job("tune")
    mock.advance_until("churn", "Training")


@pytest.fixture
def send() -> Iterator[Sender]:
    """Return a sender to a mock in which a job trains."""
    with mock_with_job() as mock:
        running(mock)
        yield Sender()


def simulated() -> list[str]:
    """Return the simulated operations that this botocore knows."""
    return [name for name in WHOLE if name in logs.OPERATIONS or name in of_sagemaker().operations]


def test_there_is_a_valid_request_for_each_operation() -> None:
    """The tests below then leave no operation out."""
    assert set(WHOLE) == {*OPERATIONS, *logs.OPERATIONS}


@pytest.mark.parametrize("body", [b"", b"{", b"null", b'"x"', b'{"a":1,}', b"\xff\xfe", b"[" * 100_000, None, bytearray(b"{")])
def test_an_unreadable_body_is_refused_without_a_message(send: Sender, body: object) -> None:
    """Every operation of every service does so."""
    refused = {operation: send.refused(operation, body) for operation in simulated()}
    assert refused == dict.fromkeys(simulated(), ("SerializationException", "", 400))


def test_a_list_as_body_is_refused(send: Sender) -> None:
    """It is the only whole body whose refusal has a message."""
    refused = {operation: send.refused(operation, b"[]") for operation in simulated()}
    message = "Start of list found where not expected"
    assert refused == dict.fromkeys(simulated(), ("SerializationException", message, 400))


@pytest.mark.parametrize(
    "member, value, words",
    [
        ("TrainingJobName", 1, "NUMBER_VALUE can not be converted to a String"),
        ("TrainingJobName", True, "TRUE_VALUE can not be converted to a String"),
        ("EnableManagedSpotTraining", "x", "STRING_VALUE can not be converted to an Boolean"),
        ("EnableManagedSpotTraining", 1, "NUMBER_VALUE can not be converted to a Boolean"),
        ("StoppingCondition", {"MaxRuntimeInSeconds": "1"}, "STRING_VALUE can not be converted to an Integer"),
        ("StoppingCondition", "x", "Expected null"),
        ("StoppingCondition", [], "Start of list found where not expected"),
        ("Tags", "x", "Expected list or null"),
        ("Tags", {}, "Start of structure or map found where not expected."),
        ("TrainingJobName", {}, "Start of structure or map found where not expected."),
        ("TrainingJobName", [], "Start of list found where not expected"),
    ],
)
def test_a_wrong_kind_is_refused_before_a_wrong_value(send: Sender, member: str, value: object, words: str) -> None:
    """The message is AWS's measured one. The role, invalid too, is not mentioned."""
    body = json.dumps({**RICH, "RoleArn": "", member: value})
    assert send.refused("CreateTrainingJob", body) == ("SerializationException", words, 400)


def test_a_body_may_be_a_buffer_or_a_file(send: Sender) -> None:
    """Accept every form that botocore sends."""
    body = json.dumps(WHOLE["DescribeTrainingJob"])
    for form in (body, body.encode(), bytearray(body.encode()), io.BytesIO(body.encode())):
        assert send("DescribeTrainingJob", form)["TrainingJobName"] == "churn"


@pytest.mark.parametrize("validate", [True, False])
@pytest.mark.parametrize("operation", simulated())
def test_no_body_ends_in_a_python_error(operation: str, *, validate: bool) -> None:
    """Hundreds of faulty bodies; `validate=False` still refuses what cannot be done."""
    dice = Random(f"{operation}/{validate}")  # noqa: S311  # a test needs no secure randomness
    with mock_with_job(validate=validate) as mock:
        running(mock)
        sender = Sender()
        others = []
        for _ in range(100):
            body = broken_body(WHOLE[operation], dice)
            try:
                sender(operation, body)
            except ClientError:
                continue
            except (NotAnswered, NotSimulated):
                # The body names another log group, or its filter pattern is one for JSON.
                others.append(operation)
            else:
                # The children of a tuning job are created later.
                mock.clock.advance(60 if operation == "CreateHyperParameterTuningJob" else 0)
        assert mock.calls.to(operation, outcome="SerializationException").count > 0
    assert others == [] or operation in logs.OPERATIONS


def broken_body(good: dict[str, Any], dice: Random) -> bytes:
    """Return a body with one or two wrong values, or cut off, or with a wrong byte."""
    value = copy.deepcopy(good)
    for _ in range(dice.choice([1, 1, 2])):
        holder, key = dice.choice(list(places(value)) or [(value, "x")])
        holder[key] = copy.deepcopy(dice.choice(ODD))
    body = json.dumps(value).encode()
    place = dice.randrange(len(body))
    wrong = body[:place] + bytes([dice.randrange(256)]) + body[place + 1 :]
    return dice.choice([body, body, body, body[:place], wrong, body.decode().encode("utf-16")])


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the container and the key of each value inside a JSON value."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from places(value[key])


@YOUNG
def test_an_operation_without_output_answers_with_an_empty_body(send: Sender) -> None:
    """Content-length is 0 (headers of twelve recordings); an empty output structure is `{}`."""
    lengths = []
    for operation in ("DeleteTags", "StopTrainingJob", "DeleteTrainingJob"):
        if operation == "DeleteTrainingJob":
            current().advance_until_idle()
        answered = send(operation, json.dumps(WHOLE[operation]))["ResponseMetadata"]
        lengths.append((answered["HTTPStatusCode"], answered["HTTPHeaders"]["content-length"]))
    assert lengths == [(200, "2"), (200, "0"), (200, "0")]
