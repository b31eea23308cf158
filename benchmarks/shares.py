"""Counts the calls of Python functions behind one call of a client, room by room: `python -m benchmarks.shares`.

The counts are the same in each run, however busy the machine is; so they show a change of one percent, which times do not.
Those of a start grow with the number of environment variables.
For each operation the table has the calls that the null responder needs, and what each room adds to them.
"""

import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Final

import sagemock
from benchmarks.worlds import LONG, client, null_responder, request
from sagemock import mock_sagemaker

__all__ = ["main"]

_OURS: Final = Path(sagemock.__file__).parent
_NUMBER: Final = 20
_POLLS: Final = "training_job_completed_or_stopped"


def _counted(work: Callable[[], object]) -> Counter[str]:
    """Return how many functions of each room, and of all other code, were called."""
    found: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            path = Path(frame.f_code.co_filename)
            found[path.relative_to(_OURS).parts[0] if path.is_relative_to(_OURS) else "other code"] += 1

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return found


def _describe(made: Any, _: int) -> None:  # noqa: ANN401  # boto3 makes clients without a class
    made.describe_training_job(TrainingJobName="job")


def _create(made: Any, index: int) -> None:  # noqa: ANN401  # boto3 makes clients without a class
    made.create_training_job(**request(f"job-{index}"))


def _each(work: Callable[[Any, int], None], made: Any) -> Counter[str]:  # noqa: ANN401  # boto3 makes clients without a class
    def calls(first: int, number: int) -> None:
        for index in range(first, first + number):
            work(made, index)

    # The first calls compile what the later ones use.
    calls(0, _NUMBER)
    return _counted(partial(calls, _NUMBER, _NUMBER))


def _ours(work: Callable[[Any, int], None]) -> Counter[str]:
    with mock_sagemaker(plan=LONG) as sagemaker:
        made = client()
        made.create_training_job(**request("job"))
        sagemaker.clock.advance(hours=1)
        return _each(work, made)


def _poll() -> tuple[Counter[str], int]:
    """Return the calls of a wait for a job of six hours, and the number of its polls."""
    with mock_sagemaker(plan=LONG) as sagemaker:
        made = client()
        made.create_training_job(**request("job"))
        waiter = made.get_waiter(_POLLS)
        found = _counted(partial(waiter.wait, TrainingJobName="job", WaiterConfig={"MaxAttempts": 400}))
        return found, sagemaker.calls.to("DescribeTrainingJob").count


def _start() -> None:
    with mock_sagemaker(wall="real"):
        pass


def _print(what: str, found: Counter[str], number: int, floor: Counter[str]) -> None:
    rooms = {room: (calls - floor[room]) / number for room, calls in found.most_common()}
    beyond = ", ".join(f"{room.removesuffix('.py')} {calls:.1f}" for room, calls in rooms.items() if round(calls, 1))
    print(f"{what}: {floor.total() / number:.1f} of the null responder's, and {sum(rooms.values()):.1f} more: {beyond}")


def main() -> None:
    """Print the counts."""
    null = null_responder()
    floors = {work: _each(work, null.client()) for work in (_describe, _create)}
    for what, work in (("describe", _describe), ("create", _create)):
        _print(what, _ours(work), _NUMBER, floors[work])
    found, polls = _poll()
    each = Counter({room: calls * polls // _NUMBER for room, calls in floors[_describe].items()})
    _print("a waiter's poll", found, polls, each)
    _start()
    _print('enter and exit, wall="real"', _counted(_start), 1, Counter())


if __name__ == "__main__":
    main()
