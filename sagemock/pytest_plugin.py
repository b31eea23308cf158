"""The pytest plugin: the fixtures `sagemock` and `sagemock_options`, and the marker `@pytest.mark.sagemock(**options)`.

The report of a failed test that used a mock in any way has a section with its timelines and its last calls.
`--sagemock-timeline` also shows it for tests that pass.

pytest loads this module in every run once sagemock is installed, so it imports nothing heavy before a test needs it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, cast

import pytest

from sagemock.errors import SagemockError, UnusedError, UsageError
from sagemock.faces import listeners

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    import pluggy
    from typing_extensions import Unpack

    from sagemock.faces.mock import SageMakerMock
    from sagemock.outcomes import Outcome
    from sagemock.world.options import MarkerOptions, Options, OptionsDict
    from sagemock.world.world import World

__all__ = ["MockServer", "UsedWorlds", "marker", "sagemock", "sagemock_options", "sagemock_server"]


class UsedWorlds:
    """A listener that remembers the worlds which the present test can use: those begun in it, or active before it."""

    def __init__(self) -> None:
        self._active: list[object] = []
        self.worlds: list[object] = []
        """The worlds, in the order in which they began."""

    def started(self, world: object) -> None:
        """Remember a world that has just begun."""
        self._active.append(world)
        self.worlds.append(world)

    def stopped(self, world: object) -> None:
        """Note that a world is over: the next test does not have it."""
        # By identity, because worlds compare by their content; and this one may have begun before this listener was added.
        self._active = [active for active in self._active if active is not world]

    def next_test(self) -> None:
        """Forget the worlds that are over."""
        self.worlds = list(self._active)


_MOCK: pytest.StashKey[SageMakerMock] = pytest.StashKey()
_WORLDS: pytest.StashKey[UsedWorlds] = pytest.StashKey()
_SECTION = "sagemock"
_LIBRARIES = ("aiobotocore", "asyncio", "boto3", "botocore", "freezegun", "sagemock", "wrapt")
_OTHER_NAMES = ("mock_sagemaker", "sage_mock", "sagemaker", "sagemaker_mock")
"""What the fixture is called by mistake."""
_HIDES = "__tracebackhide__"
"""The name by which a frame asks pytest to leave it out of tracebacks; a module may have it for all its frames."""
_MARKER = "@pytest.mark.sagemock"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--sagemock-timeline`."""
    parser.getgroup("sagemock", "SageMaker training jobs on a virtual clock").addoption(
        "--sagemock-timeline",
        action="store_true",
        help="show the timelines and the last calls of every test that used a sagemock mock, not only of those that fail",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and start to record mocks."""
    config.addinivalue_line(
        "markers",
        "sagemock(*, start=None, wall='virtual', sleep='virtual', latency=0.1, rate=0, idle_limit=timedelta(days=1), "
        "patience=10, plan=None, validate=True, strict=True, account_id='123456789012', passthrough=(), real_time_modules=(), "
        "seed=0, check_s3=False, outcomes=None): run the "
        "test inside a sagemock mock with these options, even if it does not use the fixture `sagemock`; the mock starts "
        "before the other fixtures of the test. With outcomes='all', or a list of names from sagemock.outcomes, the test runs "
        "once for each way in which its training jobs can end; outcomes='processing', 'transform' and 'tuning' are for the other "
        "kinds of job. If several markers give an option, the closest one wins.",
    )
    # Already now, because a conftest.py or a test module may start a mock for all of its tests.
    worlds = config.stash[_WORLDS] = UsedWorlds()
    listeners.add(worlds)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop recording mocks."""
    worlds = config.stash.get(_WORLDS, None)
    # None if another plugin failed before this one was configured.
    if worlds is not None:
        listeners.remove(worlds)


def marker(**options: Unpack[MarkerOptions]) -> pytest.MarkDecorator:
    """Return `@pytest.mark.sagemock(**options)`, with options that an editor completes and a type checker checks.

    Write `pytestmark = sagemock.marker(latency=0)` for a module, and `@sagemock.marker(outcomes="all")` for a test or a class.
    """
    return pytest.mark.sagemock(**options)


@pytest.fixture
def sagemock_options() -> OptionsDict:
    """Return the options of the fixture `sagemock`, as a dictionary. Override it in a conftest.py, a module or a class.

    An option of the marker wins over this.
    """
    return {}


@pytest.fixture
def sagemock(request: pytest.FixtureRequest, sagemock_options: OptionsDict) -> Iterator[SageMakerMock]:
    """Run the test inside a mock of SageMaker training jobs on a virtual clock, and return the mock.

    Give options by `@pytest.mark.sagemock(start="2018-07-30", latency=0)` on the test, its class or its module, or for a whole
    project by the fixture `sagemock_options`.
    Under `strict` (the default), a passing test that leaves a plan or a fault unused fails.
    """
    from sagemock.faces.mock import SageMakerMock  # noqa: PLC0415  # needed only with a mock

    mock = SageMakerMock(_options(request.node, sagemock_options, getattr(request, "param", None)))
    mock.start()
    request.node.stash[_MOCK] = mock
    try:
        yield mock
    finally:
        del request.node.stash[_MOCK]
        # Not clean: an unused plan has already failed the test itself, and must not fail the tear-down too.
        mock.stop(clean=False)


class MockServer(NamedTuple):
    """A mock that is served over HTTP."""

    url: str
    """The URL of the server."""
    mock: SageMakerMock
    """The mock of the test, the same as the fixture `sagemock`."""

    def environment(self, *, region: str = "us-east-1") -> dict[str, str]:
        """Return the environment for a child process that calls this mock, as `sagemock.child_environment(url)` does."""
        from sagemock.served.environment import child_environment  # noqa: PLC0415  # needed only with a server

        return child_environment(self.url, region=region)


@pytest.fixture
def sagemock_server(sagemock: SageMakerMock) -> Iterator[MockServer]:
    """Serve the mock of the fixture `sagemock` over HTTP, for other processes and other languages, while the test runs."""
    with sagemock.serve() as url:
        yield MockServer(url, sagemock)


def _marker_options(node: pytest.Item | pytest.Collector) -> dict[str, Any]:
    """Return the options of all markers of a test; the closest marker wins."""
    options: dict[str, Any] = {}
    for mark in reversed(list(node.iter_markers("sagemock"))):
        options.update(mark.kwargs)
    return options


def _options(item: pytest.Item, given: object, outcome: Outcome | None) -> Options:
    """Return the options of a test: from its markers, else from `given`, the value of the fixture `sagemock_options`.

    `outcome` is the end of the test's jobs, if the test runs once per outcome.
    """
    from sagemock.checks import mapping  # noqa: PLC0415  # needed only with a mock
    from sagemock.world.options import Options  # noqa: PLC0415  # needed only with a mock

    def defaults() -> Options:
        checked = mapping("it", given, "a dictionary of options", "return {'latency': 0}")
        Options.check_names(checked)
        return Options.of(**checked)

    base = _checked(item, defaults, "the fixture sagemock_options")
    nameless = [argument for mark in item.iter_markers("sagemock") for argument in mark.args]
    if nameless:
        _refuse(item, f"options are given by name, like start='2018-07-30', and not {', '.join(map(repr, nameless))}")
    options = _marker_options(item)

    def changed() -> Options:
        Options.check_names(options, "outcomes")
        options.pop("outcomes", None)
        if outcome is not None:
            options["plan"] = _plans(outcome, options.get("plan"))
        return replace(base, **options)

    return _checked(item, changed)


def _checked(item: pytest.Item, options: Callable[[], Options], where: str = _MARKER) -> Options:
    try:
        return options()
    except UsageError as error:
        reason = str(error)
    # Outside the except block, so that the report has no "During handling of the above exception".
    return _refuse(item, reason, where)


def _plans(outcome: Outcome, given: object) -> list[Any]:
    """Return the plans of a test whose jobs of one kind end in `outcome`, and those of the option `plan` for other kinds.

    `given` is the option `plan`. Raises UsageError if it has a plan for that kind.
    """
    from sagemock.world.options import plans_of  # noqa: PLC0415  # needed only with a mock

    plans = plans_of(given)
    children = [] if outcome.children is None else [outcome.children]
    if any(plan.kind.name in plans for plan in (outcome.plan, *children)):
        raise UsageError("outcomes and plan both say how the jobs end: give one of them")
    return [_ending(outcome) if outcome.spot else outcome.plan, *children, *plans.values()]


def _ending(outcome: Outcome) -> Callable[[Mapping[str, Any]], object]:
    """Return a plan source that leads to an outcome, or skips the test if its job cannot end in this way."""

    def plan(request: Mapping[str, Any]) -> object:
        if not outcome.meets(request):
            pytest.skip(f"{request['TrainingJobName']} runs on demand, and only managed spot jobs end {outcome}")
        return outcome.plan

    return plan


def _refuse(node: pytest.Item | pytest.Collector, reason: str, where: str = _MARKER) -> NoReturn:
    pytest.fail(f"{where} of {node.nodeid}: {reason}", pytrace=False)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once per outcome, if its marker has outcomes."""
    wanted = _marker_options(metafunc.definition).get("outcomes")
    if wanted is None:
        return
    from sagemock.outcomes import chosen  # noqa: PLC0415  # needed only with a mock

    try:
        outcomes = chosen(wanted)
    except UsageError as error:
        reason = str(error)
    else:
        if "sagemock" not in metafunc.fixturenames:
            metafunc.fixturenames.append("sagemock")
        metafunc.parametrize("sagemock", outcomes, indirect=True, ids=str)
        return
    _refuse(metafunc.definition, reason)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give a marked test the fixture, first among the fixtures of its scope."""
    if not isinstance(item, pytest.Function) or item.get_closest_marker("sagemock") is None:
        return
    names = [name for name in item.fixturenames if name != "sagemock"]
    # A fixture of a wider scope outlives this mock, so it must be set up before. Only pytest's `_fixtureinfo` knows scopes.
    known = item._fixtureinfo.name2fixturedefs  # noqa: SLF001  # the same from 7.0 to 9.2, tested
    wider = [at for at, name in enumerate(names) if name in known and known[name][-1].scope != "function"]
    names.insert(wider[-1] + 1 if wider else 0, "sagemock")
    # A new list: the tests of one parametrized function share one, but the marker may be on only one of them.
    item.fixturenames = names


@pytest.hookimpl(trylast=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Fail the test if it passed but left a plan or a fault unused.

    This is not a wrapper and runs last: pytest comes here only if its own implementation, which runs the test, has not raised.
    """
    mock = item.stash.get(_MOCK, None)
    if mock is not None:
        mock.check_used()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Forget the mocks of the previous test, except those that are still active."""
    # Not in pytest_runtest_protocol: plugins that repeat a failed test do so inside it.
    item.config.stash[_WORLDS].next_test()


# The first wrapper sees the report last, after xfail has been applied.
@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pluggy.Result[pytest.TestReport], None]:
    """Add a section about the mocks of the test to the report of a failure.

    For an UnusedError, the report has only its text, because the traceback has no line of the test, only lines of ours. The
    section does not repeat what the text of the error says.
    """
    with _without_libraries(call.excinfo):
        report = (yield).get_result()
    if call.excinfo is not None and isinstance(call.excinfo.value, UnusedError):
        report.longrepr = call.excinfo.getrepr(style="value")
    if call.excinfo is not None and getattr(call.excinfo.value, "argname", None) in _OTHER_NAMES:
        hint = (
            "The fixture is called `sagemock`, and so is the parameter by which a function under @mock_sagemaker gets its mock."
        )
        report.sections.append((_SECTION, hint))
    if suggestion := _suggestion(call.excinfo):
        report.sections.append((_SECTION, suggestion))
    worlds = item.config.stash[_WORLDS].worlds
    is_shown = report.failed or hasattr(report, "wasxfail") or (_shows_all(item.config) and report.when == "call")
    if worlds and is_shown:
        from sagemock.faces.report import section  # noqa: PLC0415  # needed only with a mock

        width = item.config.get_terminal_writer().fullwidth
        said = "" if call.excinfo is None else call.excinfo.exconly()
        text = section(cast("Sequence[World]", worlds), width, said=said, failures=_failures(call.excinfo))
        report.sections.append((_SECTION, text))


def _suggestion(excinfo: pytest.ExceptionInfo[BaseException] | None) -> str:
    """Return what an AttributeError of an object of ours should have said; "" if it says that, or is of another kind."""
    error = excinfo and excinfo.value
    if type(error) is not AttributeError or not type(error.obj).__module__.startswith("sagemock."):
        return ""
    from sagemock.checks import no_attribute  # noqa: PLC0415  # needed only for an error

    better = str(no_attribute(error.obj, str(error.name)))
    return "" if better == str(error) or ": " not in better else better


def _failures(excinfo: pytest.ExceptionInfo[BaseException] | None) -> int:
    """Return the number of errors with which a test ended: Hypothesis raises a group if several examples failed."""
    group = getattr(excinfo and excinfo.value, "exceptions", None)
    return len(group) if group and isinstance(group, tuple) else 1


@contextmanager
def _without_libraries(excinfo: pytest.ExceptionInfo[BaseException] | None) -> Iterator[None]:
    """Hide the frames between the code under test and sagemock in the traceback of an error of sagemock.

    These are some thirty frames of botocore and sagemock. `pytest --full-trace` shows them.
    """
    hidden: list[dict[str, Any]] = []
    try:
        if excinfo is not None and isinstance(excinfo.value, SagemockError):
            for entry in excinfo.traceback:
                names = entry.frame.f_globals
                if str(names.get("__name__")).partition(".")[0] in _LIBRARIES and _HIDES not in names:
                    names[_HIDES] = True
                    hidden.append(names)
        yield
    finally:
        for names in hidden:
            del names[_HIDES]


def _shows_all(config: pytest.Config) -> bool:
    # If a conftest.py has named this plugin, that is too late for options.
    return bool(config.getoption("sagemock_timeline", default=False))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show the timelines of passed tests under --sagemock-timeline; with -rP, pytest does it."""
    if not _shows_all(config) or terminalreporter.hasopt("P"):
        return
    sections = [
        (report.nodeid, text)
        for report in terminalreporter.stats.get("passed", ())
        for name, text in report.sections
        if name == _SECTION
    ]
    if sections:
        terminalreporter.section("sagemock timelines of passed tests")
    for nodeid, text in sections:
        terminalreporter.write_sep("_", nodeid)
        terminalreporter.write_line(text)
