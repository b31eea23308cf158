"""The accounts of callers."""

from collections.abc import Callable
from typing import Any

import pytest

from sagemock.errors import InvalidType, InvalidValue, UsageError
from sagemock.service.accounts import Accounts


def test_accounts_are_a_mapping_of_checked_ids() -> None:
    """An access key can be removed again."""
    accounts = Accounts()
    accounts["AKID"] = "210987654321"
    accounts.update(AKOTHER="210987654320")
    assert accounts == {"AKID": "210987654321", "AKOTHER": "210987654320"}
    assert repr(accounts) == "{'AKID': '210987654321', 'AKOTHER': '210987654320'}"
    del accounts["AKOTHER"]
    assert (list(accounts), len(accounts)) == (["AKID"], 1)


def test_an_invalid_account_is_refused() -> None:
    """With the same message as the option."""
    accounts = Accounts()
    with pytest.raises(InvalidType, match="account_id is a string of twelve digits, not 12"):
        accounts["AKID"] = 12  # type: ignore[assignment]
    with pytest.raises(InvalidValue, match="account_id is a string of twelve digits, not '12'"):
        accounts["AKID"] = "12"
    with pytest.raises(InvalidValue, match="an access key id is a text, and not empty"):
        accounts[""] = "210987654321"
    assert not accounts


@pytest.mark.parametrize("given", [5, "AKID", [1], [("AKID",)], None])
def test_an_invalid_mapping_updates_no_account(given: object) -> None:
    """One wrong value refuses the whole mapping."""
    accounts = Accounts()
    with pytest.raises(InvalidType, match="accounts are updated with a mapping from access key ids to account ids, not with "):
        accounts.update(given)
    with pytest.raises(InvalidValue, match="account_id is a string of twelve digits"):
        accounts.update({"AKID": "210987654321"}, AKOTHER="12")
    assert not accounts


@pytest.mark.parametrize("key", [[], 5, None])
def test_an_invalid_key_is_refused(key: Any) -> None:
    """By every method."""
    accounts = Accounts()
    asks: list[Callable[[], object]] = [lambda: accounts.get(key), lambda: key in accounts, lambda: accounts.pop(key, None)]
    for ask in asks:
        with pytest.raises(InvalidType, match="an access key id is a text, not "):
            ask()


def test_after_the_end_accounts_are_read_only() -> None:
    """No more calls come."""
    accounts = Accounts()
    accounts["AKID"] = "210987654321"
    accounts.close()
    changes: list[Callable[[], object]] = [lambda: accounts.update(AKID="1" * 12), accounts.clear]
    for change in changes:
        with pytest.raises(UsageError, match="this mock is over, and no more calls arrive: set `accounts` while it is active"):
            change()
    assert accounts["AKID"] == "210987654321"


@pytest.mark.parametrize(
    "key,account",
    [
        (None, "123456789012"),
        ("AKID", "123456789012"),
        ("AKOTHER", "210987654320"),
        ("210987654321", "210987654321"),
        ("1", "123456789012"),
    ],
)
def test_an_access_key_of_twelve_digits_is_its_own_account(key: str | None, account: str) -> None:
    """Unless the test has set another account for it."""
    accounts = Accounts()
    accounts["AKOTHER"] = "210987654320"
    assert accounts.of(key, "123456789012") == account
    accounts["210987654321"] = "111111111111"
    assert accounts.of("210987654321", "123456789012") == "111111111111"
