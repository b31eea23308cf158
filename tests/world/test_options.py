"""The options: their defaults, and what they refuse."""

import copy
import dataclasses
import pickle
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock.training.plan.plan import Plan
from sagemock.world.options import Options, OptionsDict

if TYPE_CHECKING:
    from typing_extensions import assert_type

    assert_type(Options.of(start="2018-07-30", latency=0), Options)
    assert_type(Options(rate=60).rate, float)
    Options.of(lateny=0)  # type: ignore[call-arg]
    Options.of(wall="frozen")  # type: ignore[arg-type]


def plan_for_names(plan: Plan, request: Mapping[str, Any]) -> Plan:
    """Return a plan for jobs with certain names."""
    return plan if request["TrainingJobName"].startswith("churn") else Plan()  # pragma: no cover  # never called


def test_the_typed_keywords_are_the_fields() -> None:
    """The TypedDict of the decorator's and the marker's keywords has the names and types of the fields."""
    keywords = {name: reference.__forward_arg__ for name, reference in OptionsDict.__annotations__.items()}
    assert keywords == {field.name: field.type for field in dataclasses.fields(Options)}
    assert list(keywords) == [field.name for field in dataclasses.fields(Options)]
    assert not OptionsDict.__required_keys__


def test_the_defaults_are_documented() -> None:
    """Every face has them."""
    assert dataclasses.asdict(Options()) == {
        "start": None,
        "wall": "virtual",
        "sleep": "virtual",
        "latency": 0.1,
        "rate": 0.0,
        "idle_limit": timedelta(days=1),
        "patience": 10.0,
        "plan": None,
        "validate": True,
        "strict": True,
        "account_id": "123456789012",
        "passthrough": frozenset(),
        "real_time_modules": frozenset(),
        "seed": 0,
        "check_s3": False,
    }


def test_options_are_immutable_values() -> None:
    """Equal options compare, hash and copy as equal."""
    options = Options.of(start="2018-07-30", passthrough=["s3", "sts", "s3"])
    assert options.passthrough == frozenset({"s3", "sts"})
    assert options == Options(start="2018-07-30", passthrough={"sts", "s3"})
    assert hash(options) == hash(Options(start="2018-07-30", passthrough=("s3", "sts")))
    assert pickle.loads(pickle.dumps(options)) == copy.deepcopy(options) == options  # noqa: S301  # our own data
    with pytest.raises(dataclasses.FrozenInstanceError):
        options.latency = 0  # type: ignore[misc]


@pytest.mark.parametrize(
    "given_options",
    [
        {"start": datetime(2018, 7, 30, tzinfo=timezone.utc)},
        {"start": datetime(2018, 7, 30)},  # noqa: DTZ001  # read as UTC
        {"start": "2018-07-30T00:00:00.5Z"},
        {"wall": "real"},
        {"sleep": "real"},
        {"latency": 0},
        {"latency": timedelta(seconds=3)},
        {"rate": 60},
        {"rate": 0.5},
        {"idle_limit": None},
        {"idle_limit": 30},
        {"patience": 0},
        {"patience": timedelta(seconds=1)},
        {"plan": Plan.completes()},
        {"plan": lambda _request: Plan.completes()},
        {"plan": partial(plan_for_names, Plan.fails())},
        {"validate": False},
        {"strict": False},
        {"account_id": "000000000000"},
        {"passthrough": ("s3", "sagemaker-runtime", "minio.example.com")},
        {"real_time_modules": ["ports", "our.wait_for_port"]},
        {"seed": -1},
    ],
    # No addresses in them: each process of pytest-xdist must find the same tests.
    ids=lambda given: str(given).partition(" at 0x")[0],
)
def test_a_valid_option_is_kept(given_options: dict[str, Any]) -> None:
    """As it was given."""
    options = Options.of(**given_options)
    [(name, value)] = given_options.items()
    assert getattr(options, name) == (frozenset(value) if name in ("passthrough", "real_time_modules") else value)


