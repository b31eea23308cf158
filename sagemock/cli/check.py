"""`sagemock check`: compare what AWS has printed with every rule, message and assumption of sagemock."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sagemock.cli import batch_check
from sagemock.cli.batch import is_batch, kind_of, response_of
from sagemock.cli.reading import raw_records
from sagemock.errors import PlanError
from sagemock.picture.cells import clean
from sagemock.training.contradictions import Contradiction, contradictions
from sagemock.training.plan.forms import formed
from sagemock.training.plan.series import in_order
from sagemock.training.rules import Rule

__all__ = ["check"]

_CHANGED: Final = Rule("S2", "LastModifiedTime moves with each entry and message", "record R8")
_KEPT: Final = Rule(
    "S1", "an entry that has ended stays as it is, and only the message of the last one is overwritten", "record R8"
)
_REPORT: Final = (
    "If AWS has printed this, sagemock is wrong: please report it with the record and the line above. `sagemock record` saves "
    "one without your names."
)


def check(files: list[str]) -> tuple[str, int]:
    """Return the contradictions in these files as text, and their number. Raises PlanError or OSError for an unusable file."""
    records = list(raw_records(files))
    lines: list[str] = []
    found = 0
    for name, one in records:
        for contradiction in _of_one(name, one):
            found += 1
            lines += _lines(f"{name}: {_name(one)}", contradiction)
    for before, after in in_order([one for _, one in records if not is_batch(one)]):
        for contradiction in _between(before, after):
            found += 1
            lines += _lines(_name(after), contradiction)
    if found:
        return "\n".join([*lines, _REPORT]), found
    count = "1 record contradicts" if len(records) == 1 else f"{len(records)} records contradict"
    return f"{count} none of the rules, messages and assumptions.", 0


def _of_one(file: str, record: Mapping[str, Any]) -> Iterator[Contradiction]:
    of = kind_of(record)
    if of is not None:
        yield from batch_check.contradictions(record, of)
        return
    try:
        yield from contradictions(record)
    except PlanError as error:
        response = formed(record).response
        if "CreationTime" not in response or not response.get("SecondaryStatusTransitions"):
            # The file is not a record at all, so no rule of AWS is at stake.
            raise PlanError(f"{file}: {error}") from None
        yield Contradiction(Rule("S14", "statuses are those of the service model", "service model"), str(error), "a record")


def _between(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Contradiction]:
    """Yield the contradictions between an earlier and a later record of one job."""
    (*closed, last), entries = before["SecondaryStatusTransitions"], after["SecondaryStatusTransitions"]
    if len(entries) <= len(closed):
        yield Contradiction(_KEPT, f"{last['Status']} is gone in a later record", "it stays")
        return
    for entry, later in zip(closed, entries, strict=False):
        if dict(later) != dict(entry):
            yield Contradiction(_KEPT, f"{entry['Status']} is another in a later record", "it is as it was")
    same = len(entries) == len(closed) + 1 and entries[-1].get("StatusMessage") == last.get("StatusMessage")
    if not same and before["LastModifiedTime"] == after["LastModifiedTime"]:
        yield Contradiction(
            _CHANGED, f"LastModifiedTime stays {after['LastModifiedTime']}, and the last entry changes", "it moves"
        )


def _lines(where: str, one: Contradiction) -> Iterator[str]:
    yield f"{where} contradicts {one.rule.key}: {one.rule.law} ({one.rule.evidence})"
    yield f"  the record: {clean(one.record)}"
    yield f"  the rule:   {clean(one.rule_has)}"


def _name(record: Mapping[str, Any]) -> str:
    of = kind_of(record)
    if of is None:
        members, member = formed(record).response, "TrainingJobName"
    else:
        members, member = response_of(record, of), of.kind.name_member
    return clean(str(members.get(member, "a job without a name")))
