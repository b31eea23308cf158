"""Search for training jobs through a real client."""

import base64
import json
import operator
from datetime import datetime
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemock import NotSimulated, Plan, SageMakerMock, UsageError, mock_sagemaker
from sagemock.jobs.kinds import TRAINING
from sagemock.jobs.store import Store
from sagemock.protocol.model import Api
from sagemock.service import operations, search
from sagemock.training.job import Job
from sagemock.training.snapshot import Snapshot, snapshot
from tests.protocol.shapes import of_sagemaker
from tests.support.calling import START, YOUNG, after, code_and_text, create, describe, make_client

PLAN = Plan.completes(starting=60, downloading=30, training=600, uploading=9)
OPTIONS: dict[str, Any] = {"latency": 0, "plan": PLAN, "strict": False}
URI = "InputDataConfig.DataSource.S3DataSource.S3Uri"
CHANNEL = "InputDataConfig.ChannelName"


def channel(name: str, uri: str) -> dict[str, Any]:
    """Return an input channel."""
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}}


def where(name: str, by: str | None = None, value: str | None = None) -> dict[str, str]:
    """Return a filter."""
    parts = {"Name": name, "Operator": by, "Value": value}
    return {part: text for part, text in parts.items() if text is not None}


def found(client: Any, *filters: dict[str, str], **wanted: Any) -> list[str]:
    """Return the names that a search finds; by default the oldest job comes first."""
    if filters:
        wanted["SearchExpression"] = {"Filters": list(filters)}
    options = {"Resource": "TrainingJob", "SortBy": "CreationTime", "SortOrder": "Ascending", **wanted}
    return [one["TrainingJob"]["TrainingJobName"] for one in client.search(**options)["Results"]]


def refusal_of(client: Any, **wanted: Any) -> tuple[str, str, int]:
    """Return the code and message of a refused search."""
    with pytest.raises(ClientError) as refusal:
        client.search(Resource="TrainingJob", **wanted)
    return code_and_text(refusal.value)


def fill(mock: SageMakerMock, client: Any) -> None:
    """Create a finished job with all properties, a training job with none of them, and one in between."""
    create(
        client,
        "rich",
        HyperParameters={"lr": "0.7", "depth": "3", "kind": "tree", "a.b": "x"},
        Tags=[{"Key": "team", "Value": "churn"}, {"Key": "cost.centre:1", "Value": "7"}],
        InputDataConfig=[channel("train", "s3://data/train"), channel("test", "s3://data/test")],
        EnableNetworkIsolation=True,
        VpcConfig={"SecurityGroupIds": ["sg-1", "sg-2"], "Subnets": ["s-1"]},
        Environment={"A": "c"},
        AlgorithmSpecification={
            "TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:1",
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "train:loss", "Regex": "loss=([0-9.]+)"}],
        },
    )
    mock.advance_until("rich", "Training")
    mock.log("rich", "loss=0.5")
    mock.clock.advance(1000)
    create(client, "poor")
    mock.clock.advance(100)
    create(client, "some", HyperParameters={"lr": "fast", "depth": "12"}, Tags=[{"Key": "team", "Value": "fraud"}])


@pytest.fixture(scope="module")
def client_with_jobs() -> Any:
    """Return a client whose account has three jobs."""
    with mock_sagemaker(start=START, **OPTIONS) as mock:
        client = make_client()
        fill(mock, client)
        yield client


