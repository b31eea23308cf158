"""The backend alone: without a world, a client, a thread or a patch."""

import json
import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import botocore.session
import pytest

from sagemock import Clock, NothingWillHappen, NotSimulated, Options, Plan, mock_sagemaker
from sagemock.clock.instants import SECOND_US
from sagemock.jobs.place import Place
from sagemock.jobs.store import Store
from sagemock.protocol.answer import Answer, Lost, Reply
from sagemock.protocol.model import Api
from sagemock.protocol.request import Request, Timeouts
from sagemock.service.faults import Fault
from sagemock.world.backend import Backend
from tests.protocol.shapes import of_sagemaker
from tests.support.calling import START, request

API = of_sagemaker()
PLAN = Plan.completes(starting=10, downloading=10, training=60, uploading=10)


class Nobody:
    """A fallback that answers nothing."""

    def __init__(self) -> None:
        """Start without recorded calls."""
        self.noticed = 0
        self.refused = list[str]()

    def notice(self) -> None:
        """Count the call."""
        self.noticed += 1

    def is_active(self) -> bool:
        """Return False: it answers nothing."""
        return False

    def owns(self, operation: str, params: Mapping[str, Any]) -> bool:
        """Claim the operations that are not simulated."""
        return operation == "ListModels" and not params

    def perform(self, request: Request) -> str:
        """Refuse the call."""
        raise NotSimulated(request.operation)

    def check_model(self, place: Place, name: str) -> None:
        """Check nothing: it has no models."""

    def log_groups(self, request: Request) -> Sequence[Mapping[str, Any]]:
        """Return one log group of another service."""
        return [{"logGroupName": f"/aws/{request.region}"}]

    def check_inputs(self, place: Place, params: Mapping[str, Any]) -> None:
        """Record the jobs whose inputs were checked."""
        self.refused.append(f"{place.region}/{params['TrainingJobName']}")

    def close(self) -> None:
        """Do nothing."""


def backend(**options: Any) -> Backend:
    """Return a backend whose clock the test moves."""
    store = Store()
    clock = Clock(START, latency=options.pop("latency", 0.1), lock=store.lock)
    return Backend(Options(plan=PLAN, **options), clock, store, Nobody())


def call(operation: str, params: Mapping[str, Any] | str = "{}", **changes: Any) -> Request:
    """Return a request in the form in which it arrives from a client."""
    body = params if isinstance(params, str) else json.dumps(params)
    given: dict[str, Any] = {"partition": "aws", "region": "us-east-1", "headers": {}, "body": body.encode(), **changes}
    return Request(API, "sagemaker", operation, **given)


def document(reply: Reply | None) -> Any:
    """Return the JSON document of an answer."""
    assert reply is not None
    assert isinstance(reply.answer, Answer)
    return json.loads(reply.answer.body)


def create(subject: Backend) -> Backend:
    """Create a job through the backend."""
    document(subject.answer(call("CreateTrainingJob", request("churn"))))
    return subject


def test_a_job_depends_on_the_clock_alone() -> None:
    """A description depends only on the instant, not on threads or patches."""
    subject = create(backend())
    describe = call("DescribeTrainingJob", {"TrainingJobName": "churn"})
    assert document(subject.answer(describe))["SecondaryStatus"] == "Starting"
    subject.clock.advance(seconds=30)
    assert document(subject.answer(describe))["SecondaryStatus"] == "Training"
    subject.clock.advance(hours=1)
    assert document(subject.answer(describe))["TrainingJobStatus"] == "Completed"


