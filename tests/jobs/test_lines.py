from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemock.clock.instants import SECOND_US
from sagemock.errors import PlanError
from sagemock.jobs.durations import FOREVER
from sagemock.jobs.lines import NO_LINES, Lines, lines_of
from sagemock.training.fold import fold
from sagemock.training.plan.phase import Phase
from sagemock.training.plan.plan import Plan
from tests.support.strategies import job_playing

PAIRS = st.lists(st.tuples(st.integers(0, 600), st.text("ab", min_size=1, max_size=2)))
EPOCHS = [(0, "epoch 1"), (60, "epoch 2")]


def second(*pairs: tuple[float, str]) -> Lines:
    """Return lines by offset in seconds."""
    return Lines(tuple((round(offset * SECOND_US), text) for offset, text in pairs))


def refusal_of(make: Any, *args: Any, **kwargs: Any) -> str:
    """Return the message with which a plan is refused."""
    with pytest.raises(PlanError) as caught:
        make(*args, **kwargs)
    return str(caught.value)


# -- lines as values


@given(PAIRS)
def test_lines_are_in_the_order_of_their_offsets(pairs: list[tuple[int, str]]) -> None:
    """Lines with one offset keep the order in which they were given."""
    lines = lines_of(pairs, "they")
    assert [(offset / SECOND_US, text) for offset, text in lines.pairs] == sorted(pairs, key=lambda pair: pair[0])
    assert lines == lines_of(lines, "they")
    assert hash(lines) == hash(lines_of(pairs, "they"))
    assert bool(lines) == bool(pairs)


@given(PAIRS, st.integers(0, 600))
def test_the_rest_of_the_lines_counts_from_its_own_start(pairs: list[tuple[int, str]], at: int) -> None:
    """The two parts hold each line once."""
    lines = lines_of(pairs, "they")
    rest = lines.after(at * SECOND_US)
    assert [(offset + at * SECOND_US, text) for offset, text in rest.pairs] == [
        pair for pair in lines.pairs if pair[0] > at * SECOND_US
    ]


def test_an_offset_is_a_timedelta_or_seconds() -> None:
    """One list may mix them."""
    lines = lines_of([[1.5, "a"], (timedelta(minutes=1), "b")], "they")
    assert lines == second((1.5, "a"), (60, "b"))


def test_the_repr_of_lines_shows_the_first_few() -> None:
    """A log can be long, and many messages show a plan."""
    assert repr(second((0, "a"), (1.5, "b"))) == "[(0.0, 'a'), (1.5, 'b')]"
    assert repr(second(*((at, "a") for at in range(9)))) == "[(0.0, 'a'), (1.0, 'a'), (2.0, 'a'), … 6 more]"
    assert repr(NO_LINES) == "[]"


# -- in plans


def test_lines_may_stand_in_a_recipe_or_in_a_phase() -> None:
    """Both give the same life."""
    by_recipe = Plan.completes(training=90, logs={"Training": EPOCHS})
    by_phase = Plan([phase if phase.status != "Training" else Phase("Training", 90, logs=EPOCHS) for phase in by_recipe.phases])
    assert job_playing(by_recipe).script == job_playing(by_phase).script
    (writing,) = job_playing(by_recipe).timeline.logged_visits
    assert writing.lines == second(*EPOCHS)
    assert (writing.end_us or 0) - writing.begin_us == 90 * SECOND_US


def test_every_recipe_takes_lines_by_but() -> None:
    """Each plan can be varied with `but`."""
    plan = Plan.waits_for_capacity(600).but(logs={"Training": EPOCHS})
    assert plan == Plan.waits_for_capacity(600, then=Plan.completes(logs={"Training": EPOCHS}))
    assert plan.but(logs={}) == Plan.waits_for_capacity(600)


