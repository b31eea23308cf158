"""Measure everything and print one table: `python -m benchmarks`, or `--quick` to see that it runs."""

import argparse
import sys
from collections.abc import Callable

from benchmarks import calls, crowd, entering, importing, lives, tails, threads, tuning
from benchmarks.report import Row, render

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Print the table; return 1 if a budget is exceeded, unless the run was a quick one, whose figures mean little."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds and small crowds: it only shows that everything runs")
    quick = parser.parse_args(arguments).quick
    # First the measurements that start interpreters or enter mocks: a large heap would slow them down.
    measurements: list[Callable[[], list[Row]]] = [
        lambda: importing.rows(rounds=2 if quick else 11),
        lambda: calls.rows(rounds=2 if quick else 15, number=20 if quick else 200),
        lambda: entering.rows(rounds=2 if quick else 7, tests=3 if quick else 100),
        lambda: tails.rows(rounds=2 if quick else 9, many=2_000 if quick else 50_000, few=1_000),
        lambda: lives.rows(rounds=2 if quick else 9, number=20 if quick else 1_000),
        lambda: tuning.rows(rounds=2 if quick else 11, number=10 if quick else 100),
        lambda: threads.rows(rounds=2 if quick else 5, counts=(10,) if quick else (10, 100), polls=2 if quick else 20),
        lambda: crowd.rows(rounds=2 if quick else 9, many=300 if quick else 100_000, few=100 if quick else 1_000),
    ]
    rows = list[Row]()
    for number, measured in enumerate(measurements, 1):
        rows += measured()
        # The whole run takes minutes.
        print(f"measured {number} of {len(measurements)} parts", file=sys.stderr, flush=True)
    print(render(rows, verdicts=not quick))
    return int(not quick and not all(row.kept for row in rows))


if __name__ == "__main__":
    sys.exit(main())
