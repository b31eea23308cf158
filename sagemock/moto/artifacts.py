"""Model artifacts: the objects that a job leaves in moto's S3 when it ends."""

import gzip
import heapq
import io
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias

from sagemock.clock import forks
from sagemock.clock.virtual import Clock
from sagemock.jobs.job import AnyJob
from sagemock.jobs.place import Place
from sagemock.jobs.store import Store
from sagemock.moto import handler, s3
from sagemock.service import describe
from sagemock.training import status
from sagemock.training.job import Job

__all__ = ["Uploads", "archive_of", "objects"]

Files: TypeAlias = Iterable[tuple[str, bytes]]
"""The files of a model, each as (path in the archive, content)."""


class _Due(NamedTuple):
    at_us: int
    number: int
    place: Place
    name: str


class Uploads:
    """An agenda of the clock that puts each job's model at its S3ModelArtifacts at the instant at which the job ends.

    It starts when moto is first found beside the mock, and costs nothing before. A job that ended earlier gets no model. If the
    bucket does not exist, nothing is put. The service would refuse or fail such a job (which of the two is not known), but moto
    mocks all services at once, and a test that never reads S3 need not create a bucket. A test that does gets S3's NoSuchBucket.
    """

    def __init__(self, clock: Clock, store: Store) -> None:
        """Prepare; `notice` starts it."""
        self._clock = clock
        self._store = store
        self._lock = forks.lock()
        self._dues: list[_Due] = []
        # The numbers of the jobs whose models are in S3, or that ended before the start.
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
            for job in _training_jobs(self._store):
                self._file(job, now_us)
            self._store.watchers.append(self._changed)
        return True

    def close(self) -> None:
        """Put nothing more."""
        if self._begun:
            with self._store.lock:
                self._store.watchers.remove(self._changed)
            self._clock.remove_agenda(self)
            self._begun = False

    def _file(self, job: Job, now_us: int) -> bool:
        """Record when a job's model is due; return whether that instant has passed."""
        at_us = _at_us(job)
        if at_us is None:
            return False
        with self._lock:
            if at_us > now_us:
                heapq.heappush(self._dues, _Due(at_us, job.number, job.place, job.name))
            else:
                self._done.add(job.number)
        return at_us <= now_us

    def _changed(self, _: AnyJob | None, new: AnyJob | None, __: int | None) -> None:
        if not isinstance(new, Job) or new.number in self._done:
            return
        if self._file(new, self._clock.now_us()):
            # The job was ended at this instant, for which the clock has already called `settle`.
            _put(new)

    # -- the agenda

    def next_us(self, after_us: int) -> int | None:
        """Return the next instant at which a job with a model ends."""
        with self._lock:
            return self._next_us(after_us)

    def _next_us(self, after_us: int) -> int | None:
        while self._dues and (self._dues[0].at_us <= after_us or not self._is_present(self._dues[0])):
            heapq.heappop(self._dues)
        return self._dues[0].at_us if self._dues else None

    def settle(self, at_us: int) -> None:
        """Put the models of the jobs that end at `at_us`."""
        with self._lock:
            ending = list(self._ending(at_us))
        for job in ending:
            _put(job)

    def _ending(self, at_us: int) -> Iterator[Job]:
        while self._dues and self._dues[0].at_us <= at_us:
            due = heapq.heappop(self._dues)
            if self._is_present(due) and due.number not in self._done:
                self._done.add(due.number)
                yield self._store.region(due.place, Job).by_name[due.name]

    def _is_present(self, due: _Due) -> bool:
        """Whether the job still ends then: a stop, say, may have changed that."""
        # Without the store's methods, which would take its lock.
        job = self._store.region(due.place, Job).by_name.get(due.name)
        return job is not None and job.number == due.number and _at_us(job) == due.at_us


def _training_jobs(store: Store) -> list[Job]:
    return [job for job in store.jobs() if isinstance(job, Job)]


def _at_us(job: Job) -> int | None:
    """Return the instant from which Describe shows the job's artifacts; None if it never does."""
    if not job.timeline.uploaded:
        return None
    ended = next((change.at_us for change in job.timeline.changes if change.secondary in status.ENDINGS), None)
    return None if ended is None else job.created_us + ended


def _put(job: Job) -> None:
    where = s3.location(describe.artifacts(job))
    if where is None:
        # The model also allows https:// in S3OutputPath, but no use of it is known.
        return
    kms_key = job.request["OutputDataConfig"].get("KmsKeyId", "")
    for key, body in objects(job, where.key):
        if not s3.put(job.place.region, s3.Location(where.bucket, key), body, kms_key):
            return


def objects(job: Job, key: str) -> Files:
    """Return the objects that a job leaves at `key`: one archive, or files below it if CompressionType is NONE."""
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