@pytest.mark.parametrize(
    "name, by, value, names",
    [
        # text
        ("TrainingJobName", None, "rich", "rich"),
        ("TrainingJobName", "Equals", "RICH", ""),
        ("TrainingJobName", "NotEquals", "rich", "poor some"),
        ("TrainingJobName", "Contains", "o", "poor some"),
        ("TrainingJobName", "In", "rich,some,other", "rich some"),
        ("TrainingJobStatus", "Equals", "Completed", "rich"),
        ("SecondaryStatus", "Equals", "Starting", "some"),
        ("ModelArtifacts.S3ModelArtifacts", "Equals", "s3://churn/models/rich/output/model.tar.gz", "rich"),
        ("ResourceConfig.InstanceType", "Contains", "m5", "rich poor some"),
        ("VpcConfig.Subnets", "Equals", "s-1", "rich"),
        ("VpcConfig.SecurityGroupIds", "Equals", "sg-2", "rich"),
        ("VpcConfig.SecurityGroupIds", "NotEquals", "sg-2", "poor some"),
        ("VpcConfig.SecurityGroupIds", "In", "sg-0,sg-1", "rich"),
        (URI, "Contains", "test", "rich"),
        (URI, "NotEquals", "s3://data/test", "poor some"),
        ("Environment.A", "Equals", "c", "rich"),
        # existence
        ("TrainingEndTime", "Exists", None, "rich"),
        ("TrainingEndTime", "NotExists", None, "poor some"),
        ("InputDataConfig", "Exists", None, "rich"),
        ("HyperParameters", "NotExists", None, "poor"),
        ("Tags", "Exists", None, "rich some"),
        ("VpcConfig", "Exists", None, "rich"),
        ("Metrics.train:loss", "Exists", None, "rich"),
        ("Metrics.other", "Exists", None, ""),
        # numbers
        ("ResourceConfig.VolumeSizeInGB", "Equals", "10", "rich poor some"),
        ("ResourceConfig.VolumeSizeInGB", "Equals", "10.0", "rich poor some"),
        ("ResourceConfig.VolumeSizeInGB", "NotEquals", "10", ""),
        ("BillableTimeInSeconds", "GreaterThan", "638", "rich"),
        ("BillableTimeInSeconds", "GreaterThan", "639", ""),
        ("BillableTimeInSeconds", "GreaterThanOrEqualTo", "639", "rich"),
        ("BillableTimeInSeconds", "LessThan", "639", ""),
        ("BillableTimeInSeconds", "LessThanOrEqualTo", "639", "rich"),
        ("BillableTimeInSeconds", "NotEquals", "639", "poor some"),
        ("Metrics.train:loss", "LessThan", "0.6", "rich"),
        ("Metrics.train:loss", "Equals", "0.5", "rich"),
        # instants
        ("CreationTime", "Equals", "2018-07-30T00:00:00", "rich"),
        ("CreationTime", "Equals", "2018-07-30T00:00:00Z", "rich"),
        ("CreationTime", "Equals", "2018-07-30T02:00:00+02:00", "rich"),
        ("CreationTime", "GreaterThan", "2018-07-30", "poor some"),
        ("CreationTime", "LessThanOrEqualTo", "2018-07-30T00:18:10", "rich poor"),
        ("TrainingEndTime", "LessThan", "2030-01-01T00:00:00", "rich"),
        # booleans
        ("EnableNetworkIsolation", "Equals", "true", "rich"),
        ("EnableNetworkIsolation", "Equals", "False", "poor some"),
        ("EnableNetworkIsolation", "NotEquals", "true", "poor some"),
        # hyperparameters
        ("HyperParameters.kind", "Equals", "tree", "rich"),
        ("HyperParameters.kind", "Contains", "re", "rich"),
        ("HyperParameters.kind", "In", "tree,leaf", "rich"),
        ("HyperParameters.a.b", "Equals", "x", "rich"),
        ("HyperParameters.lr", "Equals", "0.70", "rich"),
        ("HyperParameters.lr", "Equals", "0", "rich"),
        ("HyperParameters.lr", "NotEquals", "0.7", "poor some"),
        ("HyperParameters.lr", "Equals", "fast", "some"),
        ("HyperParameters.lr", "GreaterThan", "0.5", "rich"),
        ("HyperParameters.lr", "GreaterThan", "0", ""),
        ("HyperParameters.depth", "GreaterThan", "5", "some"),
        ("HyperParameters.depth", "LessThanOrEqualTo", "3.5", "rich"),
        # tags
        ("Tags.team", "Equals", "churn", "rich"),
        ("Tags.team", "NotEquals", "churn", "poor some"),
        ("Tags.cost.centre:1", "Equals", "7", "rich"),
        ("Tags.team", "Contains", "r", "rich some"),
        ("Tags.other", "NotExists", None, "rich poor some"),
    ],
)
def test_each_operator_on_each_type(client_with_jobs: Any, name: str, by: str | None, value: str | None, names: str) -> None:
    """A missing property equals nothing."""
    assert found(client_with_jobs, where(name, by, value)) == names.split()


