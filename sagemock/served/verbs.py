"""The verbs of the control API: each verb of a mock as a function of a request with a JSON body."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from sagemock.checks import flag, mapping, nearest, quoted
from sagemock.errors import InvalidType, InvalidValue, UsageError
from sagemock.jobs.documents import span_of
from sagemock.jobs.job import AnyJob
from sagemock.protocol.answer import Lost, dump
from sagemock.protocol.request import Request, Timeouts
from sagemock.served import documents, wire
from sagemock.served.plans import from_document
from sagemock.served.worlds import ServedWorld, View
from sagemock.world.arguments import named_kind

__all__ = ["VERBS", "Asked", "Text", "Verb", "check_body"]

LAST: Final = 100
"""The default number of jobs in a picture."""


class Asked(NamedTuple):
    """A request of the control API."""

    name: str
    """The name or the ARN of the job in its path."""
    query: Mapping[str, Sequence[str]]
    body: Mapping[str, Any]
    peer: str

    def one(self, name: str) -> str | None:
        """Return a value in the query, or None. Raises InvalidValue if the query has it several times."""
        found = self.query.get(name, ())
        if len(found) > 1:
            raise InvalidValue(f"{name} is given {len(found)} times: give it once")
        return found[0] if found else None

    def whole(self, name: str, default: int | None = None) -> int | None:
        """Return a number in the query, else `default`. Raises InvalidValue if it is not a number."""
        found = self.one(name)
        if found is None:
            return default
        if not found.isdecimal() or len(found) > 9:  # noqa: PLR2004  # no count is so large
            raise InvalidValue(f"{name} is a number, 0 or more, not {quoted(found)}: write {name}=10")
        return int(found)


class Text(NamedTuple):
    """An answer that is not JSON."""

    media_type: str
    text: str


Answer: TypeAlias = "dict[str, Any] | Text"


class Verb(NamedTuple):
    """A verb of the control API."""

    method: str
    path: str
    summary: str
    answer: Callable[[ServedWorld, Asked], Answer]
    returns: str
    """The name of the schema of the answer."""
    body: str | None = None
    """The name of the schema of the body."""
    query: Mapping[str, str] = {}
    """The parameters of the query, each with a description."""


def _clock(world: ServedWorld, _: Asked) -> Answer:
    return documents.clock(world.world)


def _move(world: ServedWorld, asked: Asked) -> Answer:
    body = asked.body
    moves = [name for name in ("advance", "to", "until") if name in body]
    if len(moves) > 1 or not body:
        raise InvalidType(
            'the clock moves by one of advance, to and until: write {"advance": 300}, with latency beside it or not'
        )
    if "latency" in body:
        world.check()
        world.clock.latency = span_of(body["latency"])
    if "advance" in body:
        world.clock.advance(span_of(body["advance"]))
    elif "to" in body:
        world.clock.advance_to(body["to"])
    elif "until" in body:
        _until(world, body["until"])
    return documents.clock(world.world)


def _until(world: ServedWorld, until: object) -> None:
    if until == "idle":
        world.advance_until_idle()
    elif isinstance(until, Mapping) and {"job", "status"} <= set(until) <= {"job", "status", "kind"}:
        world.advance_until(_key(world, until["job"], until.get("kind")), until["status"])
    else:
        raise InvalidType(
            f'until is "idle" or a job and a status, not {quoted(until)}: write {{"job": "churn-1", "status": "Training"}}'
        )


def _jobs(world: ServedWorld, asked: Asked) -> Answer:
    last = asked.whole("last")
    # Under the lock time stands, and no job is gone before it is shown.
    with world.world.store.lock:
        found = world.views(asked.one("kind"))
        return {"jobs": [documents.job(view) for view in (found if last is None else found[max(0, len(found) - last) :])]}


def _job(world: ServedWorld, asked: Asked) -> Answer:
    return documents.job(world.view(asked.name, asked.one("kind")))


def _key(world: ServedWorld, name: str, kind: str | None) -> str:
    """Return the name or ARN by which the verbs of a mock find a job; the ARN if `kind` is needed to identify the job."""
    return name if kind is None else world.view(name, kind).arn


def _asked(world: ServedWorld, asked: Asked) -> str:
    return _key(world, asked.name, asked.one("kind"))


def _create(world: ServedWorld, asked: Asked) -> Answer:
    body = asked.body
    plan = None if body.get("plan") is None else from_document(body["plan"], "plan")
    request = mapping("request", body.get("request", {}), "a JSON object of fields", 'write {"HyperParameters": {"epochs": "3"}}')
    unfit = [name for name in request if name in ("name", "plan", "started_ago", "region")]
    if unfit:
        raise InvalidType(f"request has no field {unfit[0]!r}: give it beside the request")
    ago = span_of(body.get("started_ago", 0))
    name, region = body.get("name", ""), body.get("region")
    kind = named_kind(body.get("kind", "training" if plan is None else plan.kind.name))
    create: Callable[..., View] = getattr(world, f"create_{kind.name}_job")
    return documents.job(create(name, plan=plan, started_ago=ago, region=region, **request))


def _fail(world: ServedWorld, asked: Asked) -> Answer:
    world.fail(_asked(world, asked), **asked.body)
    return _job(world, asked)


def _complete(world: ServedWorld, asked: Asked) -> Answer:
    world.complete(_asked(world, asked))
    return _job(world, asked)


def _interrupt(world: ServedWorld, asked: Asked) -> Answer:
    world.interrupt(_asked(world, asked))
    return _job(world, asked)


def _stop(world: ServedWorld, asked: Asked) -> Answer:
    if not flag("as_call", asked.body.get("as_call", True)):
        world.stop_job(_asked(world, asked))
        return _job(world, asked)
    job = world.find(asked.name, asked.one("kind"))
    reply = world.answer(_stopping(job, asked.peer))
    answer = None if reply is None else reply.answer
    if answer is None or isinstance(answer, Lost) or answer.status != 200:  # noqa: PLR2004  # HTTP's OK
        text = answer.error if isinstance(answer, Lost) else b"" if answer is None else answer.body.decode("utf-8", "replace")
        raise UsageError(f"Stop{job.kind.shape} does not stop {asked.name!r}: it answers {text!s}")
    return _job(world, asked)


def _stopping(job: AnyJob, peer: str) -> Request:
    """Return the call that stops a job, from the account of the job."""
    return Request(
        wire.api_of("sagemaker"),
        "sagemaker",
        f"Stop{job.kind.shape}",
        partition=job.place.partition,
        region=job.place.region,
        body=dump({job.kind.name_member: job.name}).encode(),
        headers={"Authorization": f"Credential={job.place.account}/"},
        # If a fault loses the answer, do not wait for it.
        timeouts=Timeouts(0, 0),
        origin=f"{peer} control",
    )


def _log(world: ServedWorld, asked: Asked) -> Answer:
    world.log(_asked(world, asked), **{"text": None, **asked.body})
    return _job(world, asked)


def _plans(world: ServedWorld, _: Asked) -> Answer:
    return {"plans": [documents.rule(one) for one in world.world.backend.plans.rules]}


def _plan(world: ServedWorld, asked: Asked) -> Answer:
    body = asked.body
    world.plan(body.get("match", "*"), from_document(body.get("plan"), "plan"), times=body.get("times"))
    return documents.rule(world.world.backend.plans.rules[-1])


def _faults(world: ServedWorld, _: Asked) -> Answer:
    return {"faults": [documents.fault(one) for one in world.world.backend.faults.all()]}


def _fault(world: ServedWorld, asked: Asked) -> Answer:
    given = dict(asked.body)
    for edge in ("after", "until"):
        if isinstance(given.get(edge), str) and given[edge].startswith("P"):
            given[edge] = span_of(given[edge])
    world.fault(given.pop("operation", "*"), given.pop("error", None), **given)
    return documents.fault(world.world.backend.faults.all()[-1])


def _hide(world: ServedWorld, asked: Asked) -> Answer:
    world.hide(**{**asked.body, "job": asked.body.get("job", "*"), "lasting": span_of(asked.body.get("lasting"))})
    return {}


def _quota(world: ServedWorld, asked: Asked) -> Answer:
    given = dict(asked.body)
    world.quota(given.pop("instance_type", None), **{"instances": None, **given})
    return {}


def _accounts(world: ServedWorld, _: Asked) -> Answer:
    return {"accounts": dict(world.accounts)}


def _account(world: ServedWorld, asked: Asked) -> Answer:
    world.accounts.update(asked.body.get("accounts"))
    return _accounts(world, asked)


def _calls(world: ServedWorld, asked: Asked) -> Answer:
    names = ("operation", "job", "region", "outcome")
    given: dict[str, Any] = {name: found for name in names if (found := asked.one(name)) is not None}
    calls = list(world.calls.to(**given, attempt=asked.whole("attempt")))
    return {"calls": [documents.call(one) for one in calls[asked.whole("after", 0) :]], "count": len(calls)}


def _events(world: ServedWorld, asked: Asked) -> Answer:
    return {"events": list(world.events[asked.whole("after", 0) :])}


def _timeline(world: ServedWorld, asked: Asked) -> Answer:
    names = list(asked.query.get("job", ()))
    form = asked.one("format") or "text"
    if form not in ("text", "svg"):
        raise InvalidValue(f"format is text or svg, not {quoted(form)}: write format=svg")
    if form == "svg":
        last = asked.whole("last", LAST)
        if not last:
            raise InvalidValue("last=0 shows no job: write last=10, or leave it out")
        with world.world.store.lock:
            shown = names or [view.arn for view in world.views()[-last:]]
            return Text("image/svg+xml", world.svg(*shown))
    width, blocks = asked.whole("width"), asked.one("unicode") or "false"
    if blocks not in ("true", "false"):
        raise InvalidValue(f"unicode is true or false, not {quoted(blocks)}: write unicode=true")
    drawn = (world.timeline(name, width=width, unicode=blocks == "true") for name in names)
    text = "\n".join(drawn) if names else str(world)
    return Text("text/plain; charset=utf-8", text)


def _check(world: ServedWorld, _: Asked) -> Answer:
    world.world.check_used()
    return {}


def check_body(verb: Verb, body: Mapping[str, Any], known: Sequence[str]) -> None:
    """Raise InvalidType for a member of the body that is not in `known`."""
    for name in body:
        if name not in known:
            near = nearest(name, known)
            hint = f"did you mean {near!r}?" if near else f"it takes {', '.join(known) or 'nothing'}"
            raise InvalidType(f"{verb.method} {verb.path} takes no {quoted(name)}: {hint}")


_JOB: Final = "/jobs/{name:path}"
_KIND: Final = {"kind": "training, processing, transform or tuning (default: the kind in the ARN, or training)"}
VERBS: Final = (
    Verb("GET", "/clock", "The present instant, and the settings of the clock", _clock, "Clock"),
    Verb("POST", "/clock", "Let time pass, or change the latency of calls", _move, "Clock", "Move"),
    Verb(
        "GET",
        "/jobs",
        "All jobs, in the order of their creation",
        _jobs,
        "Jobs",
        query={
            "last": "How many, the newest ones",
            "kind": "training, processing, transform or tuning (default: all)",
        },
    ),
    Verb("POST", "/jobs", "Create a job as if somebody else had done so", _create, "Job", "NewJob"),
    Verb("POST", f"{_JOB}/fail", "Let a job fail now", _fail, "Job", "Fail", _KIND),
    Verb("POST", f"{_JOB}/complete", "Let a job complete now", _complete, "Job", "Nothing", _KIND),
    Verb("POST", f"{_JOB}/interrupt", "Take the instances of a managed spot job away now", _interrupt, "Job", "Nothing", _KIND),
    Verb("POST", f"{_JOB}/stop", "Call StopTrainingJob, or the operation of its kind", _stop, "Job", "Stop", _KIND),
    Verb("POST", f"{_JOB}/log", "Let a container write a line to its log", _log, "Job", "Line", _KIND),
    Verb("GET", _JOB, "One job, by its name or ARN", _job, "Job", query=_KIND),
    Verb("GET", "/plans", "The plans for jobs", _plans, "Rules"),
    Verb("POST", "/plans", "Plan the life of jobs that are created from now on", _plan, "Rule", "NewRule"),
    Verb("GET", "/faults", "The faults for calls", _faults, "Faults"),
    Verb("POST", "/faults", "Let calls fail from now on", _fault, "Fault", "NewFault"),
    Verb("POST", "/hide", "Hide jobs from the API for a while after their creation", _hide, "Nothing", "Hide"),
    Verb("POST", "/quota", "Set how many instances of a type may be used at once", _quota, "Nothing", "Quota"),
    Verb("GET", "/accounts", "The account ids of callers by access key id", _accounts, "Accounts"),
    Verb("POST", "/accounts", "Set account ids of callers", _account, "Accounts", "Accounts"),
    Verb(
        "GET",
        "/calls",
        "Every call that has arrived, in order",
        _calls,
        "Calls",
        query={
            "operation": "A name, or a pattern of names",
            "job": "A name, or a pattern of names",
            "region": "A name, or a pattern of names",
            "outcome": "A name, or a pattern of names",
            "attempt": "The number of the attempt",
            "after": "How many to leave out at the beginning",
        },
    ),
    Verb("GET", "/events", "Every event sent to EventBridge", _events, "Events", query={"after": "How many to leave out first"}),
    Verb(
        "GET",
        "/timeline",
        "A picture of the jobs' lives",
        _timeline,
        "text",
        query={
            "job": "The name or the ARN of a job; may be given several times (default: all)",
            "format": "text or svg",
            "width": "The number of characters in a line of text",
            "unicode": "true: the text of single jobs has Unicode's blocks",
            "last": "How many jobs an SVG of all shows, the newest ones",
        },
    ),
    Verb("POST", "/check", "Fail if a plan or a fault was never used", _check, "Nothing", "Nothing"),
)
"""All verbs of the control API."""
