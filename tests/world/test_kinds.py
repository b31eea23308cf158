"""Jobs of three kinds in one mock: views, verbs, plans by kind, and pictures."""

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemock import (
    InvalidType,
    InvalidValue,
    JobView,
    NeverReached,
    NothingWillHappen,
    Options,
    Plan,
    PlanError,
    ProcessingJobPlan,
    SageMakerMock,
    TransformJobPlan,
    UnknownJob,
    UnusedError,
    UsageError,
    mock_sagemaker,
)
from tests.support.batch import processing, transform
from tests.support.calling import START, after, create, make_client

OPTIONS: dict[str, Any] = {
    "latency": 0,
    "plan": [
        Plan.completes(starting=100, downloading=10, training=50, uploading=5),
        ProcessingJobPlan.completes(starting=100, processing=50, stopping=7, exit_message="10 rows"),
        TransformJobPlan.completes(starting=100, transforming=50, stopping=7),
    ],
}


@pytest.fixture
def three(sagemaker: SageMakerMock, client: Any) -> SageMakerMock:
    """Return a mock with one job of each kind, all with the same name."""
    create(client, "churn")
    client.create_processing_job(**processing("churn"))
    client.create_transform_job(**transform("churn"))
    return sagemaker


def jobs_of(mock: SageMakerMock, kind: str) -> Any:
    """Return the jobs of a kind."""
    every: dict[str, Any] = {"training": mock.jobs, "processing": mock.processing_jobs, "transform": mock.transform_jobs}
    return every[kind]


def view_of(mock: SageMakerMock, kind: str) -> Any:
    """Return the view of the job of a kind."""
    return jobs_of(mock, kind)["churn"]


EACH = pytest.mark.parametrize("kind", ["training", "processing", "transform"])
BATCH = pytest.mark.parametrize("kind, phase", [("processing", "Processing"), ("transform", "Transforming")])


@BATCH
def test_a_view_shows_the_present_state(three: SageMakerMock, kind: str, phase: str) -> None:
    """The fields of the description, and the phase, which AWS does not show."""
    view = view_of(three, kind)
    assert (view.name, view.region, view.status, view.phase) == ("churn", "us-east-1", "InProgress", "Starting")
    assert (view.created, view.started, view.ended, view.failure_reason) == (START, None, None, None)
    assert view.request[f"{kind.title()}JobName"] == "churn"
    assert repr(view) == f"<{kind} job 'churn': InProgress>"
    assert view.advance_until(phase) == after(100)
    assert (view.phase, view.started) == (phase, after(100))
    assert view.advance_until("Completed") == after(150)
    assert (view.status, view.ended) == ("Completed", after(150))
    assert repr(view.plan).startswith(f"{kind.title()}JobPlan.completes(")


def test_a_processing_job_has_an_exit_message_at_its_end(three: SageMakerMock) -> None:
    """Not before."""
    view = view_of(three, "processing")
    assert [view.exit_message] == [None]
    view.advance_until("Completed")
    assert view.exit_message == "10 rows"
    assert "ExitMessage: 10 rows" in str(view)


@EACH
def test_a_verb_on_a_view_acts_on_its_job_only(three: SageMakerMock, kind: str) -> None:
    """Jobs of other kinds with the same name go on."""
    view_of(three, kind).fail("ClientError: no")
    statuses = {one: view_of(three, one).status for one in ("training", "processing", "transform")}
    assert statuses == {**dict.fromkeys(statuses, "InProgress"), kind: "Failed"}
    assert view_of(three, kind).failure_reason == "ClientError: no"
    with pytest.raises(UsageError, match="it is Failed; do it while the job is InProgress"):
        view_of(three, kind).complete()


@EACH
def test_a_view_can_complete_or_stop_its_job(three: SageMakerMock, kind: str) -> None:
    """Its stop equals one through the API."""
    view = view_of(three, kind)
    view.stop()
    assert view.status == "Stopping"
    assert three.calls.to("Stop*").count == 0
    three.advance_until_idle()
    assert view.status == "Stopped"
    other = make_client("eu-west-1")
    create(other, "other")
    other.create_processing_job(**processing("other"))
    other.create_transform_job(**transform("other"))
    found = jobs_of(three, kind)["other"]
    found.complete()
    assert found.status == "Completed"


@EACH
def test_verbs_of_the_mock_take_an_arn(three: SageMakerMock, kind: str) -> None:
    """A bare name means a training job."""
    arn = view_of(three, kind).arn
    three.complete(arn)
    assert view_of(three, kind).status == "Completed"
    assert "churn" in three.timeline(arn)
    assert "churn" in view_of(three, kind).timeline(width=100, unicode=True)
    assert "<svg" in three.svg(arn)
    assert "<svg" in view_of(three, kind)._repr_html_()
    if kind != "training":
        assert three.jobs["churn"].status == "InProgress"


