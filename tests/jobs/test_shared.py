"""Results that equal inputs share, as long as the first input is alive."""

import gc
from weakref import ref

from sagemock.jobs.shared import shared


class Input:
    """An object that can keep results."""


class Made:
    """A result that weak references can point to."""

    def __init__(self, what: int) -> None:
        self.what = what


@shared
def made(_: Input, other: int) -> Made:
    """Make something of an input and a number."""
    return Made(other)


def test_equal_arguments_share_a_result() -> None:
    """Other arguments do not."""
    one, other = Input(), Input()
    first = made(one, 2)
    assert made(one, 2) is first
    assert made(one, 1).what == 1
    assert made(other, 2) is not first
    assert made.__doc__ == "Make something of an input and a number."


def test_a_result_ends_with_its_input() -> None:
    """No other reference keeps it alive."""
    one = Input()
    gone = ref(made(one, 1))
    assert gone() is not None
    del one
    gc.collect()
    assert gone() is None


def test_an_input_keeps_a_bounded_number_of_results() -> None:
    """Beyond that, results are computed again."""
    one = Input()
    first = made(one, 0)
    for other in range(1, 2000):
        made(one, other)
    assert made(one, 0) is not first
