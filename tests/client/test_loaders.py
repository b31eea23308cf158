"""Loaders of all sessions share the files they have parsed, while a mock is active."""

import copy
import gc
import inspect
import json
import os
import pickle
import shutil
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import botocore
import pytest
from botocore.loaders import JSONFileLoader, Loader
from botocore.session import Session

from sagemock import InvalidType, mock_sagemaker
from sagemock.client import loaders
from sagemock.client.loaders import LoadersPatch, ReadOnlyDict, ReadOnlyList

DATA = Path(botocore.__file__).parent / "data"
KEYS: Any = {"aws_access_key_id": "nobody", "aws_secret_access_key": "nobody"}


def session(**options: Any) -> boto3.Session:
    """Return a new session."""
    return boto3.Session(region_name="eu-west-1", **KEYS, **options)


def loader_of(made: boto3.Session) -> Loader:
    """Return the loader of a session."""
    found: Loader = made._session.get_component("data_loader")
    return found


def description(loader: Loader, service: str = "sagemaker") -> Any:
    """Return the description of a service from a session's loader."""
    return loader.load_service_model(service, "service-2")


@pytest.fixture(autouse=True)
def without_the_short_cut_of_these_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the cache of these tests, so that files are read as botocore reads them."""
    monkeypatch.setattr(JSONFileLoader, "load_file", inspect.unwrap(JSONFileLoader.load_file))


@pytest.fixture
def patch() -> Iterator[LoadersPatch]:
    """Install a new patch that has read SageMaker's description once."""
    found = LoadersPatch()
    found.install()
    description(Loader())
    yield found
    found.uninstall()


# -- what is shared


def test_later_sessions_share_one_description(patch: LoadersPatch) -> None:
    """It equals botocore's own. The first loader has its own object, because a single session shares nothing."""
    del patch
    description(Loader())  # the first read
    one, other = description(Loader()), description(Loader())
    assert one is other
    assert isinstance(one, ReadOnlyDict)
    file = next(iter(sorted(DATA.glob("sagemaker/*/service-2.json*"))))
    assert one == JSONFileLoader().load_file(str(file).removesuffix(".gz").removesuffix(".json"))


@pytest.mark.parametrize(
    "name", ["endpoints", "partitions", "_retry", "sdk-default-configuration", "sagemaker/2017-07-24/waiters-2"]
)
def test_every_other_file_is_read_once_and_copied_for_each_loader(patch: LoadersPatch, name: str) -> None:
    """Because botocore changes the endpoints and `_retry`."""
    del patch
    own = [Loader().load_data(name) for _ in range(4)]
    assert own[0] == own[1] == own[2] == own[3]
    assert len(set(map(id, own))) == 4
    own[2]["more"] = 1
    assert "more" not in own[3]
    assert "more" not in Loader().load_data(name)


def test_no_file_is_parsed_a_third_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """In any number of sessions and mocks."""
    with mock_sagemaker():
        for _ in range(2):
            session().client("sagemaker").get_waiter("training_job_completed_or_stopped")

    def load(_: JSONFileLoader, path: str) -> None:
        assert not list(Path(path).parent.glob(f"{Path(path).name}.json*")), path

    monkeypatch.setattr(JSONFileLoader, "load_file", load)
    for _ in range(2):
        with mock_sagemaker():
            session().client("sagemaker").get_waiter("training_job_completed_or_stopped")


# -- read-only descriptions


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.__setitem__("a", 1),
        lambda one: one.__delitem__("a"),
        lambda one: one.__ior__({}),
        lambda one: one.clear(),
        lambda one: one.pop("a"),
        lambda one: one.popitem(),
        lambda one: one.setdefault("b", 1),
        lambda one: one.update(b=1),
        lambda one: one["a"].__setitem__(0, 1),
        lambda one: one["a"].__delitem__(0),
        lambda one: one["a"].__iadd__([1]),
        lambda one: one["a"].__imul__(2),
        lambda one: one["a"].append(1),
        lambda one: one["a"].clear(),
        lambda one: one["a"].extend([1]),
        lambda one: one["a"].insert(0, 1),
        lambda one: one["a"].pop(),
        lambda one: one["a"].remove({}),
        lambda one: one["a"].reverse(),
        lambda one: one["a"].sort(),
    ],
)
def test_a_shared_description_cannot_be_changed(change: Callable[[Any], object]) -> None:
    """By no method of a dict or a list; the error says what to do."""
    shared = ReadOnlyDict(a=ReadOnlyList([ReadOnlyDict()]))
    with pytest.raises(InvalidType, match=r"cannot be changed: change a copy\.deepcopy\(\) of it"):
        change(shared)
    assert shared == {"a": [{}]}


