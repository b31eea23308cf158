"""Values of an objective that do not come from a log."""

from datetime import timedelta
from typing import Any

import pytest

from sagemock.errors import PlanError
from sagemock.tuning.objective import values_drawn, values_returned
from sagemock.tuning.space import Space
from tests.support.tuning import RATE

S = 1_000_000
SPACE = Space.of(RATE)


@pytest.mark.parametrize(
    "value,values",
    [
        (None, ()),
        (0.5, ((60 * S, 0.5),)),
        (3, ((60 * S, 3.0),)),
        ([], ()),
        ([(5, 1), (timedelta(seconds=1), 2.0)], ((1 * S, 2.0), (5 * S, 1.0))),
        (([0.5, 1],), ((S // 2, 1.0),)),
    ],
)
def test_the_result_of_a_function_becomes_values(value: Any, values: Any) -> None:
    """A number is emitted at the end of the training, pairs at their instants, in order."""
    assert values_returned(value, "it")(60 * S) == values


def test_a_training_without_end_emits_no_final_value() -> None:
    """Only the pairs before."""
    assert values_returned(0.5, "it")(None) == ()
    assert values_returned([(5, 1)], "it")(None) == ((5 * S, 1.0),)
    assert values_drawn(SPACE, {"rate": "0.5"}, "seed", 1, maximize=False)(None) == ()


@pytest.mark.parametrize(
    "value",
    ["x", b"x", object(), [1], [(1, 2, 3)], float("nan"), float("inf"), 1e300, 10**400, True, {}, [("a", 1)], [(-1, 1)],
     [(0, "a")], [(0, float("nan"))], iter([0.5]), [(10**30, 1)], [(float("inf"), 1)]],
)  # fmt: skip
def test_an_invalid_result_is_refused(value: Any) -> None:
    """The message says what to return."""
    with pytest.raises(PlanError, match="^it"):
        values_returned(value, "it")


@pytest.mark.parametrize("maximize", [False, True])
def test_drawn_values_improve(*, maximize: bool) -> None:
    """There are ten, the last at the end; the same seed draws the same."""
    values = values_drawn(SPACE, {"rate": "0.5"}, "seed", 1, maximize=maximize)(100 * S)
    assert [at for at, _ in values] == [10 * S * epoch for epoch in range(1, 11)]
    assert (values[-1][1] > values[0][1]) == maximize
    assert values == values_drawn(SPACE, {"rate": "0.5"}, "seed", 1, maximize=maximize)(100 * S)
    assert values != values_drawn(SPACE, {"rate": "0.5"}, "seed", 2, maximize=maximize)(100 * S)
