"""The type of `Plan.but`'s arguments."""

import typing
from dataclasses import fields

from sagemock import Plan
from sagemock.training.plan.changes import PlanChanges


def test_every_field_of_a_plan_can_be_changed_by_its_type() -> None:
    """When you add a field to plans, add it here."""
    assert {one.name: one.type for one in fields(Plan)} == typing.get_type_hints(PlanChanges)
