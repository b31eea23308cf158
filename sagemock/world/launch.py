"""Jobs that the test creates without a client, as if somebody else had: a complete request, changed by the test's fields."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from botocore.model import Shape, StructureShape
from botocore.session import Session
from botocore.validate import ParamValidator

from sagemock.checks import nearest, quoted, synonym, text
from sagemock.client.environ import REGION
from sagemock.errors import InvalidType, InvalidValue
from sagemock.jobs.fields import GeneralFields
from sagemock.jobs.kinds import Kind
from sagemock.jobs.rules import PlanSource
from sagemock.protocol.model import Api, installed, partition_of, regions
from sagemock.protocol.refusal import Refusal
from sagemock.protocol.request import Request
from sagemock.world.options import check_plan, checked_duration_us
from sagemock.world.world import World

__all__ = ["create_job"]

_DAY_S: Final = 86_400
_REGION: Final = re.compile("[a-z0-9-]{1,63}")
_WORDS_MAX: Final = 1000
"""The most characters of a refusal that an error shows: a constraint may have been broken by a long value."""
_ARGUMENTS: Final = ("plan", "started_ago", "region")
_ALIKE: Final = 0.7
"""The least similarity of a field to another that counts as a misspelling. `status` and Tags are less similar."""
_DEEPEST: Final = 2
"""How deep a misplaced field is looked for in the structures of a request."""
_PLANS: Final = {
    "training": "Plan",
    "processing": "ProcessingJobPlan",
    "transform": "TransformJobPlan",
    "tuning": "TuningJobPlan",
}
"""The plan of each kind of job, by the name of the kind."""
_MEND_FIELD: Final = "Mend the field, or start the mock with validate=False"
_MEND: Final = {
    "ResourceInUse": "Give the job another name",
    "ResourceLimitExceeded": "Set a larger quota(), or let a running job end before",
}
"""What to do against a refusal that `validate` does not decide, by its code."""


def create_job(  # noqa: PLR0913, PLR0917  # the arguments of the verb
    world: World,
    kind: Kind,
    name: str,
    plan: PlanSource | None,
    started_ago: timedelta | float,
    region: str | None,
    fields: Mapping[str, Any],
) -> str:
    """Create a job of a kind, and return its ARN. `fields` replace those of a complete request; None leaves one out.

    Raises InvalidType or InvalidValue if the service model or AWS refuses the request.
    """
    verb = f"create_{kind.name}_job"
    called = f"{verb}({quoted(name)})"
    text("name", name, "the name of the job", f"write {verb}('churn-1')")
    check_plan(plan)
    if isinstance(plan, GeneralFields) and plan.kind != kind:
        raise InvalidValue(f"{called}: {quoted(plan)} is for {plan.kind.noun}s: write plan={_PLANS[kind.name]}.completes()")
    back_us = _back_us(world, started_ago)
    api: Api = getattr(world.backend.service, "api", None) or installed()
    region = _region() if region is None else _checked_region(region)
    partition = partition_of(region)
    known = api.input(kind.create).members
    defaults = _DEFAULTS[kind.name](partition, region, world.options.account_id, fields)
    for field in fields:
        if field == kind.name_member and fields[field] != name:
            raise InvalidType(f"{called}: the name of the job is the first argument: leave {field} out")
        if field not in known:
            raise InvalidType(f"{called}: {kind.create} has no field {quoted(field)}; {_hint(field, known, defaults)}")
    members = {kind.name_member: name, **defaults, **fields}
    params = {field: value for field, value in members.items() if value is not None}
    report = ParamValidator().validate(params, api.input(kind.create))
    if report.has_errors():
        raise InvalidType(f"{called}: {report.generate_report()}")
    request = Request(api, "sagemaker", kind.create, partition=partition, region=region, body=json.dumps(params), headers={})
    try:
        response = world.backend.create(request, kind, plan, back_us)
    except Refusal as refusal:
        raise InvalidValue(
            f"{called}: AWS would refuse it with {_cut(refusal)}. {_MEND.get(refusal.code, _MEND_FIELD)}"
        ) from None
    world.flush()
    return str(json.loads(response)[f"{kind.shape}Arn"])


def _hint(field: str, known: Mapping[str, Shape], defaults: Mapping[str, Any]) -> str:
    """Return what a field that the request does not have was probably meant to be."""
    near = synonym(field, _ARGUMENTS) or nearest(field, [*known, *_ARGUMENTS], _ALIKE)
    if near:
        return f"did you mean {near!r}?"
    inner = {name: path for path, shape in _structures(known) for name in shape.members}
    nested = nearest(field, inner, _ALIKE)
    if nested:
        path = inner[nested]
        default = f", which is {defaults[path[0]]} by default" if path[0] in defaults else ""
        return f"{nested} is a member of {'.'.join(path)}: give all of {path[0]}{default}"
    return f"the fields are {', '.join(known)}"


def _structures(members: Mapping[str, Shape], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], StructureShape]]:
    """Yield the structures in a request, each with its path; of two with the same member, the outer one last."""
    for name, shape in members.items():
        if isinstance(shape, StructureShape) and len(above) < _DEEPEST:
            yield from _structures(shape.members, (*above, name))
            yield (*above, name), shape


def _defaults(partition: str, region: str, account: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that CreateTrainingJob requires, for a job on one instance for general purposes."""
    stops = {"MaxRuntimeInSeconds": _DAY_S}
    if fields.get("EnableManagedSpotTraining"):
        # Longer, so that the job can reach either limit.
        stops["MaxWaitTimeInSeconds"] = 2 * _DAY_S
    return {
        "AlgorithmSpecification": {
            "TrainingImage": f"{account}.dkr.ecr.{region}.amazonaws.com/training:latest",
            "TrainingInputMode": "File",
        },
        "RoleArn": f"arn:{partition}:iam::{account}:role/training",
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/output"},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
        "StoppingCondition": stops,
    }