@pytest.mark.parametrize(
    "wanted, names",
    [
        ({"Filters": [where("Tags.team", "Exists"), where("TrainingJobStatus", "Equals", "InProgress")]}, "some"),
        ({"Filters": [where("TrainingJobName", None, one) for one in ("rich", "poor")], "Operator": "Or"}, "rich poor"),
        ({"Filters": [where("TrainingJobName", None, one) for one in ("rich", "poor")], "Operator": "And"}, ""),
        ({"NestedFilters": [{"NestedPropertyName": "InputDataConfig", "Filters": [where(CHANNEL, None, "train")]}]}, "rich"),
        (
            {
                "NestedFilters": [
                    {
                        "NestedPropertyName": "InputDataConfig",
                        "Filters": [where(CHANNEL, None, "train"), where(URI, "Contains", "test")],
                    }
                ]
            },
            "",
        ),
        ({"Filters": [where(CHANNEL, None, "train"), where(URI, "Contains", "test")]}, "rich"),
        (
            {"NestedFilters": [{"NestedPropertyName": "Tags", "Filters": [where("Tags.Key", None, "team")]}]},
            "rich some",
        ),
        (
            {
                "Filters": [where("TrainingJobName", None, "poor")],
                "SubExpressions": [
                    {"Filters": [where("Tags.team", "Exists"), where("TrainingJobStatus", "Equals", "Completed")]}
                ],
                "Operator": "Or",
            },
            "rich poor",
        ),
    ],
)
def test_nested_expressions(client_with_jobs: Any, wanted: dict[str, Any], names: str) -> None:
    """The operator joins all three lists; nested filters apply to a single element."""
    assert found(client_with_jobs, SearchExpression=wanted) == names.split()


@pytest.mark.parametrize(
    "wanted, words",
    [
        (where("Nix", None, "x"), "Unknown property name: Nix"),
        (where("ResourceConfig.Nix", None, "x"), "Unknown property name: ResourceConfig.Nix"),
        (where("TrainingJobName.x", None, "x"), "Unknown property name: TrainingJobName.x"),
        (where("HyperParameters.", None, "x"), "Unknown property name: HyperParameters."),
        (where("TrainingJobName", "GreaterThan", "x"), "Operator GreaterThan is not supported for property TrainingJobName."),
        (where("HyperParameters.a", "LessThan", "x"), "Operator LessThan is not supported for property HyperParameters.a."),
        (where("CreationTime", "Contains", "x"), "Operator Contains is not supported for property CreationTime."),
        (where("BillableTimeInSeconds", "In", "1"), "Operator In is not supported for property BillableTimeInSeconds."),
        (
            where("EnableNetworkIsolation", "LessThan", "true"),
            "Operator LessThan is not supported for property EnableNetworkIsolation.",
        ),
        (where("InputDataConfig", "Equals", "x"), "Operator Equals is not supported for property InputDataConfig."),
        (where("BillableTimeInSeconds", None, "many"), "Invalid value for property BillableTimeInSeconds: many"),
        (where("BillableTimeInSeconds", None, "1e999"), "Invalid value for property BillableTimeInSeconds: 1e999"),
        (where("CreationTime", None, "now"), "Invalid value for property CreationTime: now"),
        (where("EnableNetworkIsolation", None, "1"), "Invalid value for property EnableNetworkIsolation: 1"),
        (where("TrainingJobName"), "Operator Equals requires a value."),
        (where("TrainingJobName", "Exists", "x"), "Operator Exists does not take a value."),
    ],
)
def test_an_invalid_filter_is_refused(client_with_jobs: Any, wanted: dict[str, str], words: str) -> None:
    """Whether or not there are jobs."""
    assert refusal_of(client_with_jobs, SearchExpression={"Filters": [wanted]}) == ("ValidationException", words, 400)


