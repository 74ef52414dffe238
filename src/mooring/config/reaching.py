"""The database as whoever looks after an installation asks it: past the pool, and whether it has all tables of this version."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections


def single_connection(*, patience_seconds: int | None = None) -> Any:
    """Not yet open; to be closed by whoever asked for it. The pool would try for half a minute and then not say why.

    `patience_seconds`: so long it waits for a server, or on SQLite for others who write.
    """
    usual = connections[DEFAULT_DB_ALIAS]
    options = {option: value for option, value in usual.settings_dict["OPTIONS"].items() if option != "pool"}
    if patience_seconds is not None:
        options["connect_timeout" if usual.vendor == "postgresql" else "timeout"] = patience_seconds
    return type(usual)({**usual.settings_dict, "OPTIONS": options}, usual.alias)


@cache
def needed_migrations() -> frozenset[tuple[str, str]]:
    """The changes of the database that this version brings, by the names of their files: importing takes ten times as long."""
    folders = ((app.label, Path(app.path, "migrations")) for app in apps.get_app_configs())
    return frozenset((label, file.stem) for label, folder in folders for file in folder.glob("[!_~]*.py"))
