import inspect
import pickle
import re
import socket

import pytest

from sagemock import errors

EVERY = [getattr(errors, name) for name in errors.__all__]


def test_the_tree_in_the_docstring_is_the_tree_of_classes() -> None:
    """Each error stands under its parent, and none is missing."""
    drawn: dict[str, str | None] = {}
    path: list[str] = []
    for line in inspect.getdoc(errors).__str__().splitlines():
        found = re.match(r"([│├└─ ]*)([A-Z]\w+)(?:$|  )", line)
        if found:
            depth = len(found[1]) // 4
            path[depth:] = [found[2]]
            drawn[found[2]] = path[depth - 1] if depth else None
    assert sorted(drawn) == sorted(errors.__all__)
    for error in EVERY:
        assert error.__bases__[0].__name__ == (drawn[error.__name__] or "Exception")


def test_every_error_is_exported() -> None:
    """`__all__` is complete and sorted."""
    found = [name for name, value in vars(errors).items() if inspect.isclass(value)]
    assert sorted(found) == sorted(errors.__all__)


@pytest.mark.parametrize(
    "error, also",
    [
        (errors.InvalidType, TypeError),
        (errors.InvalidValue, ValueError),
        (errors.NotAnswered, socket.gaierror),
        (errors.PlanError, ValueError),
        (errors.UnknownJob, KeyError),
        (errors.UnusedError, AssertionError),
        (errors.WrongCalls, AssertionError),
        (errors.NotSimulated, NotImplementedError),
    ],
)
def test_an_error_has_the_built_in_bases_in_the_docstring(error: type[errors.SagemockError], also: type[Exception]) -> None:
    """Code that catches the built-in class catches ours."""
    assert issubclass(error, also)
    assert re.search(rf"{error.__name__} .*\(also an? {also.__name__}\)", errors.__doc__ or "")


@pytest.mark.parametrize("error", EVERY)
def test_an_error_keeps_its_message(error: type[errors.SagemockError]) -> None:
    """Also between processes; and each docstring says who is at fault."""
    one = error("what to do")
    assert str(one) == str(pickle.loads(pickle.dumps(one))) == "what to do"  # noqa: S301  # our own data
    assert isinstance(one, errors.SagemockError)
    assert error.__doc__
