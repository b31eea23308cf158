"""The environment of a child process whose AWS SDKs call a served mock, and no other server."""

import os

from sagemock.client.environ import BEARER, LEADS_TO_CREDENTIALS, REGION

__all__ = ["child_environment"]

_PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
_HERE = "127.0.0.1,localhost,::1"


def child_environment(url: str, *, region: str = REGION) -> dict[str, str]:
    """Return the environment of this process, changed so that the AWS SDKs of a child call the mock served at `url`.

    `subprocess.run(["aws", "sagemaker", "list-training-jobs"], env=child_environment(url))`. It sets stand-in keys and a region,
    removes variables that lead to the user's own credentials, and names empty files of credentials and settings. Calls of other
    services also go to the mock, and get an error that names them, unless a variable like `AWS_ENDPOINT_URL_S3` sends them
    elsewhere.
    """
    gone = {*LEADS_TO_CREDENTIALS, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"}
    kept = {name: value for name, value in os.environ.items() if name not in gone and not name.startswith(BEARER)}
    kept.update(
        AWS_ENDPOINT_URL=url,
        AWS_ENDPOINT_URL_SAGEMAKER=url,
        AWS_ENDPOINT_URL_CLOUDWATCH_LOGS=url,
        AWS_ACCESS_KEY_ID="sagemock",
        AWS_SECRET_ACCESS_KEY="sagemock",  # noqa: S106  # the server accepts any signature
        AWS_DEFAULT_REGION=region,
        AWS_REGION=region,
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
    )
    if any(kept.get(name) for name in _PROXIES):
        # A proxy cannot reach this machine's loopback address.
        direct = ",".join(filter(None, [kept.get("NO_PROXY") or kept.get("no_proxy"), _HERE]))
        kept.update(NO_PROXY=direct, no_proxy=direct)
    return kept
