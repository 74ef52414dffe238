"""Gathers the texts of all rooms into the catalogues of mooring/locale. Needs GNU gettext; only for those who change texts.

`DJANGO_SETTINGS_MODULE=... python -m mooring.ui.gather_messages`, which `./run messages` does.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import django
from django.core.management import call_command
from django.core.management.commands import makemessages

PACKAGE = Path(__file__).resolve().parents[1]


class GatherMessages(makemessages.Command):
    """Django's own command, except that a new text is never given the translation of one that looks like it."""

    msgmerge_options = ["-q", "--backup=none", "--update", "--no-fuzzy-matching"]


def gather(*, package: Path = PACKAGE) -> None:
    """Bring every catalogue below package/locale up to date with the Python files and templates of `package`.

    A message names the files that use it, without lines, so that a catalogue changes only where a text does; messages
    that nobody uses any more go.
    """
    languages = [folder.name for folder in sorted((package / "locale").iterdir()) if folder.is_dir()]
    with contextlib.chdir(package):
        call_command(GatherMessages(), locale=languages, add_location="file", no_obsolete=True, verbosity=0)


def main() -> int:
    """Gather from the command line."""
    django.setup()
    gather()
    return 0


if __name__ == "__main__":
    sys.exit(main())
