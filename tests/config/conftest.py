"""Installations for the tests of commands."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from config.installed import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A folder in which nothing was done yet."""
    return Place(tmp_path / "data")


@pytest.fixture(scope="session")
def _initialised(tmp_path_factory: pytest.TempPathFactory) -> Place:
    made = Place(tmp_path_factory.mktemp("installed") / "data")
    assert made.init().status == 0
    return made


@pytest.fixture
def installed(place: Place, _initialised: Place) -> Place:
    """An installation with alice as administrator."""
    shutil.copytree(_initialised.data, place.data)
    return place
