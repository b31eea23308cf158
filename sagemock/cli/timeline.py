"""`sagemock timeline`: draw recorded jobs."""

from collections.abc import Mapping
from typing import Any

from sagemock.cli.batch import kind_of, recorded
from sagemock.cli.reading import responses
from sagemock.cli.screen import Screen, emit
from sagemock.picture import svg
from sagemock.picture.life import Life, life_of_record, life_until
from sagemock.picture.overview import overview
from sagemock.picture.text import draw

__all__ = ["timeline"]


def timeline(files: list[str], screen: Screen, *, aligned: bool, as_svg: bool) -> None:
    """Draw the jobs that these files record. Raises PlanError for anything that is not a record, or OSError.

    If `aligned`, every job begins at the beginning of the axis, regardless of its creation.
    """
    lives = [_life(one) for one in responses(files)]
    zero = None
    if aligned:
        zero, lives = "the creation of each", [life.moved(lives[0].created_us - life.created_us) for life in lives]
    if as_svg:
        emit(svg.drawing(lives, zero))
    else:
        screen.write(draw(lives[0], screen.paper) if len(lives) == 1 else overview(lives, screen.paper, zero))


def _life(record: Mapping[str, Any]) -> Life:
    of = kind_of(record)
    if of is None:
        return life_of_record(record)
    found = recorded(record, of)
    return life_until(found.job, found.until_us, remarks=found.remarks)
