"""Run code in a new process."""

import os
import subprocess
import sys

__all__ = ["run"]


def run(code: str) -> tuple[str, str]:
    """Run code in a new Python process and return its stdout and stderr.

    The child is not measured by coverage: a signal handler that raises, or a fork, inside coverage's code would leave its lock
    held.
    """
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False, env=env)  # noqa: S603  # ours
    return found.stdout, found.stderr