def test_only_training_jobs_can_be_interrupted(three: SageMakerMock) -> None:
    """Views of other kinds do not have the verb."""
    with pytest.raises(UsageError, match="only training jobs run on spot instances; stop it, or let it fail"):
        three.interrupt(three.processing_jobs["churn"].arn)
    with pytest.raises(UsageError, match="it runs on demand"):
        three.jobs["churn"].interrupt()
    assert not hasattr(three.processing_jobs["churn"], "interrupt")


@BATCH
def test_a_status_that_never_comes_is_refused_at_once(three: SageMakerMock, kind: str, phase: str) -> None:
    """So is a status that the kind does not have."""
    view = view_of(three, kind)
    with pytest.raises(NeverReached, match="will never be Failed from now on"):
        view.advance_until("Failed")
    with pytest.raises(UsageError, match=f"'Training' is not a status of a {kind} job: write one of Completed, .*{phase}"):
        view.advance_until("Training")
    with pytest.raises(UsageError, match=f"so it cannot log: advance until it is in {phase}"):
        view.log("early")
    with pytest.raises(UsageError, match="has no instance 2: it has 1, counted from 1"):
        view.log("much", instance=2)


@EACH
def test_a_copy_of_a_view_is_a_snapshot(three: SageMakerMock, kind: str) -> None:
    """It shows the job at that instant, and cannot act on it."""
    view = view_of(three, kind)
    for copied in (copy.deepcopy(view), pickle.loads(pickle.dumps(view))):  # noqa: S301  # our own data
        assert type(copied) is type(view)
        assert (copied.name, copied.status) == ("churn", "InProgress")
        with pytest.raises(UsageError, match="this is a copy of a job at one instant"):
            copied.fail()
    jobs = jobs_of(three, kind)
    assert list(copy.copy(jobs)) == list(jobs) == ["churn"]


def test_a_name_of_another_kind_is_named_in_the_error(sagemaker: SageMakerMock, client: Any) -> None:
    """In both directions between training jobs and other kinds."""
    client.create_processing_job(**processing("prepare"))
    create(client, "churn")
    with pytest.raises(UnknownJob, match=r"'prepare' is a processing job: ask for sagemaker.processing_jobs\['prepare'\]"):
        sagemaker.fail("prepare")
    with pytest.raises(
        UnknownJob, match=r"no transform job 'churn' was created; 'churn' is a training job: ask for sagemaker.jobs"
    ):
        sagemaker.transform_jobs["churn"]
    assert repr(sagemaker.processing_jobs) == "<processing jobs <processing job 'prepare': InProgress>>"
    assert isinstance(sagemaker.jobs["churn"], JobView)


def test_a_picture_has_all_kinds_on_one_time_axis(three: SageMakerMock) -> None:
    """Its legend has all their phases."""
    three.clock.advance(120)
    three.processing_jobs["churn"].stop()
    text = str(three)
    assert text.startswith("3 jobs: 1 Training, 1 Stopping, 1 Transforming; 0 is 2018-07-30 00:00:00 UTC")
    assert "N Processing" in text
    assert "H Transforming" in text
    assert "StopProcessingJob" in str(three.processing_jobs["churn"])
    assert "Transforming" in three.svg()


# -- plans by kind


def test_a_plan_tells_its_kind(sagemaker: SageMakerMock, client: Any) -> None:
    """One pattern may serve all kinds, with one plan for each."""
    sagemaker.plan("a-*", ProcessingJobPlan.hangs())
    sagemaker.plan("a-*", Plan.hangs(), kind="training")
    client.create_processing_job(**processing("a-1"))
    create(client, "a-1")
    assert repr(sagemaker.processing_jobs["a-1"].plan) == "ProcessingJobPlan.hangs('Processing')"
    assert repr(sagemaker.jobs["a-1"].plan) == "Plan.hangs('Training')"


def test_a_callable_plan_is_for_training_jobs_unless_its_kind_is_given(sagemaker: SageMakerMock, client: Any) -> None:
    """A predicate gets only the requests of its kind."""
    seen: list[str] = []

    def source(request: Any) -> TransformJobPlan:
        seen.append(request["TransformJobName"])
        return TransformJobPlan.hangs()

    sagemaker.plan(lambda request: request["ModelName"] == "churn", source, kind="transform")
    create(client, "train")
    client.create_transform_job(**transform("score"))
    assert seen == ["score"]
    sagemaker.plan("*", lambda _: TransformJobPlan(), kind="processing")
    with pytest.raises(UsageError, match=r"for 'prepare': let it return a ProcessingJobPlan"):
        client.create_processing_job(**processing())


