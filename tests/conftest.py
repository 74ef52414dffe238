"""What all tests share. The servers that they talk to are fixtures of `servers.fixtures`."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["cast", "databases", "servers.fixtures"]

# A machine that does other things beside is slow, which says nothing about what is tested.
settings.register_profile("mooring", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("mooring")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first: a process that met them last would work on alone while the others have ended."""
    tests = Counter(item.path for item in items)
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    driven = {item.path for item in items if item.get_closest_marker("browser") or item.path.parent.name == "config"}
    items.sort(key=lambda item: (item.path not in slow, item.path not in driven, -tests[item.path], str(item.path)))
