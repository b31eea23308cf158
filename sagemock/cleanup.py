"""Cleaning up: every step is taken, also when one raises."""

from collections.abc import Callable

__all__ = ["run_all"]


def run_all(*steps: Callable[[], object]) -> None:
    """Take all steps in their order, also when one raises; its error is raised in the end.

    Of several errors the last one is raised, and each has the one before it as its context (Python 3.10 has no ExceptionGroup).
    """
    rest = iter(steps)
    try:
        for step in rest:
            step()
    except BaseException:
        run_all(*rest)
        raise