def test_a_plan_with_lines_is_a_value() -> None:
    """Equal and hashable; its repr leaves the lines out."""
    plan = Plan.fails(training=90, logs={"Training": EPOCHS, "Stopping": [(1, "bye")]})
    assert plan == Plan.fails(training=90, logs={"Training": list(EPOCHS), "Stopping": [(1, "bye")]})
    assert len({plan, Plan.fails(training=90, logs=dict(plan.logs))}) == 1
    assert repr(plan) == "Plan.fails('AlgorithmError: , exit code: 1', training=90, logs={'Training': …, 'Stopping': …})"


def test_a_default_duration_leaves_room_for_the_last_line() -> None:
    """Plus a second to read it."""
    (writing,) = job_playing(Plan.completes(logs={"Training": [(3600, "late")]})).timeline.logged_visits
    assert (writing.end_us or 0) - writing.begin_us == 3601 * SECOND_US
    stopping = job_playing(Plan.hangs(logs={"Stopping": [(30, "saved")]})).script
    assert stopping.stopping_us == 31 * SECOND_US


def test_a_phase_without_end_writes_too() -> None:
    """At any offset."""
    last = job_playing(Plan.hangs(logs={"Training": [(10**6, "late")]})).script.steps[-1]
    assert (last.length_us, last.lines) == (None, second((10**6, "late")))


def test_a_callable_gives_the_lines_for_a_request() -> None:
    """It is called once for each job."""

    def epochs(request: Any) -> Any:
        return [(60 * epoch, f"epoch {epoch}") for epoch in range(int(request["HyperParameters"]["epochs"]))]

    for plan in (
        Plan.completes(training=600, logs={"Training": epochs}),
        Plan([Phase("Starting"), Phase("Training", 600, logs=epochs)]),
    ):
        for count in (2, 3):
            request = {"TrainingJobName": "a", "HyperParameters": {"epochs": str(count)}}
            (writing,) = job_playing(plan, request).timeline.logged_visits
            assert len(writing.lines.pairs) == count


def test_a_callable_line_beyond_its_phase_is_an_error_at_creation() -> None:
    """The length of the phase is known by then."""
    plan = Plan.completes(training=60, logs={"Training": lambda _: [(61, "late")]})
    assert refusal_of(job_playing, plan) == (
        "'late' is written 61 s into Training, which is over after 60 s: write it earlier, or let the phase last longer"
    )


def test_an_attempt_that_ends_early_is_cut() -> None:
    """Its unwritten lines are lost, and the next attempt writes all of them."""
    for source in (EPOCHS, lambda _: EPOCHS):
        plan = Plan.internal_error(after=30, then=Plan.completes(training=90, logs={"Training": source}))
        request = {"TrainingJobName": "a", "RetryStrategy": {"MaximumRetryAttempts": 1}}
        first, second_ = job_playing(plan, request).timeline.logged_visits
        assert (first.end_us or 0) - first.begin_us == 30 * SECOND_US
        assert first.lines == second_.lines


def test_jobs_without_lines_share_one_empty_value() -> None:
    """So equal lives stay equal."""
    script = job_playing(Plan()).script
    assert not script.has_lines
    assert all(step.lines is NO_LINES for step in script.steps)
    assert fold(script, ()).logged_visits == ()


# -- refusals


NO_PAIR = "the lines of Training: {!r} is not an (offset, text) pair; write (60, 'epoch 2') or (timedelta(minutes=1), 'epoch 2')"
NO_PAIRS = "the lines of Training are (offset, text) pairs, not {!r}: write [(0, 'epoch 1'), (60, 'epoch 2')]"
NO_OFFSET = "a duration is a timedelta or a number of seconds, not '0'; give a timedelta or seconds"
EMPTY = "the lines of Training: the text at 1 is empty, which a log cannot hold; write a text, or leave the line out"
LATE = "'x' is written 61 s into Training, which is over after 60 s: write it earlier, or let the phase last longer"


