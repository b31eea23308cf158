"""The environment that botocore needs is set while a mock is active, and restored afterwards."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.credentials import DeferredRefreshableCredentials, ProcessProvider
from botocore.exceptions import CredentialRetrievalError

from sagemock import NotAnswered, mock_sagemaker

KEYS = {"AWS_ACCESS_KEY_ID": "sagemock", "AWS_SECRET_ACCESS_KEY": "sagemock"}
OURS = {**KEYS, "AWS_DEFAULT_REGION": "us-east-1"}
LEADS = {
    "AWS_ACCESS_KEY_ID": "AKIDREAL",
    "AWS_BEARER_TOKEN_BEDROCK": "mine",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN": "mine",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/mine",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2",
    "AWS_CREDENTIAL_EXPIRATION": "2018-07-30T00:00:00Z",
    "AWS_DEFAULT_PROFILE": "prod",
    "AWS_PROFILE": "prod",
    "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/x",
    "AWS_ROLE_SESSION_NAME": "mine",
    "AWS_SECRET_ACCESS_KEY": "mine",
    "AWS_SECURITY_TOKEN": "mine",
    "AWS_SESSION_TOKEN": "mine",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/mine",
}


@pytest.fixture
def default_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove boto3's default session before each test, and restore it afterwards."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


def added_variables() -> dict[str, str]:
    """Return AWS's variables in the environment, without those that hide this machine's settings."""
    kept = {"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED"}
    return {name: value for name, value in os.environ.items() if name.startswith("AWS_") and name not in kept}


def test_missing_credentials_and_region_are_set_and_removed() -> None:
    """If the user has set none."""
    with mock_sagemaker():
        assert added_variables() == OURS
    assert added_variables() == {}


def test_the_metadata_service_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if botocore looks for credentials, and whatever the user has set, unless `passthrough` has its address."""
    for own in ("false", None):
        if own is None:
            monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
        else:
            monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", own)
        with mock_sagemaker(passthrough=["s3", "169.254.169.254"]):
            assert os.environ.get("AWS_EC2_METADATA_DISABLED") == own
            with mock_sagemaker(passthrough=["s3"]):
                assert os.environ["AWS_EC2_METADATA_DISABLED"] == "true"
        assert os.environ.get("AWS_EC2_METADATA_DISABLED") == own


def test_variables_that_lead_to_real_credentials_are_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    """In mocks without `passthrough`, even around or inside one that has some; they come back, whichever stops first."""
    for name, value in LEADS.items():
        monkeypatch.setenv(name, value)
    open_ones = {**LEADS, "AWS_DEFAULT_REGION": "us-east-1"}
    for first in (0, 1):
        mocks = [mock_sagemaker(passthrough=["s3"]), mock_sagemaker()]
        mocks[0].start()
        assert added_variables() == open_ones
        mocks[1].start()
        assert added_variables() == OURS
        mocks[first].stop()
        assert added_variables() == (OURS if first == 0 else open_ones)
        mocks[1 - first].stop()
        assert added_variables() == LEADS
    with mock_sagemaker():
        with mock_sagemaker(passthrough=["s3"]):
            assert added_variables() == OURS
        assert added_variables() == OURS
    assert added_variables() == LEADS


