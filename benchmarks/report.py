"""One table: what was measured, against its budget, with moto beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

__all__ = ["Row", "ratios", "render"]


@dataclass(frozen=True)
class Row:
    """One budget: the samples of what it limits, in `unit`, and those of moto in the same unit if there are any."""

    what: str
    unit: str
    budget: float
    samples: Sequence[float]
    moto: Sequence[float] = field(default=())

    @property
    def kept(self) -> bool:
        """Whether the median is within the budget: it is what one disturbed round does not move."""
        return median(self.samples) <= self.budget

    def cells(self, *, verdicts: bool) -> tuple[str, ...]:
        """Return the row as text."""
        low, middle, high = min(self.samples), median(self.samples), max(self.samples)
        moto = f"{median(self.moto):.2f}" if self.moto else "-"
        figures = (f"{figure:.2f}" for figure in (low, middle, high, self.budget))
        verdict = ("ok" if self.kept else "OVER") if verdicts else ""
        return (self.what, *figures, self.unit, verdict, moto)


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Return the ratio of each round: both measurements of a round had the same weather."""
    return [over / under for over, under in zip(above, below, strict=True)]


def render(rows: Sequence[Row], *, verdicts: bool = True) -> str:
    """Return the table as plain text, figures to the right; without verdicts, if the figures mean little."""
    table = [("what", "min", "median", "max", "budget", "unit", "", "moto"), *(row.cells(verdicts=verdicts) for row in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if column in {0, 5, 6} else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in table
    ]
    return "\n".join(line.rstrip() for line in [lines[0], "-" * len(lines[0]), *lines[1:]])
