"""Contradictions between a recorded job and the rules that sagemock's jobs follow."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, NamedTuple

from sagemock.clock.instants import SECOND_US, instant, instant_us
from sagemock.evidence import Assumption
from sagemock.training import status
from sagemock.training.fold import MESSAGE_AT_THE_CALL, STOPPING_WHILE_PENDING
from sagemock.training.plan import defaults
from sagemock.training.plan.forms import FILLED, formed
from sagemock.training.plan.order import impossible
from sagemock.training.plan.recording import Entry, Recorded, nulls_of, read
from sagemock.training.rules import F1, M1, N1, N2, N3, N13, O1, S1, S2, S3, S4, S5, S6, S7, S8, S9, S10, S11, S12, S13, T1, Rule

__all__ = ["Contradiction", "contradictions", "of_assumption"]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A rule that a record contradicts: what the record has, and what the rule demands."""

    rule: Rule
    record: str
    rule_has: str


_LATE_US: Final = 300 * SECOND_US
"""Late bookkeeping was seen up to 30 s after the end; ten times as much is something else."""

_LAST: Final[dict[str, tuple[str, ...]]] = {
    status.STARTING: (status.PREPARING_THE_INSTANCES,),
    status.LAUNCHING: (status.LAUNCHING_INSTANCES, "Insufficent capacity error while launching instances"),
    status.PREPARING: (status.PREPARING_THE_INSTANCES,),
    status.PENDING: (status.PREPARING_THE_INSTANCES,),
    status.DOWNLOADING: (status.TRAINING_IMAGE, status.INPUT_DATA),
    status.DOWNLOADING_IMAGE: (status.TRAINING_IMAGE,),
    status.TRAINING: (status.IN_PROGRESS,),
    status.UPLOADING: (status.UPLOADING_MODEL,),
    "Completed": (status.MESSAGES["Completed"], status.RETAINED),
}
"""The last messages that an entry may have when another entry follows. Any other status has only its usual message."""
_ON_THE_WAY: Final[dict[str, tuple[str, ...]]] = {
    status.STARTING: (
        status.STARTING_THE_JOB, status.LAUNCHING_INSTANCES, status.NO_CAPACITY, "Launched instance was unhealthy, replacing it!",
    ),
    status.PENDING: (status.WAITING_FOR_CAPACITY, status.MESSAGES["Stopped"]),
    status.TRAINING: (status.TRAINING_IMAGE,),
}  # fmt: skip
"""Further messages that an entry may have while it is open, or if the job was cut short in it."""
_CUT: Final = frozenset({"Stopping", "Failed", "Stopped", "MaxWaitTimeExceeded", "MaxRuntimeExceeded", "Interrupted"})
_IMAGE_IN_DOWNLOADING_US: Final = instant_us("2024-02-01T00:00:00Z")
_IMAGE_IN_TRAINING_US: Final = instant_us("2023-06-01T00:00:00Z")


class Case(NamedTuple):
    """A record: the response, and what `recording.read` finds in it."""

    response: Mapping[str, Any]
    recorded: Recorded
    entries: tuple[Entry, ...]
    """All entries, including the last one."""
    built: bool
    """Whether the entries were filled in by sagemock, and so are not evidence."""
    from_console: bool

    @property
    def is_over(self) -> bool:
        """Whether the job has ended."""
        return self.recorded.ending is not None

    def at(self, offset_us: int) -> str:
        """Return the instant `offset_us` after the creation in ISO 8601."""
        return instant(self.recorded.created_us + offset_us).isoformat(timespec="milliseconds")


_Found = Iterator[Contradiction]


def contradictions(given: Mapping[str, Any]) -> Iterator[Contradiction]:
    """Yield each contradiction between a record and the rules, the structure first. Raises PlanError if it is not a record."""
    form = formed(given)
    recorded = read(form.response, nulls_of(form.response), in_order=False)
    entries = recorded.entries
    if recorded.ending is not None:
        end = form.response["SecondaryStatusTransitions"][-1]
        starts_us, ends_us = (
            None if end.get(name) is None else instant_us(end[name]) - recorded.created_us for name in ("StartTime", "EndTime")
        )
        entries = (*entries, Entry(recorded.ending, starts_us or 0, ends_us, recorded.last_message))
    source = formed({**given, "SecondaryStatusTransitions": None}) if "SecondaryStatusTransitions" not in given else form
    built = any("SecondaryStatusTransitions" in sentence for sentence in source.filled)
    case = Case(form.response, recorded, entries, built, from_console=FILLED in form.response)
    for check in _CHECKS:
        yield from check(case)


