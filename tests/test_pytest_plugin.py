"""The plugin in a child pytest: what the fixture, the marker and decorated tests do there, and every word of a failure."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# What a child pytest is the first to load, pytester unloads again, and the package would go on handing out names of it.
import sagemock.faces.maker
import sagemock.pytest_plugin

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Run a test module in a child pytest that knows of the plugin, however this one has come to know of it."""
    # What a first mock loads, the child would be the first to load too (freezegun, and what of ours stands on it).
    with sagemock.faces.maker.mock_sagemaker():
        pass
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error\n")

    def run(source: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(test_it=source)
        # The entry point of an installed sagemock is blocked: it would be loaded twice.
        without = [f"-pno:{name}" for name in ("sagemock", "randomly", "cacheprovider")]
        return pytester.runpytest_inprocess(*without, "-rA", "--strict-markers", *arguments, plugins=[sagemock.pytest_plugin])

    return run


def section(result: pytest.RunResult, title: str) -> list[str]:
    """Return the lines that a report prints under a title, without those about the mocks."""
    lines = result.outlines
    [start] = [at for at, line in enumerate(lines) if line.strip("_ ") == title]
    ends = [at for at, line in enumerate(lines) if at > start and (line.startswith(("==", "__")) or " sagemock --" in line)]
    return lines[start + 1 : ends[0]]


UNUSED = """
import pytest
import sagemock as package
from sagemock import Plan, current, mock_sagemaker

def leave():
    current().plan("churn-*", Plan.hangs())
"""


def test_the_fixture_is_the_active_mock(run: Run) -> None:
    """The fixture is the SageMakerMock that answers; each test has its own, and none is left after it."""
    result = run("""
import pytest
from sagemock import SageMakerMock, UsageError, current

seen = []

def test_one(sagemock):
    assert isinstance(sagemock, SageMakerMock)
    assert current() is sagemock
    seen.append(sagemock)

def test_two(sagemock):
    assert sagemock is not seen[0]

def test_none():
    with pytest.raises(UsageError):
        current()
""")
    result.assert_outcomes(passed=3)


def test_an_unused_plan_fails_the_test_itself_in_these_words(run: Run) -> None:
    """The test fails, not its tear-down, and the report is the error's own words, by fixture and by decorator."""
    result = run(
        UNUSED
        + """
def test_fixture(sagemock):
    leave()

@mock_sagemaker
def test_function():
    leave()

@mock_sagemaker
class TestPlain:
    def test_method(self):
        leave()

import unittest

@mock_sagemaker
class TestCase(unittest.TestCase):
    def test_case(self):
        leave()

@pytest.mark.sagemock
class TestMarkedCase(unittest.TestCase):
    def test_case(self):
        leave()

def test_the_words():
    with pytest.raises(package.UnusedError) as caught, mock_sagemaker():
        leave()
    print(caught.value)
"""
    )
    result.assert_outcomes(failed=5, passed=1)
    words = section(result, "test_the_words")[1:]
    assert words[0].startswith("1 prepared plan was never used: plan('churn-*', ")
    for title in ("test_fixture", "test_function", "TestPlain.test_method", "TestCase.test_case", "TestMarkedCase.test_case"):
        assert section(result, title) == words
    result.stdout.no_fnmatch_line("Prepared, and not used so far:*")
    result.stdout.fnmatch_lines(["FAILED test_it.py::test_fixture - sagemock.errors.UnusedError: 1*"])


@pytest.mark.parametrize("name", ["sagemaker", "mock_sagemaker"])
def test_another_name_for_the_fixture_is_told(run: Run, name: str) -> None:
    """Pytest lists all fixtures, one of which is meant. A name that may be any fixture has no hint."""
    result = run(f"def test_it({name}):\n    pass\n\ndef test_other(client):\n    pass\n")
    result.assert_outcomes(errors=2)
    assert str(result.stdout).count("The fixture is called `sagemock`, and so is the parameter") == 1


def test_an_unused_plan_is_quiet_where_the_test_says_enough(run: Run) -> None:
    """A test that fails, errs, skips or is not strict does not report unused plans."""
    result = run(
        UNUSED
        + """
import unittest

def test_failed(sagemock):
    leave()
    assert False, "mine"

def test_skipped(sagemock):
    leave()
    pytest.skip("not today")

@pytest.fixture
def broken(sagemock):
    leave()
    raise LookupError("broken")

def test_error(broken):
    pass

@pytest.mark.xfail(raises=AssertionError, strict=True)
def test_xfail(sagemock):
    leave()

@pytest.mark.sagemock(strict=False)
def test_not_strict(sagemock):
    leave()

@pytest.mark.sagemock
class TestCase(unittest.TestCase):
    def test_failed(self):
        leave()
        self.fail("mine")

    def test_skipped(self):
        leave()
        self.skipTest("not today")
"""
    )
    result.assert_outcomes(failed=2, skipped=2, errors=1, xfailed=1, passed=1)
    result.stdout.no_fnmatch_line("*UnusedError*")
    assert result.stdout.str().count("E       AssertionError: mine") == 2


def test_the_closest_marker_decides_about_each_option(run: Run) -> None:
    """Function over class over module, option by option."""
    result = run("""
import pytest

pytestmark = pytest.mark.sagemock(start="2018-07-30", seed=1, account_id="000000000001")

def options(mock):
    return mock.options.start, mock.options.seed, mock.options.account_id, mock.options.latency

@pytest.mark.sagemock(seed=2, account_id="000000000002")
class TestThings:
    @pytest.mark.sagemock(account_id="000000000003", latency=0)
    def test_function(self, sagemock):
        assert options(sagemock) == ("2018-07-30", 2, "000000000003", 0)
        assert sagemock.clock.now().isoformat() == "2018-07-30T00:00:00+00:00"

    def test_class(self, sagemock):
        assert options(sagemock) == ("2018-07-30", 2, "000000000002", 0.1)

def test_module(sagemock):
    assert options(sagemock) == ("2018-07-30", 1, "000000000001", 0.1)
""")
    result.assert_outcomes(passed=3)


NAMES = (
    "start, wall, sleep, latency, rate, idle_limit, patience, plan, validate, strict, account_id, passthrough, "
    "real_time_modules, seed, check_s3, outcomes"
)


@pytest.mark.parametrize(
    "arguments, reason",
    [
        ("lateny=0", f"sagemock has no option 'lateny': did you mean 'latency'? The options are {NAMES}."),
        ("'2018-07-30', 0", "options are given by name, like start='2018-07-30', and not '2018-07-30', 0"),
        ("seed='x'", "seed is a whole number, not 'x': write seed=0"),
        ("start='soon'", "start: 'soon' is not an instant: write it like 2018-07-30T00:00:00Z"),
    ],
    ids=["mistyped", "positional", "TypeError", "ValueError"],
)
def test_a_marker_without_meaning_is_an_error_of_its_test(run: Run, arguments: str, reason: str) -> None:
    """The report is one sentence that names the test and says what to write."""
    result = run(f"import pytest\n\n@pytest.mark.sagemock({arguments})\ndef test_a():\n    raise AssertionError\n")
    result.assert_outcomes(errors=1)
    assert section(result, "ERROR at setup of test_a") == [f"@pytest.mark.sagemock of test_it.py::test_a: {reason}"]


def test_the_fixture_of_options_is_overridden_as_any_fixture(run: Run, pytester: pytest.Pytester) -> None:
    """By a conftest, a module and a class, each with what the wider one gives; an option of a marker wins, and outcomes do."""
    pytester.makeconftest(
        """
import pytest
from sagemock import Plan

@pytest.fixture(scope="session")
def sagemock_options():
    return {"latency": 1, "seed": 2, "plan": Plan.hangs()}
"""
    )
    result = run("""
import pytest

@pytest.fixture
def sagemock_options(sagemock_options):
    return {**sagemock_options, "seed": 3}

def of(mock):
    return mock.options.latency, mock.options.seed, str(mock.options.plan)

def test_module(sagemock):
    assert of(sagemock) == (1, 3, "Plan.hangs('Training')")

@pytest.mark.sagemock(latency=5)
def test_marker(sagemock):
    assert of(sagemock) == (5, 3, "Plan.hangs('Training')")

@pytest.mark.sagemock(outcomes=["completed"])
def test_outcome(sagemock):
    assert of(sagemock)[:2] == (1, 3)
    assert of(sagemock)[2] != "Plan.hangs('Training')"

class TestClass:
    @pytest.fixture
    def sagemock_options(self, sagemock_options):
        return {**sagemock_options, "latency": 7}

    @pytest.mark.sagemock
    def test_class(self, request):
        assert of(request.getfixturevalue("sagemock")) == (7, 3, "Plan.hangs('Training')")
""")
    result.assert_outcomes(passed=4)


@pytest.mark.parametrize(
    "given, reason",
    [
        ("3", "it is a dictionary of options, not 3: return {'latency': 0}"),
        ("{3: 4}", "sagemock has no option 3: take it out. The options are *"),
        ("{'latancy': 4}", "sagemock has no option 'latancy': did you mean 'latency'? *"),
        ("{'outcomes': 'all'}", "sagemock has no option 'outcomes': *"),
        ("{'latency': -1}", "latency is not -1: *"),
    ],
)
def test_options_without_meaning_are_an_error_of_their_test(run: Run, given: str, reason: str) -> None:
    """The text says that the fixture has them."""
    result = run(f"""
import pytest

@pytest.fixture
def sagemock_options():
    return {given}

def test_it(sagemock):
    pass
""")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"the fixture sagemock_options of test_it.py::test_it: {reason.replace('[', '[[]')}"])
    result.stdout.no_fnmatch_line("*During handling*")


