"""The client of the control API."""

import inspect
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from sagemock import (
    InvalidType,
    InvalidValue,
    NeverReached,
    NotServed,
    Plan,
    PlanError,
    ProcessingJobPlan,
    RemoteMock,
    SageMakerMock,
    TransformJobPlan,
    TuningJobPlan,
    UnknownJob,
    UnusedError,
    UsageError,
    connect,
    mock_sagemaker,
)
from sagemock.served.control_client import ControlClient
from sagemock.served.remote import LACKS
from sagemock.served.remote_clock import CLOCK_LACKS
from sagemock.served.remote_views import RemoteJob, RemoteProcessingJob, RemoteTransformJob, RemoteTuningJob
from sagemock.world.views import JobView, ProcessingJobView, TransformJobView, TuningJobView
from tests.support.calling import START, after, create
from tests.support.http import call

OPTIONS: dict[str, Any] = {"strict": False, "latency": 0}
PLAN = Plan.completes(starting=60, downloading=60, training=timedelta(minutes=10), uploading=60)


@pytest.fixture
def remote(sagemaker: SageMakerMock) -> Iterator[RemoteMock]:
    """Serve the mock and connect to it."""
    with sagemaker.serve() as url:
        yield connect(url)


def test_a_remote_has_the_verbs_of_a_mock(remote: RemoteMock) -> None:
    """The error for a missing one says why."""
    names = {name for name in dir(SageMakerMock) if not name.startswith("_")}
    assert names - {name for name in dir(RemoteMock) if not name.startswith("_")} == set(LACKS)
    for name in LACKS:
        assert not hasattr(remote, name)
        with pytest.raises(NotServed, match=f"a served mock has no {name}: "):
            getattr(remote, name)
    with pytest.raises(AttributeError, match="'RemoteMock' object has no attribute 'planz'"):
        remote.planz  # noqa: B018  # the point of the test
    for name in (
        "plan",
        "create_training_job",
        "create_processing_job",
        "create_transform_job",
        "create_tuning_job",
        "timeline",
        "svg",
        "stop_job",
        "fault",
        "hide",
        "quota",
        "interrupt",
        "fail",
        "complete",
        "log",
        "advance_until",
        "advance_until_idle",
    ):
        ours, theirs = (inspect.signature(getattr(kind, name)).parameters for kind in (RemoteMock, SageMakerMock))
        assert [*ours] == [*theirs]
        assert [one.default for one in ours.values()] == [one.default for one in theirs.values()]


@pytest.mark.parametrize(
    "ours,theirs",
    [
        (RemoteJob, JobView),
        (RemoteProcessingJob, ProcessingJobView),
        (RemoteTransformJob, TransformJobView),
        (RemoteTuningJob, TuningJobView),
    ],
)
def test_views_of_a_remote_have_the_verbs_of_the_mocks_views(ours: type[Any], theirs: type[Any]) -> None:
    """With the same parameters."""
    names = {name for name in dir(theirs) if not name.startswith("_")}
    assert names == {name for name in dir(ours) if not name.startswith("_")} - {"kind"}
    for name in names:
        if callable(getattr(theirs, name)):
            found, wanted = (inspect.signature(getattr(kind, name)).parameters for kind in (ours, theirs))
            assert [(one.name, one.default) for one in found.values()] == [(one.name, one.default) for one in wanted.values()]


def test_a_missing_attribute_of_the_clock_says_why(remote: RemoteMock) -> None:
    """`hasattr` is False for it."""
    for name in CLOCK_LACKS:
        assert not hasattr(remote.clock, name)
        with pytest.raises(NotServed, match=f"the clock of a served mock has no {name}: .* in the mock's own process"):
            getattr(remote.clock, name)
    with pytest.raises(AttributeError, match="'RemoteClock' object has no attribute 'pausd'"):
        remote.clock.pausd  # noqa: B018  # the point


def test_a_remote_stops_a_job_without_a_call(sagemaker: SageMakerMock, remote: RemoteMock) -> None:
    """Like the mock's own verb: no fault applies."""
    sagemaker.fault("Stop*", "ThrottlingException")
    for name in ("one", "two"):
        sagemaker.create_training_job(name)
    remote.stop_job("one")
    remote.jobs["two"].stop()
    assert [job.status for job in sagemaker.jobs.values()] == ["Stopping", "Stopping"]
    assert len(remote.calls) == 0
    with pytest.raises(UsageError, match="cannot stop 'one': it is Stopping"):
        remote.stop_job("one")


