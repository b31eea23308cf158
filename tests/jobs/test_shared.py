"""What equal inputs share, for as long as the first of them is there."""

import gc
from weakref import ref

from sagemock.jobs.shared import shared


class Input:
    """Something that can keep what is made of it."""


class Made:
    """Something that can be held weakly."""

    def __init__(self, what: int) -> None:
        self.what = what


@shared
def made(_: Input, other: int) -> Made:
    """Make something of an input and a number."""
    return Made(other)


def test_equal_arguments_share_what_was_made() -> None:
    """And others do not."""
    one, other = Input(), Input()
    first = made(one, 2)
    assert made(one, 2) is first
    assert made(one, 1).what == 1
    assert made(other, 2) is not first
    assert made.__doc__ == "Make something of an input and a number."


def test_what_was_made_goes_with_its_input() -> None:
    """Nothing else holds it."""
    one = Input()
    gone = ref(made(one, 1))
    assert gone() is not None
    del one
    gc.collect()
    assert gone() is None


def test_an_input_keeps_a_bounded_number() -> None:
    """What comes later is made anew."""
    one = Input()
    first = made(one, 0)
    for other in range(1, 2000):
        made(one, other)
    assert made(one, 0) is not first
