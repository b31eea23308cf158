"""One decorator for every callable and for classes: each call, or each test method, runs inside a fresh mock."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from sagemock.checks import quoted
from sagemock.errors import InvalidType
from sagemock.faces.decorate.classes import decorate_class
from sagemock.faces.decorate.functions import Mock, inside, is_fixture

__all__ = ["decorate"]

_Target = TypeVar("_Target", bound="Callable[..., Any] | staticmethod[..., Any] | classmethod[Any, ..., Any]")


def decorate(target: _Target, new_mock: Callable[[], Mock]) -> _Target:
    """Return `target` such that each call of it runs inside its own mock.

    The result is of the same kind: function, coroutine function, generator function (the mock is active from the first
    `next` to the end), async generator function, staticmethod, classmethod. A class is changed in place and returned:
    each of its test methods (whose names begin with `test`) gets a fresh mock, which starts before `setUp` or
    `setup_method` and stops after `tearDown`, cleanups or `teardown_method`. The same holds for its subclasses.
    A function or test method with a parameter named `sagemock` gets its mock by it.

    Raises InvalidType if `target` cannot be decorated.
    """
    if isinstance(target, type):
        return cast("_Target", decorate_class(target, new_mock))
    if isinstance(target, (staticmethod, classmethod)):
        return cast("_Target", type(target)(decorate(target.__func__, new_mock)))
    _refuse(target)
    return cast("_Target", inside(target, lambda _: new_mock()))


def _refuse(target: object) -> None:
    """Raise InvalidType for a target that cannot be decorated."""
    if is_fixture(target):
        raise InvalidType(f"{target!r} is a pytest fixture already: put @pytest.fixture above @mock_sagemaker")
    if isinstance(target, (property, functools.cached_property, functools.partialmethod)):
        kind = type(target).__name__
        raise InvalidType(f"a {kind} cannot be decorated: put @mock_sagemaker under the {kind}, on the function itself")
    if not callable(target):
        raise InvalidType(
            f"@mock_sagemaker decorates callables, not {quoted(target)}: put it on a function, a method or a class, "
            "or write `with mock_sagemaker():`; options are given by name"
        )
