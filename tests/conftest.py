"""What all tests share. The servers that they talk to are fixtures of `servers.fixtures`."""

pytest_plugins = ["cast", "servers.fixtures"]