NAME = where("TrainingJobName", "Contains", "x")


@pytest.mark.parametrize(
    "wanted, words",
    [
        ({}, "A search expression must have at least one of Filters, NestedFilters and SubExpressions."),
        ({"Filters": [NAME, NAME]}, "'CONTAINS' operator usage limit of 1 exceeded."),
        ({"Filters": [NAME], "SubExpressions": [{"Filters": [NAME]}]}, "'CONTAINS' operator usage limit of 1 exceeded."),
        (
            {"SubExpressions": [{"Filters": [where("TrainingJobName", None, "x")] * 17}] * 3},
            "The search expression exceeds the limit of 50 filters, nested filters and subexpressions.",
        ),
        (
            {"NestedFilters": [{"NestedPropertyName": "ResourceConfig", "Filters": [NAME]}]},
            "Nested filters are not supported for property ResourceConfig, which is not a list.",
        ),
        ({"NestedFilters": [{"NestedPropertyName": "Nix", "Filters": [NAME]}]}, "Unknown property name: Nix"),
        (
            {"NestedFilters": [{"NestedPropertyName": "InputDataConfig.ChannelName.x", "Filters": [NAME]}]},
            "Unknown property name: InputDataConfig.ChannelName.x",
        ),
        (
            {"NestedFilters": [{"NestedPropertyName": "InputDataConfig", "Filters": [NAME]}]},
            "Property name TrainingJobName is not nested in InputDataConfig.",
        ),
        (
            {"NestedFilters": [{"NestedPropertyName": "InputDataConfig", "Filters": [where("InputDataConfig.Nix", None, "x")]}]},
            "Unknown property name: InputDataConfig.Nix",
        ),
    ],
)
def test_an_invalid_expression_is_refused(client_with_jobs: Any, wanted: dict[str, Any], words: str) -> None:
    """In AWS's words where they are known."""
    assert refusal_of(client_with_jobs, SearchExpression=wanted) == ("ValidationException", words, 400)


def test_limits_of_the_model_are_enforced(client_with_jobs: Any) -> None:
    """In AWS's usual words."""
    code, text, _ = refusal_of(client_with_jobs, SearchExpression={"Filters": [where("TrainingJobName", None, "x")] * 21})
    assert code == "ValidationException"
    assert "at 'searchExpression.filters' failed to satisfy constraint: Member must have length less than or equal to 20" in text
    code, text, _ = refusal_of(client_with_jobs, SearchExpression={"Filters": [where("TrainingJobName", None, "x" * 1025)]})
    assert "at 'searchExpression.filters.1.member.value' failed to satisfy constraint" in text


@pytest.mark.parametrize(
    "by, ascending",
    [
        ("CreationTime", "rich poor some"),
        ("LastModifiedTime", "rich poor some"),
        ("TrainingJobName", "poor rich some"),
        ("HyperParameters.lr", "rich some poor"),
        ("HyperParameters.depth", "rich some poor"),
        ("TrainingEndTime", "rich poor some"),
        ("Tags.team", "rich some poor"),
        ("Metrics.train:loss", "rich poor some"),
        ("EnableNetworkIsolation", "poor some rich"),
    ],
)
def test_results_are_sorted_and_paged(client_with_jobs: Any, by: str, ascending: str) -> None:
    """All at once and one at a time; jobs without the property come last in both orders."""
    wholes = []
    for order in ("Ascending", "Descending"):
        wholes.append(found(client_with_jobs, SortBy=by, SortOrder=order))
        pages = client_with_jobs.get_paginator("search").paginate(
            Resource="TrainingJob", SortBy=by, SortOrder=order, PaginationConfig={"PageSize": 1}
        )
        names = [[one["TrainingJob"]["TrainingJobName"] for one in page["Results"]] for page in pages]
        assert names == [[one] for one in wholes[-1]]
    descending = {
        "HyperParameters.lr": "some rich poor",
        "HyperParameters.depth": "some rich poor",
        "TrainingEndTime": "rich some poor",
        "Metrics.train:loss": "rich some poor",
        "Tags.team": "some rich poor",
    }
    assert wholes[0] == ascending.split()
    assert wholes[1] == descending.get(by, " ".join(reversed(ascending.split()))).split()


