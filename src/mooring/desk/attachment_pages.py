"""All attachments of one's mailboxes or of a customer as a list, newest first; and which of them can be looked at safely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest
from django.utils.translation import gettext as _

from mooring.desk.access import customer_for, user_of
from mooring.letters.bodies import PICTURE_TYPES
from mooring.letters.conversations import MailboxFilters, letters_in
from mooring.letters.mailboxes import FolderCount, Place
from mooring.letters.models import Attachment, Letter, MailAccount
from mooring.letters.paging import Page
from mooring.letters.queries import letters_of
from mooring.ui.parts import KeysetPage

_SIZE: Final = 30
"""So many letters are a page, whatever each brought along."""
TEXT_TYPES: Final = frozenset({"text/plain", "text/csv", "text/markdown", "text/x-log"})
LARGEST_PREVIEW: Final = 20_971_520
"""Bytes; what is larger is for downloading."""


@dataclass(frozen=True, slots=True)
class ListedAttachment:
    """An attachment with its letter and the drawing of its kind."""

    row: Attachment
    letter: Letter
    icon: str
    can_be_shown: bool


def can_be_shown(attachment: Attachment) -> bool:
    """Pictures that browsers draw and plain text. Not PDF: its viewer does not run in a sandbox."""
    kinds = PICTURE_TYPES | TEXT_TYPES
    return attachment.content_type in kinds and attachment.size <= LARGEST_PREVIEW


def icon_of(attachment: Attachment) -> str:
    """The drawing of its kind."""
    kinds = (
        ("image/", _drawing(icon="photo")),
        ("application/pdf", _drawing(icon="file-type-pdf")),
        ("text/calendar", _drawing(icon="calendar-event")),
        ("message/", _drawing(icon="mail")),
        ("application/zip", _drawing(icon="file-zip")),
    )
    return next((icon for start, icon in kinds if attachment.content_type.startswith(start)), _drawing(icon="file"))


def attachments_context(request: HttpRequest, counts: Sequence[FolderCount]) -> dict[str, Any]:
    """The page that the address asks for. A fixed number of queries."""
    accounts = {counted.folder.account_id: counted.folder.account for counted in counts}
    asked = request.GET.get("account", "")
    account = next((each for pk, each in accounts.items() if str(pk) == asked), None)
    customer = request.GET.get("customer", "")
    title, page = _letters(request, list(accounts.values()), account, customer)
    return {
        "title": title,
        "accounts": list(accounts.values()),
        "account": account,
        "customer": customer,
        "files": _files_of(page.rows),
        "page": KeysetPage(page.rows, page.next or None, page.previous or None),
    }


def _letters(
    request: HttpRequest, accounts: Sequence[MailAccount], account: MailAccount | None, customer: str
) -> tuple[str, Page[Letter]]:
    cursor = request.GET.get("after") or request.GET.get("before") or ""
    if customer.isascii() and customer.isdigit():
        record = customer_for(request, int(customer[:18]))
        links = letters_of(record=record, reader=user_of(request), cursor=cursor, size=_SIZE, with_attachments=True)
        return str(record), Page([link.letter for link in links.rows], links.next, links.previous)
    place = Place((account.pk,) if account else tuple(each.pk for each in accounts))
    found = letters_in(place=place, filters=MailboxFilters(has_attachment=True), cursor=cursor, size=_SIZE)
    title = account.address if account else _("All mailboxes")
    return title, Page([row.letter for row in found.rows], found.next, found.previous)


def _files_of(letters: Sequence[Letter]) -> list[ListedAttachment]:
    """In the order of their letters; pictures that stand within the text are no files."""
    rows = Attachment.objects.filter(letter__in=[letter.pk for letter in letters], is_inline=False)
    order = {letter.pk: (place, letter) for place, letter in enumerate(letters)}
    ordered = sorted(rows, key=lambda row: (order[row.letter_id][0], row.pk))
    return [ListedAttachment(row, order[row.letter_id][1], icon_of(row), can_be_shown(row)) for row in ordered]


def _drawing(*, icon: str) -> str:
    """The name of a drawing, written so that the build of the assets finds it."""
    return icon
