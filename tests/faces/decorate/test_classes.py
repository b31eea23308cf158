"""Decorated classes: a fresh mock for each test method, shared with its setup and teardown."""

import asyncio
import io
import unittest
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from sagemock.errors import InvalidType, UnusedError
from sagemock.faces.decorate.target import decorate
from tests.support.fake_mock import Journal


@pytest.fixture
def journal() -> Iterator[Journal]:
    """Return a journal; check that no mock of it stays active."""
    journal = Journal()
    yield journal
    assert journal.active == []


def run(case: type[unittest.TestCase]) -> unittest.TestResult:
    """Run the tests of a class as unittest does."""
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(case)
    result: unittest.TestResult = unittest.TextTestRunner(stream=io.StringIO(), verbosity=0).run(suite)
    return result


def summary(result: unittest.TestResult) -> dict[str, list[tuple[str, str]]]:
    """Return the failures and errors of a run: the test method and the last line of its report."""
    return {
        kind: sorted((test.id().rpartition(".")[2], text.strip().splitlines()[-1]) for test, text in getattr(result, kind))
        for kind in ("failures", "errors")
        if getattr(result, kind)
    }


# -- unittest


def test_a_unittest_method_shares_its_mock_with_its_setup_and_cleanup(journal: Journal) -> None:
    """setUp, the test, tearDown and the cleanups are in one mock, the next test in another; setUpClass in none."""
    seen: list[tuple[str, int]] = []

    def note(where: str) -> None:
        seen.append((where, len(journal.active) and journal.innermost.number))

    class Case(unittest.TestCase):
        @classmethod
        def setUpClass(cls) -> None:
            note("setUpClass")

        def setUp(self) -> None:
            self.addCleanup(note, "cleanup")
            note("setUp")

        def tearDown(self) -> None:
            note("tearDown")

        def test_a(self) -> None:
            note("test_a")

        def test_b(self) -> None:
            note("test_b")

    assert decorate(Case, journal.new) is Case
    assert run(Case).wasSuccessful()
    around = [("setUp", "test_a", "tearDown", "cleanup"), ("setUp", "test_b", "tearDown", "cleanup")]
    assert seen == [("setUpClass", 0)] + [(where, number) for number, names in enumerate(around, 1) for where in names]
    assert journal.story == ["unclean", "unclean"]


def test_an_unused_plan_is_a_failure_of_its_unittest_method(journal: Journal) -> None:
    """The test that left the plan fails with UnusedError, and the run goes on."""

    class Case(unittest.TestCase):
        def test_a(self) -> None:
            journal.innermost.plan("churn-*")

        def test_b(self) -> None:
            pass

    result = run(decorate(Case, journal.new))
    assert summary(result) == {"failures": [("test_a", "sagemock.errors.UnusedError: nothing used the plan churn-*")]}
    assert result.testsRun == 2


def test_a_unittest_method_that_fails_does_not_report_unused_plans(journal: Journal) -> None:
    """A failure, an error, a skip, a failing setUp and a failing subTest stay as they are."""

    class Case(unittest.TestCase):
        def setUp(self) -> None:
            journal.innermost.plan("churn-*")
            if self.id().endswith("set_up"):
                raise LookupError

        def test_error(self) -> None:
            raise ValueError

        def test_failure(self) -> None:
            self.fail("mine")

        def test_set_up(self) -> None:
            raise AssertionError  # pragma: no cover  # its setUp fails

        def test_skip(self) -> None:
            self.skipTest("not today")

        def test_sub(self) -> None:
            with self.subTest(i=1):
                pass
            with self.subTest(i=2):
                self.fail("sub")

        @unittest.skip("never")
        def test_never(self) -> None:
            raise AssertionError  # pragma: no cover  # skipped

        @unittest.expectedFailure
        def test_expected(self) -> None:
            self.fail("as expected")

    result = run(decorate(Case, journal.new))
    assert {kind: [(test, line) for test, line in lines] for kind, lines in summary(result).items()} == {
        "failures": [("test_failure", "AssertionError: mine"), ("test_sub (i=2)", "AssertionError: sub")],
        "errors": [("test_error", "ValueError"), ("test_set_up", "LookupError")],
    }
    assert sorted(reason for _, reason in result.skipped) == ["never", "not today"]
    assert len(result.expectedFailures) == 1
    assert len(journal.made) == 6, "a test skipped by decorator starts no mock"