def test_sorting_needs_a_property_with_a_value(client_with_jobs: Any) -> None:
    """Structures have no order."""
    words = "Sorting is not supported for property VpcConfig."
    assert refusal_of(client_with_jobs, SortBy="VpcConfig") == ("ValidationException", words, 400)
    assert refusal_of(client_with_jobs, SortBy="Nix") == ("ValidationException", "Unknown property name: Nix", 400)


def test_by_default_ten_results_are_sorted_by_last_modified_time(sagemaker: SageMakerMock, client: Any) -> None:
    """A search by CreationTime pages over any number of jobs."""
    sagemaker.plan("*", Plan.completes(starting=3600))
    for number in range(205):
        create(client, f"job-{number:03}")
        sagemaker.clock.advance(1)
    shown = client.search(Resource="TrainingJob")
    assert [one["TrainingJob"]["TrainingJobName"] for one in shown["Results"]] == [f"job-{n:03}" for n in range(204, 194, -1)]
    assert "TotalHits" not in shown
    assert found(client, where("TrainingJobName", "In", "job-000,job-204")) == ["job-000", "job-204"]
    pages = client.get_paginator("search").paginate(Resource="TrainingJob", SortBy="CreationTime", MaxResults=100)
    assert [len(page["Results"]) for page in pages] == [100, 100, 5]


