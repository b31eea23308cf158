import gc
import json
import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import CapacityNotAvailableError, ClientError
from botocore.retries import adaptive, bucket

from sagemock.client.adaptive import _ENABLED, AdaptivePatch, _fresh
from sagemock.clock.real import real
from sagemock.clock.virtual import Clock
from sagemock.patches.sleep import SleepPatch
from sagemock.patches.wall import WallPatch
from tests.support.waiting import PATIENCE_S
from tests.support.worlds import World, Worlds


class Body:
    """A raw response."""

    def __init__(self, content: dict[str, str]) -> None:
        self._content = json.dumps(content).encode()

    def stream(self, **_: object) -> Iterator[bytes]:
        """Return the whole content at once."""
        yield self._content


class Service:
    """A service that throttles some calls and then answers."""

    def __init__(self) -> None:
        self.throttles = 0
        self.answered = 0

    def answer(self, request: Any, **_: object) -> AWSResponse:
        """Answer a request, as a before-send handler."""
        self.answered += 1
        headers: Any = {"content-type": "application/x-amz-json-1.1"}
        if self.throttles:
            self.throttles -= 1
            return AWSResponse(request.url, 400, headers, Body({"__type": "ThrottlingException", "message": "Rate exceeded"}))
        return AWSResponse(request.url, 200, headers, Body({"TrainingJobName": "churn-1"}))


class Caller:
    """A client in adaptive mode, with its service and its rate limiter."""

    def __init__(self) -> None:
        self.service = Service()
        limiters: list[Any] = []
        with pytest.MonkeyPatch.context() as patch:
            register = adaptive.register_retry_handler
            patch.setattr(adaptive, "register_retry_handler", lambda client: limiters.append(register(client)))
            self._client = boto3.client(
                "sagemaker",
                region_name="eu-west-1",
                aws_access_key_id="id",
                aws_secret_access_key="secret",
                config=Config(retries={"mode": "adaptive", "total_max_attempts": 5}),
            )
        [self.limiter] = limiters
        events: Any = self._client.meta.events  # the stubs know only handlers that return nothing
        events.register("before-send.sagemaker.*", self.service.answer)

    def call(self, *, throttles: int = 0) -> None:
        """Describe a job, which is answered after some throttles."""
        self.service.throttles = throttles
        assert self._client.describe_training_job(TrainingJobName="churn-1")["TrainingJobName"] == "churn-1"

    def state(self) -> dict[str, object]:
        """Return all numbers of the rate limiter and its parts."""
        limiter = self.limiter
        parts = [limiter, limiter._rate_adjustor, limiter._rate_clocker, limiter._token_bucket]
        return {
            f"{type(part).__name__}.{name}": value
            for part in parts
            for name, value in vars(part).items()
            if value is None or isinstance(value, (bool, int, float))
        }


@pytest.fixture
def worlds() -> Worlds:
    """Return a stack without an active mock."""
    return Worlds()


@pytest.fixture
def world(worlds: Worlds) -> Iterator[World]:
    """Enter one mock with all patches of time."""
    with worlds.patched(SleepPatch(worlds.innermost), WallPatch(worlds.innermost), AdaptivePatch(worlds.innermost)) as world:
        yield world


@pytest.mark.parametrize("wall", ["virtual", "real"])
@pytest.mark.parametrize("is_older", [False, True])
def test_a_throttled_client_waits_on_the_virtual_clock(wall: Any, is_older: bool, worlds: Worlds) -> None:  # noqa: FBT001  # parametrised
    """After a throttle the bucket gives half a token a second, and every wait for it is virtual."""
    older = Caller()
    with worlds.patched(SleepPatch(worlds.innermost), WallPatch(worlds.innermost), AdaptivePatch(worlds.innermost)) as world:
        world.wall = wall
        caller = older if is_older else Caller()
        caller.call(throttles=3)
        for _ in range(10):
            caller.call()

    assert caller.service.answered == 14
    # The lowest rate of a bucket is one request in two seconds; the three attempts after a throttle wait for it.
    assert 5 < sum(world.slept_us) / 1e6 < 60
    assert world.clock.now_us() - Clock("2018-07-30T12:00:00Z").now_us() == sum(world.slept_us)


def test_a_client_that_gives_up_raises_botocores_error(world: World) -> None:
    """After its last attempt."""
    caller = Caller()
    with pytest.raises(ClientError, match="ThrottlingException"):
        caller.call(throttles=9)

    assert caller.service.answered == 5
    assert world.slept_us


def test_an_older_client_has_its_old_state_after_the_mock(worlds: Worlds) -> None:
    """Its bucket, rates and last failure are those of real time again, even if it was throttled inside."""
    for is_throttled in (False, True):
        caller = Caller()
        caller.limiter._enabled = is_throttled
        before = caller.state()
        with worlds.patched(SleepPatch(worlds.innermost), AdaptivePatch(worlds.innermost)):
            caller.call(throttles=2)
            assert caller.state() != before
        assert caller.state() == before


