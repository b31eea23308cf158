"""The mock: one object with four thin faces, and what a test can do to its world."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from sagemock.adaptive import AdaptivePatch
from sagemock.clock import Clock
from sagemock.decorate import decorate
from sagemock.environ import Environ
from sagemock.errors import NeverReached, UsageError
from sagemock.guard import Guard
from sagemock.hook import Hook
from sagemock.jobs import status
from sagemock.jobs.job import Job
from sagemock.jobs.timeline import Complete, Fail, Intervention
from sagemock.options import Options, OptionsDict, check_plan
from sagemock.render import timeline
from sagemock.sleep import SleepPatch
from sagemock.stack import Stack
from sagemock.views import Jobs
from sagemock.wall import WallPatch
from sagemock.world import Call, Matcher, PlanSource, Rule, Sleep, World

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

__all__ = ["SageMakerMock", "current", "mock_sagemaker"]

_STACK: Stack[World] = Stack()
_STACK.patched_by(
    (Environ(), lambda _: True),
    (Guard(_STACK.innermost), lambda _: True),
    (Hook(_STACK.innermost), lambda _: True),
    (SleepPatch(_STACK.innermost), lambda world: world.sleeping == "virtual"),
    (AdaptivePatch(_STACK.innermost), lambda world: world.sleeping == "virtual"),
    (WallPatch(_STACK.innermost), lambda world: world.wall == "virtual"),
)


class SageMakerMock:
    """SageMaker's training jobs, on a virtual clock, in this process.

    Use it as a decorator, by `with`, `async with`, `start()` and `stop()`, or as the pytest fixture `sagemock`; all of them take
    the same options (`Options`). Every start is a fresh world. After the end, what happened can still be read.
    """

    def __init__(self, options: Options | None = None) -> None:
        self._options = Options() if options is None else options
        self._worlds: list[World] = []
        self._last: World | None = None

    # -- faces

    def start(self) -> "Self":
        """Begin a fresh world; the mock that was innermost before answers again after `stop`."""
        world = World(self._options, self)
        _STACK.push(world)
        self._worlds.append(world)
        return self

    def stop(self, *, clean: bool = True) -> None:
        """End the world that was started last, and leave nothing of it behind.

        Raises UsageError if none was started, and UnusedError (after all is undone) if it is `strict`, the exit is `clean` and a
        plan was never used.
        """
        if not self._worlds:
            msg = "this mock is not active: stop() ends what start() began, once"
            raise UsageError(msg)
        world = self._last = self._worlds.pop()
        _STACK.pop(world)
        if clean:
            world.check_used()

    def fresh(self) -> "SageMakerMock":
        """Return a new mock with the same options."""
        return SageMakerMock(self._options)

    def __enter__(self) -> "Self":
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.stop(clean=kind is None)

    async def __aenter__(self) -> "Self":
        return self.start()

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.stop(clean=kind is None)

    def __call__(self, target: "_Target") -> "_Target":
        """Decorate a function, method, coroutine function, generator, or a class of tests: each call gets a world of its own."""
        return decorate(target, self.fresh)

    # -- reading

    @property
    def clock(self) -> Clock:
        """The virtual clock."""
        return self._world.clock

    @property
    def options(self) -> Options:
        """The options that this mock was made with."""
        return self._options

    @property
    def jobs(self) -> Jobs:
        """The training jobs, by name."""
        return Jobs(self._world.clock, self._world.store)

    @property
    def calls(self) -> list[Call]:
        """Every call of SageMaker's API that arrived here, retries included, in order."""
        return self._world.calls

    @property
    def sleeps(self) -> list[Sleep]:
        """Every virtual sleep, in the order in which they began."""
        return self._world.sleeps

    @property
    def accounts(self) -> dict[str, str]:
        """The account ids of callers by access key id; who is not in it belongs to `account_id`."""
        return self._world.accounts

    def timeline(self, name: str) -> str:
        """Return a picture of a job's life, in plain text."""
        return timeline(self.jobs.find(name), self.clock.now_us())

    def __str__(self) -> str:
        return "\n\n".join(str(view) for view in self.jobs.all()) or "no training jobs"

    def __repr__(self) -> str:
        state = "active" if self._worlds else "over" if self._last else "not started"
        return f"<SageMakerMock, {state}>"

    # -- acting

    def plan(self, matcher: Matcher, plan: PlanSource, *, times: int | None = None) -> None:
        """Plan the life of jobs that are created from now on; of several plans that meet a job, the first that was given wins.

        `matcher` is a pattern of job names, or a predicate of the CreateTrainingJob request; `plan` a Plan, or a callable of
        the request that returns one; `times` how many jobs it serves (default: all). Under `strict` a plan that no job meets is
        an error.
        """
        _check_matcher(matcher)
        _check_source(plan)
        _check_times(times)
        self._world.rules.append(Rule(matcher, plan, times))

    def fail(self, name: str, reason: str = "AlgorithmError: , exit code: 1") -> None:
        """Let a job fail now, with this FailureReason."""
        self._intervene(name, "fail", lambda offset_us: Fail(offset_us, reason))

    def complete(self, name: str) -> None:
        """Let a job complete now."""
        self._intervene(name, "complete", Complete)

    def advance_until(self, name: str, wanted: str) -> datetime:
        """Let time pass until a job has the primary or secondary status `wanted`, and return that instant.

        Nothing passes if it has that status now. Raises NeverReached at once if the job will never have it.
        """
        world = self._world
        job = self.jobs.find(name)
        now_us = world.clock.now_us()
        known = {*status.PHASES, *status.ENDINGS, *status.PRIMARY_OF_ENDING.values(), "InProgress", "Stopping"}
        if wanted not in known:
            msg = f"{wanted!r} is no status of a training job: one of {', '.join(sorted(known))}"
            raise UsageError(msg)
        state = job.state(now_us)
        if wanted not in (state.primary, state.secondary):
            ahead = job.timeline.after(now_us - job.created_us)
            instants = (job.created_us + change.at_us for change in ahead if wanted in (change.primary, change.secondary))
            at_us = next(instants, None)
            if at_us is None:
                msg = (
                    f"{name!r} will never be {wanted} from now on; give it a plan that leads there, or wait for another status.\n"
                    f"{timeline(job, now_us)}"
                )
                raise NeverReached(msg)
            world.clock.pass_to_us(at_us)
        return world.clock.now()

    def advance_until_idle(self) -> datetime:
        """Let time pass until no job has anything left to happen by itself, and return that instant."""
        world = self._world
        while (settled_us := world.store.settled_us()) is not None and settled_us > world.clock.now_us():
            world.clock.pass_to_us(settled_us)
        return world.clock.now()

    def check_used(self) -> None:
        """Raise UnusedError if, under `strict`, a plan was prepared that no job has met."""
        self._world.check_used()

    # -- inside

    @property
    def _world(self) -> World:
        if self._worlds:
            return self._worlds[-1]
        if self._last is None:
            msg = "this mock was not started: enter it by `with`, start(), the decorator or the fixture first"
            raise UsageError(msg)
        return self._last

    def _intervene(self, name: str, verb: str, intervention: Callable[[int], Intervention]) -> None:
        world = self._world
        with world.store.lock:
            job: Job = self.jobs.find(name)
            now_us = world.clock.now_us()
            primary = job.state(now_us).primary
            if primary != "InProgress":
                msg = f"cannot {verb} {name!r}: it is {primary}; do it while the job is InProgress.\n{timeline(job, now_us)}"
                raise UsageError(msg)
            world.store.put(job.after(intervention(now_us - job.created_us)))
            world.idle.reset()


