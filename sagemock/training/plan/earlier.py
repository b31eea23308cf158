"""The earlier messages of an entry, which its last message has overwritten, as far as they are known."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sagemock.clock.instants import SECOND_US, instant_us
from sagemock.evidence import REPLAY, Assumption
from sagemock.training import status
from sagemock.training.plan import defaults
from sagemock.training.plan.recording import Entry, Recorded

__all__ = ["FILLED_IN", "filled_in", "messages", "stop_call_us"]

_NO_LAUNCHING_SINCE_US: Final = instant_us("2022-02-01T00:00:00Z")
""""Launching requested ML instances" is in logs of 2018 to December 2021, and in no log from February 2022 on."""
_LAUNCHING: Final = 0.045, 0.51
"""Where in Starting that message begins and ends: after 23 of 144, 3 of 155, 2 of 193, 0 of 144 s, for 61, 72, 101, 61 s."""
_SHARES: Final = Assumption(
    "in a replay, for which share of the entry's time each overwritten message was shown",
    since="2026-11-26",
    knob="keep several describes of the job, as `sagemock record` does",
)
_CALLED: Final = Assumption(
    "that StopTrainingJob was called, in a replay of a Stopped job without Stopping in its transitions, 38.3 s (in Pending) or "
    "10 s (in another status) before the end, but not before that status began: the record does not say when",
    since="2026-11-26",
    knob=REPLAY,
)
_PENDING_SHARE: Final = _SHARES(0.4)
"""The part of Pending in which the job waits for capacity: 133 of 401 s, 38 of 80 s in two logs of 2024."""
FILLED_IN: Final[Mapping[str, str]] = {
    status.STARTING: (
        f'A record keeps the last message only. A replay shows, before "{status.PREPARING_THE_INSTANCES}", '
        f'"{status.STARTING_THE_JOB}" for the first {_SHARES(defaults.FIRST_MESSAGE):.0%} of the time. Before February 2022 '
        f'"{status.LAUNCHING_INSTANCES}" comes in between.'
    ),
    status.PENDING: (
        f'A record keeps the last message only. A replay shows "{status.WAITING_FOR_CAPACITY}" first: for {_PENDING_SHARE:.0%} '
        f"of the time, or until the stop. A stop was called {defaults.PENDING_STOP_S:.0f} s before the end where the record does "
        "not say when."
    ),
    status.DOWNLOADING: (
        f'A record keeps the last message only. A replay shows "{status.INPUT_DATA}" before "{status.TRAINING_IMAGE}" if the job '
        "has input data, for the same share of Downloading as by default."
    ),
    status.TRAINING: (
        f'A record keeps the last message only. Where Downloading ended with "{status.INPUT_DATA}", as until 2023, a replay '
        f'shows "{status.TRAINING_IMAGE}" at the beginning of Training, for as long as an image takes by default.'
    ),
    status.STOPPING: (
        f"Where a record has no Stopping entry, TrainingJobStatus is Stopping from {defaults.PENDING_STOP_S:.0f} s (Pending) or "
        f"{_CALLED(defaults.TEARDOWN_S):.0f} s (other statuses) before the end, at most as long as the last status lasted."
    ),
}
"""By status: a sentence about what a replay shows although records do not say it."""


def filled_in(recorded: Recorded, response: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each thing that a replay of this record shows although the record does not say it."""
    for entry in recorded.entries:
        if entry.end_us is not None and not entry.messages and len(messages(recorded, entry, response)) > 1:
            yield f"It does not say what {entry.status} showed before its last message: `sagemock explain {entry.status}` does."
    if stop_call_us(recorded) is not None and recorded.called_us is None:
        yield "It does not say when StopTrainingJob was called: `sagemock explain Stopping` says what a replay takes."


