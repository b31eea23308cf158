"""The search space: each value is in its range, and points and values convert into each other."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock.tuning.space import Choices, Fixed, Integers, Reals, Space, integer, number

SCALINGS = ("Auto", "Linear", "Logarithmic", "ReverseLogarithmic")
SHARES = st.floats(0, 1) | st.sampled_from([0.0, 1.0, 5e-324, math.nextafter(1, 0)])


def integer_range(low: object, high: object, scaling: str | None = "Linear", name: str = "depth") -> dict[str, Any]:
    """Return ParameterRanges with one integer range."""
    return {"IntegerParameterRanges": [one(low, high, scaling, name)]}


def real(low: object, high: object, scaling: str | None = "Linear", name: str = "rate") -> dict[str, Any]:
    """Return ParameterRanges with one continuous range."""
    return {"ContinuousParameterRanges": [one(low, high, scaling, name)]}


def one(low: object, high: object, scaling: str | None, name: str) -> dict[str, Any]:
    """Return a numeric range."""
    bounds = {"Name": name, "MinValue": str(low), "MaxValue": str(high)}
    return bounds if scaling is None else {**bounds, "ScalingType": scaling}


def value_at(ranges: dict[str, Any], share: float) -> str:
    """Return the value of the only range at a point of its axis."""
    (value,) = Space.of(ranges).decode([share]).values()
    return value


def settings(ranges: dict[str, Any]) -> list[dict[str, str]]:
    """Return all combinations."""
    space = Space.of(ranges)
    assert space.combinations is not None
    return [space.grid(number) for number in range(space.combinations)]


BOTH = {
    **integer_range(1, 3),
    **real("0.5", "2"),
    "CategoricalParameterRanges": [{"Name": "kind", "Values": ["a", "b"]}],
    "AutoParameters": [{"Name": "seed", "ValueHint": "7"}],
}


# -- laws


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**30), st.sampled_from(SCALINGS), SHARES)
def test_an_integer_is_within_its_range(low: int, more: int, scaling: str, share: float) -> None:
    """At the edges too."""
    assert low <= int(value_at(integer_range(low, low + more, scaling), share)) <= low + more


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**12), st.sampled_from(SCALINGS), SHARES)
def test_an_integer_converts_back_from_its_point(low: int, more: int, scaling: str, share: float) -> None:
    """As far as a float tells neighbours apart."""
    ranges = integer_range(low, low + more, scaling)
    value = value_at(ranges, share)
    assert value_at(ranges, Space.of(ranges).encode({"depth": value})[0]) == value


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False), SHARES)
@pytest.mark.parametrize("scaling", SCALINGS)
def test_a_continuous_value_is_within_its_range(scaling: str, low: float, high: float, share: float) -> None:
    """Over all floats; where the scale cannot be used, the axis is linear."""
    ranges = real(low, high, scaling)
    value = value_at(ranges, share)
    assert min(low, high) <= float(value) <= max(low, high)
    assert repr(float(value)) == value or low == high
    assert all(0 <= place <= 1 for place in Space.of(ranges).encode({"rate": value}))


@given(st.floats(0, 0.999), st.floats(0.001, 0.5), SHARES)
@pytest.mark.parametrize("scaling", SCALINGS)
def test_a_continuous_value_converts_back_to_its_point(scaling: str, low: float, width: float, share: float) -> None:
    """As exactly as floats allow."""
    ranges = real(low + 1e-6, min(low + width, 0.9999), scaling)
    space = Space.of(ranges)
    assert space.encode(space.decode([share]))[0] == pytest.approx(share, abs=1e-6)


@given(st.lists(st.text(max_size=3), min_size=1, max_size=6), SHARES)
def test_a_category_is_one_of_the_given_ones(values: list[str], share: float) -> None:
    """Its point converts back to it."""
    space = Space.of({"CategoricalParameterRanges": [{"Name": "kind", "Values": values}]})
    drawn = space.decode([share])
    assert drawn["kind"] in values
    assert space.decode(space.encode(drawn)) == drawn
    assert space.combinations == len(set(values))


@given(st.integers(-5, 5), st.integers(0, 4), st.lists(st.sampled_from("abcd"), min_size=1, max_size=4, unique=True))
def test_each_combination_comes_once(low: int, more: int, values: list[str]) -> None:
    """Grid search, and the refusal of too few combinations, rely on this."""
    ranges = {**integer_range(low, low + more), "CategoricalParameterRanges": [{"Name": "kind", "Values": values}]}
    found = [tuple(values.items()) for values in settings(ranges)]
    assert len(found) == len(set(found)) == (more + 1) * len(values)
    assert set(found) == {(("depth", str(depth)), ("kind", kind)) for depth in range(low, low + more + 1) for kind in values}


# -- scales


@pytest.mark.parametrize(
    "ranges,middle",
    [
        (real("0", "10"), "5.0"),
        (real("0", "10", "Auto"), "5.0"),
        (real("1", "10", None), "5.5"),
        (real("0.0001", "1", "Logarithmic"), "0.01"),
        (real("0.0001", "1", "Auto"), "0.01"),
        (real("0.0001", "1", None), "0.01"),
        (real("0", "0.9999", "ReverseLogarithmic"), "0.99"),
        (real("-1e308", "1e308"), "0.0"),
        (real("-1", "-0"), "-0.5"),
        (integer_range(1, 9), "5"),
        (integer_range(1, 1023, "Logarithmic"), "32"),
        (integer_range(1, 1023, "Auto"), "32"),
        (integer_range("1.0", "+9.00"), "5"),
    ],
)
def test_the_middle_of_the_axis_follows_the_scaling(ranges: dict[str, Any], middle: str) -> None:
    """By the ScalingType of the range."""
    assert float(value_at(ranges, 0.5)) == pytest.approx(float(middle))
    assert ("." in value_at(ranges, 0.5)) == ("." in middle)


@pytest.mark.parametrize(
    "ranges,values",
    [
        (real("0", "5"), ["0.0", "5.0"]),
        (real("-1", "-0.0"), ["-1.0", "0.0"]),
        (real("1e-8", "1", "Logarithmic"), ["1e-08", "1.0"]),
        (real("0.1", "0.9", "ReverseLogarithmic"), ["0.1", "0.9"]),
        (integer_range(10, 20), ["10", "20"]),
        (integer_range(10, 20, "Logarithmic"), ["10", "20"]),
        # Only `validate=False` accepts these.
        (real("5", "1"), ["1.0", "5.0"]),
        (real("0", "1", "Logarithmic"), ["0.0", "1.0"]),
        (real("0", "1", "ReverseLogarithmic"), ["0.0", "1.0"]),
        (real("***", "1"), ["***", "***"]),
        (real("0", "nan"), ["0", "0"]),
        (real("0", "1e999"), ["0", "0"]),
        (real("2", "2"), ["2", "2"]),
        (integer_range("***", "1"), ["***", "***"]),
        (integer_range("1", "2.5"), ["1", "1"]),
        (integer_range("3", "3"), ["3", "3"]),
    ],
)
def test_the_edges_of_the_axis_are_the_bounds(ranges: dict[str, Any], values: list[str]) -> None:
    """Points beyond them count as them."""
    assert [value_at(ranges, 0), value_at(ranges, 1)] == values
    assert [value_at(ranges, -3), value_at(ranges, 3)] == values


def test_a_value_from_another_range_has_a_point_too() -> None:
    """A parent's values in a warm start may be out of range, or not values at all."""
    space = Space.of(BOTH)
    assert space.encode({"depth": "9", "rate": "-4", "kind": "c"}) == pytest.approx((5 / 6, 0, 0.5))
    assert space.encode({"depth": "deep", "rate": "fast", "kind": "b"}) == (0.5, 0.5, 0.75)
    assert space.encode({}) == (0.5, 0.5, 0.5)
    assert Space.of(real("x", "y")).encode({"rate": "1"}) == (0.5,)
    assert Space.of(real("1", "1.0000000000000002", "Logarithmic")).encode({"rate": "1"}) == (0,)
    assert Space.of(real("0", "5e-324")).encode({"rate": "5e-324"}) == (1,)
    assert Space.of(integer_range(10**18, 10**18 + 1, "Logarithmic")).encode({"depth": str(10**18)}) == (0.5,)


