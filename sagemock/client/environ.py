"""Environment variables with a region and stand-in credentials, so that no code finds the user's own credentials."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from botocore.configloader import load_config
from botocore.credentials import Credentials, ProcessProvider, RefreshableCredentials
from botocore.exceptions import BotoCoreError, CredentialRetrievalError
from botocore.session import Session

from sagemock.cleanup import run_all
from sagemock.errors import NotAnswered
from sagemock.moto.handler import disown
from sagemock.patches.active import Innermost
from sagemock.patches.patch import Wrapped

__all__ = ["BEARER", "LEADS_TO_CREDENTIALS", "NONE_HERE", "REGION", "Environ", "MetadataOff", "StandIns", "stand_in"]

REGION: Final = "us-east-1"
"""The region of whoever names none."""
_STAND_IN: Final = "sagemock"
_CREDENTIALS: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_PROFILES: Final = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")
"""The variables that name a profile, in botocore's order of preference (configprovider.py)."""
LEADS_TO_CREDENTIALS: Final = frozenset(
    {
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        # The expiry of the user's own keys: with it, other tools would consider our stand-ins expired.
        "AWS_CREDENTIAL_EXPIRATION",
        *_PROFILES,
        "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME",
        "AWS_SECURITY_TOKEN",
        "AWS_SESSION_TOKEN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    }
)
BEARER: Final = "AWS_BEARER_TOKEN_"
"""The prefix of variables with the token for one service, which botocore/tokens.py (`ScopedEnvTokenProvider`) reads."""

NONE_HERE: Final = (CredentialRetrievalError, NotAnswered)
"""Errors that mean "no credentials here": a profile's process or service gave none, or, in an environment that the test has
cleared, the guard stopped the metadata request. The request then goes unsigned."""


class _Changes:
    """Changes to the environment. `take_back` restores each variable, unless other code has changed it since."""

    def __init__(self) -> None:
        self.ours: dict[str, str | None] = {}
        self.before: dict[str, str | None] = {}

    def make(self, values: Mapping[str, str | None]) -> None:
        """Set variables; None deletes one."""
        before = {name: os.environ.get(name) for name in values}
        self.ours = {name: value for name, value in values.items() if value != before[name]}
        self.before = {name: before[name] for name in self.ours}
        _put(self.ours)

    def take_back(self) -> None:
        """Undo `make`."""
        still = {name: self.before[name] for name, value in self.ours.items() if os.environ.get(name) == value}
        _put(still)
        # Other code that has set a variable (a `mock_aws`) may later restore our value.
        disown({name: value for name, value in self.ours.items() if value is not None and name not in still}, self.before)
        self.ours, self.before = {}, {}


def _put(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


class MetadataOff:
    """Keeps botocore from the instance metadata service, also if it searches for credentials (for a profile without any)."""

    def __init__(self) -> None:
        self._changes = _Changes()

    def install(self) -> None:
        """Switch the metadata service off."""
        self._changes.make({"AWS_EC2_METADATA_DISABLED": "true"})

    def uninstall(self) -> None:
        """Restore the setting."""
        self._changes.take_back()


class StandIns:
    """Replaces the user's credentials, so that code that reads the environment, such as a child process, cannot sign with them.

    Variables that lead to other credentials are removed. A child process that gets its own environment or files is not stopped.
    """

    def __init__(self) -> None:
        self._changes = _Changes()

    def install(self) -> None:
        """Replace the keys, and remove variables that lead to others."""
        # Only variables that exist: a look-up in the environment that finds nothing takes ten times as long as one in a set.
        values: dict[str, str | None]
        values = {name: None for name in os.environ if name in LEADS_TO_CREDENTIALS or name.startswith(BEARER)}
        values.update(dict.fromkeys(_CREDENTIALS, _STAND_IN))
        if "AWS_DEFAULT_REGION" not in os.environ:
            # Keep the region of the profile, whose name is removed here.
            values["AWS_DEFAULT_REGION"] = _configured_region()
        self._changes.make(values)

    def uninstall(self) -> None:
        """Restore the environment."""
        self._changes.take_back()


class Environ:
    """Sets a region if none is set, and makes sessions forget our credentials, so that each client reads them again.

    If no `passthrough` needs credentials, a profile's `credential_process` is not started; the client gets the stand-ins.
    """

    def __init__(self, innermost: Innermost) -> None:
        self._innermost = innermost
        self._changes = _Changes()
        self._get_credentials = Wrapped(Session, "get_credentials", self._forget)
        self._run_process = Wrapped(ProcessProvider, "_retrieve_credentials_using", self.refuse_process)

    def install(self) -> None:
        """Set the missing region."""
        if "AWS_DEFAULT_REGION" not in os.environ and not _configured_region():
            self._changes.make({"AWS_DEFAULT_REGION": REGION})
        self._get_credentials.install()
        self._run_process.install()

    def uninstall(self) -> None:
        """Undo `install`."""
        run_all(self._changes.take_back, self._run_process.uninstall, self._get_credentials.uninstall)

    def _forget(self, wrapped: Callable[..., Any], session: Session, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        credentials = None
        with suppress(*NONE_HERE):
            credentials = wrapped(*args, **kwargs)
        self.forget(session, credentials)
        return stand_in(Credentials) if credentials is None else credentials

    def forget(self, session: Session, credentials: object) -> None:
        """If these credentials are ours, let the session that found them look again next time."""
        # Reading the key of refreshable credentials would refresh them.
        if not isinstance(credentials, Credentials) or isinstance(credentials, RefreshableCredentials):
            return
        if (credentials.method, credentials.access_key) == ("env", _STAND_IN):
            vars(session)["_credentials"] = None

    def refuse_process(self, wrapped: Callable[..., Any], _: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        """Start a profile's `credential_process` only if `passthrough` may need its credentials."""
        active = self._innermost()
        if active is None or active.passthrough:
            return wrapped(*args, **kwargs)
        process = args[0] if args else kwargs["credential_process"]
        raise NotAnswered(
            f"botocore was about to start {process!r}, the credential_process of a profile, but no credentials are needed while "
            "sagemock is active: give the session or the client any keys, like aws_access_key_id='testing', "
            "or let the service that needs them out with mock_sagemaker(passthrough=['s3'])"
        )


def stand_in(kind: Callable[..., Any]) -> Any:  # noqa: ANN401  # aiobotocore has a class of its own
    """Return stand-in credentials."""
    return kind(_STAND_IN, _STAND_IN, method=_STAND_IN)


def _configured_region() -> str | None:
    """Return the region of the user's profile, which we do not override; None if it has none."""
    # Not by pathlib: it takes longer than the rest of a mock's start.
    path = os.path.expanduser(os.environ.get("AWS_CONFIG_FILE", "~/.aws/config"))  # noqa: PTH111
    if not os.path.isfile(path):  # noqa: PTH113
        return None
    try:
        profiles = load_config(path)["profiles"]
    except BotoCoreError:
        # botocore itself complains of a file that it cannot read.
        return None
    profile = next((os.environ[name] for name in _PROFILES if name in os.environ), "default")
    region: str | None = profiles.get(profile, {}).get("region")
    return region
