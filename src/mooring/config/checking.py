"""What is wrong with an installation, and what to do about it. Looks only; changes nothing."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mooring.config.installation import Installation, journal_of
from mooring.config.running import was_restore_cut_off

if TYPE_CHECKING:
    from mooring.sync.models import AccountState

LITTLE_SPACE = 2 * 1024**3
HARDLY_ANY_SPACE = 200 * 1024**2
OVERDUE = timedelta(minutes=15)
"""An account whose visit is due for longer than this waits for a worker that does not run."""


class Level(StrEnum):
    FINE = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `advice` says what to do; empty when all is well."""

    level: Level
    what: str
    advice: str = ""


def check_files(*, installation: Installation) -> Iterator[Finding]:
    """The data folder, its free space and the keys. Needs no Django."""
    yield _data_folder(installation.data)
    if was_restore_cut_off(installation.data):
        what = f"A backup was being restored into {installation.data}, and that was cut off."
        yield Finding(Level.WRONG, what, "Run “mooring restore” again with --replace.")
    if installation.data.is_dir():
        yield _free_space(installation.data)
    for path in (installation.secret_key_file, installation.sealing_keys_file):
        yield _key_file(path)


def check_addresses(*, installation: Installation) -> Iterator[Finding]:
    """Whether what browsers are told fits together."""
    parts = urlsplit(installation.base_url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host:
        yield Finding(
            Level.WRONG,
            f"MOORING_BASE_URL is “{installation.base_url}”.",
            "It must be the whole address that people type, such as https://crm.example.com.",
        )
        return
    if not _is_served(host, installation.hosts):
        yield Finding(
            Level.WRONG,
            f"MOORING_HOSTS does not name {host}, the host of MOORING_BASE_URL.",
            f"Browsers would get “Bad Request”. Add it: MOORING_HOSTS={','.join((*installation.hosts, host))}",
        )
    elif parts.scheme == "http" and not _is_loopback(host):
        yield Finding(
            Level.WARNING,
            f"{installation.base_url} is not encrypted: passwords can be read on the way.",
            "Put a reverse proxy with a certificate before Mooring and set MOORING_BASE_URL to its https address.",
        )
    else:
        yield Finding(Level.FINE, f"People reach Mooring at {installation.base_url}.")
    yield from _debugging(installation, host)


def check_listening(*, installation: Installation, listen: str) -> Iterator[Finding]:
    """Whether only this machine reaches pages that show the program's insides, or a demo whose passwords everybody knows.

    Decided by the address alone: the name of the host is the browser's word.
    """
    hosts = [place.rpartition(":")[0] if ":" in place else place for place in listen.split()]
    if all(map(_is_loopback, hosts)):
        return
    if installation.demo_mark.exists():
        yield Finding(
            Level.WRONG,
            f"Everybody knows the passwords of the demo, and other machines can reach {listen}.",
            "Listen on 127.0.0.1, or make an installation of your own in another data folder with “mooring init”.",
        )
    if installation.is_debug:
        yield Finding(
            Level.WRONG,
            f"MOORING_DEBUG is on, and other machines can reach {listen}.",
            "Errors would show secrets to strangers. Unset MOORING_DEBUG, or listen on 127.0.0.1.",
        )


def check_database(*, waiting_migrations: Iterable[str]) -> Iterator[Finding]:
    """Tables, and for SQLite the journal that is really in force. Django must have started."""
    from django.db import connection

    waiting = list(waiting_migrations)
    if waiting:
        yield Finding(
            Level.WRONG,
            f"The database lacks {len(waiting)} changes of this version, first {waiting[0]}.",
            "Make a backup, then run: mooring init",
        )
    else:
        yield Finding(Level.FINE, "The database has all tables of this version.")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            journal = cursor.execute("PRAGMA journal_mode").fetchone()[0]
            synchronous = cursor.execute("PRAGMA synchronous").fetchone()[0]
        yield sqlite_journal(journal=journal, synchronous=synchronous)
    else:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            yield Finding(Level.FINE, f"PostgreSQL {cursor.fetchone()[0]} answers.")


def sqlite_journal(*, journal: str, synchronous: int) -> Finding:
    """Whether acknowledged rows survive a power cut with this SQLite (docs/decisions/0002-two-databases.md)."""
    promised = journal_of(sqlite3.sqlite_version_info)
    names = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}
    in_force = (journal.upper(), names.get(synchronous, str(synchronous)))
    text = f"SQLite {sqlite3.sqlite_version} with the journal {in_force[0]} and synchronous {in_force[1]}"
    if in_force == promised:
        return Finding(Level.FINE, f"{text}.")
    return Finding(
        Level.WRONG,
        f"{text}, where {promised[0]} and {promised[1]} are needed so that no letter is lost.",
        "End every other program that has the database open, then start Mooring again.",
    )


def check_pages() -> Iterator[Finding]:
    """Style sheet and script of the pages."""
    from mooring.ui.assets import AssetsMissing, asset_url

    try:
        asset_url("app.css")
        asset_url("app.js")
    except AssetsMissing:
        yield Finding(Level.WRONG, "The style sheet and script of the pages were not built.", "Run: ./run assets")
    else:
        yield Finding(Level.FINE, "The style sheet and script of the pages are there.")


def check_staff() -> Iterator[Finding]:
    from mooring.users.models import Role, User

    count = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).count()
    if count:
        yield Finding(Level.FINE, f"Administrators who may sign in: {count}.")
    else:
        yield Finding(Level.WRONG, "Nobody may sign in as administrator.", "Run: mooring init")


