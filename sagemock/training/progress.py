"""Progress of a serverless job: which step of which epoch it is at, by what its plan says of them."""

from typing import Final, NamedTuple

from sagemock.clock.instants import SECOND_US
from sagemock.evidence import Assumption
from sagemock.training import status
from sagemock.training.job import Job
from sagemock.training.plan import defaults
from sagemock.training.snapshot import Snapshot

__all__ = ["Progress", "progress", "tokens"]

_EVENLY: Final = Assumption(
    "that the steps of a serverless job are spread evenly over its training, and begin anew with each attempt",
    knob="Plan.serverless(…)",
)
_TOKENS: Final = Assumption(
    "that a serverless job that is billed for tokens is billed for those of the steps that it did, and not for time (a fixture "
    "has 0 seconds, which is less than the model's least)",
    knob="Plan.serverless(tokens=…)",
)


class Progress(NamedTuple):
    """The epoch counts from 1, the step within it from 0: so does who reads them (aws/sagemaker-python-sdk, sagemaker-train).

    0.5 of three epochs of 100 steps is epoch 2, step 50.
    """

    epoch: int
    step: int
    steps: int
    epochs: int

    @property
    def done(self) -> int:
        """The steps that are done, of all epochs."""
        return (self.epoch - 1) * self.steps + self.step


def progress(job: Job, at: Snapshot, now_us: int) -> Progress | None:
    """Return how far a job is, as it is seen at an instant; None before it trains or if its plan does not say.

    There is no progress before it trains, and it begins anew with each attempt.
    """
    plan = job.plan
    if plan.epochs is None or plan.steps is None:
        return None
    trained = next((entry for entry in reversed(at.transitions) if entry.status == status.TRAINING), None)
    if trained is None:
        return None
    total = plan.epochs * plan.steps
    ran_us = (now_us if trained.end_us is None else trained.end_us) - trained.start_us
    # A job that fails by its plan had not done its last step.
    most = total - (job.script.ending == "Failed")
    done = total if at.secondary == "Completed" else min(most, _EVENLY(total * ran_us // max(1, _whole_us(job))))
    epoch = min(plan.epochs, done // plan.steps + 1)
    return Progress(epoch, done - (epoch - 1) * plan.steps, plan.steps, plan.epochs)


def tokens(job: Job, at: Snapshot) -> int | None:
    """Return for how many tokens a job is billed that started and has ended: for those of the steps that it did."""
    if job.plan.tokens is None or not at.over or at.started_us is None:
        return None
    reached = progress(job, at, at.modified_us)
    return _TOKENS(0 if reached is None else job.plan.tokens * reached.done // (reached.steps * reached.epochs))


def _whole_us(job: Job) -> int:
    """Return how long the training takes over which all steps are spread; one that never ends, as long as by default."""
    [*_, whole_us] = (step.length_us for step in job.script.steps if step.status == status.TRAINING)
    if whole_us is not None:
        return whole_us
    default_s = defaults.length_s(status.TRAINING, defaults.traits(job.request), legacy=job.plan.legacy)
    return round(default_s * SECOND_US)
