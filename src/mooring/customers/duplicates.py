"""Pointing out, while a record is entered, that it may exist already.

Records that the reader may see are named. That a record is known which the reader may not see is said without naming it,
so that two people do not unknowingly work on one customer; kind, owner and count stay unsaid.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.db.models import Q, QuerySet
from django.db.models import TextChoices as Choices
from django.utils.translation import gettext_lazy as _

from mooring.customers.checking import read_domain, read_email
from mooring.customers.models import Contact, Customer, CustomerDomain, EmailAddress, Lead, Phone
from mooring.customers.names import name_key, phone_key
from mooring.customers.record_data import ContactData, CustomerData, LeadData
from mooring.mail.addresses import is_public_domain, match_key
from mooring.users.models import User

Record = Customer | Lead | Contact
_KINDS: Final = (Customer, Lead, Contact)

MOST_SHOWN: Final = 10


class Reason(Choices):
    """Why two records may be one, strongest first."""

    SAME_EMAIL = "same_email", _("Same email address")
    SAME_DOMAIN = "same_domain", _("Same domain")
    SAME_PHONE = "same_phone", _("Same phone number")
    SAME_NAME = "same_name", _("Same name")
    HIDDEN = "hidden", _("A colleague may know this one already. Ask your administrator.")


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A record that may be the same; `record` is None where the reader may not see it."""

    record: Record | None
    reason: Reason


def possible_duplicates(
    *,
    data: CustomerData | LeadData | ContactData,
    reader: User,
    exclude_id: int | None = None,
    kinds: Collection[type[Record]] = _KINDS,
) -> list[Duplicate]:
    """Each record once with its strongest reason, then at most one hint at hidden ones. `data` need not be checked.

    `exclude_id` is the record that is being changed, of the kind of `data`.
    """
    kind = {CustomerData: Customer, LeadData: Lead, ContactData: Contact}[type(data)]
    found: dict[tuple[type[Record], int], Reason] = {}
    for reason, model, record_id in _found(data, kinds):
        if model in kinds and (model, record_id) != (kind, exclude_id):
            found.setdefault((model, record_id), reason)
    return _named_as_far_as_seen(found, reader)


def _found(
    data: CustomerData | LeadData | ContactData, kinds: Collection[type[Record]]
) -> Iterator[tuple[Reason, type[Record], int]]:
    keys = [match_key(read_email(email)) for email in data.emails if read_email(email)]
    yield from _owners(Reason.SAME_EMAIL, EmailAddress.objects.filter(key__in=keys) if keys else None)
    domains = _domains(data, keys)
    if domains:
        rows = CustomerDomain.objects.filter(domain__in=domains).order_by("id")
        yield from ((Reason.SAME_DOMAIN, Customer, row) for row in rows.values_list("customer_id", flat=True)[: MOST_SHOWN * 2])
    phones = [phone_key(row.number) for row in data.phones if phone_key(row.number)]
    yield from _owners(Reason.SAME_PHONE, Phone.objects.filter(key__in=phones) if phones else None)
    if data.name.strip():
        for model in kinds:
            same = model.objects.unscoped("hidden duplicates are hinted at").filter(name_key=name_key(data.name))
            yield from ((Reason.SAME_NAME, model, pk) for pk in same.order_by("id").values_list("pk", flat=True)[:MOST_SHOWN])


def _domains(data: CustomerData | LeadData | ContactData, keys: Iterable[str]) -> set[str]:
    """The domains entered and those of the addresses, unless everybody can have an address there."""
    entered = {read_domain(row.domain) for row in data.domains} if isinstance(data, CustomerData) else set()
    of_addresses = {key.rpartition("@")[2] for key in keys} if not isinstance(data, ContactData) else set()
    return {domain for domain in entered | of_addresses if domain and not is_public_domain(domain)}


def _owners(reason: Reason, rows: QuerySet[EmailAddress] | QuerySet[Phone] | None) -> Iterator[tuple[Reason, type[Record], int]]:
    if rows is None:
        return
    for customer, lead, contact in rows.order_by("id").values_list("customer_id", "lead_id", "contact_id")[: MOST_SHOWN * 2]:
        if customer:
            yield reason, Customer, customer
        elif lead:
            yield reason, Lead, lead
        else:
            yield reason, Contact, contact


def _named_as_far_as_seen(found: dict[tuple[type[Record], int], Reason], reader: User) -> list[Duplicate]:
    seen: dict[tuple[type[Record], int], Record] = {}
    for model in _KINDS:
        ids = [record_id for kind, record_id in found if kind is model]
        if ids:
            visible = model.objects.visible_to(reader).filter(Q(pk__in=ids))
            seen |= {(model, record.pk): record for record in visible}
    named = [Duplicate(seen[key], reason) for key, reason in found.items() if key in seen]
    hint = [Duplicate(None, Reason.HIDDEN)] if len(named) < len(found) else []
    return named[:MOST_SHOWN] + hint
