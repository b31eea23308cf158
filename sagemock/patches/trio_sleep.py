"""`trio.sleep` on the virtual clock. trio is never imported here: the user imports it, before a mock or inside one.

For each sleep of a task, a thread of its own sleeps like any other sleeper; so trio's loop is unchanged, and time passes when the
loop has nothing to do. trio's own time is real time plus the virtual sleeps: a deadline around a task that sleeps, or around
`trio.to_thread.run_sync`, goes off at its virtual instant, and any other deadline when a sleep that goes beyond
it ends. If a run has a clock of the user's, such as trio's MockClock, its time is left to that clock. From the first `trio.sleep`
on, an instrument notices a run whose tasks only yield, and lets time pass for it, too.
"""

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from sagemock.clock.instants import SECOND_US
from sagemock.clock.sleepers import Sleepers, waiting
from sagemock.clock.table import Sleeper
from sagemock.clock.virtual import Clock
from sagemock.patches.active import Active, Innermost, sleeps_here
from sagemock.patches.bindings import Rebinding
from sagemock.patches.imports import WhenImported
from sagemock.patches.loop_sleepers import LoopSleeper
from sagemock.patches.pools import adopted
from sagemock.patches.sleep import duration_us
from sagemock.patches.turns import Turns

__all__ = ["TrioPatch"]

# About a hundred years: a longer delay means "never".
_LONGEST_S = 3_200_000_000.0


