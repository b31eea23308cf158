"""Each argument of the public surface is either refused at once by one clear error of ours, or it works."""

import enum
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from functools import cache
from random import Random
from types import MappingProxyType
from typing import Any, Final

import botocore.session
import pytest
from botocore.exceptions import BotoCoreError, ClientError
from hypothesis import settings

from sagemock import Clock, Options, PlanError, SageMakerMock, UsageError, WrongCalls, mock_sagemaker
from tests.protocol.shapes import of_sagemaker
from tests.support.surface import JOB, VERBS, Parameter, conforms, parameters

START: Final = "2018-07-30"
LONG: Final = 4000
"""Characters; every message is shorter."""
REQUEST: Final[dict[str, Any]] = {
    "AlgorithmSpecification": {"AlgorithmName": "churn", "TrainingInputMode": "File"},
    "RoleArn": "arn:aws:iam::123456789012:role/trainer",
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/models"},
    "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
    "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
}
SPOT: Final[dict[str, Any]] = {
    **REQUEST,
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 86400, "MaxWaitTimeInSeconds": 172800},
}
SERVERLESS: Final[dict[str, Any]] = {
    **{name: value for name, value in REQUEST.items() if name not in ("AlgorithmSpecification", "ResourceConfig")},
    "ServerlessJobConfig": {
        "BaseModelArn": "arn:aws:sagemaker:us-east-1:aws:hub-content/SageMakerPublicHub/Model/m/1.0.0",
        "JobType": "FineTuning",
        "CustomizationTechnique": "SFT",
    },
    "ModelPackageConfig": {"ModelPackageGroupArn": "arn:aws:sagemaker:us-east-1:123456789012:model-package-group/g"},
}


class Number(enum.IntEnum):
    """An integer with another repr."""

    ONE = 1


class Unshown:
    """A value whose repr raises."""

    def __repr__(self) -> str:
        raise RuntimeError


class Odd:
    """An object without comparisons, hash and truth value."""

    def __bool__(self) -> bool:
        raise RuntimeError  # pragma: no cover  # nothing asks for its truth value today

    __eq__ = __lt__ = __hash__ = None  # type: ignore[assignment]  # nothing of the kind


def no_argument() -> None:
    """Take no argument."""


HOSTILE: Final[Mapping[str, Any]] = {
    "None": None,
    "True": True,
    "False": False,
    "zero": 0,
    "one": 1,
    "minus one": -1,
    "an IntEnum": Number.ONE,
    "2**31": 2**31,
    "sys.maxsize": sys.maxsize,
    "10**20": 10**20,
    "10**400": 10**400,
    "10**5000": 10**5000,
    "-(10**400)": -(10**400),
    "half": 0.5,
    "tiny": 5e-324,
    "NaN": math.nan,
    "inf": math.inf,
    "-inf": -math.inf,
    "1e308": 1e308,
    "-1e308": -1e308,
    "Decimal": Decimal(1),
    "Fraction": Fraction(1, 2),
    "complex": 1j,
    "empty text": "",
    "blank": " ",
    "text": "no",
    "a number in text": "5",
    "half a surrogate pair": "\ud800",
    "NUL": "a\0b",
    "long text": "x" * 5000,
    "newline": "a\nb",
    "pattern": "[",
    "bytes": b"no",
    "bytearray": bytearray(b"no"),
    "timedelta.max": timedelta.max,
    "timedelta.min": timedelta.min,
    "a century": timedelta(days=36525),
    "no time": timedelta(0),
    "back": timedelta(-1),
    "datetime.max": datetime.max,  # noqa: DTZ901  # what is tested
    "datetime.min": datetime.min,  # noqa: DTZ901  # what is tested
    "naive": datetime(2018, 8, 1),  # noqa: DTZ001  # what is tested
    "far": datetime.max.replace(tzinfo=timezone(timedelta(hours=-14))),
    "first": datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
    "before 1970": "1969-12-31",
    "the end": "9999-12-31T23:59:59Z",
    "date": date(2018, 7, 30),
    "empty list": [],
    "list": [1, "a", None],
    "nested list": [[]],
    "list of NaN": [math.nan],
    "empty tuple": (),
    "reversed": (5, 1),
    "a pair": (0, 1),
    "a far pair": (0, timedelta.max),
    "a triple": (1, 2, 3),
    "dict": {},
    "a dict of nothing": {None: None},
    "a dict of texts": {"Training": "no"},
    "a proxy": MappingProxyType({"a": 1}),
    "set": {1},
    "iterator": iter(()),
    "range": range(3),
    "object": object(),
    "a function of nothing": no_argument,
    "unshown": Unshown(),
    "odd": Odd(),
    "Ellipsis": ...,
    "NotImplemented": NotImplemented,
}


