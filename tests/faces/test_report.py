"""The section in the report of a failed test, in a child pytest."""

from datetime import timedelta

import pytest

from sagemock import NeverReached, Plan, WrongCalls, mock_sagemaker
from sagemock.faces.report import LONGEST, section
from sagemock.world.world import World
from tests.service.test_operations import refusal
from tests.support.calling import create, make_client
from tests.test_pytest_plugin import Run, run

__all__ = ["run"]

TITLE = "-*- sagemock -*-"
# A test module whose `use` creates a job in the active mock; no assertion of it looks like a picture.
USE = """
import botocore.session
import pytest
import unittest
from sagemock import current, mock_sagemaker

def use(name="churn-1"):
    client = botocore.session.get_session().create_client("sagemaker", region_name="us-east-1")
    client.create_training_job(
        TrainingJobName=name,
        AlgorithmSpecification={"AlgorithmName": "churn", "TrainingInputMode": "File"},
        RoleArn="arn:aws:iam::123456789012:role/Training",
        OutputDataConfig={"S3OutputPath": "s3://bucket/models"},
        ResourceConfig={"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
        StoppingCondition={"MaxRuntimeInSeconds": 3600},
    )

def use_and_fail():
    use()
    raise LookupError("mine")
"""
SHOWN = [
    TITLE,
    "Virtual time is 2018-07-30T00:00:00.100000+00:00, *",
    "churn-1: *",
    "1 call:",
    "  * CreateTrainingJob churn-1: ok",
]
FACES = {
    "fixture": """
@pytest.mark.sagemock(start="2018-07-30")
def test_it(sagemock):
    use_and_fail()
""",
    "marker": """
@pytest.mark.sagemock(start="2018-07-30")
def test_it():
    use_and_fail()
""",
    "decorator": """
@mock_sagemaker(start="2018-07-30")
def test_it():
    use_and_fail()
""",
    "with": """
def test_it():
    with mock_sagemaker(start="2018-07-30"):
        use_and_fail()
""",
    "failed after it": """
def test_it():
    with mock_sagemaker(start="2018-07-30"):
        use()
    raise LookupError
""",
    "start and stop": """
def test_it():
    mock = mock_sagemaker(start="2018-07-30").start()
    try:
        use_and_fail()
    finally:
        mock.stop()
""",
    "class": """
@mock_sagemaker(start="2018-07-30")
class TestIt:
    def test_it(self):
        use_and_fail()
""",
    "unittest": """
@mock_sagemaker(start="2018-07-30")
class TestIt(unittest.TestCase):
    def test_it(self):
        use_and_fail()
""",
    "setUpClass": """
class TestIt(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.enterClassContext(mock_sagemaker(start="2018-07-30")) if hasattr(cls, "enterClassContext") else cls.enter()

    @classmethod
    def enter(cls):
        mock = mock_sagemaker(start="2018-07-30").start()
        cls.addClassCleanup(mock.stop)

    def test_it(self):
        use_and_fail()
""",
    "fixture of the module": """
@pytest.fixture(scope="module", autouse=True)
def mock():
    with mock_sagemaker(start="2018-07-30") as mock:
        yield mock

def test_before():
    pass

def test_it():
    use_and_fail()
""",
    "import": """
mock_sagemaker(start="2018-07-30").start()

def test_it():
    use_and_fail()

def teardown_module():
    current().stop()
""",
}


@pytest.mark.parametrize("source", FACES.values(), ids=FACES)
def test_a_failure_shows_jobs_and_calls_with_every_face(run: Run, source: str) -> None:
    """The section has the virtual instant, the picture of the job and the call."""
    result = run(USE + source)
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(SHOWN)


def test_each_failing_phase_has_the_section(run: Run) -> None:
    """Setup and teardown too."""
    result = run(
        USE
        + """
@pytest.fixture
def broken(sagemock):
    use_and_fail()

@pytest.fixture
def breaks(sagemock):
    yield
    use_and_fail()

def test_setup(broken):
    pass

def test_teardown(breaks):
    pass
"""
    )
    result.assert_outcomes(errors=2, passed=1)
    assert str(result.stdout).count(" sagemock --") == 2


def test_a_test_without_a_mock_or_without_a_failure_has_no_section(run: Run) -> None:
    """Even right after a test with a mock; a skipped test has none either."""
    result = run(
        USE
        + """
def test_a(sagemock):
    use()

def test_b():
    raise LookupError

def test_c(sagemock):
    use()
    pytest.skip("not today")
"""
    )
    result.assert_outcomes(passed=1, failed=1, skipped=1)
    assert " sagemock --" not in str(result.stdout)