def test_a_client_made_inside_has_a_fresh_state_outside(worlds: Worlds) -> None:
    """Otherwise it would really wait for instants of a virtual clock."""
    with worlds.patched(SleepPatch(worlds.innermost), AdaptivePatch(worlds.innermost)) as world:
        world.clock.advance_to("2999-01-01")
        caller = Caller()
        caller.call(throttles=2)
    state = caller.state()

    assert state["ClientRateLimiter._enabled"] is False
    assert state["TokenBucket._last_timestamp"] == pytest.approx(real.time(), abs=PATIENCE_S)
    assert state["CubicCalculator._last_fail"] == pytest.approx(real.time(), abs=PATIENCE_S)
    assert state["RateClocker._last_bucket"] == pytest.approx(real.time(), abs=PATIENCE_S)
    assert state["RateClocker._measured_rate"] == 0


def test_a_fresh_state_equals_that_of_a_new_client(worlds: Worlds) -> None:
    """Every number of every part, by name: this test fails when botocore adds or renames one."""
    with worlds.patched(AdaptivePatch(worlds.innermost)) as world:
        caller = Caller()
        fresh = _fresh(world.clock)

        assert caller.state() == {
            f"{part}.{name}": value
            for part, numbers in zip(
                ("ClientRateLimiter", "CubicCalculator", "RateClocker", "TokenBucket"), fresh.values(), strict=True
            )
            for name, value in numbers.items()
        }


def test_a_client_has_a_fresh_state_in_each_mock(worlds: Worlds) -> None:
    """The second mock's clock may be years behind, and a bucket that remembered the first would never fill."""
    caller = Caller()
    patches = (SleepPatch(worlds.innermost), WallPatch(worlds.innermost), AdaptivePatch(worlds.innermost))
    slept = []
    for start in ("2018-01-01", "2011-01-01", "2024-01-01"):
        with worlds.patched(*patches, clock=Clock(start)) as world:
            caller.call(throttles=1)
            caller.call()
            slept.append(sum(world.slept_us))

    assert max(slept) < 30_000_000


def test_a_nested_mock_does_not_change_the_outer_state(worlds: Worlds, world: World) -> None:
    """The outer state is back with the outer clock."""
    caller = Caller()
    caller.call(throttles=1)
    before = caller.state()
    with worlds.inside(World(Clock("2011-01-01"))) as inner:
        caller.call()
        assert caller.state()["ClientRateLimiter._enabled"] is False
    assert inner.slept_us == []
    assert caller.limiter._enabled is True
    assert caller.state() == before
    world.clock.advance(hours=1)
    with worlds.inside(inner):
        caller.call(throttles=1)
        assert caller.state()["ClientRateLimiter._enabled"] is True


def test_with_real_sleep_the_bucket_keeps_real_time(worlds: Worlds, world: World) -> None:
    """A bucket that really waits needs a real clock, although the wall clock stands still."""
    with worlds.inside(World(sleeping="real")):
        assert bucket.Clock().current_time() == pytest.approx(real.time(), abs=PATIENCE_S)
        full: Any = bucket.TokenBucket(max_rate=1, clock=bucket.Clock())
        full._current_capacity = 1
        assert full.acquire()
        caller = Caller()
        caller.call()
        assert caller.state()["TokenBucket._last_timestamp"] == pytest.approx(real.time(), abs=PATIENCE_S)
    assert bucket.Clock().current_time() == world.clock.now_us() / 1e6


def test_a_thread_older_than_the_mock_keeps_real_time(world: World) -> None:
    """Law 8 applies to its requests too."""
    world.threads_before = {threading.current_thread()}

    assert bucket.Clock().current_time() == pytest.approx(real.time(), abs=PATIENCE_S)


def test_acquire_without_block_raises_at_once(world: World) -> None:
    """As botocore's does."""
    empty = bucket.TokenBucket(max_rate=1, clock=bucket.Clock())
    with pytest.raises(CapacityNotAvailableError):
        empty.acquire(block=False)

    assert world.slept_us == []
    assert empty.acquire(1, True)  # noqa: FBT003  # the signature has no keyword
    assert world.slept_us == [1_000_000]


def test_after_the_mock_botocores_classes_are_restored(worlds: Worlds) -> None:
    """The same objects, without added attributes."""
    classes: list[type] = [bucket.Clock, bucket.TokenBucket, adaptive.ClientRateLimiter]
    before = [dict(vars(owner)) for owner in classes]
    patch = AdaptivePatch(worlds.innermost)
    for _ in range(2):
        with worlds.patched(patch):
            assert vars(bucket.TokenBucket)["acquire"] is not before[1]["acquire"]
            assert not hasattr(adaptive.ClientRateLimiter, _ENABLED)
        assert [dict(vars(owner)) for owner in classes] == before


def test_a_client_is_not_kept_alive(worlds: Worlds) -> None:
    """A client without an owner is collected during the mock."""
    patch = AdaptivePatch(worlds.innermost)
    with worlds.patched(patch):
        caller = Caller()
        caller.call()
        limiters: Any = patch._patches._patches[-1]
        states = limiters._states
        assert list(states) == [caller.limiter]
        del caller
        gc.collect()
        assert list(states) == []