def _structure(case: Case) -> _Found:
    first = case.entries[0]
    if first.start_us != 0:
        yield Contradiction(S3, f"{first.status} begins at {case.at(first.start_us)}", f"at CreationTime, {case.at(0)}")
    for before, after in pairwise(case.entries):
        if before.end_us is None:
            yield Contradiction(S4, f"{before.status} has no EndTime, and {after.status} follows", "only the last entry is open")
        elif before.end_us != after.start_us:
            yield Contradiction(
                S3,
                f"{before.status} ends at {case.at(before.end_us)}, {after.status} begins at {case.at(after.start_us)}",
                "one instant",
            )
    last = case.entries[-1]
    if case.is_over and last.end_us != last.start_us:
        ends = "has no EndTime" if last.end_us is None else f"ends at {case.at(last.end_us)}"
        yield Contradiction(S5, f"{last.status} begins at {case.at(last.start_us)} and {ends}", "it has no length")
    if not case.is_over and last.end_us is not None:
        yield Contradiction(S4, f"{last.status} ends at {case.at(last.end_us)}, and nothing follows", "the last entry is open")


def _order(case: Case) -> _Found:
    names = [entry.status for entry in case.entries]
    if names[0] in status.ENDINGS or names[0] != status.STARTING:
        yield Contradiction(O1, f"the first status is {names[0]}", "every job starts in Starting")
        return
    for at, name in enumerate(names[1:], 1):
        if name in status.ENDINGS:
            if at != len(names) - 1:
                yield Contradiction(O1, f"{names[at + 1]} follows {name}", "nothing follows an end")
            if name == "Completed" and names[at - 1] != status.UPLOADING:
                yield Contradiction(O1, f"Completed follows {names[at - 1]}", "it follows Uploading")
            if name == "Failed" and names[at - 1] == status.TRAINING:
                yield Contradiction(O1, "Failed follows Training", "Uploading comes before it (aws/sagemaker-python-sdk#658)")
        elif name in (status.STARTING, status.PENDING) and (why := _begins_again(case, names[at - 1], name)) is not None:
            yield Contradiction(S1 if names[at - 1] == name else O1, f"{name} follows {names[at - 1]}", why)
        elif (why := impossible(names[:at], name)) is not None:
            yield Contradiction(S1 if names[at - 1] == name else O1, f"{name} follows {names[at - 1]}", why.partition(":")[0])


def _begins_again(case: Case, before: str, name: str) -> str | None:
    """Return why a job cannot start again with the status `name` after `before`, None if it can."""
    if before in (status.INTERRUPTED, status.RESTARTING, status.UPDATING):
        return None
    if name == status.PENDING:
        planned = "TrainingPlanArn" in (case.response.get("ResourceConfig") or {})
        return None if planned or before in (status.STARTING, status.LAUNCHING) else "Pending comes before the job has started"
    return None if case.response.get("RetryStrategy") else "a job starts again after Interrupted, or by its RetryStrategy"


def _statuses(case: Case) -> _Found:
    last = case.entries[-1].status
    secondary, primary = case.response.get("SecondaryStatus"), case.response.get("TrainingJobStatus")
    if secondary is not None and secondary != last:
        yield Contradiction(S1, f"SecondaryStatus is {secondary}, the last entry {last}", "they are the same")
    if primary is not None and primary != "Deleting":
        wanted: tuple[str, ...] = (status.PRIMARY_OF_ENDING[last],) if last in status.ENDINGS else ("InProgress", "Stopping")
        if last == status.STOPPING or any(entry.status == status.STOPPING for entry in case.entries[:-1]):
            wanted = tuple(one for one in wanted if one != "InProgress")
        if primary not in wanted:
            yield Contradiction(T1, f"TrainingJobStatus is {primary} with {last}", f"{' or '.join(wanted)}")
    failed, has_reason = last == "Failed", case.response.get("FailureReason") is not None
    if has_reason and not failed:
        yield Contradiction(F1, f"there is a FailureReason, and the job is {last}", "only a job that has Failed has one")


