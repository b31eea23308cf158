"""Tells which names and addresses belong to this machine, to AWS, or to `passthrough`, without a DNS look-up."""

import difflib
import os
import re
from collections.abc import Collection, Iterator
from functools import cache, lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from socket import inet_aton
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader, create_loader
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from sagemock.checks import quoted
from sagemock.errors import InvalidType, InvalidValue

__all__ = ["canonical", "entries", "gives_credentials", "host_of", "is_awss", "is_local", "is_loopback", "lets_through"]

_GIVE_CREDENTIALS: Final = frozenset(
    # EC2 (two), containers in ECS, and EKS Pod Identity (two): the SDKs' reference guide, "IMDS credential provider" and
    # "Container credential provider".
    {"169.254.169.254", "fd00:ec2::254", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"}
)
_NUMBER: Final = re.compile(r"[0-9a-fx.]+")
_HOST: Final = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)+")
_PART: Final = re.compile(r"\{([^}]*)\}")


# -- kinds of names


def canonical(host: object) -> str | None:
    """Return a host in its canonical form: in lower case, without a final dot, an address in its usual form.

    None for a value that is not a host, such as the path of a Unix socket.
    """
    if isinstance(host, (bytes, bytearray)):
        host = bytes(host).decode("ascii", "replace")
    if not isinstance(host, str):
        return None
    if not host.isascii():
        try:
            # `socket` does the same.
            host = host.encode("idna").decode()
        except UnicodeError:
            return None
    name = host.lower().removesuffix(".")
    address = _address(name)
    return name if address is None else str(address)


def is_local(host: object) -> bool:
    """Return whether a host is this machine, without a look-up: localhost, and any spelling of a loopback address or of 0.0.0.0.

    A name that only the hosts file of this machine knows does not count.
    """
    name = canonical(host)
    if name is None:
        return False
    address = _address(name)
    if address is not None:
        return address.is_loopback or address.is_unspecified
    # RFC 6761, 6.3: these names are loopback, and resolvers answer so by themselves.
    return name == "localhost" or name.endswith(".localhost")


def host_of(url: str) -> str | None:
    """Return the host of a URL; None if the libraries that may send it disagree about the host."""
    try:
        # In a strange URL, urllib3 and aiohttp may see different hosts.
        host = (parse_url(url).host or "").strip("[]")
        same = canonical(host) == canonical((urlsplit(url).hostname or "").replace("%25", "%", 1))
    except (LocationParseError, ValueError):
        return None
    return host if same and host else None


def is_loopback(url: str) -> bool:
    """Return whether a URL names this machine."""
    return is_local(host_of(url))


def gives_credentials(name: str) -> bool:
    """Return whether a canonical name is an address at which AWS gives out credentials."""
    return name in _GIVE_CREDENTIALS


def is_awss(name: str) -> bool:
    """Return whether a canonical name belongs to AWS."""
    return f".{name}".endswith(_domains())


# -- passthrough


def lets_through(passthrough: Collection[str], name: str) -> bool:
    """Return whether `passthrough` lets a canonical name through: as a host, or as an endpoint of one of its services."""
    if name in passthrough:
        return True
    return any(_is_service(entry) and _endpoints(entry).fullmatch(name) is not None for entry in passthrough)


def entries(passthrough: Collection[object]) -> frozenset[str]:
    """Return the entries of `passthrough`: services as they are, hosts in canonical form.

    Raises InvalidType for an entry that is not a string, and InvalidValue for one that is neither a service nor a host.
    """
    return frozenset(map(_entry, passthrough))


def _entry(entry: object) -> str:
    if not isinstance(entry, str):
        raise InvalidType(f"passthrough holds names of services and hosts, not {quoted(entry)}: write passthrough=['s3']")
    if entry == "sagemaker":
        raise InvalidValue("passthrough: sagemock answers 'sagemaker' itself: take it out, or stop the mock before a real call")
    name = canonical(entry) or entry
    if _address(name) is not None or _HOST.fullmatch(name):
        return name
    services = _loader().list_available_services("service-2")
    if entry in services:
        return entry
    near = _near(entry, services)
    hint = f"did you mean {near!r}? " if near else ""
    raise InvalidValue(
        f"passthrough: {quoted(entry)} is neither a service nor a host: {hint}"
        "Write a service as boto3.client takes it, like 's3', or only a host with a dot, like 'minio.example.com'"
    )


def _near(entry: str, services: Collection[str]) -> str | None:
    """Return the most likely correction of an entry, or None."""
    if not re.search("[:/]", entry):
        near = difflib.get_close_matches(entry.lower(), [one for one in services if one != "sagemaker"], n=1, cutoff=0.5)
        return near[0] if near else None
    host = canonical(host_of(entry if "//" in entry else f"//{entry}"))
    return host if host is not None and (_address(host) is not None or _HOST.fullmatch(host)) else None


def _is_service(entry: str) -> bool:
    return "." not in entry and ":" not in entry


def _address(name: str) -> IPv4Address | IPv6Address | None:
    """Return the IP address that a name spells; None for any other name."""
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        if not _NUMBER.fullmatch(name):
            return None
        try:
            # Resolvers also accept 127.1, 0x7f000001 and 2130706433.
            return IPv4Address(inet_aton(name))
        except OSError:
            return None
    mapped = getattr(address, "ipv4_mapped", None)
    return address if mapped is None else mapped


# -- botocore's data, each read once, when it is first needed


@cache
def _domains() -> tuple[str, ...]:
    # The partitions do not list this suffix of Lambda's function URLs.
    return (".on.aws", *(f".{suffix}" for suffix in _suffixes()))


@cache
def _suffixes() -> tuple[str, ...]:
    partitions: Any = _loader().load_data("partitions")
    outputs = [partition["outputs"] for partition in partitions["partitions"]]
    return tuple(dict.fromkeys(one[name] for one in outputs for name in ("dnsSuffix", "dualStackDnsSuffix")))


@lru_cache(maxsize=16)
def _endpoints(service: str) -> re.Pattern[str]:
    """Return a pattern of a service's hosts, from the templates in its endpoint rules."""
    try:
        rules: Any = _loader().load_service_model(service, "endpoint-rule-set-1")
    except DataNotFoundError:
        # A service of the user's own models has no rules.
        rules = {}
    return re.compile("|".join({_pattern(host) for host in _hosts(rules)}))


def _loader() -> Loader:
    # Includes the user's own models, as a botocore session finds them by default.
    return create_loader(os.environ.get("AWS_DATA_PATH"))


def _hosts(rules: Any) -> Iterator[str]:  # noqa: ANN401  # JSON
    """Yield the host templates in endpoint rules."""
    if isinstance(rules, dict):
        url = rules.get("url")
        # Not the templates that contain an endpoint given by the caller.
        if isinstance(url, str) and url.startswith("https://") and "#authority}" not in url:
            yield url.removeprefix("https://").partition("/")[0]
    for rule in rules.values() if isinstance(rules, dict) else rules if isinstance(rules, list) else ():
        yield from _hosts(rule)


def _pattern(host: str) -> str:
    def pattern(part: str) -> str:
        if part.lower().endswith("dnssuffix"):
            return f"({'|'.join(map(re.escape, _suffixes()))})"
        # Only names of buckets contain dots.
        return r"[a-z0-9._-]+" if part == "Bucket" else r"[a-z0-9_-]+"

    pieces = _PART.split(host)
    return "".join(pattern(piece) if index % 2 else re.escape(piece) for index, piece in enumerate(pieces))
