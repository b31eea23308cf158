"""The service models that tests look at."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from sagemock.protocol.model import Api


@cache
def sagemaker() -> ServiceModel:
    """Return SageMaker's model as the installed botocore has it."""
    return botocore.session.Session().get_service_model("sagemaker")


def of_sagemaker() -> Api:
    """Return what the installed botocore knows of SageMaker."""
    return Api.of(sagemaker())


def invented(shapes: dict[str, Any], operations: dict[str, Any] | None = None) -> ServiceModel:
    """Return the model of a service that has these shapes and operations."""
    return ServiceModel({"metadata": {"endpointPrefix": "invented"}, "shapes": shapes, "operations": operations or {}})


def below(shape: Shape) -> Iterator[Shape]:
    """Yield a shape and every shape under it once, by name."""
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
    """Return the patterns in the requests on training jobs, tuning jobs and tags, each with a shape that has it."""
    api = of_sagemaker()
    about = ("TrainingJob", "HyperParameterTuningJob", "Tags", "Search")
    operations = sorted(name for name in api.operations if any(word in name for word in about))
    return {
        shape.metadata["pattern"]: shape.name
        for operation in operations
        for shape in below(api.input(operation))
        if "pattern" in shape.metadata
    }