A_DURATION = "write latency=timedelta(seconds=1), latency=1.0, or 0 for none"
A_RATE = "rate is a number of virtual seconds per real second, from 0 to 1,000,000"
A_MODULE = "write real_time_modules=['ports']"
A_LIMIT = "write idle_limit=timedelta(seconds=1), idle_limit=1.0, or None for no limit"


@pytest.mark.parametrize(
    "name, value, kind, message",
    [
        ("start", 0, TypeError, "start is a datetime or an ISO 8601 string, not 0: write start='2018-07-30T00:00:00Z'"),
        (
            "start",
            date(2018, 7, 30),
            TypeError,
            "start is a datetime or an ISO 8601 string, not datetime.date(2018, 7, 30): write start='2018-07-30T00:00:00Z'",
        ),
        ("start", "soon", ValueError, "start: 'soon' is not an instant: write it like 2018-07-30T00:00:00Z"),
        (
            "wall",
            "frozen",
            ValueError,
            "wall is 'virtual' or 'real', not 'frozen': write wall='real' to leave the process's own alone",
        ),
        (
            "sleep",
            None,
            ValueError,
            "sleep is 'virtual' or 'real', not None: write sleep='real' to leave the process's own alone",
        ),
        ("latency", "1", TypeError, f"latency: a duration is a timedelta or a number of seconds, not '1'; {A_DURATION}"),
        ("latency", True, TypeError, f"latency: a duration is a timedelta or a number of seconds, not True; {A_DURATION}"),
        ("latency", float("nan"), ValueError, f"latency: a duration is finite, not nan; {A_DURATION}"),
        ("latency", -1, ValueError, f"latency is 0 or more, not -1: {A_DURATION}"),
        ("latency", 1e300, ValueError, f"latency: a duration is at most a century (36525 days), not 1e+300; {A_DURATION}"),
        ("idle_limit", 0, ValueError, f"idle_limit is positive, not 0: {A_LIMIT}"),
        (
            "idle_limit",
            "1 day",
            TypeError,
            f"idle_limit: a duration is a timedelta or a number of seconds, not '1 day'; {A_LIMIT}",
        ),
        ("rate", "fast", TypeError, f"{A_RATE}, not 'fast': write rate=60, or leave it out for none"),
        ("rate", True, TypeError, f"{A_RATE}, not True: write rate=60, or leave it out for none"),
        ("rate", -1, ValueError, f"{A_RATE}, not -1: write rate=60, or leave it out for none"),
        ("rate", float("inf"), ValueError, f"{A_RATE}, not inf: write rate=60, or leave it out for none"),
        ("rate", float("nan"), ValueError, f"{A_RATE}, not nan: write rate=60, or leave it out for none"),
        ("rate", 1e308, ValueError, f"{A_RATE}, not 1e+308: write rate=60, or leave it out for none"),
        ("plan", "fails", TypeError, "plan is a Plan or a callable of the request, not 'fails': write plan=Plan.completes()"),
        (
            "plan",
            Plan.hangs().but,
            TypeError,
            f"plan is called with one argument, which {Plan.hangs().but!r} does not take: write plan=Plan.completes()",
        ),
        ("plan", Plan, TypeError, "plan is a Plan, not the class or a recipe: write plan=Plan.completes(…)"),
        ("plan", Plan.completes, TypeError, "plan is a Plan, not the class or a recipe: write plan=Plan.completes(…)"),
        ("validate", 1, TypeError, "validate is True or False, not 1: write validate=False to switch it off"),
        ("strict", "no", TypeError, "strict is True or False, not 'no': write strict=False to switch it off"),
        (
            "account_id",
            123456789012,
            TypeError,
            "account_id is a string of twelve digits, not 123456789012: write account_id='123456789012'",
        ),
        (
            "account_id",
            "1234",
            ValueError,
            "account_id is a string of twelve digits, not '1234': write account_id='123456789012'",
        ),
        (
            "account_id",
            "12345678901٢",
            ValueError,
            "account_id is a string of twelve digits, not '12345678901٢': write account_id='123456789012'",
        ),
        (
            "patience",
            -1,
            ValueError,
            "patience is 0 or more, not -1: write patience=timedelta(seconds=1), patience=1.0, or 0 for none",
        ),
        (
            "real_time_modules",
            "ports",
            TypeError,
            f"real_time_modules is a collection of names of modules, not 'ports': {A_MODULE}",
        ),
        ("real_time_modules", None, TypeError, f"real_time_modules is a collection of names of modules, not None: {A_MODULE}"),
        ("real_time_modules", [1], TypeError, f"real_time_modules holds names of modules, not 1: {A_MODULE}"),
        ("real_time_modules", ["a-b"], ValueError, f"real_time_modules: 'a-b' is not the name of a module: {A_MODULE}"),
        ("passthrough", "s3", TypeError, "passthrough is a collection of services, not one string: write passthrough=['s3']"),
        ("passthrough", None, TypeError, "passthrough is a collection of services, not None: write passthrough=['s3']"),
        ("passthrough", [1], TypeError, "passthrough holds names of services and hosts, not 1: write passthrough=['s3']"),
        (
            "passthrough",
            ["s3", "S3"],
            ValueError,
            (
                "passthrough: 'S3' is neither a service nor a host: did you mean 's3'? Write a service as boto3.client takes it, "
                "like 's3', or only a host with a dot, like 'minio.example.com'"
            ),
        ),
        (
            "passthrough",
            ["sagemaker"],
            ValueError,
            "passthrough: sagemock answers 'sagemaker' itself: take it out, or stop the mock before a real call",
        ),
        ("seed", 0.5, TypeError, "seed is a whole number, not 0.5: write seed=0"),
        ("seed", True, TypeError, "seed is a whole number, not True: write seed=0"),
    ],
)
@pytest.mark.parametrize("make", [Options, Options.of], ids=["Options", "Options.of"])
def test_an_invalid_option_is_refused(
    make: Callable[..., Options], name: str, value: object, kind: type[Exception], message: str
) -> None:
    """At once, by name, with what to write instead."""
    with pytest.raises(kind) as caught:
        make(**{name: value})
    assert str(caught.value) == message


