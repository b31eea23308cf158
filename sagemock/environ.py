"""The environment in which botocore finds credentials and a region although the user has set none."""

import os
from collections.abc import Callable
from typing import Any, Final

from botocore.configloader import load_config
from botocore.credentials import Credentials, RefreshableCredentials
from botocore.exceptions import BotoCoreError, CredentialRetrievalError
from botocore.session import Session

from sagemock.errors import NotAnswered
from sagemock.neighbours import disown
from sagemock.patch import Wrapped

__all__ = ["NONE_HERE", "Environ"]

REGION: Final = "us-east-1"
_CREDENTIALS: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")

NONE_HERE: Final = (CredentialRetrievalError, NotAnswered)
"""What a search for credentials ends in where there are none: the process or the service to which a profile leads gives none, or,
where a test has cleared the environment, what botocore asks is out of reach. None are needed: the request goes unsigned."""


class Environ:
    """Sets what is missing, and only that; at the end each variable that still has our value is gone again.

    No session keeps our credentials, be it boto3's default one: they are read anew for each client.
    """

    def __init__(self) -> None:
        self._ours: dict[str, str] = {}
        self._get_credentials = Wrapped(Session, "get_credentials", self._forget)

    def install(self) -> None:
        """Set what is missing."""
        missing: dict[str, str] = {}
        if not any(name in os.environ for name in _CREDENTIALS):
            # Half a pair of the user's own is left: botocore complains of it, as it would in production.
            missing.update(dict.fromkeys(_CREDENTIALS, "sagemock"))
        if "AWS_DEFAULT_REGION" not in os.environ and not _configured_region():
            missing["AWS_DEFAULT_REGION"] = REGION
        # Where credentials are looked for all the same (a profile without any), the instance metadata service is not asked.
        if "AWS_EC2_METADATA_DISABLED" not in os.environ:
            missing["AWS_EC2_METADATA_DISABLED"] = "true"
        self._get_credentials.install()
        os.environ.update(missing)
        self._ours = missing

    def uninstall(self) -> None:
        """Take away what was set, unless somebody has given it another value since."""
        for name, value in self._ours.items():
            if os.environ.get(name) == value:
                del os.environ[name]
        disown(self._ours)
        self._ours = {}
        self._get_credentials.uninstall()

    def _forget(self, wrapped: Callable[..., Any], session: Session, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        try:
            found = wrapped(*args, **kwargs)
        except NONE_HERE:
            return None
        self.forget(session, found)
        return found

    def forget(self, session: Session, found: object) -> None:
        """Let a session that found these credentials find them anew next time, if they are ours."""
        # To look at the key of refreshable ones would refresh them.
        if not isinstance(found, Credentials) or isinstance(found, RefreshableCredentials):
            return
        if (found.method, found.access_key) == ("env", self._ours.get(_CREDENTIALS[0])):
            vars(session)["_credentials"] = None


def _configured_region() -> bool:
    """Whether the user's profile names a region: that one is not overruled."""
    # Not by pathlib, which takes longer for this than all else takes that a mock does at its start.
    path = os.path.expanduser(os.environ.get("AWS_CONFIG_FILE", "~/.aws/config"))  # noqa: PTH111
    if not os.path.isfile(path):  # noqa: PTH113
        return False
    try:
        profiles = load_config(path)["profiles"]
    except BotoCoreError:
        # A file that cannot be read is for botocore to complain of, where it reads it.
        return False
    # In botocore's order of preference (configprovider.py).
    profile = os.environ.get("AWS_DEFAULT_PROFILE", os.environ.get("AWS_PROFILE", "default"))
    return "region" in profiles.get(profile, {})