def _check_matcher(matcher: object) -> None:
    if not isinstance(matcher, str) and not callable(matcher):
        msg = f"plan() takes a pattern of job names or a predicate of the request, not {matcher!r}: write plan('churn-*', …)"
        raise TypeError(msg)


def _check_source(plan: object) -> None:
    if plan is None:
        msg = "plan() takes a Plan or a callable of the request that returns one, not None: write Plan.completes()"
        raise TypeError(msg)
    check_plan(plan)


def _check_times(times: object) -> None:
    if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
        msg = f"times is how many jobs the plan serves, at least 1, not {times!r}: leave it out for all"
        raise ValueError(msg)


_Target = TypeVar("_Target", bound=Callable[..., Any])


def current() -> SageMakerMock:
    """Return the innermost active mock: the one that answers. Raises UsageError if there is none."""
    world = _STACK.innermost()
    if world is None:
        msg = "no mock is active here: decorate the test with @mock_sagemaker, or enter mock_sagemaker() by `with`"
        raise UsageError(msg)
    return cast("SageMakerMock", world.owner)


@overload
def mock_sagemaker(target: _Target, /) -> _Target: ...


@overload
def mock_sagemaker(**options: "Unpack[OptionsDict]") -> SageMakerMock: ...


def mock_sagemaker(target: Any = None, /, **options: Any) -> Any:
    """Mock SageMaker's training jobs, as a decorator or by `with`.

    `@mock_sagemaker`, `@mock_sagemaker(start=…)`, `with mock_sagemaker() as sagemaker:`.
    The options are those of `Options`. Raises TypeError for an unknown one.
    """
    mock = SageMakerMock(Options.of(**options))
    if target is None:
        return mock
    if options:
        msg = "mock_sagemaker takes options by name, and then what it decorates: @mock_sagemaker(start=…)"
        raise TypeError(msg)
    return mock(target)
