"""The proposals of a strategy: in range, repeatable, and for Bayesian nearer to the best than random ones."""

import math
from collections.abc import Sequence
from statistics import median
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemock.tuning.space import Space
from sagemock.tuning.strategies import Trial, propose
from tests.tuning.test_space import integer_range, one, real

STRATEGIES = ("Random", "Bayesian", "Hyperband", "Grid")
CUBE = Space.of({
    "ContinuousParameterRanges": [one("0.0001", "1", "Logarithmic", "rate"), one("0", "10", "Linear", "decay")],
    "IntegerParameterRanges": [one(1, 1000, "Linear", "depth")],
})  # fmt: skip
KINDS = {"CategoricalParameterRanges": [{"Name": "kind", "Values": ["a", "b", "c"]}]}


def run(  # noqa: PLR0913  # as many as a tuning job has
    strategy: str, space: Space, count: int, *, wave: int = 1, seed: str = "0", maximize: bool = True
) -> list[Trial]:
    """Run a tuning job: each wave knows the objectives of the earlier ones. The best point is at 0.3 on each axis."""
    done: list[Trial] = []
    while len(done) < count:
        first = len(done) + 1
        pending: list[Trial] = []
        for number in range(first, min(first + wave, count + 1)):
            values = propose(strategy, space, seed=seed, number=number, trials=[*done, *pending], maximize=maximize)
            pending.append(Trial(values, None))
        done += [Trial(values, objective_of(space, values, maximize=maximize)) for values, _ in pending]
    return done


def objective_of(space: Space, values: Any, *, maximize: bool) -> float:
    """Return the objective of a setting."""
    found = -math.dist(space.encode(values), [0.3] * len(space.names))
    return found if maximize else -found


def distances(space: Space, trials: Sequence[Trial], best: Trial) -> list[float]:
    """Return the distances of trials from the best point, in the unit cube."""
    return [math.dist(space.encode(trial.values), space.encode(best.values)) for trial in trials]


@given(st.sampled_from(STRATEGIES), st.text(max_size=3), st.integers(1, 1000), st.booleans(), st.data())
def test_the_same_arguments_give_the_same_values(
    strategy: str,
    seed: str,
    number: int,
    maximize: bool,  # noqa: FBT001
    data: st.DataObject,
) -> None:
    """All in range, after a parent's trials too, and beside trials without an objective."""
    objectives = data.draw(st.lists(st.none() | st.floats(allow_infinity=False), max_size=8))
    trials = [Trial({"rate": "0.5", "decay": "77", "other": "x"}, objective) for objective in objectives]
    values = propose(strategy, CUBE, seed=seed, number=number, trials=trials, maximize=maximize)
    assert values == propose(strategy, CUBE, seed=seed, number=number, trials=trials, maximize=maximize)
    assert list(values) == ["depth", "rate", "decay"]
    assert 1 <= int(values["depth"]) <= 1000
    assert 0.0001 <= float(values["rate"]) <= 1
    assert 0 <= float(values["decay"]) <= 10


def test_another_seed_or_number_gives_other_values() -> None:
    """Each number has its own draw."""
    drawn = [propose("Random", CUBE, seed=seed, number=n, trials=[], maximize=True) for seed in "ab" for n in range(1, 51)]
    assert len({tuple(values.items()) for values in drawn}) == 100


def test_a_random_draw_depends_on_no_other_trial() -> None:
    """In Random and in Hyperband."""
    trials = run("Random", CUBE, 10)
    for strategy in ("Random", "Hyperband"):
        alone = propose(strategy, CUBE, seed="0", number=11, trials=[], maximize=True)
        assert propose(strategy, CUBE, seed="0", number=11, trials=trials, maximize=True) == alone