def test_events_can_be_searched(sagemaker: SageMakerMock, remote: RemoteMock) -> None:
    """As on the mock, but the list is a snapshot."""
    sagemaker.create_training_job("churn", plan=PLAN)
    before = remote.events
    remote.advance_until_idle()
    pattern = {"detail": {"SecondaryStatus": ["Training"]}}
    assert list(remote.events.matching(pattern)) == list(sagemaker.events.matching(pattern))
    assert (len(before), remote.events) == (1, sagemaker.events)


def test_pictures_equal_those_of_the_mock(sagemaker: SageMakerMock, remote: RemoteMock) -> None:
    """Also without jobs, and with block characters."""
    assert remote.svg() == sagemaker.svg()
    sagemaker.create_training_job("churn", plan=PLAN)
    assert remote.svg() == sagemaker.svg()
    assert remote.timeline("churn", unicode=True) == sagemaker.timeline("churn", unicode=True)
    assert remote.jobs["churn"].timeline(unicode=True, width=90) == sagemaker.timeline("churn", unicode=True, width=90)
    assert remote.timeline("churn") == sagemaker.timeline("churn")


def test_a_remote_moves_the_clock(sagemaker: SageMakerMock, remote: RemoteMock) -> None:
    """With the same arguments as the mock."""
    remote.clock.advance(minutes=1, seconds=1)
    remote.clock.advance(timedelta(seconds=1))
    remote.clock.advance(1.5)
    assert remote.clock.now() == sagemaker.clock.now() == after(63.5)
    remote.clock.advance_to(after(70))
    remote.clock.advance_to("2018-07-30T00:02:00")
    assert repr(remote.clock) == "<RemoteClock at 2018-07-30T00:02:00+00:00>"
    remote.clock.latency = timedelta(seconds=2)
    assert remote.clock.latency == sagemaker.clock.latency == timedelta(seconds=2)
    assert (remote.clock.rate, remote.clock.idle_limit) == (0, timedelta(days=1))
    sagemaker.clock.idle_limit = None
    assert remote.clock.idle_limit is None
    with pytest.raises(InvalidType, match="advance takes one duration"):
        remote.clock.advance()
    with pytest.raises(InvalidType, match="advance takes one duration"):
        remote.clock.advance(5, minutes=5)
    with pytest.raises(InvalidType, match="advance.. takes units of time"):
        remote.clock.advance(fortnights=5)
    with pytest.raises(InvalidValue, match="time only moves forward, not by -1"):
        remote.clock.advance(-1)
    with pytest.raises(InvalidType, match="cannot travel as JSON"):
        remote.clock.advance(float("nan"))
    with pytest.raises(InvalidType, match="cannot travel as JSON"):
        remote.clock.advance(object())  # type: ignore[arg-type]


def test_jobs_can_be_read_and_changed(sagemaker: SageMakerMock, remote: RemoteMock, client: Any) -> None:
    """Like views of the mock; each read is at the present instant."""
    remote.plan("churn", PLAN, times=1)
    assert len(remote.jobs) == 0
    create(client)
    job, own = remote.jobs["churn"], sagemaker.jobs["churn"]
    assert remote.advance_until("churn", "Training") == after(120)
    remote.log("churn", "epoch=1", at=after(125))
    names = [name for name in dir(own) if not name.startswith("_") and not callable(getattr(own, name))]
    for _ in range(2):
        assert [getattr(job, name) for name in names] == [getattr(own, name) for name in names]
        assert (repr(job), str(job)) == (repr(own), str(own))
        assert remote.advance_until_idle() == after(780)
    assert job.plan == PLAN
    assert (list(remote.jobs), "churn" in remote.jobs, "x" in remote.jobs) == (["churn"], True, False)
    assert repr(remote.jobs) == "<jobs <job 'churn': Completed/Completed>>"
    assert [one.name for one in remote.jobs.all()] == ["churn"]
    with pytest.raises(UnknownJob, match="no training job 'chrn' was created; did you mean 'churn'?"):
        remote.jobs["chrn"]
    with pytest.raises(UnknownJob, match=r"jobs are looked up by name or ARN, not by 5"):
        remote.jobs[5]  # type: ignore[index]
    with pytest.raises(UnknownJob, match=r"jobs are looked up by name or ARN, not by ''"):
        remote.fail("")