def check_engine(*, now: datetime) -> Iterator[Finding]:
    """Whether somebody visits the mailboxes, and how that goes."""
    from mooring.letters.models import MailAccount
    from mooring.sync.models import AccountState

    accounts = MailAccount.objects.unscoped("an administrator at the terminal checks the installation")
    active = list(accounts.filter(is_scanned=True, removed_at=None))
    states = AccountState.objects.filter(account_id__in=[account.pk for account in active])
    by_account = {state.account_id: state for state in states}
    waiting = [state for state in by_account.values() if _is_overdue(state, now)]
    if not active:
        yield Finding(Level.FINE, "No mail account is scanned yet.")
    elif waiting:
        yield Finding(
            Level.WRONG,
            f"{len(waiting)} of {len(active)} mail accounts wait for a visit for more than 15 minutes.",
            "The engine does not run. Start “mooring serve” (without --no-worker) or “mooring worker”.",
        )
    else:
        yield Finding(Level.FINE, f"The engine visits {len(active)} mail accounts.")
    for account in active:
        yield from _failing_account(account.address, by_account.get(account.pk))


def check_sums() -> Iterator[Finding]:
    """Whether the kept sums of forecasts are those of the opportunities."""
    from mooring.sales.kept_sums import differences

    wrong = set(differences())
    if wrong:
        # A second look: somebody may have moved a card between two questions of the first one.
        wrong &= set(differences())
    if wrong:
        what = f"{len(wrong)} kept sums of forecasts are not what the opportunities add up to."
        yield Finding(Level.WRONG, what, "Somebody changed the database without Mooring. Run: mooring sums")
    else:
        yield Finding(Level.FINE, "The kept sums of forecasts are right.")


def reasons_not_to_serve(*, listen: str) -> list[Finding]:
    """What must be put right before pages are served: a leak to strangers, or pages that cannot be drawn."""
    from django.conf import settings

    installation: Installation = settings.INSTALLATION
    keys = (_key_file(path) for path in (installation.secret_key_file, installation.sealing_keys_file))
    addresses = (*check_addresses(installation=installation), *check_listening(installation=installation, listen=listen))
    found = (*keys, *addresses, *check_pages())
    return [finding for finding in found if finding.level is Level.WRONG]


def _data_folder(folder: Path) -> Finding:
    if not folder.is_dir():
        return Finding(Level.WRONG, f"There is no data folder {folder}.", "Run “mooring init”, or set MOORING_DATA.")
    probe = folder / ".mooring-check"
    try:
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        return Finding(
            Level.WRONG,
            f"Nothing can be written to {folder}: {error.strerror}.",
            "Give the folder to the user who runs Mooring, and look whether the disk is full.",
        )
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        return Finding(Level.WARNING, f"Other users of this machine can look into {folder}.", f"Run: chmod 700 {folder}")
    return Finding(Level.FINE, f"The data folder {folder} can be written to, by its owner only.")


def _free_space(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    text = f"The disk of {folder} has {free / 1024**3:.1f} GB free."
    if free < HARDLY_ANY_SPACE:
        return Finding(Level.WRONG, text, "Letters cannot be kept much longer. Make room now.")
    if free < LITTLE_SPACE:
        return Finding(Level.WARNING, text, "Make room, or move the data folder to a larger disk.")
    return Finding(Level.FINE, text)


def _key_file(path: Path) -> Finding:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        path.read_bytes()
    except OSError as error:
        return Finding(
            Level.WRONG,
            f"The key {path} cannot be read: {error.strerror}.",
            "Run “mooring init”, or bring the key back from its copy; passwords of mail accounts open only with theirs.",
        )
    if mode & 0o077:
        return Finding(Level.WRONG, f"Other users of this machine can read the key {path}.", f"Run: chmod 600 {path}")
    return Finding(Level.FINE, f"The key {path.name} is there, for its owner only.")


def _debugging(installation: Installation, host: str) -> Iterator[Finding]:
    if not installation.is_debug:
        return
    if all(map(_is_loopback, (host, *installation.hosts))):
        yield Finding(Level.WARNING, "MOORING_DEBUG is on.", "Errors show the program's insides. Turn it off.")
    else:
        yield Finding(
            Level.WRONG,
            "MOORING_DEBUG is on for hosts other than this machine.",
            "Errors would show secrets to strangers. Unset MOORING_DEBUG.",
        )


def _is_served(host: str, hosts: Iterable[str]) -> bool:
    """As Django matches hosts: exactly, or by a leading dot with what is below, or by * with everything."""
    return any(
        pattern in ("*", host) or (pattern.startswith(".") and (host.endswith(pattern) or host == pattern[1:]))
        for pattern in hosts
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_overdue(state: AccountState, now: datetime) -> bool:
    is_leased = state.lease_until is not None and state.lease_until > now
    return not is_leased and not state.is_stopped and state.next_visit_at + OVERDUE < now


def _failing_account(address: str, state: AccountState | None) -> Iterator[Finding]:
    if state is None or not state.error_code:
        return
    since = f" since {state.failing_since:%Y-%m-%d %H:%M} UTC" if state.failing_since else ""
    said = f" The server said: {state.error_said}" if state.error_said else ""
    yield Finding(
        Level.WRONG if state.is_stopped else Level.WARNING,
        f"The mail account {address} fails{since} ({state.error_code}).{said}",
        f"Run “mooring accounts test {address}”, which says in words what is wrong.",
    )
