"""An mbox file as a folder: what is new since a bookmark, and its letters by id."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from mooring.mail.protocols import mbox_file
from mooring.mail.protocols.letter_files import HEAD_BYTES, open_regular, received_at, status_flags
from mooring.mail.types import Bookmark, Changes, KnownIds, Listed, Page

PAGE = 1_000
_EDGE = 4_096
"""So many bytes at either end of the part already read tell whether the file was rewritten."""


class MboxFolder:
    """Taken as grown when its old bytes are still there at both ends and a From_ line follows, otherwise as rewritten."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def changes(self, bookmark: Bookmark | None, *, known: KnownIds, is_full: bool) -> Changes:
        """Raises OSError when the file cannot be read."""
        with open_regular(self._path) as file:
            facts = _facts(file)
            if bookmark is None:
                ids = _ids(file, 0, facts["size"])
                return self._listing("1", ids, facts, len(ids), is_full=True)
            epoch = str(bookmark["epoch"])
            if is_full:
                return self._compared(file, facts, epoch, known)
            if all(bookmark[name] == facts[name] for name in ("size", "changed")):
                return self._listing(epoch, [], facts, bookmark["count"], is_full=False)
            if not _has_grown(file, facts["size"], bookmark):
                return self._rewritten(file, facts, epoch)
            ids = _ids(file, _after_blank_lines(file, bookmark["size"]), facts["size"])
            return self._listing(epoch, ids, facts, bookmark["count"] + len(ids), is_full=False)

    def headers(self, server_ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        for server_id, raw in self.letters(server_ids):
            yield server_id, raw[: mbox_file.header_length(raw)]

    def letters(self, server_ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Letters that are no longer at their place are left out. Raises OSError when the file cannot be read."""
        with open_regular(self._path) as file:
            for server_id in server_ids:
                raw = mbox_file.read_found(file, server_id)
                if raw is not None:
                    yield server_id, raw

    def _compared(self, file: BinaryIO, facts: dict[str, int], epoch: str, known: KnownIds) -> Changes:
        ids = _ids(file, 0, facts["size"])
        missing = set(known(epoch))
        fresh = [server_id for server_id in ids if server_id not in missing]
        missing.difference_update(ids)
        if missing:
            return self._listing(_next(epoch), ids, facts, len(ids), is_full=True)
        return self._listing(epoch, fresh, facts, len(ids), is_full=True)

    def _rewritten(self, file: BinaryIO, facts: dict[str, int], epoch: str) -> Changes:
        ids = _ids(file, 0, facts["size"])
        return self._listing(_next(epoch), ids, facts, len(ids), is_full=True)

    def _listing(self, epoch: str, ids: Sequence[str], facts: dict[str, int], count: int, *, is_full: bool) -> Changes:
        with open_regular(self._path) as file:
            edges = _edges(file, facts["size"])
        bookmark = {"epoch": epoch, "count": count, **facts, **edges}
        return Changes(epoch, bookmark, self._pages(ids, facts["changed"]), message_count=count, is_full=is_full)

    def _pages(self, ids: Sequence[str], changed: int) -> Iterator[Page]:
        for start in range(0, len(ids), PAGE):
            with open_regular(self._path) as file:
                yield Page(arrived=[_listed(file, server_id, changed) for server_id in ids[start : start + PAGE]])


def _facts(file: BinaryIO) -> dict[str, int]:
    facts = os.fstat(file.fileno())
    return {"size": facts.st_size, "changed": facts.st_mtime_ns}


def _ids(file: BinaryIO, start: int, size: int) -> list[str]:
    return [found.server_id for found in mbox_file.letters_in(file, start, size)]


def _next(epoch: str) -> str:
    return str(int(epoch) + 1)


def _edges(file: BinaryIO, size: int) -> dict[str, str]:
    edges = {}
    for name, start in (("start", 0), ("end", max(0, size - _EDGE))):
        file.seek(start)
        edges[name] = blake2b(file.read(min(_EDGE, size)), digest_size=12).hexdigest()
    return edges


def _has_grown(file: BinaryIO, size: int, bookmark: Bookmark) -> bool:
    old_size = bookmark["size"]
    if size < old_size or _edges(file, old_size) != {name: bookmark[name] for name in ("start", "end")}:
        return False
    following = _after_blank_lines(file, old_size)
    return following == size or mbox_file.is_from_line(file, following)


def _after_blank_lines(file: BinaryIO, position: int) -> int:
    file.seek(position)
    head = file.read(4)
    return position + len(head) - len(head.lstrip(b"\r\n"))


def _listed(file: BinaryIO, server_id: str, changed: int) -> Listed:
    offset, length = (int(part) for part in server_id.split("-")[:2])
    file.seek(offset)
    head = file.read(min(HEAD_BYTES, length))
    return Listed(
        server_id=server_id,
        rank=offset,
        size=length,
        received_at=received_at(head, changed),
        flags=status_flags(head),
    )
