"""The operations on processing jobs."""

from collections.abc import Mapping
from typing import Any, Final

from sagemock.checks import repeated
from sagemock.evidence import UNCHECKED, YOUR_WORDS, Assumption
from sagemock.jobs.batch.job import snapshot
from sagemock.jobs.interventions import Delete
from sagemock.jobs.kinds import PROCESSING
from sagemock.jobs.place import Place
from sagemock.processing.job import DEFAULT_MAX_RUNTIME_S, Job, concrete, instances
from sagemock.processing.plan import ProcessingJobPlan
from sagemock.protocol.answer import dump
from sagemock.protocol.model import Api
from sagemock.protocol.refusal import IN_USE, NOT_FOUND, Refusal
from sagemock.service import batch, listing
from sagemock.service.batch import BatchKind
from sagemock.service.builtin import image_of
from sagemock.service.rules import table
from sagemock.service.rules.resources import local_storage_key
from sagemock.service.service import Service

__all__ = ["KIND", "RULES", "create", "delete", "describe", "list_jobs", "stop"]

_PATHS: Final = Assumption(
    "the words in which CreateProcessingJob refuses a LocalPath that does not begin with /opt/ml/processing/ (the developer "
    "guide says that it must), and two inputs or outputs with the same name",
    since="2026-11-26",
    knob=UNCHECKED,
)
_CLUSTER: Final = Assumption(
    "the words in which CreateProcessingJob refuses both or none of InstanceType and InstancePreferences (service model: "
    "mutually exclusive), a VolumeKmsKeyId with the families that have local storage for a training job, and an input without "
    "the LocalPath that it needs unless it is AppManaged",
    since="2026-11-26",
    knob=UNCHECKED,
)
_ORDER: Final = Assumption(
    "that ListProcessingJobs begins with the newest job, as ListTrainingJobs does (its documentation says Ascending)",
    since="2026-11-26",
    knob="send SortOrder",
)
_DELETED: Final = Assumption(
    "that DeleteProcessingJob refuses a job that has not ended with ResourceInUse and an unknown job with ResourceNotFound, the "
    "texts of both, and that a deleted job is gone at once",
    since="2026-11-26",
    knob=YOUR_WORDS,
)
_ROOT: Final = "/opt/ml/processing/"


# -- the rules


def role_is_of_the_account(request: Mapping[str, Any], place: Place) -> str | None:
    """Refuse a role of another account, in words that were seen (a public record)."""
    parts = request["RoleArn"].split(":")
    return None if parts[4:5] == [place.account] else "RoleArn: Cross-account pass role is not allowed."


def image_is_in_ecr(request: Mapping[str, Any], _: Place) -> str | None:
    """Refuse an image that is not in ECR, in words that were seen (a public record)."""
    image = request["AppSpecification"]["ImageUri"]
    if image_of({"TrainingImage": image}) is not None:
        return None
    return f"Invalid image URI {image}. Please provide a valid Amazon Elastic Container Registry path of the Docker image to run."


def local_paths_are_below_the_root(request: Mapping[str, Any], _: Place) -> str | None:
    """Refuse a path outside of /opt/ml/processing (developer guide)."""
    for one in (*request.get("ProcessingInputs", ()), *request.get("ProcessingOutputConfig", {}).get("Outputs", ())):
        for source in ("S3Input", "S3Output", "DatasetDefinition"):
            path = one.get(source, {}).get("LocalPath")
            if path is not None and not path.startswith(_ROOT):
                return _PATHS(f"LocalPath {path} must begin with {_ROOT}")
    return None


def local_paths_are_given(request: Mapping[str, Any], _: Place) -> str | None:
    """Refuse a missing LocalPath (service model: "a required parameter when AppManaged is False (default)")."""
    for one in request["ProcessingInputs"]:
        source = one.get("S3Input", one.get("DatasetDefinition"))
        if source is not None and not one.get("AppManaged", False) and "LocalPath" not in source:
            return _CLUSTER(f"LocalPath is required for input {one['InputName']}, which is not AppManaged")
    return None


def instances_are_of_one_source(request: Mapping[str, Any], _: Place) -> str | None:
    """Refuse both or none of InstanceType and InstancePreferences (service model: they are "mutually exclusive")."""
    cluster = request["ProcessingResources"]["ClusterConfig"]
    given = [name for name in ("InstanceType", "InstancePreferences") if name in cluster]
    if len(given) == 1:
        return None
    return _CLUSTER(f"Exactly one of InstanceType and InstancePreferences must be specified, and there are {len(given)}")