def _instants(case: Case) -> _Found:
    recorded = case.recorded
    started = next((entry for entry in case.entries if entry.status in status.STARTED), None)
    recorded_us = _offset(case, "TrainingStartTime")

    if recorded_us is not None and started is not None and recorded_us != started.start_us:
        yield Contradiction(
            S6, f"TrainingStartTime is {case.at(recorded_us)}", f"the beginning of {started.status}, {case.at(started.start_us)}"
        )
    if recorded_us is not None and started is None:
        rule = N1 if any(entry.status == status.PENDING for entry in case.entries) else S6
        yield Contradiction(rule, f"TrainingStartTime is {case.at(recorded_us)}", "the job has not started, and has none")
    ended_us = _offset(case, "TrainingEndTime")
    last = case.entries[-1]
    if ended_us is not None and case.is_over and ended_us != last.start_us:
        yield Contradiction(
            S7, f"TrainingEndTime is {case.at(ended_us)}", f"the beginning of {last.status}, {case.at(last.start_us)}"
        )
    if ended_us is not None and not case.is_over:
        yield Contradiction(S7, f"TrainingEndTime is {case.at(ended_us)}, and the job is {last.status}", "it comes with the end")
    modified_us = _offset(case, "LastModifiedTime")
    if modified_us is not None and modified_us < last.start_us:
        yield Contradiction(
            S12 if case.is_over else S2,
            f"LastModifiedTime is {case.at(modified_us)}",
            f"not before {last.status} began, {case.at(last.start_us)}",
        )
    is_late = modified_us is not None and case.is_over and modified_us > last.start_us + _LATE_US
    if is_late and last.message != status.RETAINED and not last.message.startswith(status.REUSED.format("")):
        yield Contradiction(
            S12, f"LastModifiedTime is {case.at(modified_us or 0)}", f"soon after the end, {case.at(last.start_us)}"
        )
    for entry in case.entries:
        if (entry.start_us + recorded.created_us) % 1000:
            yield Contradiction(
                S13, f"{entry.status} begins at {entry.start_us / SECOND_US} s", "instants have whole milliseconds"
            )


def _seconds(case: Case) -> _Found:
    recorded, started_us = case.recorded, case.recorded.started_us
    if recorded.training_s is not None and started_us is None:
        yield Contradiction(N3, f"TrainingTimeInSeconds is {recorded.training_s}", "the job has not started, and has none")
    if recorded.billable_s and started_us is None:
        yield Contradiction(N3, f"BillableTimeInSeconds is {recorded.billable_s}", "the job has not started, and has none")
    if recorded.billable_s is not None and not case.is_over:
        yield Contradiction(S11, f"BillableTimeInSeconds is {recorded.billable_s}", "it is there once the job has ended")
    if None in (recorded.training_s, started_us, recorded.ended_us) or not case.is_over or case.from_console:
        return
    whole_s = _span_s(case, started_us or 0, recorded.ended_us or 0)
    idle_s = sum(
        _span_s(case, entry.start_us, entry.end_us or entry.start_us)
        for entry in case.entries
        if entry.status in status.UNBILLED and entry.start_us >= (started_us or 0)
    )
    wanted = max(1, whole_s - idle_s)
    if recorded.training_s != wanted:
        yield Contradiction(
            S9 if idle_s else S8,
            f"TrainingTimeInSeconds is {recorded.training_s}",
            f"{wanted}" + (f", without {idle_s}" if idle_s else ""),
        )
    if recorded.billable_s is None or "BillableTokenCount" in case.response:
        return
    spot = case.response.get("EnableManagedSpotTraining")
    billable_s, training_s = recorded.billable_s, recorded.training_s or 0
    if billable_s > training_s or (spot is False and billable_s != training_s):
        yield Contradiction(S10, f"BillableTimeInSeconds is {billable_s}", f"{'at most ' if spot else ''}{training_s}")


def _pending(case: Case) -> _Found:
    names = [entry.status for entry in case.entries]
    stopped = recorded_ending(case) == "Stopped"
    if status.PENDING in names[:-1] and stopped:
        after = names[names.index(status.PENDING) + 1]
        if after == status.STOPPING:
            yield Contradiction(N1, "Stopping follows Pending", "Stopped follows it")
    by = defaults.traits(case.response)
    of_today = case.recorded.created_us >= _IMAGE_IN_DOWNLOADING_US
    asks = by.max_pending_s is not None and by.accelerated and not by.spot and of_today
    if asks and len(names) > 1 and status.PENDING not in names and names[1] in status.STARTED:
        yield Contradiction(
            N2, f"{names[1]} follows Starting, and the request has MaxPendingTimeInSeconds", "Pending comes between"
        )
    if by.max_pending_s is not None and by.max_pending_s < 1800:  # noqa: PLR2004  # the least of the service model
        yield Contradiction(N13, f"MaxPendingTimeInSeconds is {by.max_pending_s}", "it is at least 1800")