def test_a_passing_sub_test_does_not_hide_an_unused_plan(journal: Journal) -> None:
    """Only a failing subTest makes its test fail."""

    class Case(unittest.TestCase):
        def test_sub(self) -> None:
            journal.innermost.plan("churn-*")
            with self.subTest(i=1):
                pass

    assert summary(run(decorate(Case, journal.new))) == {
        "failures": [("test_sub", "sagemock.errors.UnusedError: nothing used the plan churn-*")]
    }


def test_a_failing_sub_test_of_a_method_called_by_hand_raises(journal: Journal) -> None:
    """Without a runner no object records the failure."""

    class Case(unittest.TestCase):
        def test_sub(self) -> None:
            with self.subTest(i=1):
                self.fail("sub")

    with pytest.raises(AssertionError, match="^sub$"):
        decorate(Case, journal.new)("test_sub").test_sub()
    assert journal.story == ["unclean"]


@pytest.mark.parametrize("attribute", ["start_error", "stop_error"])
def test_a_mock_that_cannot_start_or_stop_is_an_error_of_the_test(journal: Journal, attribute: str) -> None:
    """The runner reports the error and goes on."""
    setattr(journal, attribute, RuntimeError("cannot"))

    class Case(unittest.TestCase):
        def test_a(self) -> None:
            assert attribute == "stop_error"

    assert summary(run(decorate(Case, journal.new))) == {"errors": [("test_a", "RuntimeError: cannot")]}


def test_an_interrupted_unittest_method_leaves_no_mock_active(journal: Journal) -> None:
    """KeyboardInterrupt ends the run without teardown and cleanups."""

    class Case(unittest.TestCase):
        def test_a(self) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(decorate(Case, journal.new))
    assert journal.story == ["unclean"]


def test_debug_runs_in_a_mock_too(journal: Journal) -> None:
    """`TestCase.debug` raises the failure, and leaves no mock active."""

    class Case(unittest.TestCase):
        def setUp(self) -> None:
            self.number = journal.innermost.number

        def test_a(self) -> None:
            assert journal.innermost.number == self.number
            self.fail("mine")

    with pytest.raises(AssertionError, match="^mine$"):
        decorate(Case, journal.new)("test_a").debug()
    assert journal.story == ["unclean"]


def test_setup_set_on_the_instance_is_kept(journal: Journal) -> None:
    """A `setUp` attribute of the instance is called inside the mock, and kept."""

    class Case(unittest.TestCase):
        def test_a(self) -> None:
            pass

    seen = []
    case = decorate(Case, journal.new)("test_a")
    case.setUp = set_up = lambda: seen.append(journal.innermost.number)  # type: ignore[method-assign]
    case.run()
    assert seen == [1]
    assert case.setUp is set_up


def test_an_isolated_asyncio_test_case_is_in_one_mock(journal: Journal) -> None:
    """asyncSetUp, the coroutine, asyncTearDown and async cleanups share a mock; an unused plan fails the test."""
    seen: list[int] = []

    async def note() -> None:
        seen.append(journal.innermost.number)
        await asyncio.sleep(0)

    class Case(unittest.IsolatedAsyncioTestCase):
        async def asyncSetUp(self) -> None:
            self.addAsyncCleanup(note)
            await note()

        async def asyncTearDown(self) -> None:
            await note()

        async def test_a(self) -> None:
            await note()

        async def test_b(self) -> None:
            await note()
            journal.innermost.plan("churn-*")

        def test_c(self) -> None:
            seen.append(journal.innermost.number)

    result = run(decorate(Case, journal.new))
    assert summary(result) == {"failures": [("test_b", "sagemock.errors.UnusedError: nothing used the plan churn-*")]}
    assert seen == [1] * 4 + [2] * 4 + [3] * 4


