"""The search space of a tuning job: its ranges as a unit cube, with one axis for each hyperparameter.

A strategy draws points in the cube. `Space.decode` turns a point into values as the service writes them, and `Space.encode` turns
values into a point. In the records, integers have no decimal point ("19"), and continuous values are written as Python prints a
float ("0.1015727388941435", "1.3494417573713629e-08").
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, ClassVar, Final, TypeAlias

from sagemock.evidence import Assumption

__all__ = ["Choices", "Fixed", "Integers", "Reals", "Space", "integer", "number"]

_KNOB: Final = "ScalingType, in the range"
_AUTO: Final = Assumption(
    "that Auto, or no ScalingType, is Logarithmic for a range of positive values that spans more than one order of magnitude, "
    "and Linear for any other (the developer guide advises Linear within one order of magnitude)",
    since="2026-11-26",
    knob=_KNOB,
)
_WHOLE: Final = Assumption("that a bound of an integer range may be written with a decimal point, as 10.0", since="2026-11-26")
_HINT: Final = Assumption(
    "that each training job gets the ValueHint of an AutoParameter: Autotune is echoed and chooses nothing", since="2026-11-26"
)
_MAGNITUDE: Final = 10.0
_LARGEST_LOG: Final = math.log(1.7e308)
_DIGITS: Final = re.compile(r"[+-]?\d+", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def integer(text: str) -> int | None:
    """Return the whole number that `text` writes, None if it does not write one."""
    if _DIGITS.fullmatch(text):
        return int(text)
    found = number(text)
    return int(found) if found is not None and _WHOLE(found.is_integer()) else None


def number(text: str) -> float | None:
    """Return the finite number that `text` writes, None if it does not write one."""
    found = float(text) if _NUMBER.fullmatch(text) else math.inf
    return found if math.isfinite(found) else None


@dataclass(frozen=True, slots=True)
class Integers:
    """A range of integers, both bounds included. Each integer has a section of the axis, of the same length if linear."""

    ordered: ClassVar = True
    low: int
    high: int
    logarithmic: bool

    @property
    def count(self) -> int:
        """How many integers it has."""
        return self.high - self.low + 1

    def decode(self, share: float) -> str:
        """Return the integer in whose section of the axis `share` (0 to 1) lies."""
        if self.logarithmic:
            value = math.floor(math.exp(min(_LARGEST_LOG, _between(share, math.log(self.low), math.log(self.high + 1)))))
            return str(min(max(value, self.low), self.high))
        above, below = share.as_integer_ratio()
        return str(min(self.low + above * self.count // below, self.high))

    def encode(self, text: str) -> float:
        """Return the middle of the integer's section of the axis."""
        given = number(text)
        if given is None:
            return 0.5
        value = min(max(round(given), self.low), self.high)
        if self.logarithmic:
            return _share((math.log(value) + math.log(value + 1)) / 2, math.log(self.low), math.log(self.high + 1))
        return (2 * (value - self.low) + 1) / (2 * self.count)


@dataclass(frozen=True, slots=True)
class Reals:
    """A range of real numbers, both bounds included."""

    ordered: ClassVar = True
    count: ClassVar = None
    low: float
    high: float
    scaling: str

    def decode(self, share: float) -> str:
        """Return the value at this place of the axis."""
        value = self._at(share)
        # Rounding may lead past a bound; "+ 0.0" turns -0.0 into 0.0.
        return repr(min(max(value, self.low), self.high) + 0.0)

    def encode(self, text: str) -> float:
        """Return the place of a value on the axis."""
        given = number(text)
        if given is None:
            return 0.5
        value = min(max(given, self.low), self.high)
        return _share(self._scaled(value), self._scaled(self.low), self._scaled(self.high))

    def _at(self, share: float) -> float:
        if share in (0.0, 1.0):
            return self.high if share else self.low
        place = _between(share, self._scaled(self.low), self._scaled(self.high))
        if self.scaling == "Logarithmic":
            return math.exp(place)
        return -math.expm1(place) if self.scaling == "ReverseLogarithmic" else place

    def _scaled(self, value: float) -> float:
        if self.scaling == "Logarithmic":
            return math.log(value)
        return math.log1p(-value) if self.scaling == "ReverseLogarithmic" else value


@dataclass(frozen=True, slots=True)
class Choices:
    """Values without an order."""

    ordered: ClassVar = False
    values: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many values it has."""
        return len(self.values)

    def decode(self, share: float) -> str:
        """Return the value in whose section of the axis `share` (0 to 1) lies."""
        return self.values[min(int(share * len(self.values)), len(self.values) - 1)]

    def encode(self, text: str) -> float:
        """Return the middle of the value's section of the axis, or of the whole axis if the range does not have this value."""
        return (self.values.index(text) + 0.5) / len(self.values) if text in self.values else 0.5


