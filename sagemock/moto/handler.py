"""moto beside sagemock: moto answers the calls that sagemock does not simulate, and does not see those that sagemock answers.

This module never imports moto; if a test has imported it, `sys.modules` has it. Only here do we use internals of moto, which are
these (moto 5.0.0 to 5.2.5; `tests/moto/test_handler.py` fails when one of them changes):

* `moto.core.models.botocore_stubber`: the `before-send` handler of every client that was created after moto's import. While a
  mock is active, we wrap its `__call__`. botocore calls every handler of `before-send`, even if one has already answered (`emit`
  in botocore/hooks.py): without the wrapper, moto would create a second job, or raise NotImplementedError.
* `botocore_stubber.enabled`: whether a `mock_aws` is active.
* `MockAWS._orig_creds`: the credentials that a `mock_aws` found and will put back.
"""

import gc
import json
import sys
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from sagemock.clock import forks
from sagemock.errors import NotSimulated
from sagemock.patches.patch import Wrapped
from sagemock.protocol.refusal import Refusal
from sagemock.protocol.request import Request, read
from sagemock.protocol.validate import check
from sagemock.service.search import RESOURCES

__all__ = ["Moto", "ask", "disown", "is_ours", "log_groups", "mark", "moto_answers", "perform"]

_MODELS = "moto.core.models"
_MARK = "sagemock_answered"


class Moto:
    """Makes moto's handler skip requests that sagemock has answered. If moto is imported inside a mock, the next call notices."""

    def __init__(self) -> None:
        """Do nothing yet: `notice` looks for moto."""
        self._lock = forks.lock()
        self._handler: Wrapped | None = None

    def notice(self) -> None:
        """Wrap moto's handler, once, if moto is imported now."""
        if self._handler is None and _MODELS in sys.modules:
            with self._lock:
                stubber = _stubber()
                if self._handler is None and stubber is not None:
                    owner = next(kind for kind in type(stubber).__mro__ if "__call__" in vars(kind))
                    handler = Wrapped(owner, "__call__", self._pass_over)
                    handler.install()
                    self._handler = handler

    def uninstall(self) -> None:
        """Unwrap moto's handler."""
        with self._lock:
            handler, self._handler = self._handler, None
            if handler is not None:
                handler.uninstall()

    @staticmethod
    def _pass_over(wrapped: Callable[..., Any], _: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        request = kwargs["request"] if "request" in kwargs else args[1]
        return None if getattr(request, _MARK, False) else wrapped(*args, **kwargs)


def mark(request: AWSPreparedRequest) -> None:
    """Mark a request as answered by sagemock."""
    # Not by `vars`: CPython would build a dictionary that the request otherwise never needs.
    setattr(request, _MARK, True)


def moto_answers() -> bool:
    """Whether a `mock_aws` of moto's is active in this process."""
    stubber = _stubber()
    return stubber is not None and bool(stubber.enabled)


def ask(request: AWSPreparedRequest) -> AWSResponse | None:
    """Return moto's answer to a request, None if no `mock_aws` is active or it lets the request through."""
    stubber = _stubber()
    if stubber is None:
        return None
    response: AWSResponse | None = stubber(event_name="before-send", request=request)
    return response


def is_ours(operation: str, params: Mapping[str, Any], simulated: Container[str]) -> bool:
    """Whether sagemock answers a SageMaker operation: it is `simulated`, and not about moto's own resources."""
    if operation not in simulated:
        return False
    if operation == "Search":
        # sagemock refuses a Search without a Resource.
        return "Resource" not in params or params["Resource"] in RESOURCES
    arn = params.get("ResourceArn")
    if arn is None or not moto_answers():
        return True
    kind = arn.rpartition(":")[2].partition("/")[0]
    return f"Create{kind.title().replace('-', '')}" in simulated


def perform(request: Request, simulated: Iterable[str]) -> str:
    """Return moto's response, as JSON, to a request for a SageMaker operation that is not among the `simulated` ones.

    Raises a Refusal if moto refuses, and NotSimulated if moto is not active or cannot answer either.
    """
    try:
        response = _ask("api.sagemaker", request, request.body)
    except NotImplementedError as error:
        raise NotSimulated(_unanswered(_what(request), simulated, f"; moto, which is active, says {str(error)!r}")) from error
    if response is None:
        raise NotSimulated(_unanswered(_what(request), simulated, ""))
    text = response.content.decode()
    if response.status_code >= _ERRORS:
        raise _refusal(response.status_code, text)
    return text


def log_groups(request: Request) -> list[Mapping[str, Any]]:
    """Return all of moto's log groups for the caller of a request; none if moto is not active."""
    found: list[Mapping[str, Any]] = []
    asked: dict[str, str] = {}
    while True:
        response = _ask("logs", request, json.dumps(asked))
        if response is None:
            return found
        page = json.loads(response.content)
        found += page["logGroups"]
        if not page.get("nextToken"):
            return found
        asked = {"nextToken": page["nextToken"]}


def _ask(host: str, request: Request, body: bytes | str) -> AWSResponse | None:
    # moto routes by URL, and a client may have any endpoint.
    url = f"https://{host}.{request.region}.amazonaws.com/"
    headers: Any = request.headers  # botocore's stubs want a dict; this is botocore's own class
    return ask(AWSPreparedRequest("POST", url, headers, body, stream_output=False))


def disown(ours: Mapping[str, str], before: Mapping[str, str | None]) -> None:
    """Make every active `mock_aws` put back the credentials that were there `before`, instead of `ours`.

    A `mock_aws` that began inside a mock and outlives it has saved ours. moto has no list of its active mocks, so in this one
    case we search all objects.
    """
    if ours and moto_answers():
        models: Any = sys.modules[_MODELS]
        for found in gc.get_referrers(models.MockAWS):
            if type(found) is models.MockAWS:
                kept = vars(found).get("_orig_creds", {})
                kept.update({name: before[name] for name, value in kept.items() if name in ours and ours[name] == value})


_ERRORS = 300


def _stubber() -> Any:  # noqa: ANN401  # moto has no types
    return getattr(sys.modules.get(_MODELS), "botocore_stubber", None)


def _refusal(status: int, text: str) -> Refusal:
    try:
        document = json.loads(text)
        code = document["__type"]
    except (ValueError, TypeError, KeyError):
        # If it is not an error in SageMaker's format, do as botocore does: the status is the code.
        return Refusal(str(status), text, status=status)
    return Refusal(code, document.get("message", document.get("Message", "")), status=status)


def _what(request: Request) -> str:
    """Return the name of the call for an error message. Raises a Refusal for a Search that the service would refuse."""
    if request.operation != "Search":
        return request.operation
    params = read(request).params
    check(request.api.input("Search"), params)
    return f"Search for the resource {params['Resource']}"


def _unanswered(operation: str, simulated: Iterable[str], neighbour: str) -> str:
    return (
        f"sagemock does not simulate {operation}. It simulates {', '.join(sorted(simulated))}{neighbour}; "
        "answer the rest with moto's mock_aws beside sagemock or with botocore's Stubber, or leave that call out of this test"
    )