NAMES = (
    "start, wall, sleep, latency, rate, idle_limit, patience, plan, validate, strict, account_id, passthrough, "
    "real_time_modules, seed, check_s3"
)


@pytest.mark.parametrize(
    "name, hint",
    [
        ("lateny", "did you mean 'latency'?"),
        ("account", "did you mean 'account_id'?"),
        ("region", "each client has its own region, or that of AWS_DEFAULT_REGION."),
        ("zone", "take it out."),
    ],
)
def test_an_unknown_option_is_refused_with_the_nearest(name: str, hint: str) -> None:
    """The message names the nearest option and lists all."""
    with pytest.raises(TypeError) as caught:
        Options.of(**cast("OptionsDict", {name: 1}))
    assert str(caught.value) == f"sagemock has no option {name!r}: {hint} The options are {NAMES}."


# Within a century of any start all instants fit into a datetime.
@given(st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(days=36525)))
def test_latency_and_idle_limit_take_any_positive_duration(duration: timedelta) -> None:
    """A timedelta and its seconds are equal."""
    for value in (duration, duration.total_seconds()):
        options = Options(latency=value, idle_limit=value)
        assert options.latency == options.idle_limit == value


@given(
    st.integers(max_value=-1).map(lambda microseconds: max(microseconds, -(10**15))).map(lambda us: timedelta(microseconds=us))
)
def test_negative_durations_are_refused(duration: timedelta) -> None:
    """Time only goes forward."""
    for name in ("latency", "idle_limit"):
        with pytest.raises(ValueError, match=f"^{name} is (positive|0 or more), not "):
            Options.of(**cast("OptionsDict", {name: duration}))


def test_other_keywords_of_the_marker_are_suggested_too() -> None:
    """It also takes `outcomes`."""
    Options.check_names(["seed", "outcomes"], "outcomes")
    with pytest.raises(TypeError, match="sagemock has no option 'outcome': did you mean 'outcomes'"):
        Options.check_names(["outcome"], "outcomes")
