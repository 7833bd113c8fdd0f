"""The world of the house's attackers, built once in a worker."""

from collections.abc import Iterator

import pytest

from certification.core import clock
from tests.conftest import NOW
from tests.house.populate import populate
from tests.house.world import World, build


@pytest.fixture(scope="session")
def standing_world(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with clock.standing_at(NOW), build(database_url, tmp_path_factory.mktemp("world"), populate) as made:
        yield made


@pytest.fixture
def world(standing_world: World) -> Iterator[World]:
    """Two of everything, as it was built."""
    yield standing_world
    standing_world.restore()
