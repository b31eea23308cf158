"""What AWS's own documentation says of a status: read from the service model that is installed."""

import re
from collections.abc import Mapping
from html import unescape

from botocore.model import Shape

__all__ = ["documented"]

_SAID = re.compile(r"<li>\s*<p>\s*<code>(\w+)</code>\s*-\s*(.*?)\s*</p>\s*</li>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")


def documented(members: Mapping[str, Shape]) -> dict[str, str]:
    """Return what the members of a DescribeTrainingJob response say about each status, the secondary one where both do."""
    found: dict[str, str] = {}
    for member in ("TrainingJobStatus", "SecondaryStatus"):
        said = _SAID.findall(members[member].documentation)
        found |= {name: " ".join(unescape(_TAG.sub("", text)).split()) for name, text in said}
    return found
