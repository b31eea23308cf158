"""botocore's adaptive retry mode on the virtual clock, and client-side rate limiters that come out of a mock as they went in.

Without this a client with `retries={"mode": "adaptive"}` hangs after its first throttle: `TokenBucket._acquire`
(botocore/retries/bucket.py) waits on a condition in real time until `time.time()`, which stands still, has moved.

The classes are the same, but for layout, from botocore 1.15.0, the first that had the mode, to 1.44.5.
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
from sagemock.patches.active import Active, Innermost
from sagemock.patches.patch import Patches, Wrapped
from sagemock.patches.sleep import keeps_real_time

__all__ = ["AdaptivePatch", "LimiterWorlds", "refill_us"]

# Limiters and buckets: what is read of them is private, so the stubs of botocore do not know it.
_Botocores = Any
_Arguments = Any
_State = dict[str, dict[str, float | None]]
_ENABLED = "_enabled"
# The parts of a ClientRateLimiter that remember instants and rates; "" is the limiter itself (its `_enabled`).
_PARTS = ("", "_rate_adjustor", "_rate_clocker", "_token_bucket")


class AdaptivePatch:
    """Gives botocore's token buckets the virtual clock and virtual waits, also under `wall="real"`.

    With `sleep="real"` they keep real time altogether: a bucket that really waits for a clock which nothing moves waits for ever.

    A client may be older than the mock, outlive it, or go through several. So each limiter has a state of its own in each world
    that it sends in: fresh in a mock, and in real time the one it had before (fresh, if it was made inside).
    """

    def __init__(self, innermost: Innermost) -> None:
        """Prepare; `innermost` is asked anew at each use."""
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
        """Undo `install`, and give every limiter the state that it has in real time."""
        self._patches.uninstall()

    def _current_time(self, _wrapped: object, _instance: object, _args: object, _kwargs: object) -> float:
        clock = _clock(self._innermost)
        # Not wrapped() for real time: under wall="virtual" and sleep="real" that is frozen.
        return real.time() if clock is None else clock.now_us() / SECOND_US

    def _acquire(self, wrapped: Callable[..., bool], token_bucket: _Botocores, args: _Arguments, kwargs: _Arguments) -> bool:
        def acquire(amount: float = 1, block: bool = True) -> bool:  # noqa: FBT001, FBT002  # TokenBucket.acquire's own
            while True:
                active = _virtual(self._innermost)
                if active is None or not block:
                    return wrapped(amount, block)
                try:
                    return wrapped(amount, block=False)
                except CapacityNotAvailableError:
                    # Slept outside of the bucket's lock: whoever lets time pass here keeps nobody else from the bucket.
                    wait_us = refill_us(token_bucket, amount)
                active.sleep_us(wait_us)

        return acquire(*args, **kwargs)


def refill_us(token_bucket: _Botocores, amount: float) -> int:
    """Return how long a bucket takes until it holds `amount`."""
    # At least 1: a rest below a microsecond must pass too, and the bucket may have filled since.
    wait_s: float = token_bucket._sleep_amount(amount)  # noqa: SLF001  # what _acquire waits for
    return max(1, math.ceil(wait_s * SECOND_US))


class LimiterWorlds:
    """Keeps the states of limiters apart by the clock that they ran on.

    It is a data descriptor in the place of their `_enabled` (`owner` is their class), which is the first thing that a limiter
    reads when a request is about to be sent and writes when it is made: the moment to see which world it is in. Replacing its
    methods would come too late for clients that exist, as botocore's event system holds those as bound methods.
    """

    def __init__(self, innermost: Innermost, owner: type) -> None:
        self._innermost = innermost
        self._owner = owner
        self._lock = forks.lock()
        self._lives: WeakKeyDictionary[_Botocores, _Life] = WeakKeyDictionary()

    def install(self) -> None:
        """Take the place."""
        setattr(self._owner, _ENABLED, self)

    def uninstall(self) -> None:
        """Leave it, and give every limiter the state that it has in real time."""
        delattr(self._owner, _ENABLED)
        with self._lock:
            lives, self._lives = self._lives, WeakKeyDictionary()
            run_all(*[partial(life.move, limiter, None) for limiter, life in list(lives.items())])

    def __get__(self, limiter: _Botocores, owner: type) -> bool:
        if limiter is None:
            # The class has no such attribute of its own; whoever looks through it (autospec) sees no more than before.
            raise AttributeError(_ENABLED, owner)
        with self._lock:
            # One that is not known was made before the mock, so it is in real time.
            self._lives.setdefault(limiter, _Life(None)).move(limiter, _clock(self._innermost))
        enabled: bool = limiter.__dict__[_ENABLED]
        return enabled

    def __set__(self, limiter: _Botocores, enabled: bool) -> None:  # noqa: FBT001  # as the attribute
        if _ENABLED not in limiter.__dict__:
            with self._lock:
                self._lives[limiter] = _Life(_clock(self._innermost))
        limiter.__dict__[_ENABLED] = enabled


class _Life:
    """The world that a limiter is in (its clock; None is real time) and the states that it left behind in others."""

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
    """Return the state of a new limiter, as made by botocore/retries/adaptive.py: register_retry_handler."""
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
    """Return what an object remembers, without its locks and the objects that it works with."""
    return {name: value for name, value in vars(part).items() if value is None or isinstance(value, (int, float))}


def _virtual(innermost: Innermost) -> Active | None:
    """Return the innermost mock if the calling thread sleeps by its clock."""
    active = innermost()
    return None if active is None or active.sleeping == "real" or keeps_real_time(active) else active


def _clock(innermost: Innermost) -> Clock | None:
    active = _virtual(innermost)
    return None if active is None else active.clock
