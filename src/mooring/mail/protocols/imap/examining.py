"""Opening a folder for reading only, and the complete list of its UIDs.

EXAMINE, not SELECT: nothing a client does in an examined folder can mark a letter as read. Only who removes letters selects.
"""

from __future__ import annotations

from mooring.mail.errors import ProtocolViolation
from mooring.mail.protocols.imap.letters import items_in, uid_in
from mooring.mail.protocols.imap.refusals import folder_error
from mooring.mail.protocols.imap.session import Session
from mooring.mail.protocols.imap.snapshot import Snapshot
from mooring.mail.protocols.imap.uid_sets import UidSet
from mooring.mail.protocols.imap.wire import Argument, Response, Value, astring, plain, to_number
from mooring.mail.types import Folder

_ONE_LINE_SEARCH = 50_000
"""A plain SEARCH answers in one line; above this many letters the UIDs are fetched one per line instead."""

_NUMBER_CODES = frozenset({"UIDVALIDITY", "UIDNEXT", "HIGHESTMODSEQ"})


def examine(session: Session, folder: Folder, *, may_write: bool = False) -> Snapshot:
    """Open the folder and tell how it stands. Raises FolderMissing, ServerBusy, ServerUnavailable."""
    facts: dict[str, int] = {}
    run = session.run_to_end(*_examine_command(session, folder, b"SELECT" if may_write else b"EXAMINE"))
    while True:
        try:
            _note(next(run), facts)
        except StopIteration as stop:
            end: Response = stop.value
            break
    if end.kind != b"OK":
        raise folder_error(end, folder=folder.path)
    if "EXISTS" not in facts:
        raise ProtocolViolation(expected="EXISTS")
    uidnext = facts.get("UIDNEXT") or _next_uid(session, facts["EXISTS"])
    session.is_stirred = False
    return Snapshot(
        uidvalidity=facts.get("UIDVALIDITY", 0),
        uidnext=uidnext,
        messages=facts["EXISTS"],
        modseq=facts.get("HIGHESTMODSEQ", 0),
    )


def _examine_command(session: Session, folder: Folder, command: bytes) -> tuple[Argument, ...]:
    name = astring(folder.wire_name.encode("latin-1", "replace"), what=folder.path)
    if "CONDSTORE" in session.capabilities and not session.enabled:
        return (plain(command), name, plain(b"(CONDSTORE)"))
    return (plain(command), name)


def _note(response: Response, facts: dict[str, int]) -> None:
    if response.kind == b"EXISTS" and response.number is not None:
        facts["EXISTS"] = response.number
    elif response.is_status and response.code in _NUMBER_CODES:
        facts[response.code] = to_number(response.code_argument)


def _next_uid(session: Session, exists: int) -> int:
    """UIDNEXT for a server that does not tell: one above the highest UID."""
    if not exists:
        return 1
    return max(fetched_uids(session, b"*"), default=0) + 1


def fetched_uids(session: Session, wanted: bytes) -> list[int]:
    """Which of these UIDs, in the form of the wire, the opened folder has."""
    responses = session.run(plain(b"UID FETCH %s (UID)" % wanted))
    uids = (uid_in(items_in(response)) for response in responses if response.kind == b"FETCH")
    return [uid for uid in uids if uid]


def all_uids(session: Session, now: Snapshot) -> UidSet:
    """Every UID of the examined folder.

    Raises ProtocolViolation when the server names fewer letters than it says there are: an answer that was cut short
    must never look like letters that vanished.
    """
    if not now.messages:
        return UidSet()
    session.is_stirred = False
    if "ESEARCH" in session.capabilities:
        uids = _esearch(session)
    elif now.messages <= _ONE_LINE_SEARCH:
        uids = _search(session)
    else:
        uids = UidSet.of(fetched_uids(session, b"1:*"))
    if len(uids) < now.messages and not session.is_stirred:
        uids = uids | UidSet.of(fetched_uids(session, b"1:*"))
    if len(uids) < now.messages and not session.is_stirred:
        raise ProtocolViolation(expected=f"{now.messages} UIDs")
    return uids


def _esearch(session: Session) -> UidSet:
    uids = UidSet()
    for response in session.run(plain(b"UID SEARCH RETURN (ALL) ALL")):
        if response.kind == b"ESEARCH":
            uids = uids | _all_in(response.values)
    return uids


def _all_in(values: list[Value]) -> UidSet:
    """The set behind ALL in an ESEARCH response (RFC 4731); missing when nothing was found."""
    words = [value.upper() if isinstance(value, bytes) else b"" for value in values]
    if b"ALL" not in words or words.index(b"ALL") + 1 == len(words):
        return UidSet()
    return UidSet.parse(words[words.index(b"ALL") + 1])


def _search(session: Session) -> UidSet:
    uids: list[int] = []
    for response in session.run(plain(b"UID SEARCH ALL")):
        if response.kind == b"SEARCH":
            uids += [to_number(value) for value in response.values if isinstance(value, bytes)]
    return UidSet.of(uids)
