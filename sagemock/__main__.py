"""The command line: `sagemock`, or `python -m sagemock`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from sagemock.demo import play, play_record
from sagemock.errors import PlanError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0, or 2 when what it was given is at fault."""
    parser = argparse.ArgumentParser(prog="sagemock", description="SageMaker training jobs on a virtual clock.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    demo = commands.add_parser(
        "demo",
        help="let a real botocore client live through a whole training job",
        description="Create a training job with a real botocore client, wait with botocore's own waiter, and draw its life.",
    )
    demo.add_argument(
        "--replay",
        metavar="FILE",
        type=Path,
        help="play the life recorded in FILE again: the JSON that `aws sagemaker describe-training-job` prints",
    )
    given = parser.parse_args(arguments)
    try:
        told = play_record(given.replay) if given.replay else play()
    except (PlanError, OSError) as error:
        sys.stderr.write(f"sagemock: {error}\n")
        return 2
    sys.stdout.write(f"{told}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
