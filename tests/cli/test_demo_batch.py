"""The demonstration of processing and transform jobs."""

import re

import pytest

from sagemock.cli.demo_batch import KINDS, play_batch
from sagemock.picture.text import Paper, plain


@pytest.mark.parametrize("kind, phase", [("processing", "Processing"), ("transform", "Transforming")])
def test_the_demonstration_plays_a_whole_job(kind: str, phase: str) -> None:
    """An hour and a half, which botocore's own waiter waits for."""
    text = plain(play_batch(kind, Paper()))
    name = KINDS[kind].request[KINDS[kind].kind.name_member]
    assert text.startswith(f"{name}: Completed/Completed at 1:3")
    assert [line.split()[0] for line in text.split("\n")[2:5]] == ["Starting", phase, "Completed"]
    assert re.search(r"^1:3\d:\d\d\.\d+ of virtual time passed, in 9\d polls and 9\d sleeps\.$", text, re.MULTILINE)
    assert re.search(r"^It took \d+ ms of real time, after \d+ ms to make the client\.$", text, re.MULTILINE)
    assert ("ExitMessage: Completed: 1200000 rows" in text) == (kind == "processing")
