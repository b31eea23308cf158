"""Literal types have all strings that the code knows."""

from typing import get_args

from sagemock import literals
from sagemock.jobs.kinds import KINDS
from sagemock.processing import job as processing
from sagemock.service import faults
from sagemock.service.operations import OPERATIONS
from sagemock.training import status
from sagemock.training.job import Job
from sagemock.transform import job as transform


def listed(alias: object) -> set[str]:
    """Return the strings of an alias."""
    return {name for kind in get_args(alias) for name in ({kind} if isinstance(kind, str) else listed(kind))}


def test_the_literal_types_are_complete() -> None:
    """When you add a string to the code, add it to its type, so that editors complete it."""
    assert listed(literals.PhaseName) == status.PHASES
    statuses = Job.statuses | processing.Job.statuses | transform.Job.statuses
    assert listed(literals.StatusName) == statuses
    assert listed(literals.OperationName) == {"*", *OPERATIONS}
    assert listed(literals.KindName) == {kind.name for kind in KINDS}
    assert listed(literals.ErrorName) == {*vars(faults)["_KNOWN"], *vars(faults)["_ON_THE_WAY"]}