def local_storage_has_its_own_key(request: Mapping[str, Any], _: Place) -> str | None:
    """Refuse a VolumeKmsKeyId with local storage.

    Service model: "You can't request a VolumeKmsKeyId when using an instance type with local storage".
    """
    cluster = request["ProcessingResources"]["ClusterConfig"]
    types = [one.get("InstanceType", "") for one in (cluster, *cluster.get("InstancePreferences", ()))]
    return _CLUSTER(local_storage_key(cluster, types))


def names_are_unique(request: Mapping[str, Any], _: Place) -> str | None:
    """Refuse two inputs or two outputs with the same name."""
    inputs = [one["InputName"] for one in request.get("ProcessingInputs", ())]
    outputs = [one["OutputName"] for one in request.get("ProcessingOutputConfig", {}).get("Outputs", ())]
    for member, names in (("InputName", inputs), ("OutputName", outputs)):
        twice = repeated(names)
        if twice is not None:
            return _PATHS(f"{member} must be unique, and {twice} is given more than once")
    return None


def tags_are_free(request: Mapping[str, Any], _: Place) -> str | None:
    """Refuse tags as CreateTrainingJob does."""
    return table.tag_keys_are_unique(request) or table.tag_keys_are_free(request)


RULES: Final[Mapping[str, tuple[batch.Rule, ...]]] = {
    "ProcessingInputs": (local_paths_are_below_the_root, local_paths_are_given, names_are_unique),
    "ProcessingOutputConfig": (local_paths_are_below_the_root, names_are_unique),
    "ProcessingResources": (instances_are_of_one_source, local_storage_has_its_own_key),
    "AppSpecification": (image_is_in_ecr,),
    "RoleArn": (role_is_of_the_account,),
    "Tags": (tags_are_free,),
}
"""The rules of CreateProcessingJob beyond the constraints of single values, by the member that they need."""


# -- what is shown


def _filled(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that the service fills in (records P1, P2 and P3 of 2024)."""
    network = {"EnableInterContainerTrafficEncryption": False, "EnableNetworkIsolation": False}
    filled: dict[str, Any] = {
        "StoppingCondition": {"MaxRuntimeInSeconds": DEFAULT_MAX_RUNTIME_S, **request.get("StoppingCondition", {})},
        "NetworkConfig": {**network, **request.get("NetworkConfig", {})},
    }
    if "ProcessingInputs" in request:
        filled["ProcessingInputs"] = [_filled_input(one) for one in request["ProcessingInputs"]]
    if "ProcessingOutputConfig" in request:
        config = request["ProcessingOutputConfig"]
        outputs = [{"AppManaged": False, **one} for one in config.get("Outputs", ())]
        filled["ProcessingOutputConfig"] = {**config, "Outputs": outputs}
    return filled


def _filled_input(one: Mapping[str, Any]) -> dict[str, Any]:
    filled = {"AppManaged": False, **one}
    if "S3Input" in one:
        defaults = {"S3DataDistributionType": "FullyReplicated", "S3CompressionType": "None"}
        filled["S3Input"] = {**defaults, **one["S3Input"]}
    return filled


KIND: Final = BatchKind(PROCESSING, "processing job", Job, ProcessingJobPlan(), concrete, instances, _filled)


# -- the operations


def create(service: Service, api: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Create a job; its name must be new."""
    if service.validate:
        batch.check_rules(RULES, request, place)
    return batch.create(KIND, service, api, place, request, now_us)


def describe(service: Service, api: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Describe a job as it is at this instant."""
    return batch.describe(KIND, service, api, place, request, now_us)


def list_jobs(service: Service, _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """List jobs: cut a page, then filter it."""
    region = service.store.region(place, Job)
    return dump(listing.batch_jobs(region, request, now_us, PROCESSING, batch.summary, descends=_ORDER(value=False)))


def stop(service: Service, _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Stop a job that is in progress."""
    return batch.stop(KIND, service, place, request, now_us)


def delete(service: Service, _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Delete a job that has ended; then its name is free again."""
    job = batch.find(KIND, service, place, request)
    if job is None:
        raise Refusal(_DELETED(NOT_FOUND), f"Could not find requested job with name: {request['ProcessingJobName']}")
    at = snapshot(job, now_us)
    if not at.over:
        raise Refusal(_DELETED(IN_USE), f"The processing job {job.arn} cannot be deleted while it is in status {at.primary}.")
    service.store.put(job.after(Delete(now_us - job.created_us)))
    service.store.forget(now_us)
    return ""