def test_a_job_can_be_created(sagemaker: SageMakerMock, remote: RemoteMock) -> None:
    """With a plan and fields; it is not among the calls."""
    job = remote.create_training_job("others", plan=PLAN, region="eu-west-1", HyperParameters={"epochs": "3"})
    assert sagemaker.jobs["others"].plan == PLAN
    assert (job.region, job.request["HyperParameters"], len(remote.calls)) == ("eu-west-1", {"epochs": "3"}, 0)
    assert remote.create_training_job("plain").status == "InProgress"
    assert remote.create_training_job("over", started_ago=timedelta(days=1)).status == "Completed"
    with pytest.raises(NotServed, match="only a Plan can travel"):
        remote.create_training_job("x", plan=lambda request: PLAN)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="others"):
        remote.create_training_job("others", region="eu-west-1")


def test_jobs_of_other_kinds_can_be_read_and_changed(sagemaker: SageMakerMock, remote: RemoteMock) -> None:
    """Like views of the mock."""
    remote.plan("prepare", ProcessingJobPlan.completes(starting=60, processing=600, exit_message="10 rows"))
    job = remote.create_processing_job("prepare")
    scored = remote.create_transform_job("score", plan=TransformJobPlan.completes(starting=60), region="eu-west-1", ModelName="m")
    assert (scored.region, scored.request["ModelName"]) == ("eu-west-1", "m")
    pairs: list[tuple[Any, Any]] = [(job, sagemaker.processing_jobs["prepare"]), (scored, sagemaker.transform_jobs["score"])]
    assert job.advance_until("Processing") == after(60)
    job.log("5 rows", at=after(61))
    for _ in range(2):
        for theirs, own in pairs:
            names = [name for name in dir(own) if not name.startswith("_") and not callable(getattr(own, name))]
            assert [getattr(theirs, name) for name in names] == [getattr(own, name) for name in names]
            assert (repr(theirs), str(theirs), theirs.timeline(width=70)) == (repr(own), str(own), own.timeline(width=70))
        remote.advance_until_idle()
    assert job.exit_message == "10 rows"
    for jobs, mine in ((remote.processing_jobs, sagemaker.processing_jobs), (remote.transform_jobs, sagemaker.transform_jobs)):
        assert list(jobs) == list(mine)
        assert repr(jobs) == repr(mine)
    assert (len(remote.jobs), len(remote.processing_jobs), "prepare" in remote.jobs) == (0, 1, False)
    with pytest.raises(UnknownJob, match="'prepare' is a processing job: ask for sagemaker.processing_jobs"):
        remote.jobs["prepare"]
    with pytest.raises(UnknownJob, match=r"'prepare' is a processing job: ask for processing_jobs\['prepare'\]"):
        remote.jobs[job.arn]
    assert remote.svg() == sagemaker.svg()


def test_a_tuning_job_can_be_read_with_its_children(sagemaker: SageMakerMock, remote: RemoteMock) -> None:
    """Like the view of the mock, while it runs and after its end."""
    remote.plan("tune-*", Plan.completes(training=60))
    theirs = remote.create_tuning_job("tune", plan=TuningJobPlan.completes(next_launch=10, finishing=(1, 5)))
    own = sagemaker.tuning_jobs["tune"]
    for wanted in ("InProgress", "Completed"):
        theirs.advance_until(wanted)
        names = [name for name in dir(own) if not name.startswith("_") and not callable(getattr(own, name))]
        assert {"children", "best", "counters", "objective_counters", "plan"} <= set(names)
        assert [getattr(theirs, name) for name in names] == [getattr(own, name) for name in names]
        assert (repr(theirs), str(theirs)) == (repr(own), str(own))
        remote.clock.advance(400)
    assert [one.status for one in theirs.children] == ["Completed"] * 10
    assert (list(remote.tuning_jobs), len(remote.jobs)) == (["tune"], 10)
    with pytest.raises(PlanError, match="objective is a callable, which a document cannot hold"):
        remote.create_tuning_job("other", plan=TuningJobPlan.completes(objective=lambda _: 0.5))
    sagemaker.create_tuning_job("other", plan=TuningJobPlan.completes(objective=lambda _: 0.5))
    with pytest.raises(NotServed, match="callable"):
        remote.tuning_jobs["other"].plan  # noqa: B018  # the point of the test


def test_a_view_has_the_verbs_of_its_job(sagemaker: SageMakerMock, remote: RemoteMock, client: Any) -> None:
    """For every kind."""
    spot = {"EnableManagedSpotTraining": True, "StoppingCondition": {"MaxRuntimeInSeconds": 9000, "MaxWaitTimeInSeconds": 9000}}
    create(client, "a", **spot)
    job = remote.jobs["a"]
    job.advance_until("Training")
    job.interrupt()
    assert job.secondary_status == "Interrupted"
    job.complete()
    assert job.status == "Completed"
    other = remote.create_processing_job("prepare")
    other.fail("ClientError: no")
    assert (other.status, other.failure_reason, other.started) == ("Failed", "ClientError: no", None)


