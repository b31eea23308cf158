"""The rules that the lives of jobs follow, each with its evidence.

`sagemock check` applies them to a user's own records; the page of fidelity shows them as a table. Their names: S for the
structure of a response, O for the order of statuses, T, F and M for TrainingJobStatus, FailureReason and messages, N for later
findings.
"""

from typing import Final, NamedTuple

__all__ = ["RULES", "Rule"]


class Rule(NamedTuple):
    """A statement that holds for every job, as far as is known."""

    key: str
    law: str
    evidence: str


_RECORDED: Final = "records R1, R2, R4, R5, R6, R7, L1, P1"
S1: Final = Rule("S1", "one entry for each visit to a status; SecondaryStatus is that of the last entry", _RECORDED)
S2: Final = Rule("S2", "LastModifiedTime moves with each entry and message, so it is never before the last of them", "record R8")
S3: Final = Rule("S3", "the first entry begins at CreationTime, and each other where the one before it ends", _RECORDED)
S4: Final = Rule("S4", "only the last entry of a job that has not ended is open", "record R8")
S5: Final = Rule("S5", "the last entry of a job that has ended has no length", _RECORDED)
S6: Final = Rule("S6", "TrainingStartTime is the beginning of Downloading", _RECORDED)
S7: Final = Rule("S7", "TrainingEndTime is the beginning of the last entry", _RECORDED)
S8: Final = Rule(
    "S8",
    "TrainingTimeInSeconds is TrainingEndTime less TrainingStartTime, each cut to whole seconds",
    "records R1, R2, R4, R5, R6, L1 and three more of 2026 (inferred)",
)
S9: Final = Rule("S9", "the time in Stopping does not count for TrainingTimeInSeconds", "record R7 (inferred)")
S10: Final = Rule("S10", "on demand BillableTimeInSeconds is TrainingTimeInSeconds, and for spot jobs at most that", _RECORDED)
S11: Final = Rule(
    "S11", "seconds of training are there once it has started, seconds to be billed once it has ended", "fixtures of ack"
)
S12: Final = Rule("S12", "LastModifiedTime of a job that has ended is its end or a little later", "records R1, R4, R6")
S13: Final = Rule("S13", "instants have whole milliseconds, those of metrics whole seconds", "records R1, R4")
S14: Final = Rule("S14", "statuses and messages may change", "service model, SecondaryStatusTransition")
O1: Final = Rule("O1", "the statuses follow each other in the order of a life", f"{_RECORDED}; developer guide")
T1: Final = Rule("T1", "TrainingJobStatus is the one that goes with SecondaryStatus", f"{_RECORDED}; service model")
F1: Final = Rule("F1", "there is a FailureReason exactly when the job has Failed", "service model; records of 2018 to 2026")
N1: Final = Rule(
    "N1",
    "a job that is stopped while Pending goes to Stopped without Stopping, Uploading and TrainingStartTime",
    "record P1, and two more",
)
N2: Final = Rule(
    "N2", "on accelerated instances a job with MaxPendingTimeInSeconds goes through Pending", "records L1, P1, and three more"
)
N3: Final = Rule("N3", "a job that has not started has no seconds of training or to be billed", "record P1")
N4: Final = Rule("N4", "durations of accelerated instances in 2026: no law, the defaults", "records L1, P1, and three more")
N5: Final = Rule("N5", "S8 holds on four more jobs", "records of 2026")
N6: Final = Rule("N6", "a Completed job may have no model", "aws/sagemaker-python-sdk#6091")
N7: Final = Rule("N7", "an empty page of a log is not its end", "dstackai/dstack#2500, boto/boto3#4258")
N8: Final = Rule("N8", "pairs of validation errors name the pattern before the length", "zenml-io/zenml#1502")
N9: Final = Rule("N9", "built-in algorithms show metric definitions of their own", "hashicorp/terraform-provider-aws#46892")
N10: Final = Rule(
    "N10", "selections and events are what people keep: the first entry begins at CreationTime (S3)", "records P1, G1"
)
N11: Final = Rule("N11", "operations without an output shape answer an empty body", "twelve recordings of 2018")
N12: Final = Rule("N12", "instants on the wire are Java's doubles", "58 recordings of 2018")
N13: Final = Rule("N13", "MaxPendingTimeInSeconds is at least 1800", "service model 1.44.8")
N14: Final = Rule(
    "N14", "a stop in Starting shows TrainingJobStatus Stopping beside SecondaryStatus Starting", "record Y1 of 2018"
)
N15: Final = Rule("N15", "the words in which requests are refused", "issues named beside each")
M1: Final = Rule(
    "M1", "the message of an entry is one that its status shows, and the last one when it has ended", "see the messages"
)

RULES: Final = (
    S1, S2, S3, S4, S5, S6, S7, S8, S9, S10, S11, S12, S13, S14, O1, T1, F1, N1, N2, N3, N4, N5, N6, N7, N8, N9, N10, N11, N12,
    N13, N14, N15, M1,
)  # fmt: skip
"""All rules; some are only for the page, and no record is checked against them."""
