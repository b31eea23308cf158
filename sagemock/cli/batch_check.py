"""Finds the contradictions between a recorded processing or transform job and the rules of sagemock."""

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, Final, NamedTuple

from sagemock.cli.batch import instants, response_of
from sagemock.clock.instants import instant, instant_us
from sagemock.evidence import Assumption
from sagemock.processing import job as processing
from sagemock.service.batch import BatchKind
from sagemock.training.contradictions import Contradiction, of_assumption
from sagemock.training.rules import Rule
from sagemock.transform import job as transform

__all__ = ["RULES", "contradictions"]

_RECORDED: Final = "records P1, P4, X1, X3, X4"
_STATUSES: Final = ("InProgress", "Completed", "Failed", "Stopping", "Stopped")

_STOPPED: Final[Mapping[str, Assumption]] = {"processing": processing.STOPPED, "transform": transform.STOPPED}

B1: Final = Rule("B1", "the status of a processing or transform job is one of five", "service model")
B2: Final = Rule("B2", "its creation, start, end and last change follow each other in this order", _RECORDED)
B3: Final = Rule("B3", "it has an end when it is Completed or Failed, and none before it has ended", _RECORDED)
B4: Final = Rule("B4", "it has no start unless its containers came to run; one that is Completed has one", "records P1, P2, P4")
B5: Final = Rule("B5", "it has a FailureReason exactly when it is Failed", "service model, record P1")
B6: Final = Rule("B6", "the description of a transform job has no LastModifiedTime", "service model, records X1, X3, X4")
RULES: Final = (B1, B2, B3, B4, B5, B6)
"""The rules of these kinds of job."""


class _Case(NamedTuple):
    of: BatchKind
    record: Mapping[str, Any]
    status: object
    known: Mapping[str, int]
    """The instants in the record by name, in the order of a job's life."""

    is_whole: bool
    """Whether the record is a description. Elements of a list and events have other members, so some rules do not hold."""


def contradictions(record: Mapping[str, Any], of: BatchKind) -> Iterator[Contradiction]:
    """Yield the contradictions between a record and the rules."""
    response = response_of(record, of)
    known = {name: at_us for name in instants(of) if (at_us := _instant_us(response.get(name))) is not None}
    is_whole = "detail" not in record and any(name in response for name in ("ProcessingResources", "TransformResources"))
    case = _Case(of, response, response.get(of.kind.status_member), known, is_whole)
    for rule, look in _LOOKS.items():
        for found, expected in look(case):
            yield Contradiction(rule, found, expected)
    if case.status == "Stopped" and instants(of)[2] not in known:
        yield of_assumption(_STOPPED[of.kind.name], f"the status is Stopped, and {instants(of)[2]} is absent", "there")


def _instant_us(value: Any) -> int | None:  # noqa: ANN401  # any value that a record has there
    try:
        return instant_us(value)
    except (TypeError, ValueError):
        return None


_Found = Iterator[tuple[str, str]]


def _status(case: _Case) -> _Found:
    if case.status not in _STATUSES:
        yield f"{case.of.kind.status_member} is {case.status!r}", f"one of {', '.join(_STATUSES)}"


def _order(case: _Case) -> _Found:
    for name in instants(case.of):
        if name in case.record and name not in case.known:
            yield f"{name} is {case.record[name]!r}", "an instant"
    for (before, before_us), (after, after_us) in pairwise(case.known.items()):
        if after_us < before_us:
            yield f"{after} is {instant(after_us).isoformat()}", f"not before {before}, {instant(before_us).isoformat()}"


def _end(case: _Case) -> _Found:
    end, over = instants(case.of)[2], case.status in ("Completed", "Failed")
    if case.status in _STATUSES and case.status != "Stopped" and (end in case.known) != over:
        yield f"the status is {case.status}, and {end} is {'absent' if over else 'there'}", "there exactly when the job has ended"


def _start(case: _Case) -> _Found:
    start = instants(case.of)[1]
    if case.is_whole and case.status == "Completed" and start not in case.known:
        yield f"the status is Completed, and {start} is absent", "there"


def _reason(case: _Case) -> _Found:
    has, failed = "FailureReason" in case.record, case.status == "Failed"
    if has != failed:
        yield (
            f"the status is {case.status}, and FailureReason is {'there' if has else 'absent'}",
            "there exactly when it is Failed",
        )


def _modified(case: _Case) -> _Found:
    if case.is_whole and case.of.kind.name == "transform" and "LastModifiedTime" in case.record:
        yield "LastModifiedTime is there", "absent"


_LOOKS: Final[Mapping[Rule, Callable[[_Case], _Found]]] = {
    B1: _status,
    B2: _order,
    B3: _end,
    B4: _start,
    B5: _reason,
    B6: _modified,
}
