from sagemock.faces.listeners import Audience, Witness


def test_a_witness_keeps_what_is_active_from_test_to_test() -> None:
    """A world that is over is still the present test's, and no longer the next one's."""
    audience, witness = Audience(), Witness()
    audience.join(witness)
    for_all, for_one = object(), object()
    audience.started(for_all)
    witness.next_test()
    audience.started(for_one)
    audience.stopped(for_one)
    assert witness.seen == [for_all, for_one]
    witness.next_test()
    assert witness.seen == [for_all]
    audience.stopped(for_all)
    witness.next_test()
    assert witness.seen == []


def test_a_world_is_known_by_identity() -> None:
    """The end of one world is not that of an equal one, and that of an unknown one is nothing."""
    witness, one, equal = Witness(), [1], [1]
    witness.started(one)
    witness.stopped(equal)
    witness.next_test()
    assert witness.seen == [one]


def test_only_the_last_listener_is_told() -> None:
    """A pytest that runs inside a test of another has worlds of its own, and the outer one is told again after it."""
    audience, outer, inner = Audience(), Witness(), Witness()
    audience.started("nobody's")
    audience.stopped("nobody's")
    audience.join(outer)
    audience.join(inner)
    audience.started("inner's")
    audience.leave(inner)
    audience.started("outer's")
    assert (outer.seen, inner.seen) == (["outer's"], ["inner's"])
