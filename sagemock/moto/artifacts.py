"""Uploads of jobs to moto's S3: when they come, and the model that a training job uploads."""

import gzip
import heapq
import io
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias, cast

from sagemock.clock import forks
from sagemock.clock.virtual import Clock
from sagemock.evidence import Assumption
from sagemock.jobs.batch.job import BatchJob
from sagemock.jobs.job import AnyJob
from sagemock.jobs.place import Place
from sagemock.jobs.store import Store
from sagemock.moto import handler, s3
from sagemock.moto.outputs import Object, outputs
from sagemock.service import describe
from sagemock.training import status
from sagemock.training.job import Job

__all__ = ["Uploads", "archive_of", "objects"]

_IF_COMPLETED: Final = Assumption(
    "that a processing job that is stopped or fails has uploaded nothing (the service model says so for a transform job that is "
    "stopped), and that S3UploadMode Continuous also uploads only at the end",
    since="2026-11-26",
    knob="put the objects with your own S3 client",
)
Files: TypeAlias = Iterable[tuple[str, bytes]]
"""The files of a model, each as (path in the archive, content)."""


class _Due(NamedTuple):
    at_us: int
    number: int
    place: Place
    name: str
    of: type[Any]


class Uploads:
    """An agenda of the clock that uploads the objects of each job to S3, at the instant at which the job ends.

    A training job uploads its model to S3ModelArtifacts; a processing or transform job that completes uploads its outputs.

    The agenda starts when moto is first found beside the mock, and costs nothing before that. A job that ended earlier uploads
    nothing, and neither does a job whose bucket does not exist. The service would refuse or fail such a job (which of the two is
    not known), but moto mocks all services at once, and a test that never reads S3 need not create a bucket. A test that reads it
    gets S3's NoSuchBucket.
    """

    def __init__(self, clock: Clock, store: Store) -> None:
        """Prepare the agenda; `notice` starts it."""
        self._clock = clock
        self._store = store
        self._lock = forks.lock()
        self._dues: list[_Due] = []
        # The numbers of the jobs that have uploaded, or that ended before the start.
        self._done: set[int] = set()
        self._begun = False

    def notice(self) -> None:
        """Start if moto is active now."""
        if not self._begun and handler.moto_answers() and self._begin():
            # Not under the store's lock: a thread that moves the clock holds the clock's lock and may need the store's.
            self._clock.add_agenda(self)

    def _begin(self) -> bool:
        """Read the existing jobs; return False if another thread has just done so."""
        now_us = self._clock.now_us()
        with self._store.lock:
            if self._begun:
                return False
            self._begun = True
            for job in self._store.jobs():
                self._file(job, now_us)
            self._store.watchers.append(self._changed)
        return True

    def close(self) -> None:
        """Upload nothing more."""
        if self._begun:
            with self._store.lock:
                self._store.watchers.remove(self._changed)
            self._clock.remove_agenda(self)
            self._begun = False

    def _file(self, job: AnyJob, now_us: int) -> bool:
        """Record when the upload of a job is due; return whether that instant has come."""
        at_us = _at_us(job)
        if at_us is None:
            return False
        with self._lock:
            if at_us > now_us:
                heapq.heappush(self._dues, _Due(at_us, job.number, job.place, job.name, type(job)))
            else:
                self._done.add(job.number)
        return at_us <= now_us

    def _changed(self, _: AnyJob | None, new: AnyJob | None, __: int | None) -> None:
        if new is None or new.number in self._done:
            return
        if self._file(new, self._clock.now_us()):
            # The job was ended at this instant, for which the clock has already called `settle`.
            _put(new)

    # -- the agenda

    def next_us(self, after_us: int) -> int | None:
        """Return the next instant at which a job uploads objects, None if there is none."""
        with self._lock:
            return self._next_us(after_us)

    def _next_us(self, after_us: int) -> int | None:
        while self._dues and (self._dues[0].at_us <= after_us or not self._is_present(self._dues[0])):
            heapq.heappop(self._dues)
        return self._dues[0].at_us if self._dues else None

    def settle(self, at_us: int) -> None:
        """Upload the objects of the jobs that end by `at_us`."""
        with self._lock:
            ending = list(self._ending(at_us))
        for job in ending:
            _put(job)

    def _ending(self, at_us: int) -> Iterator[AnyJob]:
        while self._dues and self._dues[0].at_us <= at_us:
            due = heapq.heappop(self._dues)
            if self._is_present(due) and due.number not in self._done:
                self._done.add(due.number)
                yield self._store.region(due.place, due.of).by_name[due.name]

    def _is_present(self, due: _Due) -> bool:
        """Whether the job still ends at that instant: a stop, for example, may have changed it."""
        # Without the store's methods, which would take its lock.
        job = self._store.region(due.place, due.of).by_name.get(due.name)
        return job is not None and job.number == due.number and _at_us(job) == due.at_us


