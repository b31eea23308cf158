"""The plugin in a child pytest: the fixture, the marker, decorated tests, and the whole text of failures."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# pytester unloads each module that the child is the first to load, but our package would still hold names of it.
import sagemock.faces.maker
import sagemock.pytest_plugin

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Run a test module in a child pytest with the plugin, however this pytest has loaded it."""
    # Load now what a first mock would load (freezegun, and our modules that need it).
    with sagemock.faces.maker.mock_sagemaker():
        pass
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error\n")

    def run(source: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(test_it=source)
        # The entry point of an installed sagemock is blocked, because the plugin would be loaded twice.
        without = [f"-pno:{name}" for name in ("sagemock", "randomly", "cacheprovider")]
        return pytester.runpytest_inprocess(*without, "-rA", "--strict-markers", *arguments, plugins=[sagemock.pytest_plugin])

    return run


def section(result: pytest.RunResult, title: str) -> list[str]:
    """Return the lines of a report's section, without those about the mocks."""
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
    """It is the SageMakerMock that answers. Each test has its own, and none stays active."""
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


def test_an_unused_plan_fails_the_test_with_this_report(run: Run) -> None:
    """The test fails, not its teardown, and the report is the error's own text; by fixture and by decorator."""
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
    assert words[:2] == ["1 prepared plan was never used:", "  plan('churn-*', Plan.hangs('Training'))"]
    for title in ("test_fixture", "test_function", "TestPlain.test_method", "TestCase.test_case", "TestMarkedCase.test_case"):
        assert section(result, title) == words
    result.stdout.no_fnmatch_line("Prepared, and not used so far:*")
    result.stdout.fnmatch_lines(["FAILED test_it.py::test_fixture - sagemock.errors.UnusedError: 1*"])


@pytest.mark.parametrize("name", ["sagemaker", "mock_sagemaker"])
def test_a_misspelt_fixture_gets_a_suggestion(run: Run, name: str) -> None:
    """By itself pytest lists all fixtures. A name that is similar to no fixture of ours gets no hint."""
    result = run(f"def test_it({name}):\n    pass\n\ndef test_other(client):\n    pass\n")
    result.assert_outcomes(errors=2)
    assert str(result.stdout).count("The fixture is called `sagemock`, and so is the parameter") == 1


def test_an_unused_plan_is_not_reported_beside_another_failure(run: Run) -> None:
    """Neither if the test errs, skips or is not strict."""
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


def test_the_closest_marker_decides_each_option(run: Run) -> None:
    """Function before class before module, option by option."""
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
def test_an_invalid_marker_is_an_error_of_its_test(run: Run, arguments: str, reason: str) -> None:
    """One sentence names the test and says what to write."""
    result = run(f"import pytest\n\n@pytest.mark.sagemock({arguments})\ndef test_a():\n    raise AssertionError\n")
    result.assert_outcomes(errors=1)
    assert section(result, "ERROR at setup of test_a") == [f"@pytest.mark.sagemock of test_it.py::test_a: {reason}"]


def test_the_fixture_of_options_can_be_overridden(run: Run, pytester: pytest.Pytester) -> None:
    """By a conftest, a module and a class, each based on the wider one; options of a marker, and outcomes, come first."""
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
        ("{'latency': -1}", "latency is 0 or more, not -1: *"),
    ],
)
def test_invalid_options_are_an_error_of_their_test(run: Run, given: str, reason: str) -> None:
    """The message names the fixture that returned them."""
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


def test_a_marker_alone_starts_a_mock_around_the_test_and_its_fixtures(run: Run) -> None:
    """Function-scoped fixtures, autouse or not, are set up inside the mock, wider ones outside."""
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


def test_a_doctest_ignores_markers(run: Run, pytester: pytest.Pytester) -> None:
    """Items that are not functions are left alone."""
    pytester.makepyfile(documented='def f():\n    """\n    >>> 1 + 1\n    2\n    """\n')
    run("", "--doctest-modules").assert_outcomes(passed=1)


def test_the_fixture_may_be_requested_late(run: Run) -> None:
    """`getfixturevalue` in the middle of a test starts the mock there, and an unused plan fails the test."""
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


def test_asyncio_tests_run_inside_a_mock(run: Run) -> None:
    """Coroutine tests by fixture, marker and decorator, and decorated async generator fixtures."""
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


def test_pytest_treats_decorated_functions_like_others(run: Run) -> None:
    """They keep their fixtures, parameters, marks, patches and ids."""
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


def test_pytest_shows_help_for_the_plugin(run: Run) -> None:
    """`pytest --markers` and `pytest --fixtures`, with the true defaults."""
    markers = run("", "--markers").outlines
    [line] = [line for line in markers if line.startswith("@pytest.mark.sagemock")]
    assert "outcomes=None): run the test inside a sagemock mock with these options" in line
    run("", "--fixtures").stdout.fnmatch_lines(["sagemock*", "    Run the test inside a mock of SageMaker training jobs*"])


def test_the_text_of_the_marker_has_every_option() -> None:
    """With the defaults of Options."""
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


def test_an_unconfigured_plugin_can_be_unloaded() -> None:
    """When another plugin fails at its start, ours must not hide that failure."""

    class Config:
        stash = pytest.Stash()

    config: Any = Config()
    sagemock.pytest_plugin.pytest_unconfigure(config)


def test_the_plugin_imports_only_light_modules() -> None:
    """Only pytest, our errors and the listeners, so a run without mocks costs nothing."""
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
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603  # our own code
    assert done.stdout == "['sagemock.errors', 'sagemock.faces', 'sagemock.faces.listeners', 'sagemock.pytest_plugin']\n"


def test_a_world_belongs_to_the_test_that_used_it() -> None:
    """A finished world is still the present test's, but not the next one's."""
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


def test_worlds_are_compared_by_identity() -> None:
    """The end of one world does not end an equal one."""
    used, one, equal = sagemock.pytest_plugin.UsedWorlds(), [1], [1]
    used.started(one)
    used.stopped(equal)
    used.next_test()
    assert used.worlds == [one]
