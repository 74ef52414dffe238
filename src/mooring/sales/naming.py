"""Finding again what a version or a file names, within the rights of whoever brings it in, and adding what is unknown."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, TypeVar

from django.db.models import Max, Q

from mooring.customers.editing import (
    AffiliationData,
    ContactData,
    CustomerData,
    LeadData,
    create_contact,
    create_customer,
    create_lead,
)
from mooring.customers.models import Contact, ContactRole, Customer, EmailAddress, Lead, Source
from mooring.customers.models.lists import ListEntry
from mooring.customers.names import name_key
from mooring.mail.addresses import match_key
from mooring.sales.models import OpportunityKind, Rejection
from mooring.sales.pipeline_content import PersonContent, PipelineContent, Whom
from mooring.users.journal import Actor
from mooring.users.models import User

Entry = TypeVar("Entry", bound=ListEntry)
_WHY: Final = "the program itself brings a pipeline back"


class Names:
    """For one content: what is found or added once is the same ever after. A few queries, however much there is."""

    def __init__(self, content: PipelineContent, *, by: Actor, now: datetime) -> None:
        self._by, self._now = by, now
        self._entries: dict[tuple[type[Any], str], Any] = {}
        self._whom: dict[Whom, Customer | Lead] = {}
        self._contacts: dict[tuple[int, PersonContent], Contact] = {}
        emails = {each.owner.casefold() for each in content.opportunities if each.owner}
        self._owners = {user.email.casefold(): user for user in User.objects.all() if user.email.casefold() in emails}

    def owner(self, email: str) -> User | None:
        """Nobody where the address is of no member of staff here."""
        return self._owners.get(email.casefold())

    def source(self, name: str) -> Source | None:
        return self._entry(Source, name)

    def kind(self, name: str) -> OpportunityKind | None:
        return self._entry(OpportunityKind, name)

    def rejection(self, name: str) -> Rejection | None:
        return self._entry(Rejection, name)

    def role(self, name: str) -> ContactRole | None:
        return self._entry(ContactRole, name)

    def whom(self, wanted: Whom) -> Customer | Lead:
        """By id and name, by number, by name alone; else a new one, of whoever brings it in."""
        if wanted not in self._whom:
            self._whom[wanted] = self._found_whom(wanted) or self._new_whom(wanted)
        return self._whom[wanted]

    def contact(self, wanted: PersonContent, whom: Customer | Lead) -> Contact:
        """By id and name, by address, by name at the customer or lead; else a new one there."""
        key = (whom.pk, wanted)
        if key not in self._contacts:
            self._contacts[key] = self._found_contact(wanted, whom) or self._new_contact(wanted, whom)
        return self._contacts[key]

    def _entry(self, kind: type[Entry], name: str) -> Entry | None:
        name = " ".join(name.split())
        if not name:
            return None
        key = (kind, name.casefold())
        if key not in self._entries:
            rows = kind._default_manager
            found = rows.filter(name__iexact=name).first()
            place = (rows.aggregate(last=Max("place"))["last"] or 0) + 1
            self._entries[key] = found or rows.create(name=name, place=place, retired_at=self._now)
        entry: Entry = self._entries[key]
        return entry

    def _visible(self, model: Any) -> Any:
        if self._by.user is None:
            return model.objects.unscoped(_WHY)
        return model.objects.visible_to(self._by.user)

    def _found_whom(self, wanted: Whom) -> Customer | Lead | None:
        rows = self._visible(Customer if wanted.kind == "customer" else Lead)
        key = name_key(wanted.name)
        ways: Iterable[Q] = (
            Q(pk=wanted.id or 0, name_key=key),
            Q(number=wanted.number) if wanted.number else Q(pk__in=()),
            Q(name_key=key),
        )
        for way in ways:
            found: list[Customer | Lead] = list(rows.filter(way).order_by("pk")[:2])
            if len(found) == 1:
                return found[0]
        return None

    def _new_whom(self, wanted: Whom) -> Customer | Lead:
        """Without its number: that may be somebody else's whom this person does not see."""
        if wanted.kind == "customer":
            return create_customer(data=CustomerData(name=wanted.name, owner=self._by.user), by=self._by, now=self._now)
        return create_lead(data=LeadData(name=wanted.name, owner=self._by.user), by=self._by, now=self._now)

    def _found_contact(self, wanted: PersonContent, whom: Customer | Lead) -> Contact | None:
        rows = self._visible(Contact)
        key = name_key(wanted.name)
        found: Contact | None = rows.filter(pk=wanted.id or 0, name_key=key).first()
        if found is None and wanted.email:
            known = EmailAddress.objects.filter(key=match_key(wanted.email), contact__isnull=False)
            found = rows.filter(pk__in=known.values("contact_id")).order_by("pk").first()
        if found is None:
            place = {"affiliations__customer": whom} if isinstance(whom, Customer) else {"affiliations__lead": whom}
            found = rows.filter(name_key=key, **place).order_by("pk").first()
        return found

    def _new_contact(self, wanted: PersonContent, whom: Customer | Lead) -> Contact:
        place = AffiliationData(
            customer=whom if isinstance(whom, Customer) else None, lead=whom if isinstance(whom, Lead) else None
        )
        emails = (wanted.email,) if match_key(wanted.email) else ()
        data = ContactData(name=wanted.name, emails=emails, affiliations=(place,))
        return create_contact(data=data, by=self._by, now=self._now)
