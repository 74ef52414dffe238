"""The Emails tab of a card, and the older letters that are offered to a customer or lead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mooring.customers.models import Contact, Customer, Lead, Project
from mooring.desk.access import user_of
from mooring.desk.letter_lines import lines_of_letters, lines_of_links
from mooring.letters.older import MOST_COUNTED
from mooring.letters.queries import letters_of, letters_with
from mooring.sync.backfill import offers_to
from mooring.sync.models import BackfillOffer
from mooring.ui.parts import KeysetPage


@dataclass(frozen=True, slots=True)
class ShownOffer:
    """An offer in words: what was found, and where the letters are."""

    offer: BackfillOffer
    title: str
    detail: str


def letters_tab(request: HttpRequest, record: Customer | Lead | Project | Contact) -> dict[str, Any]:
    """What the tab shows: a page of letters, each with the reason why it is there."""
    cursor = request.GET.get("after") or request.GET.get("before") or ""
    reader = user_of(request)
    if isinstance(record, Contact):
        with_contact = letters_with(contact=record, reader=reader, cursor=cursor)
        lines, next_, previous = lines_of_letters(with_contact.rows), with_contact.next, with_contact.previous
    else:
        of_record = letters_of(record=record, reader=reader, cursor=cursor)
        lines, next_, previous = lines_of_links(of_record.rows), of_record.next, of_record.previous
    return {"tab": "emails", "page": KeysetPage(lines, next_ or None, previous or None)}


def offers_shown(record: object) -> list[ShownOffer]:
    """The offers to a customer or lead that wait for an answer; others have none. One query."""
    if not isinstance(record, (Customer, Lead)):
        return []
    return [_shown(offer) for offer in offers_to(record)[:5]]


def _shown(offer: BackfillOffer) -> ShownOffer:
    total = offer.kept_count + offer.on_server_count
    facts = {"count": _count(total), "address": offer.address}
    title = ngettext("%(count)s older letter of %(address)s", "%(count)s older letters of %(address)s", total) % facts
    numbers = {"kept": _count(offer.kept_count), "on_server": _count(offer.on_server_count)}
    if not offer.on_server_count:
        detail = _("Kept in the archive already, but not shown on this card yet.")
    elif not offer.kept_count:
        detail = _("Still on the mail server only; the next visit would fetch them.")
    else:
        said = _("In the archive already: %(kept)s. To be fetched from the mail server: %(on_server)s.")
        detail = said % numbers
    return ShownOffer(offer, title, detail)


def _count(number: int) -> str:
    return f"{MOST_COUNTED}+" if number >= MOST_COUNTED else str(number)
