import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock.protocol.decode import decode
from sagemock.protocol.fits import fits
from sagemock.protocol.refusal import Refusal
from sagemock.protocol.validate import violations
from tests.protocol.mutants import REQUEST, create, mutants_of, operations, sample
from tests.protocol.shapes import invented, of_sagemaker

JSON = st.sampled_from(
    [None, True, 0, 1, -1, 1.0, 0.5, "", "x", "File", "x" * 300, [], [None], ["x"], {}, {"x": "y"}, {"x": None}]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all parts of a JSON value."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, part in parts for place in places(part, (*path, key)))]


def put(value: Any, path: tuple[Any, ...], part: Any) -> Any:
    """Return a JSON value with one part replaced."""
    if not path:
        return part
    value = deepcopy(value)
    inner = value
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = part
    return value


def test_a_realistic_request_fits() -> None:
    """So it needs neither decoding nor checking."""
    assert fits(create(), json.loads(json.dumps(REQUEST)))


@pytest.mark.parametrize("operation", operations())
def test_no_request_that_breaks_a_constraint_fits(operation: str) -> None:
    """Any single constraint of the model, at any depth."""
    shape = of_sagemaker().input(operation)
    assert [value for value, expected in mutants_of(operation) if expected and fits(shape, value)] == []


@given(st.data())
def test_a_fitting_value_decodes_to_itself_and_breaks_nothing(data: st.DataObject) -> None:
    """Checked with random values in every place of a full request, and as unknown members."""
    shape = create()
    whole = json.loads(json.dumps(sample(shape)))
    path = data.draw(st.sampled_from(places(whole)))
    value = put(whole, path, data.draw(JSON))
    if data.draw(st.booleans()) and isinstance(value, dict):  # pragma: no cover  # which values are drawn is chance
        value = {**value, "NoMember": "x"}
    if fits(shape, value):  # pragma: no cover  # which values are drawn is chance
        assert decode(shape, value) == value
        assert violations(shape, value) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"Unknown": "x"},
        {"RoleArn": None},
        {"RoleArn": 5},
        {"RoleArn": ["x"]},
        {"AlgorithmSpecification": []},
        {"AlgorithmSpecification": {"TrainingInputMode": ["File"]}},
        {"AlgorithmSpecification": {"TrainingInputMode": 5}},
        {"EnableNetworkIsolation": 0},
        {"StoppingCondition": {"MaxRuntimeInSeconds": True}},
        {"StoppingCondition": {"MaxRuntimeInSeconds": 60.0}},
        {"HyperParameters": {"a": None}},
        {"HyperParameters": []},
        {"Tags": {}},
        {"Tags": [None]},
        {"Tags": [{"Key": 5, "Value": "x"}]},
    ],
)
def test_unusual_values_do_not_fit(changes: dict[str, Any]) -> None:
    """Null, another type, a whole number with a fraction: `decode` handles each."""
    assert not fits(create(), {**REQUEST, **changes})


def test_timestamps_and_fractions_are_left_to_decode() -> None:
    """It converts them."""
    shape = of_sagemaker().input("ListTrainingJobs")
    assert fits(shape, {"MaxResults": 5})
    assert not fits(shape, {"CreationTimeAfter": 1.5})
    assert decode(shape, {"CreationTimeAfter": 1.5}) == {"CreationTimeAfter": 1_500_000}


def test_an_enum_member_that_breaks_another_constraint_does_not_fit() -> None:
    """A model may state both."""
    shape = invented({"Kind": {"type": "string", "enum": ["ab", "abc"], "max": 2}}).shape_for("Kind")
    assert fits(shape, "ab")
    assert not fits(shape, "abc")
    assert len(violations(shape, "abc")) == 1


def test_an_untranslatable_pattern_is_not_enforced() -> None:
    """Only the length is, as in `violations`."""
    shape = invented({"Odd": {"type": "string", "pattern": "[a-z&&[^b]]+", "min": 2, "max": 4}}).shape_for("Odd")
    for value, wanted in (("b", False), ("bb", True), ("bbbbb", False)):
        assert fits(shape, value) is wanted
        assert (violations(shape, value) == []) is wanted
    with pytest.raises(Refusal):
        decode(shape, 5)
    assert not fits(shape, 5)
