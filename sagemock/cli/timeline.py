"""`sagemock timeline`: draw recorded jobs."""

from sagemock.cli.reading import responses
from sagemock.cli.screen import Screen, emit
from sagemock.picture import svg
from sagemock.picture.life import life_of_record
from sagemock.picture.overview import overview
from sagemock.picture.text import draw

__all__ = ["timeline"]


def timeline(files: list[str], screen: Screen, *, aligned: bool, as_svg: bool) -> None:
    """Draw the jobs that these files record. Raises PlanError for anything that is not a record, or OSError.

    If `aligned`, every job begins at the beginning of the axis, whenever it was created.
    """
    lives = [life_of_record(one) for one in responses(files)]
    zero = None
    if aligned:
        zero, lives = "the creation of each", [life.moved(lives[0].created_us - life.created_us) for life in lives]
    if as_svg:
        emit(svg.drawing(lives, zero))
    else:
        screen.write(draw(lives[0], screen.paper) if len(lives) == 1 else overview(lives, screen.paper, zero))
