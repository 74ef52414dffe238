"""A folder whose letters are files of their own, Maildir or plain: what is new since a bookmark, and its letters by id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from mooring.mail.protocols.letter_files import LetterFile, listed, open_regular
from mooring.mail.protocols.mbox_file import header_length
from mooring.mail.types import Bookmark, Changes, FlagChange, KnownIds, Page

EPOCH = "1"
PAGE = 1_000


class FileFolder:
    """`parts` are the folders that hold the files; `scan` lists them."""

    def __init__(self, parts: Sequence[Path], scan: Callable[[], Iterable[LetterFile]]) -> None:
        self._parts = parts
        self._scan = scan
        self._found: dict[str, LetterFile] = {}

    def changes(self, bookmark: Bookmark | None, *, known: KnownIds, is_full: bool) -> Changes:
        """Raises OSError when the folder cannot be read."""
        stamp = [part.stat().st_mtime_ns for part in self._parts]
        before = bookmark or {}
        is_same = before.get("stamp") == stamp
        if is_same and before.get("is_sure") and not is_full:
            return Changes(EPOCH, before, iter(()), message_count=before.get("count"))
        self._found = {letter.server_id: letter for letter in self._scan()}
        mark = {"stamp": stamp, "is_sure": is_same, "count": len(self._found)}
        return Changes(EPOCH, mark, self._pages(known), message_count=len(self._found), is_full=True)

    def headers(self, server_ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        for server_id, raw in self.letters(server_ids):
            yield server_id, raw[: header_length(raw)]

    def letters(self, server_ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Files that cannot be found or read are left out."""
        is_fresh = False
        for server_id in server_ids:
            raw = self._read(server_id)
            if raw is None and not is_fresh:
                self._found = {letter.server_id: letter for letter in self._scan()}
                is_fresh = True
                raw = self._read(server_id)
            if raw is not None:
                yield server_id, raw

    def _read(self, server_id: str) -> bytes | None:
        letter = self._found.get(server_id)
        if letter is None:
            return None
        try:
            with open_regular(letter.path) as file:
                return file.read()
        except OSError:
            return None

    def _pages(self, known: KnownIds) -> Iterator[Page]:
        old = set(known(EPOCH))
        letters = list(self._found.values())
        for start in range(0, len(letters), PAGE):
            part = letters[start : start + PAGE]
            yield Page(
                arrived=[listed(letter) for letter in part if letter.server_id not in old],
                flagged=[FlagChange(letter.server_id, letter.flags) for letter in part if letter.server_id in old],
            )
        vanished = sorted(old - self._found.keys())
        for start in range(0, len(vanished), PAGE):
            yield Page(vanished=vanished[start : start + PAGE])