class TrioPatch:
    """Puts a virtual `trio.sleep` in place of the real one, wherever it was imported by name."""

    def __init__(self, innermost: Innermost) -> None:
        """Prepare; each sleep calls `innermost`."""
        self._innermost = innermost
        self._imports = WhenImported({"trio": self._patch})
        # Kept between mocks, because a new Rebinding reads every module. By module, because trio may be imported anew.
        self._known: dict[ModuleType, Rebinding] = {}
        self._names: list[Rebinding] = []
        self._runs: WeakKeyDictionary[Any, tuple[Clock, float, int]] = WeakKeyDictionary()
        self._rounds: WeakKeyDictionary[Any, _Rounds] = WeakKeyDictionary()

    def install(self) -> None:
        """Patch trio now if it is imported, else at its import."""
        self._imports.install()

    def uninstall(self) -> None:
        """Undo `install`; tasks that sleep wake when the mock is over."""
        self._imports.uninstall()
        while self._names:
            self._names.pop().uninstall()

    def _patch(self, trio: ModuleType) -> None:
        names = self._known.get(trio)
        if names is None:
            fakes = [(trio.sleep, self._sleep(trio)), (trio.to_thread.run_sync, self._run_sync(trio))]
            names = Rebinding(fakes, leave=("sagemock",))
            self._known = {trio: names}
        names.install()
        self._names.append(names)

    def _shown(self, trio: Any, active: Active) -> Callable[[], None]:  # noqa: ANN401  # the module
        """Return a function that sets trio's time ahead by the virtual time that has passed since the run's first sleep."""
        clock = trio.lowlevel.current_clock()
        if active.wall == "real" or not hasattr(clock, "offset"):
            return lambda: None
        known = self._runs.get(trio.lowlevel.current_trio_token())
        if known is None or known[0] is not active.clock:
            known = active.clock, clock.offset, active.clock.now_us()
            self._runs[trio.lowlevel.current_trio_token()] = known
        virtual, offset_s, began_us = known

        def show() -> None:
            # The clock's class is frozen, so a plain assignment would raise.
            object.__setattr__(clock, "offset", offset_s + (virtual.now_us() - began_us) / SECOND_US)

        return show

    def _watch(self, trio: Any, active: Active) -> "_Rounds":  # noqa: ANN401  # the module
        """Return the instrument that watches this run. Raise the error of an event handler, if one was raised meanwhile."""
        token = trio.lowlevel.current_trio_token()
        rounds = self._rounds.get(token)
        if rounds is None or rounds.active is not active:
            if rounds is not None:
                trio.lowlevel.remove_instrument(rounds)
            rounds = self._rounds[token] = _Rounds(active, trio.lowlevel.current_statistics)
            trio.lowlevel.add_instrument(rounds)
        if rounds.errors:
            raise rounds.errors.pop()
        return rounds

    def _sleep(self, trio: Any) -> Callable[..., Any]:  # noqa: ANN401  # the module
        real_sleep = trio.sleep

        async def sleep(seconds: float) -> None:
            """Sleep for `seconds` of virtual time."""
            active = sleeps_here(self._innermost)
            if active is None:
                await real_sleep(seconds)
                return
            rounds = self._watch(trio, active)
            long_us = duration_us(seconds)
            if not long_us:
                # Zero, or a value that trio itself refuses.
                await real_sleep(seconds)
                return
            show = self._shown(trio, active)
            # A microsecond more: at its exact instant a deadline is not over yet.
            left_us = (trio.current_effective_deadline() - trio.current_time()) * SECOND_US + 1
            ends_us = active.begin_sleep_us(long_us)
            at_us = ends_us if left_us >= long_us else ends_us - long_us + max(1, math.ceil(left_us))
            await _until_us(trio, rounds, at_us)
            show()
            if at_us < ends_us:
                # The deadline is over, and raises here.
                await real_sleep((ends_us - at_us) / SECOND_US)

        sleep.__module__, sleep.__qualname__ = real_sleep.__module__, real_sleep.__qualname__
        return sleep

    def _run_sync(self, trio: Any) -> Callable[..., Any]:  # noqa: ANN401  # the module
        really_run = trio.to_thread.run_sync

        async def run_sync(sync_fn: Callable[..., Any], *args: Any, **options: Any) -> Any:  # noqa: ANN401  # whatever it takes
            """Run a function in a thread. A deadline around it also goes off at its virtual instant."""
            active = sleeps_here(self._innermost)
            if active is None or active.real_time_modules.are_below(2):
                return await really_run(sync_fn, *args, **options)
            # A thread of trio's cache may be older than the mock.
            work = partial(adopted, active.threads_before, sync_fn)
            left_s = trio.current_effective_deadline() - trio.current_time()
            if not 0 < left_s < _LONGEST_S:
                return await really_run(work, *args, **options)
            at_us = active.clock.now_us() + math.ceil(left_s * SECOND_US) + 1
            with _deadline(trio, self._watch(trio, active), at_us, self._shown(trio, active)):
                return await really_run(work, *args, **options)

        run_sync.__module__, run_sync.__qualname__ = really_run.__module__, really_run.__qualname__
        return run_sync


def _begin(
    sleepers: Sleepers, sleeper: Sleeper, pause: Callable[[float | None], object], end: Callable[[], object]
) -> list[BaseException]:
    """Let a new thread sleep and then call `end`. Return a list to which the thread adds the error that it raises, if any."""
    errors: list[BaseException] = []

    def sleep() -> None:
        sleeper.thread = threading.current_thread()
        try:
            sleepers.sleep_as(sleeper, pause)
        except BaseException as error:  # noqa: BLE001  # for the task: an event handler may raise any error
            errors.append(error)
        end()

    # Not a thread of trio's cache: it may be older than the mock.
    threading.Thread(target=sleep, daemon=True).start()
    return errors


@contextmanager
def _deadline(
    trio: Any,  # noqa: ANN401  # the module
    rounds: "_Rounds",
    at_us: int,
    show: Callable[[], None],
) -> Iterator[None]:
    """Call `show` in the run at the virtual instant `at_us`, unless the block ends before."""
    sleepers = rounds.active.sleepers
    pause, rouse = waiting()
    sleeper = sleepers.sleeper(at_us, rouse)
    sleeper.is_wait = True
    token = trio.lowlevel.current_trio_token()

    def end() -> None:
        if sleeper.is_due:
            rounds.announce(trio, token, sleeper, show)

    errors = _begin(sleepers, sleeper, pause, end)
    try:
        yield
    finally:
        sleepers.cancel(sleeper)
    if errors:
        raise errors[0]


