"""An oracle for constraints: values that break one constraint of a model, each with the message of AWS."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from sagemock.protocol.constraints import _ANCHORS
from tests.protocol.shapes import of_sagemaker

__all__ = ["REQUEST", "Mutant", "create", "mutants_of", "operations", "sample", "violation"]

REQUEST: dict[str, Any] = {
    "TrainingJobName": "churn-2024-01-11",
    "HyperParameters": {"epochs": "10", "lr": "0.1", "note": ""},
    "AlgorithmSpecification": {
        "TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:1",
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+)"}],
    },
    "RoleArn": "arn:aws:iam::123456789012:role/service-role/SageMaker",
    "InputDataConfig": [
        {
            "ChannelName": name,
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://bucket/{name}"}},
            "ContentType": "text/csv",
        }
        for name in ("train", "test")
    ],
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/output", "KmsKeyId": ""},
    "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    "VpcConfig": {"SecurityGroupIds": ["sg-1", "sg-2"], "Subnets": ["subnet-1"]},
    "Tags": [{"Key": "équipe", "Value": "données d'été: 1/2".replace("'", "")}],
    "Environment": {"A": "b"},
}
# One text for each pattern that "1" does not satisfy.
SAMPLES = [
    "arn:aws:iam::123456789012:role/x",
    "arn:aws:lambda:us-east-1:123456789012:function:x",
    "arn:aws:sagemaker:us-east-1:123456789012:model-package-group/x",
    "arn:aws:sagemaker:us-east-1:123456789012:model-package/x",
    "arn:aws:sagemaker:us-east-1:123456789012:hub-content/x/DataSet/x",
    "arn:aws:sagemaker:us-east-1:123456789012:hub-content/x/Model/x",
    "arn:aws:sagemaker:us-east-1:123456789012:mlflow-app/x",
    "arn:aws:sagemaker:us-east-1:123456789012:training-plan/x",
    "arn:aws:sagemaker:us-east-1:123456789012:hyper-parameter-tuning-job/x",
    "fs-0123456789",
    "s3://b/p",
    "1K",
    "a",
]
OPERATIONS = [
    "AddTags",
    "CreateTrainingJob",
    "DeleteTags",
    "DeleteTrainingJob",
    "DescribeTrainingJob",
    "ListTags",
    "ListTrainingJobs",
    "ListTrainingJobsForHyperParameterTuningJob",
    "StopTrainingJob",
    "UpdateTrainingJob",
]
Mutant = tuple[Any, list[str]]
"""A value, and the violations that it must get."""


def create() -> StructureShape:
    """Return the shape of a CreateTrainingJob request."""
    return of_sagemaker().input("CreateTrainingJob")


def operations() -> list[str]:
    """Return those of the tested operations that the installed botocore has."""
    return [name for name in OPERATIONS if name in of_sagemaker().operations]


def oracle_matches(pattern: str, value: str) -> bool:
    r"""Match a pattern against an ASCII string; `\p{...}` counts as letters and digits."""
    return re.fullmatch(re.sub(r"\\p\{\w+\}", "a-zA-Z0-9", pattern), value, re.ASCII) is not None


def oracle_texts(shape: Shape, value: Any) -> dict[str, str]:
    """Return the message of each broken constraint of a scalar, by kind."""
    stated, texts = shape.metadata, {}
    size = "length" if shape.type_name == "string" else "value"
    measure = len(value) if shape.type_name == "string" else value
    if "enum" in stated and value not in stated["enum"]:
        texts["enum"] = all_texts(shape)["enum"]
    if "pattern" in stated and not oracle_matches(stated["pattern"], value):
        texts["pattern"] = all_texts(shape)["pattern"]
    if "max" in stated and measure > stated["max"]:
        texts["max"] = f"Member must have {size} less than or equal to {stated['max']}"
    if "min" in stated and measure < stated["min"]:
        texts["min"] = f"Member must have {size} greater than or equal to {stated['min']}"
    return texts


def all_texts(shape: Shape) -> dict[str, str]:
    """Return the message of each constraint of a scalar, in the order in which the server lists all."""
    stated, texts = shape.metadata, {}
    size = "length" if shape.type_name == "string" else "value"
    if "max" in stated:
        texts["max"] = f"Member must have {size} less than or equal to {stated['max']}"
        # botocore before 1.40 has no minimum of 0, but the server lists it.
        texts["min"] = f"Member must have {size} greater than or equal to {stated.get('min', 0)}"
    if "enum" in stated:
        texts["enum"] = f"Member must satisfy enum value set: [{', '.join(stated['enum'])}]"
    if "pattern" in stated:
        before, after = _ANCHORS.get(shape.name, ("", ""))
        printed = before + stated["pattern"].removeprefix(before).removesuffix(after) + after
        texts["pattern"] = f"Member must satisfy regular expression pattern: {printed}"
    return texts


def sample(shape: Shape) -> Any:
    """Return a value with all members that satisfies all constraints."""
    if isinstance(shape, StructureShape):
        return {name: sample(member) for name, member in shape.members.items()}
    if isinstance(shape, ListShape):
        return [sample(shape.member)]
    if isinstance(shape, MapShape):
        return {sample(shape.key): sample(shape.value)}
    if shape.type_name == "boolean":
        return True
    if shape.type_name == "string":
        return next(iter(shape.metadata.get("enum", [])), None) or next(
            it for it in ["1", *SAMPLES] if not oracle_texts(shape, it)
        )
    return max(1, shape.metadata.get("min", 1))


def broken_scalars(shape: Shape) -> Iterator[Any]:
    """Yield values that break one or several constraints of a scalar."""
    stated = shape.metadata
    candidates: list[Any]
    if shape.type_name == "string":
        longest, least = stated.get("max", 99), max(1, stated.get("min", 1))
        candidates = ["\n" * least, "no/such", "x" * (longest + 1), "-" * (longest + 1), "", "y" * (least - 1)]
    elif shape.type_name in ("integer", "long"):
        candidates = [stated.get("max", 0) + 1, stated.get("min", 0) - 1]
    else:
        candidates = []
    return (value for value in dict.fromkeys(candidates) if oracle_texts(shape, value))


def violation(value: str, path: str, constraint: str) -> str:
    """Return the message of one violation."""
    return f"Value {value} at '{path}' failed to satisfy constraint: {constraint}"


def mutants(shape: Shape, path: str = "") -> Iterator[Mutant]:
    """Yield values that break the shape in one place, with the expected violations."""
    if isinstance(shape, StructureShape):
        base = sample(shape)
        for name, member in shape.members.items():
            at = (path + "." if path else "") + name[0].lower() + name[1:]
            if name in shape.required_members:
                yield (
                    {key: value for key, value in base.items() if key != name},
                    [violation("null", at, "Member must not be null")],
                )
            for value, expected in mutants(member, at):
                yield {**base, name: value}, expected
    elif isinstance(shape, ListShape):
        yield from broken_lists(shape, path)
    elif isinstance(shape, MapShape):
        yield from broken_maps(shape, path)
    else:
        for value in broken_scalars(shape):
            texts = oracle_texts(shape, value)
            ordered = [texts[kind] for kind in ("enum", "pattern", "max", "min") if kind in texts]
            yield value, [violation(f"'{value}'", path, text) for text in ordered]


def printed(value: Any) -> str:
    """Return a value as Java prints it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={printed(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(printed, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def broken_lists(shape: ListShape, path: str) -> Iterator[Mutant]:
    """Yield lists that break one constraint: of the list, or of its last element."""
    good = sample(shape.member)
    many = [good] * (shape.metadata["max"] + 1)
    yield many, [violation(f"'{printed(many)}'", path, f"Member must have length less than or equal to {len(many) - 1}")]
    if shape.metadata.get("min"):
        least = shape.metadata["min"]
        yield [], [violation("'[]'", path, f"Member must have length greater than or equal to {least}")]
    before = [] if shape.metadata["max"] == 1 else [good]
    if isinstance(shape.member, StructureShape | ListShape | MapShape):
        for value, expected in mutants(shape.member, f"{path}.{len(before) + 1}.member"):
            yield [*before, value], expected
    else:
        texts = ", ".join(all_texts(shape.member).values())
        for value in broken_scalars(shape.member):
            whole = [*before, value]
            yield whole, [violation(f"'{printed(whole)}'", path, f"Member must satisfy constraint: [{texts}]")]


def broken_maps(shape: MapShape, path: str) -> Iterator[Mutant]:
    """Yield maps that break one constraint: of the map, a key or a value."""
    key, good = sample(shape.key), sample(shape.value)
    many = {f"k{number}": good for number in range(shape.metadata["max"] + 1)}
    yield many, [violation(f"'{printed(many)}'", path, f"Member must have length less than or equal to {len(many) - 1}")]
    texts = ", ".join(all_texts(shape.key).values())
    for broken in broken_scalars(shape.key):
        yield {broken: good}, [violation(f"'{{{broken}={good}}}'", path, f"Map keys must satisfy constraint: [{texts}]")]
    texts = ", ".join(all_texts(shape.value).values())
    for broken in broken_scalars(shape.value):
        yield {key: broken}, [violation(f"'{{{key}={broken}}}'", path, f"Map value must satisfy constraint: [{texts}]")]


@cache
def mutants_of(operation: str) -> list[Mutant]:
    """Return all mutants of the request of an operation."""
    return list(mutants(of_sagemaker().input(operation)))
