"""Files of letters that are being written: attached, taken off again, and swept when no letter needs their bytes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from mooring.letters.attached_files import AttachedFiles, FileTooLarge, KeptFile, UnableToKeepFile
from mooring.letters.drafting import UnableToSaveDraft, editable
from mooring.letters.models import OutgoingAttachment, OutgoingLetter, OutgoingState
from mooring.letters.options import LARGEST_ATTACHMENTS_MB
from mooring.mail.names import safe_name
from mooring.options.values import read
from mooring.users.journal import Actor, record

MOST_FILES: Final = 100
_UNKNOWN_TYPE: Final = "application/octet-stream"


def attach(
    *,
    draft: OutgoingLetter,
    files: AttachedFiles,
    name: str,
    content_type: str,
    chunks: Iterable[bytes],
    content_id: str = "",
    by: Actor,
    now: datetime,
) -> OutgoingAttachment:
    """Keep the bytes, then write the row. With a `content_id` the file is a picture within the text.

    Raises UnableToSaveDraft, also when the letter's files would be larger than an administrator allows.
    """
    used = draft.attachments.aggregate(used=Sum("size"))["used"] or 0
    try:
        kept = files.keep(chunks, most_bytes=max(0, most_bytes() - used))
    except FileTooLarge as error:
        raise UnableToSaveDraft(_too_much()) from error
    except UnableToKeepFile as error:
        raise UnableToSaveDraft(str(error)) from error
    return attach_kept(draft=draft, kept=kept, name=name, content_type=content_type, content_id=content_id, by=by, now=now)


def attach_kept(
    *, draft: OutgoingLetter, kept: KeptFile, name: str, content_type: str, content_id: str = "", by: Actor, now: datetime
) -> OutgoingAttachment:
    """Write the row of a file whose bytes are safe already. Raises UnableToSaveDraft."""
    with transaction.atomic():
        draft = editable(draft, by)
        listed = list(draft.attachments.values_list("size", flat=True))
        if len(listed) >= MOST_FILES:
            raise UnableToSaveDraft(_("A letter has at most %(most)d attachments.") % {"most": MOST_FILES})
        if sum(listed) + kept.size > most_bytes():
            raise UnableToSaveDraft(_too_much())
        content_type = _usable_type(content_type)
        attachment = OutgoingAttachment.objects.create(
            outgoing=draft,
            name=safe_name(name, content_type=content_type, part=str(len(listed) + 1)),
            content_type=content_type,
            size=kept.size,
            sha256=kept.sha256,
            content_id=content_id,
            is_inline=bool(content_id),
        )
        _note(draft, "file_attached", kept.size, by=by, now=now)
    return attachment


def detach(*, attachment: OutgoingAttachment, by: Actor, now: datetime) -> OutgoingLetter:
    """Take a file off. Its bytes stay for two days. Raises UnableToSaveDraft."""
    with transaction.atomic():
        draft = editable(attachment.outgoing, by)
        size = attachment.size
        attachment.delete()
        _note(draft, "file_detached", size, by=by, now=now)
    return draft


def drop_unused_pictures(*, draft: OutgoingLetter, by: Actor, now: datetime) -> int:
    """Take off pictures that were put into the text and deleted from it again; how many. Raises UnableToSaveDraft."""
    pictures = draft.attachments.filter(is_inline=True)
    unused = [each for each in pictures if not draft.is_rich or f"cid:{each.content_id}" not in draft.body_html]
    for each in unused:
        detach(attachment=each, by=by, now=now)
    return len(unused)


def sweep_attached_files(*, files: AttachedFiles, now: datetime) -> int:
    """Remove the bytes that no letter needs any more: what was sent lies in its own original. Returns how many files went."""
    needed = OutgoingAttachment.objects.exclude(outgoing__state=OutgoingState.SENT)
    return files.sweep(used=set(needed.values_list("sha256", flat=True)), now=now)


def _too_much() -> str:
    text = _("The attachments of a letter may have %(most)d MB together; this would be more.")
    return text % {"most": read(LARGEST_ATTACHMENTS_MB)}


def most_bytes() -> int:
    """How much all files of one letter may have together."""
    return read(LARGEST_ATTACHMENTS_MB) * 1_000_000


def _usable_type(content_type: str) -> str:
    """What a browser says of a file; a word of letters, digits and marks on either side of the slash, or unknown."""
    main, slash, sub = content_type.partition(";")[0].strip().lower().partition("/")
    is_usable = slash and len(content_type) <= 120 and main.isalnum() and sub and main not in ("multipart", "message")
    marks = set("+-._")
    return (
        f"{main}/{sub}" if is_usable and all(each.isalnum() or each in marks for each in sub) and sub.isascii() else _UNKNOWN_TYPE
    )


def _note(draft: OutgoingLetter, action: str, size: int, *, by: Actor, now: datetime) -> None:
    name = draft.account.address
    record(by=by, action=action, kind="outgoing", record_id=draft.pk, name=name, changes={"size": size}, now=now)