def test_an_answer_has_its_instant_and_its_latency() -> None:
    """The caller lets that time pass; the backend itself does not."""
    subject = backend(latency=0.25)
    reply = subject.answer(call("ListTrainingJobs"))
    assert reply is not None
    assert (reply.at_us, reply.takes_us) == (subject.clock.start_us, SECOND_US // 4)
    assert subject.clock.now() == START


def test_a_refusal_is_an_answer_and_is_recorded() -> None:
    """With the caller's account and the attempt."""
    subject = backend()
    subject.accounts["AKIDOTHER"] = "999999999999"
    create(subject)
    headers = {"Authorization": "AWS4-HMAC-SHA256 Credential=AKIDOTHER/20180730/us-east-1/sagemaker/aws4_request"}
    body = {"TrainingJobName": "churn"}
    found = document(subject.answer(call("DescribeTrainingJob", body, headers=headers, attempt=2)))
    assert found == {"__type": "ValidationException", "message": "Requested resource not found."}
    assert [(one.operation, one.outcome, one.attempt) for one in subject.calls] == [
        ("CreateTrainingJob", "ok", 1),
        ("DescribeTrainingJob", "ValidationException", 2),
    ]


@pytest.mark.parametrize(
    "error, lost",
    [
        ("ConnectTimeout", Lost("ConnectTimeout", 3 * SECOND_US)),
        ("ReadTimeout", Lost("ReadTimeout", 7 * SECOND_US)),
        ("LostAnswer", Lost("LostAnswer", 7 * SECOND_US)),
        ("ConnectionReset", Lost("ConnectionReset")),
        ("EndpointUnreachable", Lost("EndpointUnreachable")),
    ],
)
def test_a_lost_answer_is_a_value(error: str, lost: Lost) -> None:
    """The client turns it into its own errors; it takes as long as that client would wait."""
    subject = create(backend())
    subject.faults.add(Fault("StopTrainingJob", error))
    stop = call("StopTrainingJob", {"TrainingJobName": "churn"}, timeouts=Timeouts(3, 7))
    reply = subject.answer(stop)
    assert reply is not None
    assert reply.answer == lost
    assert reply.takes_us == (SECOND_US // 10 if lost.after_us is None else lost.after_us)
    [job] = subject.store.jobs()
    assert (job.state(subject.clock.now_us()).primary == "Stopping") is (error == "LostAnswer")


def test_a_lost_answer_without_a_client_timeout_is_an_error() -> None:
    """The error names the setting that is missing."""
    subject = create(backend())
    subject.faults.add(Fault("StopTrainingJob", "ReadTimeout"))
    with pytest.raises(NothingWillHappen, match="read_timeout=None"):
        subject.answer(call("StopTrainingJob", {"TrainingJobName": "churn"}))
    assert subject.calls[-1].outcome == "NothingWillHappen"


def test_a_request_with_a_broken_answer_has_taken_effect() -> None:
    """Only its answer cannot be read."""
    subject = create(backend())
    subject.faults.add(Fault("StopTrainingJob", "MalformedBody"))
    reply = subject.answer(call("StopTrainingJob", {"TrainingJobName": "churn"}))
    assert reply is not None
    assert reply.answer == Answer(200, b"{")
    [job] = subject.store.jobs()
    assert job.state(subject.clock.now_us()).primary == "Stopping"


def test_other_operations_go_to_the_fallback() -> None:
    """The call is recorded."""
    subject = backend()
    with pytest.raises(NotSimulated):
        subject.answer(call("ListModels"))
    assert subject.calls[-1].outcome == "NotSimulated"
    assert vars(subject.fallback)["noticed"] == 1


def of_logs(operation: str) -> Request:
    """Return an empty CloudWatch Logs request."""
    api = Api.of(botocore.session.Session().get_service_model("logs"))
    return Request(api, "logs", operation, partition="aws", region="us-east-1", body=b"{}", headers={})


def test_log_groups_are_listed_beside_those_of_the_fallback() -> None:
    """If the real service may be reached, its list is returned alone."""
    groups = document(backend().answer(of_logs("DescribeLogGroups")))["logGroups"]
    assert [group["logGroupName"] for group in groups] == ["/aws/sagemaker/TrainingJobs", "/aws/us-east-1"]
    assert backend(passthrough=["logs"]).answer(of_logs("DescribeLogGroups")) is None


def test_inputs_are_checked_by_the_fallback() -> None:
    """It has the buckets, and is asked only under `check_s3`."""
    for subject, looked in ((backend(), []), (backend(check_s3=True), ["us-east-1/churn"])):
        create(subject)
        assert vars(subject.fallback)["refused"] == looked


def test_endless_polling_is_an_error() -> None:
    """Law 9: nothing can happen to a finished job."""
    subject = create(backend())
    subject.clock.advance(timedelta(hours=1))
    describe = call("DescribeTrainingJob", {"TrainingJobName": "churn"})

    def poll() -> None:
        while subject.answer(describe):
            pass

    with pytest.raises(NothingWillHappen, match="the same call was made"):
        poll()


def test_a_call_of_another_process_is_recorded_with_its_origin_and_is_never_an_endless_loop() -> None:
    """Its loop takes real time, and its user can interrupt it."""
    one = create(backend(idle_limit=1))
    one.clock.advance(hours=1)
    for _ in range(1002):
        one.answer(call("ListTrainingJobs", origin="127.0.0.1:1 aws-cli"))
    assert {arrived.origin for arrived in one.calls[1:]} == {"127.0.0.1:1 aws-cli"}
    assert str(one.calls[1]).endswith("us-east-1 ListTrainingJobs: ok")
    assert repr(one.calls[1]).endswith("origin='127.0.0.1:1 aws-cli')")
    for _ in range(1000):
        one.answer(call("ListTrainingJobs"))
    with pytest.raises(NothingWillHappen):
        one.answer(call("ListTrainingJobs"))
    assert one.calls[-1].origin is None


def test_a_call_of_another_process_lets_its_latency_pass() -> None:
    """A thread outside the mock passes it without a sleep; the latencies of such calls add up."""
    with mock_sagemaker(start=START, latency=2, strict=False) as mock:
        world = mock._world

        def work() -> None:
            world.keep_out()
            world.answer_outside(call("ListTrainingJobs"))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        other = call("DescribeLogStreams", {"logGroupName": "/aws/lambda/x"})
        other.service, other.api = "logs", Api.of(botocore.session.Session().get_service_model("logs"))
        assert world.answer_outside(other) is None
        assert mock.clock.now() == START + timedelta(seconds=2)
        mock.clock.latency = timedelta(0)
        assert world.answer_outside(call("ListTrainingJobs")) is not None
        assert mock.clock.now() == START + timedelta(seconds=2)
        assert len(mock.sleeps) == 0
