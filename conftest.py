"""What every test and every example of the documentation stands on."""

import pytest

from tests.docs.examples import collect_examples, in_reading_order

pytest_plugins = ["tests.support.isolation", "pytester"]

pytest_collect_file = collect_examples()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Undo what the random order does within a document."""
    in_reading_order(items)
