"""Measures random lives: a thousand jobs in one mock, each created, brought to its end and described."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from benchmarks.report import Row, ratios
from benchmarks.timing import Stopwatch, interleaved
from benchmarks.worlds import Null, client, request
from sagemock import mock_sagemaker
from sagemock.chance import any_life

__all__ = ["Floor", "rows"]

_CALLS: Final = ("CreateTrainingJob", "DescribeTrainingJob")


def _play(made: Any, asked: list[dict[str, Any]], sagemaker: Any = None) -> float:  # noqa: ANN401  # boto3's client has no class
    """Return the seconds of CPU to create the jobs, wait for the end of all, and describe each."""
    watch = Stopwatch()
    with watch.running():
        for one in asked:
            made.create_training_job(**one)
        if sagemaker is not None:
            sagemaker.advance_until_idle()
        for one in asked:
            made.describe_training_job(TrainingJobName=one["TrainingJobName"])
    return watch.seconds


def _lives(asked: list[dict[str, Any]]) -> float:
    with mock_sagemaker(plan=any_life()) as sagemaker:
        return _play(client(), asked, sagemaker)


def _answers(asked: list[dict[str, Any]]) -> Mapping[str, list[bytes]]:
    """Return the bodies of sagemock's answers by operation, so that the null responder sends answers of the same size."""
    found: dict[str, list[bytes]] = {operation: [] for operation in _CALLS}

    def keep(operation_model: Any, response_dict: Mapping[str, Any], **_: object) -> None:  # noqa: ANN401  # botocore's own
        found[operation_model.name].append(response_dict["body"])

    with mock_sagemaker(plan=any_life()) as sagemaker:
        watched = client()
        watched.meta.events.register("before-parse.sagemaker", keep)
        _play(watched, asked, sagemaker)
    return found


class Floor(Null):
    """The null responder with an answer for each call."""

    def __init__(self, answers: Mapping[str, list[bytes]]) -> None:
        super().__init__({})
        self._by_call = answers

    def client(self, make: Callable[[], Any] = client) -> Any:  # noqa: ANN401  # boto3 makes clients without a class
        """Return a new client; each of its calls gets the next answer of its operation."""
        made = make()
        for operation, bodies in self._by_call.items():
            rest: Iterator[bytes] = iter(bodies)
            made.meta.events.register(
                f"before-send.sagemaker.{operation}", lambda request, rest=rest, **_: self._answer(next(rest), request)
            )
        return made


def rows(rounds: int, number: int) -> list[Row]:
    """Measure `number` lives in each of `rounds` rounds."""
    asked = [request(f"job-{index:04}") for index in range(number)]
    floor = Floor(_answers(asked))
    taken = interleaved({"null": lambda: _play(floor.client(), asked), "sagemock": lambda: _lives(asked)}, rounds)
    return [Row(f"{number:,} random lives", "x null", 1.7, ratios(taken["sagemock"], taken["null"]))]
