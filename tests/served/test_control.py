"""The control API, over raw HTTP."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote

import pytest

from sagemock import Plan, ProcessingJobPlan, SageMakerMock, mock_sagemaker
from sagemock.served import openapi
from sagemock.served.asgi import MOST
from sagemock.served.worlds import ServedWorld
from tests.support.calling import START, YOUNG, after, create, request
from tests.support.http import Response, call, exchange

OPTIONS: dict[str, Any] = {"strict": False, "latency": 0}
PLAN = Plan.completes(starting=60, downloading=60, training=600, uploading=60)


@pytest.fixture
def url(sagemaker: SageMakerMock) -> Iterator[str]:
    """Serve the mock."""
    with sagemaker.serve() as url:
        yield url


def get(url: str, path: str, **headers: str) -> Response:
    """Send a GET to the control API."""
    return checked("GET", path, exchange(url, "GET", f"/_sagemock{path}", headers=headers))


def post(url: str, path: str, body: object = None, **headers: str) -> Response:
    """Send a POST to the control API."""
    sent = body if isinstance(body, (str, bytes)) else json.dumps({} if body is None else body)
    return checked("POST", path, exchange(url, "POST", f"/_sagemock{path}", sent, headers))


def checked(method: str, path: str, answered: Response) -> Response:
    """Return a response after checking it against the OpenAPI document."""
    schema: Any = {"$ref": "#/components/schemas/Error"}
    if answered.status == 200:
        plain, _, rest = path.partition("?")[0].strip("/").partition("/")
        verb = rest.rpartition("/")[2]
        known = openapi.document()["paths"]
        named = f"/jobs/{{name}}/{verb}" if method == "POST" else "/jobs/{name}"
        contents = known[named if rest else f"/{plain}"][method.lower()]["responses"]["200"]["content"]
        kind = answered.headers["content-type"].partition(";")[0]
        schema = contents[kind]["schema"]
        if kind != "application/json":
            return answered
    found = list(problems(schema, answered.document, path))
    assert not found, found
    return answered


TYPES: Mapping[str, Any] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "object": dict,
    "array": list,
    "null": type(None),
}


def problems(schema: Any, value: Any, where: str) -> Iterator[str]:
    """Yield the ways in which a value breaks a schema of the document."""
    if "$ref" in schema:
        schema = openapi.SCHEMAS[schema["$ref"].rpartition("/")[2]]
    kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    if not any(isinstance(value, TYPES[kind]) for kind in kinds):
        yield f"{where} is {value!r}, and not {kinds}"
    if isinstance(value, dict):
        yield from (f"{where} lacks {name}" for name in schema.get("required", ()) if name not in value)
        for name, item in value.items():
            if name in schema.get("properties", {}):
                yield from problems(schema["properties"][name], item, f"{where}.{name}")
            elif not schema["additionalProperties"]:
                yield f"{where} has {name}"
    if isinstance(value, list) and "items" in schema:
        for item in value:
            yield from problems(schema["items"], item, f"{where}[]")


def test_a_response_outside_the_document_is_reported() -> None:
    """All other tests rely on this check."""
    shown = {"now": 5, "latency": 0, "idle_limit": None, "more": 1}
    found = list(problems({"$ref": "#/components/schemas/Clock"}, shown, "clock"))
    assert found == ["clock lacks rate", "clock.now is 5, and not ['string']", "clock has more"]


def test_the_clock_can_be_read_and_moved(sagemaker: SageMakerMock, client: Any, url: str) -> None:
    """By a duration, to an instant, and until a status."""
    sagemaker.plan("*", PLAN)
    create(client)
    assert get(url, "/clock").document == {"now": START.isoformat(), "latency": 0, "idle_limit": 86400, "rate": 0}
    assert post(url, "/clock", {"advance": 30}).document["now"] == after(30).isoformat()
    post(url, "/clock", {"advance": "PT15S"})
    assert post(url, "/clock", {"to": after(50).isoformat(), "latency": "PT2S"}).document["latency"] == 2
    post(url, "/clock", {"latency": 0})
    assert post(url, "/clock", {"until": {"job": "churn", "status": "Training"}}).document["now"] == after(120).isoformat()
    post(url, "/clock", {"until": "idle"})
    assert sagemaker.jobs["churn"].status == "Completed"
    assert sagemaker.clock.now() == after(780)


@pytest.mark.parametrize(
    "body,error,message",
    [
        ({}, "InvalidType", 'the clock moves by one of advance, to and until: write {"advance": 300}'),
        ({"advance": 1, "to": 2}, "InvalidType", "the clock moves by one of advance, to and until"),
        ({"advance": -1}, "InvalidValue", "time only moves forward, not by -1"),
        ({"advance": -1, "latency": 5}, "InvalidValue", "time only moves forward, not by -1"),
        ({"advance": "x"}, "PlanError", "'x' is not a duration"),
        ({"advance": []}, "InvalidType", "advance takes a duration, not []: write"),
        ({"advance": 1e300}, "InvalidValue", "a duration is at most a century"),
        ({"to": "2017-01-01"}, "InvalidValue", "time only moves forward: it is"),
        ({"until": 5}, "InvalidType", 'until is "idle" or a job and a status, not 5: write'),
        ({"until": {"job": "none", "status": "Training"}}, "UnknownJob", "no training job 'none' was created"),
        ({"advnce": 5}, "InvalidType", "POST /clock takes no 'advnce': did you mean 'advance'?"),
        ({"zzz": 5}, "InvalidType", "POST /clock takes no 'zzz': it takes advance, to, until, latency"),
        ("[]", "UsageError", "the body is a JSON object, not '[]': send {} for none"),
        ("{", "UsageError", "the body is not JSON ("),
        (b"\xff", "UsageError", "the body is not JSON ("),
        ("[" * 100_000, "UsageError", "the body is not JSON ("),
    ],
)
def test_an_invalid_move_is_refused(url: str, body: object, error: str, message: str) -> None:
    """In the words of the mock, with what to do; it changes nothing."""
    before = get(url, "/clock").document
    answered = post(url, "/clock", body)
    assert get(url, "/clock").document == before
    assert answered.status == (404 if error == "UnknownJob" else 400)
    assert answered.document["error"] == error
    assert answered.document["message"].startswith(message)


def test_a_job_can_be_read_and_changed(sagemaker: SageMakerMock, client: Any, url: str) -> None:
    """By its name or ARN."""
    sagemaker.plan("*", PLAN)
    spot = {"EnableManagedSpotTraining": True, "StoppingCondition": {"MaxRuntimeInSeconds": 9000, "MaxWaitTimeInSeconds": 9000}}
    for name in ("fails", "completes", "stops"):
        create(client, name)
    create(client, "interrupted", **spot)
    sagemaker.clock.advance(130)
    assert [one["name"] for one in get(url, "/jobs?last=2").document["jobs"]] == ["stops", "interrupted"]
    assert len(get(url, "/jobs").document["jobs"]) == 4
    assert get(url, "/jobs/stops").document["secondary_status"] == "Training"
    arn = quote(sagemaker.jobs["stops"].arn, safe="")
    assert post(url, f"/jobs/{arn}/log", {"text": "epoch=1"}).document["arn"] == sagemaker.jobs["stops"].arn
    assert post(url, f"/jobs/{arn}/stop").document["status"] == "Stopping"
    assert post(url, "/jobs/fails/fail", {"reason": "AlgorithmError: no"}).document["failure_reason"] == "AlgorithmError: no"
    assert post(url, "/jobs/completes/complete").document["status"] == "Completed"
    assert post(url, "/jobs/interrupted/interrupt").document["secondary_status"] == "Interrupted"
    assert str(sagemaker.calls[-1].origin).endswith(" control")
    again = post(url, "/jobs/fails/stop")
    assert (again.status, again.document["error"]) == (400, "UsageError")
    assert "StopTrainingJob does not stop 'fails': it answers " in again.document["message"]
    sagemaker.fault("StopTrainingJob", "LostAnswer", times=1)
    assert "it answers LostAnswer" in post(url, "/jobs/stops/stop").document["message"]
    assert get(url, "/jobs/none").status == 404


def test_a_job_of_another_kind_can_be_read_and_changed(sagemaker: SageMakerMock, client: Any, url: str) -> None:
    """By ARN, or by name and kind; a bare name means a training job."""
    sagemaker.plan("churn", Plan.hangs())
    create(client, "churn")
    prepare, score = sagemaker.create_processing_job("prepare"), sagemaker.create_transform_job("score")
    sagemaker.create_processing_job("churn", plan=ProcessingJobPlan.hangs())
    found = get(url, "/jobs").document["jobs"]
    assert [(one["kind"], one["name"]) for one in found] == [
        ("training", "churn"),
        ("processing", "prepare"),
        ("transform", "score"),
        ("processing", "churn"),
    ]
    assert [one["name"] for one in get(url, "/jobs?kind=processing&last=1").document["jobs"]] == ["churn"]
    shown = get(url, "/jobs/prepare?kind=processing").document
    assert (shown["status"], shown["phase"], shown["secondary_status"], shown["transitions"]) == (
        "InProgress",
        "Starting",
        None,
        [],
    )
    moved = post(url, "/clock", {"until": {"job": "prepare", "kind": "processing", "status": "Processing"}})
    assert moved.status == 200
    assert prepare.phase == "Processing"
    assert post(url, "/jobs/prepare/log?kind=processing", {"text": "10 rows"}).document["arn"] == prepare.arn
    assert post(url, "/jobs/prepare/stop?kind=processing").document["status"] == "Stopping"
    assert sagemaker.calls[-1].operation == "StopProcessingJob"
    assert "StopProcessingJob does not stop 'prepare'" in post(url, "/jobs/prepare/stop?kind=processing").document["message"]
    arn = quote(score.arn, safe="")
    refused = post(url, f"/jobs/{arn}/interrupt").document["message"]
    assert refused.startswith(f"cannot interrupt '{score.arn}': only training jobs run on spot instances")
    assert post(url, f"/jobs/{arn}/fail", {"reason": "ClientError: no"}).document["failure_reason"] == "ClientError: no"
    assert post(url, "/jobs/churn/complete?kind=processing").document["kind"] == "processing"
    assert sagemaker.jobs["churn"].status == "InProgress"
    refused = get(url, "/jobs/prepare").document["message"]
    assert "'prepare' is a processing job: ask for sagemaker.processing_jobs['prepare'], or use its ARN" in refused
    assert "kind" in get(url, "/jobs/prepare?kind=procesing").document["message"]
    assert b"score" in get(url, "/timeline?format=svg").body
    tune = sagemaker.create_tuning_job("tune", started_ago=3600)
    shown = get(url, "/jobs/tune?kind=tuning").document
    assert (shown["counters"], len(shown["children"]), shown["phase"]) == (tune.counters, 10, None)
    assert tune.best is not None
    assert shown["best"] == tune.best.name


@YOUNG
@pytest.mark.parametrize("path", ["/jobs", "/timeline?format=svg"])
def test_a_list_of_jobs_shows_a_single_instant(
    sagemaker: SageMakerMock, client: Any, url: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No time passes while the list is made, so no job is gone before it is shown."""
    create(client)
    sagemaker.complete("churn")
    client.delete_training_job(TrainingJobName="churn")
    views = ServedWorld.views

    def interrupted(world: ServedWorld, kind: str | None = None) -> Any:
        found = views(world, kind)
        passing = Thread(target=sagemaker.clock.advance, args=(60,))
        passing.start()
        passing.join(0.05)
        return found

    monkeypatch.setattr(ServedWorld, "views", interrupted)
    found = get(url, path)
    assert (found.status, b"churn" in found.body) == (200, True)
    sagemaker.advance_until_idle()
    assert "churn" not in sagemaker.jobs


