"""AWS's JSON 1.1 protocol: an answer as an HTTP status and a body."""

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from botocore.model import ListShape, MapShape, Shape, StructureShape

from sagemock.clock.instants import instant_us
from sagemock.protocol.refusal import IN_USE, LIMIT, NOT_FOUND, Refusal

__all__ = ["Answer", "Lost", "Reply", "cut_short", "dump", "encode", "refusal_answer", "seconds", "success"]

CONTENT_TYPE: Final = "application/x-amz-json-1.1"

_CAPITAL: Final = frozenset({NOT_FOUND, IN_USE, LIMIT, "ConflictException", "SerializationException"})
"""Errors with the key `Message`: those that SageMaker's model has as shapes, and refusals of the protocol itself (measured at
Athena, as in `decode`). Other errors have the key `message`."""


class Answer(NamedTuple):
    """An answer of the service: an HTTP status and a JSON body."""

    status: int
    body: bytes


class Lost(NamedTuple):
    """Takes the place of an answer that never arrives."""

    error: str
    """The name of the fault on the way."""
    after_us: int | None = None
    """How long the client waits before it gives up; None: as long as any other call takes."""


class Reply(NamedTuple):
    """The result of a request."""

    answer: Answer | Lost
    at_us: int
    """The instant of the answer, which is also the instant at which the request arrived."""
    takes_us: int
    """How much virtual time the call then takes."""
    request_id: str


dump = json.JSONEncoder(separators=(",", ":")).encode
"""Encodes a document as compact JSON."""


def seconds(at_us: int) -> float:
    """Return an instant as the service writes it: seconds since the epoch, with milliseconds."""
    return at_us // 1000 / 1000


def encode(shape: Shape, value: Any, shift_us: int = 0) -> Any:  # noqa: ANN401  # a JSON value in, a JSON value out
    """Return a value of a response as JSON, with its instants (datetimes, ISO strings, epoch numbers) moved by `shift_us`."""
    if isinstance(shape, StructureShape):
        return {name: encode(shape.members[name], item, shift_us) for name, item in value.items() if name in shape.members}
    if isinstance(shape, ListShape):
        return [encode(shape.member, item, shift_us) for item in value]
    if isinstance(shape, MapShape):
        return {name: encode(shape.value, item, shift_us) for name, item in value.items()}
    return seconds(instant_us(value) + shift_us) if shape.type_name == "timestamp" else value


def success(document: str) -> Answer:
    """Return the answer to a call that succeeds; the body is empty if the operation has no output."""
    return Answer(200, document.encode())


def refusal_answer(refusal: Refusal) -> Answer:
    """Return the answer to a call that the service refuses."""
    key = "Message" if refusal.code in _CAPITAL else "message"
    # A request that cannot be read at all gets an error without a message.
    body: Mapping[str, Any] = {"__type": refusal.code, **({key: refusal.message} if refusal.message else {})}
    return Answer(refusal.status, dump(body).encode())


def cut_short(answer: Answer) -> Answer:
    """Return an answer whose body ends so early that it cannot be read."""
    # An empty body cannot be cut; send an unfinished object instead.
    return Answer(answer.status, answer.body[: len(answer.body) // 2] or b"{")
