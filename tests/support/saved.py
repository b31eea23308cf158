"""Files with records, for tests of the command line."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

__all__ = ["saved"]


def saved(folder: Path, *records: Any, name: str = "saved.json") -> list[str]:
    """Write records to a file, one per line, and return its path as the only argument of a command; a str is written as it is."""
    file = folder / name
    lines = (one if isinstance(one, str) else json.dumps(one, default=datetime.isoformat) for one in records)
    file.write_text("\n".join(lines), encoding="utf-8")
    return [str(file)]
