"""Mail that lies in files: an mbox file, a Maildir (Maildir++ subfolders included), or a tree of .eml, .msg and .txt files.

States: a mailbox is open once its stage has run, and holds no descriptor between calls. Promises: nothing is written, renamed or
locked; letters come byte for byte as they lie in the file; symbolic links are never followed.

Where it stands: folders of single files have one epoch for ever; their bookmark is the folder's own time of change, believed
only when two listings have seen it, since a file may arrive within the resolution of the file system's clock. The epoch of
an mbox file changes when it was rewritten (mbox_folder.py).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote_from_bytes, unquote_to_bytes

from mooring.mail.contract import Stage
from mooring.mail.errors import FilesMissing, FolderMissing
from mooring.mail.protocols.file_folder import FileFolder
from mooring.mail.protocols.imap.names import decode_name, role_by_name
from mooring.mail.protocols.letter_files import (
    LETTER_ENDINGS,
    is_maildir,
    maildir_letters,
    open_regular,
    plain_letters,
)
from mooring.mail.protocols.mbox_file import is_mbox
from mooring.mail.protocols.mbox_folder import MboxFolder
from mooring.mail.types import Bookmark, Changes, Folder, KnownIds, Page, RawHeader, RawLetter, Server

DEEPEST = 30
"""Folders nested deeper are not looked into."""
_SURE_ENDINGS = (".eml", ".msg")
_MBOX_ENDINGS = (".mbox", ".mbx")
_READABLE = " !#$&'()*+,-./:;=?@[]^_`{}~"


class FilesMailbox:
    """Fulfils mail.contract.Incoming for the file or folder that `server.path` names."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._root = Path()
        self._opened: dict[str, MboxFolder | FileFolder] = {}

    def stages(self) -> Sequence[Stage]:
        """The one step that makes it usable: "find_files"."""
        return (Stage("find_files", self._find),)

    def _find(self) -> dict[str, str]:
        path = self._server.path
        self._root = Path(path)
        if not self._root.is_absolute() or "\0" in path:
            raise FilesMissing(path=path, reason="not an absolute path")
        with self._readable():
            self._root = self._root.resolve(strict=True)
            if self._root.is_dir():
                os.scandir(self._root).close()
        return {"path": path}

    def folders(self) -> Sequence[Folder]:
        """Maildirs, mbox files and folders with letter files, by path; INBOX first. Raises FilesMissing."""
        with self._readable():
            if self._root.is_file():
                return [_folder(self._root.stem, "", "/")]
            found = list(self._walk(self._root, "", depth=0))
        return sorted(found, key=lambda folder: (folder.special_use != "inbox", folder.path))

    def changes(self, folder: Folder, bookmark: Bookmark | None, *, known: KnownIds, is_full: bool = False) -> Changes:
        """See mail.contract. Raises FolderMissing and FilesMissing."""
        self._opened.pop(folder.wire_name, None)
        with self._readable():
            changes = self._open(folder).changes(bookmark, known=known, is_full=is_full)
        return replace(changes, pages=self._readable_pages(changes.pages))

    def headers(self, folder: Folder, server_ids: Sequence[str]) -> Iterator[RawHeader]:
        """See mail.contract. Raises FolderMissing and FilesMissing."""
        with self._readable():
            for server_id, raw in self._open(folder).headers(server_ids):
                yield RawHeader(server_id, raw)

    def fetch(self, folder: Folder, server_ids: Sequence[str]) -> Iterator[RawLetter]:
        """See mail.contract. Raises FolderMissing and FilesMissing."""
        with self._readable():
            for server_id, raw in self._open(folder).letters(server_ids):
                yield RawLetter(server_id, raw)

    def watch(self, folder: Folder, *, stop: threading.Event, timeout: timedelta) -> bool:  # noqa: ARG002 - the contract's names
        """Files do not tell: False at once."""
        return False

    def close(self) -> None:
        self._opened.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _walk(self, place: Path, wire_name: str, *, depth: int) -> Iterator[Folder]:
        with os.scandir(place) as entries:
            names = {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries}
        is_mail = is_maildir(names)
        if is_mail:
            yield _maildir_folder(wire_name)
        elif depth == 0 or _letter_names(place, names):
            yield _folder(_shown(wire_name) or place.name, wire_name, "/")
        for name, is_folder in names.items():
            inner = f"{wire_name}/{_wire(name)}" if wire_name else _wire(name)
            if is_folder and depth < DEEPEST and _is_looked_into(name, is_in_maildir=is_mail):
                yield from self._walk_if_readable(place / name, inner, depth=depth + 1)
            elif not is_folder and not is_mail and _is_mbox_file(place / name):
                yield _folder(_shown(inner), inner, "/")

    def _walk_if_readable(self, place: Path, wire_name: str, *, depth: int) -> Iterator[Folder]:
        """A folder that may not be read is listed all the same, so that its health line says so."""
        try:
            yield from self._walk(place, wire_name, depth=depth)
        except PermissionError:
            yield _folder(_shown(wire_name), wire_name, "/")

    def _readable_pages(self, pages: Iterator[Page]) -> Iterator[Page]:
        with self._readable():
            yield from pages

    def _open(self, folder: Folder) -> MboxFolder | FileFolder:
        opened = self._opened.get(folder.wire_name)
        if opened is None:
            opened = self._opened[folder.wire_name] = self._found(folder)
        return opened

    def _found(self, folder: Folder) -> MboxFolder | FileFolder:
        place = self._place(folder)
        if place.is_symlink() or not place.exists():
            raise FolderMissing(folder=folder.path)
        if place.is_file():
            if _is_mbox_file(place) or place.stat().st_size == 0:
                return MboxFolder(place)
            only = frozenset({place.name})
            return FileFolder([place.parent, place], lambda: plain_letters(place.parent, is_letter=only))
        if is_maildir(frozenset(os.listdir(place))):
            return FileFolder([place / "new", place / "cur"], lambda: maildir_letters(place))
        return FileFolder([place], lambda: plain_letters(place, is_letter=_letter_names(place, _entries(place))))

    def _place(self, folder: Folder) -> Path:
        if not folder.wire_name:
            return self._root
        inner = os.fsdecode(unquote_to_bytes(folder.wire_name))
        if ".." in inner.split("/") or inner.startswith("/") or "\0" in inner:
            raise FolderMissing(folder=folder.path)
        return self._root / inner

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise FilesMissing(path=self._server.path, reason=error.strerror or type(error).__name__) from error


