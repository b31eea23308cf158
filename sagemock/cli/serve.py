"""`sagemock serve`: serve mocks over HTTP until the user interrupts the command."""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sagemock.checks import quoted
from sagemock.cli.batch import kind_of, recorded
from sagemock.cli.reading import responses
from sagemock.cli.screen import emit
from sagemock.errors import PlanError
from sagemock.jobs.fields import GeneralFields
from sagemock.served.plans import from_document, is_document
from sagemock.training.plan.plan import Plan
from sagemock.world.options import Options

__all__ = ["Planned", "instructions", "plans", "serve"]


class Planned(NamedTuple):
    """A plan for the jobs whose name matches a pattern."""

    match: str
    plan: GeneralFields
    times: int | None = None


def serve(  # noqa: PLR0913  # the options of the command
    *,
    host: str,
    port: int,
    rate: float,
    latency: float,
    start: str | None,
    files: Sequence[str],
    allow_host: Sequence[str],
    token: str | None,
) -> None:
    """Serve until SIGTERM or Ctrl-C. Raises UsageError for a wrong option, and OSError for a file that cannot be read."""
    from sagemock.served.server import run  # noqa: PLC0415  # the extra may be missing
    from sagemock.served.worlds import OwnWorlds  # noqa: PLC0415  # likewise

    # Without this, errors of the server itself would go unseen.
    logging.basicConfig(level=logging.ERROR)
    planned = [one for file in files for one in plans(file)]
    options = Options(start=start, rate=rate, latency=latency, wall="real", sleep="real", strict=False)
    worlds = OwnWorlds(options, lambda world: [world.plan(one.match, one.plan, times=one.times) for one in planned])
    run(worlds, host=host, port=port, allow_host=allow_host, token=token, began=lambda url: emit(instructions(url, host=host)))


def instructions(url: str, *, host: str) -> str:
    """Return the text that the command prints when the server has started."""
    beyond = "" if url.partition("://")[2].startswith(host) else f" (on {host})"
    return f"""sagemock serves at {url}{beyond}; Ctrl-C ends it.

AWS CLI, boto3, and the SDKs for JavaScript, Java, Go, Rust, .NET, PHP and Ruby:
    export AWS_ENDPOINT_URL_SAGEMAKER={url} AWS_ENDPOINT_URL_CLOUDWATCH_LOGS={url}
    export AWS_ACCESS_KEY_ID=sagemock AWS_SECRET_ACCESS_KEY=sagemock AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
In code: boto3.client("sagemaker", endpoint_url="{url}"), new SageMakerClient({{ endpoint: "{url}" }})
The clock: curl -d '{{"advance": 3600}}' {url}/_sagemock/clock, or sagemock.connect("{url}") in Python.
The jobs' lives: {url}/ in a browser. A world of its own for each test: {url}/NAME as the endpoint.
"""


def plans(file: str) -> list[Planned]:
    """Return the plans in a file: a plan as JSON, one or a list of {"match": …, "plan": …, "times": …}, or a recorded job.

    Raises PlanError if the file has other content, and OSError if it cannot be read.
    """
    try:
        found: Any = json.loads(Path(file).read_bytes())
    except (ValueError, RecursionError):
        # Records may have another encoding, or come several in a row: `responses` reads these, or says what is wrong.
        found = None
    rules = found if isinstance(found, list) else [found]
    if rules and all(isinstance(one, Mapping) and "plan" in one for one in rules):
        return [_rule(file, one) for one in rules]
    if is_document(found):
        return [Planned("*", from_document(found, file))]
    records = responses([file])
    one_for_all = len(records) == 1
    return [_replayed(one, "*" if one_for_all else None) for one in records]


def _replayed(record: Mapping[str, Any], match: str | None) -> Planned:
    """Return the plan that plays a record; without `match`, for new jobs of the recorded name."""
    of = kind_of(record)
    name = record.get("TrainingJobName" if of is None else of.kind.name_member)
    plan = Plan.replays(record) if of is None else recorded(record, of).plan
    return Planned(match or str(name or "*"), plan)


def _rule(file: str, rule: Mapping[str, Any]) -> Planned:
    unknown = [name for name in rule if name not in Planned._fields]
    if unknown:
        raise PlanError(f"{file}: a rule has no {quoted(unknown[0])}: it has match, plan and times")
    match, times = rule.get("match", "*"), rule.get("times")
    if not isinstance(match, str):
        raise PlanError(f"{file}: match is a pattern of job names, not {quoted(match)}: write churn-*")
    return Planned(match, from_document(rule["plan"], file), times)
