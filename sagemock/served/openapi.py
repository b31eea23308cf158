"""The OpenAPI document of the control API, generated from the table of verbs."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Final

from sagemock.jobs.kinds import KINDS
from sagemock.served.verbs import VERBS, Verb

__all__ = ["SCHEMAS", "document"]

_Schema = dict[str, Any]


def _of(kind: str, what: str = "", **more: object) -> _Schema:
    return {"type": kind, **({"description": what} if what else {}), **more}


def _or_null(kind: str, what: str = "", **more: object) -> _Schema:
    return {**_of(kind, what, **more), "type": [kind, "null"]}


def _object(required: Mapping[str, _Schema], optional: Mapping[str, _Schema] | None = None, what: str = "") -> _Schema:
    found = _of("object", what, properties={**required, **(optional or {})}, additionalProperties=False)
    return {**found, "required": list(required)} if required else found


def _ref(name: str) -> _Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(name: str, of: str) -> _Schema:
    return _object({name: _of("array", items=_ref(of))})


_SPAN: Final[_Schema] = {"type": ["number", "string"], "description": 'A duration: seconds, or a text like "PT1H30M"'}
_INSTANT: Final = _of("string", "An instant, in ISO 8601", format="date-time")
_WHEN: Final[_Schema] = {"type": ["number", "string"], "description": "An instant, or a duration from now"}
_MAY_COME: Final = _or_null("string", format="date-time")
_KIND: Final = _of("string", "The kind of job", enum=[kind.name for kind in KINDS])
_ANY: Final = _of("object", additionalProperties=True)
_JOBS_PATTERN: Final = _of("string", "A pattern of job names")
_TIMES: Final = _or_null("integer", "How many; null for all", minimum=1)
_PLAN: Final = _of(
    "object",
    'A recipe by name, {"recipe": "fails", "reason": "…", "training": 1800}, or the fields of a plan, {"phases": [{"status": '
    '"Starting", "duration": 60}], "ending": "Completed"}. "kind" says for which kind of job, '
    'if not for training. A duration is seconds, a text like "PT30M", [low, high] or "forever".',
    additionalProperties=True,
)
_PLANNED: Final[Mapping[str, _Schema]] = {
    "plan": {**_PLAN, "type": ["object", "null"], "description": "The plan's fields; null if a callable is in it"},
    "plan_shown": _of("string", "The plan in Python"),
}

SCHEMAS: Final[Mapping[str, _Schema]] = {
    "Nothing": _object({}),
    "Error": _object(
        {"error": _of("string", "The name of the error"), "message": _of("string", "What is wrong, and what to do")}
    ),
    "Clock": _object(
        {
            "now": _INSTANT,
            "latency": _of("number", "The virtual seconds that a call takes"),
            "idle_limit": _or_null(
                "number", "How long code in the mock's own process may poll when nothing can happen any more, in virtual seconds"
            ),
            "rate": _of("number", "Virtual seconds per real second"),
        }
    ),
    "Move": _object(
        {},
        {
            "advance": {**_SPAN, "description": "Let this much time pass"},
            "to": {"type": ["number", "string"], "description": "Let time pass until an instant"},
            "until": {
                "description": 'Let time pass until a job has a status, or until nothing is left to happen ("idle")',
                "oneOf": [
                    _of("string", enum=["idle"]),
                    _object({"job": _of("string"), "status": _of("string")}, {"kind": _KIND}),
                ],
            },
            "latency": {**_SPAN, "description": "The virtual time that each call takes from now on"},
        },
        "One of advance, to and until",
    ),
    "Transition": _object({"status": _of("string"), "start": _INSTANT, "end": _MAY_COME, "message": _of("string")}),
    "Child": _object(
        {
            "name": _of("string"),
            "arn": _of("string"),
            "status": _of("string", "TrainingJobStatus"),
            "hyperparameters": {**_ANY, "description": "TunedHyperParameters"},
            "objective": _or_null("number", "The last value of the objective so far"),
            "objective_status": _of("string"),
            "created": _INSTANT,
            "ended": _MAY_COME,
        }
    ),
    "Job": _object(
        {
            "kind": _KIND,
            "name": _of("string"),
            "arn": _of("string"),
            "region": _of("string"),
            "status": _of("string", "The status: for a training job, TrainingJobStatus"),
            "secondary_status": _or_null("string", "SecondaryStatus of a training job"),
            "message": _or_null("string", "StatusMessage of the last transition of a training job"),
            "phase": _or_null("string", "The phase of a processing or transform job, which the service does not show"),
            "failure_reason": _or_null("string"),
            "exit_message": _or_null("string", "ExitMessage of a processing job"),
            "created": _INSTANT,
            "started": _MAY_COME,
            "ended": _MAY_COME,
            "training_seconds": _or_null("integer"),
            "billable_seconds": _or_null("integer"),
            "transitions": _of("array", "SecondaryStatusTransitions of a training job", items=_ref("Transition")),
            "counters": _or_null("object", "TrainingJobStatusCounters of a tuning job", additionalProperties=_of("integer")),
            "objective_counters": _or_null(
                "object", "ObjectiveStatusCounters of a tuning job", additionalProperties=_of("integer")
            ),
            "children": _of("array", "The training jobs that a tuning job has launched", items=_ref("Child")),
            "best": _or_null("string", "The name of the best child"),
            "request": {**_ANY, "description": "The request that created it, as it arrived"},
            **_PLANNED,
        }
    ),
    "Jobs": _list("jobs", "Job"),
    "Fail": _object({}, {"reason": _of("string", "FailureReason")}),
    "Stop": _object(
        {}, {"as_call": _of("boolean", "Whether this is a call of the API, which is among the calls, and may fail", default=True)}
    ),
    "Line": _object(
        {"text": _of("string")},
        {"at": {**_WHEN, "description": "The instant of the line (default: now)"}, "instance": _of("integer", minimum=1)},
    ),
    "Plan": _PLAN,
    "NewJob": _object(
        {"name": _of("string")},
        {
            "plan": _ref("Plan"),
            "started_ago": {**_SPAN, "default": 0},
            "region": _of("string"),
            "kind": {**_KIND, "description": "The kind of job (default: that of the plan, or training)"},
            "request": {**_ANY, "description": "Fields of the request; they replace those of a complete request"},
        },
    ),
    "NewRule": _object({"plan": _ref("Plan")}, {"match": {**_JOBS_PATTERN, "default": "*"}, "times": _TIMES}),
    "Rule": _object(
        {
            "kind": _KIND,
            "match": _or_null("string", "The pattern; null if it is a callable"),
            "shown": _of("string"),
            **_PLANNED,
            "times": _TIMES,
            "used": _of("integer", "The number of jobs that have used it"),
        }
    ),
    "Rules": _list("plans", "Rule"),
    "NewFault": _object(
        {"error": _of("string", "An error code of AWS, or an error on the way such as LostAnswer")},
        {
            "operation": _of("string", "The name of an operation, or a pattern of names", default="*"),
            "job": _JOBS_PATTERN,
            "times": _TIMES,
            "after": _WHEN,
            "until": _WHEN,
            "probability": _of("number", exclusiveMinimum=0, maximum=1),
            "message": _of("string"),
            "status": _of("integer", minimum=400, maximum=599),
        },
    ),
    "Fault": _object(
        {
            "operation": _of("string"),
            "error": _of("string"),
            "shown": _of("string"),
            "times": _TIMES,
            "met": _of("integer", "The number of calls that have met it"),
        }
    ),
    "Faults": _list("faults", "Fault"),
    "Hide": _object({"lasting": _SPAN}, {"job": {**_JOBS_PATTERN, "default": "*"}, "operation": _of("string", default="*")}),
    "Quota": _object(
        {"instance_type": _of("string"), "instances": _of("integer", minimum=0)},
        {"spot": _of("boolean"), "warm_pool": _of("boolean"), "kind": _of("string", default="training")},
    ),
    "Accounts": _object({"accounts": _of("object", "Account ids by access key id", additionalProperties=_of("string"))}),
    "Call": _object(
        {
            "operation": _of("string"),
            "params": _ANY,
            "at": _INSTANT,
            "region": _of("string"),
            "outcome": _of("string", '"ok", an error code, or a fault'),
            "message": _or_null("string", "AWS's words of a refusal"),
            "attempt": _of("integer"),
            "origin": _or_null("string", "Where it came from; null: the mock's own process"),
        }
    ),
    "Calls": _object({"calls": _of("array", items=_ref("Call")), "count": _of("integer", "How many there are in all")}),
    "Event": {**_ANY, "description": "An event as EventBridge delivers it"},
    "Events": _list("events", "Event"),
    "Health": _object(
        {"status": _of("string"), "version": _of("string"), "worlds": _of("array", items=_of("string"))},
    ),
}
"""The schemas of bodies and answers, by name."""


def document() -> _Schema:
    """Return the OpenAPI document."""
    paths: dict[str, dict[str, Any]] = {}
    for verb in VERBS:
        paths.setdefault(_path(verb), {})[verb.method.lower()] = _operation(verb)
    paths["/health"] = {"get": _extra("health", "Whether the server is there; it needs no token", "Health")}
    paths["/reset"] = {"post": _extra("reset", "Begin this world again; a test's own refuses", "Clock")}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "sagemock's control API",
            "version": version("sagemock"),
            "description": "Move the clock of a served world, plan what happens in it, and read what did. A world has a path: "
            "/_sagemock is that of the first one, /NAME/_sagemock that of another.",
        },
        "servers": [{"url": "/_sagemock"}, {"url": "/{world}/_sagemock", "variables": {"world": {"default": "main"}}}],
        "paths": paths,
        "components": {
            "schemas": dict(SCHEMAS),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "Where the server has a --token"}},
        },
        "security": [{}, {"token": []}],
    }


def _path(verb: Verb) -> str:
    return verb.path.replace("{name:path}", "{name}")


def _operation(verb: Verb) -> _Schema:
    found: _Schema = {"operationId": verb.answer.__name__.strip("_"), "summary": verb.summary}
    parameters: list[_Schema] = [
        {"name": name, "in": "query", "description": what, "schema": _of("string")} for name, what in verb.query.items()
    ]
    if "{name" in verb.path:
        what = "The name or the ARN of a job"
        parameters.insert(0, {"name": "name", "in": "path", "required": True, "description": what, "schema": _of("string")})
    if parameters:
        found["parameters"] = parameters
    if verb.body is not None:
        found["requestBody"] = {"content": {"application/json": {"schema": _ref(verb.body)}}}
    texts = {"text/plain": {"schema": _of("string")}, "image/svg+xml": {"schema": _of("string")}}
    found["responses"] = _responses(texts if verb.returns == "text" else {"application/json": {"schema": _ref(verb.returns)}})
    return found


def _extra(name: str, summary: str, returns: str) -> _Schema:
    answer = {"application/json": {"schema": _ref(returns)}}
    return {"operationId": name, "summary": summary, "responses": _responses(answer)}


def _responses(content: _Schema) -> _Schema:
    error = {"description": "What is wrong, and what to do", "content": {"application/json": {"schema": _ref("Error")}}}
    return {"200": {"description": "Done", "content": content}, "default": error}
