"""Imports for the tests of the transfer room and of the pages."""

from __future__ import annotations

from io import BytesIO

import making
from mooring.transfer.jobs import begin_import
from mooring.transfer.models import Import
from mooring.users.models import User


def make_import(user: User, mark: str = "") -> Import:
    """A file that was brought and not yet tried out. `mark` is put into every text of it."""
    file = BytesIO(f"Name,Note{mark}\nFirm{mark},x{mark}\n".encode())
    return begin_import(kind="customers", name=f"firms{mark}.csv", file=file, by=user, now=making.NOW)