def test_plans_of_other_kinds_can_be_sent(sagemaker: SageMakerMock, url: str) -> None:
    """A plan has its kind, and so has a new job without a plan."""
    plan = {"kind": "processing", "recipe": "fails", "exit_code": 3, "processing": "PT30M"}
    answered = post(url, "/plans", {"match": "prepare-*", "plan": plan}).document
    assert (answered["kind"], answered["plan"]["kind"]) == ("processing", "processing")
    made = post(url, "/jobs", {"kind": "processing", "name": "prepare-1"}).document
    assert made["plan"] == answered["plan"]
    assert sagemaker.processing_jobs["prepare-1"].plan == ProcessingJobPlan.fails(exit_code=3, processing=timedelta(minutes=30))
    made = post(url, "/jobs", {"name": "score", "plan": {"kind": "transform", "recipe": "completes"}}).document
    assert (made["kind"], made["request"]["ModelName"]) == ("transform", "model")
    assert "kind" in post(url, "/jobs", {"kind": "compilation", "name": "x"}).document["message"]
    mixed = post(url, "/jobs", {"kind": "training", "name": "x", "plan": plan}).document["message"]
    assert "is for processing jobs: write plan=Plan.completes()" in mixed


def test_a_job_can_be_created(url: str) -> None:
    """An invalid one gets a message that says what is wrong."""
    assert post(url, "/jobs", {"name": "x", "request": {"HyperParameters": {"a": "1"}}}).document["name"] == "x"
    assert (
        post(url, "/jobs", {"name": "y", "request": 5})
        .document["message"]
        .startswith("request is a JSON object of fields, not 5")
    )
    assert (
        post(url, "/jobs", {"name": "y", "request": {"name": "z"}}).document["message"].startswith("request has no field 'name'")
    )
    assert post(url, "/jobs", {"name": "y", "plan": 5}).document["error"] == "PlanError"
    assert post(url, "/jobs").status == 400


