import json
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock.protocol.answer import Answer, dump, encode, refusal_answer, seconds, success
from sagemock.protocol.refusal import Refusal
from tests.protocol.shapes import invented, sagemaker

AT_US = 1_532_908_800_123_456
# Until 2100.
INSTANTS_US = st.integers(min_value=0, max_value=4_102_444_800_000_000)
SHAPE = invented(
    {
        "Metric": {
            "type": "structure",
            "members": {
                "Name": {"shape": "Name"},
                "At": {"shape": "At"},
                "Parts": {"shape": "Metrics"},
                "Table": {"shape": "Instants"},
            },
        },
        "Metrics": {"type": "list", "member": {"shape": "Metric"}},
        "Instants": {"type": "map", "key": {"shape": "Name"}, "value": {"shape": "At"}},
        "Name": {"type": "string"},
        "At": {"type": "timestamp"},
    }
).shape_for("Metric")


@given(INSTANTS_US)
def test_an_instant_is_cut_to_the_millisecond(at_us: int) -> None:
    """Not rounded, so that nothing shows before it happened."""
    shown = json.loads(dump(seconds(at_us)))
    assert round(shown * 1000) == at_us // 1000
    assert len(repr(shown).partition(".")[2]) <= 3


@given(INSTANTS_US, INSTANTS_US)
def test_instants_keep_their_order_in_json(one_us: int, other_us: int) -> None:
    """A later instant is never shown as earlier."""
    assert seconds(min(one_us, other_us)) <= seconds(max(one_us, other_us))


@pytest.mark.parametrize(
    "at",
    [
        datetime(2018, 7, 30, 0, 0, 0, 123_456, tzinfo=timezone.utc),
        datetime(2018, 7, 29, 20, 0, 0, 123_456, tzinfo=timezone(timedelta(hours=-4))),
        "2018-07-30T00:00:00.123456Z",
        AT_US / 1_000_000,
    ],
)
def test_a_recorded_instant_is_moved_in_any_form(at: object) -> None:
    """At every depth: datetimes, ISO strings and epoch numbers; other values stay."""
    value = {"Name": "loss", "At": at, "Parts": [{"At": at}], "Table": {"x": at}, "Unknown": at}
    moved = 1_532_908_801.123
    assert encode(SHAPE, value, 1_000_000) == {"Name": "loss", "At": moved, "Parts": [{"At": moved}], "Table": {"x": moved}}


def test_an_answer_is_compact_json() -> None:
    """As bytes; an empty document is an empty body."""
    assert success(dump({"a": [1, "é"]})) == Answer(200, b'{"a":[1,"\\u00e9"]}')
    assert success("") == Answer(200, b"")


@pytest.mark.parametrize("code", ["ResourceNotFound", "ResourceInUse", "ResourceLimitExceeded", "ConflictException"])
def test_a_modelled_error_has_the_member_message_in_capitals(code: str) -> None:
    """The service model gives these errors a member `Message`."""
    assert "Message" in sagemaker().shape_for(code).members  # type: ignore[attr-defined]  # all are structures
    assert refusal_answer(Refusal(code, "taken")) == Answer(400, f'{{"__type":"{code}","Message":"taken"}}'.encode())


def test_any_other_error_has_a_small_message() -> None:
    """Errors outside the model have a member `message`, and their own status."""
    assert refusal_answer(Refusal("ThrottlingException", "Rate exceeded", status=429)) == Answer(
        429, b'{"__type":"ThrottlingException","message":"Rate exceeded"}'
    )
