"""The objects that processing and transform jobs leave in moto's S3."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from sagemock import PlanError, ProcessingJobPlan, SageMakerMock, TransformJobPlan, UsageError, mock_sagemaker
from sagemock.served.plans import from_document, to_document
from tests.moto.test_artifacts import bucket, content, keys
from tests.support.batch import processing, transform
from tests.support.calling import START, after, code_and_text, make_client

PLANS = [ProcessingJobPlan.completes(starting=60, processing=600), TransformJobPlan.completes(starting=60, transforming=600)]
ROLE = "arn:aws:iam::123456789012:role/Processing"


@pytest.fixture
def sagemaker() -> Iterator[SageMakerMock]:
    """Start all mocks; calls take no time."""
    with mock_aws(), mock_sagemaker(start=START, latency=0, plan=PLANS) as mock:
        yield mock


def output(name: str, uri: str) -> dict[str, Any]:
    """Return one output of a processing job request."""
    return {
        "OutputName": name,
        "S3Output": {"S3Uri": uri, "LocalPath": f"/opt/ml/processing/{name}", "S3UploadMode": "EndOfJob"},
    }


def outputs(*given: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a processing job request with these outputs."""
    return processing(ProcessingOutputConfig={"Outputs": list(given), **more})


def model(client: Any) -> None:
    """Create the model that a transform job needs."""
    client.create_model(ModelName="churn", ExecutionRoleArn=ROLE)


def data(uri: str, kind: str = "S3Prefix") -> dict[str, Any]:
    """Return the input of a transform job request."""
    return {"DataSource": {"S3DataSource": {"S3DataType": kind, "S3Uri": uri}}}


def test_a_processing_job_uploads_when_it_completes(sagemaker: SageMakerMock) -> None:
    """At the instant of ProcessingEndTime, and not before; each output gets a placeholder."""
    s3, client = bucket(), make_client()
    feature = {"OutputName": "features", "FeatureStoreOutput": {"FeatureGroupName": "churn"}}
    client.create_processing_job(**outputs(output("train", "s3://churn/a/train"), output("test", "s3://churn"), feature))
    sagemaker.clock.advance(659.999)
    assert keys(s3) == []
    sagemaker.clock.advance(days=1)
    assert keys(s3) == ["a/train/train.txt", "test.txt"]
    assert content(s3, "test.txt") == b"The output test of prepare, processed by nobody.\n"
    assert s3.head_object(Bucket="churn", Key="test.txt")["LastModified"] == after(660)


def test_a_plan_has_the_content_of_outputs(sagemaker: SageMakerMock, tmp_path: Path) -> None:
    """Bytes, files, directories; content for an unknown output is not used."""
    s3, client = bucket(), make_client()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.csv").write_bytes(b"2")
    (tmp_path / "c.csv").write_bytes(b"3")
    given: dict[str, Any] = {
        "train/a.csv": b"1",
        "train/more": tmp_path / "deep",
        "test": tmp_path,
        "report": str(tmp_path / "c.csv"),
        "other/x": b"",
    }
    sagemaker.plan("*", PLANS[0].but(outputs=given))
    client.create_processing_job(**outputs(*(output(name, f"s3://churn/{name}") for name in ("train", "test", "report"))))
    sagemaker.advance_until_idle()
    found = {key: content(s3, key) for key in keys(s3)}
    assert found == {
        "report/c.csv": b"3",
        "test/c.csv": b"3",
        "test/deep/b.csv": b"2",
        "train/a.csv": b"1",
        "train/more/b.csv": b"2",
    }


@pytest.mark.parametrize(
    "plan",
    [ProcessingJobPlan.fails(), ProcessingJobPlan.hangs(), ProcessingJobPlan(stopped_after=100)],
    ids=["fails", "reaches its limit", "is stopped"],
)
def test_a_job_that_does_not_complete_uploads_nothing(plan: ProcessingJobPlan, sagemaker: SageMakerMock) -> None:
    """Neither does one whose outputs are elsewhere, or that has none."""
    s3, client = bucket(), make_client()
    sagemaker.plan("prepare", plan, times=1)
    client.create_processing_job(**outputs(output("train", "s3://churn/train")))
    client.create_processing_job(**processing("bare"))
    client.create_processing_job(**outputs(output("train", "https://churn/train")) | {"ProcessingJobName": "elsewhere"})
    sagemaker.advance_until_idle()
    assert keys(s3) == []


