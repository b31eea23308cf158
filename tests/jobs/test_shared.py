"""What equal inputs share, for as long as somebody holds it."""

import gc
from weakref import ref

from sagemock.jobs.shared import shared


class Made:
    """Something that can be held weakly."""

    def __init__(self, what: tuple[int, int]) -> None:
        self.what = what


@shared
def made(one: int, other: int) -> Made:
    """Make something of two numbers."""
    return Made((one, other))


def test_equal_arguments_share_what_was_made() -> None:
    """And others do not."""
    first = made(1, 2)
    assert made(1, 2) is first
    assert made(2, 1).what == (2, 1)
    assert made.__doc__ == "Make something of two numbers."


def test_what_nobody_holds_is_let_go_of() -> None:
    """And made anew for who comes later."""
    first = made(1, 2)
    gone = ref(first)
    del first
    gc.collect()
    assert gone() is None
    assert made(1, 2).what == (1, 2)