def test_plans_can_be_sent_and_listed(sagemaker: SageMakerMock, url: str) -> None:
    """As recipes or fields. Those of the test are listed too, but callables only as text."""
    sagemaker.plan(lambda request: False, lambda request: PLAN)
    given = {"match": "churn-*", "plan": {"recipe": "fails", "reason": "ClientError: no", "training": "PT30M"}, "times": 1}
    answered = post(url, "/plans", given).document
    assert (answered["match"], answered["times"], answered["used"]) == ("churn-*", 1, 0)
    again = post(url, "/plans", {"plan": answered["plan"]}).document
    assert again["plan"] == answered["plan"]
    call(url, "CreateTrainingJob", request("churn-1"))
    call(url, "CreateTrainingJob", request("other"))
    expected = Plan.fails("ClientError: no", training=timedelta(minutes=30))
    assert [job.plan for job in sagemaker.jobs.values()] == [expected, expected]
    rules = get(url, "/plans").document["plans"]
    assert [(one["match"], one["used"]) for one in rules] == [(None, 0), ("churn-*", 1), ("*", 1)]
    assert rules[0]["plan"] is None
    assert "<function" in rules[0]["plan_shown"]
    refused = post(url, "/plans", {"plan": {"recipe": "fails", "durng": "Training"}})
    assert (refused.status, refused.document["error"]) == (400, "PlanError")
    assert post(url, "/plans", {}).document["message"].startswith("plan is a JSON object, not None")


