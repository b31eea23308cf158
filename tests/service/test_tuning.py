"""The operations on tuning jobs: lists, refusals and deletion."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sagemock import Plan, SageMakerMock, TuningJobPlan, mock_sagemaker
from tests.support.calling import START, YOUNG, code_and_text, make_client
from tests.support.tuning import OWN, request, request_with_definitions

NAME = {"HyperParameterTuningJobName": "tune"}
CLIENT = make_client()
BARE = make_client(config=Config(parameter_validation=False, retries={"total_max_attempts": 1, "mode": "standard"}))
"""A client without validation."""
UNKNOWN = "Amazon SageMaker can't find a tuning job called tune. Type another name."


@pytest.fixture
def sagemaker() -> Iterator[SageMakerMock]:
    """Start a mock whose children take a minute."""
    plan = Plan.completes(starting=0, downloading=0, training=60, uploading=0)
    with mock_sagemaker(start=START, latency=0, strict=False, plan=plan) as mock:
        yield mock


def refusal_of(call: str, **params: Any) -> tuple[str, str]:
    """Return the code and message with which a call is refused."""
    with pytest.raises(ClientError) as caught:
        getattr(CLIENT, call)(**params)
    return code_and_text(caught.value)[:2]


def listed_numbers(**params: Any) -> list[str]:
    """Return the numbers of the listed children, over all pages."""
    pages = CLIENT.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job").paginate(**NAME, **params)
    return [one["TrainingJobName"].split("-")[1] for page in pages for one in page["TrainingJobSummaries"]]


@pytest.mark.parametrize(
    "call",
    [
        "describe_hyper_parameter_tuning_job",
        "stop_hyper_parameter_tuning_job",
        "list_training_jobs_for_hyper_parameter_tuning_job",
    ],
)
def test_an_unknown_tuning_job_is_not_found(sagemaker: SageMakerMock, call: str) -> None:
    """In AWS's words."""
    del sagemaker
    assert refusal_of(call, **NAME) == ("ResourceNotFound", UNKNOWN)


@YOUNG
def test_a_finished_tuning_job_can_be_deleted(sagemaker: SageMakerMock) -> None:
    """A running one is refused. An ended one is Deleting, then gone; an unknown one is not an error, nor is a second call."""
    CLIENT.delete_hyper_parameter_tuning_job(**NAME)
    CLIENT.create_hyper_parameter_tuning_job(**request())
    code, text = refusal_of("delete_hyper_parameter_tuning_job", **NAME)
    assert (code, "not in a terminal state" in text) == ("ValidationException", True)
    sagemaker.advance_until_idle()
    before = CLIENT.describe_hyper_parameter_tuning_job(**NAME)
    for _ in range(2):
        CLIENT.delete_hyper_parameter_tuning_job(**NAME)
    shown = CLIENT.describe_hyper_parameter_tuning_job(**NAME)
    assert shown["HyperParameterTuningJobStatus"] == "Deleting"
    assert shown["TrainingJobStatusCounters"] == before["TrainingJobStatusCounters"]
    sagemaker.clock.advance(10)
    assert refusal_of("describe_hyper_parameter_tuning_job", **NAME) == ("ResourceNotFound", UNKNOWN)
    assert len(sagemaker.jobs) == 4


def test_children_are_listed_in_each_order(sagemaker: SageMakerMock) -> None:
    """Newest first by default; by name, status or objective, in both directions, page by page."""
    values = iter([0.4, 0.1, 0.3, None])
    sagemaker.plan("tune", TuningJobPlan.completes(objective=lambda _: next(values)))
    sagemaker.plan("tune-002-*", Plan.completes(starting=0, downloading=0, training=200, uploading=0))
    CLIENT.create_hyper_parameter_tuning_job(**request())
    assert listed_numbers() == []
    sagemaker.clock.advance(150)
    assert listed_numbers() == ["003", "002", "001"]
    assert listed_numbers(SortBy="Status") == ["001", "002", "003"]
    assert listed_numbers(SortBy="Status", SortOrder="Descending", PaginationConfig={"PageSize": 1}) == ["003", "002", "001"]
    assert listed_numbers(StatusEquals="InProgress") == ["003", "002"]
    assert listed_numbers(SortBy="FinalObjectiveMetricValue") == ["001"]
    sagemaker.advance_until_idle()
    for size in (1, 3, 100):
        pages = {"PaginationConfig": {"PageSize": size}}
        assert listed_numbers(SortBy="FinalObjectiveMetricValue", **pages) == ["002", "003", "001"]
        assert listed_numbers(SortBy="Name", **pages) == ["001", "002", "003", "004"]
        assert listed_numbers(SortBy="CreationTime", SortOrder="Descending", **pages) == ["004", "003", "002", "001"]


def test_a_token_of_another_list_is_refused(sagemaker: SageMakerMock) -> None:
    """As for every list."""
    CLIENT.create_hyper_parameter_tuning_job(**request())
    sagemaker.clock.advance(60)
    call = "list_training_jobs_for_hyper_parameter_tuning_job"
    token = getattr(CLIENT, call)(**NAME, MaxResults=1)["NextToken"]
    assert refusal_of(call, **NAME, SortBy="Name", NextToken=token)[0] == "ValidationException"
    assert refusal_of(call, **NAME, NextToken="rubbish")[0] == "ValidationException"


