"""What the user's own botocore knows of SageMaker: the only source of shapes, members and error codes."""

from typing import NamedTuple
from weakref import WeakKeyDictionary

from botocore.model import ServiceModel, Shape, StructureShape

__all__ = ["Api", "common_members"]

# What an operation takes that has no input in the model.
_NO_MEMBERS = {"type": "structure", "members": {}}


class _Operation(NamedTuple):
    input: StructureShape
    output: StructureShape | None
    error_codes: frozenset[str]


class _Known:
    """What was looked up in one description of a service."""

    def __init__(self, service_model: ServiceModel) -> None:
        # Every model that botocore makes of one loaded description has this very object, which is alive while we hold it.
        self.description: object = service_model.metadata
        self.names = frozenset(service_model.operation_names)
        self.operations: dict[str, _Operation] = {}
        self.echo: tuple[str, ...] | None = None


_known: WeakKeyDictionary[ServiceModel, _Known] = WeakKeyDictionary()
# Of each service the description that was met last. A session's loader keeps it, too, and makes a new model of it for each
# client: a suite that makes a client in each test would look everything up, and compile each constraint, once a test.
_latest: dict[str, _Known] = {}


def common_members(first: Shape | None, second: Shape | None) -> tuple[str, ...]:
    """Return the names of the members that both structures have, in the order of the first; none if either is no structure."""
    if not isinstance(first, StructureShape) or not isinstance(second, StructureShape):
        return ()
    return tuple(name for name in first.members if name in second.members)


class Api:
    """A service model of botocore, asked for what sagemock needs.

    An operation that the model is too old to have is absent from `operations`; nothing else about an old model is an error.
    An `Api` is cheap and keeps its service model alive; what it looks up is kept for as long as the model lives, and shared by
    all models of one loaded description.
    It is safe to use from several threads: two that look up the same thing at once find the same.
    """

    __slots__ = ("_known", "_service_model")

    def __init__(self, service_model: ServiceModel, known: _Known) -> None:
        """Take what `Api.of` found; call that."""
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
            # Of two threads that come here at once both must go on with the same, lest each has its own shapes.
            known = _latest[service_model.service_name] = _known.setdefault(service_model, known)
        return cls(service_model, known)

    @property
    def operations(self) -> frozenset[str]:
        """The names of all operations."""
        return self._known.names

    def input(self, operation: str) -> StructureShape:
        """Return the structure that an operation takes: without members if it takes none.

        Raises `botocore.model.OperationNotFoundError` if the model has no such operation.
        """
        return self._look_up(operation).input

    def output(self, operation: str) -> StructureShape | None:
        """Return the structure that an operation answers with, or None."""
        return self._look_up(operation).output

    def error_codes(self, operation: str) -> frozenset[str]:
        """Return the error codes that the model states for an operation.

        ValidationException, ThrottlingException and AccessDeniedException are answers of SageMaker's that its model never states.
        """
        return self._look_up(operation).error_codes

    @property
    def echo(self) -> tuple[str, ...]:
        """The members of a CreateTrainingJob request that DescribeTrainingJob gives back, in the request's order."""
        if self._known.echo is None:
            create, describe = "CreateTrainingJob", "DescribeTrainingJob"
            has_both = {create, describe} <= self.operations
            self._known.echo = common_members(self.input(create), self.output(describe)) if has_both else ()
        return self._known.echo

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
