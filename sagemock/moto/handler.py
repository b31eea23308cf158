"""moto beside us: it answers what sagemock does not simulate, and is not asked about what sagemock answers.

moto is never imported from here: where a test has imported it, it is found among the loaded modules. What of its insides is
touched, all of it here (moto 5.0.0 to 5.2.5; `tests/test_neighbours.py` fails when one moves):

* `moto.core.models.botocore_stubber`: the `before-send` handler that every client has which was made after moto's import. While a
  mock is active its `__call__` is wrapped. botocore calls every handler of `before-send`, also when one has answered (`emit` in
  botocore/hooks.py): left alone, moto would make a second job, or raise NotImplementedError.
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
from sagemock.protocol.request import Request

__all__ = ["Moto", "ask", "disown", "is_ours", "log_groups", "mark", "moto_answers", "perform"]

_MODELS = "moto.core.models"
_MARK = "sagemock_answered"


class Moto:
    """Keeps moto's handler away from what sagemock has answered. Who imports moto inside a mock is noticed at the next call."""

    def __init__(self) -> None:
        """Prepare; nothing is looked at before `notice`."""
        self._lock = forks.lock()
        self._handler: Wrapped | None = None

    def notice(self) -> None:
        """Wrap moto's handler if moto is there by now and that is not done."""
        if self._handler is None and _MODELS in sys.modules:
            with self._lock:
                stubber = _stubber()
                if self._handler is None and stubber is not None:
                    owner = next(kind for kind in type(stubber).__mro__ if "__call__" in vars(kind))
                    handler = Wrapped(owner, "__call__", self._pass_over)
                    handler.install()
                    self._handler = handler

    def uninstall(self) -> None:
        """Leave moto's handler as it was."""
        with self._lock:
            handler, self._handler = self._handler, None
            if handler is not None:
                handler.uninstall()

    @staticmethod
    def _pass_over(wrapped: Callable[..., Any], _: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        request = kwargs["request"] if "request" in kwargs else args[1]
        return None if getattr(request, _MARK, False) else wrapped(*args, **kwargs)


def mark(request: AWSPreparedRequest) -> None:
    """Say of a request that sagemock has answered it."""
    # Not by `vars`, which makes CPython build a dictionary for the request that it else never needs.
    setattr(request, _MARK, True)


def moto_answers() -> bool:
    """Whether a `mock_aws` of moto's is active in this process."""
    stubber = _stubber()
    return stubber is not None and bool(stubber.enabled)


def ask(request: AWSPreparedRequest) -> AWSResponse | None:
    """Return what moto answers to a request, None if no `mock_aws` is active or it lets the request through."""
    stubber = _stubber()
    if stubber is None:
        return None
    response: AWSResponse | None = stubber(event_name="before-send", request=request)
    return response


def is_ours(operation: str, params: Mapping[str, Any], simulated: Container[str]) -> bool:
    """Whether an operation of SageMaker's is for sagemock: a `simulated` one, and not on the tags of what moto has made."""
    if operation not in simulated:
        return False
    arn = params.get("ResourceArn")
    if arn is None or not moto_answers():
        return True
    kind = arn.rpartition(":")[2].partition("/")[0]
    return f"Create{kind.title().replace('-', '')}" in simulated


def perform(request: Request, simulated: Iterable[str]) -> str:
    """Return moto's response, as JSON, to a request for an operation of SageMaker's that is not among the `simulated` ones.

    Raises a Refusal where moto refuses, and NotSimulated if moto is not there or cannot answer either.
    """
    try:
        response = _ask("api.sagemaker", request, request.body)
    except NotImplementedError as error:
        raise NotSimulated(_unanswered(request.operation, simulated, f"; moto, which is active, says {str(error)!r}")) from error
    if response is None:
        raise NotSimulated(_unanswered(request.operation, simulated, ""))
    text = response.content.decode()
    if response.status_code >= _ERRORS:
        raise _refusal(response.status_code, text)
    return text


def log_groups(request: Request) -> list[Mapping[str, Any]]:
    """Return all log groups that moto has for the caller of a request, none if moto is not there."""
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
    # moto goes by the URL, and a client may have any endpoint.
    url = f"https://{host}.{request.region}.amazonaws.com/"
    headers: Any = request.headers  # botocore's stubs want a plain dict, and these are of botocore's own kind
    return ask(AWSPreparedRequest("POST", url, headers, body, stream_output=False))


def disown(ours: Mapping[str, str], before: Mapping[str, str | None]) -> None:
    """Let no `mock_aws` that is still active put back the credentials `ours`, which it found, but what was there `before`.

    A mock_aws that began inside of a mock and goes on after its end holds them. moto keeps no list of what is active, so it is
    looked for among all objects, only in this case.
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
        said = json.loads(text)
        code = said["__type"]
    except (ValueError, TypeError, KeyError):
        # What is no error of SageMaker's kind is told as botocore tells it: the code is the status.
        return Refusal(str(status), text, status=status)
    return Refusal(code, said.get("message", said.get("Message", "")), status=status)


def _unanswered(operation: str, simulated: Iterable[str], neighbour: str) -> str:
    return (
        f"sagemock does not simulate {operation}. It simulates {', '.join(sorted(simulated))}{neighbour}; "
        "answer the rest with moto's mock_aws beside sagemock or with botocore's Stubber, or leave that call out of this test"
    )