def test_a_job_with_a_callable_plan_is_listed_without_it(sagemaker: SageMakerMock, client: Any, url: str) -> None:
    """All other members are there."""
    sagemaker.plan("*", Plan.completes(logs={"Training": lambda request: [(0, request["TrainingJobName"])]}))
    create(client)
    shown = get(url, "/jobs/churn").document
    assert shown["plan"] is None
    assert shown["plan_shown"].startswith("Plan.completes(")


def test_faults_quotas_accounts_and_hidden_jobs_can_be_set(sagemaker: SageMakerMock, url: str) -> None:
    """As with the mock's own verbs."""
    given = {
        "operation": "Describe*",
        "error": "ThrottlingException",
        "times": 1,
        "after": "PT1S",
        "until": after(60).isoformat(),
    }
    assert post(url, "/faults", given).document["met"] == 0
    sagemaker.clock.advance(1)
    assert call(url, "DescribeTrainingJob", {"TrainingJobName": "x"}).document["__type"] == "ThrottlingException"
    assert get(url, "/faults").document["faults"][0]["met"] == 1
    assert post(url, "/faults", {"error": "Throttlin"}).document["error"] == "UsageError"
    assert post(url, "/faults", {}).document["message"].startswith("an error is named by its code, not None")
    assert post(url, "/quota", {"instance_type": "ml.m5.large", "instances": 0}).document == {}
    assert call(url, "CreateTrainingJob", request("churn")).document["__type"] == "ResourceLimitExceeded"
    assert post(url, "/quota", {}).status == 400
    assert post(url, "/accounts", {"accounts": {"AKID": "210987654321"}}).document == {"accounts": {"AKID": "210987654321"}}
    assert get(url, "/accounts").document == {"accounts": {"AKID": "210987654321"}}
    assert post(url, "/accounts", {"accounts": {"AKID": "2"}}).document["error"] == "InvalidValue"
    assert post(url, "/hide", {"job": "late-*", "lasting": "PT5S"}).document == {}
    assert post(url, "/quota", {"instance_type": "ml.m5.large", "instances": 5}).document == {}
    call(url, "CreateTrainingJob", request("late-1"))
    assert call(url, "DescribeTrainingJob", {"TrainingJobName": "late-1"}).status == 400
    assert post(url, "/hide", {}).status == 400


