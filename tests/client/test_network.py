"""Which names and addresses belong to this machine, to AWS, and to `passthrough`."""

import re

import botocore
import pytest
from botocore.loaders import Loader

from sagemock import errors
from sagemock.client.network import (
    _endpoints,
    canonical,
    entries,
    gives_credentials,
    host_of,
    is_awss,
    is_local,
    is_loopback,
    lets_through,
)


@pytest.mark.parametrize(
    "host, name",
    [
        ("STS.amazonaws.com.", "sts.amazonaws.com"),
        (b"sts.amazonaws.com", "sts.amazonaws.com"),
        (bytearray(b"x"), "x"),
        ("ｓts.amazonaws.com", "sts.amazonaws.com"),  # noqa: RUF001  # the point of the test
        ("0xA9FEA9FE", "169.254.169.254"),
        ("169.254.43518", "169.254.169.254"),
        ("::ffff:169.254.169.254", "169.254.169.254"),
        ("FD00:0EC2:0::254", "fd00:ec2::254"),
        ("fe80::1%eth0", "fe80::1"),
        ("abc.def", "abc.def"),
        ("ü" * 64, None),
        (None, None),
        (5, None),
    ],
)
def test_a_host_has_one_canonical_name(host: object, name: str | None) -> None:
    """As a resolver reads it; a value that is not a host has none."""
    assert canonical(host) == name


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:4566",
        "https://LOCALHOST/",
        "http://localhost.:1",
        "http://s3.localhost",
        "http://127.0.0.1",
        "http://127.1/",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://127.255.0.9:1",
        "http://user:word@localhost/",
        "http://[::1]:80",
        "http://[::1%25lo]/",
        "http://[::ffff:127.0.0.1]/",
        "http://0.0.0.0:5000",
        "http://[::]/",
    ],
)
def test_an_address_of_this_machine_is_recognised(url: str) -> None:
    """As a name and as a number, in any spelling."""
    assert is_loopback(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.example.com",
        "https://localhost.example.com",
        "http://169.254.169.254",
        "http://[fe80::1]",
        "https://mylocalhost",
        "http://127.0.0.1@192.0.2.1/",
        "http://192.0.2.1\\@127.0.0.1:9/",
        "http://127.0.0.1\\@192.0.2.1/",
        "http://[",
        "/",
        "",
    ],
)
def test_a_foreign_address_is_not_taken_for_this_machine(url: str) -> None:
    """A name may begin like a local one, and two libraries may read one URL differently."""
    assert not is_loopback(url)


def test_a_value_that_is_not_a_host_is_not_this_machine() -> None:
    """For example an empty one."""
    assert not is_local(None)
    assert host_of("http://192.0.2.1\\@127.0.0.1:9/") is None


def test_all_domains_of_aws_are_recognised() -> None:
    """Those that botocore knows and those of function URLs, but no similar names."""
    partitions = Loader().load_data("partitions")["partitions"]
    suffixes = {one["outputs"][kind] for one in partitions for kind in ("dnsSuffix", "dualStackDnsSuffix")}
    assert {"amazonaws.com", "amazonaws.com.cn", "api.aws"} <= suffixes
    for suffix in (*suffixes, "on.aws"):
        assert is_awss(suffix)
        assert is_awss(f"sts.{suffix}")
        assert not is_awss(f"sts.my{suffix}")
        assert not is_awss(f"{suffix}.example.com")


@pytest.mark.parametrize("address", ["169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23"])
def test_addresses_of_credentials_are_recognised(address: str) -> None:
    """Other addresses are not."""
    assert gives_credentials(address)
    assert not gives_credentials(f"{address}1")


NEWER = pytest.mark.skipif(
    [int(part) for part in botocore.__version__.split(".")[:2]] < [1, 40], reason="the endpoint rules of this botocore lack it"
)


@pytest.mark.parametrize(
    "service, host",
    [
        ("s3", "bucket.s3.eu-west-1.amazonaws.com"),
        ("s3", "a.bucket.with.dots.s3.us-east-1.amazonaws.com"),
        ("s3", "s3.amazonaws.com"),
        ("s3", "s3.dualstack.eu-west-1.amazonaws.com"),
        ("s3", "bucket.s3-accelerate.amazonaws.com"),
        ("s3", "bucket.s3.cn-north-1.amazonaws.com.cn"),
        ("sts", "sts.amazonaws.com"),
        ("sts", "sts-fips.us-east-1.amazonaws.com"),
        ("ecr", "api.ecr.us-east-1.amazonaws.com"),
        pytest.param("ecr", "ecr.us-east-1.api.aws", marks=NEWER),
        ("iam", "iam.amazonaws.com"),
        pytest.param("dynamodb", "123456789012.ddb.us-east-1.amazonaws.com", marks=NEWER),
    ],
)
def test_a_service_is_let_through_at_its_endpoints(service: str, host: str) -> None:
    """By botocore's endpoint rules; no other service is."""
    assert lets_through({service}, host)
    assert lets_through({"example.com", service}, host)
    assert not lets_through({"sqs", "s3control"}, host)
    assert not lets_through({service}, f"x{host}.example.com")
    assert not lets_through({service}, "169.254.169.254")


@pytest.mark.parametrize("service", ["account", "dynamodb", "events", "iam", "iot-data", "lambda", "s3", "s3control"])
def test_no_service_stands_for_all_hosts(service: str) -> None:
    """The templates of its endpoints always name the service."""
    for host in ("zzz.us-east-1.amazonaws.com", "zzz.amazonaws.com", "zzz.yyy.us-east-1.api.aws", "169.254.169.254"):
        assert not _endpoints(service).fullmatch(host)


def test_a_service_without_endpoint_rules_has_no_hosts() -> None:
    """A service from the user's own models has no rules."""
    assert not lets_through({"of-my-own"}, "of-my-own.us-east-1.amazonaws.com")


def test_entries_are_services_or_hosts() -> None:
    """A host has a dot, or is an address."""
    given = ["s3", "sagemaker-runtime", "Minio.Example.com.", "fd00:0ec2::254", "127.1"]
    assert entries(given) == {"s3", "sagemaker-runtime", "minio.example.com", "fd00:ec2::254", "127.0.0.1"}


@pytest.mark.parametrize(
    "entry, near",
    [
        ("S3", "'s3'"),
        ("s4", "'s3'"),
        ("sagmaker-runtime", "'sagemaker-runtime'"),
        ("https://minio.example.com/x", "'minio.example.com'"),
        ("minio.example.com:9000", "'minio.example.com'"),
        ("http://169.254.169.254/", "'169.254.169.254'"),
        ("*.amazonaws.com", None),
        (".amazonaws.com", None),
        ("", None),
        ("localhost:1", None),
        ("http://[", None),
    ],
)
def test_an_unknown_entry_is_refused(entry: str, near: str | None) -> None:
    """The error has the nearest valid entry."""
    hint = f"did you mean {near}? " if near else ""
    with pytest.raises(errors.InvalidValue) as refused:
        entries([entry])
    assert str(refused.value) == (
        f"passthrough: {entry!r} is neither a service nor a host: {hint}Write a service as boto3.client takes it, like 's3', "
        "or only a host with a dot, like 'minio.example.com'"
    )


def test_an_entry_is_a_text() -> None:
    """It cannot be the service that sagemock answers."""
    with pytest.raises(errors.InvalidType, match=re.escape("passthrough holds names of services and hosts, not 5: ")):
        entries([5])
    with pytest.raises(errors.InvalidValue, match="sagemock answers 'sagemaker' itself"):
        entries(["sagemaker"])