@dataclass(frozen=True, slots=True)
class Fixed:
    """A range with one value: its bounds are equal, or (only without validation) are not numbers."""

    ordered: ClassVar = False
    count: ClassVar = 1
    value: str

    def decode(self, share: float) -> str:  # noqa: ARG002  # as the others
        """Return the value."""
        return self.value

    def encode(self, text: str) -> float:  # noqa: ARG002  # as the others
        """Return the middle of the axis."""
        return 0.5


Axis: TypeAlias = Integers | Reals | Choices | Fixed


@dataclass(frozen=True)
class Space:
    """The ranges of a definition. A point has one coordinate from 0 to 1 for each of `names`."""

    names: tuple[str, ...]
    """The integer ranges, then the continuous, then the categorical ones, as in the request."""
    axes: tuple[Axis, ...]
    hints: tuple[tuple[str, str], ...]
    """The names of AutoParameters and their ValueHints: these have no range, and so no axis."""
    combinations: int | None
    """The number of different settings, None if it is infinite."""

    @classmethod
    def of(cls, ranges: Mapping[str, Any]) -> "Space":
        """Return the space of the ParameterRanges of a request."""
        named: list[tuple[str, Axis]] = [
            *((one["Name"], _integers(one)) for one in ranges.get("IntegerParameterRanges", ())),
            *((one["Name"], _reals(one)) for one in ranges.get("ContinuousParameterRanges", ())),
            *((one["Name"], _choices(one)) for one in ranges.get("CategoricalParameterRanges", ())),
        ]
        names, axes = tuple(name for name, _ in named), tuple(axis for _, axis in named)
        hints = tuple((_HINT(one["Name"]), one["ValueHint"]) for one in ranges.get("AutoParameters", ()))
        counts = [axis.count for axis in axes]
        return cls(names, axes, hints, None if None in counts else math.prod(one for one in counts if one is not None))

    def decode(self, point: Sequence[float]) -> dict[str, str]:
        """Return the values at a point, as the service writes them. Each value is within its range, bounds included."""
        values = dict(self.hints)
        for name, axis, share in zip(self.names, self.axes, point, strict=True):
            values[name] = axis.decode(min(max(share, 0.0), 1.0))
        return values

    def encode(self, values: Mapping[str, str]) -> tuple[float, ...]:
        """Return the point of these values.

        A value outside its range counts as the nearest bound; the coordinate of a missing or unknown value is 0.5.
        """
        return tuple(
            axis.encode(values[name]) if name in values else 0.5 for name, axis in zip(self.names, self.axes, strict=True)
        )

    def grid(self, number: int) -> dict[str, str]:
        """Return combination `number` (from 0): the last range changes fastest, and a continuous one stays at its middle."""
        values = {}
        for name, axis in zip(reversed(self.names), reversed(self.axes), strict=True):
            number, place = divmod(number, axis.count or 1)
            values[name] = _nth(axis, place)
        return dict(chain(self.hints, reversed(values.items())))


def _nth(axis: Axis, place: int) -> str:
    if isinstance(axis, Integers):
        return str(axis.low + place)
    return axis.values[place] if isinstance(axis, Choices) else axis.decode(0.5)


def _integers(given: Mapping[str, Any]) -> Integers | Fixed:
    bounds = integer(given["MinValue"]), integer(given["MaxValue"])
    if bounds[0] is None or bounds[1] is None:
        return Fixed(given["MinValue"])
    low, high = sorted((bounds[0], bounds[1]))
    return Integers(low, high, logarithmic=_scaling(given, low, high) == "Logarithmic")


def _reals(given: Mapping[str, Any]) -> Reals | Fixed:
    bounds = number(given["MinValue"]), number(given["MaxValue"])
    if bounds[0] is None or bounds[1] is None:
        return Fixed(given["MinValue"])
    low, high = sorted((bounds[0], bounds[1]))
    return Reals(low, high, _scaling(given, low, high)) if low < high else Fixed(given["MinValue"])


def _choices(given: Mapping[str, Any]) -> Choices:
    return Choices(tuple(dict.fromkeys(given["Values"])))


def _scaling(given: Mapping[str, Any], low: float, high: float) -> str:
    """Return the scaling of a range: Linear if its bounds do not allow the ScalingType, which validation refuses."""
    scaling: str = given.get("ScalingType", "Auto")
    if scaling == "Auto":
        return "Logarithmic" if _AUTO(low > 0 and high / _MAGNITUDE > low) else "Linear"
    possible = {"Logarithmic": low > 0, "ReverseLogarithmic": low >= 0 and high < 1}
    return scaling if possible.get(scaling, False) else "Linear"


def _between(share: float, low: float, high: float) -> float:
    # Not low + share * (high - low): the difference may be too large for a float.
    return low * (1 - share) + high * share


def _share(place: float, low: float, high: float) -> float:
    """Return where `place` lies between `low` (0) and `high` (1); 0.5 if those are equal."""
    half = 0.5 if math.isinf(high - low) else 1.0
    width = high * half - low * half
    return min(max((place * half - low * half) / width, 0.0), 1.0) if width else 0.5
