"""Built-in algorithms: their images, and the metrics that the service defines for them.

A request with a built-in algorithm defines no metrics, and DescribeTrainingJob shows the algorithm's own (records of 2020 to 2025
and hashicorp/terraform-provider-aws#46892). `builtin.json` has the lists that were found, each with its source. Two lists
of sagemaker-xgboost 1.3-1 and 1.5-1 were found, each for one objective. An algorithm without a list in the file shows no
metrics.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from sagemock.evidence import REPLAY, Assumption
from sagemock.training.job import Job

__all__ = ["REPOSITORIES", "definitions", "image_of", "in_order", "is_built_in", "known", "listed", "place"]

REPOSITORIES: Final = frozenset({
    "blazingtext", "factorization-machines", "forecasting-deepar", "image-classification", "ipinsights", "kmeans", "knn", "lda",
    "linear-learner", "ntm", "object-detection", "object2vec", "pca", "randomcutforest", "sagemaker-xgboost",
    "semantic-segmentation", "seq2seq", "xgboost",
})  # fmt: skip
"""The repositories of `builtin.json`. They are also here, so that other jobs need not read the file."""
_WHOLE: Final = Assumption(
    "that the lists of metrics which AWS wrote for its own console (blazingtext, factorization-machines, forecasting-deepar, "
    "image-classification, knn, object2vec, semantic-segmentation) are complete",
    knob=REPLAY,
)
_SHARED: Final = Assumption(
    "that sagemaker-xgboost 1.3-1 and 1.5-1 show one list of metrics for all `binary:` objectives, and one for all `reg:` ones",
    knob=REPLAY,
)
_ECR: Final = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr(-fips)?\.[a-z0-9-]+\.[a-z0-9.-]+/(?P<repository>[^:@]+)(:(?P<tag>[^@]*))?.*", re.DOTALL
)
_HARDWARE: Final = re.compile(r"-[cg]pu.*")
_DEFAULT_OBJECTIVE: Final = "reg:squarederror"
"""XGBoost's default, for hyperparameters without an objective."""

Definition = Mapping[str, str]


class Image(NamedTuple):
    """An image in ECR; `tag` is empty if it has none."""

    account: str
    repository: str
    tag: str


class _List(NamedTuple):
    repository: str
    versions: Sequence[str]
    """Empty: every version."""
    objectives: str
    definitions: tuple[Definition, ...]


def image_of(algorithm: Mapping[str, Any]) -> Image | None:
    """Return the image of an algorithm, or None if it has no image in ECR."""
    found = _ECR.fullmatch(algorithm.get("TrainingImage", ""))
    return None if found is None else Image(found["account"], found["repository"], found["tag"] or "")


def is_built_in(request: Mapping[str, Any]) -> bool:
    """Whether the image is AWS's own image of a built-in algorithm, by its repository and its account.

    It takes both: a copy in another account is a custom image, and the same accounts also have other images, which accept metric
    definitions (aws/sagemaker-python-sdk#2226, #2275).
    """
    image = image_of(request.get("AlgorithmSpecification", {}))
    return image is not None and image.repository in REPOSITORIES and image.account in _accounts()


def definitions(job: Job) -> Sequence[Definition]:
    """Return the metric definitions of a job: its own, or those of its built-in algorithm.

    A job that replays a record of the same image has the definitions of the record. A job that a tuning job has launched has
    those of the tuning job.
    """
    if job.launch is not None:
        return job.launch.metrics
    algorithm = job.request.get("AlgorithmSpecification", {})
    own: Sequence[Definition] = algorithm.get("MetricDefinitions", ())
    if own or not is_built_in(job.request):
        return own
    recorded = {} if job.plan.replayed is None else job.plan.replayed.get("AlgorithmSpecification", {})
    if recorded.get("TrainingImage") == algorithm["TrainingImage"]:
        replayed: Sequence[Definition] = recorded.get("MetricDefinitions", ())
        return replayed
    return listed(job.request)


def listed(request: Mapping[str, Any]) -> Sequence[Definition]:
    """Return the metric definitions of the built-in algorithm of a request."""
    image = image_of(request["AlgorithmSpecification"])
    # The SDK sends hyperparameters as JSON.
    objective = request.get("HyperParameters", {}).get("objective", _DEFAULT_OBJECTIVE).strip('"')
    for one in _lists():
        if image is None or one.repository != image.repository:
            continue
        known = not one.versions or _HARDWARE.sub("", image.tag) in one.versions
        if known and _SHARED(objective.startswith(one.objectives)):
            return _WHOLE(one.definitions)
    return ()


def known(request: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the expression of each metric that any list of the built-in algorithm of a request has, by its name."""
    image = image_of(request["AlgorithmSpecification"])
    mine = [one for one in _lists() if image is not None and one.repository == image.repository]
    return {each["Name"]: each["Regex"] for one in mine for each in one.definitions}


def in_order(metrics: Iterable[tuple[str, str]]) -> list[Definition]:
    """Return names and expressions as definitions, in the order in which the service shows them.

    The order is that of Java's HashSet: it was computed for eight recorded lists, and none of them contradicts it. Names with the
    same place in the table stay in their order.
    """
    pairs = list(metrics)
    return [{"Name": name, "Regex": regex} for name, regex in sorted(pairs, key=lambda pair: place(pair[0], len(pairs)))]


def place(name: str, count: int) -> int:
    """Return the place of a metric, one of `count`, in the table of Java's HashSet."""
    places = 16
    while count * 4 > places * 3:
        places *= 2
    code = (59 + _java_hash(name)) & 0xFFFF_FFFF
    return (code ^ code >> 16) & (places - 1)


def _java_hash(text: str) -> int:
    code = 0
    for character in text:
        code = (31 * code + ord(character)) & 0xFFFF_FFFF
    return code


@cache
def _read() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(Path(__file__).with_name("builtin.json").read_text("utf-8"))
    return found


@cache
def _accounts() -> frozenset[str]:
    return frozenset(_read()["images"]["accounts"])


@cache
def _lists() -> tuple[_List, ...]:
    return tuple(
        _List(
            one["repository"],
            one.get("versions", ()),
            one.get("objectives", ""),
            tuple(in_order(one["metrics"].items())),
        )
        for one in _read()["lists"]
    )
