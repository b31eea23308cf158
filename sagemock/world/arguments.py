"""Checks of the arguments of `plan()` and `quota()` that name the jobs they are for."""

from sagemock import checks
from sagemock.checks import quoted, takes_one
from sagemock.errors import InvalidType, InvalidValue
from sagemock.jobs.kinds import KINDS, TRAINING, Kind
from sagemock.jobs.rules import PlanSource, kind_by
from sagemock.world.options import check_plan

__all__ = ["check_matcher", "check_source", "kind_of", "named_kind"]


def kind_of(plan: PlanSource, name: object) -> Kind:
    """Return the kind of job that a plan is for. Raises InvalidValue if `name` is another kind."""
    named = TRAINING if name is None else named_kind(name)
    own = kind_by(plan)
    if own is not None and name not in (None, own.name):
        raise InvalidValue(f"kind={name!r}, and {quoted(plan)} is for {own.name} jobs: leave kind out")
    return own or named


def named_kind(name: object) -> Kind:
    """Return the kind of job with this name. Raises InvalidValue if there is none."""
    kinds = {kind.name: kind for kind in KINDS}
    return kinds[checks.one_of("kind", name, kinds)]


def check_matcher(matcher: object) -> None:
    """Check that `matcher` is a pattern of job names or a predicate. Raises InvalidType or InvalidValue."""
    if not isinstance(matcher, str) and not callable(matcher):
        raise InvalidType(
            f"plan() takes a pattern of job names or a predicate of the request, not {quoted(matcher)}: write plan('churn-*', …)"
        )
    if isinstance(matcher, str):
        checks.text("matcher", matcher, "a pattern of job names", "write plan('churn-*', …)")
    else:
        takes_one("matcher", matcher, "write plan(lambda request: …, …)")


def check_source(plan: object) -> None:
    """Raise InvalidType unless `plan` is a plan or a callable of the request."""
    if plan is None:
        raise InvalidType("plan() takes a Plan or a callable of the request that returns one, not None: write Plan.completes()")
    check_plan(plan)
