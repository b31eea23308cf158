"""Masking: a record without the account, the names, the buckets and the keys of its owner; instants and messages stay."""

import re
from collections.abc import Mapping
from typing import Any, Final

from sagemock.jobs.kinds import KINDS, TRAINING, Kind
from sagemock.training import status

__all__ = ["Masks"]

_ACCOUNT: Final = "123456789012"
_IN_ARN: Final = re.compile(r"(arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:)(\d{12})(:[^/:\s]+[/:])([^\s\"']+)")
_S3: Final = re.compile(r"s3://([^/\s\"']+)(/[^\s\"']*)?")
_NAMED: Final = frozenset({
    "ExperimentName", "TrialName", "TrialComponentDisplayName", "RunName", "FileSystemId", "DirectoryPath", "KmsKeyId",
    "VolumeKmsKeyId", "SecurityGroupIds", "Subnets", "ReusedByJob", "RuleConfigurationName", "InstanceGroupName",
    "ModelName", "InputName", "OutputName", "ContainerEntrypoint", "ContainerArguments", "LocalPath", "ExitMessage",
})  # fmt: skip
"""Members whose texts are names or keys."""
_PRIVATE: Final = frozenset({"Environment", "HyperParameters"})
_OF_JOBS: Final = frozenset(f":{kind.resource}/" for kind in KINDS)
_NUMBER: Final = re.compile(r"-?[0-9.]+(e-?[0-9]+)?", re.IGNORECASE)
_REUSED: Final = status.REUSED.format("")


class Masks:
    """The replacement for each name: equal names have equal replacements, in every record of a run."""

    def __init__(self, kind: Kind = TRAINING) -> None:
        self._kind = kind
        self._given: dict[tuple[str, str], str] = {}
        self._accounts: set[str] = set()

    def _for(self, kind: str, name: str) -> str:
        numbers = sum(known == kind for known, _ in self._given)
        return self._given.setdefault((kind, name), f"{kind}-{numbers + 1}")

    def masked(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return the description of a job with other names in it."""
        self._for("job", record[self._kind.name_member])
        self._accounts.update(
            found[2] for found in _IN_ARN.finditer(f"{record.get(f'{self._kind.shape}Arn')} {record.get('RoleArn')}")
        )
        output = record.get("OutputDataConfig", {}).get("S3OutputPath", "")
        shown = {name: self._member(name, value) for name, value in record.items()}
        model = record.get("ModelArtifacts", {}).get("S3ModelArtifacts", "")
        if output and model.startswith(output):
            # The path of the model begins with the path of the output.
            rest = model[len(output) :].replace(record["TrainingJobName"], shown["TrainingJobName"])
            shown["ModelArtifacts"] = {"S3ModelArtifacts": self._text(output) + rest}
        return shown

    def _member(self, name: str, value: Any) -> Any:  # noqa: ANN401  # a JSON value in, a JSON value out
        if name in _PRIVATE:
            return {key: self._private(key, text) for key, text in value.items()}
        if isinstance(value, Mapping):
            return {key: self._member(key, item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._member(name, item) for item in value]
        return self._named(name, value) if isinstance(value, str) and value else value

    def _named(self, name: str, value: str) -> str:
        if name in _NAMED:
            return self._for("name", value)
        if name == "StatusMessage" and value.startswith(_REUSED):
            return _REUSED + self._for("job", value.removeprefix(_REUSED))
        return self._text(value)

    def _private(self, key: str, text: str) -> str:
        # Keep the objective, on which a built-in algorithm's metrics depend, and numbers, which reveal nothing about the owner.
        kept = key == "objective" or _NUMBER.fullmatch(text.strip('"'))
        return text if kept else self._for("value", text)

    def _text(self, text: str) -> str:
        """Return a text with replacements for all known names, and for ARNs and S3 paths of the owner."""
        text = _S3.sub(lambda found: self._path(found[1], found[2] or ""), text)
        text = _IN_ARN.sub(lambda found: f"{found[1]}{_ACCOUNT}{found[3]}{self._resource(found[3], found[4])}", text)
        for kind, name in sorted(self._given, key=lambda one: -len(one[1])):
            if kind == "job":
                text = text.replace(name, self._given[kind, name])
        for account in self._accounts:
            if f"{account}.dkr.ecr" in text:
                text = f"{text.partition('/')[0]}/{self._for('image', text.partition('/')[2])}:1"
            text = text.replace(account, _ACCOUNT)
        return text

    def _path(self, bucket: str, key: str) -> str:
        masked = f"s3://{self._for('bucket', bucket)}"
        return f"{masked}/{self._for('key', key)}" if key.strip("/") else masked + key

    def _resource(self, kind: str, name: str) -> str:
        return self._for("job" if kind in _OF_JOBS else "name", name)
