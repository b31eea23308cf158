"""The environment has what botocore needs while a mock is active, and is as before afterwards."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.credentials import DeferredRefreshableCredentials
from botocore.exceptions import CredentialRetrievalError

from sagemock import mock_sagemaker
from sagemock.environ import Environ

OURS = {"AWS_ACCESS_KEY_ID": "sagemock", "AWS_SECRET_ACCESS_KEY": "sagemock", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture
def environ() -> Iterator[Environ]:
    """Take the change back at the end, as the stack does."""
    changed = Environ()
    yield changed
    changed.uninstall()


@pytest.fixture
def default_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let boto3 make its default session anew, and take back the tests' own."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


def added() -> dict[str, str]:
    """Return what is in the environment of AWS's, besides what keeps the reader's own settings out."""
    kept = {"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED"}
    return {name: value for name, value in os.environ.items() if name.startswith("AWS_") and name not in kept}


def test_what_is_missing_is_set_and_taken_away(environ: Environ) -> None:
    """Credentials and a region."""
    environ.install()
    assert added() == OURS
    environ.uninstall()
    assert added() == {}


def test_the_metadata_service_is_not_asked(environ: Environ, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where credentials are looked for all the same, nobody waits for an address that does not answer."""
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    environ.install()
    assert os.environ["AWS_EC2_METADATA_DISABLED"] == "true"
    environ.uninstall()
    assert "AWS_EC2_METADATA_DISABLED" not in os.environ


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_half_a_pair_of_credentials_is_left_to_botocore(name: str, environ: Environ, monkeypatch: pytest.MonkeyPatch) -> None:
    """It complains, as it would in production."""
    monkeypatch.setenv(name, "mine")
    environ.install()
    assert added() == {name: "mine", "AWS_DEFAULT_REGION": "us-east-1"}
    environ.uninstall()
    assert added() == {name: "mine"}


def test_what_the_user_has_set_is_kept(environ: Environ, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's is overruled."""
    mine = dict.fromkeys(OURS, "mine")
    for name, value in mine.items():
        monkeypatch.setenv(name, value)
    environ.install()
    assert added() == mine
    environ.uninstall()
    assert added() == mine


def test_what_was_changed_meanwhile_is_kept(environ: Environ) -> None:
    """A variable that has another value by then, or is gone, is somebody else's business."""
    environ.install()
    os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"
    del os.environ["AWS_ACCESS_KEY_ID"]
    environ.uninstall()
    assert added() == {"AWS_DEFAULT_REGION": "eu-west-1"}
    del os.environ["AWS_DEFAULT_REGION"]


@pytest.mark.parametrize(
    "config, profile, region",
    [
        ("[default]\nregion = eu-west-1\n", {}, "eu-west-1"),
        ("[default]\noutput = json\n", {}, "us-east-1"),
        ("[profile other]\nregion = eu-west-3\n", {}, "us-east-1"),
        ("[profile other]\nregion = eu-west-3\n", {"AWS_PROFILE": "other"}, "eu-west-3"),
        ("[profile other]\nregion = eu-west-3\n", {"AWS_DEFAULT_PROFILE": "other"}, "eu-west-3"),
        # Of the two, botocore takes the second (configprovider.py).
        (
            "[profile one]\nregion = eu-west-1\n[profile other]\nregion = eu-west-3\n",
            {"AWS_PROFILE": "one", "AWS_DEFAULT_PROFILE": "other"},
            "eu-west-3",
        ),
        (
            "[profile one]\nregion = eu-west-1\n[profile other]\n",
            {"AWS_PROFILE": "one", "AWS_DEFAULT_PROFILE": "other"},
            "us-east-1",
        ),
    ],
)
def test_the_region_of_the_profile_is_not_overruled(
    config: str, profile: dict[str, str], region: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client is made where the user's configuration says."""
    file = tmp_path / "config"
    file.write_text(config, encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    for name, value in profile.items():
        monkeypatch.setenv(name, value)
    with mock_sagemaker():
        client: Any = botocore.session.Session().create_client("sagemaker", aws_access_key_id="AKID", aws_secret_access_key="x")
        assert client.meta.region_name == region
        client.list_training_jobs()


def test_a_configuration_that_cannot_be_read_is_left_to_botocore(
    tmp_path: Path, environ: Environ, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mock starts all the same."""
    file = tmp_path / "config"
    file.write_text("[default\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    environ.install()
    assert added() == OURS


@pytest.mark.usefixtures("default_session")
def test_the_default_session_keeps_nothing_of_ours() -> None:
    """boto3's default session, made inside the mock, finds no credentials and no region after it."""
    with mock_sagemaker():
        client = boto3.client("sagemaker")
        assert client.list_training_jobs()["TrainingJobSummaries"] == []
    session: Any = boto3.DEFAULT_SESSION
    assert session.get_credentials() is None
    assert session.region_name is None


def test_a_session_that_was_there_before_keeps_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """It finds the user's credentials when these come."""
    session: Any = botocore.session.Session()
    with mock_sagemaker():
        assert session.get_credentials().access_key == "sagemock"
        session.create_client("sagemaker").list_training_jobs()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert session.get_credentials().access_key == "mine"


def test_a_session_keeps_the_credentials_that_are_its_own() -> None:
    """Those that somebody gave it stay, be they called like ours; those that need a refresh are not looked at."""
    given: Any = botocore.session.Session()
    given.set_credentials("sagemock", "secret")
    stale: Any = botocore.session.Session()
    stale._credentials = DeferredRefreshableCredentials(partial(pytest.fail, "the credentials were refreshed"), "sso")
    with mock_sagemaker():
        assert given.get_credentials() is given._credentials
        assert stale.get_credentials() is stale._credentials


@pytest.mark.parametrize(
    "settings",
    ["credential_process = false", "role_arn = arn:aws:iam::123456789012:role/x\ncredential_source = Ec2InstanceMetadata"],
    ids=["process", "metadata"],
)
def test_a_profile_that_gives_no_credentials_here_is_no_hindrance(
    settings: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None are needed: where production has them, a test may not; and the metadata service is one that we have disabled."""
    file = tmp_path / "config"
    file.write_text(f"[profile prod]\nregion = eu-west-1\n{settings}\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    with mock_sagemaker():
        session: Any = botocore.session.Session(profile="prod")
        client = session.create_client("sagemaker")
        assert client.list_training_jobs()["TrainingJobSummaries"] == []
    with pytest.raises(CredentialRetrievalError):
        session.get_credentials()


@pytest.mark.parametrize(
    "led_to", [{}, {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials"}], ids=["ec2", "container"]
)
def test_a_test_that_clears_the_environment_needs_no_credentials(led_to: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours are gone then, and what botocore asks for others is out of reach."""
    with mock_sagemaker(), monkeypatch.context() as patched:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patched.delenv(name)
        for name, value in led_to.items():
            patched.setenv(name, value)
        client: Any = botocore.session.Session().create_client("sagemaker", "eu-west-1")
        assert client.list_training_jobs()["TrainingJobSummaries"] == []
