"""The pytest plugin: the fixture `sagemock` and the marker `@pytest.mark.sagemock(**options)`.

pytest loads this in every run of whoever has sagemock installed, so it imports nothing of weight before a test asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from sagemock.errors import UnusedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import pluggy

    from sagemock.mock import SageMakerMock
    from sagemock.options import Options

__all__ = ["sagemock"]

_MOCK: pytest.StashKey[SageMakerMock] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    """Explain the marker to `pytest --markers` and to --strict-markers."""
    config.addinivalue_line(
        "markers",
        "sagemock(*, start=None, wall='virtual', sleep='virtual', latency=0.1, rate=0, idle_limit=timedelta(days=1), plan=None, "
        "validate=True, strict=True, account_id='123456789012', passthrough=(), seed=0): run the test inside a sagemock mock "
        "with these options, whether or not it asks for the fixture `sagemock`; the mock starts before the other fixtures of "
        "the test. Of several markers, the closest to the test decides about each option.",
    )


@pytest.fixture
def sagemock(request: pytest.FixtureRequest) -> Iterator[SageMakerMock]:
    """Run the test inside a mock of SageMaker training jobs on a virtual clock, and return the mock.

    Options are given by `@pytest.mark.sagemock(start="2018-07-30", latency=0)` on the test, its class or its module.
    Under `strict` (the default), a test that passes and leaves a plan or a fault unused fails.
    """
    from sagemock.mock import SageMakerMock  # noqa: PLC0415  # only for those who use it

    mock = SageMakerMock(_options(request.node))
    mock.start()
    request.node.stash[_MOCK] = mock
    try:
        yield mock
    finally:
        del request.node.stash[_MOCK]
        # What was planned and not used has failed the test's own call; the tear-down has nothing to add.
        mock.stop(clean=False)


def _options(item: pytest.Item) -> Options:
    """Return the options of all markers of a test, the closest last."""
    from sagemock.options import Options  # noqa: PLC0415  # only for those who use it

    given: dict[str, Any] = {}
    for mark in reversed(list(item.iter_markers("sagemock"))):
        if mark.args:
            _refuse(item, f"options are given by name, like start='2018-07-30', and not {', '.join(map(repr, mark.args))}")
        given.update(mark.kwargs)
    try:
        options = Options.of(**given)
    except (TypeError, ValueError, UsageError) as error:
        reason = str(error)
    else:
        return options
    # Outside the except: the report is this sentence, without "During handling of the above exception".
    return _refuse(item, reason)


def _refuse(item: pytest.Item, reason: str) -> NoReturn:
    pytest.fail(f"@pytest.mark.sagemock of {item.nodeid}: {reason}", pytrace=False)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let a marked test use the fixture, first among the fixtures of its scope."""
    if not isinstance(item, pytest.Function) or item.get_closest_marker("sagemock") is None:
        return
    names = [name for name in item.fixturenames if name != "sagemock"]
    # A fixture of a wider scope outlives this mock, and must not be set up inside it. Only pytest's `_fixtureinfo` knows scopes.
    known = item._fixtureinfo.name2fixturedefs  # noqa: SLF001  # the same from 7.0 to 9.2, tested
    wider = [at for at, name in enumerate(names) if name in known and known[name][-1].scope != "function"]
    names.insert(wider[-1] + 1 if wider else 0, "sagemock")
    # A new list, for the tests of one parametrized function share theirs, and one of them may be marked alone.
    item.fixturenames = names


@pytest.hookimpl(trylast=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Fail the test by name if it passed and something that was planned was not used.

    Last, and no wrapper: pytest gets here when its own implementation, which runs the test, has not raised.
    """
    mock = item.stash.get(_MOCK, None)
    if mock is not None:
        mock.check_used()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> Generator[None, pluggy.Result[pytest.TestReport], None]:
    """Report an UnusedError, of whichever face, by its words alone: it has no line of the test to show, only lines of ours."""
    report = (yield).get_result()
    if call.excinfo is not None and isinstance(call.excinfo.value, UnusedError):
        report.longrepr = call.excinfo.getrepr(style="value")
