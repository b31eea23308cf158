"""Pictures as SVG."""

from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock import Plan
from sagemock.jobs.interventions import Stop
from sagemock.picture.life import Life, life_of_record
from sagemock.picture.svg import drawing
from tests.picture.test_overview import five
from tests.support.lives import PLAN, S, job, life_at
from tests.support.records import R1, R8, response

SVG = "{http://www.w3.org/2000/svg}"


def parse(lives: list[Life], zero: str | None = None) -> ET.Element:
    """Parse a picture as a browser would."""
    return ET.fromstring(drawing(lives, zero))  # noqa: S314  # our own text


def texts(root: ET.Element) -> list[str]:
    """Return the texts in a picture."""
    return [str(one.text) for one in root.iter(f"{SVG}text")]


def box(root: ET.Element) -> tuple[float, float]:
    """Return the width and height of a picture."""
    _, _, wide, high = map(float, root.attrib["viewBox"].split())
    return wide, high


def test_one_life_has_a_row_for_each_status() -> None:
    """With statuses, times, messages, interventions, and now."""
    root = parse([life_at(job(PLAN, "churn", Stop(400 * S)), 100)])
    found = texts(root)
    assert found[:2] == ["churn: Training", "at 0:01:40 after its creation, 2018-07-30 00:00:00 UTC"]
    for text in (
        "Starting",
        "at 0:00:00, 1 min",
        "Training job stopped",
        "stop: StopTrainingJob",
        "now",
        "0",
        "2 min",
        "40 s of training",
    ):
        assert text in found
    assert root.find(f"{SVG}title") is not None
    assert "Stopping from 0:06:40" in str(root.findtext(f"{SVG}desc"))
    assert (root.attrib["role"], root.attrib["aria-label"], root.attrib["width"]) == ("img", "churn: Training", "100%")


def test_several_lives_share_an_axis() -> None:
    """With a legend of the signs in use."""
    found = texts(parse(five(600)))
    assert found[:2] == ["5 training jobs", "0 is 2018-07-30 00:00:00 UTC"]
    assert {"limit", "interrupt", "stop", "now"} <= set(found)
    # Each sign stands once in the legend, and once for each intervention.
    assert [found.count(sign) for sign in "|~#"] == [2, 2, 2]
    assert {"churn-1", "churn-5", "Pending", "MaxRuntimeExceeded", "10 min"} <= set(found)
    assert "0 is the creation of each" in texts(
        parse([life_of_record(response(R1)), life_of_record(response(R8))], "the creation of each")
    )


def test_a_picture_without_jobs_says_so() -> None:
    """It is valid SVG."""
    assert texts(parse([])) == ["no training jobs"]


def test_the_plan_looks_planned() -> None:
    """Nothing does once it is past; an endless phase reaches the edge."""
    assert 'class="planned"' in drawing([life_at(job(), 100)])
    assert 'class="planned"' not in drawing([life_at(job(), 1000)])
    assert "at 0:00:00, open" in texts(parse([life_of_record(response(R8))]))
    never = {"StoppingCondition": {"MaxRuntimeInSeconds": 10**9}}
    hangs = Plan.hangs("Starting")
    assert "at 0:00:00, no end" in texts(parse([life_at(job(hangs, changes=never), 5)]))
    assert 'class="planned"' in drawing([life_at(job(hangs, changes=never), 5), life_at(job(), 5)])


def test_an_unknown_status_of_a_record_has_a_colour() -> None:
    """The service may add a status."""
    strange = {**response(R8), "SecondaryStatus": "Daydreaming"}
    assert "Daydreaming" in texts(parse([life_of_record(strange), life_of_record(response(R1))]))


def test_a_picture_can_share_a_page_with_others() -> None:
    """No ids, no scripts, no addresses, and every CSS rule applies only to its class."""
    text = drawing(five(600))
    assert " id=" not in text
    assert "<script" not in text
    assert text.count("http") == 1
    style = text[text.index("<style>") + 7 : text.index("</style>")]
    assert "@media (prefers-color-scheme:dark)" in style
    rules = [
        rule.split("{")[0].strip() for rule in style.replace("@media (prefers-color-scheme:dark){", "").split("}") if "{" in rule
    ]
    assert all(rule.startswith(".sagemock-picture") for rule in rules)


# Names and reasons may hold anything, even control characters and markup.
@given(st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=200), st.integers(0, 800))
def test_texts_of_a_job_are_escaped(name: str, reason: str, at_s: int) -> None:
    """They are never markup, and nothing stands outside the picture."""
    lives = [life_at(job(Plan.fails(f"x{reason}", training=300), name), at_s), life_at(job(), at_s)]
    for root in (parse(lives), parse(lives[:1])):
        wide, high = box(root)
        for rect in root.iter(f"{SVG}rect"):
            left, top = float(rect.attrib["x"]), float(rect.attrib["y"])
            assert 0 <= left <= left + float(rect.attrib["width"]) <= wide + 0.1
            assert 0 <= top <= top + float(rect.attrib["height"]) <= high + 0.1
        assert all(0 <= float(text.attrib["y"]) < high for text in root.iter(f"{SVG}text"))


@pytest.mark.parametrize("at_s", [0, 100, 5000])
def test_flags_that_would_overlap_are_stacked(at_s: float) -> None:
    """Two stops in one second can both be read."""
    one = life_at(job(PLAN, "churn", Stop(400 * S), Stop(401 * S)), at_s)
    heights = [float(text.attrib["y"]) for text in parse([one]).iter(f"{SVG}text") if text.text == "stop: StopTrainingJob"]
    assert len(set(heights)) == 2


def test_a_message_without_room_starts_at_the_left() -> None:
    """It is cut; its tooltip has the whole text."""
    plan = Plan.completes(training=timedelta(hours=1))
    long = "m" * 200
    phases = [phase if phase.status != "Downloading" else type(phase)("Downloading", 1800, long) for phase in plan.phases]
    root = parse([life_at(job(plan.but(phases=phases)), 10)])
    (text,) = [one for one in root.iter(f"{SVG}text") if str(one.text).startswith("mmm")]
    assert str(text.text).endswith("…")
    assert text.findtext(f"{SVG}title") == long
