from pathlib import Path

import boto3
import pytest

from sagemock import mock_sagemaker
from tests.docs.mutation import MOST, ROOT, EndlessError, checks_nothing, emptied, needed, passing

APART = {ROOT / "docs" / "errors.md"}
"""Its examples raise before any call, and tests/docs/test_error_page.py compares their messages."""
TIME = "it is about time, and calls nothing"
BEFORE = "it is a test before the change to sagemock"
OTHERS = "its call is one that sagemock does not answer"
FAULT = "the test is at fault, which is said before anything is asked"
EXPECTED = {
    "docs/how-to/credentials.md: import os": "it sets a variable",
    "docs/how-to/events-and-lambda.md: test_a_misspelt_status_is_found": "the pattern is refused before anything is asked",
    "docs/how-to/moto-beside-us.md: test_another_host_of_aws_is_not_looked_up": OTHERS,
    "docs/how-to/moto-beside-us.md: test_nobody_answers_s3": OTHERS,
    "docs/how-to/threads-and-asyncio.md: test_a_sleep_ends_with_the_mock": TIME,
    "docs/how-to/threads-and-asyncio.md: test_a_sleep_in_a_pause_is_real": TIME,
    "docs/migration.md: test_a_failure_is_reported": BEFORE,
    "docs/migration.md: test_no_access": BEFORE,
    "docs/migration.md: test_the_model_is_returned": BEFORE,
    "docs/migration.md: test_with_moto": BEFORE,
    "docs/nuances.md: test_a_busy_wait_ends": TIME,
    "docs/nuances.md: test_a_naive_now_is_local_time": TIME,
    "docs/nuances.md: test_ctime_is_told_the_time": TIME,
    "docs/nuances.md: test_timeouts_of_asyncio_are_virtual": TIME,
    "docs/nuances.md: test_waits_with_a_time_out_are_virtual": TIME,
    "docs/reference.md: assert clock.now() == sagemaker.clock.now()": TIME,
    "docs/reference.md: assert current() is inner": "it is about mocks within mocks",
    'docs/reference.md: assert len(reasons.checked("AlgorithmError: " + "x" * 5000)) == 1024': "it is about a text",
    'docs/reference.md: assert sagemaker.clock.now().isoformat() == "2018-07-30T05:00:00+00:00"': TIME,
    "docs/reference.md: assert sagemaker.clock.forced_moves[0].passed == timedelta(hours=1)": TIME,
    "docs/reference.md: assert sagemaker.options.plan == Plan.fails()": "it reads what was given",
    "docs/reference.md: assert sagemaker.sleeps == [Sleep(at, timedelta(seconds=60))]": TIME,
    "docs/reference.md: assert sagemaker.sleeps.total == timedelta(seconds=90)": TIME,
    "docs/reference.md: is_over = mock_sagemaker().start()": FAULT,
    'docs/reference.md: with mock_sagemaker() as sagemaker, pytest.raises(InvalidValue, match="forward"):': FAULT,
    'docs/reference.md: with mock_sagemaker(), pytest.raises(NotAnswered, match="s3"):': OTHERS,
    'docs/reference.md: with pytest.raises(InvalidType, match="latency"):': FAULT,
    'docs/reference.md: with pytest.raises(PlanError, match="Trainign"):': FAULT,
    "docs/reference.md: with pytest.raises(SagemockError), mock_sagemaker() as sagemaker:": FAULT,
}
"""The examples that may pass without answers, and the reasons."""


def test_each_example_fails_if_nothing_is_answered() -> None:  # pragma: no cover  # tox runs it where no branches are counted
    """Otherwise it would pass even if sagemock did nothing. An exception in the list below that does fail must be removed."""
    pages = {ROOT / "README.md", *(ROOT / "docs").rglob("*.md")} - APART
    found = passing(sorted(pages))
    assert not sorted(set(found) - set(EXPECTED))
    # All run in one process, in a random order. A failing example may leave something behind, such as a sleeping thread or a mock
    # for the whole session, so that the next one fails although it needs no answer.
    assert [name for name, reason in EXPECTED.items() if name not in found and reason not in (TIME, BEFORE)] == []
    for name in EXPECTED:
        page, _, line = name.partition(": ")
        assert line in (ROOT / page).read_text("utf-8")


WEAK = """
```python
import boto3
from sagemock import mock_sagemaker

START = "2018-07-30"
```

```python
with mock_sagemaker(start=START) as sagemaker:
    sagemaker.create_training_job("churn-1")
    status = sagemaker.jobs["churn-1"].status
assert status == "InProgress"
```

```python
with mock_sagemaker():
    job = boto3.client("sagemaker", region_name="us-east-1").describe_training_job(TrainingJobName="churn-1")
    assert "ModelArtifacts" not in job
```

<!-- skip: next -->

```python
assert True
```

```python
# conftest.py
import pytest


@pytest.fixture(autouse=True)
def stands_beside():
    pass
```

```python
# weak_constants.py
NOTHING = {}
```

```python
from weak_constants import NOTHING


def test_strong(sagemock):
    assert sagemock.create_training_job("churn-1").name == "churn-1"


def test_weak(sagemock):
    assert sagemock.jobs == NOTHING


def test_neither(sagemock):
    __import__("pytest").skip("it is not run")
```

```python
# weak_constants.py
NEWER = {}
```

```python
from weak_constants import NEWER


def test_of_the_newer_file(sagemock):
    assert sagemock.jobs == NEWER
```

```python
def test_that_fails(sagemock):
    assert sagemock.jobs
```

```text
E       assert <jobs >
```
"""


def test_a_weak_example_is_found(tmp_path: Path) -> None:
    """With tests or without; one that fails as its page says is weak too."""
    page = tmp_path / "page.md"
    page.write_text(WEAK, encoding="utf-8")
    assert [one.partition(": ")[2] for one in passing([page])] == [
        'assert "ModelArtifacts" not in job',
        "test_weak",
        "test_of_the_newer_file",
        "test_that_fails",
    ]


def test_a_page_without_tests_needs_no_pytest(tmp_path: Path) -> None:
    """Neither does one without examples."""
    page = tmp_path / "page.md"
    page.write_text("```python\nassert True\n```\n\n```python\nprint()\n```\n", encoding="utf-8")
    assert [one.partition(": ")[2] for one in passing([page])] == ["assert True", "print()"]


def test_an_example_of_definitions_checks_nothing() -> None:
    """Any other kind of statement may check something."""
    assert checks_nothing("import x\n\ndef f(): assert x\n\nclass C: ...\n\nA = f()")
    assert not checks_nothing("A = 1\nprint(A)")


def test_statements_that_later_examples_need_are_kept() -> None:
    """With the statements that these need; one that binds no name is not needed."""
    source = "import a.b, c as d\nfor x in a: y = x\nz = y\nprint(z)\nclass K: ...\nclass L: ..."
    assert [one.lineno for one in needed(source, "z K").body] == [1, 2, 3, 5]
    assert needed(source, "").body == []


def test_nothing_is_answered_and_endless_loops_end() -> None:
    """A page of botocore's has no members, and one call too many raises."""
    with emptied() as silence, mock_sagemaker() as sagemaker:
        client = boto3.client("sagemaker", region_name="us-east-1")
        assert "TrainingJobSummaries" not in client.list_training_jobs()
        assert list(sagemaker.calls) == []
        silence.calls = MOST
        with pytest.raises(EndlessError):
            client.list_training_jobs()