def test_a_variable_that_the_test_changed_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or deleted."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "mine")
    monkeypatch.setenv("AWS_PROFILE", "mine")
    with mock_sagemaker():
        os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"
        os.environ["AWS_PROFILE"] = "theirs"
        del os.environ["AWS_SECRET_ACCESS_KEY"]
    assert added_variables() == {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_PROFILE": "theirs"}
    del os.environ["AWS_DEFAULT_REGION"]


CHILD = """
import botocore.session
found = botocore.session.Session().get_credentials()
print(found and found.access_key, found and found.token)
"""


def test_a_child_process_gets_no_real_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For each variable that leads to them."""
    file = tmp_path / "credentials"
    file.write_text("[prod]\naws_access_key_id = AKIDPROD\naws_secret_access_key = mine\n", encoding="utf-8")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    for own, before in (
        ({"AWS_PROFILE": "prod"}, "AKIDPROD None"),
        ({name: LEADS[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")}, "AKIDREAL mine"),
    ):
        with monkeypatch.context() as patched:
            for name, value in own.items():
                patched.setenv(name, value)
            assert child() == before
            with mock_sagemaker():
                assert child() == "sagemock None"
            assert child() == before


def child() -> str:
    """Return what botocore finds in a child process."""
    done = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, check=True)  # noqa: S603  # our own code
    return done.stdout.strip()


@pytest.mark.parametrize(
    "config, profile, region",
    [
        ("[default]\nregion = eu-west-1\n", {}, "eu-west-1"),
        ("[default]\noutput = json\n", {}, "us-east-1"),
        ("[profile other]\nregion = eu-west-3\n", {}, "us-east-1"),
        ("[profile other]\nregion = eu-west-3\n", {"AWS_PROFILE": "other"}, "eu-west-3"),
        ("[profile other]\nregion = eu-west-3\n", {"AWS_DEFAULT_PROFILE": "other"}, "eu-west-3"),
        # botocore takes the second of the two (configprovider.py).
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
def test_the_region_of_the_profile_is_kept(
    config: str, profile: dict[str, str], region: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client is created in the region of the user's configuration."""
    file = tmp_path / "config"
    file.write_text(config, encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    for name, value in profile.items():
        monkeypatch.setenv(name, value)
    with mock_sagemaker():
        client: Any = botocore.session.Session().create_client("sagemaker", aws_access_key_id="AKID", aws_secret_access_key="x")
        assert client.meta.region_name == region
        client.list_training_jobs()


def test_an_unreadable_configuration_is_left_to_botocore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mock still starts."""
    file = tmp_path / "config"
    file.write_text("[default\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    with mock_sagemaker():
        assert added_variables() == OURS


def test_the_region_of_the_profile_stays_when_an_inner_mock_removes_the_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The profile itself works for code that names it."""
    file = tmp_path / "config"
    file.write_text(
        "[profile prod]\nregion = eu-west-1\naws_access_key_id = AKIDPROD\naws_secret_access_key = x\n", encoding="utf-8"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    monkeypatch.setenv("AWS_PROFILE", "prod")
    with mock_sagemaker(passthrough=["s3"]):
        assert added_variables() == {"AWS_PROFILE": "prod"}
        with mock_sagemaker():
            assert added_variables() == {**KEYS, "AWS_DEFAULT_REGION": "eu-west-1"}
            session: Any = botocore.session.Session(profile="prod")
            assert session.get_credentials().access_key == "AKIDPROD"
            session.create_client("sagemaker").list_training_jobs()
        assert added_variables() == {"AWS_PROFILE": "prod"}


@pytest.mark.usefixtures("default_session")
def test_the_default_session_keeps_nothing_of_ours() -> None:
    """If boto3 makes it inside, it has no credentials and no region afterwards."""
    with mock_sagemaker():
        client = boto3.client("sagemaker")
        assert client.list_training_jobs()["TrainingJobSummaries"] == []
    session: Any = boto3.DEFAULT_SESSION
    assert session.get_credentials() is None
    assert session.region_name is None


def test_an_older_session_keeps_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """It finds the user's credentials when they come."""
    session: Any = botocore.session.Session()
    with mock_sagemaker():
        assert session.get_credentials().access_key == "sagemock"
        session.create_client("sagemaker").list_training_jobs()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert session.get_credentials().access_key == "mine"


def test_a_session_keeps_its_own_credentials() -> None:
    """Explicit ones stay, even if they look like ours; refreshable ones are not read."""
    given: Any = botocore.session.Session()
    given.set_credentials("sagemock", "secret")
    stale: Any = botocore.session.Session()
    stale._credentials = DeferredRefreshableCredentials(partial(pytest.fail, "the credentials were refreshed"), "sso")
    with mock_sagemaker():
        assert given.get_credentials() is given._credentials
        assert stale.get_credentials() is stale._credentials


def test_no_credential_process_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile has credentials in production; here placeholders replace them, unless a service is let through."""
    file, started = tmp_path / "config", tmp_path / "started"
    file.write_text(f"[profile prod]\nregion = eu-west-1\ncredential_process = touch {started}\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    session: Any = botocore.session.Session(profile="prod")
    provider: Any = ProcessProvider("prod", lambda: session.full_config)
    with mock_sagemaker():
        client = session.create_client("sagemaker")
        assert client.list_training_jobs()["TrainingJobSummaries"] == []
        assert session.get_credentials().access_key == "sagemock"
        with pytest.raises(NotAnswered) as refused:
            provider._retrieve_credentials_using(credential_process=f"touch {started}")
        assert str(refused.value) == (
            f"botocore was about to start 'touch {started}', the credential_process of a profile, but no credentials are "
            "needed while sagemock is active: give the session or the client any keys, like aws_access_key_id='testing', "
            "or let the service that needs them out with mock_sagemaker(passthrough=['s3'])"
        )
    assert not started.exists()
    with mock_sagemaker(passthrough=["s3"]), pytest.raises(ValueError, match="Expecting value"):
        session.get_credentials()
    assert started.exists()


def test_a_profile_without_credentials_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None are needed, and the metadata service is disabled."""
    file = tmp_path / "config"
    settings = "role_arn = arn:aws:iam::123456789012:role/x\ncredential_source = Ec2InstanceMetadata"
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
def test_a_test_may_clear_the_environment(led_to: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Our credentials are gone then, and botocore cannot reach the services that have others."""
    with mock_sagemaker(), monkeypatch.context() as patched:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patched.delenv(name)
        for name, value in led_to.items():
            patched.setenv(name, value)
        client: Any = botocore.session.Session().create_client("sagemaker", "eu-west-1")
        assert client.list_training_jobs()["TrainingJobSummaries"] == []
