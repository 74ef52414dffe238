"""Erasing for good: a customer, only from the archive, and a person. Nothing brings it back; the journal says that it was done.

Letters go only where nobody else needs them: one that belongs to another customer, lead or project stays, and so does a private
letter in the mailbox of a colleague. Lines that stand in the journal already stay, as all of them do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from mooring.activities.models import Activity
from mooring.customers.bulk_editing import forget_in_changes
from mooring.customers.models import Affiliation, BulkKind, Contact, Customer, PortalUser, Project
from mooring.letters.erasing import erase_letters
from mooring.letters.linking import keep_linked_true
from mooring.letters.models import Letter, Link, Participant, RecordFile, Rule
from mooring.merging.undoing import forget_merges
from mooring.privacy.package import keys_of
from mooring.sales.models import Opportunity
from mooring.sync.models import BackfillOffer
from mooring.users.journal import Actor, record
from mooring.users.models import User
from mooring.users.permissions import Action

_WHY: Final = "what is erased is counted and removed whoever may see it; the right to erase was asked before"


class UnableToErase(Exception):
    """Nothing was erased; the text is fit for the user."""


@dataclass(frozen=True, slots=True)
class Held:
    """What goes with a customer or a person. Letters that only they have, and those that others need and that stay."""

    letters_alone: int = 0
    letters_of_others: int = 0
    contacts: int = 0
    projects: int = 0
    activities: int = 0
    opportunities: int = 0
    files: int = 0
    portal_users: int = 0


def held_on(customer: Customer) -> Held:
    """The counts that are shown before."""
    own, others = _letters_of(customer)
    return Held(
        letters_alone=len(own),
        letters_of_others=len(others),
        contacts=len(_contacts_of(customer)),
        projects=Project.objects.unscoped(_WHY).filter(customer=customer).count(),
        activities=Activity.objects.unscoped(_WHY).filter(Q(customer=customer) | Q(project__customer=customer)).count(),
        opportunities=Opportunity.objects.unscoped(_WHY).filter(customer=customer).count(),
        files=RecordFile.objects.unscoped(_WHY).filter(customer=customer).count(),
        portal_users=PortalUser.objects.filter(customer=customer).count(),
    )


def erase_customer(*, customer: Customer, typed_name: str, with_letters: bool, by: Actor, now: datetime) -> Held:
    """Remove the customer for good with all that hangs on it; letters stay unlinked, or go too. Raises UnableToErase."""
    with transaction.atomic():
        stored = _erasable(customer, by.user)
        if " ".join(typed_name.split()) != " ".join(stored.name.split()):
            raise UnableToErase(_("The name that was typed is not the name of the customer. Nothing was deleted."))
        held = held_on(stored)
        own, others = _letters_of(stored)
        contacts = _contacts_of(stored)
        if with_letters:
            erase_letters(letter_ids=own, now=now)
        BackfillOffer.objects.filter(customer_id=stored.pk).delete()
        Contact.objects.unscoped(_WHY).filter(pk__in=contacts).delete()
        name, pk = stored.name, stored.pk
        forget_merges(kind="customer", record_id=pk)
        forget_in_changes(kind=BulkKind.CUSTOMER, record_ids=[pk])
        forget_in_changes(kind=BulkKind.CONTACT, record_ids=contacts)
        stored.delete()
        keep_linked_true([*others, *(() if with_letters else own)])
        facts = {"letters_erased": with_letters, **asdict(held)}
        record(by=by, action="erased", kind="customer", record_id=pk, name=name, changes=facts, now=now)
    return held


def held_on_person(contact: Contact) -> Held:
    """The counts that are shown before a person is erased."""
    own, others = _letters_with(contact)
    portal_users = PortalUser.objects.filter(contact=contact).count()
    return Held(letters_alone=len(own), letters_of_others=len(others), portal_users=portal_users)


def erase_contact(*, contact: Contact, typed_name: str, with_letters: bool, by: Actor, now: datetime) -> Held:
    """Remove a person for good, at all customers. The journal's line does not name them. Raises UnableToErase."""
    with transaction.atomic():
        stored = _erasable_person(contact, by.user)
        if " ".join(typed_name.split()) != " ".join(stored.name.split()):
            raise UnableToErase(_("The name that was typed is not the name of the contact. Nothing was deleted."))
        held = held_on_person(stored)
        own, _others = _letters_with(stored)
        if with_letters:
            erase_letters(letter_ids=own, now=now)
        pk = stored.pk
        forget_merges(kind="contact", record_id=pk)
        forget_in_changes(kind=BulkKind.CONTACT, record_ids=[pk])
        stored.delete()
        facts = {"letters_erased": with_letters, **asdict(held)}
        record(by=by, action="erased", kind="contact", record_id=pk, name="", changes=facts, now=now)
    return held


def _erasable(customer: Customer, user: User | None) -> Customer:
    rows = Customer.objects.visible_to(user, Action.ERASE) if user is not None else Customer.objects.unscoped(_WHY)
    stored = rows.select_for_update(of=("self",)).filter(pk=customer.pk).first()
    if stored is None:
        raise UnableToErase(_("You may not delete this customer for good."))
    if stored.archived_at is None:
        raise UnableToErase(_("Only a customer in the archive is deleted for good. Move it there first."))
    return stored


def _erasable_person(contact: Contact, user: User | None) -> Contact:
    rows = Contact.objects.visible_to(user, Action.ERASE) if user is not None else Contact.objects.unscoped(_WHY)
    stored = rows.select_for_update(of=("self",)).filter(pk=contact.pk).first()
    if stored is None:
        raise UnableToErase(_("You may not delete this contact for good."))
    return stored


def _contacts_of(customer: Customer) -> list[int]:
    """People who are at this customer and nowhere else."""
    here = set(Affiliation.objects.filter(customer=customer).values_list("contact_id", flat=True))
    elsewhere = Affiliation.objects.filter(contact__in=here).exclude(customer=customer)
    return sorted(here - set(elsewhere.values_list("contact_id", flat=True)))


def _letters_of(customer: Customer) -> tuple[set[int], set[int]]:
    """Letters that only this customer has, and those that others need too."""
    of_customer = Q(customer=customer) | Q(project__customer=customer)
    linked = set(Link.objects.filter(of_customer, removed_at=None).values_list("letter_id", flat=True))
    return _parted(linked, Link.objects.filter(letter_id__in=linked, removed_at=None).exclude(of_customer))


def _letters_with(contact: Contact) -> tuple[set[int], set[int]]:
    """Letters that are here because of this person alone, and the others in which they take part."""
    keys = keys_of(contact)
    taking_part = set(Participant.objects.filter(key__in=keys).values_list("letter_id", flat=True))
    theirs = Q(rule__in=(Rule.CUSTOMER_CONTACT, Rule.LEAD_CONTACT), matched_address__in=keys)
    own, others = _parted(taking_part, Link.objects.filter(letter_id__in=taking_part, removed_at=None).exclude(theirs))
    because = set(Link.objects.filter(theirs, letter_id__in=own).values_list("letter_id", flat=True))
    return because, others | (own - because)


def _parted(linked: set[int], needing: Iterable[Link]) -> tuple[set[int], set[int]]:
    needed = {link.letter_id for link in needing}
    private = Letter.objects.unscoped(_WHY).filter(pk__in=linked, is_private=True)
    needed.update(private.values_list("pk", flat=True))
    return linked - needed, linked & needed
