"""Service models for the tests."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from sagemock.protocol.model import Api


@cache
def sagemaker() -> ServiceModel:
    """Return botocore's SageMaker model."""
    return botocore.session.Session().get_service_model("sagemaker")


def of_sagemaker() -> Api:
    """Return the Api of botocore's SageMaker model."""
    return Api.of(sagemaker())


def invented(shapes: dict[str, Any], operations: dict[str, Any] | None = None) -> ServiceModel:
    """Return the model of a service with these shapes and operations."""
    return ServiceModel({"metadata": {"endpointPrefix": "invented"}, "shapes": shapes, "operations": operations or {}})


def below(shape: Shape) -> Iterator[Shape]:
    """Yield a shape and every shape inside it once, by name."""
    seen: set[str] = set()
    waiting = [shape]
    while waiting:
        found = waiting.pop()
        if found.name not in seen:
            seen.add(found.name)
            yield found
            if isinstance(found, StructureShape):
                waiting += found.members.values()
            elif isinstance(found, ListShape):
                waiting.append(found.member)
            elif isinstance(found, MapShape):
                waiting += [found.key, found.value]


def patterns_of_simulated() -> dict[str, str]:
    """Return the patterns in simulated requests on training jobs, tuning jobs and tags, each with one shape that has it."""
    api = of_sagemaker()
    about = ("TrainingJob", "HyperParameterTuningJob", "Tags", "Search")
    operations = sorted(name for name in api.operations if any(word in name for word in about))
    return {
        shape.metadata["pattern"]: shape.name
        for operation in operations
        for shape in below(api.input(operation))
        if "pattern" in shape.metadata
    }