def _folder(path: str, wire_name: str, delimiter: str) -> Folder:
    return Folder(path=path, wire_name=wire_name, delimiter=delimiter, special_use=role_by_name(path, delimiter))


def _maildir_folder(wire_name: str) -> Folder:
    if not wire_name:
        return Folder(path="INBOX", wire_name="", delimiter=".", special_use="inbox")
    if wire_name.startswith(".") and "/" not in wire_name:
        return _folder(decode_name(unquote_to_bytes(wire_name[1:]).decode("latin-1")), wire_name, ".")
    return _folder(_shown(wire_name), wire_name, "/")


def _wire(name: str) -> str:
    return quote_from_bytes(os.fsencode(name), safe=_READABLE.replace("/", ""))


def _shown(wire_name: str) -> str:
    name = unquote_to_bytes(wire_name).decode("utf-8", "replace")
    return "".join(character if character.isprintable() else "\ufffd" for character in name)


def _is_looked_into(name: str, *, is_in_maildir: bool) -> bool:
    if is_in_maildir:
        return name not in ("cur", "new", "tmp")
    return not name.startswith(".")


def _entries(place: Path) -> dict[str, bool]:
    with os.scandir(place) as entries:
        return {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries}


def _letter_names(place: Path, names: dict[str, bool]) -> frozenset[str]:
    """Which files of a plain folder are letters. A file called mbox that is none is a letter, rather than nothing."""
    return frozenset(
        name
        for name, is_folder in names.items()
        if not is_folder
        and name.lower().endswith((*LETTER_ENDINGS, *_MBOX_ENDINGS))
        and (name.lower().endswith(_SURE_ENDINGS) or not _is_mbox_file(place / name))
    )


def _is_mbox_file(path: Path) -> bool:
    name = path.name.lower()
    if name.endswith(_SURE_ENDINGS) or name.startswith(".") or ("." in name and not name.endswith((".txt", *_MBOX_ENDINGS))):
        return False
    try:
        with open_regular(path) as file:
            return is_mbox(file.read(600))
    except OSError:
        return False