def _processing_defaults(partition: str, region: str, account: str, _: Mapping[str, Any]) -> dict[str, Any]:
    cluster = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30}
    return {
        "ProcessingResources": {"ClusterConfig": cluster},
        "AppSpecification": {"ImageUri": f"{account}.dkr.ecr.{region}.amazonaws.com/processing:latest"},
        "RoleArn": f"arn:{partition}:iam::{account}:role/processing",
    }


def _transform_defaults(*_: object) -> dict[str, Any]:
    return {
        "ModelName": "model",
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/input"}}},
        "TransformOutput": {"S3OutputPath": "s3://bucket/output"},
        "TransformResources": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
    }


def _tuning_defaults(partition: str, region: str, account: str, _: Mapping[str, Any]) -> dict[str, Any]:
    training = _defaults(partition, region, account, {})
    metric = {"Name": "validation:loss", "Regex": "validation:loss=([0-9.]+)"}
    algorithm = {**training.pop("AlgorithmSpecification"), "MetricDefinitions": [metric]}
    learning_rate = {"Name": "learning_rate", "MinValue": "0.001", "MaxValue": "0.1"}
    return {
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "validation:loss"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 10, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {"ContinuousParameterRanges": [learning_rate]},
        },
        "TrainingJobDefinition": {"AlgorithmSpecification": algorithm, **training},
    }


_DEFAULTS: Final[Mapping[str, Callable[[str, str, str, Mapping[str, Any]], dict[str, Any]]]] = {
    "training": _defaults,
    "processing": _processing_defaults,
    "transform": _transform_defaults,
    "tuning": _tuning_defaults,
}
"""The fields that each kind of request requires, by the name of the kind."""


def _back_us(world: World, started_ago: timedelta | float) -> int:
    back_us = checked_duration_us("started_ago", started_ago, least_us=0, otherwise="0 for now")
    if back_us > world.clock.now_us():
        raise InvalidValue(f"started_ago is at most the time since 1970, not {quoted(started_ago)}: write started_ago=3600")
    return back_us


def _checked_region(region: object) -> str:
    name = text("region", region, "a region of AWS", "write region='eu-west-1'")
    if not _REGION.fullmatch(name):
        raise InvalidValue(f"region is a region of AWS, not {quoted(region)}: write region='eu-west-1'")
    known = regions()
    meant = None if name in known else next((one for one in known if _letters(one) == _letters(name)), None)
    if meant is not None:
        raise InvalidValue(f"region is a region of AWS, not {quoted(region)}: did you mean {meant!r}?")
    return name


def _letters(region: str) -> list[str]:
    """Return the letters and digits of a region in order: two regions with the same ones are one and its misspelling.

    No other rule is sure: a region that botocore does not know may be new, or the test's own.
    """
    return sorted(region.replace("-", ""))


def _cut(refusal: Refusal) -> str:
    words = str(refusal)
    return words if len(words) <= _WORDS_MAX else f"{words[:_WORDS_MAX]}…"


def _region() -> str:
    """Return the region of a client that names none; the code under test may have emptied the environment."""
    return Session().get_config_variable("region") or REGION