def test_calls_events_and_pictures_can_be_read(sagemaker: SageMakerMock, url: str) -> None:
    """From an index on, so that a reader can continue."""
    for name in ("a", "b"):
        call(url, "CreateTrainingJob", request(name))
    call(url, "StopTrainingJob", {"TrainingJobName": "c"})
    assert [one["operation"] for one in get(url, "/calls?after=1").document["calls"]] == ["CreateTrainingJob", "StopTrainingJob"]
    assert len(get(url, "/calls?operation=Create*&job=a&outcome=ok&attempt=1&region=us-*").document["calls"]) == 1
    sagemaker.advance_until_idle()
    events = get(url, "/events").document["events"]
    assert events == list(sagemaker.events)
    assert get(url, "/events?after=2").document["events"] == events[2:]
    assert get(url, "/timeline").body.decode() == str(sagemaker)
    assert get(url, "/timeline?job=a&width=60").body.decode() == sagemaker.timeline("a", width=60)
    assert get(url, "/timeline?job=a&job=b&format=svg").body.decode() == sagemaker.svg("a", "b")
    assert get(url, "/timeline?format=svg&last=1").body.decode() == sagemaker.svg("b")
    assert get(url, "/timeline?format=svg").headers["content-type"] == "image/svg+xml"


@pytest.mark.parametrize(
    "path,message",
    [
        ("/calls?operatoin=x", "GET /calls has no 'operatoin' in its query: it takes operation, job"),
        ("/clock?x=1", "GET /clock has no 'x' in its query: it takes nothing"),
        ("/calls?after=-1", "after is a number, 0 or more, not '-1': write after=10"),
        ("/calls?after=1&after=2", "after is given 2 times: give it once"),
        ("/calls?attempt=0", "attempt is the number of an attempt"),
        ("/timeline?format=png", "format is text or svg, not 'png': write format=svg"),
        ("/timeline?format=svg&last=0", "last=0 shows no job: write last=10, or leave it out"),
        ("/timeline?unicode=1", "unicode is true or false, not '1': write unicode=true"),
        ("/calls?operation=Nothing", ""),
    ],
)
def test_an_invalid_query_is_refused(url: str, path: str, message: str) -> None:
    """The message says what to do."""
    answered = get(url, path)
    assert answered.status == 400
    assert answered.document["message"].startswith(message)


def test_a_world_of_a_test_cannot_be_reset(sagemaker: SageMakerMock, url: str) -> None:
    """The test holds its objects."""
    assert post(url, "/reset").document["message"].startswith("this world belongs to a test")
    assert exchange(url, "GET", "/other/_sagemock/clock").document["message"].startswith("there is no world 'other' here")


def test_unused_plans_are_reported(sagemaker: SageMakerMock, url: str) -> None:
    """With the option `strict`."""
    assert post(url, "/check").document == {}
    with mock_sagemaker(strict=True) as strict, strict.serve() as other:
        strict.plan("churn", PLAN)
        answered = post(other, "/check")
        assert (answered.status, answered.document["error"]) == (409, "UnusedError")
        call(other, "CreateTrainingJob", request("churn"))
        assert post(other, "/check").status == 200