def test_every_method_that_changes_is_refused() -> None:
    """Also methods that this Python has added."""
    kept = {"copy", "fromkeys", "get", "items", "keys", "values", "count", "index"}
    for kind in (ReadOnlyDict, ReadOnlyList):
        [base] = kind.__bases__
        public = {name for name in dir(base) if not name.startswith("_")} - kept
        assert all(getattr(kind, name) is loaders._refuse for name in public)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])  # noqa: S301  # our own data
def test_a_copy_can_be_changed(copied: Callable[[Any], Any]) -> None:
    """At every depth, if it is a deep copy."""
    shared = ReadOnlyDict(a=ReadOnlyList([ReadOnlyDict()]))
    found = copied(shared)
    found["a"][0]["b"] = 1
    assert (type(found), type(found["a"]), type(found["a"][0])) == (dict, list, dict)
    assert (type(shared.copy()), type(shared["a"].copy()), type(copy.copy(shared))) == (dict, list, dict)
    assert shared == {"a": [{}]}


def test_botocore_and_boto3_change_no_description() -> None:
    """Clients and resources of services with custom handlers, their waiters, paginators and documentation."""
    with mock_sagemaker():
        for _ in range(3):
            made = session()
            for service in ("sagemaker", "s3", "dynamodb", "logs", "sts", "glacier", "lambda"):
                client: Any = made.client(service)
                for name in client.waiter_names[:3]:
                    client.get_waiter(name)
                for name in [name for name in client.meta.method_to_api_mapping if client.can_paginate(name)][:3]:
                    client.get_paginator(name)
            for resource in (made.resource("s3"), made.resource("dynamodb"), made.resource("sqs")):
                assert resource.meta.client.meta.service_model.shape_names
            made._session.get_service_model("sagemaker")
        shared = description(loader_of(session()))
        assert isinstance(shared, ReadOnlyDict)
        s3: Any = session().client("s3")
        assert "objects in a bucket" in s3.list_objects_v2.__doc__.expandtabs()


# -- files on disk


def model(folder: Path, text: str, service: str = "sagemaker", name: str = "service-2") -> Path:
    """Write the description of a service into a folder of models."""
    path = folder / service / "2099-01-01" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"version": "2.0", "metadata": {"serviceId": text}, "operations": {}, "shapes": {}}))
    return path


def found_service(folder: Path, service: str = "sagemaker") -> str:
    """Return the service id that a new session with this data path finds."""
    found = Session(session_vars={"data_path": ("data_path", None, str(folder), None)})
    text: str = description(found.get_component("data_loader"), service)["metadata"]["serviceId"]
    return text


def test_a_custom_model_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From AWS_DATA_PATH; other services have botocore's."""
    model(tmp_path, "Mine")
    with mock_sagemaker():
        for _ in range(3):
            assert found_service(tmp_path) == "Mine"
            assert description(Loader())["metadata"]["serviceId"] == "SageMaker"
        monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
        assert description(loader_of(session()))["metadata"]["serviceId"] == "Mine"


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    """Also one that is replaced by another of the same size; a new service is found at once."""
    with mock_sagemaker():
        for text in ("One", "Two", "Three"):
            path = model(tmp_path, text)
            os.utime(path, ns=(1, hash(text) % 1_000_000_000))
            assert [found_service(tmp_path) for _ in range(3)] == [text] * 3
        model(tmp_path, "Other", "made-up")
        assert [found_service(tmp_path, "made-up") for _ in range(3)] == ["Other"] * 3
        shutil.rmtree(tmp_path / "sagemaker")
        assert found_service(tmp_path) == "SageMaker"


