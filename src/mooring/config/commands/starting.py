"""How commands start Django, and how they tell in words what went wrong."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import IO, Any

import click

from mooring.config.installation import BadInstallation, Installation
from mooring.config.running import note_running


class UnableToRun(click.ClickException):
    """The deed could not be done; ends with status 1."""

    exit_code = 1

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(self.format_message(), file=file, err=file is None)


class UnableToStart(UnableToRun):
    """The installation is not ready for any command; ends with status 2."""

    exit_code = 2


def current_time() -> datetime:
    """The clock of commands; deeds are given the time."""
    return datetime.now(UTC)


def start_django() -> Installation:
    """Load the settings and the records. Raises BadInstallation."""
    import django
    from django.conf import settings

    os.umask(0o077)  # the database and the originals hold people's letters
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mooring.config.settings")
    django.setup()
    installation: Installation = settings.INSTALLATION
    return installation


def start_up_to_date() -> Installation:
    """As start_django, and the database has every table that this version needs. Raises UnableToStart.

    From now on it is known that this process works on the data folder (config.running).
    """
    installation = start_django()
    note_running(installation.data)
    waiting = waiting_migrations()
    if waiting:
        raise UnableToStart(
            f"The database is not ready for this version ({len(waiting)} changes are waiting). "
            "Make a backup, then run “mooring init”."
        )
    return installation


def reach_database() -> None:
    """Connect once, so that it is said why that fails. Raises DatabaseError."""
    from mooring.config.reaching import single_connection

    single = single_connection()
    single.ensure_connection()
    single.close()


def waiting_migrations() -> list[str]:
    """Names of the changes to the database that this version brings and that were not made yet."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    if _has_every_migration():
        return []
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [str(migration) for migration, _ in plan]


def _has_every_migration() -> bool:
    """Whether each file of a change was made to the database: reading their names takes a tenth of importing them all."""
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    from mooring.config.reaching import needed_migrations

    return needed_migrations() <= MigrationRecorder(connection).applied_migrations().keys()


def in_words(error: Exception, *, hint: str = " “mooring check” tells more.") -> click.ClickException | None:
    """A foreseen error as a command tells it, `hint` after what a database says; None for one that is a fault of the program."""
    from django.db import DatabaseError

    if isinstance(error, BadInstallation):
        return UnableToStart(str(error))
    if isinstance(error, DatabaseError):
        return UnableToStart(f"The database says: {_one_sentence(str(error))}{hint}")
    if isinstance(error, OSError) and error.filename is not None:
        return UnableToRun(f"{error.filename}: {error.strerror}.")
    if _is_refusal(error):
        return UnableToRun("\n".join(_sentences(error)))
    return None


def _one_sentence(said: str) -> str:
    """What a database server says, which may have lines and ends with a question as often as not."""
    return "; ".join(line.strip().rstrip(".?") for line in said.strip().splitlines()) + "."


def _is_refusal(error: Exception) -> bool:
    """Deeds raise UnableTo<Verb> with a text for people (docs/style.md, 10)."""
    return any(kind.__name__.startswith("UnableTo") for kind in type(error).__mro__)


def _sentences(error: Exception) -> list[str]:
    """The text of a refusal; those of forms bring one per field in `problems`."""
    problems: dict[str, str] = getattr(error, "problems", {})
    return [f"{field}: {text}" if field else str(text) for field, text in problems.items()] or [str(error)]
