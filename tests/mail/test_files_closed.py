"""Mail files that may not be read: somebody must hear of them, and the others are read all the same."""

from __future__ import annotations

import os
import pwd
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mail.test_files import LETTER, knowing, mailbox_at, read
from mooring.mail.errors import FilesMissing


@contextmanager
def an_ordinary_user() -> Iterator[None]:
    """Root may read everything; as nobody it may not."""
    is_root = os.geteuid() == 0
    try:
        if is_root:
            os.seteuid(pwd.getpwnam("nobody").pw_uid)
        yield
    finally:
        if is_root:
            os.seteuid(0)


def test_what_may_not_be_read_is_listed_and_reported() -> None:
    # Not below tmp_path, whose parents nobody but root may enter.
    with tempfile.TemporaryDirectory(prefix="mooring-closed-") as name:
        place = Path(name)
        place.chmod(0o755)
        (place / "closed").mkdir(mode=0o700)
        (place / "1.eml").write_bytes(LETTER)
        for path in ("1.eml", "closed"):
            (place / path).chmod(0)
        with an_ordinary_user():
            mailbox = mailbox_at(place)
            folders = {folder.path: folder for folder in mailbox.folders()}
            with pytest.raises(FilesMissing):
                mailbox.changes(folders["closed"], None, known=knowing())
            others = [folder for path, folder in folders.items() if path != "closed"]
            listed = [one for folder in others for one in read(mailbox.changes(folder, None, known=knowing()))[0]]
        assert [one.size for one in listed] == [len(LETTER)], "somebody must hear of a letter that cannot be read"
