"""`sagemock timeline`: draw recorded jobs."""

from sagemock.cli.reading import responses
from sagemock.cli.screen import Screen, emit
from sagemock.picture import svg
from sagemock.picture.life import recorded
from sagemock.picture.overview import overview
from sagemock.picture.text import draw

__all__ = ["timeline"]


def timeline(files: list[str], screen: Screen, *, aligned: bool, as_svg: bool) -> None:
    """Draw the jobs that are recorded in these files. Raises PlanError or OSError for what is no record.

    Jobs that are `aligned` all begin at the beginning of the axis, whenever they were created.
    """
    lives = [recorded(one) for one in responses(files)]
    zero = None
    if aligned:
        zero, lives = "the creation of each", [life.moved(lives[0].created_us - life.created_us) for life in lives]
    if as_svg:
        emit(svg.drawing(lives, zero))
    else:
        screen.write(draw(lives[0], screen.paper) if len(lives) == 1 else overview(lives, screen.paper, zero))