class _Rounds:
    """An instrument of a run of trio that lets time pass when the run's tasks only yield."""

    def __init__(self, active: Active, statistics: Callable[[], Any]) -> None:
        self.active = active
        self._statistics = statistics
        self.errors: list[BaseException] = []
        """Errors raised while time passed. trio would only log them, so the next sleep raises them."""
        self.woken: dict[object, None] = {}
        """The sleeps whose end a thread has announced to the run, which has not run the announcement yet."""
        self.loop_sleeper = LoopSleeper()
        self._turns = Turns()
        self._steps: object = None
        self._who: list[Any] | None = []

    def announce(self, trio: Any, token: Any, sleeper: object, wake: Callable[[], None]) -> None:  # noqa: ANN401  # of trio
        """Let the run call `wake`, from another thread; time must not move before the run has done so."""
        self.woken[sleeper] = None
        # The run itself may be among the sleepers.
        self.loop_sleeper.called()

        def run() -> None:
            self.woken.pop(sleeper)
            wake()

        with suppress(trio.RunFinishedError):
            token.run_sync_soon(run)

    def before_task_step(self, task: object) -> None:
        """Note the task that runs."""
        self._steps = task

    def after_task_step(self, _: object) -> None:
        """Note that no task runs."""
        self._steps = None

    def task_scheduled(self, task: object) -> None:
        """Note whether a task yields: it then schedules itself, and no other task wakes it."""
        if task is not self._steps:
            self._who = None
        elif self._who is not None:
            self._who.append(task)

    def before_io_wait(self, timeout: float) -> None:
        """Judge the round that is over, and let time pass if all its tasks only yielded."""
        who, self._who = self._who, []
        # Read this first: a thread that announces an end later changes it, and one that did so earlier is in `woken`.
        calls = self.loop_sleeper.calls
        if timeout > 0 or self.active.sleepers.is_over:
            self._turns.forget()
        elif not self.woken and self._turns.lead_nowhere(who, self.active.clock.now_us, hasty=self._awaits_nobody):
            try:
                at_us = self.active.sleepers.first_us()
                if at_us is not None and self.loop_sleeper.sleep_briefly(self.active.sleepers, at_us, calls):
                    self._turns.begin()
            except BaseException as error:  # noqa: BLE001  # the next sleep raises it
                self.errors.append(error)

    def _awaits_nobody(self) -> bool:
        # One waiting task is the run's own, by which threads call it. Only the backend epoll (Linux) counts in this way.
        statistics = self._statistics().io_statistics
        return bool(statistics.backend == "epoll" and statistics.tasks_waiting_read + statistics.tasks_waiting_write <= 1)


async def _until_us(trio: Any, rounds: _Rounds, at_us: int) -> None:  # noqa: ANN401  # the module
    """Let the calling task sleep until an instant."""
    sleepers = rounds.active.sleepers
    pause, rouse = waiting()
    sleeper = sleepers.sleeper(at_us, rouse)
    task, token = trio.lowlevel.current_task(), trio.lowlevel.current_trio_token()
    is_off = False

    def wake() -> None:
        if not is_off:  # pragma: no branch  # the task may be cancelled while the thread is on its way here
            trio.lowlevel.reschedule(task)

    def abort(_: object) -> Any:  # noqa: ANN401  # a member of an enumeration of trio's
        nonlocal is_off
        is_off = True
        sleepers.cancel(sleeper)
        return trio.lowlevel.Abort.SUCCEEDED

    errors = _begin(sleepers, sleeper, pause, lambda: rounds.announce(trio, token, sleeper, wake))
    await trio.lowlevel.wait_task_rescheduled(abort)
    if errors:
        raise errors[0]
