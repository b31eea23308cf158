"""Runs tests that depend on time or threads again and again, side by side: `python -m benchmarks.repeated --times 30`.

Each run is a pytest in a fresh process, beside busy processes. The table shows how often each test failed, with the text of its
first failure. Other tests than the default ones, and options of pytest, come after `--`. It is not part of the default suite.
"""

import argparse
import re
import subprocess
import sys
from collections import Counter
from functools import partial
from typing import Final

from benchmarks.load import add_options, repeated

__all__ = ["main"]

_TESTS: Final = ("tests/clock", "tests/patches", "tests/laws/test_threads.py", "tests/laws/test_interrupts.py")
_LIMIT_S: Final = 1800
_FAILED: Final = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


def _run(options: list[str]) -> tuple[list[str], str]:
    """Run pytest. Return the tests that failed, and what it printed."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", "-rfE", *options]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=False)  # noqa: S603  # ourselves
    except subprocess.TimeoutExpired as late:
        return ["(hangs)"], str(late.stdout)
    failed = _FAILED.findall(done.stdout)
    return failed or (["(pytest itself)"] if done.returncode else []), done.stdout + done.stderr


def main(arguments: list[str] | None = None) -> int:
    """Run the tests and print the table; return 1 if a run failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.repeated", description=__doc__)
    parser.add_argument("options", nargs="*", default=_TESTS, help="tests, and after `--` options of pytest", metavar="test")
    add_options(parser, parallel=3)
    asked = parser.parse_args(arguments)
    failures: Counter[str] = Counter()
    for _, (failed, printed) in repeated(partial(_run, list(asked.options)), asked):
        if any(test not in failures for test in failed):
            print(printed, flush=True)
        failures.update(failed)
    print(f"{'failed':>6}  of {asked.times} runs")
    for test, times in failures.most_common():
        print(f"{times:>6}  {test}")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