def test_a_description_with_extras_is_not_shared(tmp_path: Path) -> None:
    """Because botocore merges them into the loaded description."""
    model(tmp_path, "Mine")
    extras = tmp_path / "sagemaker" / "2099-01-01" / "service-2.sdk-extras.json"
    extras.write_text(json.dumps({"merge": {"metadata": {"serviceId": "Merged"}}}))
    with mock_sagemaker():
        assert [found_service(tmp_path) for _ in range(3)] == ["Merged"] * 3
        extras.unlink()
        assert [found_service(tmp_path) for _ in range(3)] == ["Mine"] * 3


def test_a_missing_data_file_is_an_error(patch: LoadersPatch, tmp_path: Path) -> None:
    """The error is botocore's own; a folder with its name is not a file."""
    del patch
    with pytest.raises(botocore.exceptions.DataNotFoundError):
        Loader().load_data("nothing")
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(botocore.exceptions.DataNotFoundError):
        Loader(extra_search_paths=[str(tmp_path)]).load_data("folder")
    with pytest.raises(botocore.exceptions.UnknownServiceError, match="sagemaker"):
        Loader().load_service_model("nothing", type_name="service-2")
    assert Loader().load_data_with_path(name="partitions")[1] == str(DATA / "partitions")


def test_the_number_of_cached_files_is_bounded(patch: LoadersPatch, tmp_path: Path) -> None:
    """A suite with clients of every service keeps the last ones."""
    for number in range(100):
        (tmp_path / f"{number}.json").write_text("{}")
        for name in ("0", "0", str(number)):
            Loader(extra_search_paths=[str(tmp_path)]).load_data(name)
    assert {Path(one).name for one in patch._kept} == {"0", *map(str, range(37, 100))}


# -- loaders that are left alone


class OwnLoader(Loader):
    """A loader subclass that changes what it loads."""

    def load_data(self, name: str) -> Any:
        """Add a member to the loaded data."""
        found = super().load_data(name)
        found["mine"] = True
        return found


def test_a_loader_of_another_class_is_left_alone(patch: LoadersPatch) -> None:
    """It loads, lists and caches by itself."""
    del patch
    for _ in range(3):
        own = OwnLoader()
        assert own.load_data("sagemaker/2017-07-24/service-2")["mine"] is True
        assert "sagemaker" in own.list_available_services("service-2")
        assert isinstance(own.load_data("endpoints"), OrderedDict)
    assert "mine" not in description(Loader())


def test_after_the_last_mock_every_loader_is_as_before() -> None:
    """One that had read a description keeps it; a new one has read nothing."""
    methods = {name: vars(Loader)[name] for name in ("load_data_with_path", "list_available_services")}
    old, new = session(), session()
    own = description(loader_of(old))
    before = [copy.copy(vars(loader_of(one))["_cache"]) for one in (old, new)]
    with mock_sagemaker():
        with mock_sagemaker():
            for one in (old, new, session(), session()):
                one.client("sagemaker").get_waiter("training_job_completed_or_stopped")
            assert description(loader_of(old)) is own
        assert description(loader_of(session())) is description(loader_of(new))
    assert [vars(loader_of(one))["_cache"] for one in (old, new)] == before
    assert {name: vars(Loader)[name] for name in methods} == methods
    assert not isinstance(description(loader_of(new)), ReadOnlyDict)


def test_only_one_copy_is_kept() -> None:
    """After many mocks, each with its own sessions."""

    def shared() -> int:
        gc.collect()
        found = [one for one in gc.get_objects() if isinstance(one, ReadOnlyDict) and "shapes" in one]
        return sum(one["metadata"]["serviceId"] == "SageMaker" for one in found)

    for _ in range(10):
        with mock_sagemaker():
            session().client("sagemaker")
    assert shared() == 1


def test_threads_that_load_at_once_share_one_object(patch: LoadersPatch) -> None:
    """One parses while the others wait."""
    del patch
    description(Loader())
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: description(Loader()), range(16)))
    assert len(set(map(id, found))) == 1