def test_random_draws_follow_the_scale_of_the_axis() -> None:
    """Half of a logarithmic axis is below 0.01, where a linear one would have a hundredth."""
    drawn = [trial.values for trial in run("Random", CUBE, 400)]
    assert sum(float(values["rate"]) < 0.01 for values in drawn) == pytest.approx(200, abs=40)
    assert sum(float(values["decay"]) < 5 for values in drawn) == pytest.approx(200, abs=40)
    assert sum(int(values["depth"]) <= 500 for values in drawn) == pytest.approx(200, abs=40)


@given(st.lists(st.lists(st.sampled_from("abcde"), min_size=1, max_size=4, unique=True), min_size=1, max_size=3))
def test_grid_has_each_combination_once(values: list[list[str]]) -> None:
    """In the order of the ranges; the last range changes fastest."""
    space = Space.of({"CategoricalParameterRanges": [{"Name": str(n), "Values": one} for n, one in enumerate(values)]})
    assert space.combinations is not None
    found = [propose("Grid", space, seed="", number=n, trials=[], maximize=True) for n in range(1, space.combinations + 1)]
    assert len({tuple(one.values()) for one in found}) == len(found)
    assert found[0] == {str(n): one[0] for n, one in enumerate(values)}
    assert [one[str(len(values) - 1)] for one in found[: len(values[-1])]] == values[-1]


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.sampled_from([3, 5, 10]), st.booleans())
def test_bayesian_comes_nearer_to_the_best(seed: int, wave: int, maximize: bool) -> None:  # noqa: FBT001
    """After three waves the median draw is nearer to the best so far than Random's."""
    done = run("Bayesian", CUBE, 3 * wave, wave=wave, seed=str(seed), maximize=maximize)
    best = max(done, key=lambda trial: (trial.objective or 0) * (1 if maximize else -1))
    medians = []
    for strategy in ("Bayesian", "Random"):
        numbers = range(3 * wave + 1, 3 * wave + 61)
        drawn = [propose(strategy, CUBE, seed=str(seed), number=n, trials=done, maximize=maximize) for n in numbers]
        medians.append(median(distances(CUBE, [Trial(values, None) for values in drawn], best)))
    assert medians[0] < medians[1]


def test_bayesian_is_random_before_three_objectives_are_known() -> None:
    """So is its first wave; an objective that is not a number does not count."""
    trials = [Trial(propose("Random", CUBE, seed="0", number=n, trials=[], maximize=True), 1.0) for n in (1, 2)]
    trials += [Trial({}, None), Trial({}, math.nan)]
    drawn = propose("Bayesian", CUBE, seed="0", number=5, trials=trials, maximize=True)
    assert drawn == propose("Random", CUBE, seed="0", number=5, trials=[], maximize=True)
    assert drawn != propose("Bayesian", CUBE, seed="0", number=5, trials=[*trials, trials[0]], maximize=True)


def test_bayesian_keeps_most_categories_of_a_good_setting() -> None:
    """Categories have no neighbours to try."""
    space = Space.of({**real("0", "1"), **KINDS})
    trials = [Trial({"rate": "0.5", "kind": "b"}, value) for value in (1.0, 2.0, 3.0)]
    drawn = [propose("Bayesian", space, seed="0", number=n, trials=trials, maximize=True)["kind"] for n in range(4, 204)]
    assert drawn.count("b") > 130
    assert {"a", "c"} < set(drawn)


@pytest.mark.parametrize("strategy", ["Random", "Bayesian", "Hyperband"])
@pytest.mark.parametrize("wave", [1, 4])
def test_trials_do_not_repeat_while_others_are_left(strategy: str, wave: int) -> None:
    """The service refuses ranges with fewer combinations than training jobs."""
    space = Space.of({**integer_range(1, 4), **KINDS})
    trials = run(strategy, space, 14, wave=wave)
    assert space.combinations == 12
    assert len({tuple(trial.values.items()) for trial in trials[:12]}) == 12
    assert all(trial.values["kind"] in "abc" for trial in trials[12:])
