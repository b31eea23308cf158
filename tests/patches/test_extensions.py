"""An extension module that loads inside a mock gets the real datetime classes, whatever replaces them at that time."""

import _imp
import datetime as dt
import importlib
import importlib.util
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import freezegun
import pytest

from sagemock import mock_sagemaker

REAL = dt.date, dt.datetime
START = "2018-07-30T12:00:00Z"
LONG_S = 30


class Extension:
    """Extension modules whose initialisation is a Python function, so that no compiler is needed."""

    def __init__(self) -> None:
        """Replace the two C functions that the import system calls, within the block."""
        self.creating: dict[str, Callable[[ModuleType], object]] = {}
        self.executing: dict[str, Callable[[ModuleType], object]] = {}

    def create_dynamic(self, spec: ModuleSpec, _: object = None) -> ModuleType:
        """Replace the C function, and do what a single-phase module does here."""
        module = ModuleType(spec.name)
        self.creating.get(spec.name, id)(module)
        return module

    def exec_dynamic(self, module: ModuleType) -> int:
        """Replace the C function."""
        self.executing.get(module.__name__, id)(module)
        return 0

    def load(self, name: str) -> ModuleType:
        """Create and execute an extension module."""
        spec = importlib.util.spec_from_loader(name, ExtensionFileLoader(name, f"{name}.so"))
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


@pytest.fixture
def extension(monkeypatch: pytest.MonkeyPatch) -> Extension:
    """Let Python functions play extension modules."""
    extension = Extension()
    monkeypatch.setattr(_imp, "create_dynamic", extension.create_dynamic)
    monkeypatch.setattr(_imp, "exec_dynamic", extension.exec_dynamic)
    return extension


@pytest.fixture(autouse=True)
def _leaves_nothing() -> Iterator[None]:
    """Check that the module and the loader are as before."""
    before = dict(vars(ExtensionFileLoader))
    yield
    assert vars(ExtensionFileLoader) == before
    assert (dt.date, dt.datetime, type(dt)) == (*REAL, ModuleType)


