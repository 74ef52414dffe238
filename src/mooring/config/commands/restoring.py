"""`mooring restore`: a backup brought back, and what was there before moved aside."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from mooring.config.backup.manifest import Manifest, read_manifest
from mooring.config.backup.postgresql_copy import ASIDE, others_connected, restore_postgresql, tables_in
from mooring.config.backup.postgresql_tools import Database, database_of
from mooring.config.backup.proving import UnableToRestore, prove, refuse_flawed, refuse_newer, refuse_other_kind
from mooring.config.backup.restoring import (
    Places,
    are_keys_exchanged,
    clear,
    do_keys_fit,
    places_of,
    present_data,
    prove_what_is_not_copied,
    put_back,
    refuse_without_room,
    restore_files,
)
from mooring.config.commands.backing_up import Shown, in_words
from mooring.config.commands.checking import show_findings
from mooring.config.commands.installing import make_ready
from mooring.config.commands.starting import UnableToRun, current_time
from mooring.config.installation import Installation, read_installation
from mooring.config.running import InUse, alone


@dataclass(frozen=True, slots=True)
class _Tables:
    """How many tables there are in the database now, and the schema that they would go into."""

    database: Database
    count: int
    aside: str


@click.command()
@click.argument("backup", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--check", "only_check", is_flag=True, help="Only prove that the backup is whole.")
@click.option("--replace", is_flag=True, help="Move the data that is there aside, after asking.")
@click.option("--yes", is_flag=True, help="Do not ask, as in a script.")
def restore(backup: Path, only_check: bool, replace: bool, yes: bool) -> None:
    """Bring back BACKUP, a folder that “mooring backup” made.

    Into the data folder (MOORING_DATA), while nothing of Mooring runs. Data that is there is only ever moved aside. Afterwards
    the tables are brought up to date, everybody signs in again, and letters that were on their way are left to people.
    """
    installation = read_installation()
    backup, now, shown = backup.resolve(), current_time(), Shown(quiet=False)
    os.umask(0o077)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was begun is put away
    manifest = read_manifest(backup)
    shown.say(_described(backup, manifest))
    if only_check:
        prove(backup=backup, manifest=manifest, told=shown)
        refuse_flawed(backup=backup, manifest=manifest)
        refuse_newer(manifest)
        shown.say("The backup is whole.")
        return
    refuse_newer(manifest)
    refuse_other_kind(manifest, installation)
    try:
        put_back(installation)
        places = places_of(installation, now=now)
        with alone(places.data):
            tables = _tables_there(installation)
            _replace_or_refuse(places, backup, manifest, tables=tables, replace=replace, yes=yes)
            clear(places)
            refuse_without_room(places, manifest)
            prove_what_is_not_copied(backup=backup, manifest=manifest, told=shown)
            _bring_back(installation, places, backup, manifest, shown, tables=tables)
    except InUse as error:
        raise UnableToRestore(str(error)) from error


def _bring_back(
    installation: Installation, places: Places, backup: Path, manifest: Manifest, shown: Shown, *, tables: _Tables | None
) -> None:
    def exchange_database() -> None:
        if tables is not None:
            aside = tables.aside if tables.count else None
            dump = backup / manifest.database
            restore_postgresql(database=tables.database, dump=dump, tool=manifest.tool, aside=aside, told=shown)

    is_aside = restore_files(
        places=places,
        backup=backup,
        manifest=manifest,
        told=shown,
        exchange_database=exchange_database,
        finish=lambda: _finish(installation, places, backup, manifest, shown),
    )
    if is_aside:
        shown.say(f"What was there before lies in {places.aside}. Remove it when you are sure that you do not need it.")
    if tables is not None and tables.count:
        shown.say(f"The tables that were there lie in the schema {tables.aside}; DROP SCHEMA {tables.aside} CASCADE removes it.")
    if show_findings(installation, quiet=True):
        raise UnableToRun(f"Restored {backup} into {places.data}, and something is wrong there, as told above.")
    shown.say(f"Restored {backup} into {places.data}. Start it with: mooring serve")


def _described(backup: Path, manifest: Manifest) -> str:
    counts = manifest.counts
    return (
        f"{backup}: made {manifest.made_at:%Y-%m-%d %H:%M} UTC by Mooring {manifest.version}, {manifest.tool}, "
        f"{in_words(manifest.size)}; {counts.get('letters', 0)} letters, {counts.get('customers', 0)} customers; "
        f"{'with' if manifest.has_keys else 'without'} keys."
    )


def _tables_there(installation: Installation) -> _Tables | None:
    """What is in the database where it is PostgreSQL. Raises UnableToRestore while somebody else uses it."""
    if not installation.database_url:
        return None
    database = database_of(installation)
    if others := others_connected(database):
        raise UnableToRestore(
            f"{others} other connections to the database are open. End “mooring serve”, “mooring worker” and all other programs "
            "that use it first, on all machines."
        )
    return _Tables(database, tables_in(database), f"{ASIDE}{current_time():%Y%m%dt%H%M%Sz}")


def _replace_or_refuse(
    places: Places, backup: Path, manifest: Manifest, *, tables: _Tables | None, replace: bool, yes: bool
) -> None:
    replaced = []
    if tables is not None and tables.count:
        replaced.append(f"the {tables.count} tables in the database, which go into its schema {tables.aside}")
    if there := present_data(places):
        replaced.append(f"the data folder {places.data} ({', '.join(there)}), which becomes {places.aside}")
    if are_keys_exchanged(places, backup, manifest):
        aside = places.aside / places.keys.name if places.has_keys_within else places.keys_aside
        replaced.append(f"the keys in {places.keys} by those of the backup; the present ones come to {aside}")
    if not replaced:
        return
    told = "\n".join(f"- {what}" for what in replaced)
    if not replace:
        raise UnableToRestore(f"There is data already. With --replace this would be moved aside:\n{told}")
    click.echo(f"This is moved aside:\n{told}")
    if yes:
        return
    if not sys.stdin.isatty():
        raise UnableToRestore("Nobody can be asked here: add --yes if that is what you want. Nothing was changed.")
    click.confirm("Go on?", abort=True)


def _finish(installation: Installation, places: Places, backup: Path, manifest: Manifest, shown: Shown) -> None:
    """On the new data. Where that fails Mooring must not start on it, and it is said where the old data is."""
    try:
        _make_new_data_ready(installation, backup, manifest, shown)
    except BaseException:
        click.echo(
            f"What was brought back could not be made ready, and Mooring does not start on it; run “mooring restore” again. What "
            f"was there before lies in {places.aside}.",
            err=True,
        )
        raise


def _make_new_data_ready(installation: Installation, backup: Path, manifest: Manifest, shown: Shown) -> None:
    """What `mooring init` does, and what a time that went back needs. Says what is left to people."""
    fits = do_keys_fit(installation, manifest)
    make_ready(installation, say=shown.say)
    from django.contrib.sessions.models import Session
    from django.db import connection

    from mooring.customers.models import PortalSession
    from mooring.sync.after_restore import leave_to_evidence
    from mooring.users.models import OpenSession

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # a dump has no statistics, and without them the server reads whole tables
    for sessions in (Session, OpenSession, PortalSession):
        sessions._default_manager.all().delete()
    shown.say("All sessions were ended: everybody signs in again.")
    if count := leave_to_evidence(backup=backup.name, now=current_time()):
        shown.say(f"{count} letters were on their way when the backup was made; they wait in the outbox for their fate.")
    _leave_to_people(shown)
    if not fits:
        shown.say(
            "The keys of the backup are not here. Bring back the copy of the folder keys and restore once more; without them "
            "people enter mail passwords again, sign in at Google and Microsoft again, and set up their app for codes again "
            "(“mooring staff reset-second-step”)."
        )


def _leave_to_people(shown: Shown) -> None:
    """Name what was perhaps taken back since the backup was made: letters with a time, and whoever may sign in."""
    from mooring.sync.after_restore import letters_to_come
    from mooring.users.models import User

    if letters := letters_to_come(now=current_time()):
        shown.say("These letters are sent at their time. Cancel in the outbox what was cancelled or sent since the backup:")
    for letter in letters:
        recipients = ", ".join(each.address for each in letter.recipients.all())
        shown.say(f"- {letter.send_at:%Y-%m-%d %H:%M} UTC from {letter.account} to {recipients}: {letter.subject}")
    people = ", ".join(User.objects.filter(is_active=True).order_by("email").values_list("email", flat=True))
    shown.say(f"May sign in again, with the passwords of then: {people}. Deactivate who left since.")
