"""`sagemock explain`: what a status means, what can follow it, and what a client should do."""

import difflib
import textwrap
from collections.abc import Iterator, Mapping

from botocore.session import Session

from sagemock.cli.documented import documented
from sagemock.cli.statuses import CATALOGUE, Meaning
from sagemock.errors import UsageError
from sagemock.picture.text import LEAST, Line, Span
from sagemock.protocol.model import Api
from sagemock.training import status
from sagemock.training.plan.earlier import FILLED_IN

__all__ = ["every_status", "explanation"]


def explanation(wanted: str, width: int) -> Iterator[Line]:
    """Yield the lines that explain a status; case does not matter. Raises UsageError if there is no such status."""
    by_case = {name.lower(): name for name in CATALOGUE}
    name = by_case.get(wanted.lower())
    if name is None:
        near = by_case[difflib.get_close_matches(wanted.lower(), by_case, 1, 0.0)[0]]
        raise UsageError(
            f"{wanted!r} is not a status of a training job: did you mean {near}? sagemock knows {', '.join(CATALOGUE)}"
        )
    meaning = CATALOGUE[name]
    yield Span(name, name if name in status.PHASES | status.ENDINGS else "bold"), Span(f"  {meaning.kind}", "dim")
    for label, text in _paragraphs(name, meaning, _of_aws()):
        yield (Span(""),)
        yield (Span(label, "bold"),)
        indent = "  "
        for line in textwrap.wrap(text, max(width, LEAST), initial_indent=indent, subsequent_indent=indent):
            yield (Span(line),)


def every_status(width: int) -> Iterator[Line]:
    """Yield one sentence about each status."""
    longest = max(map(len, CATALOGUE))
    for name, meaning in CATALOGUE.items():
        first, *rest = textwrap.wrap(_first(meaning), max(width, LEAST) - longest - 2)
        yield Span(f"{name:<{longest}}  ", name if name in status.PHASES | status.ENDINGS else "bold"), Span(first)
        yield from ((Span(" " * (longest + 2) + line),) for line in rest)


def _first(meaning: Meaning) -> str:
    return meaning.meaning.partition(". ")[0].rstrip(".") + "."


def _paragraphs(name: str, meaning: Meaning, of_aws: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield "It means", meaning.meaning
    if name in of_aws:
        yield "AWS says", of_aws[name]
    if meaning.messages:
        yield "StatusMessage", "; ".join(f'"{text}"' for text in meaning.messages)
    if name in FILLED_IN:
        yield "In a replay", FILLED_IN[name]
    yield "What can follow", ", ".join(meaning.follows) or "Nothing: this status is final."
    yield "What to do", meaning.client


def _of_aws() -> Mapping[str, str]:
    output = Api.of(Session().get_service_model("sagemaker")).output("DescribeTrainingJob")
    return {} if output is None else documented(output.members)
