"""The table of waits in the documentation equals the one in the code."""

from pathlib import Path

from sagemock.clock.waits import MEANING, Time

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "virtual-time.md"
TIMES = {
    "time moves on": Time.FREE,
    "holds time": Time.HELD,
    "for `patience`": Time.PATIENCE,
    "the same, while an answer is owed": Time.PATIENCE,
    "while a child is young": Time.PATIENCE,
    "watched": Time.WATCHED,
}


def test_the_documentation_has_the_table_of_the_code() -> None:
    """Row by row: the wait of the thread that entered, of another one, and of an older one. After a semicolon is an exception."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip().partition(";")[0] for cell in line.strip("| \n").split("|")] for line in lines]
    shown = {tuple(TIMES[cell] for cell in row[1:]) for row in rows if len(row) == 4 and row[1] in TIMES}
    assert shown == {(meaning.entered, meaning.others, meaning.older) for meaning in MEANING.values()}