@pytest.mark.parametrize(
    "logs, text",
    [
        ("x", NO_PAIRS.format("x")),
        (7, NO_PAIRS.format(7)),
        (["x"], NO_PAIR.format("x")),
        ([(0, b"x")], NO_PAIR.format((0, b"x"))),
        ([(0, "x", 1)], NO_PAIR.format((0, "x", 1))),
        ([("0", "x")], f"the lines of Training: the offset of 'x': {NO_OFFSET}"),
        ([(-1, "x")], "the lines of Training: 'x' is at -1, before the phase begins; an offset is not negative"),
        ([(1, "")], EMPTY),
        ([(61, "x")], LATE),
    ],
)
def test_invalid_lines_are_refused(logs: Any, text: str) -> None:
    """In a phase and in a recipe, with the same message."""
    assert refusal_of(Phase, "Training", 60, logs=logs) == text
    assert refusal_of(Plan.completes, training=60, logs={"Training": logs}) == text


@pytest.mark.parametrize("name", ["Starting", "Pending", "Downloading", "Interrupted"])
def test_only_a_running_container_writes(name: str) -> None:
    """Not before Training, nor between two starts."""
    known = "Restarting, Stopping, Training, Updating, Uploading"
    text = f"no container runs in {name}, so it writes no lines: write them in {known}"
    assert refusal_of(Phase, name, logs=EPOCHS) == text
    assert refusal_of(Plan().but, logs={name: EPOCHS}) == text


@pytest.mark.parametrize("logs", [EPOCHS, "Training", (("Training",), ()), ("x",), None])
def test_lines_in_a_recipe_need_their_phase(logs: Any) -> None:
    """A recipe takes a mapping."""
    text = f"logs={logs!r}: give the lines of each status, logs={{'Training': [(0, 'epoch 1')]}}"
    assert refusal_of(Plan.completes, logs=logs) == text


def test_lines_of_a_phase_that_the_plan_lacks_are_refused() -> None:
    """They would never be written. A stop can always come."""
    text = "logs has lines for Training, and this plan has no such phase: it has Starting, Downloading"
    assert refusal_of(Plan.fails, during="Downloading", logs={"Training": EPOCHS}) == text
    Plan.fails(during="Downloading", logs={"Stopping": EPOCHS})


def test_lines_given_twice_are_refused() -> None:
    """In the phase, and in the recipe's mapping."""
    phases = [Phase("Starting"), Phase("Training", logs=EPOCHS)]
    text = "logs has lines for Training, and so has its Phase('Training'): give them in one place"
    assert refusal_of(Plan, phases, logs={"Training": EPOCHS}) == text


def test_last_words_must_fit_into_the_stop() -> None:
    """If its duration is given."""
    text = "'bye' is written 9 s into Stopping, which is over after 5 s: write it earlier, or let the phase last longer"
    assert refusal_of(Plan.hangs, stopping=5, logs={"Stopping": [(9, "bye")]}) == text


def test_lines_must_fit_into_the_longest_duration_of_a_range() -> None:
    """A shorter one cuts them."""
    plan = Plan.completes(training=(10, 60), logs={"Training": EPOCHS})
    (writing,) = job_playing(plan, seed=1).timeline.logged_visits
    assert (writing.end_us or 0) - writing.begin_us < 60 * SECOND_US
    assert Phase("Training", FOREVER, logs=EPOCHS).logs == second(*EPOCHS)


def test_a_number_is_searched_for_once_in_each_line() -> None:
    """Once per pattern; the cached result cannot be changed."""
    asked: list[str] = []
    lines = second((1, "1"), (2, "x"), (3, "3"))

    def value_in(text: str) -> float | None:
        asked.append(text)
        return float(text) if text.isdecimal() else None

    assert lines.values("a number", value_in) == ((SECOND_US, 1), (3 * SECOND_US, 3))
    assert lines.values("a number", value_in) is lines.values("a number", value_in)
    assert asked == ["1", "x", "3"]
    assert lines.values("nothing", lambda _: None) == ()
    assert NO_LINES.values("a number", value_in) == ()