def test_verbs_end_a_job(sagemaker: SageMakerMock, remote: RemoteMock, client: Any) -> None:
    """Fail, complete, interrupt."""
    spot = {"EnableManagedSpotTraining": True, "StoppingCondition": {"MaxRuntimeInSeconds": 9000, "MaxWaitTimeInSeconds": 9000}}
    for name in ("a", "b"):
        create(client, name)
    create(client, "c", **spot)
    sagemaker.advance_until("c", "Training")
    remote.fail("a", "ClientError: no")
    remote.complete("b")
    remote.interrupt("c")
    assert [job.secondary_status for job in sagemaker.jobs.values()] == ["Failed", "Completed", "Interrupted"]
    with pytest.raises(UsageError, match="cannot fail 'a': it is Failed"):
        remote.fail("a")
    with pytest.raises(NeverReached, match="'a' will never be Training"):
        remote.advance_until("a", "Training")


def test_the_same_name_in_two_regions_needs_the_arn(sagemaker: SageMakerMock, remote: RemoteMock) -> None:
    """As with the mock itself."""
    from tests.support.calling import make_client  # noqa: PLC0415  # used once

    arns = [create(make_client(region)) for region in ("us-east-1", "eu-west-1")]
    assert list(remote.jobs) == arns == list(sagemaker.jobs)
    with pytest.raises(UnknownJob, match="several training jobs are called 'churn'"):
        remote.jobs["churn"]
    assert remote.jobs[arns[1]].region == "eu-west-1"


