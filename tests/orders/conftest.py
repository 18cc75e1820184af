"""The cast of the orders tests."""

import pytest

from tests import world


@pytest.fixture
def store(db):
    return world.make_store()


@pytest.fixture
def ana(store):
    return world.make_associate(store, "Ana")


@pytest.fixture
def ben(store):
    return world.make_associate(store, "Ben")


@pytest.fixture
def manager(store):
    return world.make_associate(store, "Mona", role="MANAGER")


@pytest.fixture
def order(store):
    """Two breads, packed early, and a milk that waits for the customer."""
    return world.place(store)