def test_a_page_by_creation_reads_only_its_own_jobs(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It also reads one more job, to know whether another page follows."""
    for number in range(120):
        create(client, f"job-{number:03}")
    looked: list[str] = []

    def look(job: Job, now_us: int) -> Snapshot:
        looked.append(job.name)
        return snapshot(job, now_us)

    monkeypatch.setattr(search, "snapshot", look)
    assert len(found(client)) == 10
    assert len(looked) == 11


_ODD_KEYS: dict[str, list[list[Any]]] = {
    "TrainingJobName": [[], ["x"], [1, 2, 3], [0, "x", 1], [1, None, 1], [1, "x", "y"], [1, 2], ["x", 2], [1, "x", 2, 3]],
    "CreationTime": [[], ["x"], [1], [1, 2, 3], ["x", 2], [1, None]],
}


@pytest.mark.parametrize("by", _ODD_KEYS)
def test_a_token_belongs_to_its_query(client_with_jobs: Any, by: str) -> None:
    """One of another query, or with another key, is refused."""
    invalid = "ValidationException", "Invalid NextToken.", 400
    token = client_with_jobs.search(Resource="TrainingJob", SortBy=by, MaxResults=1)["NextToken"]
    assert refusal_of(client_with_jobs, SortBy="TrainingJobStatus", NextToken=token) == invalid
    assert refusal_of(client_with_jobs, SortBy=by, NextToken="x") == invalid
    query = json.loads(base64.urlsafe_b64decode(token))[:3]
    for key in _ODD_KEYS[by]:
        changed = base64.urlsafe_b64encode(json.dumps([*query, *key]).encode()).decode()
        assert refusal_of(client_with_jobs, SortBy=by, NextToken=changed) == invalid


@YOUNG
def test_visibility_conditions_are_applied(client_with_jobs: Any) -> None:
    """A job with the tag must have the value; one without the tag passes."""
    assert found(client_with_jobs, VisibilityConditions=[{"Key": "Tags.team", "Value": "churn"}]) == ["rich", "poor"]
    assert found(client_with_jobs, VisibilityConditions=[{"Key": "Tags.team"}]) == ["rich", "poor", "some"]
    assert found(client_with_jobs, CrossAccountFilterOption="SameAccount") == ["rich", "poor", "some"]
    assert found(client_with_jobs, CrossAccountFilterOption="CrossAccount") == []


def test_a_record_is_the_description_with_tags(client_with_jobs: Any) -> None:
    """The members that the model has in both."""
    members = search.record(of_sagemaker()).members
    for one in client_with_jobs.search(Resource="TrainingJob")["Results"]:
        shown = one["TrainingJob"]
        tags = client_with_jobs.list_tags(ResourceArn=shown["TrainingJobArn"])["Tags"]
        described = {
            name: value for name, value in describe(client_with_jobs, shown["TrainingJobName"]).items() if name in members
        }
        assert shown == {**described, "Tags": tags}


def test_hiding_from_search_affects_only_search(sagemaker: SageMakerMock, client: Any) -> None:
    """As long as the test says."""
    lines = {"Training": [(0, "loss=1")]}
    sagemaker.plan("*", Plan.completes(starting=1, downloading=1, training=600, logs=lines))
    metrics = {"MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9])"}]}
    image = {"TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:1", "TrainingInputMode": "File"}
    create(client, "old", AlgorithmSpecification={**image, **metrics})
    sagemaker.clock.advance(60)
    sagemaker.hide("*", lasting=15, operation="Search")
    create(client, "new")
    assert found(client) == found(client, SortBy="TrainingJobName") == ["old"]
    assert describe(client, "new")["TrainingJobStatus"] == "InProgress"
    sagemaker.clock.advance(15)
    assert found(client) == ["old", "new"]


def test_faults_apply_to_search_and_it_is_recorded(sagemaker: SageMakerMock, client: Any) -> None:
    """As for any operation; it is not about a single job."""
    sagemaker.fault("Search", "ThrottlingException", times=1)
    assert refusal_of(client)[0] == "ThrottlingException"
    assert found(client) == []
    assert sagemaker.calls.to("Search").outcomes == ["ThrottlingException", "ok"]
    with pytest.raises(UsageError):
        sagemaker.fault("Search", "ThrottlingException", job="churn")


def test_a_resource_is_searched_by_its_own_members(
    sagemaker: SageMakerMock, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In pages, and without hidden ones."""
    kind = TRAINING._replace(shape="HyperParameterTuningJob")

    def show(_api: Api, _store: Store, job: Job, now_us: int) -> dict[str, Any]:
        return {"HyperParameterTuningJobName": job.name, "CreationTime": job.created_us / 1e6, "Other": now_us}

    monkeypatch.setitem(cast("dict[str, Any]", search.RESOURCES), kind.shape, search.Resource(kind, show))
    for name in ("alpha", "beta", "gamma"):
        create(client, name, Tags=[{"Key": "team", "Value": name}])
    wanted = {"Resource": kind.shape, "SortBy": "HyperParameterTuningJobName"}
    filters = {"Filters": [where("HyperParameterTuningJobName", "NotEquals", "gamma")]}
    response = client.search(**wanted, MaxResults=1, SearchExpression=filters)
    [[(member, shown)]] = [one.items() for one in response["Results"]]
    assert member == kind.shape
    assert set(shown) == {"HyperParameterTuningJobName", "CreationTime", "Tags"}
    assert shown["Tags"] == [{"Key": "team", "Value": "beta"}]
    assert response["NextToken"]
    sagemaker.hide("beta", lasting=600, operation="Search")
    found = [one[kind.shape]["HyperParameterTuningJobName"] for one in client.search(**wanted)["Results"]]
    assert found == ["gamma", "alpha"]


def test_tuning_jobs_and_their_children_are_found(sagemaker: SageMakerMock, client: Any) -> None:
    """A tuning job by status, its children by its ARN."""
    tune = sagemaker.create_tuning_job("tune", Tags=[{"Key": "team", "Value": "x"}])
    sagemaker.create_tuning_job("other")
    tune.advance_until("Completed")
    filters = [
        where("HyperParameterTuningJobName", "Equals", "tune"),
        where("HyperParameterTuningJobStatus", "Equals", "Completed"),
    ]
    [found] = client.search(Resource="HyperParameterTuningJob", SearchExpression={"Filters": filters})["Results"]
    shown = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="tune")
    del shown["ResponseMetadata"]
    assert found == {"HyperParameterTuningJob": {**shown, "Tags": [{"Key": "team", "Value": "x"}]}}
    filters = [where("TuningJobArn", "Equals", tune.arn)]
    children = client.search(Resource="TrainingJob", SearchExpression={"Filters": filters}, MaxResults=100)["Results"]
    assert {one["TrainingJob"]["TrainingJobName"] for one in children} == {child.name for child in tune.children}


