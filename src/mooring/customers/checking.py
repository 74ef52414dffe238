"""Making what people enter fit to be stored, or saying in words what is wrong. Reads nothing, writes nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from operator import attrgetter, gt
from typing import Any, Final, TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from mooring.customers.models import CustomerKind
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
    TagData,
    UnableToSave,
    in_order,
)
from mooring.mail.addresses import domain_key, match_key

Data = TypeVar("Data", bound=RecordData)

MOST_ROWS: Final = 200
"""Addresses, domains or phones of one record."""
LONGEST_NOTE: Final = 100_000
LONGEST_TAG: Final = 60
MOST_TAGS: Final = 50
LONGEST: Final = {"name": 300, "number": 40, "company_name": 300, "website": 300}

_ADDRESS_LENGTHS: Final = {"label": 40, "street": 300, "postcode": 20, "city": 120, "region": 120, "country": 80}
_parts_of_address = attrgetter(*_ADDRESS_LENGTHS)
_TURNS_TEXT_ROUND: Final = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""Direction overrides, with which a name can be shown as another one."""
_is_web_address = URLValidator(schemes=["http", "https"])


def checked(data: Data) -> Data:
    """The same data, tidied: blanks, keys, no row twice. Raises UnableToSave naming every field that is no good."""
    problems: dict[str, str] = {}
    tidy = _tidy_fields(data, problems)
    tidy["tags"] = tidy_tags(data.tags, problems)
    if not isinstance(data, ProjectData):
        tidy |= _tidy_rows(data, problems)
    if isinstance(data, CustomerData):
        if data.kind not in CustomerKind.values:
            problems["kind"] = _("Choose company or person.")
        tidy["domains"] = _tidy_domains(data.domains, problems)
    if isinstance(data, ContactData):
        tidy["affiliations"] = _tidy_affiliations(data.affiliations, problems)
    if problems:
        raise UnableToSave(problems)
    return type(data)(**{name: getattr(data, name) for name in data.__dataclass_fields__ if name not in tidy}, **tidy)


def line(text: str) -> str:
    """One line of text without control characters and needless blanks; what no database can keep becomes "?"."""
    if text.isascii() and text.isprintable():
        return text.strip() if "  " not in text else " ".join(text.split())
    text = text.encode("utf-8", "replace").decode("utf-8").translate(_TURNS_TEXT_ROUND)
    kept = (" " if unicodedata.category(character) == "Cc" else character for character in text)
    return " ".join("".join(kept).split())


def read_domain(text: str) -> str:
    """The host that a person means: "@Example.com", "https://example.com/a" and "*.example.com" are example.com. Else empty."""
    text = text.strip().lower()
    text = re.sub(r"^[a-z]+://", "", text) if "://" in text else text
    text = text.partition("/")[0].rpartition("@")[2].removeprefix("*.")
    domain = domain_key(text)
    last = domain.rpartition(".")[2]
    return domain if "." in domain and not last.isdigit() else ""


def read_email(text: str) -> str:
    """The bare address that a person means, empty when it is none: "mailto:" and angle brackets are taken off."""
    text = text.strip()
    if text.startswith("<") and text.endswith(">"):
        text = text[1:-1].strip()
    text = text[len("mailto:") :] if text[: len("mailto:")].lower() == "mailto:" else text
    return text if match_key(text) else ""


def _tidy_fields(data: RecordData, problems: dict[str, str]) -> dict[str, Any]:
    tidy: dict[str, Any] = {field: line(getattr(data, field)) for field in LONGEST if field in data.__dataclass_fields__}
    if not tidy["name"]:
        problems["name"] = _("Enter a name.")
    if tidy.get("website"):
        tidy["website"] = _tidy_website(tidy["website"], problems)
    for field, value in tidy.items():
        if len(value) > LONGEST[field]:
            problems[field] = _("Enter at most %(most)d characters.") % {"most": LONGEST[field]}
    note = data.note.replace("\x00", "").replace("\r\n", "\n") if data.note else ""
    tidy["note"] = note.encode("utf-8", "replace").decode("utf-8").strip()
    if len(tidy["note"]) > LONGEST_NOTE:
        problems["note"] = _("Enter at most %(most)d characters.") % {"most": LONGEST_NOTE}
    return tidy


def _tidy_website(text: str, problems: dict[str, str]) -> str:
    website = text if "://" in text else f"https://{text}"
    try:
        _is_web_address(website)
    except ValidationError:
        problems["website"] = _("Enter a web address, like https://example.com.")
    return website


