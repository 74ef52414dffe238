"""`mooring backup`: everything that belongs together, copied while Mooring runs."""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

import click

from mooring.config.backup.making import Made, UnableToBackUp, alone_in, make_backup, remove_older
from mooring.config.backup.manifest import name_of
from mooring.config.backup.proving import in_lines
from mooring.config.commands.starting import current_time
from mooring.config.installation import read_installation
from mooring.config.running import note_running

_AHEAD: Final = timedelta(minutes=1)


class Shown:
    """How far something is, in one line that is written over at a terminal; elsewhere one line for each thing begun."""

    def __init__(self, *, quiet: bool) -> None:
        self._is_quiet = quiet
        self._is_terminal = sys.stdout.isatty()
        self._what = ""
        self._shown_at = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        if self._is_quiet:
            return
        if not self._is_terminal:
            if what != self._what:
                click.echo(f"{what} ...")
        elif what != self._what or done >= total or time.monotonic() - self._shown_at > 0.2:
            self._shown_at = time.monotonic()
            size = f"{in_words(done)} of {in_words(total)}" if total else in_words(done) if done else "..."
            click.echo(f"\r{what}: {size}\x1b[K", nl=False)
        self._what = what

    def say(self, text: str) -> None:
        """A line of its own."""
        if not self._is_quiet:
            click.echo(f"\r{text}\x1b[K" if self._is_terminal else text)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--keep", type=click.IntRange(min=1), metavar="N", help="Afterwards remove whole backups older than the newest N.")
@click.option("--with-keys", is_flag=True, help="Also the keys: whoever finds the backup can then open the mail passwords.")
@click.option("--quiet", is_flag=True, help="Say nothing unless something goes wrong, as in a cron job.")
def backup(folder: Path, keep: int | None, with_keys: bool, quiet: bool) -> None:
    """Make a backup in FOLDER while Mooring runs.

    Each backup is a folder of its own there, named for its time; files that did not change since the one before are shared with
    it by hard links, so that they cost neither time nor room. Keys are not in it unless asked for. “mooring restore” brings it
    back.
    """
    installation = read_installation()
    os.umask(0o077)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that nothing half-made is left behind
    note_running(installation.data)
    shown, now, folder = Shown(quiet=quiet), current_time(), folder.resolve()
    with alone_in(folder, data=installation.data):
        made = make_backup(installation=installation, folder=folder, with_keys=with_keys, now=now, told=shown)
        shown.say(
            f"Made the backup {made.path}: {in_words(made.manifest.size)}, {in_words(made.new_bytes)} of it new; "
            f"{made.manifest.counts['letters']} letters, {made.manifest.counts['customers']} customers."
        )
        if with_keys:
            shown.say("The keys are in it: keep it as closed as the passwords of your mailboxes.")
        else:
            shown.say(f"The keys are not in it. Keep a copy of {installation.keys} elsewhere, or run it with --with-keys.")
        if made.unlinked:
            shown.say(f"{made.unlinked} unchanged files were copied again: the disk of {folder} cannot share them by hard links.")
        if made.path.name > name_of(now + _AHEAD):
            shown.say(f"The name {made.path.name} lies in the future, as does that of the one before: look at the clock.")
        if made.manifest.flaws:
            raise UnableToBackUp(
                f"The backup {made.path} was made, but it is not whole, and none before it was removed:\n"
                f"{in_lines(made.manifest.flaws)}\nRun “mooring check” to see what is wrong with the installation."
            )
        if keep is not None:
            _remove_older(folder, keep, made, shown)


def _remove_older(folder: Path, keep: int, made: Made, shown: Shown) -> None:
    try:
        remove_older(folder=folder, keep=keep, made=made, say=shown.say)
    except OSError as error:
        click.echo(f"An older backup could not be removed: {error.filename}: {error.strerror}.", err=True)


def in_words(size: int) -> str:
    """A number of bytes as a person says it."""
    for unit, bytes_of in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= bytes_of:
            return f"{size / bytes_of:.1f} {unit}"
    return f"{size} bytes"
