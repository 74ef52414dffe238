"""Which letters portal users of a customer see: marked by staff one by one, never by themselves."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from mooring.customers.models import Customer
from mooring.letters.models import Letter, Link, SharedLetter
from mooring.letters.paging import Page, page_of
from mooring.letters.visibility import letters_shared_with
from mooring.users.journal import Actor, record


class UnableToShare(Exception):
    """The letter is shown as before; the text is fit for the user."""


def share_letter(*, letter: Letter, customer: Customer, by: Actor, now: datetime) -> SharedLetter:
    """Show the letter in the portal of a customer that it is linked to. Raises UnableToShare for a private one."""
    if letter.is_private:
        raise UnableToShare(_("A private email is never shown in the portal."))
    with transaction.atomic():
        if not Link.objects.filter(letter=letter, customer=customer, removed_at=None).exists():
            raise UnableToShare(_("This email is not linked to %(customer)s.") % {"customer": customer})
        values = {"position": letter.position, "shared_by": by.user, "shared_at": now}
        shared, is_new = SharedLetter.objects.get_or_create(letter=letter, customer=customer, defaults=values)
        if is_new:
            _note("letter_shared", letter, customer, by=by, now=now)
    return shared


def unshare_letter(*, letter: Letter, customer: Customer, by: Actor, now: datetime) -> None:
    """Show it there no longer."""
    with transaction.atomic():
        if SharedLetter.objects.filter(letter=letter, customer=customer).delete()[0]:
            _note("letter_unshared", letter, customer, by=by, now=now)


def shared_letters(*, customer: Customer, cursor: str = "", size: int = 30) -> Page[Letter]:
    """A page of what the portal shows of this customer, newest first; one query."""
    return page_of(letters_shared_with(customer), cursor=cursor, size=size, position=lambda letter: letter.position)


def _note(action: str, letter: Letter, customer: Customer, *, by: Actor, now: datetime) -> None:
    facts = {"letter": letter.pk, "subject": letter.subject}
    record(by=by, action=action, kind="customer", record_id=customer.pk, name=customer.name, changes=facts, now=now)
