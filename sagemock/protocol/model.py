"""The service models of the user's own botocore, which are the only source of shapes, members and error codes; and regions."""

from functools import cache
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from botocore.exceptions import UnknownRegionError
from botocore.loaders import create_loader
from botocore.model import ServiceModel, Shape, StructureShape
from botocore.session import Session

__all__ = ["Api", "common_members", "installed", "partition_of", "regions", "session"]

# The input of an operation that has no input in the model.
_NO_MEMBERS = {"type": "structure", "members": {}}


class _Operation(NamedTuple):
    input: StructureShape
    output: StructureShape | None
    error_codes: frozenset[str]


class _Known:
    """The results of look-ups in one description of a service."""

    def __init__(self, service_model: ServiceModel) -> None:
        # All models that botocore makes from one loaded description share this object. We keep it alive, so its id is unique.
        self.description: object = service_model.metadata
        self.names = frozenset(service_model.operation_names)
        self.operations: dict[str, _Operation] = {}
        self.echoes: dict[tuple[str, str], tuple[str, ...]] = {}


_known: WeakKeyDictionary[ServiceModel, _Known] = WeakKeyDictionary()
# The last description of each service. A session's loader also keeps it, and makes a new model from it for each client. Without
# this cache, a suite that makes a client in each test would look everything up, and compile each constraint, once per test.
_latest: dict[str, _Known] = {}


def common_members(first: Shape | None, second: Shape | None) -> tuple[str, ...]:
    """Return the names of the members that both structures have, in the order of the first; () if one is not a structure."""
    if not isinstance(first, StructureShape) or not isinstance(second, StructureShape):
        return ()
    return tuple(name for name in first.members if name in second.members)


class Api:
    """The part of a botocore service model that sagemock needs.

    An operation that is newer than the model is absent from `operations`; nothing else about an old model is an error.
    An `Api` is cheap and keeps its service model alive. Its look-ups are kept as long as the model lives, and all models of one
    loaded description share them. It is thread-safe: two threads that look up the same thing at once get the same object.
    """

    __slots__ = ("_known", "_service_model")

    def __init__(self, service_model: ServiceModel, known: _Known) -> None:
        """Call `Api.of` instead."""
        self._service_model = service_model
        self._known = known

    def __repr__(self) -> str:
        return f"<Api of {self._service_model.service_name}, {len(self.operations)} operations>"

    @classmethod
    def of(cls, service_model: ServiceModel) -> "Api":
        """Return the Api of a service model, such as a client's `meta.service_model`."""
        known = _known.get(service_model)
        if known is None:
            known = _latest.get(service_model.service_name)
            if known is None or known.description is not service_model.metadata:
                known = _Known(service_model)
            # If two threads come here at once, both must continue with the same object; otherwise each would have its own shapes.
            known = _latest[service_model.service_name] = _known.setdefault(service_model, known)
        return cls(service_model, known)

    @property
    def operations(self) -> frozenset[str]:
        """The names of all operations."""
        return self._known.names

    def input(self, operation: str) -> StructureShape:
        """Return the structure that an operation takes; it has no members if the operation takes nothing.

        Raises `botocore.model.OperationNotFoundError` if the model has no such operation.
        """
        return self._look_up(operation).input

    def output(self, operation: str) -> StructureShape | None:
        """Return the structure that an operation answers with, or None."""
        return self._look_up(operation).output

    def error_codes(self, operation: str) -> frozenset[str]:
        """Return the error codes that the model states for an operation.

        SageMaker also answers ValidationException, ThrottlingException and AccessDeniedException, which its model never states.
        """
        return self._look_up(operation).error_codes

    @property
    def echo(self) -> tuple[str, ...]:
        """The members of a CreateTrainingJob request that DescribeTrainingJob returns, in the order of the request."""
        return self.echo_of("CreateTrainingJob", "DescribeTrainingJob")

    def echo_of(self, create: str, describe: str) -> tuple[str, ...]:
        """Return the members of a request to `create` that `describe` returns, in the order of the request."""
        found = self._known.echoes.get((create, describe))
        if found is None:
            has_both = {create, describe} <= self.operations
            found = common_members(self.input(create), self.output(describe)) if has_both else ()
            self._known.echoes[create, describe] = found
        return found

    def _look_up(self, operation: str) -> _Operation:
        found = self._known.operations.get(operation)
        if found is None:
            model = self._service_model.operation_model(operation)
            takes = model.input_shape
            answers = model.output_shape
            found = self._known.operations.setdefault(
                operation,
                _Operation(
                    takes if isinstance(takes, StructureShape) else StructureShape(f"{operation}Request", _NO_MEMBERS),
                    answers if isinstance(answers, StructureShape) else None,
                    frozenset(
                        shape.error_code or shape.name for shape in model.error_shapes if isinstance(shape, StructureShape)
                    ),
                ),
            )
        return found


@cache
def session() -> Any:  # noqa: ANN401  # botocore's stubs know each service, and each returns another class
    """Return a botocore session of sagemock's own, for look-ups without a client."""
    return Session()


@cache
def partition_of(region: str) -> str:
    """Return the partition of a region; "aws" for one that botocore does not know."""
    try:
        partition: str = session().get_partition_for_region(region)
    except UnknownRegionError:
        return "aws"
    return partition


@cache
def regions() -> frozenset[str]:
    """Return the regions of all partitions that botocore knows."""
    partitions = session().get_available_partitions()
    return frozenset(one for partition in partitions for one in session().get_available_regions("ec2", partition))


@cache
def installed() -> Api:
    """Return the service model of the installed botocore, for use before any client has called."""
    # Without a session, which would ask for a region, a profile and plugins.
    return Api.of(ServiceModel(create_loader().load_service_model("sagemaker", "service-2"), "sagemaker"))
