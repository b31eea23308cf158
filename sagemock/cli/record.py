"""`sagemock record`: poll jobs of your own account until they end, and write each description that differs from the last."""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from sagemock.cli.masking import Masks
from sagemock.errors import UsageError
from sagemock.jobs.kinds import PROCESSING, TRAINING, TRANSFORM, Kind
from sagemock.jobs.timeline import OVER

__all__ = ["RECORDED", "record"]

RECORDED: Final = {kind.name: kind for kind in (TRAINING, PROCESSING, TRANSFORM)}
"""The kinds of job that can be recorded, by name."""

_AFTER_S: Final = 60.0
"""How long after the end of the last job to poll once more: the service has moved LastModifiedTime up to 30 s after an end."""


def record(  # noqa: PLR0913  # the options of the command
    names: Sequence[str], kind: Kind, *, region: str | None, profile: str | None, every_s: float, anonymous: bool
) -> None:
    """Write the descriptions of these jobs of a kind, as a JSON line for each change, until all jobs have ended.

    Raises UsageError for a job that cannot be described.
    """
    masks = Masks(kind) if anonymous else None
    try:
        client = Session(profile=profile).create_client("sagemaker", region_name=region)
        last: dict[str, Mapping[str, Any]] = {}
        going = list(names)
        while going:
            for name in going:
                _look(client, kind, name, last, masks)
            going = [name for name in going if last[name][kind.status_member] not in OVER]
            time.sleep(every_s if going else _AFTER_S)
        for name in names:
            _look(client, kind, name, last, masks)
    except (BotoCoreError, ClientError) as error:
        raise UsageError(f"a job cannot be described: {error}; give its name as AWS has it, and --region and --profile") from None


def _look(client: Any, kind: Kind, name: str, last: dict[str, Mapping[str, Any]], masks: Masks | None) -> None:  # noqa: ANN401  # botocore's own
    shown = getattr(client, f"describe_{kind.name}_job")(**{kind.name_member: name})
    del shown["ResponseMetadata"]
    over = shown[kind.status_member] in OVER
    # The seconds of a running job grow all the time, which is not a change.
    found = {member: value for member, value in shown.items() if member != "TrainingTimeInSeconds" or over}
    if last.get(name) != found:
        last[name] = found
        line = found if masks is None else masks.masked(found)
        sys.stdout.write(json.dumps(line, default=_instant) + "\n")
        sys.stdout.flush()


def _instant(value: datetime) -> str:
    return value.isoformat(timespec="milliseconds")
