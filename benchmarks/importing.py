"""Measures imports in a process that has made a client: milliseconds of CPU, each time in a fresh interpreter."""

import subprocess
import sys

from benchmarks.report import Row
from benchmarks.timing import interleaved

__all__ = ["rows"]

_CHILD = """
import time, boto3
boto3.client("sagemaker", region_name="eu-west-1", aws_access_key_id="nobody", aws_secret_access_key="nobody")
before = time.process_time()
{imports}
print((time.process_time() - before) * 1000)
"""


def _milliseconds(imports: str) -> float:
    command = [sys.executable, "-c", _CHILD.format(imports=imports)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)  # noqa: S603  # our own interpreter


def rows(rounds: int) -> list[Row]:
    """Measure each import in `rounds` interpreters."""
    found = interleaved(
        {
            "package": lambda: _milliseconds("import sagemock"),
            "names": lambda: _milliseconds("from sagemock import Plan, mock_sagemaker"),
            "moto": lambda: _milliseconds("from moto import mock_aws"),
        },
        rounds,
    )
    return [
        Row("import sagemock", "ms", 2, found["package"]),
        Row("from sagemock import Plan, mock_sagemaker", "ms", 30, found["names"], found["moto"]),
    ]
