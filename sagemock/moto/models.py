"""Models in moto's SageMaker: the model of a transform job must exist."""

import json
from typing import Any, Final

from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders

from sagemock.jobs.place import Place
from sagemock.moto import handler
from sagemock.protocol.refusal import INVALID, Refusal

__all__ = ["check_model"]

_ERRORS: Final = 400


def check_model(place: Place, name: str) -> None:
    """Raise a Refusal if moto is active and does not have this model. If moto is not active, any name is accepted."""
    sent: Any = HTTPHeaders()  # AWSPreparedRequest's stubs want a dict
    sent["X-Amz-Target"] = "SageMaker.DescribeModel"
    # moto takes the account from its own settings, unless the key is one of its own.
    sent["Authorization"] = f"AWS4-HMAC-SHA256 Credential=SAGEMOCK/20180730/{place.region}/sagemaker/aws4_request, Signature=0"
    url = f"https://api.sagemaker.{place.region}.amazonaws.com/"
    answered = handler.ask(AWSPreparedRequest("POST", url, sent, json.dumps({"ModelName": name}), stream_output=False))
    if answered is not None and answered.status_code >= _ERRORS:
        # The text is from a public record.
        raise Refusal(INVALID, f'Could not find model "{place.arn(f"model/{name}")}".')
