"""The worlds of a server, one for each path."""

import pytest

from sagemock import Options, UsageError
from sagemock.served.worlds import MOST, OwnWorlds
from tests.support.calling import START


def test_a_world_begins_at_the_first_request_to_its_path() -> None:
    """With the options of the server."""
    worlds = OwnWorlds(Options(start=START, latency=3, wall="real", sleep="real"))
    first = worlds.find("", begin=False)
    assert first is not None
    assert worlds.find("a", begin=False) is None
    other = worlds.find("a", begin=True)
    assert other is worlds.find("a", begin=False)
    assert other is not None
    other.clock.advance(60)
    assert (other.clock.now() - first.clock.now()).total_seconds() == 60
    assert worlds.names == ["", "a"]
    for name in ("a/b", "-a", "a" * 65, "ä", "a b", "favicon.ico/"):
        assert worlds.find(name, begin=True) is None


def test_a_reset_replaces_one_world() -> None:
    """The others go on."""
    worlds = OwnWorlds(Options(start=START, wall="real", sleep="real"))
    before = worlds.find("a", begin=True)
    assert before is not None
    before.clock.advance(60)
    again = worlds.reset("a")
    assert again.clock.now() == START
    assert worlds.find("a", begin=False) is again
    assert before.world.is_over
    assert worlds.reset("b") is worlds.find("b", begin=False)


@pytest.mark.parametrize("name", ["a/b", "-a", "a" * 65, "ä"])
def test_a_reset_makes_no_world_with_an_invalid_name(name: str) -> None:
    """The list of worlds would grow without a limit."""
    worlds = OwnWorlds(Options(wall="real", sleep="real"))
    with pytest.raises(UsageError, match="there is no world '.*' here"):
        worlds.reset(name)
    assert worlds.names == [""]


def test_the_number_of_worlds_is_limited() -> None:
    """A client with ever new names cannot fill the memory."""
    worlds = OwnWorlds(Options(wall="real", sleep="real"))
    for number in range(MOST - 1):
        worlds.find(f"w{number}", begin=True)
    with pytest.raises(UsageError, match="this server has 1000 worlds"):
        worlds.find("one-more", begin=True)
    with pytest.raises(UsageError, match="this server has 1000 worlds"):
        worlds.reset("one-more")
    worlds.reset("w1")
