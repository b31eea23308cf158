"""Reads and writes the buckets of moto's S3 as the service would: by S3's own HTTP requests, inside this process."""

import re
from collections.abc import Iterator, Mapping
from html import unescape
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

from sagemock.errors import UsageError
from sagemock.evidence import Assumption
from sagemock.jobs.place import Place
from sagemock.moto import handler
from sagemock.protocol.refusal import Refusal

__all__ = ["Location", "check_inputs", "get", "keys", "location", "put"]

_URI: Final = re.compile(r"s3://([^/]+)/?(.*)", re.DOTALL)
_SAME_TEXT: Final = Assumption(
    "that input in a bucket that does not exist is refused in the same words as input in a bucket without the objects",
    knob="mock_sagemaker(check_s3=False)",
)
_OTHER_KINDS: Final = Assumption(
    "with check_s3, that the service refuses a processing or transform job without input when it is created, in the same words "
    "as a training job",
    since="2026-11-26",
    knob="mock_sagemaker(check_s3=False), and a plan that fails during Starting",
)
_KEY: Final = re.compile("<Key>(.*?)</Key>", re.DOTALL)
_TOKEN: Final = re.compile("<NextContinuationToken>(.*?)</NextContinuationToken>")
PAGE: Final = 1000
"""How many keys S3 lists in one response at most."""
_OK: Final = 200
_NOT_FOUND: Final = 404


class Location(NamedTuple):
    """A place in S3: a bucket, and a key or a prefix of keys."""

    bucket: str
    key: str


def location(uri: str) -> Location | None:
    """Return the place that an S3 URI names, None for another kind of URI."""
    found = _URI.fullmatch(uri)
    return None if found is None else Location(found[1], found[2])


def put(region: str, where: Location, body: bytes, kms_key: str = "") -> bool:
    """Put an object. Return False if moto is not active or the bucket does not exist.

    Raises UsageError if moto refuses.
    """
    encrypted = {"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": kms_key}
    answered = _ask("PUT", region, where, body=body, headers=encrypted if kms_key else {})
    if answered is None or answered.status_code == _NOT_FOUND:
        return False
    if answered.status_code != _OK:
        raise UsageError(
            f"moto's S3 refuses a job's artifact at s3://{where.bucket}/{where.key} with HTTP {answered.status_code}: "
            "let the bucket's policy allow it, or give the job another S3OutputPath"
        )
    return True


def get(region: str, where: Location) -> bytes | None:
    """Return an object, None if there is none."""
    answered = _ask("GET", region, where)
    return None if answered is None or answered.status_code != _OK else answered.content


def keys(region: str, where: Location) -> Iterator[str]:
    """Yield the keys that begin with the key of `where`; none if the bucket does not exist."""
    listing = {"list-type": "2", "max-keys": str(PAGE), "prefix": where.key}
    while True:
        answered = _ask("GET", region, Location(where.bucket, ""), query=listing)
        page = "" if answered is None or answered.status_code != _OK else answered.content.decode()
        yield from (unescape(found) for found in _KEY.findall(page))
        token = _TOKEN.search(page)
        if token is None:
            return
        listing["continuation-token"] = unescape(token[1])


def check_inputs(place: Place, request: Mapping[str, Any]) -> None:
    """Raise a Refusal for a job whose input is not in moto's S3. Raises UsageError if no `mock_aws` is active.

    The text, with the part about the region, was seen for a training job (aws/amazon-sagemaker-examples#2267, a log of 2021).
    """
    for uri in _inputs(request):
        where = location(uri)
        if where is None:
            continue
        answered = _ask("HEAD", place.region, Location(where.bucket, ""))
        if answered is None:
            raise UsageError(
                f"check_s3=True, but no S3 is active in which to look for {uri!r}: enter moto's mock_aws as well, "
                "or leave check_s3 out"
            )
        region = answered.headers.get("x-amz-bucket-region", place.region)
        if region == place.region and _SAME_TEXT(answered.status_code == _OK) and _has_objects(place.region, where):
            continue
        elsewhere = f" Error message from S3: The bucket is in this region: {region}. Please use this region to retry the request"
        # A transform job has the role of its model.
        role = f'the role "{request["RoleArn"]}"' if "RoleArn" in request else _OTHER_KINDS("the role of the model")
        raise Refusal(
            "ValidationException",
            (
                f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket exists in '
                f"the selected region ({place.region}), that objects exist under that S3 prefix, and that {role} has "
                f'"s3:ListBucket" permissions on bucket "{where.bucket}".{"" if region == place.region else elsewhere}'
            ),
        )


def _inputs(request: Mapping[str, Any]) -> Iterator[str]:
    """Yield the URIs of the input of a job of any kind."""
    for channel in (*request.get("InputDataConfig", ()), request.get("TransformInput", {})):
        if "S3DataSource" in channel.get("DataSource", {}):
            yield channel["DataSource"]["S3DataSource"]["S3Uri"]
    for one in request.get("ProcessingInputs", ()):
        if "S3Input" in one:
            yield one["S3Input"]["S3Uri"]


def _has_objects(region: str, where: Location) -> bool:
    # A manifest is also an object: the only one with that prefix, or the first.
    listing = {"list-type": "2", "max-keys": "1", "prefix": where.key}
    answered = _ask("GET", region, Location(where.bucket, ""), query=listing)
    return answered is not None and b"<Contents>" in answered.content


def _ask(  # noqa: PLR0913  # the parts of an HTTP request
    method: str,
    region: str,
    where: Location,
    *,
    body: bytes = b"",
    headers: Mapping[str, str] = MappingProxyType({}),
    query: Mapping[str, str] = MappingProxyType({}),
) -> AWSResponse | None:
    # moto treats a request without a signature as anonymous.
    signature = f"AWS4-HMAC-SHA256 Credential=SAGEMOCK/20180730/{region}/s3/aws4_request, SignedHeaders=host, Signature=0"
    sent: Any = HTTPHeaders()  # AWSPreparedRequest's stubs want a dict
    for name, value in {"Authorization": signature, "Content-Length": str(len(body)), **headers}.items():
        sent[name] = value
    path = quote(f"/{where.bucket}/{where.key}" if where.key else f"/{where.bucket}")
    asked = f"?{urlencode(query, quote_via=quote)}" if query else ""
    return handler.ask(
        AWSPreparedRequest(method, f"https://s3.{region}.amazonaws.com{path}{asked}", sent, body, stream_output=False)
    )
