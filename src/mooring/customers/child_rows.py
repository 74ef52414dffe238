"""The rows that belong to a record: e-mail addresses, domains, phones, postal addresses, affiliations, search words.

Rows that stay are left alone: their `created_at` tells later what is new. Runs inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mooring.customers.facts import data_of
from mooring.customers.info_fields import info_fields
from mooring.customers.info_values import keys_of
from mooring.customers.models import (
    Affiliation,
    Category,
    Contact,
    ContactRole,
    Customer,
    CustomerDomain,
    CustomerInfo,
    EmailAddress,
    InfoField,
    Lead,
    Phone,
    PostalAddress,
    Project,
)
from mooring.customers.names import phone_key, words_of
from mooring.customers.record_data import (
    AffiliationData,
    ContactData,
    CustomerData,
    DomainData,
    LeadData,
    PhoneData,
    PostalAddressData,
    ProjectData,
    RecordData,
)
from mooring.customers.tagging import keep_tags
from mooring.customers.word_rows import keep_words
from mooring.mail.addresses import match_key

Reachable = Customer | Lead | Contact


def keep_rows(
    record: Customer | Lead | Contact | Project, data: RecordData, *, now: datetime, info_fields: Sequence[InfoField] = ()
) -> None:
    """Make the record's rows say what `data` (checked before) says."""
    if not isinstance(record, Project) and not isinstance(data, ProjectData):
        _keep_emails(record, data.emails, now=now)
        _keep_phones(record, data.phones)
        _keep_postal_addresses(record, data.addresses)
    if isinstance(record, (Customer, Contact)) and isinstance(data, (CustomerData, ContactData)):
        _keep_categories(record, data.categories)
    if isinstance(record, Customer) and isinstance(data, CustomerData):
        _keep_domains(record, data.domains, now=now)
        _keep_info(record, info_keys(data, info_fields))
    if isinstance(record, Contact) and isinstance(data, ContactData):
        _keep_affiliations(record, data.affiliations, now=now)
    keep_tags(record, data.tags)
    keep_words(record, words_of_data(data))


def keep_found_true(record: Reachable) -> None:
    """Make the record found by what it is called and reached by, after rows of other records were given to it."""
    data = data_of(record)
    if isinstance(record, Customer) and isinstance(data, CustomerData):
        _keep_info(record, info_keys(data, info_fields()))
    keep_words(record, words_of_data(data))


def owned_by(record: Reachable) -> dict[str, Any]:
    """Which of the three owners a row names."""
    return {type(record).__name__.lower(): record}


def words_of_data(data: RecordData) -> list[str]:
    """The words under which a record with these data is found."""
    if isinstance(data, ProjectData):
        return words_of(texts=(data.name,))
    cities = tuple(row.city for row in data.addresses)
    numbers = tuple(phone.number for phone in data.phones)
    emails = tuple(match_key(email) for email in data.emails)
    if isinstance(data, CustomerData):
        domains = tuple(row.domain for row in data.domains)
        return words_of(texts=(data.name, data.number, *cities), emails=emails, domains=domains, phones=numbers)
    if isinstance(data, LeadData):
        return words_of(texts=(data.name, data.company_name, data.number, *cities), emails=emails, phones=numbers)
    return words_of(texts=(data.name, *cities), emails=emails, phones=numbers)


def _keep_emails(record: Reachable, emails: Sequence[str], *, now: datetime) -> None:
    wanted = {match_key(email): email for email in emails}
    main = next(iter(wanted), "")
    kept = {}
    for row in record.emails.all():
        if row.key in wanted:
            kept[row.key] = row
        else:
            row.delete()
    for row in kept.values():
        if row.is_main and row.key != main:
            EmailAddress.objects.filter(pk=row.pk).update(is_main=False)
    for key, email in wanted.items():
        if key not in kept:
            EmailAddress.objects.create(**owned_by(record), address=email, key=key, is_main=key == main, created_at=now)
        elif (kept[key].address, kept[key].is_main) != (email, key == main):
            EmailAddress.objects.filter(pk=kept[key].pk).update(address=email, is_main=key == main)