def test_other_resources_are_refused_by_name(client: Any) -> None:
    """An unknown resource is refused as by the service."""
    with pytest.raises(NotSimulated) as unknown:
        client.search(Resource="Endpoint")
    assert str(unknown.value).startswith("sagemock does not simulate Search for the resource Endpoint. It simulates ")
    with pytest.raises(ClientError) as refusal:
        client.search(Resource="Nix")
    code, text, status = code_and_text(refusal.value)
    assert (code, status) == ("ValidationException", 400)
    words = "1 validation error detected: Value 'Nix' at 'resource' failed to satisfy constraint: Member must satisfy enum"
    assert text.startswith(words)


# -- laws

_OPERATORS = ("Equals", "NotEquals", "GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo")
_PYTHONS = dict(zip(_OPERATORS, ("eq", "ne", "gt", "ge", "lt", "le"), strict=True))
_FILTERS = st.one_of(
    st.tuples(st.just("BillableTimeInSeconds"), st.sampled_from(_OPERATORS), st.sampled_from(["0", "638.5", "639", "700"])),
    st.tuples(
        st.sampled_from(["CreationTime", "TrainingEndTime"]),
        st.sampled_from(_OPERATORS),
        st.sampled_from([START, after(699), after(1090), after(1190)]),
    ),
    st.tuples(
        st.sampled_from(["TrainingJobName", "TrainingJobStatus"]),
        st.sampled_from(["Equals", "NotEquals", "In"]),
        st.sampled_from(["rich", "poor", "Completed", "rich,poor"]),
    ),
    st.tuples(st.sampled_from(["TrainingEndTime", "VpcConfig"]), st.sampled_from(["Exists", "NotExists"]), st.none()),
)


def naive(shown: dict[str, Any], name: str, by: str, value: Any) -> bool:
    """Return whether a description matches a filter."""
    has = shown.get(name)
    if by in {"Exists", "NotExists"}:
        return (has is not None) == (by == "Exists")
    if has is None:
        return by == "NotEquals"
    wants = float(value) if isinstance(has, int) else value
    if by == "In":
        return has in value.split(",")
    return bool(getattr(operator, _PYTHONS[by])(has, wants))


@settings(deadline=None, max_examples=50)
@given(st.lists(_FILTERS, min_size=1, max_size=4), st.sampled_from(["And", "Or"]))
def test_a_search_equals_a_filter_over_descriptions(
    client_with_jobs: Any, filters: list[tuple[str, str, Any]], combined: str
) -> None:
    """Whatever the filters, and however they are combined."""
    described = [describe(client_with_jobs, name) for name in ("rich", "poor", "some")]
    combine = all if combined == "And" else any
    wanted = [one["TrainingJobName"] for one in described if combine(naive(one, *each) for each in filters)]
    sent = [
        where(name, by, f"{value:%Y-%m-%dT%H:%M:%S}" if isinstance(value, datetime) else value) for name, by, value in filters
    ]
    assert found(client_with_jobs, SearchExpression={"Filters": sent, "Operator": combined}) == wanted


def test_search_only_reads() -> None:
    """So an endless loop of searches is noticed."""
    assert "Search" in operations.READS
