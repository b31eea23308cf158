"""The fields and values that the events of jobs can have, to find event patterns that can never match.

Only certain knowledge counts. A status must be one that the service model or sagemock knows; a name, an ARN or a time may have
any value. The members of `detail` come from the service model.
"""

import difflib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, get_args

from botocore.model import ListShape, MapShape, Shape, StructureShape

from sagemock.errors import InvalidValue
from sagemock.events.envelope import SOURCE
from sagemock.events.pattern import EventPattern, Field, Path
from sagemock.jobs.kinds import KINDS, Kind
from sagemock.protocol.model import Api
from sagemock.training import status

__all__ = ["check"]

_ENVELOPE: Final[dict[str, Collection[object] | None]] = {
    "version": ("0",),
    "id": None,
    "detail-type": tuple(kind.detail_type for kind in KINDS),
    "source": (SOURCE,),
    "account": None,
    "time": None,
    "region": None,
    "resources": None,
    "detail": (),
}
"""The values of each field of the envelope, None if they cannot be listed; an object has no values."""
_STATUSES: Final[dict[str, Iterable[str]]] = {
    "TrainingJobStatus": get_args(status.Primary),
    "SecondaryStatus": status.PHASES | status.ENDINGS,
}
"""The values that sagemock shows with any service model, by the name of their shape."""

_ALIKE: Final = 0.9
"""How similar (0 to 1) a misspelt field must be to a field of a kind of job, so that the pattern counts as about that kind."""


class _Nowhere(NamedTuple):
    """A path at which there is no field."""

    name: str
    """The first name on the path that does not exist."""
    known: Collection[str]
    """The names that exist in its place."""


def check(api: Api, pattern: EventPattern) -> None:
    """Raise InvalidValue for a pattern none of whose alternatives can match an event of a job."""
    first = ""
    for branch in pattern.branches:
        reasons = [next((why for field in branch if (why := _never(api, kind, field))), None) for kind in _kinds(api, branch)]
        if None in reasons:
            return
        first = first or str(reasons[0])
    raise InvalidValue(f"the event pattern can never match: {first}, or give check=False")


def _kinds(api: Api, branch: Iterable[Field]) -> list[Kind]:
    """Return the kinds of job that this branch of a pattern may be about, the most likely first; all kinds if it fits none."""
    fields = list(branch)
    types = [field for field in fields if field.path == ("detail-type",) and field.tests]
    found = [kind for kind in KINDS if all(any(test(kind.detail_type) for test in field.tests) for field in types)]
    names = {field.path[1] for field in fields if field.path[0] == "detail" and field.path[1:]}

    def known(kind: Kind) -> tuple[int, int]:
        members = _members(api, kind)
        misspelt = names.difference(members)
        return -len(names.intersection(members)), -sum(
            bool(difflib.get_close_matches(one, members, 1, _ALIKE)) for one in misspelt
        )

    return sorted(found or KINDS, key=known)


def _members(api: Api, kind: Kind) -> Mapping[str, Shape]:
    described = api.output(kind.describe) if kind.describe in api.operations else None
    return {} if described is None else described.members


def _never(api: Api, kind: Kind, field: Field) -> str | None:
    """Return why no event of this kind can match a field of a pattern, and what to do; None if an event may match."""
    values = _values(api, kind, field.path)
    if field.may_be_absent and not field.tests and _is_in_each(api, kind, field.path):
        return f"{'.'.join(field.path)} is in every event; take that out"
    if field.may_be_absent or values is None:
        return None
    if isinstance(values, _Nowhere):
        return _no_field(kind, field.path, values)
    return None if any(test(value) for test in field.tests for value in values) else _no_value(field, values)


def _is_in_each(api: Api, kind: Kind, path: Path) -> bool:
    """Whether every event has a value at this path: in `detail`, an absent scalar is null, which is a value."""
    first, *rest = path
    if not rest:
        return first != "detail" and first in _ENVELOPE
    shape = _members(api, kind).get(rest[0]) if first == "detail" and not rest[1:] else None
    return shape is not None and not isinstance(shape, (StructureShape, MapShape, ListShape))


def _no_field(kind: Kind, path: Path, nowhere: _Nowhere) -> str:
    where = ".".join(path)
    return f"no event of a {kind.noun} has {where}; {_near([nowhere.name], nowhere.known) or 'take it out'}"


def _no_value(field: Field, values: Collection[object]) -> str:
    where, known = ".".join(field.path), " or ".join(map(json.dumps, values))
    if not any(values):
        return f"{where} is an object, which has no value; name one of its fields"
    texts = list(filter(None, map(_text, field.wanted[:10])))
    near = _near(texts, [value for value in values if isinstance(value, str)])
    return f"{where} can only be {known}; {near or 'write a value that it can have'}"


def _values(api: Api, kind: Kind, path: Path) -> Collection[object] | _Nowhere | None:
    """Return the values that a field can have, None if they cannot be listed."""
    first, *rest = path
    if first not in _ENVELOPE:
        return _Nowhere(first, _ENVELOPE)
    if not rest:
        return _ENVELOPE[first]
    members = _members(api, kind) if first == "detail" else {}
    name, *inner = rest
    if name in members:
        return _below(members[name], inner, is_echo=name in api.echo_of(kind.create, kind.describe))
    if (first, name) == ("detail", "Tags"):
        return None if inner else (None,)
    return _Nowhere(name, [*members, "Tags"] if members else [])


def _below(shape: Shape, path: Sequence[str], *, is_echo: bool) -> Collection[object] | _Nowhere | None:
    while isinstance(shape, ListShape):
        shape = shape.member
    if path:
        name, *rest = path
        if isinstance(shape, MapShape):
            return _below(shape.value, rest, is_echo=is_echo)
        members = shape.members if isinstance(shape, StructureShape) else {}
        return _below(members[name], rest, is_echo=is_echo) if name in members else _Nowhere(name, members)
    if isinstance(shape, (StructureShape, MapShape)):
        return (None,)
    if shape.type_name == "boolean":
        return (True, False, None)
    if "enum" in shape.metadata and not is_echo:
        # A member of the request is shown as it was sent; without validation it may be anything.
        return (*dict.fromkeys((*shape.metadata["enum"], *sorted(_STATUSES.get(shape.name, ())))), None)
    return None


def _text(wanted: object) -> str:
    """Return a value of a pattern, or the first value in a filter, if it is a string; else ""."""
    while isinstance(wanted, (Mapping, list, tuple)) and wanted:
        wanted = next(iter(wanted.values() if isinstance(wanted, Mapping) else wanted))
    return wanted if isinstance(wanted, str) else ""


def _near(texts: Iterable[str], known: Iterable[str]) -> str:
    folded = {name.lower(): name for name in known}
    for text in texts:
        near = difflib.get_close_matches(text.lower()[:100], folded, n=1)
        if near:
            return f"did you mean {folded[near[0]]!r}? Write that"
    return ""
