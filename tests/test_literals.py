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


def strings_of(alias: object) -> set[str]:
    """Return the strings of an alias."""
    return {name for kind in get_args(alias) for name in ({kind} if isinstance(kind, str) else strings_of(kind))}


def test_the_literal_types_are_complete() -> None:
    """When you add a string to the code, add it to its type, so that editors complete it."""
    assert strings_of(literals.PhaseName) == status.PHASES
    statuses = Job.statuses | processing.Job.statuses | transform.Job.statuses
    assert strings_of(literals.StatusName) == statuses
    assert strings_of(literals.OperationName) == {"*", *OPERATIONS}
    assert strings_of(literals.KindName) == {kind.name for kind in KINDS}
    assert strings_of(literals.ErrorName) == {*vars(faults)["_KNOWN"], *vars(faults)["_ON_THE_WAY"]}