@cache
def make_client() -> Any:
    """Return one SageMaker client for all tests: making one takes longer than what they do with it."""
    return botocore.session.get_session().create_client("sagemaker", region_name="us-east-1")


def works(mock: SageMakerMock) -> None:
    """Create, describe and end jobs, and read the mock's records."""
    client = make_client()
    for name, requests in (("hostile-1", (REQUEST, SPOT, SERVERLESS)), ("plain-1", (REQUEST,))):
        for request in requests:
            try:
                client.create_training_job(TrainingJobName=name, **request)
            except PlanError:
                # The plan fits another kind of job, or no job, and the error said so.
                continue
            break
        else:
            continue  # pragma: no cover  # each plan fits one of the requests today
        client.describe_training_job(TrainingJobName=name)
        mock.advance_until_idle()
        hangs = client.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "InProgress"
        if hangs:  # pragma: no cover  # no accepted plan hangs today
            client.stop_training_job(TrainingJobName=name)
            mock.advance_until_idle()
        assert client.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] in ("Completed", "Failed", "Stopped")
    assert "plain-1" in mock.jobs


def read_everything(mock: SageMakerMock) -> None:
    """Read every public collection of the mock."""
    for text in (str(mock), mock.svg(), str(mock.calls), repr(mock.events), repr(mock.jobs), repr(mock.sleeps)):
        text.encode()
    for job in mock.jobs.all():
        f"{job}{job.transitions}{job.plan!r}".encode()


@contextmanager
def beginning() -> Iterator[SageMakerMock]:
    """Start a mock with a job that trains."""
    with mock_sagemaker(start=START, strict=False) as mock:
        make_client().create_training_job(TrainingJobName=JOB, **SPOT)
        mock.advance_until(JOB, "Training")
        yield mock


def refusals(parameter: Parameter) -> set[str]:
    """Return the names of the values that are refused with an error of ours; the mock must work after each."""
    refused: set[str] = set()
    left = dict(HOSTILE)
    while left:
        with beginning() as mock:
            for name in list(left):
                try:
                    parameter.call(mock, {parameter.name: left.pop(name)})
                except (UsageError, WrongCalls) as error:
                    message = str(error).encode()
                    refused.add(name)
                    # The error can be pickled for a report.
                    assert 0 < len(message) < LONG  # of every error
                except IndexError:
                    # A StopIteration would silently end a loop.
                    assert "[" in parameter.where
                    refused.add(name)
                else:
                    if mock._worlds[1:]:  # it was started once more
                        mock.stop()  # pragma: no cover  # as with a value that start() accepts
                    break
            else:
                works(mock)
                read_everything(mock)
            if not mock._worlds:  # it was stopped
                mock.start()
    return refused


def check_works(parameter: Parameter, value: Any) -> None:
    """Use an accepted value: afterwards a job can be created, described and ended."""
    with beginning() as mock:
        made = parameter.call(mock, {parameter.name: value})
        if parameter.where in ("SageMakerMock.start", "SageMakerMock.stop"):
            mock.start()
        if isinstance(made, (Options, SageMakerMock)):
            with made if isinstance(made, SageMakerMock) else SageMakerMock(made) as other:
                works(other)
                read_everything(other)
        elif isinstance(made, Clock):
            made.advance(1)
            made.now()
        try:
            works(mock)
        except (ClientError, BotoCoreError):  # pragma: no cover  # no accepted value does so today
            # Faults make calls fail on purpose.
            assert parameter.where in ("SageMakerMock.fault", "SageMakerMock.hide", "SageMakerMock.quota")
        read_everything(mock)
        if parameter.where in ("SageMakerMock.start", "SageMakerMock.stop"):
            mock.stop()
            mock.start()
    read_everything(mock)


