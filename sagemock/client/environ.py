"""The environment in which botocore finds credentials and a region although the user has set none, and nobody the user's own."""

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

__all__ = ["NONE_HERE", "Environ", "MetadataOff", "StandIns", "stand_in"]

REGION: Final = "us-east-1"
_STAND_IN: Final = "sagemock"
_CREDENTIALS: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_PROFILES: Final = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")
"""In botocore's order of preference (configprovider.py)."""
_LEADS_TO_CREDENTIALS: Final = (
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    # Of the keys that are replaced: others would take ours for expired.
    "AWS_CREDENTIAL_EXPIRATION",
    *_PROFILES,
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
)
_BEARER: Final = "AWS_BEARER_TOKEN_"
"""Begins the name of a variable with a token for one service, as botocore/tokens.py (`ScopedEnvTokenProvider`) reads them."""

NONE_HERE: Final = (CredentialRetrievalError, NotAnswered)
"""What a search for credentials ends in where there are none: the process or the service to which a profile leads gives none, or,
where a test has cleared the environment, what botocore asks is out of reach. None are needed."""


class _Changes:
    """Changes to the environment; taken back, each variable is as before, unless somebody has given it another value since."""

    def __init__(self) -> None:
        self.ours: dict[str, str | None] = {}
        self.before: dict[str, str | None] = {}

    def make(self, values: Mapping[str, str | None]) -> None:
        """Give variables other values; None: take them away."""
        before = {name: os.environ.get(name) for name in values}
        self.ours = {name: value for name, value in values.items() if value != before[name]}
        self.before = {name: before[name] for name in self.ours}
        _put(self.ours)

    def take_back(self) -> None:
        """Undo it."""
        still = {name: self.before[name] for name, value in self.ours.items() if os.environ.get(name) == value}
        _put(still)
        # Who has set another value may want to put ours back.
        disown({name: value for name, value in self.ours.items() if value is not None and name not in still}, self.before)
        self.ours, self.before = {}, {}


def _put(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


class MetadataOff:
    """Where credentials are looked for all the same (a profile without any), the instance metadata service is not asked."""

    def __init__(self) -> None:
        self._changes = _Changes()

    def install(self) -> None:
        """Switch it off."""
        self._changes.make({"AWS_EC2_METADATA_DISABLED": "true"})

    def uninstall(self) -> None:
        """Leave it as it was."""
        self._changes.take_back()


class StandIns:
    """Credentials in place of the user's own: whoever reads the environment, such as a child process, cannot sign by those.

    Nor is anything in it that leads to others. A child that is given its own environment or files is not stopped.
    """

    def __init__(self) -> None:
        self._changes = _Changes()

    def install(self) -> None:
        """Replace the keys, and take away what leads to others."""
        values: dict[str, str | None] = dict.fromkeys(_LEADS_TO_CREDENTIALS)
        values.update(dict.fromkeys(name for name in os.environ if name.startswith(_BEARER)))
        values.update(dict.fromkeys(_CREDENTIALS, _STAND_IN))
        if "AWS_DEFAULT_REGION" not in os.environ:
            # Of the profile that is not named any more.
            values["AWS_DEFAULT_REGION"] = _configured_region()
        self._changes.make(values)

    def uninstall(self) -> None:
        """Leave the environment as it was."""
        self._changes.take_back()


class Environ:
    """Sets a region if none is set, and lets no session keep our credentials: they are read anew for each client.

    While no `passthrough` needs them, no process of the user's is started for credentials: the stand-ins take their place.
    """

    def __init__(self, innermost: Innermost) -> None:
        self._innermost = innermost
        self._changes = _Changes()
        self._get_credentials = Wrapped(Session, "get_credentials", self._forget)
        self._run_process = Wrapped(ProcessProvider, "_retrieve_credentials_using", self.refuse_process)

    def install(self) -> None:
        """Set what is missing."""
        if "AWS_DEFAULT_REGION" not in os.environ and not _configured_region():
            self._changes.make({"AWS_DEFAULT_REGION": REGION})
        self._get_credentials.install()
        self._run_process.install()

    def uninstall(self) -> None:
        """Take away what was set."""
        run_all(self._changes.take_back, self._run_process.uninstall, self._get_credentials.uninstall)

    def _forget(self, wrapped: Callable[..., Any], session: Session, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        credentials = None
        with suppress(*NONE_HERE):
            credentials = wrapped(*args, **kwargs)
        self.forget(session, credentials)
        return stand_in(Credentials) if credentials is None else credentials

    def forget(self, session: Session, credentials: object) -> None:
        """Let a session that found these credentials find them anew next time, if they are ours."""
        # To look at the key of refreshable ones would refresh them.
        if not isinstance(credentials, Credentials) or isinstance(credentials, RefreshableCredentials):
            return
        if (credentials.method, credentials.access_key) == ("env", _STAND_IN):
            vars(session)["_credentials"] = None

    def refuse_process(self, wrapped: Callable[..., Any], _: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        """Start a profile's `credential_process` only if something may need what it gives."""
        active = self._innermost()
        if active is None or active.passthrough:
            return wrapped(*args, **kwargs)
        process = args[0] if args else kwargs["credential_process"]
        raise NotAnswered(
            f"botocore was about to start {process!r}, a profile's credential_process, and no credentials are needed while "
            "sagemock is active: give the session or the client any keys, like aws_access_key_id='testing', "
            "or let the service that needs them out with mock_sagemaker(passthrough=['s3'])"
        )


def stand_in(kind: Callable[..., Any]) -> Any:  # noqa: ANN401  # aiobotocore has a class of its own
    """Return credentials in place of those that are out of reach here."""
    return kind(_STAND_IN, _STAND_IN, method=_STAND_IN)


def _configured_region() -> str | None:
    """Return the region that the user's profile names: that one is not overruled."""
    # Not by pathlib, which takes longer for this than all else takes that a mock does at its start.
    path = os.path.expanduser(os.environ.get("AWS_CONFIG_FILE", "~/.aws/config"))  # noqa: PTH111
    if not os.path.isfile(path):  # noqa: PTH113
        return None
    try:
        profiles = load_config(path)["profiles"]
    except BotoCoreError:
        # A file that cannot be read is for botocore to complain of, where it reads it.
        return None
    profile = next((os.environ[name] for name in _PROFILES if name in os.environ), "default")
    region: str | None = profiles.get(profile, {}).get("region")
    return region
