"""Letters, accounts and arrivals for the tests of the letters room and those above it."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from making import NOW, make_group, make_user
from mooring.letters.arrivals import Arrival
from mooring.letters.matching import Match
from mooring.letters.models import Folder, Letter, MailAccount, TeamAccess
from mooring.letters.packs import KeptOriginal
from mooring.letters.storing import store_batch
from mooring.mail.parsing import read_letter
from mooring.users.models import Group, User

_numbers = count(1)


def make_account(owner: User | None = None, *, address: str = "", **fields: Any) -> MailAccount:
    """An account on a server that nobody connects to, without a password."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "owner": owner or (None if fields.get("is_team") else make_user()),
        "your_name": "Box",
        "address": address or f"box{number}@mooring.example",
        "host": "imap.mooring.example",
        "created_at": NOW,
        "changed_at": NOW,
        **fields,
    }
    return MailAccount.objects.create(**values)


def make_team_account(*members: User, may_write: bool = True, group: Group | None = None, **fields: Any) -> MailAccount:
    """An account of a team, by default of a new group with these members."""
    group = group or make_group(members=members)
    account = make_account(owner=None, is_team=True, **fields)
    TeamAccess.objects.create(account=account, group=group, may_write=may_write)
    return account


def make_folder(account: MailAccount, path: str = "INBOX", **fields: Any) -> Folder:
    return Folder.objects.get_or_create(account=account, wire_name=path, defaults={"path": path, **fields})[0]


def raw_letter(
    *,
    sender: str = "Ann <ann@harbour.example>",
    to: str = "Box <box@mooring.example>",
    subject: str = "Ropes",
    body: str = "How much are ropes?",
    message_id: str | None = None,
    at: datetime = NOW,
    extra: str = "",
) -> bytes:
    """A plain letter; `message_id` None makes one up, "" leaves it out. `extra` is further header lines."""
    identity = f"<{next(_numbers)}@made.example>" if message_id is None else message_id
    lines = [f"From: {sender}", f"To: {to}", f"Subject: {subject}", f"Date: {at:%a, %d %b %Y %H:%M:%S} +0000"]
    lines += [f"Message-ID: {identity}"] if identity else []
    lines += [*extra.splitlines(), "Content-Type: text/plain; charset=utf-8", "", body, ""]
    return "\r\n".join(lines).encode()


def reply(number: int, *refers_to: int, **fields: Any) -> bytes:
    """Letter `number` of a conversation, answering others by their numbers."""
    references = " ".join(f"<{each}@thread>" for each in refers_to)
    extra = f"References: {references}" if refers_to else ""
    return raw_letter(message_id=f"<{number}@thread>", extra=extra, body=f"letter {number}", **fields)


def kept(raw: bytes) -> KeptOriginal:
    """As if the bytes had been kept."""
    return KeptOriginal(hashlib.sha256(raw).hexdigest(), len(raw), "00000001.pack", next(_numbers), len(raw))


def arrival(account: MailAccount, raw: bytes | None = None, *, folder: str = "INBOX", **fields: Any) -> Arrival:
    """The letter arriving in a folder of the account under the next free id."""
    raw = raw_letter() if raw is None else raw
    parsed = read_letter(raw)
    box = make_folder(account, folder)
    values: dict[str, Any] = {
        "account_id": account.pk,
        "folder_id": box.pk,
        "folder_path": folder,
        "epoch": "1",
        "server_id": str(next(_numbers)),
        "original": kept(raw),
        "letter": parsed,
        "received_at": parsed.header.date,
        **fields,
    }
    return Arrival(**values)


def match_of(record: Any, *, rule: str = "", address: str = "ann@harbour.example", role: str = "from") -> Match:
    """That a customer or lead was reached."""
    kind = type(record).__name__.lower()
    return Match(kind, record.pk, rule or f"{kind}_email", address, role)


def make_letter(
    account: MailAccount, *, to_records: tuple[Any, ...] = (), private: bool = False, now: datetime = NOW, **letter: Any
) -> Letter:
    """A stored letter, linked by rule to the given customers and leads."""
    number = next(_numbers)
    raw = raw_letter(**{"at": now + timedelta(seconds=number), **letter})
    matches = tuple(match_of(record) for record in to_records)
    (delivery,) = store_batch(arrivals=[arrival(account, raw, matches=matches, is_private=private)], now=now)
    return delivery.letter