def test_batch_jobs_never_wait_for_a_step(sagemaker: SageMakerMock) -> None:
    """Their life is known at creation, so no status is unknown."""
    sagemaker.create_training_job("churn")
    sagemaker.create_processing_job("prepare")
    for job in (sagemaker.jobs.find("churn"), sagemaker.processing_jobs.find("prepare")):
        assert job.next_step_us is None
        assert not job.may_reach("Failed")


def test_a_plan_of_the_wrong_kind_is_refused(sagemaker: SageMakerMock) -> None:
    """The message says what to write."""
    with pytest.raises(InvalidValue, match=r"kind='transform', and ProcessingJobPlan.completes\(\) is for processing jobs"):
        sagemaker.plan("*", ProcessingJobPlan.completes(), kind="transform")
    with pytest.raises(InvalidValue, match="kind is 'training', 'processing', 'transform' or 'tuning', not 'model'"):
        sagemaker.plan("*", ProcessingJobPlan.completes(), kind="model")
    with pytest.raises(InvalidType, match=r"not the class or a recipe: write plan=ProcessingJobPlan.completes\(…\)"):
        sagemaker.plan("*", ProcessingJobPlan)  # type: ignore[arg-type]
    with pytest.raises(InvalidType, match="write plan=TransformJobPlan.completes"):
        sagemaker.plan("*", TransformJobPlan.completes)  # type: ignore[arg-type]


def test_default_plans_are_one_for_each_kind() -> None:
    """Two for one kind are refused."""
    assert Options(plan={ProcessingJobPlan.hangs()}).plan == {ProcessingJobPlan.hangs()}
    with pytest.raises(InvalidValue, match="plan has two plans for processing jobs"):
        Options(plan=[ProcessingJobPlan(), ProcessingJobPlan.hangs()])
    with pytest.raises(InvalidValue, match=r"plan=\[\] has no plan in it"):
        Options(plan=[])
    with pytest.raises(InvalidType, match="and not None: leave it out"):
        Options(plan=[None])  # type: ignore[list-item]
    with mock_sagemaker(start=START, plan=ProcessingJobPlan.hangs()) as sagemaker:
        client = make_client()
        client.create_processing_job(**processing())
        client.create_transform_job(**transform())
        sagemaker.transform_jobs["score"].advance_until("Completed")
        assert sagemaker.processing_jobs["prepare"].phase == "Processing"


def test_an_unused_plan_is_reported_with_the_jobs_of_all_kinds() -> None:
    """As for training jobs."""
    mock = mock_sagemaker(start=START).start()
    mock.plan("else", TransformJobPlan())
    make_client().create_processing_job(**processing("prepare"))
    with pytest.raises(UnusedError, match=r"plan\('else', TransformJobPlan\(\)\)\nThe jobs that were created: prepare\.\n"):
        mock.stop()


def test_an_endless_loop_over_a_batch_job_is_stopped(sagemaker: SageMakerMock, client: Any) -> None:
    """A transform job that hangs has no limit."""
    sagemaker.plan("*", TransformJobPlan.hangs())
    client.create_transform_job(**transform())
    with pytest.raises(NothingWillHappen, match=r"'score' is InProgress/Transforming since .* by TransformJobPlan.hangs"):
        client.get_waiter("transform_job_completed_or_stopped").wait(
            TransformJobName="score", WaiterConfig={"MaxAttempts": 10_000, "Delay": 60}
        )


def test_an_error_in_planned_lines_names_the_plan(sagemaker: SageMakerMock, client: Any) -> None:
    """The callable returned lines that do not fit its phase."""
    sagemaker.plan("*", ProcessingJobPlan.completes(processing=5, logs={"Processing": lambda _: [(9, "late")]}))
    with pytest.raises(PlanError, match="'late' is written 9 s into Processing"):
        client.create_processing_job(**processing())


# -- jobs that already existed, and jobs that are created as Completed