@pytest.fixture
def lately(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Put a Python module on the path that imports the classes by name."""
    (tmp_path / "lately.py").write_text("from datetime import date as day, datetime\nimport datetime as whole\ncount = 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    # Set first, so that everything the test leaves behind is removed.
    monkeypatch.setitem(sys.modules, "lately", ModuleType("lately"))
    monkeypatch.delitem(sys.modules, "lately")
    return "lately"


def datetime_classes() -> tuple[type, type]:
    """Return the classes in module `datetime`."""
    return dt.date, dt.datetime


def is_real() -> bool:
    """Return whether these are the real classes; by identity, for the fakes are equal to the real ones."""
    return all(one is real for one, real in zip(datetime_classes(), REAL, strict=True))


def take_names(module: ModuleType) -> None:
    """Import the names as Cython does for `from datetime import date, datetime`."""
    vars(module).update(date=dt.date, datetime=dt.datetime, was_real=is_real())


@pytest.mark.parametrize("phase", ["creating", "executing"])
def test_an_extension_loads_with_the_real_classes_and_has_virtual_time_afterwards(phase: str, extension: Extension) -> None:
    """The names it imported itself become virtual too, and real again after the mock."""
    getattr(extension, phase)["rapid"] = take_names
    with mock_sagemaker(start=START):
        assert not is_real()
        module: Any = extension.load("rapid")
        assert module.was_real
        assert not is_real()
        assert module.datetime is dt.datetime
        assert module.datetime.now(dt.timezone.utc).isoformat() == "2018-07-30T12:00:00+00:00"
        assert module.date.today() == dt.date(2018, 7, 30)
        # As the import system does; otherwise no names of the module would be found at the end.
        sys.modules["rapid"] = module
    del sys.modules["rapid"]
    assert (module.date, module.datetime) == REAL
    assert module.datetime is REAL[1]


def test_python_modules_it_imports_have_virtual_time_afterwards(extension: Extension, lately: str) -> None:
    """A Python module, imported while the extension loads, takes the classes by name."""
    seen: list[bool] = []

    def execute(_: ModuleType) -> None:
        module: Any = importlib.import_module(lately)
        seen.append(module.datetime is REAL[1] and module.day is REAL[0] and is_real())

    extension.executing["rapid"] = execute
    with mock_sagemaker(start=START):
        extension.load("rapid")
        module: Any = sys.modules[lately]
        assert seen == [True]
        assert module.datetime.now(dt.timezone.utc).isoformat() == "2018-07-30T12:00:00+00:00"
        assert module.day.today() == dt.date(2018, 7, 30)
    assert module.datetime is REAL[1]
    assert module.day is REAL[0]


def test_nested_loads_each_see_the_real_classes_to_their_own_end(extension: Extension) -> None:
    """The end of the inner load does not end the outer one."""
    seen: list[bool] = []

    def execute(_: ModuleType) -> None:
        sys.modules["inner"] = extension.load("inner")
        seen.append(is_real())

    extension.executing.update(outer=execute, inner=take_names)
    with mock_sagemaker(start=START):
        extension.load("outer")
        inner: Any = sys.modules.pop("inner")
        assert seen == [inner.was_real] == [True]
        assert inner.datetime is dt.datetime


def test_a_failed_load_leaves_virtual_time(extension: Extension, lately: str) -> None:
    """What it had imported before stays imported, as if imported by itself."""

    def fail(_: ModuleType) -> None:
        importlib.import_module(lately)
        raise ImportError(lately)

    extension.creating["rapid"] = fail
    with mock_sagemaker(start=START):
        with pytest.raises(ImportError, match=lately):
            extension.load("rapid")
        assert not is_real()
        assert sys.modules[lately].datetime is dt.datetime


def test_other_threads_see_virtual_time_during_a_load(extension: Extension) -> None:
    """Two threads that load at once each see the real classes to the end of their own load."""
    first_is_in, first_may_go, second_is_in, second_may_go = (threading.Event() for _ in range(4))
    seen: dict[str, bool] = {}

    def wait(name: str, is_in: threading.Event, may_go: threading.Event) -> Callable[[ModuleType], None]:
        def execute(_: ModuleType) -> None:
            is_in.set()
            assert may_go.wait(LONG_S)
            seen[name] = is_real()

        return execute

    extension.executing["first"] = wait("first", first_is_in, first_may_go)
    extension.executing["second"] = wait("second", second_is_in, second_may_go)
    with mock_sagemaker(start=START):
        threads = [threading.Thread(target=extension.load, args=(name,)) for name in ("first", "second")]
        for thread, is_in in zip(threads, (first_is_in, second_is_in), strict=True):
            thread.start()
            assert is_in.wait(LONG_S)
        assert not is_real()
        assert dt.datetime.now(dt.timezone.utc).isoformat() == "2018-07-30T12:00:00+00:00"
        first_may_go.set()
        threads[0].join()
        assert not is_real()
        second_may_go.set()
        threads[1].join()
        assert seen == {"first": True, "second": True}


def test_inside_a_freeze_of_the_caller_it_gets_the_real_classes_too(extension: Extension, lately: str) -> None:
    """Modules it imported are frozen afterwards, and real after the freeze."""

    def create(module: ModuleType) -> None:
        take_names(module)
        importlib.import_module(lately)

    extension.creating["rapid"] = create
    with mock_sagemaker(start=START), freezegun.freeze_time("2020-02-02"):
        module: Any = extension.load("rapid")
        late: Any = sys.modules[lately]
        assert module.was_real
        assert late.datetime.now() == dt.datetime(2020, 2, 2) == module.datetime.now()  # noqa: DTZ001  # freezegun's answer
        assert dt.datetime.__name__ == "FakeDatetime"
    assert late.datetime is REAL[1]


def test_a_freeze_that_begins_during_a_load_is_kept(extension: Extension, lately: str) -> None:
    """The loading thread does not see what the freeze puts into module `datetime`, but it is not lost."""
    freeze: Any = freezegun.freeze_time("2020-02-02")

    def execute(_: ModuleType) -> None:
        importlib.import_module(lately)
        thread = threading.Thread(target=freeze.start)
        thread.start()
        thread.join()
        assert is_real()

    extension.executing["rapid"] = execute
    with mock_sagemaker(start=START):
        extension.load("rapid")
        assert sys.modules[lately].datetime is dt.datetime
        assert dt.datetime.now().year == 2020  # noqa: DTZ005  # naive, as freezegun's answer
        freeze.stop()


def test_a_mock_that_ends_during_a_load_leaves_it_real(extension: Extension, lately: str) -> None:
    """Modules it imported keep the real classes."""
    mock = mock_sagemaker(start=START)

    def execute(_: ModuleType) -> None:
        importlib.import_module(lately)
        mock.stop()

    extension.executing["rapid"] = execute
    mock.start()
    extension.load("rapid")
    assert sys.modules[lately].datetime is REAL[1]


def test_with_the_real_wall_nothing_is_replaced(extension: Extension) -> None:
    """Module `datetime` holds the real classes anyway."""
    with mock_sagemaker(wall="real"):
        assert type(vars(ExtensionFileLoader)["create_module"]) is type(is_real)
        extension.creating["rapid"] = take_names
        assert vars(extension.load("rapid"))["was_real"]


FIRST_IMPORTS = os.environ.get("SAGEMOCK_FIRST_IMPORTS", "sqlite3").split()
"""Real extension modules that the tox environments `extensions` install; each of them once crashed its process."""

FIRST_IMPORT = """
import datetime, importlib, pickle, sys, threading
from sagemock import mock_sagemaker

mock, name, how = mock_sagemaker(start="2020-01-01"), *sys.argv[1:]
errors = []

def use():
    importlib.import_module(name)
    now = datetime.datetime.now(datetime.timezone.utc)
    assert now.year == pickle.loads(pickle.dumps(now)).year == 2020
    pandas = sys.modules.get("pandas")
    if pandas is not None:
        assert pandas.Timestamp(now) == pandas.to_datetime([now])[0] == pandas.Series([now]).max() == now
        assert isinstance(pandas.Timestamp(now), datetime.datetime)

def note_errors():
    try:
        use()
    except BaseException as error:
        errors.append(error)

if how == "with":
    with mock:
        use()
elif how == "decorated":
    mock(use)()
else:
    with mock:
        threads = [threading.Thread(target=note_errors) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
assert not errors, errors
for module, scope in [(module, vars(module)) for module in set(sys.modules.values()) if hasattr(module, "__dict__")]:
    for attribute, value in scope.copy().items():
        is_fake = isinstance(value, type) and value.__name__ in ("FakeDate", "FakeDatetime")
        assert not is_fake or module.__name__ in ("freezegun.api", "sagemock.patches.datetimes"), (module, attribute)
"""


@pytest.mark.parametrize("how", ["with", "decorated", "in two threads"])
@pytest.mark.parametrize("name", FIRST_IMPORTS)
def test_a_first_import_inside_a_mock_is_like_one_outside(name: str, how: str) -> None:
    """In a child process: no warning about a changed size, and no fake class stays in any module."""
    command = [sys.executable, "-W", "error::RuntimeWarning", "-c", FIRST_IMPORT, name, how]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603  # our own code
    assert (done.returncode, done.stderr[-2000:] if done.returncode else "") == (0, "")