def test_a_marker_alone_puts_the_test_and_its_own_fixtures_inside(run: Run) -> None:
    """Fixtures of the test, autouse or not, are set up inside the mock; those that live longer, outside."""
    result = run("""
import unittest
import pytest
from sagemock import UsageError, current

def active():
    try:
        return current()
    except UsageError:
        return None

@pytest.fixture(scope="session")
def session():
    return active()

@pytest.fixture(scope="module", autouse=True)
def module():
    return active()

@pytest.fixture(autouse=True)
def automatic():
    return active()

@pytest.fixture
def asked():
    yield active()
    assert active()

@pytest.fixture(params=["a", "b"])
def parameter(request):
    return active()

@pytest.mark.sagemock(latency=0)
def test_marked(asked, session, module, automatic, parameter):
    assert session is module is None
    assert asked is automatic is parameter is current()
    assert asked.options.latency == 0

@pytest.mark.sagemock
def test_both(asked, sagemock):
    assert asked is sagemock

@pytest.mark.parametrize("inside", [False, pytest.param(True, marks=pytest.mark.sagemock)])
def test_one_of_two(inside):
    assert bool(active()) == inside

@pytest.mark.sagemock
class TestCase(unittest.TestCase):
    def setUp(self):
        self.mock = current()

    def test_case(self):
        assert current() is self.mock

class TestHalf(unittest.TestCase):
    @pytest.mark.sagemock
    def test_marked(self):
        assert active()

    def test_bare(self):
        assert not active()

def test_bare():
    assert not active()
""")
    result.assert_outcomes(passed=9)


