"""`mock_sagemaker`, which makes mocks. Its import is cheap: the first mock imports the modules that mocks need."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, overload

# Imported at once: it keeps the real functions of time before a test can replace them.
from sagemock.clock import real  # noqa: F401
from sagemock.errors import InvalidType, UsageError

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from sagemock.faces.mock import SageMakerMock
    from sagemock.world.options import OptionsDict

__all__ = ["mock_sagemaker"]

_Target = TypeVar("_Target", bound="Callable[..., Any] | staticmethod[..., Any] | classmethod[Any, ..., Any]")


class _MockSagemaker:
    """The type of `mock_sagemaker`. Calling it makes a mock or decorates; it is not a mock itself."""

    __name__ = "mock_sagemaker"

    @overload
    def __call__(self, target: _Target, /) -> _Target: ...

    @overload
    def __call__(self, **options: "Unpack[OptionsDict]") -> "SageMakerMock": ...

    def __call__(self, target: Any = None, /, *more: object, **options: Any) -> Any:  # type: ignore[misc]  # refuses other calls
        """Mock SageMaker's training jobs, as a decorator or by `with`.

        `@mock_sagemaker`, `@mock_sagemaker(start=…)`, `with mock_sagemaker() as sagemaker:`.
        It takes the options of `Options`. Raises InvalidType for an unknown option.
        """
        # Two hundred modules: a process that never makes a mock goes without (docs/explanation/design.md, Budgets).
        from sagemock.faces.mock import SageMakerMock  # noqa: PLC0415
        from sagemock.world.options import Options  # noqa: PLC0415

        mock = SageMakerMock(Options.of(**options))
        if more or (target is not None and options):
            raise InvalidType("mock_sagemaker takes options by name, and then decorates a function: @mock_sagemaker(start=…)")
        return mock if target is None else mock(target)

    def __repr__(self) -> str:
        return "<mock_sagemaker>"


def _refuse_to_enter(_: object) -> NoReturn:
    raise UsageError("mock_sagemaker makes mocks and is not a mock: call it, `with mock_sagemaker() as sagemaker:`")


for _name in ("__enter__", "__exit__", "__aenter__", "__aexit__"):
    # Not in the class body: there, a type checker would accept `with mock_sagemaker:`.
    setattr(_MockSagemaker, _name, _refuse_to_enter)

mock_sagemaker = _MockSagemaker()
mock_sagemaker.__doc__ = _MockSagemaker.__call__.__doc__