def test_a_job_completed_by_hand_uploads_at_once(sagemaker: SageMakerMock) -> None:
    """Only once; a job without its bucket uploads nothing, but completes."""
    s3, client = bucket(), make_client()
    client.create_processing_job(
        **outputs(output("none", "s3://nowhere"), output("none2", "s3://nowhere"), output("a", "s3://churn"))
    )
    sagemaker.clock.advance(1)
    sagemaker.processing_jobs["prepare"].complete()
    assert keys(s3) == ["a.txt"]
    sagemaker.advance_until_idle()
    assert s3.head_object(Bucket="churn", Key="a.txt")["LastModified"] == after(1)


def test_a_transform_job_makes_an_object_for_each_input_object(sagemaker: SageMakerMock) -> None:
    """As many as there are at its end, named after the last part of their keys."""
    s3, client = bucket(), make_client()
    model(client)
    for key in ("in/", "in/a.csv", "in/deep/b & c.csv", "other/c.csv"):
        s3.put_object(Bucket="churn", Key=key, Body=b"1")
    client.create_transform_job(
        **transform("dir", TransformInput=data("s3://churn/in/"), TransformOutput={"S3OutputPath": "s3://churn/d/"})
    )
    client.create_transform_job(
        **transform("one", TransformInput=data("s3://churn/in/a.csv"), TransformOutput={"S3OutputPath": "s3://churn/o"})
    )
    client.create_transform_job(
        **transform("top", TransformInput=data("s3://churn/i"), TransformOutput={"S3OutputPath": "s3://churn"})
    )
    sagemaker.advance_until_idle()
    assert sorted(key for key in keys(s3) if key.endswith(".out")) == [
        "d/a.csv.out",
        "d/deep/b & c.csv.out",
        "in/a.csv.out",
        "in/deep/b & c.csv.out",
        "o/a.csv.out",
    ]
    assert content(s3, "o/a.csv.out") == b"What one makes of a.csv, transformed by nobody.\n"


def test_a_plan_has_the_output_of_a_transform_job(sagemaker: SageMakerMock, monkeypatch: pytest.MonkeyPatch) -> None:
    """For some objects, or extra ones; the others are placeholders. More objects than one S3 page are found too."""
    s3, client = bucket(), make_client()
    model(client)
    monkeypatch.setattr("sagemock.moto.s3.PAGE", 2)
    for number in range(5):
        s3.put_object(Bucket="churn", Key=f"in/{number:04}", Body=b"")
    sagemaker.plan("score", PLANS[1].but(outputs={"0001.out": b"0.7", "_SUCCESS": b""}))
    client.create_transform_job(
        **transform(TransformInput=data("s3://churn/in/"), TransformOutput={"S3OutputPath": "s3://churn/out"})
    )
    sagemaker.advance_until_idle()
    assert content(s3, "out/0001.out") == b"0.7"
    assert content(s3, "out/_SUCCESS") == b""
    assert content(s3, "out/0004.out").startswith(b"What score makes of 0004")


@pytest.mark.parametrize(
    "manifest, found",
    [
        (json.dumps([{"prefix": "s3://churn/in/"}, "a.csv", "deep/b.csv"]).encode(), ["out/a.csv.out", "out/deep/b.csv.out"]),
        (b"no manifest", []),
        (b"{}", []),
        (None, []),
    ],
    ids=["names", "text", "object", "none"],
)
def test_a_manifest_lists_the_input(manifest: bytes | None, found: list[str], sagemaker: SageMakerMock) -> None:
    """One that is missing, or cannot be read, lists nothing."""
    s3, client = bucket(), make_client()
    model(client)
    if manifest is not None:
        s3.put_object(Bucket="churn", Key="list.json", Body=manifest)
    client.create_transform_job(
        **transform(
            TransformInput=data("s3://churn/list.json", "ManifestFile"), TransformOutput={"S3OutputPath": "s3://churn/out"}
        )
    )
    sagemaker.advance_until_idle()
    assert [key for key in keys(s3) if key != "list.json"] == found


