"""The colours and characters of statuses."""

import pytest

from sagemock.picture.cells import width
from sagemock.picture.look import LOOKS, MARKS
from sagemock.picture.overview import PLANNED
from sagemock.training import status

WHITE, DARK = "#ffffff", "#161a20"


def luminance(color: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.1)."""
    parts = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (WCAG 2.1)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", LOOKS)
def test_a_status_is_visible_on_light_and_dark_backgrounds(name: str) -> None:
    """WCAG 2.1 requires a contrast of three to one for graphics."""
    assert contrast(LOOKS[name].color, WHITE) >= 3
    assert contrast(LOOKS[name].color, DARK) >= 3


def test_every_status_has_its_own_look_and_letter() -> None:
    """Signs of marks are not letters."""
    assert set(LOOKS) == status.PHASES | status.ENDINGS | {"Processing", "Transforming", "InProgress"}
    letters = [look.letter for look in LOOKS.values()]
    assert len(set(letters)) == len(letters)
    assert all(len(letter) == 1 and letter.isupper() for letter in letters)
    assert not set(MARKS.values()) & {letter.lower() for letter in letters}


def test_no_two_things_look_alike() -> None:
    """Neither in colour nor in Unicode; no status looks like a plan or a mark."""
    looks = LOOKS.values()
    assert len({look.color for look in looks}) == len(looks)
    signs = [*(look.block for look in looks), *MARKS.values(), PLANNED, "○"]
    assert len(set(signs)) == len(signs)
    assert all(width(sign) == 1 for sign in signs)