def _messages(case: Case) -> _Found:
    for at, entry in enumerate(case.entries):
        if not _says(case, at):
            continue
        after = case.entries[at + 1].status if at + 1 < len(case.entries) else None
        for text in [text for _, text in entry.messages] or [entry.message]:
            may = _may_say(
                entry.status, None if text != entry.message else after, open_=entry.end_us is None or text != entry.message
            )
            if text not in may and not text.startswith(status.REUSED.format("")):
                yield _other_message(entry, text, may)
    if case.built or case.from_console:
        return
    for at, entry in enumerate(case.entries):
        if entry.end_us is None or entry.status != status.DOWNLOADING or not _says(case, at):
            continue
        created_us = case.recorded.created_us
        if entry.message == status.TRAINING_IMAGE and created_us < _IMAGE_IN_TRAINING_US:
            yield Contradiction(M1, f'Downloading ends with "{entry.message}"', "until 2023-06 the image was pulled in Training")
        cut = any(one.status in _CUT for one in case.entries[at + 1 : at + 2])
        if entry.message == status.INPUT_DATA and created_us >= _IMAGE_IN_DOWNLOADING_US and not cut:
            yield Contradiction(
                M1, f'Downloading ends with "{entry.message}"', "since 2024-02 the image is pulled in Downloading"
            )


def _says(case: Case, at: int) -> bool:
    """Whether an entry of the record has a message of its own: one that was filled in is not evidence."""
    return case.response["SecondaryStatusTransitions"][at].get("StatusMessage") is not None


def _may_say(name: str, after: str | None, *, open_: bool) -> tuple[str, ...]:
    """Return the messages that an entry may have if it is open, or if an entry with the status `after` follows."""
    if name == status.STARTING and after == status.PENDING:
        return (status.STARTING_THE_JOB,)
    if name == status.PENDING and after == "Stopped":
        return (status.MESSAGES["Stopped"],)
    last = _LAST.get(name, (status.MESSAGES[name],))
    return (*last, *_ON_THE_WAY.get(name, ())) if open_ or after in _CUT else last


def _other_message(entry: Entry, text: str, may: tuple[str, ...]) -> Contradiction:
    assumption = status.ASSUMED_MESSAGES.get(entry.status)
    rule = M1 if assumption is None else Rule("assumption", assumption.what, f"since {assumption.since}; {assumption.knob}")
    return Contradiction(rule, f'{entry.status} says "{text}"', " or ".join(f'"{one}"' for one in may))


def _assumptions(case: Case) -> _Found:
    last, primary = case.entries[-1], case.response.get("TrainingJobStatus")
    if last.status == status.PENDING:
        says_stopped = last.message == status.MESSAGES["Stopped"]
        if says_stopped and primary == "InProgress":
            yield of_assumption(STOPPING_WHILE_PENDING, "TrainingJobStatus is InProgress", "Stopping")
        if primary == "Stopping" and not says_stopped:
            yield of_assumption(MESSAGE_AT_THE_CALL, f'Pending says "{last.message}"', f'"{status.MESSAGES["Stopped"]}"')
    is_gone = case.response.get("ModelArtifacts", 0) is None or "ModelArtifacts" in case.recorded.nulls
    if last.status == "Completed" and is_gone and defaults.traits(case.response).leaves_model:
        yield of_assumption(defaults.NOVA, "ModelArtifacts is null", "there is a model")


def of_assumption(assumption: Assumption, record: str, rule_has: str) -> Contradiction:
    """Return the contradiction between a record and an assumption."""
    return Contradiction(Rule("assumption", assumption.what, f"since {assumption.since}; {assumption.knob}"), record, rule_has)


def recorded_ending(case: Case) -> str | None:
    """Return the secondary status with which the job ended, None if it has not."""
    return case.recorded.ending


def _offset(case: Case, name: str) -> int | None:
    value = case.response.get(name)
    return None if value is None else instant_us(value) - case.recorded.created_us


def _span_s(case: Case, begin_us: int, end_us: int) -> int:
    created_us = case.recorded.created_us
    return (created_us + end_us) // SECOND_US - (created_us + begin_us) // SECOND_US


_CHECKS: Final[tuple[Callable[[Case], _Found], ...]] = (
    _structure, _order, _statuses, _instants, _seconds, _pending, _messages, _assumptions,
)  # fmt: skip