def _keep_categories(record: Customer | Contact, categories: Sequence[Category]) -> None:
    if {row.pk for row in record.categories.all()} != {row.pk for row in categories}:
        record.categories.set([row.pk for row in categories])


def info_keys(data: CustomerData, fields: Sequence[InfoField]) -> set[tuple[int, str]]:
    """The fields and keys by which a customer with these data is found."""
    return {(field.pk, key) for field in fields for key in keys_of(field, data.info.get(str(field.pk)))}


def _keep_info(customer: Customer, wanted: set[tuple[int, str]]) -> None:
    stored = {(row.field_id, row.key): row.pk for row in customer.info_rows.all()} if not customer._state.adding else {}
    gone = [pk for pair, pk in stored.items() if pair not in wanted]
    if gone:
        CustomerInfo.objects.filter(pk__in=gone).delete()
    CustomerInfo.objects.bulk_create(
        CustomerInfo(record=customer, field_id=field_id, key=key) for field_id, key in sorted(wanted - stored.keys())
    )


def _keep_domains(customer: Customer, domains: Sequence[DomainData], *, now: datetime) -> None:
    """A domain that begins to reach hosts below it becomes a new row: older letters of those hosts are new to it."""
    wanted = {row.domain: row.includes_subdomains for row in domains}
    kept = set()
    for row in customer.domains.all():
        if row.domain not in wanted or (wanted[row.domain] and not row.includes_subdomains):
            row.delete()
            continue
        kept.add(row.domain)
        if row.includes_subdomains != wanted[row.domain]:
            CustomerDomain.objects.filter(pk=row.pk).update(includes_subdomains=wanted[row.domain])
    CustomerDomain.objects.bulk_create(
        CustomerDomain(customer=customer, domain=domain, includes_subdomains=also_below, created_at=now)
        for domain, also_below in wanted.items()
        if domain not in kept
    )


def _keep_phones(record: Reachable, phones: Sequence[PhoneData]) -> None:
    if [PhoneData(number=row.number, label=row.label) for row in record.phones.all()] != list(phones):
        record.phones.all().delete()
        Phone.objects.bulk_create(
            Phone(**owned_by(record), number=row.number, key=phone_key(row.number), label=row.label) for row in phones
        )


def _keep_postal_addresses(record: Reachable, addresses: Sequence[PostalAddressData]) -> None:
    fields = PostalAddressData.__dataclass_fields__
    stored = list(record.postal_addresses.all())
    if [PostalAddressData(**{field: getattr(row, field) for field in fields}) for row in stored] != list(addresses):
        record.postal_addresses.all().delete()
        PostalAddress.objects.bulk_create(
            PostalAddress(**owned_by(record), **{field: getattr(row, field) for field in fields}) for row in addresses
        )


def _keep_affiliations(contact: Contact, affiliations: Sequence[AffiliationData], *, now: datetime) -> None:
    wanted = {row.place: row for row in affiliations}
    kept = set()
    for row in contact.affiliations.all():
        place = (row.customer_id, row.lead_id)
        if place not in wanted:
            row.delete()
            continue
        kept.add(place)
        if (row.job_title, row.role_id) != (wanted[place].job_title, _id_of(wanted[place].role)):
            Affiliation.objects.filter(pk=row.pk).update(job_title=wanted[place].job_title, role=wanted[place].role)
    Affiliation.objects.bulk_create(
        Affiliation(contact=contact, customer=row.customer, lead=row.lead, job_title=row.job_title, role=row.role, created_at=now)
        for place, row in wanted.items()
        if place not in kept
    )


def _id_of(role: ContactRole | None) -> int | None:
    return role.pk if role else None
