"""Runs programs in which threads wait, each in a fresh process, beside busy processes: `python -m benchmarks.waits --times 10`.

For each scenario the table shows the number of wrong runs, the number of runs that hung, the real seconds that a run took beyond
its own wait, the virtual seconds that passed and should not have, and for some the highest processor time, where 1.00 is what it
may be. It may be twice that while more processes run than there are processors, as switches between threads cost more then. It is
not part of the default suite.
"""

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from typing import Final

from benchmarks.load import add_options, repeated
from benchmarks.waiting import SCENARIOS
from benchmarks.waiting.scenario import Missing, Outcome

__all__ = ["main"]

_LIMIT_S: Final = 60.0
"""A run that takes longer counts as hanging."""
_LOADED: Final = 2
"""How many times its limit a run may cost while more processes run than there are processors."""
_FORKS: Final = multiprocessing.get_context("forkserver")


@dataclass
class _Runs:
    """The results of the runs of one scenario."""

    wrong: list[str] = field(default_factory=list)
    hangs: int = 0
    waited_s: list[float] = field(default_factory=list)
    lost_s: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    missing: str = ""

    def add(self, outcome: "Outcome | None", most: float) -> None:
        """Add the result of a run, whose cost may be `most`; None if it hung."""
        if outcome is None:
            self.hangs += 1
            return
        if outcome.wrong:
            self.wrong.append(outcome.wrong)
        self.waited_s.append(outcome.waited_s)
        self.lost_s.append(outcome.lost_s)
        if outcome.cost is not None:
            self.costs.append(outcome.cost)
            if outcome.cost > most:
                self.wrong.append(f"cost {outcome.cost:.2f} of its limit")

    def row(self, name: str) -> str:
        """Return the scenario's row of the table."""
        if self.missing:
            return f"{name:<28} not run: {self.missing} is not installed"
        runs = len(self.waited_s) + self.hangs
        waited = f"{min(self.waited_s):.3f} to {max(self.waited_s):.3f}" if self.waited_s else "-"
        cost = f"{max(self.costs):.2f}" if self.costs else "-"
        first = f"  {self.wrong[0]}" if self.wrong else ""
        lost_s = max(self.lost_s, default=0)
        return f"{name:<28} {runs:>4} {len(self.wrong):>5} {self.hangs:>5}  {waited:<18} {lost_s:>14.1f} {cost:>5}{first}"

    @property
    def is_right(self) -> bool:
        """Whether no run was wrong or hung."""
        return not self.wrong and not self.hangs


def _run(name: str) -> "Outcome | str | None":
    """Run a scenario in a fresh process. Return its result, None if it hangs, or the name of a program that is not installed."""
    command = [sys.executable, "-m", "benchmarks.waits", "--here", name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=False)  # noqa: S603  # ourselves
    except subprocess.TimeoutExpired:
        return None
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        return Outcome((done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1])
    found = json.loads(lines[-1])
    return str(found["missing"]) if "missing" in found else Outcome(**found)


def _here(name: str) -> None:
    """Run a scenario in this process, and print its result as JSON."""
    try:
        outcome = SCENARIOS[name]()
        print(json.dumps(asdict(outcome)), flush=True)
    except Missing as missing:
        print(json.dumps({"missing": str(missing)}), flush=True)
    # A server's thread that never ends must not keep the process.
    os._exit(0)


def _fork(name: str) -> "Outcome | str | None":
    """Do the same as `_run` in a fork of a process that has done nothing but import: most of a short run is imports."""
    receiver, sender = _FORKS.Pipe(duplex=False)
    process = _FORKS.Process(target=_forked, args=(name, sender))
    process.start()
    sender.close()
    try:
        if not receiver.poll(_LIMIT_S):
            process.kill()
            return None
        found: Outcome | str = receiver.recv()
    except EOFError:
        process.join()
        return Outcome(f"ended with {process.exitcode}")
    finally:
        process.join()
        receiver.close()
    return found


def _forked(name: str, sender: Connection) -> None:
    found: Outcome | str
    try:
        found = SCENARIOS[name]()
    except Missing as missing:
        found = str(missing)
    except BaseException as error:  # noqa: BLE001  # the other process reports it
        found = Outcome(f"{type(error).__name__}: {error}")
    sender.send(found)
    # As above.
    os._exit(0)


def main(arguments: list[str] | None = None) -> int:
    """Run the scenarios and print the table; return 1 if a run was wrong or hung."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.waits", description=__doc__)
    parser.add_argument("names", nargs="*", help="scenarios; all if none is named", metavar="scenario")
    add_options(parser, parallel=1)
    parser.add_argument("--forked", action="store_true", help="each run is a fork of a process that has only imported")
    parser.add_argument("--here", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.here:
        _here(asked.here)
    unknown = [name for name in asked.names if name not in SCENARIOS]
    if unknown:
        parser.error(f"no scenario {unknown[0]}: they are {', '.join(SCENARIOS)}")
    print(f"{'scenario':<28} {'runs':>4} {'wrong':>5} {'hangs':>5}  {'real s waited':<18} {'virtual s lost':>14} {'cost':>5}")
    _FORKS.set_forkserver_preload(["benchmarks.waiting"])
    run = _fork if asked.forked else _run
    is_right = True
    for name in asked.names or SCENARIOS:
        runs = _Runs()
        for number, found in repeated(partial(run, name), asked):
            if isinstance(found, str):
                runs.missing = found
            else:
                runs.add(found, 1 if number + asked.parallel <= (os.cpu_count() or 1) else _LOADED)
        print(runs.row(name), flush=True)
        is_right = is_right and runs.is_right
    return int(not is_right)


if __name__ == "__main__":
    sys.exit(main())
