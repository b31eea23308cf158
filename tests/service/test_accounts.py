"""The accounts of callers."""

from collections.abc import Callable

import pytest

from sagemock.errors import InvalidType, InvalidValue, UsageError
from sagemock.service.accounts import Accounts


def test_accounts_are_a_mapping_of_checked_ids() -> None:
    """An access key may be taken out again."""
    accounts = Accounts()
    accounts["AKID"] = "210987654321"
    accounts.update(AKOTHER="210987654320")
    assert accounts == {"AKID": "210987654321", "AKOTHER": "210987654320"}
    assert repr(accounts) == "{'AKID': '210987654321', 'AKOTHER': '210987654320'}"
    del accounts["AKOTHER"]
    assert (list(accounts), len(accounts)) == (["AKID"], 1)


def test_what_is_no_account_is_refused() -> None:
    """In the words of the option."""
    accounts = Accounts()
    with pytest.raises(InvalidType, match="account_id is a string of twelve digits, not 12"):
        accounts["AKID"] = 12  # type: ignore[assignment]
    with pytest.raises(InvalidValue, match="account_id has twelve digits, unlike '12'"):
        accounts["AKID"] = "12"
    with pytest.raises(InvalidValue, match="an access key id is a text, and not empty"):
        accounts[""] = "210987654321"
    assert not accounts


def test_after_the_end_accounts_can_be_read_only() -> None:
    """No call comes any more."""
    accounts = Accounts()
    accounts["AKID"] = "210987654321"
    accounts.close()
    changes: list[Callable[[], object]] = [lambda: accounts.update(AKID="1" * 12), accounts.clear]
    for change in changes:
        with pytest.raises(UsageError, match="this mock is over, and no call will come: set `accounts` while it is active"):
            change()
    assert accounts["AKID"] == "210987654321"
