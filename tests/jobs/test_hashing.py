import copy
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from sagemock import Plan
from sagemock.jobs.hashing import hashed_once


class Counted:
    """A value that counts the calls of its `__hash__`."""

    asked = 0

    def __hash__(self) -> int:
        Counted.asked += 1
        return 7

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Counted)


@hashed_once
@dataclass(frozen=True)
class Record:
    """A record with a cached hash."""

    counted: Counted
    name: str = ""


def test_a_hash_is_computed_once() -> None:
    """However often it is used."""
    record, before = Record(Counted()), Counted.asked
    assert record == Record(Counted())
    assert hash(record) == hash(record) == hash(Record(Counted()))
    assert Counted.asked == before + 2


def test_a_changed_record_has_another_hash() -> None:
    """Also after the hash of the original was computed."""
    record = Record(Counted(), "a")
    assert hash(record) != hash(replace(record, name="b"))
    assert hash(replace(record, name="a")) == hash(record)


def test_a_pickle_does_not_contain_the_hash() -> None:
    """Strings hash differently in the process that reads it."""
    plan = Plan.fails("AlgorithmError: x")
    before = pickle.dumps(plan)
    hash(plan)
    assert pickle.dumps(plan) == before
    assert pickle.loads(before) == plan  # noqa: S301  # our own data


HASHED = """
import pickle, sys
from sagemock import Plan
plan = Plan.completes(logs={"Training": [(0, "epoch 1")]})
hash(plan), hash(plan.phases)
if len(sys.argv) == 1:
    sys.stdout.buffer.write(pickle.dumps(plan))
else:
    found = pickle.loads(bytes.fromhex(sys.argv[1]))
    print(found == plan, hash(found) == hash(plan), {found: 1}[plan])
"""


def test_a_plan_unpickled_in_another_process_has_the_hash_of_its_equals_there() -> None:
    """Strings hash differently there."""

    def run(seed: str, *arguments: str) -> bytes:
        environ = {**os.environ, "PYTHONHASHSEED": seed}
        return subprocess.run([sys.executable, "-c", HASHED, *arguments], check=True, capture_output=True, env=environ).stdout  # noqa: S603

    assert run("2", run("1").hex()) == b"True True 1\n"


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])  # noqa: S301  # our own data
def test_a_replay_can_be_copied(copied: Callable[[Plan], Plan]) -> None:
    """With its recorded response."""
    plan = Plan.replays(
        {
            "TrainingJobName": "recorded",
            "CreationTime": 0,
            "SecondaryStatusTransitions": [{"Status": "Starting", "StartTime": 0}],
        }
    )
    assert copied(plan) == plan
    assert copied(plan).replayed == plan.replayed
    assert len(plan.replayed or ()) == 3
