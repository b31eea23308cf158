"""One of the training jobs that a tuning job defines, ready to be launched with values of its hyperparameters."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from sagemock.evidence import Assumption
from sagemock.tuning import definitions
from sagemock.tuning.space import Space

__all__ = ["Definition", "defined"]

_CHECKPOINTS: Final = Assumption(
    "that the children of a tuning job share the S3Uri of CheckpointConfig, without a part of their own", since="2026-11-26"
)


@dataclass(frozen=True)
class Definition:
    """A definition of a tuning job's request."""

    whole: Mapping[str, Any]
    """The request."""
    body: Mapping[str, Any]
    """The definition in it."""

    @property
    def name(self) -> str | None:
        """DefinitionName, if it has one."""
        name: str | None = self.body.get("DefinitionName")
        return name

    @cached_property
    def objective(self) -> Mapping[str, str] | None:
        """What is sought: the MetricName and the Type; None only without validation."""
        return definitions.objective(self.whole, self.body)

    @property
    def metric(self) -> str:
        """The name of the metric that is sought."""
        return "" if self.objective is None else self.objective["MetricName"]

    @property
    def maximize(self) -> bool:
        """Whether the largest value is the best."""
        return self.objective is not None and self.objective["Type"] == "Maximize"

    @cached_property
    def space(self) -> Space:
        """The hyperparameters that vary."""
        return Space.of(definitions.ranges(self.whole, self.body))

    def request(self, name: str, tuned: Mapping[str, str], tags: Iterable[tuple[str, str]]) -> dict[str, Any]:
        """Return the CreateTrainingJob request of a child.

        Its hyperparameters are the static ones, the tuned ones and the name of the objective (a record of 2019). Its tags are
        those of the tuning job (service model).
        """
        request = {"TrainingJobName": name, **definitions.child(self.whole, self.body, tuned)}
        given = [{"Key": key, "Value": value} for key, value in tags]
        return _CHECKPOINTS({**request, "Tags": given} if given else request)


def defined(request: Mapping[str, Any]) -> tuple[Definition, ...]:
    """Return the definitions of a request, in their order."""
    return tuple(Definition(request, body) for body in definitions.definitions(request))