def test_a_status_that_never_comes_is_an_error(client: Any, url: str) -> None:
    """With the picture of the job."""
    create(client)
    answered = post(url, "/clock", {"until": {"job": "churn", "status": "Failed"}})
    assert (answered.status, answered.document["error"]) == (409, "NeverReached")


def test_an_error_of_the_tests_own_code_is_reported(sagemaker: SageMakerMock, client: Any, url: str) -> None:
    """It runs while time passes."""

    def handle(_: object) -> None:
        raise ZeroDivisionError("by nothing")

    create(client)
    sagemaker.on_event(handle)
    answered = post(url, "/clock", {"until": "idle"})
    assert (answered.status, answered.document["error"]) == (500, "TestError")
    assert answered.document["message"] == "the code of the test raised ZeroDivisionError: by nothing; mend it there"


def test_the_health_check_answers_everybody(url: str) -> None:
    """With any host name."""
    answered = get(url, "/health", Host="10.0.0.1")
    assert (answered.status, answered.document["status"], answered.document["worlds"]) == (200, "ok", [""])


@pytest.mark.parametrize("path", ["/clock", "/openapi.json", "/jobs"])
def test_foreign_pages_and_hosts_are_refused(url: str, path: str) -> None:
    """Calls of AWS are accepted with any host."""
    assert get(url, path, Host="evil.example").status == 403
    assert get(url, path, Origin="http://evil.example").status == 403
    assert exchange(url, "GET", "/", headers={"Host": "evil.example"}).status == 403
    assert call(url, "ListTrainingJobs", Host="sagemaker.us-east-1.amazonaws.com").status == 200
    assert post(url, "/reset", Host="evil.example").document["error"] == "Refused"


def test_the_control_api_requires_its_token(sagemaker: SageMakerMock) -> None:
    """Calls of AWS do not."""
    with sagemaker.serve(token="secret", allow_host=["mock"]) as url:
        refused = get(url, "/clock")
        assert (refused.status, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert get(url, "/clock", Authorization="Bearer secret", Host="mock").status == 200
        assert call(url, "ListTrainingJobs").status == 200
        assert exchange(url, "GET", "/").status == 200


def test_an_unknown_path_is_refused(url: str) -> None:
    """The message lists all paths."""
    for method, path, status in (("GET", "/clocks", 404), ("DELETE", "/jobs/x", 405), ("GET", "", 404), ("PUT", "/clock", 405)):
        answered = exchange(url, method, f"/_sagemock{path}")
        assert (answered.status, answered.document["error"]) == (status, "NoSuchVerb")
        assert "GET /jobs/{name}" in answered.document["message"]


def test_a_large_body_is_refused(url: str) -> None:
    """Its size is limited."""
    assert post(url, "/clock", b" " * (MOST + 1)).status == 413


def test_the_openapi_document_is_complete(url: str) -> None:
    """Every reference in it has a target."""
    found = exchange(url, "GET", "/_sagemock/openapi.json").document
    assert found == json.loads(json.dumps(openapi.document()))
    assert found["openapi"] == "3.1.0"
    assert {"/clock", "/jobs", "/jobs/{name}", "/plans", "/faults", "/calls", "/events", "/timeline", "/reset", "/health"} <= set(
        found["paths"]
    )
    refs = {part.partition('"')[0] for part in json.dumps(found).split('"#/components/schemas/')[1:]}
    assert refs <= set(openapi.SCHEMAS)
    assert set(openapi.SCHEMAS) - refs == set()
    ids = [one["operationId"] for methods in found["paths"].values() for one in methods.values()]
    assert len(ids) == len(set(ids))


def test_values_that_json_lacks_are_sent_as_text() -> None:
    """With validate=False a request may hold anything."""
    from sagemock.served.documents import plain  # noqa: PLC0415  # used once

    assert plain({"a": (1, Path("x"), None), 2: [True]}) == {"a": [1, "x", None], "2": [True]}
