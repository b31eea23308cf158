"""Handlers of events, and their arguments: the event and, for a handler with two parameters, a context like Lambda's.

The context's attributes are those of the Lambda developer guide ("Using the Lambda context object to retrieve Python function
information"). Their types are those of `aws/aws-lambda-python-runtime-interface-client` (`lambda_context.py`): the memory is a
string, and if no mobile application called, there is an identity without values.
"""

import hashlib
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

from sagemock.checks import quoted
from sagemock.errors import InvalidType
from sagemock.evidence import Assumption

__all__ = ["TIMEOUT_MS", "CognitoIdentity", "Handler", "LambdaContext", "context", "takes_context"]

Handler: TypeAlias = Callable[[dict[str, Any]], Any] | Callable[[dict[str, Any], Any], Any]
"""A callable that takes an event, or an event and a `LambdaContext`. Its result is ignored."""

_LONGEST: Final = Assumption(
    "that the function of a handler has the longest timeout",
    knob="a function of yours that calls the handler with a context of its own",
)
TIMEOUT_MS: Final = _LONGEST(900_000)
"""The longest timeout that a function can have (Lambda quotas, "Function timeout")."""


@dataclass
class CognitoIdentity:
    """The identity of a mobile application's user. For an event, it has no values."""

    cognito_identity_id: str | None = None
    cognito_identity_pool_id: str | None = None


@dataclass
class LambdaContext:
    """The context of one invocation, as Lambda's Python runtime has it."""

    function_name: str
    invoked_function_arn: str
    aws_request_id: str
    log_group_name: str
    log_stream_name: str
    remaining_ms: Callable[[], int] = field(repr=False)
    """Returns how many milliseconds of the timeout are left, by the virtual clock."""
    function_version: str = "$LATEST"
    memory_limit_in_mb: str = "128"
    identity: CognitoIdentity = field(default_factory=CognitoIdentity)
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        """Return how many milliseconds of the timeout are left, 0 if it is over. The timeout does not end the handler."""
        return max(self.remaining_ms(), 0)


def context(
    handler: Handler, event: Mapping[str, Any], invocation: str, now: datetime, remaining_ms: Callable[[], int]
) -> LambdaContext:
    """Return the context of the invocation called `invocation`; it is the same in each run."""
    name = re.sub(r"\W", "", getattr(handler, "__name__", type(handler).__name__)) or "handler"
    partition = event["resources"][0].split(":")[1]
    digest = hashlib.sha256(invocation.encode()).hexdigest()
    return LambdaContext(
        function_name=name,
        invoked_function_arn=f"arn:{partition}:lambda:{event['region']}:{event['account']}:function:{name}",
        aws_request_id=str(UUID(hex=digest[:32], version=4)),
        log_group_name=f"/aws/lambda/{name}",
        log_stream_name=f"{now:%Y/%m/%d}/[$LATEST]{hashlib.sha256(name.encode()).hexdigest()[:32]}",
        remaining_ms=remaining_ms,
    )


def takes_context(handler: object) -> bool:
    """Whether a handler also takes a context: its second parameter has no default, or is called `context`.

    Raises InvalidType for an object that cannot be called with an event, and for a function whose body a call would not run. A
    callable without a signature, such as some built-in functions, gets the event alone.
    """
    if not callable(handler):
        raise InvalidType(
            f"on_event() takes a function of an event, or an event and a context, not {quoted(handler)}: write on_event(handler)"
        )
    # For a callable object, its `__call__` method may be a coroutine function.
    for function in (handler, getattr(handler, "__call__", None)):  # noqa: B004  # looks at it, not only for it
        if inspect.iscoroutinefunction(function):
            raise InvalidType(
                f"{quoted(handler)} is a coroutine function, which nobody awaits: write on_event(lambda event: asyncio.run(...))"
            )
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise InvalidType(
                f"{quoted(handler)} is a generator function, whose body a call does not run: write a function that returns"
            )
    try:
        signature = inspect.signature(handler)
    except (TypeError, ValueError):
        return False
    placed = [one for one in signature.parameters.values() if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    takes = len(placed) > 1 and (placed[1].default is inspect.Parameter.empty or placed[1].name == "context")
    try:
        signature.bind(*[None] * (2 if takes else 1))
    except TypeError as error:
        raise InvalidType(
            f"{quoted(handler)} can be called neither with an event nor with an event and a context ({error}): "
            "write on_event(lambda event: ...)"
        ) from None
    return takes
