"""The rules of CreateHyperParameterTuningJob about hyperparameters and their ranges, as in `tuning`."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from sagemock.checks import repeated
from sagemock.evidence import UNCHECKED, Assumption
from sagemock.training.launch import OBJECTIVE_MEMBER
from sagemock.tuning.definitions import definitions, ranged, ranges, static
from sagemock.tuning.space import Space, integer, number

__all__ = [
    "bounds_are_in_order",
    "bounds_are_numbers",
    "categories_are_unique",
    "combinations_suffice",
    "each",
    "hyperparameters_are_few",
    "names_are_unique",
    "ranges_are_few",
    "scale_fits",
]

_WORDS: Final = Assumption(
    "the words in which CreateHyperParameterTuningJob refuses a range, except for too few combinations",
    since="2026-11-26",
    knob=UNCHECKED,
)
_NUMBERS: Final = Assumption(
    "that bounds which are not numbers are refused, and so is a hyperparameter that is tuned twice, or both static and tuned",
    since="2026-11-26",
    knob=UNCHECKED,
)
_SUM: Final = Assumption(
    "that the combinations of several definitions are added up, and that with Autotune there are always enough",
    since="2026-11-26",
    knob=UNCHECKED,
)
_MOST_RANGES, _MOST_HYPERPARAMETERS = 30, 100


def each(request: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the ranges of each definition."""
    return (ranges(request, definition) for definition in definitions(request))


@_WORDS
def names_are_unique(request: Mapping[str, Any]) -> str | None:
    """Refuse two values for one hyperparameter; the SDK removes tuned hyperparameters from the static ones (tuner.py)."""
    for definition in definitions(request):
        given = ranges(request, definition)
        names = [one["Name"] for one in (*ranged(given), *given.get("AutoParameters", ()))]
        twice = _NUMBERS(repeated(names))
        if twice is not None:
            return f"Hyperparameter names must be unique, and {twice} is tuned more than once"
        both = next((name for name in names if name in static(definition)), None)
        if both is not None:
            return f"Hyperparameter {both} cannot be both static and tuned"
    return None


@_WORDS
def bounds_are_numbers(request: Mapping[str, Any]) -> str | None:
    """Refuse bounds that are not numbers, or not whole numbers for an integer; in the service model, bounds are strings."""
    for one, read, noun in _of_numbers(request):
        for bound in ("MinValue", "MaxValue"):
            if _NUMBERS(read(one[bound]) is None):
                return f"Invalid {bound} {one[bound]} of hyperparameter {one['Name']}. It must be {noun}"
    return None


@_WORDS
def bounds_are_in_order(request: Mapping[str, Any]) -> str | None:
    """Refuse bounds that are not in order, or equal (aws/amazon-sagemaker-feedback#195 shows that, but not in which words)."""
    for one, low, high in _bounded(request):
        if low >= high:
            return (
                f"Invalid range of hyperparameter {one['Name']}. MinValue {one['MinValue']} must be less than MaxValue "
                f"{one['MaxValue']}"
            )
    return None


@_WORDS
def scale_fits(request: Mapping[str, Any]) -> str | None:
    """Refuse values that a scale does not allow (developer guide, hyperparameter scaling: "works only for")."""
    for one, low, high in _bounded(request):
        scaling = one.get("ScalingType")
        if scaling == "Logarithmic" and low <= 0:
            return f"Logarithmic scaling of hyperparameter {one['Name']} requires values greater than 0"
        if scaling == "ReverseLogarithmic" and isinstance(low, int):
            return f"ReverseLogarithmic scaling of hyperparameter {one['Name']} is not supported for integer ranges"
        if scaling == "ReverseLogarithmic" and not 0 <= low < high < 1:
            return f"ReverseLogarithmic scaling of hyperparameter {one['Name']} requires values from 0 to less than 1"
    return None


@_WORDS
def categories_are_unique(request: Mapping[str, Any]) -> str | None:
    """Refuse equal values (aws/amazon-sagemaker-feedback#195 shows that, but not in which words)."""
    for given in each(request):
        for one in given.get("CategoricalParameterRanges", ()):
            twice = repeated(one["Values"])
            if twice is not None:
                return f"Values of hyperparameter {one['Name']} must be unique, and {twice} is given more than once"
    return None


@_WORDS
def ranges_are_few(request: Mapping[str, Any]) -> str | None:
    """Refuse more than 30 ranges.

    Service model, ParameterRanges: "the sum of the number of hyperparameters for all the ranges can't exceed" 30.
    """
    count = max(len([*ranged(given)]) for given in each(request))
    return f"A tuning job can search {_MOST_RANGES} hyperparameters, and {count} are given" if count > _MOST_RANGES else None


@_WORDS
def hyperparameters_are_few(request: Mapping[str, Any]) -> str | None:
    """Refuse more than 100 hyperparameters, including the one that the service adds (developer guide, define ranges)."""
    for definition in definitions(request):
        names = {OBJECTIVE_MEMBER, *static(definition), *(one["Name"] for one in ranged(ranges(request, definition)))}
        if len(names) > _MOST_HYPERPARAMETERS:
            return (
                f"A training job can have {_MOST_HYPERPARAMETERS} hyperparameters, and {len(names)} are given, static and tuned, "
                f"with {OBJECTIVE_MEMBER}"
            )
    return None


def combinations_suffice(request: Mapping[str, Any]) -> str | None:
    """Refuse too few combinations, in words that were seen (aws/amazon-sagemaker-operator-for-k8s#123)."""
    given = list(each(request))
    wanted = request["HyperParameterTuningJobConfig"]["ResourceLimits"].get("MaxNumberOfTrainingJobs", 0)
    if _SUM("Autotune" in request or any(one.get("AutoParameters") for one in given)):
        return None
    counts = [Space.of(one).combinations for one in given]
    total = None if None in counts else sum(count or 0 for count in counts)
    if total is None or total >= wanted:
        return None
    return (
        "You don't have enough combinations of hyperparameter ranges. The total number of hyperparameter combinations for the "
        f"provided ranges [{float(total)}] must be equal or greater than the value of MaxNumberOfJobs, [{wanted}]. Provide "
        "additional ranges."
    )


def _bounded(request: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], float, float]]:
    """Yield each range of numbers with its bounds, except ranges whose bounds are not numbers."""
    for one, read, _ in _of_numbers(request):
        low, high = read(one["MinValue"]), read(one["MaxValue"])
        if low is not None and high is not None:
            yield one, low, high


def _of_numbers(request: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Callable[[str], float | None], str]]:
    """Yield each range of numbers with the function that reads its bounds, and the noun for them in a message."""
    for given in each(request):
        for kind, read, noun in (("Integer", integer, "an integer"), ("Continuous", number, "a number")):
            for one in given.get(f"{kind}ParameterRanges", ()):
                yield one, read, noun
