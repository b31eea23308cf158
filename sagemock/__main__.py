"""The command line: `sagemock`, or `python -m sagemock`."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sagemock.cli.check import check
from sagemock.cli.demo import play, play_record
from sagemock.cli.demo_batch import KINDS as DEMONSTRATED
from sagemock.cli.demo_batch import play_batch
from sagemock.cli.demo_tuning import play_tuning
from sagemock.cli.explain import every_status, explanation
from sagemock.cli.plan import source
from sagemock.cli.reading import responses
from sagemock.cli.record import RECORDED, record
from sagemock.cli.screen import Screen, emit
from sagemock.cli.serve import serve
from sagemock.cli.timeline import timeline
from sagemock.errors import PlanError, UsageError
from sagemock.picture.text import Line, Paper

__all__ = ["main"]

RECORDS = (
    "FILE holds the output of `aws sagemaker describe-training-job`, or boto3's dict as JSON: one, a list, or several in a row. "
    "A selection of its fields, EventBridge events, the output of list-training-jobs, the SageMaker SDK's console log, and "
    "directories of all these work, too; for processing and transform jobs, all but the console log. `-` is standard input."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    It is 0, 1 if a check finds something, 2 for a bad argument or file, and 141 if the reader closes the pipe.
    """
    options = _parser().parse_args(arguments)
    try:
        code = _run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has closed the pipe. Drop the rest of the buffer, so that Python does not report a failed write at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (UsageError, OSError) as error:
        sys.stderr.write(f"sagemock: {_words(error, _files(options))}\n")
        return 2
    return code


def _files(options: argparse.Namespace) -> list[str]:
    """Return the files that a command reads."""
    given = vars(options)
    files = [*given.get("files", []), given.get("replay"), *(given["plan"] if options.command == "serve" else [])]
    return ["standard input" if file == "-" else str(file) for file in files if file is not None]