def test_a_doctest_is_no_marked_test(run: Run, pytester: pytest.Pytester) -> None:
    """Items that are not functions are left alone."""
    pytester.makepyfile(documented='def f():\n    """\n    >>> 1 + 1\n    2\n    """\n')
    run("", "--doctest-modules").assert_outcomes(passed=1)


def test_the_fixture_may_be_asked_for_late(run: Run) -> None:
    """`getfixturevalue` in the middle of a test starts the mock there, and what is unused fails the test."""
    result = run(
        UNUSED
        + """
def test_late(request):
    with pytest.raises(package.UsageError):
        current()
    assert request.getfixturevalue("sagemock") is current()
    leave()
"""
    )
    result.assert_outcomes(failed=1)


def test_asyncio_tests_run_inside(run: Run) -> None:
    """Coroutine tests by fixture, marker and decorator, and async generator fixtures that are decorated."""
    pytest.importorskip("pytest_asyncio")
    result = run(
        UNUSED
        + """
import pytest_asyncio

@pytest.mark.asyncio
async def test_fixture(sagemock):
    assert current() is sagemock

@pytest.mark.asyncio
@pytest.mark.sagemock
async def test_marker():
    current()

@pytest.mark.asyncio
@mock_sagemaker
async def test_decorator():
    current()

@pytest_asyncio.fixture
@mock_sagemaker(seed=5)
async def mock():
    yield current()
    assert current().options.seed == 5

@pytest.mark.asyncio
async def test_decorated_fixture(mock):
    assert current() is mock

@mock_sagemaker
class TestThings:
    def setup_method(self):
        self.mock = current()

    @pytest_asyncio.fixture(autouse=True)
    async def ready(self):
        self.ready_in = current()
        yield
        assert current() is self.mock

    @pytest.mark.asyncio
    async def test_method(self):
        assert current() is self.mock is self.ready_in

    @pytest.mark.asyncio
    async def test_unused(self):
        leave()
"""
    )
    result.assert_outcomes(passed=5, failed=1)