def test_a_walk_through_the_jobs_asks_the_server_once(
    sagemaker: SageMakerMock, remote: RemoteMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not once more for each job."""
    for name in ("a", "b", "c"):
        sagemaker.create_training_job(name)
    asked: list[str] = []
    document = ControlClient.document

    def counted(self: ControlClient, method: str, path: str, **query: Any) -> Any:
        asked.append(path)
        return document(self, method, path, **query)

    monkeypatch.setattr(ControlClient, "document", counted)
    found = dict(remote.jobs.items())
    assert list(found) == ["a", "b", "c"]
    # `list` would ask for the number first.
    assert sum(1 for _ in remote.jobs.values()) == 3
    assert asked == ["/jobs", "/jobs"]
    assert found["b"].name == "b"


def test_faults_hidden_jobs_quotas_and_accounts_apply_to_calls(sagemaker: SageMakerMock, remote: RemoteMock) -> None:
    """As with the mock's own verbs."""
    remote.fault("ListTrainingJobs", "ThrottlingException", times=1, after=timedelta(seconds=5), until=after(60))
    assert call(remote.url, "ListTrainingJobs").status == 200
    sagemaker.clock.advance(5)
    assert call(remote.url, "ListTrainingJobs").status == 400
    remote.fault("ListTrainingJobs", "Own", message="no", status=418, probability=1, job=None)
    assert call(remote.url, "ListTrainingJobs").status == 418
    remote.hide("late-*", lasting=timedelta(seconds=5), operation="Describe*")
    remote.quota("ml.m5.large", instances=0)
    assert str(sagemaker._world.backend.faults.all()[0]).endswith("until='2018-07-30T00:01:00+00:00')")
    remote.accounts["AKID"] = "210987654321"
    assert dict(remote.accounts) == dict(sagemaker.accounts)
    assert (repr(remote.accounts), len(remote.accounts), remote.accounts["AKID"]) == (repr(sagemaker.accounts), 1, "210987654321")
    remote.accounts.update({"A": "210987654322"}, B="210987654323")
    assert dict(remote.accounts) == dict(sagemaker.accounts) == {"AKID": "210987654321", "A": "210987654322", "B": "210987654323"}
    with pytest.raises(InvalidValue, match="account_id is a string of twelve digits"):
        remote.accounts.update(A="1", C="210987654321")
    with pytest.raises(InvalidType, match="accounts are updated with a mapping from access key ids to account ids, not with 5"):
        remote.accounts.update(5)
    assert len(remote.accounts) == 3
    with pytest.raises(UsageError, match="sagemock has no text for the error 'Throttling'"):
        remote.fault("*", "Throttling")


def test_calls_events_and_pictures_equal_those_of_the_mock(sagemaker: SageMakerMock, remote: RemoteMock, client: Any) -> None:
    """At the present instant."""
    create(client)
    call(remote.url, "ListTrainingJobs")
    sagemaker.advance_until_idle()
    call(remote.url, "StopTrainingJob", {"TrainingJobName": "none"})
    assert remote.calls == list(sagemaker.calls)
    assert [(one.origin, one.message) for one in remote.calls] == [(one.origin, one.message) for one in sagemaker.calls]
    assert remote.calls[-1].message == "Requested resource not found."
    assert remote.calls.to("List*").count == 1
    assert remote.events == list(sagemaker.events)
    assert remote.timeline("churn", width=60) == sagemaker.timeline("churn", width=60)
    assert remote.svg() == remote.svg("churn") == sagemaker.svg()
    assert str(remote) == str(sagemaker)
    assert repr(remote) == f"<RemoteMock at {remote.url}>"


def test_a_callable_cannot_be_sent(remote: RemoteMock) -> None:
    """The error names its field."""
    with pytest.raises(NotServed, match="a predicate cannot travel to a served mock"):
        remote.plan(lambda request: True, PLAN)  # type: ignore[arg-type]
    with pytest.raises(NotServed, match="only a Plan can travel to a served mock"):
        remote.plan("*", lambda request: PLAN)  # type: ignore[arg-type]
    with pytest.raises(PlanError, match=r"logs\['Training'\] is a callable"):
        remote.plan("*", Plan.completes(logs={"Training": lambda request: []}))


def test_a_plan_with_a_callable_cannot_be_read(sagemaker: SageMakerMock, remote: RemoteMock, client: Any) -> None:
    """It stays in its process."""
    sagemaker.plan("*", Plan.completes(logs={"Training": lambda request: []}))
    create(client)
    with pytest.raises(NotServed, match="has a callable in it, which cannot travel"):
        _ = remote.jobs["churn"].plan


def test_a_plan_may_name_its_own_kind(sagemaker: SageMakerMock, remote: RemoteMock) -> None:
    """As for the mock itself, another kind is refused."""
    remote.plan("*", ProcessingJobPlan.fails(), kind="processing")
    with pytest.raises(
        InvalidValue, match=r"kind='training', and ProcessingJobPlan.fails\(.* is for processing jobs: leave kind"
    ):
        remote.plan("*", ProcessingJobPlan.fails(), kind="training")
    assert [one.kind.name for one in sagemaker._world.backend.plans.rules] == ["processing"]


def test_unused_plans_are_an_error() -> None:
    """As at a clean end of the mock."""
    with mock_sagemaker(start=START) as mock, mock.serve() as url:
        remote = connect(url)
        remote.check_used()
        remote.plan("churn", PLAN)
        with pytest.raises(UnusedError, match="churn"):
            remote.check_used()
        call(url, "CreateTrainingJob", {"TrainingJobName": "x"})
        with pytest.raises(UsageError, match="this world belongs to a test"):
            remote.reset()
        mock._world.backend.plans.rules.clear()


def test_a_remote_sends_its_token(sagemaker: SageMakerMock) -> None:
    """Without it the server refuses."""
    with sagemaker.serve(token="secret") as url:
        assert connect(url, token="secret").clock.now() == START
        with pytest.raises(UsageError, match="this server requires a token"):
            connect(url)


@pytest.mark.parametrize("url", ["", "127.0.0.1:5123", "ftp://127.0.0.1", "http://", 5])
def test_an_invalid_url_is_refused(url: Any) -> None:
    """The message shows a valid one."""
    with pytest.raises(InvalidValue, match=r"connect\(\) takes the url of a server, not .*: write connect"):
        connect(url)


def test_an_unreachable_server_is_an_error(sagemaker: SageMakerMock) -> None:
    """So is a server that is not ours."""
    with sagemaker.serve() as url:
        pass
    with pytest.raises(UsageError, match=rf"no sagemock answers at {url} \(.*start `sagemock serve`"):
        connect(url)
    with pytest.raises(UsageError, match="no sagemock answers at https://127"):
        connect(url.replace("http:", "https:"))

    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name in its base class
            pass

    with HTTPServer(("127.0.0.1", 0), Other) as other:
        thread = Thread(target=other.handle_request)
        thread.start()
        with pytest.raises(UsageError, match="is not sagemock: it answers"):
            connect(f"http://127.0.0.1:{other.server_port}")
        thread.join()


def test_an_instant_may_have_any_time_zone(remote: RemoteMock) -> None:
    """It is the same instant."""
    remote.clock.advance_to(datetime(2018, 7, 31))  # noqa: DTZ001  # read as UTC
    assert remote.clock.now() == after(days=1)