def test_inheritance_adds_no_second_mock(journal: Journal) -> None:
    """Subclasses of a decorated class are decorated; decorating one again replaces its options; super() works."""
    other = Journal()
    seen: list[tuple[str, int, int]] = []

    def note(case: unittest.TestCase) -> None:
        seen.append((type(case).__name__ + "." + case.id().rpartition(".")[2], len(journal.active), len(other.active)))

    class Plain(unittest.TestCase):
        def test_plain(self) -> None:
            note(self)

    class Base(Plain):
        def setUp(self) -> None:
            note(self)

        def test_base(self) -> None:
            note(self)

    decorate(Base, journal.new)

    class Sub(Base):
        def setUp(self) -> None:
            super().setUp()

        def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
            return super().run(result)

        def test_base(self) -> None:
            super().test_base()

        def test_sub(self) -> None:
            note(self)

    class Again(Sub):
        def test_sub(self) -> None:
            super().test_sub()

    decorate(decorate(Again, journal.new), other.new)
    for case in (Plain, Base, Sub, Again):
        assert run(case).wasSuccessful()
    counts = {name: (here, there) for name, here, there in seen}
    assert counts == {
        "Plain.test_plain": (0, 0),
        "Base.test_plain": (1, 0),
        "Base.test_base": (1, 0),
        "Sub.test_plain": (1, 0),
        "Sub.test_base": (1, 0),
        "Sub.test_sub": (1, 0),
        "Again.test_plain": (0, 1),
        "Again.test_base": (0, 1),
        "Again.test_sub": (0, 1),
    }
    assert len(seen) == 1 + 2 * (2 + 3 + 3)
    assert (len(journal.made), len(other.made)) == (2 + 3, 3)


# -- plain classes, called as a runner does


def test_a_method_called_by_hand_gets_a_mock(journal: Journal) -> None:
    """Test methods of every kind; other attributes are unchanged."""

    class TestThings:
        test_data: ClassVar[list[int]] = [1, 2]

        def test_method(self) -> int:
            return journal.innermost.number

        @staticmethod
        def test_static() -> int:
            return journal.innermost.number

        @classmethod
        def test_class(cls) -> int:
            assert cls is TestThings
            return journal.innermost.number

        async def test_async(self) -> int:
            return journal.innermost.number

        def helper(self) -> int:
            return len(journal.active)

    decorate(TestThings, journal.new)
    things = TestThings()
    assert (things.test_method(), things.test_static(), TestThings.test_class(), asyncio.run(things.test_async())) == (1, 2, 3, 4)
    assert things.helper() == 0
    assert TestThings.test_data == [1, 2]
    assert journal.story == ["clean"] * 4


def test_setup_and_teardown_methods_share_the_mock_of_the_test(journal: Journal) -> None:
    """setup_method opens the mock of the test method, static or not, and teardown_method closes it."""
    seen: list[int] = []

    class TestThings:
        def setup_method(self) -> None:
            seen.append(journal.innermost.number)

        def teardown_method(self) -> None:
            seen.append(journal.innermost.number)

        def test_method(self) -> None:
            seen.append(journal.innermost.number)

        @staticmethod
        def test_static() -> None:
            seen.append(journal.innermost.number)

        @classmethod
        def test_class(cls) -> None:
            seen.append(journal.innermost.number)

    decorate(TestThings, journal.new)
    for name in ("test_method", "test_static", "test_class"):
        things = TestThings()
        things.setup_method()
        getattr(things, name)()
        things.teardown_method()
    assert seen == [1] * 3 + [2] * 3 + [3] * 3
    assert journal.story == ["unclean"] * 3


def test_an_unused_plan_of_the_setup_fails_the_method(journal: Journal) -> None:
    """The test method raises UnusedError, and the teardown does not."""

    class TestThings:
        def setup_method(self) -> None:
            journal.innermost.plan("churn-*")

        def test_a(self) -> None:
            pass

    decorate(TestThings, journal.new)
    things: Any = TestThings()
    things.setup_method()
    with pytest.raises(UnusedError):
        things.test_a()
    things.teardown_method()


def test_a_failing_setup_leaves_no_mock_active(journal: Journal) -> None:
    """A runner calls no teardown after it. A parent's setup, called by super(), leaves the end to the outermost one."""

    class TestBase:
        def setup_method(self) -> None:
            raise LookupError

        def teardown_method(self) -> None:
            assert journal.active

    decorate(TestBase, journal.new)

    class TestSub(TestBase):
        def setup_method(self) -> None:
            with pytest.raises(LookupError):
                super().setup_method()
            assert journal.active

        def teardown_method(self) -> None:
            super().teardown_method()
            assert journal.active
            raise ValueError

    with pytest.raises(LookupError):
        TestBase().setup_method()
    assert journal.active == []
    sub = TestSub()
    sub.setup_method()
    with pytest.raises(ValueError, match="^$"):
        sub.teardown_method()
    assert journal.story == ["unclean", "unclean"]


