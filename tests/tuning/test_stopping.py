"""Early stopping of a training job: by the median rule, or at Hyperband's rungs."""

from collections.abc import Callable, Sequence
from functools import partial
from statistics import mean, median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock.training.launch import Values
from sagemock.tuning.stopping import hyperband_stop_us, median_stop_us, resources

STOPS: list[Callable[..., int | None]] = [
    median_stop_us,
    partial(hyperband_stop_us, min_resource=1, max_resource=9),
    partial(hyperband_stop_us, min_resource=2, max_resource=5),
]


def curve(*values: float, begin: int = 0, step: int = 10) -> Values:
    """Return a job's emissions, one objective each `step`."""
    return tuple((begin + step * epoch, value) for epoch, value in enumerate(values, 1))


@st.composite
def curves(draw: st.DrawFn) -> Values:
    """Draw the emissions of a job."""
    values = draw(st.lists(st.integers(-5, 5), max_size=12))
    steps = draw(st.lists(st.integers(0, 9), min_size=len(values), max_size=len(values)))
    return tuple((sum(steps[: n + 1]), float(value)) for n, value in enumerate(values))


OTHERS = st.lists(curves(), max_size=6)


def emitted_by(emissions: Values, at_us: int) -> Values:
    """Return the emissions up to an instant."""
    return tuple(one for one in emissions if one[0] <= at_us)


# -- laws


@given(curves(), OTHERS, st.booleans())
@pytest.mark.parametrize("stop", STOPS)
def test_a_stop_depends_on_nothing_later(
    stop: Callable[..., int | None],
    own: Values,
    others: list[Values],
    maximize: bool,  # noqa: FBT001
) -> None:
    """It is at one of the job's own instants, and the same without the later emissions."""
    at_us = stop(own, others, maximize=maximize)
    assert at_us is None or at_us in [instant for instant, _ in own]
    if at_us is not None:
        assert stop(emitted_by(own, at_us), [emitted_by(one, at_us) for one in others], maximize=maximize) == at_us


@given(curves(), OTHERS)
@pytest.mark.parametrize("stop", STOPS)
def test_maximizing_is_minimizing_the_opposite(stop: Callable[..., int | None], own: Values, others: list[Values]) -> None:
    """One rule serves both."""
    opposite = [tuple((at_us, -value) for at_us, value in one) for one in (own, *others)]
    assert stop(own, others, maximize=True) == stop(opposite[0], opposite[1:], maximize=False)


@given(curves(), OTHERS)
def test_the_median_rule_is_that_of_the_developer_guide(own: Values, others: Sequence[Values]) -> None:
    """Compared with a plain version of it, epoch by epoch."""
    expected = None
    for epoch, (at_us, value) in enumerate(own, 1):
        averages = [mean(value for _, value in one[:epoch]) for one in others if len(one) >= epoch and one[epoch - 1][0] <= at_us]
        if averages and value > median(averages):
            expected = at_us
            break
    assert median_stop_us(own, others, maximize=False) == expected


# -- the median rule


@pytest.mark.parametrize(
    "own,others,at_us",
    [
        (curve(1, 1, 1), [], None),
        (curve(5, 5, 5), [curve(5, 4, 3)], 20),
        (curve(5, 4.5, 4), [curve(5, 4, 3)], None),
        (curve(5, 4.6), [curve(5, 4, 3)], 20),
        # The average, not the last value.
        (curve(9, 5), [curve(9, 1)], None),
        (curve(9, 6), [curve(9, 1)], 20),
        # The median of three, one of which is far better.
        (curve(5), [curve(0), curve(5), curve(9)], None),
        (curve(6), [curve(0), curve(5), curve(9)], 10),
        # Jobs that have not come as far do not count.
        (curve(9, 9), [curve(9), curve(1, 1, begin=100)], None),
        (curve(9, 9), [curve(9, 8.5, begin=-1)], 20),
    ],
)
def test_the_median_rule_in_examples(own: Values, others: list[Values], at_us: int | None) -> None:
    """To minimize."""
    assert median_stop_us(own, others, maximize=False) == at_us


# -- Hyperband


@pytest.mark.parametrize(
    "own,others,at_us",
    [
        # At 1, 3 and 9 epochs. Two earlier jobs are too few to judge by; together with this one they are enough.
        (curve(9, 9, 9), [], None),
        (curve(9, 9, 9), [curve(1)], None),
        (curve(9, 9, 9), [curve(1), curve(1)], 10),
        (curve(0, 9, 9), [curve(1, 1, 1), curve(1, 1, 1)], 30),
        (curve(0, 9, 0), [curve(1, 1, 1), curve(1, 1, 1)], None),
        # The best third stays, rounded up: two of four.
        (curve(2), [curve(1), curve(3), curve(4)], None),
        (curve(3.5), [curve(1), curve(3), curve(4)], 10),
        # As good as the last one that stays.
        (curve(1), [curve(1), curve(3)], None),
        (curve(9), [curve(1, begin=1), curve(1)], None),
        # Beyond MaxResource.
        (curve(*range(9)), [], None),
        (curve(*range(10)), [], 100),
        (curve(*range(20)), [], 100),
    ],
)
def test_hyperband_stops_at_its_rungs(own: Values, others: list[Values], at_us: int | None) -> None:
    """To minimize, from 1 epoch to 9."""
    assert hyperband_stop_us(own, others, maximize=False, min_resource=1, max_resource=9) == at_us


def test_no_job_is_stopped_before_min_resource() -> None:
    """See MinResource in the service model."""
    others = [curve(1, 1, 1), curve(1, 1, 1)]
    assert hyperband_stop_us(curve(9, 9, 9), others, maximize=False, min_resource=2, max_resource=9) == 20
    assert hyperband_stop_us(curve(9, 9, 9), others, maximize=False, min_resource=4, max_resource=9) is None


@pytest.mark.parametrize(
    "given,static,found",
    [
        ({"MinResource": 2, "MaxResource": 9}, {"epochs": "7"}, (2, 9)),
        ({"MaxResource": 9}, {}, (1, 9)),
        ({"MinResource": 2}, {"epochs": "7"}, (2, 7)),
        ({}, {"num_epochs": "7", "epochs": '"12"'}, (1, 12)),
        ({}, {"n-epochs": "7"}, (1, 7)),
        ({}, {"numepochs": "many", "n_epochs": "30"}, (1, 30)),
        ({}, {"epochs": "0"}, None),
        ({}, {"max_epochs": "7"}, None),
    ],
)
def test_the_resources_of_hyperband_are_read(
    given: dict[str, Any], static: dict[str, str], found: tuple[int, int] | None
) -> None:
    """From StrategyConfig, or from the static hyperparameters that the service model names."""
    assert resources({"HyperbandStrategyConfig": given}, static) == found
    if not given:
        assert resources(None, static) == resources({}, static) == found