def test_what_pytest_does_to_functions_it_does_to_decorated_ones(run: Run) -> None:
    """Decorated tests keep their fixtures, parameters, marks, patches and ids."""
    result = run(
        """
import pytest
from unittest.mock import patch
from sagemock import current, mock_sagemaker

@pytest.fixture
@mock_sagemaker(seed=7)
def seven(request):
    \"\"\"Be in a mock while the test runs.\"\"\"
    yield current().options.seed
    assert current().options.seed == 7

@mock_sagemaker(seed=8)
@pytest.mark.parametrize("x", [1, 2])
def test_parametrized(x, seven, tmp_path):
    assert seven == 7 and current().options.seed == 8 and x and tmp_path

@pytest.mark.parametrize("x", [1, 2])
@mock_sagemaker
@patch("os.getcwd")
def test_patched(getcwd, x, seven):
    assert not getcwd.called

@mock_sagemaker
@pytest.mark.skip(reason="not today")
def test_skipped():
    raise AssertionError

@mock_sagemaker
@pytest.mark.xfail(raises=LookupError)
def test_xfail():
    raise LookupError
""",
        "-v",
    )
    result.assert_outcomes(passed=4, skipped=1, xfailed=1)
    result.stdout.fnmatch_lines(["test_it.py::test_parametrized[[]1[]] PASSED*", "test_it.py::test_patched[[]2[]] PASSED*"])


def test_a_decorated_class_runs_each_test_in_one_mock(run: Run) -> None:
    """setup_method, the class's fixtures, every kind of method, parameters and teardown_method share it; subclasses too."""
    result = run(
        UNUSED
        + """
used = []

@mock_sagemaker(seed=1)
class TestBase:
    def setup_method(self, method):
        self.mock = current()
        self.name = method.__name__
        assert self.mock not in used
        used.append(self.mock)

    @pytest.fixture(autouse=True)
    def automatic(self):
        assert current() is self.mock
        yield
        assert current() is self.mock

    def teardown_method(self):
        assert current() is self.mock

    @pytest.mark.parametrize("x", [1, 2])
    def test_method(self, x, tmp_path):
        assert current() is self.mock
        assert self.name == "test_method"

    @staticmethod
    def test_static():
        assert current() is used[-1]

    @classmethod
    def test_class(cls):
        assert current() is used[-1]

    def test_skipped(self):
        leave()
        pytest.skip("not today")

class TestSub(TestBase):
    def setup_method(self):
        super().setup_method(self.test_sub)

    @pytest.mark.parametrize("x", [1])
    def test_method(self, x):
        assert current() is self.mock
        assert self.name == "test_sub"

    def test_sub(self):
        assert current().options.seed == 1

@mock_sagemaker(seed=2)
class TestAgain(TestSub):
    def test_sub(self):
        assert current().options.seed == 2

class TestBroken(TestBase):
    def setup_method(self, method):
        super().setup_method(method)
        raise LookupError("broken")

def test_nothing_is_left():
    with pytest.raises(package.UsageError):
        current()
"""
    )
    result.assert_outcomes(passed=4 + 4 + 4 + 1, skipped=4 - 1, errors=5)


