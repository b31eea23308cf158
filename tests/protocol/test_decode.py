import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock.protocol.decode import decode, parse
from sagemock.protocol.refusal import Refusal
from tests.protocol.shapes import invented, of_sagemaker

MODEL = invented(
    {
        "Everything": {
            "type": "structure",
            "members": {
                "Text": {"shape": "Text"},
                "Flag": {"shape": "Flag"},
                "Count": {"shape": "Count"},
                "Size": {"shape": "Size"},
                "Share": {"shape": "Share"},
                "Exact": {"shape": "Exact"},
                "At": {"shape": "At"},
                "Bytes": {"shape": "Bytes"},
                "Inner": {"shape": "Everything"},
                "Many": {"shape": "Many"},
                "Table": {"shape": "Table"},
            },
        },
        "Text": {"type": "string"},
        "Flag": {"type": "boolean"},
        "Count": {"type": "integer"},
        "Size": {"type": "long"},
        "Share": {"type": "float"},
        "Exact": {"type": "double"},
        "At": {"type": "timestamp"},
        "Bytes": {"type": "blob"},
        "Many": {"type": "list", "member": {"shape": "Everything"}},
        "Table": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Everything"}},
    }
)
EVERYTHING = MODEL.shape_for("Everything")


def message_for(value: object) -> str:
    """Return the message with which a value is refused."""
    with pytest.raises(Refusal) as refused:
        decode(EVERYTHING, value)
    assert (refused.value.code, refused.value.status) == ("SerializationException", 400)
    return refused.value.message


def nested(value: dict[str, Any]) -> dict[str, Any]:
    """Return a value that contains another one at every kind of depth."""
    return {"Inner": value, "Many": [value, value], "Table": {"key": value}}


def test_a_fitting_value_is_unchanged() -> None:
    """Values of the right JSON type are kept."""
    value = {"Text": "x", "Flag": False, "Count": -3, "Size": 1 << 40, "Share": 0.5, "Exact": 2, "Bytes": "eA==", "Inner": {}}
    assert decode(EVERYTHING, value) == value


def test_unknown_members_are_dropped_at_every_depth() -> None:
    """As a server ignores members that its model does not have."""
    assert decode(EVERYTHING, nested({"Text": "x", "Colour": "red"}) | {"Colour": 1}) == nested({"Text": "x"})


def test_a_null_member_counts_as_missing() -> None:
    """In structures at every depth."""
    assert decode(EVERYTHING, nested({"Text": None, "Flag": True}) | {"Size": None}) == nested({"Flag": True})


def test_a_null_in_a_list_is_dropped() -> None:
    """Like a missing member (measured); in a map it stays, and its constraints refuse it."""
    value: dict[str, Any] = {"Many": [None, {}, None], "Table": {"key": None}}
    assert decode(EVERYTHING, value) == {"Many": [{}], "Table": {"key": None}}


def test_the_argument_is_not_changed() -> None:
    """Decoding makes new containers."""
    value = nested({"Text": None})
    decode(EVERYTHING, value)
    assert value == nested({"Text": None})


def test_a_timestamp_becomes_whole_microseconds() -> None:
    """Seconds since the epoch, whole or not."""
    assert decode(EVERYTHING, {"At": 1532908800}) == {"At": 1_532_908_800_000_000}
    assert decode(EVERYTHING, {"At": 1532908800.123}) == {"At": 1_532_908_800_123_000}


@given(st.integers(min_value=0, max_value=4_000_000_000_000_000))
def test_no_microsecond_is_lost_in_json(at_us: int) -> None:
    """A float of seconds holds every microsecond of this century (until 2096: 2**52 microseconds are 142 years)."""
    assert decode(EVERYTHING, {"At": at_us / 1_000_000}) == {"At": at_us}


@pytest.mark.parametrize("sent, kept", [(60.0, 60), (1.5, 1), (-1.5, -1)])
def test_a_fraction_is_cut_to_an_integer(sent: float, kept: int) -> None:
    """1.5 becomes 1 (measured)."""
    count = decode(EVERYTHING, {"Count": sent})["Count"]
    assert count == kept
    assert type(count) is int


