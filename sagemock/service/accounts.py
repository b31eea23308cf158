"""The AWS accounts of callers: the access key of a call says which account the call belongs to."""

import re
from collections.abc import Iterator, MutableMapping
from typing import Any, Final

from sagemock.checks import quoted, text
from sagemock.errors import InvalidType, InvalidValue, UsageError

__all__ = ["Accounts", "checked_account"]

_ACCOUNT_ID: Final = re.compile(r"[0-9]{12}")
_ADVICE: Final = "write sagemaker.accounts['AKIDOTHER'] = '210987654321'"


def checked_account(name: str, account_id: object) -> str:
    """Return `account_id`. Raises InvalidType or InvalidValue, which calls it `name`, if it is not twelve digits."""
    if not isinstance(account_id, str):
        raise InvalidType(f"{name} is a string of twelve digits, not {quoted(account_id)}: write {name}='123456789012'")
    if not _ACCOUNT_ID.fullmatch(account_id):
        raise InvalidValue(f"{name} is a string of twelve digits, not {quoted(account_id)}: write {name}='123456789012'")
    return account_id


class Accounts(MutableMapping[str, str]):
    """The account ids of callers by access key id: `sagemaker.accounts["AKIDOTHER"] = "210987654321"`."""

    def __init__(self) -> None:
        self._by_key: dict[str, str] = {}
        self._is_over = False

    def __getitem__(self, access_key: str) -> str:
        return self._by_key[_checked_key(access_key)]

    def __setitem__(self, access_key: str, account_id: str) -> None:
        self._check_lasts()
        self._by_key[_checked_key(access_key)] = checked_account("account_id", account_id)

    def __delitem__(self, access_key: str) -> None:
        self._check_lasts()
        del self._by_key[_checked_key(access_key)]

    def update(self, other: Any = (), /, **more: str) -> None:  # noqa: ANN401  # anything else is refused
        """Set several accounts. Raises InvalidType or InvalidValue, and sets none of them, if one is not valid."""
        self._check_lasts()
        try:
            given = dict(other, **more)
        except (TypeError, ValueError):
            raise InvalidType(
                f"accounts are updated with a mapping from access key ids to account ids, not with {quoted(other)}: {_ADVICE}"
            ) from None
        self._by_key |= {_checked_key(key): checked_account("account_id", account_id) for key, account_id in given.items()}

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_key)

    def __len__(self) -> int:
        return len(self._by_key)

    def __repr__(self) -> str:
        return repr(self._by_key)

    def of(self, access_key: str | None, default: str) -> str:
        """Return the account of a caller. An access key of twelve digits without an account here is itself the account id."""
        if access_key is None:
            return default
        known = self._by_key.get(access_key)
        if known is not None:
            return known
        return access_key if _ACCOUNT_ID.fullmatch(access_key) else default

    def close(self) -> None:
        """Refuse every later change: the mock has ended."""
        self._is_over = True

    def _check_lasts(self) -> None:
        if self._is_over:
            raise UsageError("this mock is over, and no more calls arrive: set `accounts` while it is active")


def _checked_key(access_key: object) -> str:
    return text("an access key id", access_key, "a text", _ADVICE)