def stop_call_us(recorded: Recorded) -> int | None:
    """Return when StopTrainingJob was called for a recorded job that is Stopped, in microseconds after its creation.

    Returns None if the job was not stopped, or if its Stopping entry tells the instant.
    """
    if recorded.ending != "Stopped" or not recorded.entries:
        return None
    # Downloading and Stopping may follow a stop with length 0 (a log of 2019).
    lasting = [entry for entry in recorded.entries if entry.end_us != entry.start_us] or recorded.entries[:1]
    last = lasting[-1]
    if recorded.called_us is not None:
        return recorded.called_us
    if any(entry.status == status.STOPPING for entry in lasting):
        return None
    stop_s = defaults.PENDING_STOP_S if last.status == status.PENDING else defaults.TEARDOWN_S
    return _CALLED(max(last.start_us, (last.end_us or last.start_us) - round(stop_s * SECOND_US)))


def messages(recorded: Recorded, entry: Entry, response: Mapping[str, Any]) -> tuple[tuple[int, str], ...]:
    """Return the messages that an ended entry has shown, by offset in microseconds from its beginning."""
    if len(entry.messages) > 1:
        return entry.messages
    length_us = (entry.end_us or entry.start_us) - entry.start_us
    found = [(round(share * length_us), text) for share, text in _before(recorded, entry, response)]
    called_us = stop_call_us(recorded)
    if called_us is not None and entry.start_us <= called_us < (entry.end_us or 0):
        # The call moves LastModifiedTime (recorded in Starting, 2018).
        offset_us = called_us - entry.start_us
        found = [(at_us, text) for at_us, text in found if at_us < offset_us] or [(0, entry.message)]
        found.append((offset_us, entry.message))
    # A message that another would overwrite at once is left out.
    kept = {at_us: text for at_us, text in found if at_us < max(1, length_us)}
    return tuple(kept.items())


def _before(recorded: Recorded, entry: Entry, response: Mapping[str, Any]) -> list[tuple[float, str]]:
    """Return the messages of an entry, including the last one, each with the share of the entry's time after which it comes."""
    by = defaults.traits(response)
    last = entry.message
    if entry.status == status.STARTING and last in (status.PREPARING_THE_INSTANCES, status.LAUNCHING_INSTANCES):
        launching, preparing = _SHARES(_LAUNCHING)
        if recorded.created_us < _NO_LAUNCHING_SINCE_US or last == status.LAUNCHING_INSTANCES:
            found = [(0.0, status.STARTING_THE_JOB), (launching, status.LAUNCHING_INSTANCES), (preparing, last)]
            return found[: 2 if last == status.LAUNCHING_INSTANCES else 3]
        return [(0.0, status.STARTING_THE_JOB), (_SHARES(defaults.FIRST_MESSAGE), last)]
    if entry.status == status.PENDING and last in (status.PREPARING_THE_INSTANCES, status.MESSAGES["Stopped"]):
        # The message of a stop comes at the call, which `messages` adds.
        return (
            [(0.0, status.WAITING_FOR_CAPACITY), (_PENDING_SHARE, last)]
            if last == status.PREPARING_THE_INSTANCES
            else [(0.0, status.WAITING_FOR_CAPACITY)]
        )
    if entry.status == status.DOWNLOADING and last == status.TRAINING_IMAGE and "InputDataConfig" in response and by.data:
        known = defaults.lengths(by)
        return [(0.0, status.INPUT_DATA), (_SHARES(known.data / (known.data + known.image)), last)]
    if entry.status == status.TRAINING and last == status.IN_PROGRESS and _pulls_in_training(recorded):
        known = defaults.lengths(by, legacy=True)
        length_us = max(1, (entry.end_us or entry.start_us) - entry.start_us)
        part = min(known.image * SECOND_US / length_us, known.image / (known.image + known.training))
        return [(0.0, status.TRAINING_IMAGE), (_SHARES(part), last)]
    return [(0.0, last)]


def _pulls_in_training(recorded: Recorded) -> bool:
    """Whether Training pulled the image, as until 2023: then the last message of Downloading is that of the input data."""
    return any(entry.status == status.DOWNLOADING and entry.message == status.INPUT_DATA for entry in recorded.entries)
