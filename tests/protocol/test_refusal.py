from sagemock.protocol.refusal import Refusal


def test_a_refusal_is_a_bad_request_unless_it_says_otherwise() -> None:
    """AWS's refusals of a request are HTTP 400; others name their status."""
    refusal = Refusal("ValidationException", "Requested resource not found.")
    assert (refusal.code, refusal.message, refusal.status) == ("ValidationException", "Requested resource not found.", 400)
    assert Refusal("InternalFailure", "", status=500).status == 500


def test_a_refusal_reads_as_code_and_message() -> None:
    """Where a refusal shows up in a traceback it says what AWS would say."""
    assert str(Refusal("ResourceInUse", "taken")) == "ResourceInUse: taken"
    assert repr(Refusal("ResourceInUse", "taken")) == "Refusal('ResourceInUse', 'taken', 400)"
