"""Progress of a serverless job: its current epoch and step, by the numbers in its plan."""

from typing import Final, NamedTuple

from sagemock.clock.instants import SECOND_US
from sagemock.evidence import Assumption
from sagemock.training import status
from sagemock.training.job import Job
from sagemock.training.plan import defaults
from sagemock.training.snapshot import Snapshot

__all__ = ["Progress", "progress", "tokens"]

_EVENLY: Final = Assumption(
    "that the steps of a serverless job are spread evenly over its training, and start again with each attempt",
    knob="Plan.serverless(…)",
)
_TOKENS: Final = Assumption(
    "that a serverless job with billed tokens is billed for the tokens of the steps that it did, and not for time (a fixture has "
    "0 seconds, which is below the service model's minimum)",
    knob="Plan.serverless(tokens=…)",
)


class Progress(NamedTuple):
    """The progress of a job. The epoch counts from 1, the step within it from 0, as aws/sagemaker-python-sdk reads them.

    The middle of three epochs of 100 steps is epoch 2, step 50.
    """

    epoch: int
    step: int
    steps: int
    epochs: int

    @property
    def done(self) -> int:
        """How many steps are done, in all epochs."""
        return (self.epoch - 1) * self.steps + self.step


def progress(job: Job, at: Snapshot, now_us: int) -> Progress | None:
    """Return the progress of a job at `now_us`, where `at` is its snapshot; None before it trains, or if its plan has no epochs.

    The progress starts again with each attempt.
    """
    plan = job.plan
    if plan.epochs is None or plan.steps is None:
        return None
    trained = next((entry for entry in reversed(at.transitions) if entry.status == status.TRAINING), None)
    if trained is None:
        return None
    total = plan.epochs * plan.steps
    ran_us = (now_us if trained.end_us is None else trained.end_us) - trained.start_us
    # A job that fails by its plan does not do its last step.
    most = total - (job.script.ending == "Failed")
    done = total if at.secondary == "Completed" else min(most, _EVENLY(total * ran_us // max(1, _whole_us(job))))
    epoch = min(plan.epochs, done // plan.steps + 1)
    return Progress(epoch, done - (epoch - 1) * plan.steps, plan.steps, plan.epochs)


def tokens(job: Job, at: Snapshot) -> int | None:
    """Return BillableTokenCount: the tokens of the steps that the job did; None before its end, or if it never started."""
    if job.plan.tokens is None or not at.over or at.started_us is None:
        return None
    reached = progress(job, at, at.modified_us)
    return _TOKENS(0 if reached is None else job.plan.tokens * reached.done // (reached.steps * reached.epochs))


def _whole_us(job: Job) -> int:
    """Return the length of the training, over which all steps are spread; the default length if it never ends."""
    [*_, whole_us] = (step.length_us for step in job.script.steps if step.status == status.TRAINING)
    if whole_us is not None:
        return whole_us
    default_s = defaults.length_s(status.TRAINING, defaults.traits(job.request), legacy=job.plan.legacy)
    return round(default_s * SECOND_US)
