"""Documents: the whole description of a job of any kind, for events."""

from typing import Any, Final, cast

from sagemock.jobs.batch.job import BatchJob
from sagemock.jobs.batch.job import snapshot as batch_snapshot
from sagemock.jobs.job import AnyJob
from sagemock.protocol.model import Api
from sagemock.service import batch, describe, processing, transform, tuning
from sagemock.training.job import Job
from sagemock.training.snapshot import snapshot
from sagemock.training.warm_pool import Pool, pool
from sagemock.tuning import job as tuning_job

__all__ = ["members"]

_BATCH: Final = {of.kind.name: of for of in (processing.KIND, transform.KIND)}


def members(api: Api, job: AnyJob, now_us: int, count: int) -> dict[str, Any]:
    """Return the members of a description at `now_us`, after the first `count` changes of the job's timeline."""
    if isinstance(job, BatchJob):
        return batch.document(_BATCH[job.kind.name], api, job, batch_snapshot(job, now_us, count))
    if isinstance(job, tuning_job.Job):
        return tuning.document(api, job, tuning_job.snapshot(job, now_us, count), now_us)
    job = cast("Job", job)
    at = snapshot(job, now_us, count)
    warm_pool = pool(job, now_us)
    if warm_pool is not None and not at.over:
        # The job ends at this instant, but at this change it has not ended yet.
        warm_pool = Pool("InUse")
    return {**describe.constant_members(api, job), **describe.members_now(api, job, at, warm_pool)}