def test_a_space_is_a_value() -> None:
    """Spaces of equal ranges are equal and hash alike, so that one can be a key."""
    space = Space.of(BOTH)
    assert space == Space.of(BOTH)
    assert hash(space) == hash(Space.of(BOTH))
    assert space.names == ("depth", "rate", "kind")
    assert space.axes == (Integers(1, 3, logarithmic=False), Reals(0.5, 2.0, "Linear"), Choices(("a", "b")))


def test_auto_parameters_keep_their_hint() -> None:
    """They have no range, and so no axis."""
    assert Space.of(BOTH).decode([0, 0, 0]) == {"seed": "7", "depth": "1", "rate": "0.5", "kind": "a"}
    assert Space.of(BOTH).grid(0)["seed"] == "7"


def test_a_continuous_range_has_endless_combinations() -> None:
    """In a grid, which only `validate=False` allows, it stays in the middle."""
    assert Space.of(BOTH).combinations is None
    assert Space.of(BOTH).grid(0) == {"seed": "7", "depth": "1", "rate": "1.25", "kind": "a"}
    assert Space.of(BOTH).grid(5) == {"seed": "7", "depth": "3", "rate": "1.25", "kind": "b"}
    assert Space.of({}).combinations == 1
    assert Space.of({}).grid(0) == Space.of({}).decode([]) == {}
    assert Space.of(real("x", "y")).axes == (Fixed("x"),)


@pytest.mark.parametrize("text", ["", " 1", "1_000", "nan", "inf", "1e999", "0x1", "1.2.3", "٣"])
def test_texts_that_are_not_numbers(text: str) -> None:
    """Although Python might read them."""
    assert number(text) is None
    assert integer(text) is None


@pytest.mark.parametrize("text,value", [("1", 1), ("-2.5", -2.5), (".5", 0.5), ("5.", 5), ("1e-3", 0.001), ("+1.0E+2", 100)])
def test_texts_that_are_numbers(text: str, value: float) -> None:
    """Some of them are whole."""
    assert number(text) == value
    assert integer(text) == (value if value == int(value) else None)
