"""Which folders a mailbox has: LIST with all that servers can tell in one go, and what to do where they cannot.

RFC 3501 (LIST), 5258 (extended), 5819 (LIST-STATUS), 6154 (SPECIAL-USE), Gmail's and iCloud's older XLIST.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from mooring.mail.errors import ProtocolViolation
from mooring.mail.protocols.imap.names import decode_name, role_by_attributes, role_by_name
from mooring.mail.protocols.imap.session import Session
from mooring.mail.protocols.imap.snapshot import Snapshot
from mooring.mail.protocols.imap.wire import Argument, Response, Value, plain, to_number, to_text
from mooring.mail.types import Folder

FOLDER_CAP = 50_000
_UNSELECTABLE = frozenset({"\\noselect", "\\nonexistent"})


@dataclass(frozen=True, slots=True)
class Listing:
    """`snapshots` tell, by wire name, how a folder stood at that moment; empty where the server cannot say."""

    folders: tuple[Folder, ...]
    snapshots: dict[str, Snapshot]


def list_folders(session: Session) -> Listing:
    """Every folder, INBOX first. Raises the errors of the connection and ProtocolViolation."""
    folders: dict[str, Folder] = {}
    snapshots: dict[str, Snapshot] = {}
    for response in session.run(*_command(session.capabilities)):
        if response.kind in (b"LIST", b"XLIST"):
            folder = _folder_in(response)
            if folder is not None:
                folders.setdefault(folder.wire_name, folder)
        elif response.kind == b"STATUS":
            snapshots.update(_status_in(response))
        if len(folders) > FOLDER_CAP:
            raise ProtocolViolation(expected=f"at most {FOLDER_CAP} folders")
    ordered = sorted(_with_roles(list(folders.values())), key=lambda folder: folder.path != "INBOX")
    if "X-GM-EXT-1" in session.capabilities:
        ordered = without_labels(ordered)
    return Listing(tuple(ordered), snapshots)


def _command(capabilities: Collection[str]) -> tuple[Argument, ...]:
    if "LIST-EXTENDED" in capabilities or "LIST-STATUS" in capabilities:
        wanted = [b"SPECIAL-USE"] if "SPECIAL-USE" in capabilities else []
        if "LIST-STATUS" in capabilities:
            modseq = b" HIGHESTMODSEQ" if "CONDSTORE" in capabilities else b""
            wanted.append(b"STATUS (UIDVALIDITY UIDNEXT MESSAGES%s)" % modseq)
        if wanted:
            return (plain(b'LIST "" "*" RETURN (%s)' % b" ".join(wanted)),)
    if "XLIST" in capabilities and "SPECIAL-USE" not in capabilities:
        return (plain(b'XLIST "" "*"'),)
    return (plain(b'LIST "" "*"'),)


def _folder_in(response: Response) -> Folder | None:
    """The folder of a LIST response; None for a name that could never be sent back."""
    values = response.values
    if len(values) < 3 or not isinstance(values[0], list):
        raise ProtocolViolation(expected="a LIST response")
    attributes = [to_text(value).lower() for value in values[0]]
    delimiter = to_text(values[1]) if values[1] is not None else ""
    wire_name = to_text(values[2])
    if not wire_name or any(sign in wire_name for sign in "\0\r\n"):
        return None
    path = decode_name(wire_name)
    return Folder(
        path="INBOX" if path.upper() == "INBOX" else path,
        wire_name=wire_name,
        delimiter=delimiter,
        special_use="inbox" if path.upper() == "INBOX" else role_by_attributes(attributes),
        is_selectable=_UNSELECTABLE.isdisjoint(attributes),
    )


def _with_roles(folders: list[Folder]) -> Iterator[Folder]:
    """Guess by name the roles that no folder was given; the first folder in the server's order gets the role."""
    taken = {folder.special_use for folder in folders}
    for folder in folders:
        role = "" if folder.special_use else role_by_name(folder.path, folder.delimiter)
        if role and role not in taken and folder.is_selectable:
            taken.add(role)
            yield replace(folder, special_use=role)
        else:
            yield folder


def without_labels(folders: Sequence[Folder]) -> list[Folder]:
    """Gmail's folders with labels closed: every letter lies in All Mail, Spam or Trash, the rest are views of them.

    When All Mail is hidden from IMAP, the labels stay open and letters are told apart by their remote id.
    """
    if not any(folder.special_use == "all" and folder.is_selectable for folder in folders):
        return list(folders)
    return [
        folder if folder.special_use in ("all", "junk", "trash") else replace(folder, is_selectable=False) for folder in folders
    ]


def _status_in(response: Response) -> dict[str, Snapshot]:
    values = response.values
    if len(values) < 2 or not isinstance(values[1], list):
        raise ProtocolViolation(expected="a STATUS response")
    facts = dict(_pairs(values[1]))
    if not {"UIDVALIDITY", "UIDNEXT", "MESSAGES"} <= facts.keys():
        return {}
    return {
        to_text(values[0]): Snapshot(
            uidvalidity=facts["UIDVALIDITY"],
            uidnext=facts["UIDNEXT"],
            messages=facts["MESSAGES"],
            modseq=facts.get("HIGHESTMODSEQ", 0),
        )
    }


def _pairs(values: list[Value]) -> Iterator[tuple[str, int]]:
    for name, value in zip(values[::2], values[1::2], strict=False):
        yield to_text(name).upper(), to_number(value)
