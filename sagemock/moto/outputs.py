"""The objects that a processing or transform job uploads to moto's S3: files from its plan, and placeholders for the others."""

import json
import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from sagemock.evidence import Assumption
from sagemock.jobs.batch.job import BatchJob
from sagemock.jobs.contents import Content
from sagemock.jobs.kinds import TRANSFORM
from sagemock.moto import s3

__all__ = ["Object", "outputs"]

# Service model: one object per input object, with the suffix .out, "in a corresponding subfolder".
_SUBFOLDER: Final = Assumption(
    "that an output object of a transform job has, below S3OutputPath, the same path as its input object after the last slash of "
    "S3Uri",
    since="2026-11-26",
    knob="TransformJobPlan.completes().but(outputs=…)",
)


class Object(NamedTuple):
    """An object that a job uploads."""

    where: s3.Location
    body: bytes
    kms_key: str = ""


def outputs(job: BatchJob) -> Iterator[Object]:
    """Yield the objects that a job uploads when it completes."""
    return _scores(job) if job.kind == TRANSFORM else _results(job)


def _results(job: BatchJob) -> Iterator[Object]:
    """Yield the files of each output of a processing job: the plan's files below the name of the output, or a placeholder."""
    config = job.request.get("ProcessingOutputConfig", {})
    for output in config.get("Outputs", ()):
        where = s3.location(output.get("S3Output", {}).get("S3Uri", ""))
        if where is None:
            continue
        name = output["OutputName"]
        files = [
            found
            for path, content in job.plan.contents.items()
            if path.partition("/")[0] == name
            for found in _files(path.partition("/")[2], content)
        ]
        for path, body in files or [(f"{name}.txt", f"The output {name} of {job.name}, processed by nobody.\n".encode())]:
            yield Object(_below(where, path), body, config.get("KmsKeyId", ""))


def _scores(job: BatchJob) -> Iterator[Object]:
    """Yield an object for each input object of a transform job, and the objects of its plan, which replace those."""
    output = job.request["TransformOutput"]
    where = s3.location(output["S3OutputPath"])
    if where is None:
        return
    given = dict(found for path, content in job.plan.contents.items() for found in _files(path, content))
    stand_ins = {f"{name}.out": f"What {job.name} makes of {name}, transformed by nobody.\n".encode() for name in _inputs(job)}
    for path, body in {**stand_ins, **given}.items():
        yield Object(_below(where, path), body, output.get("KmsKeyId", ""))


def _inputs(job: BatchJob) -> Iterator[str]:
    """Yield the paths of the input objects, as they are used for the output."""
    source = job.request["TransformInput"]["DataSource"]["S3DataSource"]
    where = s3.location(source["S3Uri"])
    if where is None:
        return
    if source["S3DataType"] == "ManifestFile":
        yield from _listed(s3.get(job.place.region, where))
        return
    folder = len(where.key.rpartition("/")[0])
    for key in s3.keys(job.place.region, where):
        # Consoles create a key that ends in a slash for a folder.
        if not key.endswith("/"):
            yield _SUBFOLDER(key[folder:].lstrip("/"))


def _listed(manifest: bytes | None) -> list[str]:
    """Return the names of objects in a manifest, a JSON list; they come after a prefix (service model). Empty if unreadable."""
    try:
        found = json.loads(manifest or b"")
    except ValueError:
        return []
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _files(path: str, content: Content) -> list[tuple[str, bytes]]:
    """Return the files of a plan's content at `path`: one file, or the files of a directory, below `path`."""
    if isinstance(content, bytes):
        return [(path, content)]
    file = Path(content)
    if not file.is_dir():
        return [(path or file.name, file.read_bytes())]
    found = sorted(one for one in file.rglob("*") if one.is_file())
    return [(posixpath.join(path, one.relative_to(file).as_posix()), one.read_bytes()) for one in found]


def _below(where: s3.Location, path: str) -> s3.Location:
    return s3.Location(where.bucket, posixpath.join(where.key, path) if path else where.key)
