"""The table of all measurements, with their budgets and moto's figures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

__all__ = ["Row", "ratios", "render"]


@dataclass(frozen=True)
class Row:
    """One budget: the samples that it limits, in `unit`, and moto's samples in the same unit, if any."""

    what: str
    unit: str
    budget: float
    samples: Sequence[float]
    moto: Sequence[float] = field(default=())

    @property
    def kept(self) -> bool:
        """Whether the median is within the budget. One disturbed round does not change the median."""
        return median(self.samples) <= self.budget

    def cells(self, *, verdicts: bool) -> tuple[str, ...]:
        """Return the row as text."""
        low, middle, high = min(self.samples), median(self.samples), max(self.samples)
        moto = f"{median(self.moto):.2f}" if self.moto else "-"
        figures = (f"{figure:.2f}" for figure in (low, middle, high, self.budget))
        verdict = ("ok" if self.kept else "OVER") if verdicts else ""
        return (self.what, *figures, self.unit, verdict, moto)


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Return the ratio of each round, because the same load of the machine affects both measurements of a round."""
    return [over / under for over, under in zip(above, below, strict=True)]


def render(rows: Sequence[Row], *, verdicts: bool = True) -> str:
    """Return the table as plain text. Leave out the verdicts if the figures are of a quick run, which means little."""
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