def test_the_plugin_explains_itself(run: Run) -> None:
    """`pytest --markers` and `pytest --fixtures` say what there is, with the true defaults."""
    markers = run("", "--markers").outlines
    [line] = [line for line in markers if line.startswith("@pytest.mark.sagemock")]
    assert "outcomes=None): run the test inside a sagemock mock with these options" in line
    run("", "--fixtures").stdout.fnmatch_lines(["sagemock*", "    Run the test inside a mock of SageMaker training jobs*"])


def test_the_marker_text_names_every_option() -> None:
    """The defaults in the marker's text are those of Options."""
    from datetime import timedelta  # noqa: PLC0415

    from sagemock.world.options import Options  # noqa: PLC0415

    class Config:
        stash = pytest.Stash()

        def addinivalue_line(self, name: str, line: str) -> None:
            assert name == "markers"
            written = eval("dict(" + line[len("sagemock(*, ") : line.index("):")] + ")", {"timedelta": timedelta})  # noqa: S307
            assert written.pop("outcomes") is None
            assert Options(**written) == Options()
            assert list(written) == list(Options.__dataclass_fields__)

    config: Any = Config()
    sagemock.pytest_plugin.pytest_configure(config)
    sagemock.pytest_plugin.pytest_unconfigure(config)


def test_what_was_not_configured_is_unconfigured_in_silence() -> None:
    """It happens where another plugin fails at its start; ours must not hide that failure."""

    class Config:
        stash = pytest.Stash()

    config: Any = Config()
    sagemock.pytest_plugin.pytest_unconfigure(config)


def test_loading_the_plugin_imports_nothing_of_weight() -> None:
    """The plugin imports only pytest, the errors and the listeners, so a run without mocks does not pay."""
    package = Path(sagemock.pytest_plugin.__file__).parent
    program = f"""
import sys, types
package = types.ModuleType("sagemock")
package.__path__ = [{str(package)!r}]
sys.modules["sagemock"] = package
# `sagemock.errors` takes an error from `socket`, which pytest has not imported by itself on every Python.
import pytest, socket
before = set(sys.modules)
import sagemock.pytest_plugin
print(sorted(set(sys.modules) - before))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603  # ours
    assert done.stdout == "['sagemock.errors', 'sagemock.faces', 'sagemock.faces.listeners', 'sagemock.pytest_plugin']\n"


def test_a_world_stays_for_as_long_as_it_is_active() -> None:
    """A world that is over is still the present test's, and no longer the next one's."""
    used = sagemock.pytest_plugin.UsedWorlds()
    for_all, for_one = object(), object()
    used.started(for_all)
    used.next_test()
    used.started(for_one)
    used.stopped(for_one)
    assert used.worlds == [for_all, for_one]
    used.next_test()
    assert used.worlds == [for_all]
    used.stopped(for_all)
    used.next_test()
    assert used.worlds == []


def test_a_world_is_known_by_identity() -> None:
    """The end of one world is not that of an equal one."""
    used, one, equal = sagemock.pytest_plugin.UsedWorlds(), [1], [1]
    used.started(one)
    used.stopped(equal)
    used.next_test()
    assert used.worlds == [one]
