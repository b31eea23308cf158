"""Code that is run in a process of its own, in which nothing but that code runs."""

import os
import subprocess
import sys

__all__ = ["run"]


def run(code: str) -> tuple[str, str]:
    """Run code to its end, and return what it wrote to its output and to its errors.

    coverage is kept out of it: a handler of a signal that raises, or a fork, in the midst of its work leaves its lock taken.
    """
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False, env=env)  # noqa: S603  # as given
    return found.stdout, found.stderr