@pytest.mark.parametrize("kind", ["processing", "transform"])
def test_a_backdated_job_is_in_the_middle_of_its_life(sagemaker: SageMakerMock, client: Any, kind: str) -> None:
    """Its creation is not among the calls, and it comes before jobs that were created later."""
    sagemaker.clock.advance(1000)
    getattr(sagemaker, f"create_{kind}_job")("new")
    view = getattr(sagemaker, f"create_{kind}_job")("old", started_ago=120, Tags=[{"Key": "team", "Value": "churn"}])
    assert (view.created, view.started, view.status) == (after(880), after(980), "InProgress")
    listed = getattr(client, f"list_{kind}_jobs")()[f"{kind.title()}JobSummaries"]
    assert [one[f"{kind.title()}JobName"] for one in listed] == ["new", "old"]
    assert sagemaker.calls.to("Create*").count == 0
    other: Any = TransformJobPlan() if kind == "processing" else ProcessingJobPlan()
    with pytest.raises(InvalidValue, match=f"is for {other.kind.name} jobs: write plan={kind.title()}JobPlan.completes"):
        getattr(sagemaker, f"create_{kind}_job")("third", plan=other)
    with pytest.raises(InvalidType, match=f"Create{kind.title()}Job has no field 'HyperParameters'"):
        getattr(sagemaker, f"create_{kind}_job")("third", HyperParameters={})


def test_a_job_can_be_created_as_completed(sagemaker: SageMakerMock, client: Any) -> None:
    """As with moto; the plan takes one line."""
    sagemaker.plan("*", ProcessingJobPlan.immediate())
    sagemaker.plan("*", TransformJobPlan.immediate())
    client.create_processing_job(**processing())
    client.create_transform_job(**transform())
    assert client.describe_processing_job(ProcessingJobName="prepare")["ProcessingEndTime"] == START
    assert client.describe_transform_job(TransformJobName="score")["TransformJobStatus"] == "Completed"


# -- laws over random lives of all kinds


def _plans() -> st.SearchStrategy[list[Any]]:
    seconds = st.integers(0, 300)
    return st.tuples(
        st.one_of(st.builds(Plan.completes, training=seconds), st.builds(Plan.fails, after=seconds), st.just(Plan.hangs())),
        st.one_of(
            st.builds(ProcessingJobPlan.completes, starting=seconds, processing=seconds),
            st.builds(ProcessingJobPlan.fails, starting=seconds, after=seconds),
            st.builds(ProcessingJobPlan.hangs, starting=seconds),
        ),
        st.one_of(
            st.builds(TransformJobPlan.completes, starting=seconds, transforming=seconds),
            st.builds(TransformJobPlan.fails, during=st.just("Starting"), after=seconds),
            st.builds(TransformJobPlan.never_answers),
        ),
    ).map(list)


_ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["training", "processing", "transform"]),
        st.sampled_from(["fail", "complete", "stop", "api"]),
        st.integers(0, 400),
    ),
    max_size=4,
)


@settings(max_examples=40, deadline=None)
@given(_plans(), _ACTIONS)
def test_jobs_of_all_kinds_live_side_by_side(plans: list[Any], actions: list[tuple[str, str, int]]) -> None:
    """Lists, descriptions, views and events agree at every instant, and the kinds do not affect one another."""
    with mock_sagemaker(start=START, latency=0, plan=plans, wall="real") as sagemaker:
        client = make_client()
        create(client, "churn")
        client.create_processing_job(**processing("churn"))
        client.create_transform_job(**transform("churn"))
        for kind, action, wait_s in actions:
            sagemaker.clock.advance(wait_s)
            view, member = view_of(sagemaker, kind), f"{kind.title()}Job"
            before = {one: view_of(sagemaker, one).status for one in ("training", "processing", "transform")}
            if before[kind] == "InProgress":
                if action == "api":
                    getattr(client, f"stop_{kind}_job")(**{f"{member}Name": "churn"})
                else:
                    getattr(view, action)()
            now = {one: view_of(sagemaker, one).status for one in before}
            assert {**now, kind: ""} == {**before, kind: ""}
            _agree(sagemaker, client)
        sagemaker.clock.advance(days=2)
        _agree(sagemaker, client)
        assert all(view_of(sagemaker, one).ended is not None or plans[0] == Plan.hangs() for one in ("processing", "transform"))


def _agree(sagemaker: SageMakerMock, client: Any) -> None:
    for kind in ("training", "processing", "transform"):
        member = f"{kind.title()}Job"
        shown = getattr(client, f"describe_{kind}_job")(**{f"{member}Name": "churn"})
        (listed,) = getattr(client, f"list_{kind}_jobs")()[f"{member}Summaries"]
        view = view_of(sagemaker, kind)
        assert shown[f"{member}Status"] == listed[f"{member}Status"] == view.status
        assert ("FailureReason" in shown) == (view.status == "Failed") == (view.failure_reason is not None)
        mine = [event for event in sagemaker.events if event["detail-type"] == f"SageMaker {kind.title()} Job State Change"]
        assert mine[-1]["detail"][f"{member}Status"] == view.status
        assert [event["time"] for event in mine] == sorted(event["time"] for event in mine)