def _words(error: Exception, files: Sequence[str]) -> str:
    """Return the text of an error; the error of a file has the form that other commands use."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror is not None:
        return f"{error.filename}: {error.strerror}"
    text = str(error)
    if not isinstance(error, PlanError) or not files or any(file in text for file in files):
        return text
    # Records of several files are read together.
    return f"{'' if len(files) == 1 else 'one of '}{', '.join(files)}: {text}"


def _demonstration(kind: str, replay: Path | None, paper: Paper) -> list[Line]:
    if replay is not None:
        return play_record(replay, paper)
    if kind == "tuning":
        return play_tuning(paper)
    return play(paper) if kind == "training" else play_batch(kind, paper)


def _run(options: argparse.Namespace) -> int:
    if options.command == "check":
        text, contradicts = check(options.files)
        emit(text)
        return 1 if contradicts else 0
    if options.command == "record":
        record(
            options.jobs,
            RECORDED[options.kind],
            region=options.region,
            profile=options.profile,
            every_s=options.every,
            anonymous=options.anonymous,
        )
    elif options.command == "serve":
        serve(
            host=options.host,
            port=options.port,
            rate=options.rate,
            latency=options.latency,
            start=options.start,
            files=options.plan,
            allow_host=options.allow_host,
            token=options.token,
        )
    elif options.command == "plan":
        emit(source(responses(options.files)))
    else:
        screen = Screen.of(sys.stdout, width=options.width, ascii_only=options.ascii, color=options.color)
        if options.command == "demo":
            screen.write(_demonstration(options.kind, options.replay, screen.paper))
        elif options.command == "timeline":
            timeline(options.files, screen, aligned=options.aligned, as_svg=options.svg)
        else:
            screen.write(explanation(options.status, screen.columns) if options.status else every_status(screen.columns))
    return 0


def _pause(text: str) -> float:
    seconds = float(text)
    if not 1 <= seconds <= 3600:  # noqa: PLR2004  # AWS throttles more frequent calls; rarer ones miss phases
        message = f"{text} is not a number of seconds from 1 to 3600"
        raise argparse.ArgumentTypeError(message)
    return seconds


def _version() -> str:
    try:
        return version("sagemock")
    except PackageNotFoundError:  # pragma: no cover  # a checkout that is not installed
        return "(not installed)"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sagemock", description="SageMaker training jobs on a virtual clock.")
    parser.add_argument("--version", action="version", version=f"sagemock {_version()}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="command")
    screen = argparse.ArgumentParser(add_help=False)
    screen.add_argument("--width", type=int, metavar="COLUMNS", help="the width of the output (default: the terminal's, else 80)")
    screen.add_argument("--ascii", action="store_true", help="use ASCII only (default: as the terminal can)")
    screen.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", help="colours, by rich (default: in a terminal)"
    )

    demo_parser = commands.add_parser(
        "demo",
        parents=[screen],
        help="run a whole job with a real botocore client",
        description="Create a job with a real botocore client, wait with botocore's own waiter, and draw its life.",
    )
    what = demo_parser.add_mutually_exclusive_group()
    what.add_argument(
        "--kind",
        choices=("training", *DEMONSTRATED, "tuning"),
        default="training",
        help="the kind of job (default: a training job)",
    )
    what.add_argument(
        "--replay",
        metavar="FILE",
        type=Path,
        help="play the life recorded in FILE again: the JSON that `aws sagemaker describe-training-job` prints",
    )

    timeline_parser = commands.add_parser(
        "timeline",
        parents=[screen],
        help="draw recorded jobs",
        description="Draw recorded jobs: one phase by phase, several on one axis.",
        epilog=RECORDS,
    )
    timeline_parser.add_argument("files", nargs="+", metavar="FILE", help="a record, or several; `-` for standard input")
    timeline_parser.add_argument(
        "--aligned", action="store_true", help="draw all jobs as if they had been created at the same instant"
    )
    timeline_parser.add_argument("--svg", action="store_true", help="print the picture as SVG")

    plan_parser = commands.add_parser(
        "plan",
        help="print the Python of a plan that plays a recorded job",
        description="Print the Python of a plan that plays a recorded job again, ready to be pasted into a test.",
        epilog=RECORDS,
    )
    plan_parser.add_argument("files", nargs="+", metavar="FILE", help="a record, or several; `-` for standard input")

    check_parser = commands.add_parser(
        "check",
        help="compare records with all that sagemock knows and assumes",
        description="Compare what AWS has printed about real jobs with every rule, message and assumption of sagemock. For a "
        "contradiction, print both sides, and exit with code 1.",
        epilog=RECORDS,
    )
    check_parser.add_argument("files", nargs="+", metavar="FILE", help="records, events or console logs, or directories of them")

    record_parser = commands.add_parser(
        "record",
        help="save AWS's descriptions of your own jobs while they run",
        description="Describe jobs of your own AWS account again and again until they have ended, and print each answer that "
        "differs from the last as a line of JSON: for `sagemock plan`, `timeline` and `check`. It calls only "
        "DescribeTrainingJob, or the same operation of the other kind.",
    )
    record_parser.add_argument("jobs", nargs="+", metavar="JOB", help="the name of a job")
    record_parser.add_argument(
        "--kind", choices=tuple(RECORDED), default="training", help="the kind of job (default: a training job)"
    )
    record_parser.add_argument(
        "--region", metavar="REGION", help="the region of the jobs (default: as in your AWS configuration)"
    )
    record_parser.add_argument("--profile", metavar="PROFILE", help="the profile of your AWS configuration to use")
    record_parser.add_argument(
        "--every", type=_pause, default=10.0, metavar="SECONDS", help="how long to wait between two calls (default: 10)"
    )
    record_parser.add_argument(
        "--anonymous", action="store_true", help="replace account, names, buckets and keys; instants and messages stay"
    )

    serve_parser = commands.add_parser(
        "serve",
        help="serve SageMaker over HTTP, for any SDK in any language",
        description="Serve SageMaker's training, processing, transform and tuning jobs and their logs over HTTP, with a virtual "
        "clock that you can move, until you interrupt it. It needs the extra sagemock[server].",
        epilog='FILE holds a plan as JSON, like {"recipe": "fails", "training": 600}, with "kind": "processing", "transform" or '
        '"tuning" for jobs of these kinds; one or a list of {"match": "churn-*", '
        '"plan": {…}, "times": 1}; a recorded job, as `aws sagemaker describe-training-job` prints it, for all new jobs; or '
        "several, each for new jobs of its name.",
    )
    serve_parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: this machine only)")
    serve_parser.add_argument("--port", type=int, default=5123, help="the port; 0 for any free port (default: 5123)")
    serve_parser.add_argument(
        "--rate", type=float, default=0.0, metavar="N", help="virtual seconds per real second (default: 0, the clock stands)"
    )
    serve_parser.add_argument(
        "--latency", type=float, default=0.1, metavar="SECONDS", help="the virtual time that each call takes (default: 0.1)"
    )
    serve_parser.add_argument("--start", metavar="INSTANT", help="the instant at which virtual time begins (default: now)")
    serve_parser.add_argument("--plan", action="append", default=[], metavar="FILE", help="a plan for new jobs; may be repeated")
    serve_parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="another name by which the page and the control API may be reached; * for any",
    )
    serve_parser.add_argument(
        "--token",
        metavar="TOKEN",
        help="the token that the control API requires; needed for a --host that other machines can reach",
    )

    explain_parser = commands.add_parser(
        "explain",
        parents=[screen],
        help="explain a status of a training job",
        description="Explain a status of a training job: its meaning, what can follow it, and what a client should do.",
    )
    explain_parser.add_argument(
        "status", nargs="?", metavar="STATUS", help="a primary or secondary status (default: a line for each)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