def test_an_expected_failure_has_the_section_in_its_report(run: Run) -> None:
    """`--xfail-tb` prints the report of an xfail."""
    source = f"{USE}\n@pytest.mark.xfail\n{FACES['decorator'].lstrip()}"
    result = run(source, "--xfail-tb")
    result.assert_outcomes(xfailed=1)
    result.stdout.fnmatch_lines(SHOWN)


@pytest.mark.parametrize(
    "arguments, title",
    [((), "sagemock timelines of passed tests"), (("-rP",), "PASSES")],
    ids=["by itself", "-rP"],
)
def test_an_option_shows_the_section_of_passing_tests(run: Run, arguments: tuple[str, ...], title: str) -> None:
    """`--sagemock-timeline` prints it once, under the test's name, with or without `-rP`."""
    source = USE + '@mock_sagemaker(start="2018-07-30")\ndef test_it():\n    use()\n\ndef test_none():\n    pass\n'
    result = run(source, "-rN", "--sagemock-timeline", *arguments)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines([f"=* {title} =*", "_* *test_it _*", *SHOWN[1:]])
    assert str(result.stdout).count("churn-1: InProgress") == 1


def test_the_option_prints_nothing_without_a_mock(run: Run) -> None:
    """Not even a heading; `pytest --help` explains the option."""
    result = run("def test_it():\n    pass\n", "-rN", "--sagemock-timeline")
    assert "sagemock timelines" not in str(result.stdout)
    run("", "--help").stdout.fnmatch_lines(["SageMaker training jobs on a virtual clock:", "*--sagemock-timeline*"])


def test_the_section_reaches_another_process(run: Run, pytester: pytest.Pytester) -> None:
    """Workers of pytest-xdist send reports as JSON."""
    pytester.makeconftest("""
import json

def pytest_runtest_logreport(report):
    sections = dict(json.loads(json.dumps(report._to_json()))["sections"])
    if report.failed:
        print("sent:", sections["sagemock"].splitlines()[0])
""")
    run(USE + FACES["decorator"], "-s").stdout.fnmatch_lines(["*sent: Virtual time is 2018-07-30*"])