@pytest.mark.parametrize(
    "value, message",
    [
        ({"Text": 1}, "NUMBER_VALUE can not be converted to a String"),
        ({"Text": 1.5}, "DECIMAL_VALUE can not be converted to a String"),
        ({"Text": True}, "TRUE_VALUE can not be converted to a String"),
        ({"Text": False}, "FALSE_VALUE can not be converted to a String"),
        ({"Text": []}, "Start of list found where not expected"),
        ({"Text": {}}, "Start of structure or map found where not expected."),
        ({"Flag": "true"}, "STRING_VALUE can not be converted to an Boolean"),
        ({"Flag": 1}, "NUMBER_VALUE can not be converted to a Boolean"),
        ({"Count": "1"}, "STRING_VALUE can not be converted to an Integer"),
        ({"Count": True}, "TRUE_VALUE can not be converted to an Integer"),
        ({"Count": math.inf}, "DECIMAL_VALUE can not be converted to an Integer"),
        ({"Count": 1 << 31}, "NUMBER_VALUE can not be converted to an Integer"),
        ({"Size": 1 << 63}, "NUMBER_VALUE can not be converted to a Long"),
        ({"Size": -(1 << 63) - 1}, "NUMBER_VALUE can not be converted to a Long"),
        ({"Share": "0.5"}, "STRING_VALUE can not be converted to a Float"),
        ({"Share": False}, "FALSE_VALUE can not be converted to a Float"),
        ({"Exact": math.nan}, "DECIMAL_VALUE can not be converted to a Double"),
        ({"Exact": math.inf}, "DECIMAL_VALUE can not be converted to a Double"),
        ({"At": 1.7e308}, "DECIMAL_VALUE can not be converted to milliseconds since epoch"),
        ({"At": 10**400}, "NUMBER_VALUE can not be converted to milliseconds since epoch"),
        ({"At": "2018-07-30T00:00:00Z"}, "STRING_VALUE can not be converted to milliseconds since epoch"),
        ({"Inner": "x"}, "Expected null"),
        ({"Inner": []}, "Start of list found where not expected"),
        ({"Many": 1}, "Expected list or null"),
        ({"Many": {}}, "Start of structure or map found where not expected."),
        ({"Table": True}, "Expected map or null"),
        ({"Table": []}, "Start of list found where not expected"),
        ({"Many": [{"Text": 1}]}, "NUMBER_VALUE can not be converted to a String"),
        ({"Table": {"key": {"Text": 1}}}, "NUMBER_VALUE can not be converted to a String"),
        ([], "Start of list found where not expected"),
    ],
)
def test_a_json_type_that_does_not_fit_is_refused(value: object, message: str) -> None:
    """Before any constraint is checked, at any depth."""
    assert message_for(value) == message


@pytest.mark.parametrize("limit", [-(1 << 31), (1 << 31) - 1])
def test_an_integer_has_32_bits(limit: int) -> None:
    """The range includes both ends."""
    assert decode(EVERYTHING, {"Count": limit}) == {"Count": limit}


def test_a_number_out_of_range_gets_the_message_of_its_constraint() -> None:
    """The order was measured: if it breaks a constraint too, that message comes."""
    bounded = invented({"Few": {"type": "integer", "max": 100}, "Some": {"type": "integer", "min": 1}})
    assert decode(bounded.shape_for("Few"), 1 << 40) == 1 << 40
    assert decode(bounded.shape_for("Some"), -(1 << 40)) == -(1 << 40)
    for shape, value in (("Few", -(1 << 40)), ("Some", 1 << 40)):
        with pytest.raises(Refusal, match="NUMBER_VALUE can not be converted to an Integer"):
            decode(bounded.shape_for(shape), value)


# -- bodies


@pytest.mark.parametrize(
    "body, read",
    [
        (b'{"a": [1, 2.5, "\\ud83d\\ude00"], "b": null}', {"a": [1, 2.5, "\U0001f600"], "b": None}),
        ('{"a": "\u00e9"}'.encode(), {"a": "\u00e9"}),
        ('{"a": 1, "a": 2}', {"a": 2}),
        (b"[]", []),
    ],
)
def test_an_object_or_a_list_is_read(body: bytes | str, read: object) -> None:
    """As they are; of a repeated key the last one counts."""
    assert parse(body) == read


UNREADABLE = [
    b"", b" ", b"{", b"null", b'"x"', b"1", b"true", b'{"a":1,}', b'{"a":1', b"{'a':1}", b"\xff\xfe", b'{"a":"\xff"}',
    '{"a":"b"}'.encode("utf-16"), "\ufeff{}".encode(), b'{"a":NaN}', b'{"a":-Infinity}', b'{"a":' + b"1" * 5000 + b"}",
    b'{"a":"\\ud800"}', b'{"\\uDFFF":1}', '{"a":"\ud800"}', b"[" * 100_000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("body", UNREADABLE, ids=range(len(UNREADABLE)))
def test_invalid_json_is_refused_without_a_message(body: bytes | str) -> None:
    """Whatever is wrong with it; the client gets only the code."""
    with pytest.raises(Refusal) as refused:
        parse(body)
    assert (refused.value.code, refused.value.message, refused.value.status) == ("SerializationException", "", 400)


def test_a_recursion_error_of_the_caller_is_not_blamed_on_the_body() -> None:
    """Code that calls itself too often gets its own error."""

    def deeper() -> None:
        parse(b'{"a": [[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]}')
        deeper()

    with pytest.raises(RecursionError):
        deeper()


def test_a_real_request_is_decoded() -> None:
    """With SageMaker's shapes, even recursive ones."""
    api = of_sagemaker()
    listing = {"MaxResults": 5, "CreationTimeAfter": 1532908800.5, "SortBy": "CreationTime", "NextToken": None}
    assert decode(api.input("ListTrainingJobs"), listing) == {
        "MaxResults": 5,
        "CreationTimeAfter": 1_532_908_800_500_000,
        "SortBy": "CreationTime",
    }
    search = {
        "Resource": "TrainingJob",
        "SearchExpression": {"SubExpressions": [{"SubExpressions": [{"Operator": "Or", "x": 1}]}]},
    }
    assert decode(api.input("Search"), search) == {
        "Resource": "TrainingJob",
        "SearchExpression": {"SubExpressions": [{"SubExpressions": [{"Operator": "Or"}]}]},
    }
