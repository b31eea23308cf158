import pickle
from dataclasses import dataclass, replace

from sagemock import Plan
from sagemock.jobs.hashing import hashed_once


class Counted:
    """A value that counts how often its hash is asked for."""

    asked = 0

    def __hash__(self) -> int:
        Counted.asked += 1
        return 7

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Counted)


@hashed_once
@dataclass(frozen=True)
class Record:
    """A record of the kind that is kept in caches."""

    counted: Counted
    name: str = ""


def test_a_hash_is_computed_once() -> None:
    """However often it is looked up."""
    record, before = Record(Counted()), Counted.asked
    assert record == Record(Counted())
    assert hash(record) == hash(record) == hash(Record(Counted()))
    assert Counted.asked == before + 2


def test_another_record_has_another_hash() -> None:
    """Also one that is made of a record whose hash was asked for."""
    record = Record(Counted(), "a")
    assert hash(record) != hash(replace(record, name="b"))
    assert hash(replace(record, name="a")) == hash(record)


def test_a_pickle_has_no_hash_in_it() -> None:
    """Strings hash differently in the process that reads it."""
    plan = Plan.fails("AlgorithmError: x")
    before = pickle.dumps(plan)
    hash(plan)
    assert pickle.dumps(plan) == before
    assert pickle.loads(before) == plan  # noqa: S301  # our own
