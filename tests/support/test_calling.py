from typing import Any

import pytest
from botocore.model import ServiceModel

from tests.protocol.shapes import invented
from tests.support.calling import problems

MODEL: ServiceModel = invented(
    {
        "Answer": {
            "type": "structure",
            "required": ["Name"],
            "members": {
                "Name": {"shape": "Name"},
                "Size": {"shape": "Size"},
                "At": {"shape": "At"},
                "Share": {"shape": "Share"},
                "Open": {"shape": "Open"},
                "Kind": {"shape": "Kind"},
                "Parts": {"shape": "Parts"},
                "Table": {"shape": "Table"},
            },
        },
        "Name": {"type": "string", "min": 1, "max": 3},
        "Size": {"type": "integer", "min": 1},
        "At": {"type": "timestamp"},
        "Share": {"type": "float"},
        "Open": {"type": "boolean"},
        "Kind": {"type": "string", "enum": ["red", "blue"]},
        "Parts": {"type": "list", "member": {"shape": "Answer"}},
        "Table": {"type": "map", "key": {"shape": "Name"}, "value": {"shape": "Size"}},
    }
)


@pytest.mark.parametrize(
    "value, problem",
    [
        ({}, "Answer lacks Name"),
        ({"Name": "a", "Colour": 1}, "Answer has an unknown Colour"),
        ({"Name": 1}, "Answer.Name is 1, which is no string"),
        ({"Name": ""}, "Answer.Name is '', which is too long, too short, too much or too little"),
        ({"Name": "abcd"}, "Answer.Name is 'abcd', which is too long, too short, too much or too little"),
        ({"Name": "a", "Size": 0}, "Answer.Size is 0, which is too long, too short, too much or too little"),
        ({"Name": "a", "Size": 1.5}, "Answer.Size is 1.5, which is no integer"),
        ({"Name": "a", "Size": None}, "Answer.Size is None, which is no integer"),
        ({"Name": "a", "Size": True}, "Answer.Size is True, which is no integer"),
        ({"Name": "a", "At": 1.0005}, "Answer.At is 1.0005, which is no timestamp"),
        ({"Name": "a", "At": "now"}, "Answer.At is 'now', which is no timestamp"),
        ({"Name": "a", "Open": 1}, "Answer.Open is 1, which is no boolean"),
        ({"Name": "a", "Kind": "green"}, "Answer.Kind is 'green', which is none of ['red', 'blue']"),
        ({"Name": "a", "Parts": [{"Name": "b"}, {}]}, "Answer.Parts[1] lacks Name"),
        ({"Name": "a", "Table": {"x": 0}}, "Answer.Table['x'] is 0, which is too long, too short, too much or too little"),
    ],
)
def test_a_response_that_breaks_its_shape_is_reported(value: dict[str, Any], problem: str) -> None:
    """Every test of this suite relies on this check."""
    assert list(problems(MODEL.shape_for("Answer"), value, "Answer")) == [problem]


def test_a_response_that_fits_its_shape_passes() -> None:
    """Accept integers for floats, instants to the millisecond, and nested values."""
    value = {"Name": "a", "Size": 2, "At": 1.123, "Share": 0.5, "Open": False, "Kind": "red", "Table": {"x": 1}}
    assert list(problems(MODEL.shape_for("Answer"), value | {"Parts": [value, value | {"At": 1, "Share": 1}]}, "Answer")) == []
