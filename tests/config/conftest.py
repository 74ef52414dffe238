"""Installations for the tests of commands."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from config.installed import Place
from databases import put_tables


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A folder in which nothing was done yet."""
    return Place(tmp_path / "data")


@pytest.fixture
def with_tables(tmp_path: Path) -> Place:
    """A folder in which nothing but the database was made yet."""
    return _with_tables(tmp_path)


def _with_tables(folder: Path) -> Place:
    place = Place(folder / "data")
    place.data.mkdir(mode=0o700)
    put_tables(place.data / "mooring.sqlite3")
    return place


@pytest.fixture(scope="session")
def _initialised(tmp_path_factory: pytest.TempPathFactory) -> Place:
    made = _with_tables(tmp_path_factory.mktemp("installed"))
    assert made.init().status == 0
    return made


@pytest.fixture
def installed(place: Place, _initialised: Place) -> Place:
    """An installation with alice as administrator."""
    shutil.copytree(_initialised.data, place.data)
    return place