PARAMETERS: Final = list(parameters())
KNOWS_SERVERLESS: Final = "ServerlessJobConfig" in of_sagemaker().input("CreateTrainingJob").members


@pytest.mark.parametrize("parameter", PARAMETERS, ids=str)
def test_a_value_is_refused_at_once_or_works(parameter: Parameter) -> None:
    """A value of a wrong type is refused; one of the right type is refused, or a job can then be created, described and ended."""
    if parameter.where == "Plan.serverless" and not KNOWS_SERVERLESS:  # pragma: no cover  # with an old botocore
        pytest.skip("this botocore does not know serverless jobs")
    refused = refusals(parameter)
    taken = {name: value for name, value in HOSTILE.items() if name not in refused}
    wrong = [name for name, value in taken.items() if not conforms(value, parameter.annotation)]
    assert not wrong, f"{parameter} is {parameter.annotation}, and these were accepted: {', '.join(wrong)}"
    if parameter.where in ("Options.of", "mock_sagemaker"):
        # These take the same options, which are tested with Options.
        return
    # All of them take minutes: as with Hypothesis's examples, each run looks at some.
    values, most = list(taken.values()), settings().max_examples
    for value in values if len(values) <= most else Random(str(parameter)).sample(values, most):  # noqa: S311  # a test needs no secure randomness
        check_works(parameter, value)


CALLS: Final[dict[str, Callable[[SageMakerMock, dict[str, Any]], Any]]] = {one.where: one.call for one in PARAMETERS}


@pytest.mark.parametrize("where", [where for where in CALLS if not {*"[=("} & {*where} and where != "accounts"])
def test_an_unknown_keyword_is_refused_with_the_nearest_name(where: str) -> None:
    """Python's own message would name an internal function."""
    names = [one.name for one in PARAMETERS if one.where == where and one.name != "names"]
    if not names:
        return
    # A valid name with one more letter.
    misspelt = f"{max(names, key=len)}x"
    with mock_sagemaker(start=START, strict=False) as mock:
        make_client().create_training_job(TrainingJobName=JOB, **SPOT)
        with pytest.raises(UsageError) as caught:
            CALLS[where](mock, {misspelt: 1})
    assert repr(misspelt) in str(caught.value)
    if where != "SageMakerMock.svg":  # pragma: no branch  # it may be left out above
        assert repr(misspelt[:-1]) in str(caught.value)


# -- before the start and after the end


@pytest.mark.parametrize(
    "verb", [*VERBS, "clock.latency =", "clock.idle_limit =", "clock.advance", "clock.advance_to", "accounts"]
)
@pytest.mark.parametrize("is_started", [True, False], ids=["after", "before"])
def test_a_mock_that_is_not_active_cannot_be_changed(verb: str, *, is_started: bool) -> None:
    """Each verb and setter raises before the start and after the end; records can still be read."""
    mock = mock_sagemaker(start=START, strict=False)
    before = ""
    if is_started:
        with mock:
            make_client().create_training_job(TrainingJobName=JOB, **SPOT)
            before = str(mock)
    where = verb if verb in CALLS else f"SageMakerMock.{verb}"
    good: dict[str, dict[str, Any]] = {
        "clock.latency =": {"latency": 1},
        "clock.idle_limit =": {"idle_limit": 1},
        "clock.advance": {"seconds": 1},
        "clock.advance_to": {"when": "2019-01-01"},
        "accounts": {"key": "AKID"},
    }
    call: Any = CALLS.get(where, lambda mock, _: getattr(mock, verb)())
    with pytest.raises(UsageError, match="this mock (is over|was not started)"):
        call(mock, dict(good.get(verb, {})))
    if is_started:
        assert str(mock) == before
        with pytest.raises(UsageError):
            mock.accounts["AKID"] = "123456789012"
        read_everything(mock)
