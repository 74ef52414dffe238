"""New records from a letter: what their forms are filled with, and the letter that is linked once they are saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.http import Http404, HttpRequest
from django.utils import timezone

from mooring.customers.models import Contact, Customer, Lead
from mooring.desk.access import actor_of, letter_for
from mooring.desk.forms.rows import DOMAINS, EMAILS
from mooring.desk.kinds import Record
from mooring.desk.timeline import id_in
from mooring.letters.linking import UnableToLink, add_link

_LONGEST: Final = 320


def start_of(request: HttpRequest, **start: Any) -> dict[str, Any]:
    """What the plain fields begin with: the name in the address, beside what is given."""
    return {**start, "name": request.GET.get("name", "")[:300]}


def first_rows(request: HttpRequest) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """The e-mail address and the domain in the address, as first rows of the form."""
    email, domain = (request.GET.get(name, "")[:_LONGEST] for name in ("email", "domain"))
    return {
        **({EMAILS.name: [{"address": email}]} if email else {}),
        **({DOMAINS.name: [{"domain": domain}]} if domain else {}),
    }


def link_letter(request: HttpRequest, record: Record) -> None:
    """Link the letter that the record was made from. A contact's letter goes where they work. Without a letter, nothing."""
    letter_id = id_in(request.GET.get("letter", ""))
    if letter_id is None:
        return
    try:
        letter = letter_for(request, letter_id)
        for to in _targets(record):
            add_link(letter=letter, to=to, by=actor_of(request), now=timezone.now())
    except (Http404, UnableToLink):
        return  # The letter may be gone by now; the record was wanted all the same.


def _targets(record: Record) -> list[Customer | Lead]:
    if isinstance(record, Contact):
        places = [row.customer or row.lead for row in record.affiliations.select_related("customer", "lead")]
        return [place for place in places if place is not None]
    return [record] if isinstance(record, (Customer, Lead)) else []