def _tidy_rows(data: CustomerData | LeadData | ContactData, problems: dict[str, str]) -> dict[str, Any]:
    emails = _tidy_emails(data.emails, problems)
    phones = _tidy_phones(data.phones, problems)
    addresses = _tidy_postal_addresses(data.addresses, problems)
    for field, rows in (("emails", emails), ("phones", phones), ("addresses", addresses)):
        if len(rows) > MOST_ROWS:
            problems[field] = _("Enter at most %(most)d rows.") % {"most": MOST_ROWS}
    return {"emails": emails, "phones": phones, "addresses": addresses}


def _tidy_emails(emails: Iterable[str], problems: dict[str, str]) -> tuple[str, ...]:
    by_key: dict[str, str] = {}
    for text in emails:
        email = read_email(text)
        if email:
            by_key.setdefault(match_key(email), email)
        elif text.strip():
            problems["emails"] = _("“%(text)s” is not a complete email address.") % {"text": line(text)[:100]}
    return tuple(by_key.values())


def _tidy_domains(domains: Iterable[DomainData], problems: dict[str, str]) -> tuple[DomainData, ...]:
    by_key: dict[str, DomainData] = {}
    for row in domains:
        domain = read_domain(row.domain)
        if domain:
            also_below = row.includes_subdomains or (domain in by_key and by_key[domain].includes_subdomains)
            by_key[domain] = DomainData(domain=domain, includes_subdomains=also_below)
        elif row.domain.strip():
            problems["domains"] = _("“%(text)s” is not a domain, like example.com.") % {"text": line(row.domain)[:100]}
    if len(by_key) > MOST_ROWS:
        problems["domains"] = _("Enter at most %(most)d rows.") % {"most": MOST_ROWS}
    return tuple(by_key.values())


def _tidy_phones(phones: Iterable[PhoneData], problems: dict[str, str]) -> tuple[PhoneData, ...]:
    tidy = dict.fromkeys(PhoneData(number=line(row.number), label=line(row.label)) for row in phones)
    for row in tidy:
        if len(row.number) > 60 or len(row.label) > 40:
            problems["phones"] = _("“%(text)s” is too long for a phone number.") % {"text": row.number[:60]}
    return tuple(row for row in tidy if row.number)


def _tidy_postal_addresses(rows: Iterable[PostalAddressData], problems: dict[str, str]) -> tuple[PostalAddressData, ...]:
    tidy: dict[PostalAddressData, None] = {}
    for row in rows:
        label, *parts = map(line, _parts_of_address(row))
        if any(map(gt, map(len, (label, *parts)), _ADDRESS_LENGTHS.values())):
            problems["addresses"] = _("A part of the address is too long.")
        if any(parts):
            tidy[PostalAddressData(**dict(zip(_ADDRESS_LENGTHS, (label, *parts), strict=True)))] = None
    return tuple(tidy)


def tidy_tags(tags: Iterable[TagData], problems: dict[str, str]) -> tuple[TagData, ...]:
    """Each once, by name; what is wrong with them is put into `problems`."""
    tidy = in_order(replace(tag, name=name) for tag in tags if (name := line(tag.name)))
    for tag in tidy:
        if len(tag.name) > LONGEST_TAG or set(tag.name) & set(",;"):
            problems["tags"] = _("“%(text)s” is no tag: at most %(most)d characters, no commas.") % {
                "text": tag.name[:LONGEST_TAG],
                "most": LONGEST_TAG,
            }
    if len(tidy) > MOST_TAGS:
        problems["tags"] = _("A record has at most %(most)d tags.") % {"most": MOST_TAGS}
    return tidy


def _tidy_affiliations(rows: Iterable[AffiliationData], problems: dict[str, str]) -> tuple[AffiliationData, ...]:
    tidy: dict[tuple[int | None, int | None], AffiliationData] = {}
    for row in rows:
        if (row.customer is None) == (row.lead is None):
            problems["affiliations"] = _("A contact is at a customer or at a lead.")
            continue
        job_title = line(row.job_title)
        if len(job_title) > 120:
            problems["affiliations"] = _("The job title may have at most 120 characters.")
        tidy.setdefault(row.place, replace(row, job_title=job_title))
    if not tidy and "affiliations" not in problems:
        problems["affiliations"] = _("Choose the customer or lead that the contact belongs to.")
    return tuple(tidy.values())