def test_a_teardown_without_setup_closes_nothing(journal: Journal) -> None:
    """Called by hand, it behaves as if undecorated."""

    class TestThings:
        def teardown_method(self) -> None:
            assert not journal.active

    decorate(TestThings, journal.new)
    TestThings().teardown_method()
    assert journal.made == []


def test_the_method_argument_is_passed_if_it_is_accepted(journal: Journal) -> None:
    """From pytest it is the test's function. Both forms of setup_method exist, and each may call the other."""
    seen: list[object] = []

    class TestBase:
        def setup_method(self, method: object) -> None:
            seen.append(method)

    decorate(TestBase, journal.new)

    class TestSub(TestBase):
        def setup_method(self) -> None:  # type: ignore[override]
            super().setup_method("given")

    TestSub().setup_method("offered")  # type: ignore[call-arg]
    base = TestBase()
    base.setup_method("offered")
    with pytest.raises(TypeError, match="method"):
        TestBase().setup_method()  # type: ignore[call-arg]
    assert seen == ["given", "offered"]
    for mock in list(journal.active):
        mock.stop()


def test_multiple_inheritance_resolves_as_before(journal: Journal) -> None:
    """Inherited methods of a decorated class do not come before those of a sibling."""

    class Root:
        def test_a(self) -> str:
            raise AssertionError  # pragma: no cover  # overridden

        @staticmethod
        def test_static() -> str:
            return "root"

        @classmethod
        def test_class(cls) -> str:
            return f"root of {cls.__name__}"

    class Left(Root):
        pass

    class Right(Root):
        def test_a(self) -> str:
            return "right"

    class Bottom(decorate(Left, journal.new), Right):  # type: ignore[misc]
        pass

    assert Bottom().test_a() == "right"
    assert Bottom().test_static() == "root"
    assert Bottom().test_class() == "root of Bottom"
    assert len(journal.made) == 3


def test_two_decorated_bases_share_one_mock(journal: Journal) -> None:
    """A class with two decorated bases uses the options of the first."""
    other = Journal()

    class Left:
        def test_left(self) -> tuple[int, int]:
            return len(journal.active), len(other.active)

    class Right:
        def test_right(self) -> tuple[int, int]:
            return len(journal.active), len(other.active)

    class Both(decorate(Left, journal.new), decorate(Right, other.new)):  # type: ignore[misc]
        pass

    both = Both()
    both.setup_method()
    assert both.test_left() == both.test_right() == (1, 0)
    both.teardown_method()


def test_init_subclass_of_the_class_is_still_called(journal: Journal) -> None:
    """With its arguments, whether the class defines it or inherits it."""
    seen: list[tuple[str, str]] = []

    class Root:
        def __init_subclass__(cls, /, tag: str = "", **kwargs: object) -> None:
            super().__init_subclass__(**kwargs)
            seen.append((cls.__name__, tag))

    class Inherits(Root, tag="inherits"):
        pass

    decorate(Root, journal.new)
    decorate(Inherits, journal.new)

    class Sub(Inherits, tag="sub"):
        def test_a(self) -> int:
            return journal.innermost.number

    assert seen == [("Inherits", "inherits"), ("Sub", "sub")]
    assert Sub().test_a() == 1


def test_a_setup_method_that_is_a_fixture_is_refused(journal: Journal) -> None:
    """Pytest never calls it as a hook, so no mock would start."""

    class TestThings:
        @pytest.fixture(autouse=True)
        def setup_method(self) -> None: ...

    with pytest.raises(TypeError) as caught:
        decorate(TestThings, journal.new)
    assert str(caught.value) == (
        f"{TestThings.__qualname__}.setup_method is a fixture, and it hides the hook of the same name, in which the mock of each "
        "test starts or stops: rename the fixture"
    )


def test_a_method_may_be_called_with_another_object(journal: Journal) -> None:
    """A function of a decorated class runs in a mock then too."""

    class TestThings:
        def test_a(self) -> int:
            return journal.innermost.number

    decorate(TestThings, journal.new)
    assert TestThings.test_a(object()) == 1  # type: ignore[arg-type]


def test_a_built_in_class_is_refused(journal: Journal) -> None:
    """Its attributes cannot be set."""
    with pytest.raises(InvalidType, match="<class 'str'> cannot be changed, so its methods get no mock: put @mock_sagemaker on"):
        decorate(str, journal.new)
