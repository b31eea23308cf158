from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sagemock import Phase, Plan, PlanError, SageMakerMock, UsageError, mock_sagemaker, reasons
from sagemock.checks import encodable
from tests.service.test_operations import refusal
from tests.support.calling import START, create, make_client

HALF = "loss=\ud800"
"""A text that UTF-8 cannot encode."""
TEXTS = st.text(st.sampled_from("a\ud7ff\ud800\udfff\ue000\U0001f600") | st.characters(exclude_categories=[]), max_size=5)


RECORD = {
    "TrainingJobName": "churn",
    "HyperParameters": {"a": HALF},
    "CreationTime": 1532908800,
    "SecondaryStatusTransitions": [{"Status": "Starting", "StartTime": 1532908800}],
}


@given(TEXTS)
@example("\ud800")
def test_a_whole_text_is_one_that_utf8_can_encode(text: str) -> None:
    """Whatever characters it has."""
    try:
        text.encode()
    except UnicodeEncodeError:
        with pytest.raises(UsageError):
            encodable("it", text)
    else:
        encodable("it", text)


@pytest.mark.parametrize(
    "give",
    [
        lambda mock: mock.log("churn", HALF),
        lambda mock: mock.fail("churn", HALF),
        lambda mock: mock.fault("StopTrainingJob", "X", message=HALF),
        lambda _: Plan.completes(logs={"Training": [(0, HALF)]}),
        lambda _: Plan.fails(HALF),
        lambda _: Plan([Phase("Training")], ending="Failed", failure_reason=HALF),
        lambda _: Plan.replays(RECORD),
        lambda _: Phase("Training", logs=[(0, HALF)]),
        lambda _: Phase("Training", message=HALF),
        lambda _: Phase("Training", message=[(0, "x"), (1, HALF)]),
        lambda _: reasons.algorithm(HALF),
        lambda _: reasons.image_download(HALF),
    ],
)
def test_a_text_that_cannot_be_encoded_is_refused_at_its_line(give: Callable[[SageMakerMock], object]) -> None:
    """Otherwise each later read of it would fail; the message can be printed."""
    with mock_sagemaker(start=START) as mock:
        create(make_client())
        mock.advance_until("churn", "Training")
        with pytest.raises(UsageError, match="half of a surrogate pair, .*: take it out") as refused:
            give(mock)
    assert isinstance(refused.value, ValueError)
    assert str(refused.value).isascii()


def test_an_invalid_line_of_a_callable_is_refused_in_the_call() -> None:
    """It is not known earlier."""
    with mock_sagemaker(plan=Plan.completes(logs={"Training": lambda _: [(0, HALF)]})) as mock:
        with pytest.raises(PlanError, match="half of a surrogate pair"):
            create(make_client())
        assert list(mock.jobs) == []


@pytest.mark.parametrize("member", [{"HyperParameters": {"a": HALF}}, {"Tags": [{"Key": "a", "Value": HALF}]}])
def test_a_request_with_such_a_text_is_refused_as_unreadable(member: dict[str, Any]) -> None:
    """The serialiser of botocore accepts it."""
    with mock_sagemaker():
        assert refusal(create, make_client(), **member) == ("SerializationException", "", 400)
