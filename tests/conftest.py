"""What all tests share. The servers that they talk to are fixtures of `servers.fixtures`."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["cast", "servers.fixtures"]

# A machine that does other things beside is slow, which says nothing about what is tested.
settings.register_profile("mooring", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("mooring")
