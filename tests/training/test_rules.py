from sagemock.training.rules import RULES


def test_each_rule_has_one_name() -> None:
    """S1 to S14, N1 to N15, and those for order, status, reason and messages."""
    names = [rule.key for rule in RULES]
    assert len(set(names)) == len(names)
    assert {*(f"S{n}" for n in range(1, 15)), *(f"N{n}" for n in range(1, 16))} < set(names)
