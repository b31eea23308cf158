"""The arguments with which an event handler is called."""

import functools
import re
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any
from unittest import mock

import pytest

from sagemock.errors import InvalidType
from sagemock.events.handler import context, takes_context


def event_only(event: Any) -> Any:
    """Take an event."""


def with_default(event: Any, seen: Any = None) -> Any:
    """Take an event, and a value that the test bound as a default."""


def lambda_handler(event: Any, context: Any) -> Any:
    """Take an event and a context."""


def lenient(event: Any, context: Any = None) -> Any:
    """Take an event, and optionally a context."""


def other_name(event: Any, _: Any) -> Any:
    """Take an event and something else."""


def anything(*arguments: Any, **more: Any) -> Any:
    """Take anything."""


def event_and_more(event: Any, *arguments: Any) -> Any:
    """Take an event and anything."""


def positional(event: Any, context: Any, /) -> Any:
    """Take an event and a context, by position only."""


@functools.wraps(lambda_handler)
def wrapped(*arguments: Any) -> Any:
    """Take the arguments of another function."""


class Methods:
    """A callable class with methods."""

    def one(self, event: Any) -> Any:
        """Take an event."""

    def two(self, event: Any, context: Any) -> Any:
        """Take an event and a context."""

    __call__ = two

    @staticmethod
    def of_none(event: Any) -> Any:
        """Take an event."""


class Event:
    """A class that takes an event."""

    def __init__(self, event: Any) -> None:
        """Take an event."""


@pytest.mark.parametrize(
    "handler, takes",
    [
        (event_only, False),
        (with_default, False),
        (lambda event, seen=(): seen or event, False),
        (lambda_handler, True),
        (lenient, True),
        (other_name, True),
        (positional, True),
        (anything, False),
        (event_and_more, False),
        (wrapped, True),
        (functools.partial(lambda_handler, context=None), False),
        (functools.partial(lambda_handler, {}), False),
        (Methods().one, False),
        (Methods().two, True),
        (Methods(), True),
        (Methods.of_none, False),
        (Event, False),
        ([].append, False),
        (print, False),
        # Their signatures cannot be read.
        ({}.update, False),
        (dict, False),
        (mock.Mock(), False),
        (mock.create_autospec(lambda_handler), True),
    ],
)
def test_a_second_parameter_gets_the_context(handler: Any, *, takes: bool) -> None:
    """If it has no default, or is called `context`. Another default stays."""
    assert takes_context(handler) is takes


def generator(event: Any) -> Any:
    """Yield an event."""
    yield event  # pragma: no cover  # makes it a generator function


async def coroutine(event: Any) -> Any:
    """Take an event."""


async def async_generator(event: Any) -> Any:
    """Yield an event."""
    yield event  # pragma: no cover  # makes it a generator function


class Asynchronous:
    """A callable that returns a coroutine."""

    async def __call__(self, event: Any) -> Any:
        """Take an event."""


COROUTINE = "is a coroutine function, which nobody awaits: write on_event(lambda event: asyncio.run(...))"
GENERATOR = "is a generator function, whose body a call does not run: write a function that returns"
NEITHER = "can be called neither with an event nor with an event and a context"


@pytest.mark.parametrize(
    "handler, text",
    [
        (None, "on_event() takes a function of an event, or an event and a context, not None: write on_event(handler)"),
        (coroutine, COROUTINE),
        (functools.partial(coroutine, {}), COROUTINE),
        (Asynchronous(), COROUTINE),
        (generator, GENERATOR),
        (async_generator, GENERATOR),
        (lambda: None, f"{NEITHER} (too many positional arguments): write on_event(lambda event: ...)"),
        (lambda event, context, more: (event, context, more), f"{NEITHER} (missing a required argument: 'more')"),
        (lambda *, event: event, f"{NEITHER} (too many positional arguments)"),
        (lambda event, *, context: (event, context), f"{NEITHER} (missing a required "),
        (functools.partial(lambda_handler, {}, {}), f"{NEITHER} (too many positional arguments)"),
    ],
)
def test_an_unsuitable_handler_is_refused(handler: Any, text: str) -> None:
    """It cannot take an event, or a call would not run its body."""
    with pytest.raises(InvalidType, match=re.escape(text)):
        takes_context(handler)


@pytest.mark.parametrize(
    "handler, name",
    [
        (lambda_handler, "lambda_handler"),
        (lambda event: event, "lambda"),
        (Methods(), "Methods"),
        (functools.partial(lambda_handler, {}), "partial"),
        (mock.Mock(__name__="---"), "handler"),
    ],
)
def test_the_context_has_the_arn_of_the_handler(handler: Callable[..., Any], name: str) -> None:
    """In another partition it has that partition."""
    event = {"resources": ["arn:aws-cn:sagemaker:cn-north-1:1:training-job/a"], "region": "cn-north-1", "account": "1"}
    made = context(handler, event, "one", datetime(2020, 2, 3, tzinfo=timezone.utc), lambda: -1)
    assert made.function_name == name
    assert made.invoked_function_arn == f"arn:aws-cn:lambda:cn-north-1:1:function:{name}"
    assert made.log_group_name == f"/aws/lambda/{name}"
    assert re.fullmatch(r"2020/02/03/\[\$LATEST\][0-9a-f]{32}", made.log_stream_name)
    assert made.get_remaining_time_in_millis() == 0
    assert made.aws_request_id in repr(made)
