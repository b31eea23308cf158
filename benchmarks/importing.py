"""What an import adds to that of botocore, each time in a fresh interpreter."""

import subprocess
import sys

from benchmarks.report import Row
from benchmarks.timing import interleaved

__all__ = ["rows"]

_CHILD = """
import time, botocore.session
before = time.perf_counter()
{imports}
print((time.perf_counter() - before) * 1000)
"""


def _milliseconds(imports: str) -> float:
    command = [sys.executable, "-c", _CHILD.format(imports=imports)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)  # noqa: S603  # our own interpreter


def rows(rounds: int) -> list[Row]:
    """Measure `rounds` interpreters."""
    found = interleaved(
        {"sagemock": lambda: _milliseconds("import sagemock"), "moto": lambda: _milliseconds("from moto import mock_aws")},
        rounds,
    )
    return [Row("import beyond botocore.session", "ms", 15, found["sagemock"], found["moto"])]
