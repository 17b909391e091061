"""One engine for all stories: starting it is a story of its own."""

from collections.abc import Iterator

import pytest

from tests.story.engine import Engine


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The engine with its demo."""
    started = Engine(tmp_path_factory.mktemp("engine"))
    yield started
    started.stop()
