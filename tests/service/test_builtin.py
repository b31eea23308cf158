"""Built-in algorithms: the accounts of their images, and the metrics that the service defines for them."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock import Plan, SageMakerMock, current, mock_sagemaker
from sagemock.service import builtin
from sagemock.service.builtin import REPOSITORIES, in_order, is_built_in, place
from tests.service.test_operations import refusal
from tests.support.calling import YOUNG, create, describe, make_client, request
from tests.support.records import R4, response

DATA: dict[str, Any] = json.loads(Path(builtin.__file__).with_name("builtin.json").read_text("utf-8"))
LISTS: list[dict[str, Any]] = DATA["lists"]
OF_CORE, OF_FRAMEWORKS = "811284229777", "683313688378"
OWN = [{"Name": "loss", "Regex": "loss=(.*)"}]


OPTIONS: dict[str, Any] = {"latency": 0, "strict": False}


def algorithm(image: str, account: str = OF_CORE, host: str = "us-east-1.amazonaws.com", **members: Any) -> dict[str, Any]:
    """Return the AlgorithmSpecification of a request, with an image of AWS."""
    image = f"{account}.dkr.ecr.{host}/{image}"
    return {"AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File", **members}}


def shown_metrics(client: Any, name: str = "churn") -> list[dict[str, str]]:
    """Return the metric definitions in a description."""
    found: list[dict[str, str]] = describe(client, name)["AlgorithmSpecification"].get("MetricDefinitions", [])
    return found


# -- the data


def test_the_data_is_complete() -> None:
    """Each list names its source, belongs to a known repository, and can be sent."""
    assert set(DATA["images"]["repositories"]) == REPOSITORIES
    assert all(len(account) == 12 and account.isdecimal() for account in DATA["images"]["accounts"])
    for one in LISTS:
        assert one["repository"] in REPOSITORIES
        assert one["evidence"] in ("describe", "copy", "metadata")
        assert one["source"]
        assert one["date"]
        assert 1 <= len(one["metrics"]) <= 40
        assert all(1 <= len(name) <= 255 and 1 <= len(regex) <= 500 for name, regex in one["metrics"].items())


@pytest.mark.parametrize("one", LISTS, ids=lambda one: f"{one['repository']}-{len(one['metrics'])}")
def test_the_order_is_that_of_the_records(one: dict[str, Any]) -> None:
    """Recorded lists keep their order."""
    recorded = [{"Name": name, "Regex": regex} for name, regex in one["metrics"].items()]
    assert in_order(one["metrics"].items()) == recorded


RANDOM_ORDER = st.sampled_from(LISTS).flatmap(lambda one: st.permutations(list(one["metrics"].items())))


@given(RANDOM_ORDER)
def test_the_order_is_computed_from_the_names(pairs: list[tuple[str, str]]) -> None:
    """Names that share a place of the hash table keep their order."""
    [recorded] = [one["metrics"] for one in LISTS if set(one["metrics"].items()) == set(pairs)]
    ordered = in_order(pairs)
    assert [place(one["Name"], len(pairs)) for one in ordered] == [place(name, len(pairs)) for name in recorded]
    assert {one["Name"]: one["Regex"] for one in ordered} == recorded
    given_order = [name for name, _ in pairs]
    for before, after in pairwise(one["Name"] for one in ordered):
        assert place(before, len(pairs)) < place(after, len(pairs)) or given_order.index(before) < given_order.index(after)


# -- what is shown


@pytest.mark.parametrize(
    "image, account, parameters, expected",
    [
        ("linear-learner:1", OF_CORE, {}, (39, "test:dcg")),
        ("xgboost:1", OF_CORE, {}, (18, "train:mae")),
        ("xgboost:latest", OF_CORE, {}, (18, "train:mae")),
        ("xgboost@sha256:0", OF_CORE, {}, (18, "train:mae")),
        ("sagemaker-xgboost:0.90-1-cpu-py3", OF_FRAMEWORKS, {"objective": "multi:softmax"}, (34, "train:mae")),
        ("sagemaker-xgboost:1.3-1", OF_FRAMEWORKS, {"objective": "binary:logistic"}, (29, "train:mae")),
        ("sagemaker-xgboost:1.5-1", OF_FRAMEWORKS, {"objective": "reg:squarederror"}, (27, "train:mae")),
        ("sagemaker-xgboost:1.5-1-cpu-py3", OF_FRAMEWORKS, {}, (27, "train:mae")),
        ("sagemaker-xgboost:1.5-1", OF_FRAMEWORKS, {"objective": '"binary:hinge"'}, (29, "train:mae")),
        ("kmeans:1", OF_CORE, {}, (5, "train:progress")),
        ("object-detection:latest", OF_CORE, {}, (5, "train:progress")),
        ("ipinsights:1", OF_CORE, {}, (7, "train:binary_classification_cross_entropy:epoch")),
        ("blazingtext:1", OF_CORE, {}, (3, "train:accuracy")),
        ("factorization-machines:1", OF_CORE, {}, (18, "train:binary_classification_cross_entropy:epoch")),
        ("forecasting-deepar:1", OF_CORE, {}, (7, "test:mean_wQuantileLoss")),
        ("image-classification:1", OF_CORE, {}, (4, "train:accuracy")),
        ("knn:1", OF_CORE, {}, (4, "train:progress")),
        ("object2vec:1", OF_CORE, {}, (11, "validation:cross_entropy")),
        ("semantic-segmentation:1", OF_CORE, {}, (5, "validation:pixel_accuracy")),
    ],
)
def test_a_built_in_algorithm_shows_its_own_metrics(
    image: str, account: str, parameters: dict[str, str], expected: tuple[int, str], client: Any
) -> None:
    """In descriptions and events, from the beginning; the recorded request is the one that was sent."""
    sent = {**algorithm(image, account), "HyperParameters": parameters}
    create(client, **sent)
    found = shown_metrics(client)
    assert (len(found), found[0]["Name"]) == expected
    sagemaker = current()
    assert sagemaker.events[0]["detail"]["AlgorithmSpecification"]["MetricDefinitions"] == found
    assert sagemaker.jobs["churn"].request == sagemaker.calls[0].params == request("churn", **sent)
    sagemaker.advance_until_idle()
    assert shown_metrics(client) == found


@pytest.mark.parametrize(
    "image, account, parameters",
    [
        ("lda:1", OF_CORE, {}),
        ("pca:1", OF_CORE, {}),
        ("sagemaker-xgboost:1.7-1", OF_FRAMEWORKS, {}),
        ("sagemaker-xgboost:1.5-1", OF_FRAMEWORKS, {"objective": "multi:softmax"}),
        ("sagemaker-xgboost@sha256:0", OF_FRAMEWORKS, {}),
        ("sagemaker-scikit-learn:1.2-1", OF_FRAMEWORKS, {}),
        ("kmeans:1", "123456789012", {}),
    ],
)
def test_unknown_lists_are_not_shown(image: str, account: str, parameters: dict[str, str], client: Any) -> None:
    """Neither are lists for images that are not built in."""
    create(client, **algorithm(image, account), HyperParameters=parameters)
    assert shown_metrics(client) == []


@YOUNG
def test_a_job_without_an_image_shows_no_metrics(client: Any) -> None:
    """Neither one of the marketplace nor a serverless one."""
    create(client, AlgorithmSpecification={"AlgorithmName": "churn", "TrainingInputMode": "File"})
    assert shown_metrics(client) == []


@pytest.mark.parametrize("host", ["eu-west-1.amazonaws.com", "cn-north-1.amazonaws.com.cn", "us-iso-east-1.c2s.ic.gov"])
def test_an_image_is_recognised_by_repository_and_account(host: str) -> None:
    """In every partition."""
    assert is_built_in(algorithm("kmeans:1", host=host))
    assert is_built_in(algorithm("sagemaker-xgboost:3.0-5", OF_FRAMEWORKS, host))
    assert not is_built_in(algorithm("kmeans:1", "123456789012", host))
    assert not is_built_in(algorithm("sagemaker-scikit-learn:1", OF_FRAMEWORKS, host))
    assert not is_built_in({})


@pytest.mark.parametrize(
    "image, account", [("xgboost:1", OF_CORE), ("pca:1", OF_CORE), ("sagemaker-xgboost:1.5-1", OF_FRAMEWORKS)]
)
def test_a_built_in_algorithm_accepts_no_metrics(image: str, account: str, client: Any) -> None:
    """Whether its list is known or not, and even if it runs a script; other images of the same accounts accept them."""
    script = {"sagemaker_program": "train.py"}
    text = (
        "You can't override the metric definitions for Amazon SageMaker algorithms. "
        "Please retry the request without specifying metric definitions."
    )
    asked = algorithm(image, account, MetricDefinitions=OWN)
    assert refusal(create, client, "churn", **asked, HyperParameters=script) == ("ValidationException", text, 400)
    create(client, "other", **algorithm("sagemaker-scikit-learn:1.2-1", account, MetricDefinitions=OWN))
    create(client, "copied", **algorithm(image, "123456789012", MetricDefinitions=OWN))
    assert shown_metrics(client, "other") == shown_metrics(client, "copied") == OWN


def test_final_metrics_are_read_with_these_definitions(sagemaker: SageMakerMock, client: Any) -> None:
    """In their order, as with a job's own definitions."""
    lines = [(1, "[0]#011train-rmse:2.5#011validation-rmse:3.5"), (2, "[1]#011train-rmse:1.5#011validation-rmse:2.5"), (3, "bye")]
    sagemaker.plan("churn", Plan.completes(training=60, logs={"Training": lines}))
    create(client, **algorithm("sagemaker-xgboost:1.5-1", OF_FRAMEWORKS))
    sagemaker.advance_until("churn", "Training")
    assert "FinalMetricDataList" not in describe(client)
    sagemaker.advance_until_idle()
    found = [(one["MetricName"], one["Value"]) for one in describe(client)["FinalMetricDataList"]]
    assert found == [("train:rmse", 1.5), ("validation:rmse", 2.5)]


@pytest.mark.parametrize("recorded", [None, OWN])
def test_a_replayed_record_keeps_its_own_metrics(recorded: Any, sagemaker: SageMakerMock, client: Any) -> None:
    """Even if it has none, as before 2019."""
    sent = algorithm("pca:1" if recorded else "kmeans:1")
    record = {**response(R4), **sent}
    if recorded:
        record["AlgorithmSpecification"] = {**record["AlgorithmSpecification"], "MetricDefinitions": recorded}
    sagemaker.plan("*", Plan.replays(record))
    create(client, **sent)
    assert shown_metrics(client) == (recorded or [])
    # The record says nothing about another image.
    create(client, "other", **algorithm("ipinsights:1"))
    assert len(shown_metrics(client, "other")) == 7


def test_the_accounts_are_read_only_when_needed() -> None:
    """The list is opened when a job has an image of an algorithm."""
    from sagemock.service import builtin  # noqa: PLC0415  # imported late on purpose

    builtin._read.cache_clear()
    builtin._accounts.cache_clear()
    with mock_sagemaker():
        client = make_client()
        create(client)
        describe(client)
    assert builtin._read.cache_info().currsize == 0
