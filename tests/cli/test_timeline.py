"""Drawing records."""

from pathlib import Path

import pytest

from sagemock.cli.screen import Screen
from sagemock.cli.timeline import timeline
from sagemock.picture.text import Paper
from tests.support.records import R1, RECORDS, response
from tests.support.saved import saved

SCREEN = Screen(80, Paper(80), colored=False)


def test_one_record_is_drawn_phase_by_phase(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It has no planned part."""
    timeline(saved(tmp_path, response(R1)), SCREEN, aligned=False, as_svg=False)
    out = capsys.readouterr().out
    assert out.startswith("R1: Completed/Completed at 0:52:04.544, created 2022-02-16 09:30:00 UTC\n")
    assert out.endswith("\n3031 s of training, 3031 s billed\n")


def test_several_records_are_drawn_on_one_axis(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By date, or aligned at their creations."""
    timeline(saved(tmp_path, *map(response, RECORDS)), SCREEN, aligned=False, as_svg=False)
    apart = capsys.readouterr().out
    timeline(saved(tmp_path, *map(response, RECORDS)), SCREEN, aligned=True, as_svg=False)
    together = capsys.readouterr().out
    assert "0 is 2021-02-24 09:30:00 UTC" in apart.replace("\n  ", " ")
    assert " d  " in apart.split("\n")[1]
    assert "0 is the creation of each" in together.replace("\n  ", " ")
    assert " h  " in together.split("\n")[1]


def test_records_are_drawn_as_svg(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On standard output."""
    timeline(saved(tmp_path, *map(response, RECORDS)), SCREEN, aligned=True, as_svg=True)
    out = capsys.readouterr().out
    assert out.startswith("<svg ")
    assert out.endswith("</svg>\n")
    assert "0 is the creation of each" in out
