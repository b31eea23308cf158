"""The operations on transform jobs."""

from collections.abc import Mapping
from typing import Any, Final

from sagemock.evidence import UNCHECKED, Assumption
from sagemock.jobs.kinds import TRANSFORM
from sagemock.jobs.place import Place
from sagemock.protocol.answer import dump
from sagemock.protocol.model import Api
from sagemock.service import batch, listing
from sagemock.service.batch import BatchKind
from sagemock.service.rules import table
from sagemock.service.rules.resources import local_storage_key
from sagemock.service.service import Service
from sagemock.transform.job import Job, concrete, instances
from sagemock.transform.plan import TransformJobPlan

__all__ = ["KIND", "RULES", "create", "describe", "list_jobs", "stop"]

_WORDS: Final = Assumption(
    "the words in which CreateTransformJob refuses a batch strategy without a split type, more than 100 MB in flight (service "
    "model: MaxConcurrentTransforms * MaxPayloadInMB must not exceed 100 MB), an augmented manifest, and a VolumeKmsKeyId with "
    "the families that have local storage for a training job",
    since="2026-11-26",
    knob=UNCHECKED,
)
_ENVIRONMENT: Final = Assumption(
    "that Environment of a transform job is shown as it was sent (a record of 2022 has an empty Environment, those of 2018 and "
    "2021 have none)",
    since="2026-11-26",
)
_FILTERED: Final = Assumption(
    "that CreateTransformJob refuses an InputFilter in the words for an OutputFilter, that letters and digits are allowed beside "
    "the operators, that the type of a filter is ContentType, and that JSON has the operators of JSON Lines",
    since="2026-11-26",
    knob=UNCHECKED,
)
_JSON_TYPES: Final = frozenset({"application/json", "application/jsonlines"})
_OPERATORS: Final = "$[]*. ,:-'"
"""The operators of a filter, in the order of the refusal's text (aws/aws-sdk#184)."""
_IN_FLIGHT_MB: Final = 100
_PAYLOAD_MB: Final = 6
"""MaxPayloadInMB if the request has none (service model; logs)."""


# -- the rules


def in_flight_fits(request: Mapping[str, Any], _: Place) -> str | None:
    """Refuse more than 100 MB in flight (service model, MaxPayloadInMB)."""
    concurrent, payload_mb = request.get("MaxConcurrentTransforms", 1), request.get("MaxPayloadInMB", _PAYLOAD_MB)
    if concurrent * payload_mb > _IN_FLIGHT_MB:
        return _WORDS(
            f"MaxConcurrentTransforms {concurrent} multiplied by MaxPayloadInMB {payload_mb} must not exceed {_IN_FLIGHT_MB} MB"
        )
    return None


def payload_is_at_most_100_mb(request: Mapping[str, Any], _: Place) -> str | None:
    """Refuse a larger MaxPayloadInMB than 100 (service model: it "cannot be greater than 100 MB")."""
    payload_mb = request["MaxPayloadInMB"]
    return _WORDS(f"MaxPayloadInMB {payload_mb} must not exceed {_IN_FLIGHT_MB} MB") if payload_mb > _IN_FLIGHT_MB else None


def input_is_no_augmented_manifest(request: Mapping[str, Any], _: Place) -> str | None:
    """Refuse an augmented manifest (service model: "The following value is not compatible: AugmentedManifestFile")."""
    kind = request["TransformInput"]["DataSource"]["S3DataSource"]["S3DataType"]
    return _WORDS("S3DataType AugmentedManifestFile is not supported") if kind == "AugmentedManifestFile" else None


def filters_have_known_operators(request: Mapping[str, Any], _: Place) -> str | None:
    """Refuse a filter for JSON with a sign that is not an operator, in words that were seen (aws/aws-sdk#184)."""
    kind = request.get("TransformInput", {}).get("ContentType")
    if _FILTERED(kind not in _JSON_TYPES):
        return None
    for member in ("InputFilter", "OutputFilter"):
        path = request["DataProcessing"].get(member, "$")
        wrong = next((one for one in path if not (one.isascii() and one.isalnum()) and one not in _OPERATORS), None)
        if wrong is not None:
            known = ", ".join(f"'{one}'" for one in _OPERATORS)
            return f'Invalid {member}: "{path}". Unexpected "{wrong}" in JsonPath. Supported operators for "{kind}" are [{known}]'
    return None


def local_storage_has_its_own_key(request: Mapping[str, Any], _: Place) -> str | None:
    """Refuse a VolumeKmsKeyId with local storage.

    Service model: "You can't request a VolumeKmsKeyId when using an instance type with local storage".
    """
    resources = request["TransformResources"]
    return _WORDS(local_storage_key(resources, [resources.get("InstanceType", "")]))


def strategy_has_a_split(request: Mapping[str, Any], _: Place) -> str | None:
    """Refuse BatchStrategy without a SplitType (service model: "you must set the SplitType property")."""
    split = request["TransformInput"].get("SplitType", "None")
    if split == "None":
        return _WORDS(f"BatchStrategy {request['BatchStrategy']} requires SplitType Line, RecordIO or TFRecord")
    return None


def tags_are_free(request: Mapping[str, Any], _: Place) -> str | None:
    """Refuse tags as CreateTrainingJob does."""
    return table.tag_keys_are_unique(request) or table.tag_keys_are_free(request)


RULES: Final[Mapping[str, tuple[batch.Rule, ...]]] = {
    "MaxConcurrentTransforms": (in_flight_fits,),
    "MaxPayloadInMB": (payload_is_at_most_100_mb,),
    "BatchStrategy": (strategy_has_a_split,),
    "TransformInput": (input_is_no_augmented_manifest,),
    "TransformResources": (local_storage_has_its_own_key,),
    "DataProcessing": (filters_have_known_operators,),
    "Tags": (tags_are_free,),
}
"""The rules of CreateTransformJob beyond the constraints of single values, by the member that they need."""


# -- what is shown


def _filled(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that the service fills in (records X1 to X4; that of 2018 has no DataProcessing)."""
    processing = {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"}
    filled: dict[str, Any] = {"DataProcessing": {**processing, **request.get("DataProcessing", {})}}
    if "TransformInput" in request:
        filled["TransformInput"] = {"CompressionType": "None", "SplitType": "None", **request["TransformInput"]}
    if "TransformOutput" in request:
        filled["TransformOutput"] = {"AssembleWith": "None", "KmsKeyId": "", **request["TransformOutput"]}
    return _ENVIRONMENT(filled)


KIND: Final = BatchKind(TRANSFORM, "transform job", Job, TransformJobPlan(), concrete, instances, _filled)


# -- the operations


def create(service: Service, api: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Create a job; its name must be new, and its model must exist if `check_model` can look."""
    if service.validate:
        batch.check_rules(RULES, request, place)
        if service.check_model is not None:
            service.check_model(place, request["ModelName"])
    return batch.create(KIND, service, api, place, request, now_us)


def describe(service: Service, api: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Describe a job as it is at this instant."""
    return batch.describe(KIND, service, api, place, request, now_us)


def list_jobs(service: Service, _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """List jobs: cut a page, then filter it. The default order is Descending (operation documentation; a list of 2022)."""
    region = service.store.region(place, Job)
    return dump(listing.batch_jobs(region, request, now_us, TRANSFORM, batch.summary, descends=True))


def stop(service: Service, _: Api, place: Place, request: Mapping[str, Any], now_us: int) -> str:
    """Stop a job that is in progress."""
    return batch.stop(KIND, service, place, request, now_us)
