"""The JSON 1.1 wire: what an answer looks like as an HTTP response."""

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from botocore.model import ListShape, MapShape, Shape, StructureShape

from sagemock.clock.instants import instant_us
from sagemock.protocol.refusal import Refusal

__all__ = ["Answer", "Lost", "Reply", "cut_short", "dump", "encode", "granted", "refused", "seconds"]

CONTENT_TYPE: Final = "application/x-amz-json-1.1"

_CAPITAL: Final = frozenset(
    {"ResourceNotFound", "ResourceInUse", "ResourceLimitExceeded", "ConflictException", "SerializationException"}
)
"""The errors that say `Message`: those that SageMaker models as shapes, and what the protocol refuses (measured at Athena, as in
`decode`); the others say `message`."""


class Answer(NamedTuple):
    """What the service answers: an HTTP status and a JSON body."""

    status: int
    body: bytes


class Lost(NamedTuple):
    """What stands in place of an answer that never arrives."""

    error: str
    """What goes wrong on the way, by the name of the fault."""
    after_us: int | None = None
    """How long the client waits before it gives up; None: as long as any call takes."""


class Reply(NamedTuple):
    """What becomes of a request."""

    answer: Answer | Lost
    at_us: int
    """The instant of the answer, which is that of the request's arrival."""
    takes_us: int
    """How much virtual time the call then takes."""
    request_id: str


dump = json.JSONEncoder(separators=(",", ":")).encode
"""Encodes a document as compact JSON."""


def seconds(at_us: int) -> float:
    """Return an instant as the service writes it: epoch seconds with milliseconds."""
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


def granted(document: str) -> Answer:
    """Return the answer to a call that succeeded; an operation without output answers with an empty body."""
    return Answer(200, document.encode())


def refused(refusal: Refusal) -> Answer:
    """Return the answer to a call that the service refuses."""
    key = "Message" if refusal.code in _CAPITAL else "message"
    # What cannot be read at all is refused without words.
    body: Mapping[str, Any] = {"__type": refusal.code, **({key: refusal.message} if refusal.message else {})}
    return Answer(refusal.status, dump(body).encode())


def cut_short(answer: Answer) -> Answer:
    """Return an answer whose body ends too early to be read."""
    # Of an empty answer there is nothing to cut.
    return Answer(answer.status, answer.body[: len(answer.body) // 2] or b"{")
