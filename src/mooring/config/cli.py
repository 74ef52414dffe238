"""The command `mooring`: everything an administrator does at a terminal or writes into a script.

Ends with 0 when all went well, with 1 when the deed could not be done or something is wrong, with 2 when the command was
called wrongly or the installation cannot start. Errors that were foreseen are told in words, without a trace.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from contextlib import suppress
from typing import Any, Final

import click

from mooring import __version__
from mooring.config.commands.accounts import accounts
from mooring.config.commands.backing_up import backup
from mooring.config.commands.checking import check
from mooring.config.commands.demo import demo
from mooring.config.commands.importing import contacts, customers, leads
from mooring.config.commands.installing import init
from mooring.config.commands.keys import keys
from mooring.config.commands.reporting import report
from mooring.config.commands.restoring import restore
from mooring.config.commands.scanning import scan
from mooring.config.commands.serving import serve, worker
from mooring.config.commands.staff import staff
from mooring.config.commands.starting import UnableToRun, in_words
from mooring.config.commands.sums import sums

_COLLECTED_AFTER: Final = (10_000, 10, 10)
"""Python looks for cycles of garbage after so many new objects, in the place of 700: hardly any are made here, and the search
through the hundreds of thousands of objects of a running program was 4 % of archiving."""

_MOST_HEAPS: Final = -8
"""The C library's name for that option (M_ARENA_MAX, malloc.h)."""


class Commands(click.Group):
    """Tells foreseen errors in words; lists commands in the order in which they are first needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.ClickException, click.Abort):
            raise
        except Exception as error:
            told = in_words(error)
            if told is None:
                raise
            raise told from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="Mooring %(version)s")
def mooring() -> None:
    """A CRM built around the mailbox.

    Where the data lies is told by environment variables such as MOORING_DATA; docs/settings.md lists them all.
    """


FIRST = (init, serve, worker, check, backup, restore, scan, staff, accounts)
for command in (*FIRST, customers, leads, contacts, report, keys, sums, demo):
    mooring.add_command(command)


def main() -> None:
    """What the installed script and `python -m mooring` call."""
    gc.set_threshold(*_COLLECTED_AFTER)
    _share_one_heap()
    try:
        mooring(prog_name="mooring")
    except BrokenPipeError:
        # The reader of our output, such as “head”, has seen enough. Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(UnableToRun.exit_code)


def _share_one_heap() -> None:
    """Let all threads take memory from one heap, where the C library can be told.

    GNU's gives each thread its own, and what letters filled in one is no use to the others: 24 of 207 MB while archiving,
    for no time.
    """
    with suppress(AttributeError):
        ctypes.CDLL(None).mallopt(_MOST_HEAPS, 1)
