"""botocore's adaptive retry mode on the virtual clock. Client-side rate limiters leave a mock in the state in which they entered.

Without this, a client with `retries={"mode": "adaptive"}` hangs after its first throttle: `TokenBucket._acquire`
(botocore/retries/bucket.py) waits on a condition in real time until `time.time()` has moved, and virtual time does not move.

Apart from layout, the classes are the same from botocore 1.15.0, the first with this mode, to 1.44.5.
"""

import math
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary

from botocore.exceptions import CapacityNotAvailableError
from botocore.retries import adaptive, bucket, throttling

from sagemock.cleanup import run_all
from sagemock.clock import forks
from sagemock.clock.instants import SECOND_US
from sagemock.clock.real import real
from sagemock.clock.virtual import Clock
from sagemock.patches.active import Innermost, sleeps_here
from sagemock.patches.patch import Patches, Wrapped

__all__ = ["AdaptivePatch", "LimiterWorlds", "refill_us"]

# Limiters and buckets: we read private attributes, which the stubs of botocore do not have.
_Botocores = Any
_Arguments = Any
_State = dict[str, dict[str, float | None]]
_ENABLED = "_enabled"
# The parts of a ClientRateLimiter that remember instants and rates; "" is the limiter itself (its `_enabled`).
_PARTS = ("", "_rate_adjustor", "_rate_clocker", "_token_bucket")


class AdaptivePatch:
    """Gives botocore's token buckets the virtual clock and virtual waits, also under `wall="real"`.

    With `sleep="real"` they keep real time: a bucket that really waits for a clock which nothing moves waits forever.

    A client may be older than the mock, outlive it, or go through several mocks. So each limiter has its own state in each world
    in which it sends: a fresh state in a mock, and in real time its earlier state (fresh, if it was created inside a mock).
    """

    def __init__(self, innermost: Innermost) -> None:
        """Prepare the patches; each use calls `innermost` again."""
        self._innermost = innermost
        self._patches = Patches(
            Wrapped(bucket.Clock, "current_time", self._current_time),
            Wrapped(bucket.TokenBucket, "acquire", self._acquire),
            LimiterWorlds(innermost, adaptive.ClientRateLimiter),
        )

    def install(self) -> None:
        """Patch botocore's classes."""
        self._patches.install()

    def uninstall(self) -> None:
        """Undo `install`, and give every limiter its real-time state again."""
        self._patches.uninstall()

    def _current_time(self, _wrapped: object, _instance: object, _args: object, _kwargs: object) -> float:
        clock = _clock(self._innermost)
        # Not wrapped(): under wall="virtual" and sleep="real" it returns the frozen time.
        return real.time() if clock is None else clock.now_us() / SECOND_US

    def _acquire(self, wrapped: Callable[..., bool], token_bucket: _Botocores, args: _Arguments, kwargs: _Arguments) -> bool:
        def acquire(amount: float = 1, block: bool = True) -> bool:  # noqa: FBT001, FBT002  # TokenBucket.acquire's own
            while True:
                active = sleeps_here(self._innermost)
                if active is None or not block:
                    return wrapped(amount, block)
                try:
                    return wrapped(amount, block=False)
                except CapacityNotAvailableError:
                    # Sleep outside the bucket's lock, so that other threads can use the bucket meanwhile.
                    wait_us = refill_us(token_bucket, amount)
                active.sleep_us(wait_us)

        return acquire(*args, **kwargs)


def refill_us(token_bucket: _Botocores, amount: float) -> int:
    """Return how many microseconds pass until a bucket holds `amount`."""
    # At least 1: a fraction of a microsecond must pass too, and the bucket may have filled since.
    wait_s: float = token_bucket._sleep_amount(amount)  # noqa: SLF001  # as _acquire does
    return max(1, math.ceil(wait_s * SECOND_US))


class LimiterWorlds:
    """Keeps one state of each limiter per clock.

    It is a data descriptor that replaces `_enabled` on their class (`owner`). That attribute is the first that a limiter reads
    before a request is sent, and it is written when the limiter is created: both times, the descriptor sees which world is
    active. Replacing the methods would not reach existing clients, because botocore's event system holds bound methods of them.
    """

    def __init__(self, innermost: Innermost, owner: type) -> None:
        self._innermost = innermost
        self._owner = owner
        self._lock = forks.lock()
        self._states: WeakKeyDictionary[_Botocores, _States] = WeakKeyDictionary()

    def install(self) -> None:
        """Set the descriptor."""
        setattr(self._owner, _ENABLED, self)

    def uninstall(self) -> None:
        """Remove the descriptor, and give every limiter its real-time state again."""
        delattr(self._owner, _ENABLED)
        with self._lock:
            known, self._states = self._states, WeakKeyDictionary()
            run_all(*[partial(states.move, limiter, None) for limiter, states in list(known.items())])

    def __get__(self, limiter: _Botocores, owner: type) -> bool:
        if limiter is None:
            # The class itself has no such attribute; code that inspects the class (autospec) must not see one.
            raise AttributeError(_ENABLED, owner)
        with self._lock:
            # An unknown limiter is older than the mock, so it was in real time.
            self._states.setdefault(limiter, _States(None)).move(limiter, _clock(self._innermost))
        enabled: bool = limiter.__dict__[_ENABLED]
        return enabled

    def __set__(self, limiter: _Botocores, enabled: bool) -> None:  # noqa: FBT001  # as the attribute
        if _ENABLED not in limiter.__dict__:
            with self._lock:
                self._states[limiter] = _States(_clock(self._innermost))
        limiter.__dict__[_ENABLED] = enabled


class _States:
    """The world of a limiter (its clock; None is real time), and its states in other worlds."""

    def __init__(self, clock: Clock | None) -> None:
        self._clock = clock
        self._in_real_time: _State | None = None
        self._elsewhere: WeakKeyDictionary[Clock, _State] = WeakKeyDictionary()

    def move(self, limiter: _Botocores, clock: Clock | None) -> None:
        if clock is self._clock:
            return
        state = {part: _numbers(_part(limiter, part)) for part in _PARTS}
        if self._clock is None:
            self._in_real_time = state
        else:
            self._elsewhere[self._clock] = state
        known = self._in_real_time if clock is None else self._elsewhere.get(clock)
        for part, numbers in (known or _fresh(clock)).items():
            vars(_part(limiter, part)).update(numbers)
        self._clock = clock


def _fresh(clock: Clock | None) -> _State:
    """Return the state of a new limiter, as botocore creates it (retries/adaptive.py, `register_retry_handler`)."""
    now_s = real.time() if clock is None else clock.now_us() / SECOND_US
    standing: _Botocores = SimpleNamespace(current_time=lambda: now_s)
    return {
        "": {_ENABLED: False},
        "_rate_adjustor": _numbers(throttling.CubicCalculator(starting_max_rate=0, start_time=now_s)),
        "_rate_clocker": _numbers(adaptive.RateClocker(standing)),
        "_token_bucket": _numbers(bucket.TokenBucket(max_rate=1, clock=standing)),
    }


def _part(limiter: _Botocores, name: str) -> object:
    return getattr(limiter, name) if name else limiter


def _numbers(part: object) -> dict[str, float | None]:
    """Return an object's numbers, without its locks and the other objects that it holds."""
    return {name: value for name, value in vars(part).items() if value is None or isinstance(value, (int, float))}


def _clock(innermost: Innermost) -> Clock | None:
    active = sleeps_here(innermost)
    return None if active is None else active.clock