def test_input_and_output_elsewhere_are_left_alone(sagemaker: SageMakerMock) -> None:
    """Not in S3, or in a bucket that does not exist."""
    s3, client = bucket(), make_client()
    model(client)
    for name, source, target in (
        ("a", "https://x/in", "s3://churn/out"),
        ("b", "s3://none/in", "https://x/out"),
        ("c", "s3://none/in", "s3://churn/out"),
    ):
        client.create_transform_job(**transform(name, TransformInput=data(source), TransformOutput={"S3OutputPath": target}))
    sagemaker.advance_until_idle()
    assert keys(s3) == []


def test_outputs_are_a_mapping_of_paths(tmp_path: Path) -> None:
    """The error is raised where the plan is written; valid outputs survive JSON."""
    for wrong, message in (
        (5, "outputs=5: it is a mapping of paths to contents"),
        ((1, 2), "it is a mapping of paths to contents"),
        ({5: b""}, "a path of outputs is a text, not 5"),
        ({"a": 5}, "outputs has 5 at 'a': give bytes, or the path of a file or directory"),
        ({"a": ""}, "outputs has '' at 'a': give bytes"),
        ({"a": str(tmp_path / "none")}, "at 'a': there is no such file or directory"),
        ({"a": "x" * 5000}, "at 'a': there is no such file or directory"),
    ):
        with pytest.raises(PlanError, match=message.replace("(", r"\(")):
            ProcessingJobPlan(outputs=wrong)  # type: ignore[arg-type]  # the point of the test
    plan = ProcessingJobPlan.completes().but(outputs={"a/b": b"\x00", "c": tmp_path, "d": str(tmp_path)})
    assert from_document(json.loads(json.dumps(to_document(plan)))) == plan
    assert from_document({"kind": "processing", "outputs": {"a": {"base64": "AA=="}}}) == ProcessingJobPlan(
        outputs={"a": b"\x00"}
    )
    with pytest.raises(PlanError, match=r"outputs\['a'\] is not base64"):
        from_document({"kind": "processing", "outputs": {"a": {"base64": "x"}}})
    with pytest.raises(PlanError, match="outputs=5"):
        from_document({"kind": "processing", "outputs": 5})


def test_a_job_created_by_the_test_uploads_too() -> None:
    """Even if no client has made a call."""
    with mock_aws(), mock_sagemaker(start=START) as mock:
        s3 = bucket()
        job = mock.create_processing_job("prepare", ProcessingOutputConfig={"Outputs": [output("a", "s3://churn")]})
        job.advance_until("Completed")
        assert keys(s3) == ["a.txt"]


# -- input


def test_check_s3_requires_their_input() -> None:
    """In the words for a training job; a transform job uses the role of its model."""
    with mock_aws(), mock_sagemaker(start=START, check_s3=True):
        s3, client = bucket(), make_client()
        model(client)
        source = {
            "InputName": "in",
            "S3Input": {
                "S3Uri": "s3://churn/raw/",
                "LocalPath": "/opt/ml/processing/in",
                "S3DataType": "S3Prefix",
                "S3InputMode": "File",
            },
        }
        with pytest.raises(ClientError) as refused:
            client.create_processing_job(**processing(ProcessingInputs=[source]))
        code, text, _ = code_and_text(refused.value)
        assert code == "ValidationException"
        assert text.startswith('No S3 objects found under S3 URL "s3://churn/raw/" given in input data source.')
        assert text.endswith(f'that the role "{ROLE}" has "s3:ListBucket" permissions on bucket "churn".')
        with pytest.raises(ClientError, match='and that the role of the model has "s3:ListBucket" permissions on bucket "churn"'):
            client.create_transform_job(**transform(TransformInput=data("s3://churn/in")))
        s3.put_object(Bucket="churn", Key="raw/a", Body=b"")
        s3.put_object(Bucket="churn", Key="in/a", Body=b"")
        other = {"InputName": "rows", "DatasetDefinition": {"LocalPath": "/opt/ml/processing/rows"}}
        client.create_processing_job(**processing(ProcessingInputs=[source, other]))
        client.create_transform_job(**transform(TransformInput=data("s3://churn/in")))
    with mock_sagemaker(check_s3=True), pytest.raises(UsageError, match="check_s3=True, but no S3 is active in which to look"):
        make_client().create_transform_job(**transform())