@pytest.mark.usefixtures("run")
def test_a_conftest_may_load_the_plugin(pytester: pytest.Pytester) -> None:
    """The option does not exist then, because the plugin was loaded too late for it; the section does."""
    pytester.makepyfile(test_it=USE + FACES["decorator"])
    pytester.makeconftest("""
import sagemock.pytest_plugin

def pytest_sessionstart(session):
    session.config.pluginmanager.register(sagemock.pytest_plugin, "late")
""")
    result = pytester.runpytest_inprocess("-pno:sagemock", "-pno:randomly", "-pno:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(SHOWN)


def world(mock: object) -> World:
    """Return the world of a mock."""
    found = vars(mock)["_last"] or vars(mock)["_worlds"][-1]
    assert isinstance(found, World)
    return found


def test_without_mocks_the_section_is_empty() -> None:
    """No worlds were used."""
    assert section([]) == ""


def test_a_mock_without_calls_says_so() -> None:
    """The client may belong elsewhere, or the test may test nothing."""
    with mock_sagemaker(start="2018-07-30") as sagemaker:
        text = section([world(sagemaker)])
    assert text == "Virtual time is 2018-07-30T00:00:00+00:00, 0:00:00 after the start.\n\nNo call has arrived here."


def test_a_refusal_in_the_section_is_cut() -> None:
    """AWS's message lists two hundred instance types; the test's own error has them. A job of another region is named."""
    with mock_sagemaker(start="2018-07-30") as sagemaker:
        client = make_client()
        with pytest.raises(client.exceptions.ClientError, match="enum value set"):
            create(client, ResourceConfig={"InstanceType": "ml.m5", "InstanceCount": 1, "VolumeSizeInGB": 30})
        refused = section([world(sagemaker)])
        sagemaker.create_training_job("churn-1", region="eu-west-1")
        with pytest.raises(client.exceptions.ClientError, match="not found"):
            client.describe_training_job(TrainingJobName="churn-1")
        elsewhere = section([world(sagemaker)])
        sagemaker.create_training_job("churn-1", region="us-east-1")
        client.describe_training_job(TrainingJobName="churn-1")
        found = section([world(sagemaker)])
    assert refused.endswith("…\n\nAWS would refuse this request, too. With the option validate=False, sagemock takes it.")
    assert max(map(len, refused.splitlines())) <= LONGEST + 3
    assert elsewhere.endswith("\n\n'churn-1' is in eu-west-1, and this client asked in us-east-1.")
    assert found.endswith("DescribeTrainingJob churn-1: ok")


def test_the_section_is_limited() -> None:
    """Twenty jobs are on one time axis, older ones have a line each, and only the last calls are shown."""
    with mock_sagemaker(start="2018-07-30", latency=0) as sagemaker:
        client = make_client()
        for number in range(21):
            create(client, f"job-{number}")
        for _ in range(6):
            client.list_training_jobs()
        text = section([world(sagemaker)])
    assert "\n\n1 older job:\n  'job-0' is InProgress/Starting since " in text
    assert [line.split()[0] for line in text.splitlines() if line.startswith("job-")] == [f"job-{n}" for n in range(1, 21)]
    head, _, calls = text.partition("\n\nThe last 15 of 27 calls:\n")
    assert head
    lines = calls.splitlines()
    assert [line.split()[3].rstrip(":") for line in lines] == ["CreateTrainingJob"] * 9 + ["ListTrainingJobs"]
    assert lines[-1] == "  2018-07-30 00:00:00.000 us-east-1 ListTrainingJobs: ok, and 5 more until 2018-07-30 00:00:00"


@pytest.mark.parametrize("jobs, pictures", [(2, 2), (3, 0)])
def test_more_than_two_jobs_share_one_time_axis(jobs: int, pictures: int) -> None:
    """Two jobs have a picture each, with their messages; no line exceeds the width."""
    with mock_sagemaker(start="2018-07-30", latency=0) as sagemaker:
        for number in range(jobs):
            sagemaker.create_training_job(f"job-{number}")
        text = section([world(sagemaker)], 80)
    assert text.count("status          from") == pictures
    assert max(map(len, text.splitlines())) <= 80


def test_the_traceback_of_our_errors_starts_at_the_code_under_test(run: Run) -> None:
    """Frames of botocore and ours are hidden, unless pytest is asked for the full trace."""
    source = (
        USE
        + """
import time

@pytest.mark.sagemock(start="2018-07-30")
def test_it(sagemock):
    use()
    client = botocore.session.get_session().create_client("sagemaker", region_name="us-east-1")
    while client.describe_training_job(TrainingJobName="churn-1")["TrainingJobStatus"] != "Failed":
        time.sleep(60)
"""
    )
    result = run(source)
    text = str(result.stdout)
    assert "sagemock.errors.NothingWillHappen: nothing can happen any more" in text
    assert "hooks.py" not in text
    assert "runaway.py" not in text
    assert "hooks.py" in str(run(source, "--full-trace").stdout)


def test_an_error_of_ours_alone_keeps_its_traceback(run: Run) -> None:
    """If no frame belongs to the test, as in a fixture of ours, all are shown."""
    result = run("import pytest\n@pytest.mark.sagemock(start='never')\ndef test_it(): pass\n")
    result.assert_outcomes(errors=1)


def test_sleeps_and_unused_plans_are_listed() -> None:
    """An unused plan, fault or hide() is often the reason of a failure."""
    import time  # noqa: PLC0415  # imported late, as in code under test

    with mock_sagemaker(start="2018-07-30", latency=0, strict=False) as sagemaker:
        sagemaker.plan("chrun-*", Plan.hangs())
        sagemaker.fault("StopTrainingJob", "ThrottlingException")
        sagemaker.hide("chrun-*", lasting=5)
        time.sleep(30)
        time.sleep(90)
        text = section([world(sagemaker)])
    lines = text.splitlines()
    assert lines[0] == ("Virtual time is 2018-07-30T00:02:00+00:00, 0:02:00 after the start; 2 virtual sleeps of 0:02:00 in all.")
    at = lines.index("Prepared, and not used so far:")
    assert [line.partition("(")[0] for line in lines[at + 1 :]] == ["  plan", "  fault", "  hide"]


def test_several_mocks_are_numbered_by_their_starts() -> None:
    """Nested ones, or one after the other."""
    with mock_sagemaker(start="2018-07-30") as outer, mock_sagemaker(start="2019-07-30") as inner:
        pass
    lines = section([world(outer), world(inner)]).splitlines()
    assert lines[:2] == ["Mock 1 of 2:", "Virtual time is 2018-07-30T00:00:00+00:00, 0:00:00 after the start."]
    assert lines[5:7] == ["Mock 2 of 2:", "Virtual time is 2019-07-30T00:00:00+00:00, 0:00:00 after the start."]


@pytest.mark.parametrize("mocks, failures, shown", [(3, 1, [1, 2, 3]), (30, 1, [30]), (30, 2, [29, 30]), (4, 9, [1, 2, 3, 4])])
def test_of_many_mocks_only_those_that_failed_are_shown(mocks: int, failures: int, shown: list[int]) -> None:
    """Hypothesis begins one for each example, and those that fail come last."""
    with mock_sagemaker(start="2018-07-30") as sagemaker:
        lines = section([world(sagemaker)] * mocks, failures=failures).splitlines()
    assert [line for line in lines if line.startswith("Mock ")] == [f"Mock {number} of {mocks}:" for number in shown]
    others = f"The test began {mocks - len(shown)} other mocks before, which are not shown."
    assert (lines[-1] == others) == (len(shown) < mocks)


def test_the_section_repeats_nothing_of_the_error() -> None:
    """Neither a picture, nor calls, nor the message of a refusal, nor what is unused."""
    with mock_sagemaker(start="2018-07-30", latency=0, strict=False) as sagemaker:
        client = make_client()
        sagemaker.create_training_job("churn-1")
        with pytest.raises(NeverReached) as never:
            sagemaker.advance_until("churn-1", "Failed")
        unpictured = section([world(sagemaker)], 80, said=str(never.value))
        words = refusal(client.describe_training_job, TrainingJobName="nobody")
        refused = section([world(sagemaker)], said=str(words))
        with pytest.raises(WrongCalls) as wrong:
            sagemaker.calls.to("StopTrainingJob").assert_called_once()
        uncalled = section([world(sagemaker)], said=str(wrong.value))
    title = "Virtual time is 2018-07-30T00:00:00+00:00, 0:00:00 after the start."
    assert unpictured == f"{title}\n\nNo call has arrived here."
    assert refused.endswith("\n\n1 call:\n  2018-07-30 00:00:00.000 us-east-1 DescribeTrainingJob nobody: ValidationException")
    assert "DescribeTrainingJob" not in uncalled
    assert "churn-1: InProgress" in uncalled


def test_the_report_of_an_example_that_fails_shows_its_mock(run: Run) -> None:
    """Of two errors in a group, both. A misspelt attribute of a clock gets a suggestion, which is not in the error itself."""
    result = run("""
import sagemock

class Group(Exception):
    exceptions = (LookupError(), LookupError())

def use(count, error=None):
    for _ in range(count):
        with sagemock.mock_sagemaker(start="2018-07-30") as mock:
            pass
    if error:
        raise error
    return mock

def test_one():
    use(5).clock.advanse(3)

def test_group():
    use(5, Group())

def test_mine():
    object().advanse

def test_right():
    use(1).advanse
""")
    lines = [line for line in result.outlines if line.startswith(("Mock ", "'", "The test began"))]
    assert lines == [
        "'Clock' object has no attribute 'advanse': did you mean 'advance'?",
        "Mock 5 of 5:",
        "The test began 4 other mocks before, which are not shown.",
        "Mock 4 of 5:",
        "Mock 5 of 5:",
        "The test began 3 other mocks before, which are not shown.",
    ]


def test_the_clock_of_a_finished_mock_stands_still() -> None:
    """A rate no longer moves it, so the report shows its last instant."""
    with mock_sagemaker(start="2018-07-30", rate=1e6) as sagemaker:
        sagemaker.clock.advance(timedelta(days=1))
    assert sagemaker.clock.now() == sagemaker.clock.now()


def test_a_mock_that_cannot_be_read_breaks_no_report() -> None:
    """If reading its state raises (in an event handler of the test, for example), the section shows the error instead."""

    class Broken:
        @property
        def clock(self) -> None:
            raise LookupError

    assert section([Broken()]) == "The state of this mock cannot be read: LookupError()"  # type: ignore[list-item]


def test_no_line_is_wider_than_the_terminal() -> None:
    """Text is wrapped and pictures fit, however long the names are."""
    names = [f"churn-{'x' * 55}{number:02}" for number in range(22)]
    with mock_sagemaker(start="2018-07-30", strict=False) as sagemaker:
        sagemaker.plan("chrun-*", Plan.fails("AlgorithmError: " + "a long story, " * 9))
        client = make_client()
        for name in names:
            sagemaker.create_training_job(name)
        for _ in range(5):
            client.describe_training_job(TrainingJobName=names[0])
            sagemaker.clock.advance(seconds=5)
        refusal(client.describe_training_job, TrainingJobName="nobody")
        text = section([world(sagemaker)], 80)
        rest = section([world(sagemaker)], 80, said=str(vars(world(sagemaker).backend.plans)["rules"][0]))
    assert max(map(len, text.splitlines())) <= 80
    assert "\n    ValidationException: Requested resource not found." in text
    head, title, plans = text.partition("\n\nPrepared, and not used so far:\n  plan('chrun-*', Plan.fails('AlgorithmError: ")
    assert (bool(title), rest) == (True, head)
    assert plans.count("\n    ") == 2
