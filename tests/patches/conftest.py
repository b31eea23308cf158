"""Fixtures of the tests of patches."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.laws.test_asyncio import SEEN_THROUGH


@pytest.fixture(params=SEEN_THROUGH, ids=["asyncio", "uvloop"])
def loop(request: pytest.FixtureRequest) -> Iterator[asyncio.AbstractEventLoop]:
    """Return a loop of each kind that tells for what it waits."""
    loop = request.param()
    yield loop
    loop.close()
