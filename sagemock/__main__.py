"""The command line: `sagemock`, or `python -m sagemock`."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sagemock.cli.check import check
from sagemock.cli.demo import play, play_record
from sagemock.cli.explain import every_status, explanation
from sagemock.cli.plan import source
from sagemock.cli.reading import responses
from sagemock.cli.record import record
from sagemock.cli.screen import Screen, emit
from sagemock.cli.timeline import timeline
from sagemock.errors import UsageError

__all__ = ["main"]

RECORDS = (
    "FILE holds what `aws sagemaker describe-training-job` prints, or boto3's dict as JSON: one, a list of them, or one after "
    "the other. So do selections of it, EventBridge events, what list-training-jobs prints, the SageMaker SDK's console log, "
    "and directories of all these. `-` is standard input."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    0, 1 when a check finds something, 2 when what it was given is at fault, 141 when nobody reads on.
    """
    given = _parser().parse_args(arguments)
    try:
        code = _run(given)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has seen enough. What is still buffered must not be written at exit, nor its failure be shown.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (UsageError, OSError) as error:
        sys.stderr.write(f"sagemock: {error}\n")
        return 2
    return code


def _run(given: argparse.Namespace) -> int:
    if given.command == "check":
        told, found = check(given.files)
        emit(told)
        return 1 if found else 0
    if given.command == "record":
        record(given.jobs, region=given.region, profile=given.profile, every_s=given.every, anonymous=given.anonymous)
    elif given.command == "demo":
        emit(play_record(given.replay) if given.replay else play())
    elif given.command == "plan":
        emit(source(responses(given.files)))
    else:
        screen = Screen.of(sys.stdout, width=given.width, ascii_only=given.ascii, color=given.color)
        if given.command == "timeline":
            timeline(given.files, screen, aligned=given.aligned, as_svg=given.svg)
        else:
            screen.write(explanation(given.status, screen.columns) if given.status else every_status(screen.columns))
    return 0


def _pause(text: str) -> float:
    seconds = float(text)
    if not 1 <= seconds <= 3600:  # noqa: PLR2004  # the service throttles who asks more often, and misses what asks less
        message = f"{text} is not a number of seconds from 1 to 3600"
        raise argparse.ArgumentTypeError(message)
    return seconds


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sagemock", description="SageMaker training jobs on a virtual clock.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="command")
    screen = argparse.ArgumentParser(add_help=False)
    screen.add_argument("--width", type=int, metavar="COLUMNS", help="how wide to write (default: as the terminal, else 80)")
    screen.add_argument("--ascii", action="store_true", help="use no characters beyond ASCII (default: as the terminal can)")
    screen.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", help="colours, by rich (default: in a terminal)"
    )

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

    drawn = commands.add_parser(
        "timeline",
        parents=[screen],
        help="draw recorded training jobs",
        description="Draw recorded training jobs: one phase by phase, several on one axis.",
        epilog=RECORDS,
    )
    drawn.add_argument("files", nargs="+", metavar="FILE", help="a record, or several; `-` for standard input")
    drawn.add_argument("--aligned", action="store_true", help="let all jobs begin at once, whenever they were created")
    drawn.add_argument("--svg", action="store_true", help="print the picture as SVG")

    written = commands.add_parser(
        "plan",
        help="print the Python of a plan that plays a recorded job",
        description="Print the Python of a plan that plays a recorded job again, ready to be pasted into a test.",
        epilog=RECORDS,
    )
    written.add_argument("files", nargs="+", metavar="FILE", help="a record, or several; `-` for standard input")

    checked = commands.add_parser(
        "check",
        help="hold records against all that sagemock knows and assumes",
        description="Hold what AWS has printed of real jobs against every rule, message and assumption of sagemock, and say "
        "which one it contradicts: with both sides, and exit code 1.",
        epilog=RECORDS,
    )
    checked.add_argument("files", nargs="+", metavar="FILE", help="records, events or console logs, or directories of them")

    recorded = commands.add_parser(
        "record",
        help="save what AWS says of jobs of your own while they run",
        description="Describe jobs of your own AWS account again and again until they have ended, and print each answer that "
        "tells something new as a line of JSON: for `sagemock plan`, `timeline` and `check`. It calls DescribeTrainingJob only.",
    )
    recorded.add_argument("jobs", nargs="+", metavar="JOB", help="the name of a training job")
    recorded.add_argument("--region", metavar="REGION", help="where it is (default: as of your AWS configuration)")
    recorded.add_argument("--profile", metavar="PROFILE", help="the profile of your AWS configuration to use")
    recorded.add_argument(
        "--every", type=_pause, default=10.0, metavar="SECONDS", help="how long to wait between two looks (default: 10)"
    )
    recorded.add_argument(
        "--anonymous", action="store_true", help="replace account, names, buckets and keys; instants and messages stay"
    )

    explained = commands.add_parser(
        "explain",
        parents=[screen],
        help="say what a status of a training job means",
        description="Say what a status of a training job means, what can follow it, and what a client should do.",
    )
    explained.add_argument("status", nargs="?", metavar="STATUS", help="a primary or secondary status (default: a line for each)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
