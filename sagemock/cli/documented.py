"""AWS's own documentation of each status, from the installed service model."""

import re
from collections.abc import Mapping
from html import unescape

from botocore.model import Shape

__all__ = ["documented"]

_ENTRY = re.compile(r"<li>\s*<p>\s*<code>(\w+)</code>\s*-\s*(.*?)\s*</p>\s*</li>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")


def documented(members: Mapping[str, Shape]) -> dict[str, str]:
    """Return the documentation of each status in the members of a DescribeTrainingJob response.

    If TrainingJobStatus and SecondaryStatus both document a status, the text of SecondaryStatus counts.
    """
    found: dict[str, str] = {}
    for member in ("TrainingJobStatus", "SecondaryStatus"):
        entries = _ENTRY.findall(members[member].documentation)
        found |= {name: " ".join(unescape(_TAG.sub("", text)).split()) for name, text in entries}
    return found
