"""Copies of JSON values, so that a test which changes a value that it got or gave does not change the mock's."""

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["Kept", "own"]


def own(value: Any) -> Any:  # noqa: ANN401  # a JSON value in, a JSON value out
    """Return a deep copy of a JSON value."""
    if isinstance(value, dict):
        return {name: own(item) for name, item in value.items()}
    return [own(item) for item in value] if isinstance(value, list) else value


class Kept(Mapping[str, Any]):
    """An immutable copy of a JSON object: reading a field returns a copy of its value."""

    __slots__ = ("_whole",)

    def __init__(self, whole: Mapping[str, Any]) -> None:
        self._whole: dict[str, Any] = own(dict(whole))

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401  # a JSON value
        return own(self._whole[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole)

    def __len__(self) -> int:
        return len(self._whole)

    def __repr__(self) -> str:
        return repr(self._whole)