def test_tuning_jobs_are_listed(sagemaker: SageMakerMock) -> None:
    """A summary has members of the description."""
    CLIENT.create_hyper_parameter_tuning_job(**request())
    sagemaker.advance_until_idle()
    (summary,) = CLIENT.list_hyper_parameter_tuning_jobs(StatusEquals="Completed")["HyperParameterTuningJobSummaries"]
    shown = CLIENT.describe_hyper_parameter_tuning_job(**NAME)
    assert summary == {
        **{name: value for name, value in shown.items() if name in summary},
        "Strategy": "Random",
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2},
    }


def test_several_definitions_take_turns(sagemaker: SageMakerMock) -> None:
    """Each child has its definition's name."""
    CLIENT.create_hyper_parameter_tuning_job(**request_with_definitions("a", "b"))
    sagemaker.advance_until_idle()
    call = CLIENT.list_training_jobs_for_hyper_parameter_tuning_job
    found = call(**NAME, SortBy="Name")["TrainingJobSummaries"]
    assert [one["TrainingJobDefinitionName"] for one in found] == ["a", "b", "a", "b"]
    shown = CLIENT.describe_hyper_parameter_tuning_job(**NAME)
    assert "TrainingJobDefinition" not in shown
    assert shown["BestTrainingJob"]["TrainingJobDefinitionName"] in ("a", "b")


@pytest.mark.parametrize("groups", [False, True])
def test_the_quota_is_checked_for_all_parallel_children(sagemaker: SageMakerMock, *, groups: bool) -> None:
    """When the tuning job is created."""
    sagemaker.quota("ml.m5.large", instances=5)
    group = {"InstanceType": "ml.m5.large", "InstanceCount": 2, "InstanceGroupName": "x"}
    single = {"InstanceType": "ml.m5.large", "InstanceCount": 2}
    resources = {"VolumeSizeInGB": 10, **({"InstanceGroups": [group]} if groups else single)}
    whole = request(parallel=3, definition={"ResourceConfig": resources})
    code, text = refusal_of("create_hyper_parameter_tuning_job", **whole)
    assert (code, "a request delta of 6 Instances" in text) == ("ResourceLimitExceeded", True)
    CLIENT.create_hyper_parameter_tuning_job(**request(definition={"ResourceConfig": resources}))


def test_missing_input_data_is_refused() -> None:
    """With `check_s3` and moto: in the words of CreateTrainingJob."""
    moto = pytest.importorskip("moto")
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://nowhere/data"}}
    whole = request(definition={"InputDataConfig": [{"ChannelName": "train", "DataSource": source}]})
    with moto.mock_aws(), mock_sagemaker(check_s3=True):
        assert refusal_of("create_hyper_parameter_tuning_job", **whole)[0] == "ValidationException"


def test_one_random_seed_draws_the_same_values(sagemaker: SageMakerMock) -> None:
    """For tuning jobs of any name."""
    for name, seed in (("one", 5), ("two", 5), ("three", None)):
        CLIENT.create_hyper_parameter_tuning_job(**request(name, RandomSeed=seed))
    sagemaker.advance_until_idle()
    one, two, three = (
        [child.hyperparameters for child in sagemaker.tuning_jobs[name].children] for name in ("one", "two", "three")
    )
    assert one == two != three


def test_a_plan_with_ranges_is_drawn_by_seed_and_name(sagemaker: SageMakerMock) -> None:
    """The mock's seed, and the tuning job's name."""
    sagemaker.plan("tune", TuningJobPlan.completes(first_launch=(3, 300)))
    CLIENT.create_hyper_parameter_tuning_job(**request())
    sagemaker.advance_until_idle()
    tune = sagemaker.tuning_jobs["tune"]
    assert 3 <= (tune.children[0].created - tune.created).total_seconds() <= 300


def test_without_validation_an_unsupported_regex_gives_no_objective() -> None:
    """The child has none then."""
    metric = {"Name": "loss", "Regex": "loss=("}
    algorithm = {"TrainingImage": OWN, "TrainingInputMode": "File", "MetricDefinitions": [metric]}
    logs = {"Training": [(1, "loss=1")]}
    with mock_sagemaker(validate=False, plan=Plan.completes(training=60, logs=logs)) as mock:
        CLIENT.create_hyper_parameter_tuning_job(**request(definition={"AlgorithmSpecification": algorithm}))
        mock.advance_until_idle()
        assert mock.tuning_jobs["tune"].objective_counters == {"Succeeded": 0, "Pending": 0, "Failed": 4}


def test_without_validation_definition_and_objective_may_be_missing() -> None:
    """Without a definition it is refused; without an objective nothing is optimised."""
    with mock_sagemaker(validate=False) as mock:
        whole = request()
        del whole["TrainingJobDefinition"]
        with pytest.raises(ClientError):
            BARE.create_hyper_parameter_tuning_job(**whole)
        BARE.create_hyper_parameter_tuning_job(**request(HyperParameterTuningJobObjective=None))
        mock.advance_until_idle()
        assert mock.tuning_jobs["tune"].status == "Completed"
