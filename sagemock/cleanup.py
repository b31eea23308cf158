"""Clean-up: take every step, even if one raises."""

from collections.abc import Callable

__all__ = ["run_all"]


def run_all(*steps: Callable[[], object]) -> None:
    """Take all steps in order, even if one raises, and raise its error at the end.

    If several steps raise, raise the last error; each has the previous one as its context (Python 3.10 has no ExceptionGroup).
    """
    rest = iter(steps)
    try:
        for step in rest:
            step()
    except BaseException:
        run_all(*rest)
        raise
