"""Measures imports in a process that has made a client: milliseconds of CPU, each time in a fresh interpreter."""

import os
import subprocess
import sys
from functools import partial
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.report import Row, ratios
from benchmarks.timing import interleaved

__all__ = ["rows"]

_CHILD = """
import time, boto3
boto3.client("sagemaker", region_name="eu-west-1", aws_access_key_id="nobody", aws_secret_access_key="nobody")
before = time.process_time()
{imports}
print((time.process_time() - before) * 1000)
"""


_OURS: Final = "from sagemock import Plan, mock_sagemaker"
_MOTOS: Final = "from moto import mock_aws"


def _milliseconds(imports: str, compiled: str) -> float:
    """Return the CPU time of imports. Their bytecode goes to the folder `compiled`: an installation has it already."""
    command = [sys.executable, "-c", _CHILD.format(imports=imports)]
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environ["PYTHONPYCACHEPREFIX"] = compiled
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environ)  # noqa: S603  # our own interpreter
    return float(done.stdout)


def rows(rounds: int) -> list[Row]:
    """Measure each import in `rounds` interpreters."""
    measured = {
        "package": "import sagemock",
        "names": _OURS,
        "moto": _MOTOS,
        "first": f"{_OURS}\nwith mock_sagemaker(): pass",
        "moto's first": f"{_MOTOS}\nwith mock_aws(): pass",
    }
    with TemporaryDirectory() as compiled:
        found = interleaved({name: partial(_milliseconds, imports, compiled) for name, imports in measured.items()}, rounds)
    return [
        Row("import sagemock", "ms", 2, found["package"]),
        Row(_OURS, "ms", 30, found["names"], found["moto"]),
        Row("the same, and a first mock", "x moto's", 1.5, ratios(found["first"], found["moto's first"])),
    ]
