"""The mappings of a served mock: its jobs by name or ARN, one for each kind, and its accounts. Each reading asks the server."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NamedTuple, TypeVar
from urllib.parse import quote

from sagemock.checks import quoted
from sagemock.errors import InvalidType, UnknownJob
from sagemock.served.control_client import ControlClient
from sagemock.served.remote_views import RemoteJob, RemoteProcessingJob, RemoteTransformJob, RemoteTuningJob, RemoteView
from sagemock.world.by_name import ByName

__all__ = ["RemoteAccounts", "RemoteJobs", "RemoteProcessingJobs", "RemoteTransformJobs", "RemoteTuningJobs"]

_V = TypeVar("_V", bound=RemoteView)


class _Listed(NamedTuple):
    """A job as the server lists it."""

    name: str
    arn: str


class _RemoteJobsOf(ByName[_Listed, _V]):
    """The jobs of one kind of a served mock by name, or by ARN if the same name exists in several regions or accounts."""

    _shown: ClassVar[type[Any]]
    """The class of the views."""

    def __init__(self, client: ControlClient) -> None:
        self._client = client

    def _present(self) -> list[_Listed]:
        listed = self._client.document("GET", "/jobs", kind=self._shown.kind)["jobs"]
        return [_Listed(one["name"], one["arn"]) for one in listed]

    def _view(self, job: _Listed) -> _V:
        view: _V = self._shown(self._client, job.arn)
        return view

    def __getitem__(self, key: str) -> _V:
        if not isinstance(key, str) or not key:
            raise UnknownJob(f"jobs are looked up by name or ARN, not by {quoted(key)}: write jobs['churn-1']")
        # If there is no such job, this raises the server's error.
        document = self._client.document("GET", f"/jobs/{quote(key, safe='')}", kind=self._shown.kind)
        if document["kind"] != self._shown.kind:
            prefix = "" if document["kind"] == "training" else f"{document['kind']}_"
            raise UnknownJob(f"{document['name']!r} is a {document['kind']} job: ask for {prefix}jobs[{document['name']!r}]")
        return self._view(_Listed(document["name"], document["arn"]))

    def __repr__(self) -> str:
        prefix = "" if self._shown.kind == "training" else f"{self._shown.kind} "
        return f"<{prefix}jobs {', '.join(repr(one) for one in self.all())}>"


class RemoteJobs(_RemoteJobsOf[RemoteJob]):
    """The training jobs of a served mock by name, or by ARN if the same name exists in several regions or accounts."""

    _shown = RemoteJob


class RemoteProcessingJobs(_RemoteJobsOf[RemoteProcessingJob]):
    """The processing jobs of a served mock by name or ARN."""

    _shown = RemoteProcessingJob


class RemoteTransformJobs(_RemoteJobsOf[RemoteTransformJob]):
    """The transform jobs of a served mock by name or ARN."""

    _shown = RemoteTransformJob


class RemoteTuningJobs(_RemoteJobsOf[RemoteTuningJob]):
    """The tuning jobs of a served mock by name or ARN."""

    _shown = RemoteTuningJob


class RemoteAccounts(Mapping[str, str]):
    """The account ids of callers by access key id: `mock.accounts["AKIDOTHER"] = "210987654321"`."""

    def __init__(self, client: ControlClient) -> None:
        self._client = client

    def _document(self) -> dict[str, str]:
        document: dict[str, str] = self._client.document("GET", "/accounts")["accounts"]
        return document

    def __getitem__(self, access_key: str) -> str:
        return self._document()[access_key]

    def __setitem__(self, access_key: str, account_id: str) -> None:
        self._client.ask("POST", "/accounts", {"accounts": {access_key: account_id}})

    def update(self, other: Any = (), /, **more: str) -> None:  # noqa: ANN401  # anything else is refused
        """Set several accounts, or none of them if one is not valid."""
        try:
            given = dict(other, **more)
        except (TypeError, ValueError):
            raise InvalidType(
                f"accounts are updated with a mapping from access key ids to account ids, not with {quoted(other)}: "
                "write mock.accounts.update({'AKIDOTHER': '210987654321'})"
            ) from None
        self._client.ask("POST", "/accounts", {"accounts": given})

    def __iter__(self) -> Iterator[str]:
        return iter(self._document())

    def __len__(self) -> int:
        return len(self._document())

    def __repr__(self) -> str:
        return repr(self._document())
