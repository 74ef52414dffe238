"""A draft -> the exact bytes that will leave: read from its rows, written by mail.writing. Changes nothing."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.crypto import constant_time_compare, salted_hmac

from mooring.letters.accounts import default_account_of
from mooring.letters.attached_files import AttachedFiles
from mooring.letters.models import OutgoingKind, OutgoingLetter, RecipientRole
from mooring.letters.originals import Originals, UnableToRead
from mooring.mail.address_keys import match_key
from mooring.mail.answering import Place, place_after
from mooring.mail.headers import read_header
from mooring.mail.writing import Correspondent, WrittenFile, WrittenLetter, write_letter
from mooring.users.models import User

_SALT: Final = "mooring.letters.outgoing"
_PROOF_LENGTH: Final = 16


@dataclass(frozen=True, slots=True)
class Materials:
    """What making bytes takes: where originals and attached files lie, and chance."""

    originals: Originals
    files: AttachedFiles
    token: Callable[[], str] = lambda: secrets.token_hex(12)
    """Another word of letters and digits at each call that nobody can guess."""


def new_message_id(address: str, *, token: str) -> str:
    """A Message-ID of the address's own domain that proves by a keyed hash that it was made here."""
    domain = match_key(address).rpartition("@")[2]
    return f"{token}.{_proof(token)}@{domain}"


def is_made_here(message_id: str) -> bool:
    """Whether this installation made the Message-ID, so that a letter that refers to it really answers one of ours."""
    token, separator, proof = message_id.rpartition("@")[0].rpartition(".")
    return bool(separator) and constant_time_compare(proof, _proof(token))


def bytes_of(draft: OutgoingLetter, *, message_id: str, materials: Materials, now: datetime) -> bytes:
    """The letter with its Bcc field.

    Raises mail.errors.UnusableName for an address that is none, and attached_files.UnableToReadFile.
    """
    place = _place(draft, materials)
    people = {role: _people(draft, role) for role in RecipientRole.values}
    letter = WrittenLetter(
        sender=Correspondent(draft.account.address, draft.account.your_name),
        message_id=message_id,
        date=_local(now, draft.author),
        to=people[RecipientRole.TO],
        cc=people[RecipientRole.CC],
        bcc=people[RecipientRole.BCC],
        reply_to=_reply_to(draft),
        organization=draft.account.organization,
        subject=draft.subject,
        text=draft.body_text,
        html=draft.body_html if draft.is_rich else "",
        files=_files(draft, materials),
        in_reply_to="" if draft.kind == OutgoingKind.FORWARD else place.in_reply_to,
        references=place.references,
        thread_topic=place.thread_topic,
        thread_index=place.thread_index,
        auto_submitted="" if draft.author_id else "auto-generated",
    )
    return write_letter(letter, boundaries=lambda: f"mooring{materials.token()}")


def _people(draft: OutgoingLetter, role: str) -> tuple[Correspondent, ...]:
    rows = draft.recipients.filter(role=role).order_by("id")
    return tuple(Correspondent(row.address, row.name) for row in rows)


def _files(draft: OutgoingLetter, materials: Materials) -> tuple[WrittenFile, ...]:
    return tuple(
        WrittenFile(row.name, row.content_type, materials.files.read(row.sha256), row.content_id, row.is_inline)
        for row in draft.attachments.order_by("id")
    )


def _reply_to(draft: OutgoingLetter) -> Correspondent | None:
    """The account's reply address; without one, answers go to the author's default account. A team answers as a team."""
    account = draft.account
    if account.reply_address:
        return Correspondent(account.reply_address)
    if account.is_team or draft.author is None:
        return None
    default = default_account_of(draft.author)
    is_other = default is not None and match_key(default.address) != match_key(account.address)
    return Correspondent(default.address, default.your_name) if default is not None and is_other else None


def _place(draft: OutgoingLetter, materials: Materials) -> Place:
    if draft.answers is None:
        return Place()
    try:
        raw = materials.originals.read(draft.answers.original)
    except UnableToRead:
        # The letter is answered all the same; its row knows at least its name.
        message_id = draft.answers.message_id
        return Place(message_id, (message_id,) if message_id else ())
    return place_after(read_header(raw), raw)


def _local(now: datetime, author: User | None) -> datetime:
    """The time as the author's clock shows it; the zone is that of the preferences."""
    return now.astimezone(ZoneInfo(author.time_zone)) if author is not None and author.time_zone else now


def _proof(token: str) -> str:
    return salted_hmac(_SALT, token, algorithm="sha256").hexdigest()[:_PROOF_LENGTH]


__all__ = ("Materials", "bytes_of", "is_made_here", "new_message_id")