def _at_us(job: AnyJob) -> int | None:
    """Return the instant at which a job uploads its objects, None if it uploads none."""
    if isinstance(job, BatchJob):
        last = job.timeline.changes[-1]
        return job.created_us + (job.timeline.ended_us or 0) if _IF_COMPLETED(last.primary == "Completed") else None
    if not isinstance(job, Job) or not job.timeline.uploaded:
        return None
    ended = next((change.at_us for change in job.timeline.changes if change.secondary in status.ENDINGS), None)
    return None if ended is None else job.created_us + ended


def _put(job: AnyJob) -> None:
    found = outputs(job) if isinstance(job, BatchJob) else _model(cast("Job", job))
    gone: set[str] = set()
    for where, body, kms_key in found:
        if where.bucket not in gone and not s3.put(job.place.region, where, body, kms_key):
            gone.add(where.bucket)


def _model(job: Job) -> Iterator[Object]:
    where = s3.location(describe.artifacts(job))
    if where is None:
        # The service model also allows https:// in S3OutputPath, but no use of that is known.
        return
    kms_key = job.request["OutputDataConfig"].get("KmsKeyId", "")
    for key, body in objects(job, where.key):
        yield Object(s3.Location(where.bucket, key), body, kms_key)


def objects(job: Job, key: str) -> Files:
    """Return the objects that a job uploads: one archive at `key`, or files below `key` if CompressionType is NONE."""
    content = job.plan.artifact
    compressed = job.request["OutputDataConfig"].get("CompressionType") != "NONE"
    if content is None:
        files: Files = [("model.txt", f"The model of {job.name}, trained by nobody.\n".encode())]
    elif isinstance(content, bytes):
        if compressed:
            return [(key, content)]
        files = _files_in(content, "model")
    else:
        path = Path(content)
        if path.is_dir():
            found = sorted(path.rglob("*"))
            files = [(one.relative_to(path).as_posix(), one.read_bytes()) for one in found if one.is_file()]
        elif compressed:
            return [(key, path.read_bytes())]
        else:
            files = _files_in(path.read_bytes(), path.name)
    return [(key, archive_of(files))] if compressed else [(f"{key}/{name}", body) for name, body in files]


def archive_of(files: Files) -> bytes:
    """Return files as a tar.gz. The same files always give the same bytes."""
    archive = io.BytesIO()
    with gzip.GzipFile(fileobj=archive, mode="wb", filename="", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as tar:
        for name, body in files:
            member = tarfile.TarInfo(name)
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    return archive.getvalue()


def _files_in(content: bytes, otherwise: str) -> Files:
    """Return the files in an archive. If `content` is not an archive, it is one file called `otherwise`."""
    try:
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            members = [(member.name, tar.extractfile(member)) for member in tar.getmembers()]
            return [(name.removeprefix("./"), file.read()) for name, file in members if file is not None]
    except tarfile.TarError:
        return [(otherwise, content)]
