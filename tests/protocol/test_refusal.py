from sagemock.protocol.refusal import Refusal


def test_a_refusal_has_status_400_by_default() -> None:
    """AWS refuses with HTTP 400; other statuses are given."""
    refusal = Refusal("ValidationException", "Requested resource not found.")
    assert (refusal.code, refusal.message, refusal.status) == ("ValidationException", "Requested resource not found.", 400)
    assert Refusal("InternalFailure", "", status=500).status == 500


def test_a_refusal_prints_as_code_and_message() -> None:
    """As AWS would say it, for tracebacks."""
    assert str(Refusal("ResourceInUse", "taken")) == "ResourceInUse: taken"
    assert repr(Refusal("ResourceInUse", "taken")) == "Refusal('ResourceInUse', 'taken', 400)"
