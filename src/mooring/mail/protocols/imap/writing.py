"""The few commands that change a mailbox: letters removed for good, letters put in; and finding a letter by its Message-ID.

Promises: only the letters named are removed, never others that somebody else marked as deleted (UID EXPUNGE of RFC 4315, and
nothing where a server lacks it); a letter counts as removed when the server no longer has it, not when it said so.
"""

from __future__ import annotations

from mooring.mail.errors import RemovalNotOffered
from mooring.mail.headers import read_header
from mooring.mail.protocols.imap.bodies import fetch_headers
from mooring.mail.protocols.imap.examining import fetched_uids
from mooring.mail.protocols.imap.letters import server_id
from mooring.mail.protocols.imap.looking import SET_CAP
from mooring.mail.protocols.imap.refusals import command_error
from mooring.mail.protocols.imap.session import Session
from mooring.mail.protocols.imap.uid_sets import UidSet
from mooring.mail.protocols.imap.wire import Argument, astring, plain, to_number
from mooring.mail.types import Folder

_REMOVING = frozenset({"UIDPLUS", "IMAP4REV2"})
"""Each of them means that UID EXPUNGE can be told which letters it is about."""


def remove_letters(session: Session, uids: UidSet) -> UidSet:
    """Remove these letters of the selected folder; those that are not there any more.

    Raises RemovalNotOffered, CommandRefused and the errors of the connection.
    """
    if _REMOVING.isdisjoint(session.capabilities):
        raise RemovalNotOffered(host=session.stream.host)
    left: list[int] = []
    for chunk in uids.wire_chunks(limit=SET_CAP):
        session.do(plain(b"UID STORE %s +FLAGS.SILENT (\\Deleted)" % chunk))
        session.do(plain(b"UID EXPUNGE %s" % chunk))
        left += fetched_uids(session, chunk)
    return uids - UidSet.of(left)


def append_letter(session: Session, folder: Folder, raw: bytes, *, is_seen: bool) -> str:
    """Put a letter into the folder; its server id, or "" where the server does not tell (RFC 4315 APPENDUID).

    Raises CommandRefused, ServerBusy and the errors of the connection.
    """
    name = astring(folder.wire_name.encode("latin-1", "replace"), what=folder.path)
    flags = plain(b"(\\Seen)" if is_seen else b"()")
    end = session.finish(plain(b"APPEND"), name, flags, Argument(raw, is_literal=True))
    if end.kind != b"OK":
        raise command_error(end, command="APPEND")
    uidvalidity, _, uid = end.code_argument.partition(b" ")
    return server_id(to_number(uidvalidity), to_number(uid)) if end.code == "APPENDUID" else ""


def find_letters(session: Session, message_id: str) -> UidSet:
    """The letters of the examined folder with exactly this Message-ID; the server's search also finds what only contains it."""
    if not message_id:
        return UidSet()
    charset = [] if message_id.isascii() else [plain(b"CHARSET UTF-8")]
    wanted = astring(message_id.encode(), what="Message-ID")
    found: list[int] = []
    for response in session.run(plain(b"UID SEARCH"), *charset, plain(b"HEADER Message-ID"), wanted):
        if response.kind == b"SEARCH":
            found += [to_number(value) for value in response.values]
    bodies = fetch_headers(session, UidSet.of(found))
    return UidSet.of(body.uid for body in bodies if read_header(body.raw).message_id == message_id)
