"""From the cells of a row to what a form would say: several values in a cell, types in words, names in two columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from mooring.customers.names import fold
from mooring.customers.record_data import (
    AffiliationData,
    ContactData,
    CustomerData,
    DomainData,
    LeadData,
    PhoneData,
    PostalAddressData,
    UnableToSave,
)
from mooring.customers.tagging import typed
from mooring.users.models import User

_BETWEEN_VALUES: Final = re.compile(r"[\s,;|]+|(?=<)")
_NAMED_ADDRESS: Final = re.compile(r'(?<![^,;|>\r\n])(?:"[^"\r\n]*+"|[^<>,;|"@\r\n])*+<([^<>]*+)>')
"""A name and its address. It begins where a value does and never goes back, so that a cell of any length is read at once; what
has an "@" without quotation marks is no name but an address itself."""
_PERSON: Final = frozenset({"person", "private", "individual", "osoba", "osoba fizyczna", "osoba prywatna"})
_COMPANY: Final = frozenset({"", "company", "business", "organization", "organisation", "firma"})
_PHONES: Final = (("phone", ""), ("mobile_phone", gettext_lazy("Mobile")), ("home_phone", pgettext_lazy("phone", "Home")))

Cells = Mapping[str, str]
Owners = Mapping[str, User]


def customer_of(cells: Cells, *, owners: Owners, chosen: Mapping[str, Any]) -> CustomerData:
    """`owners` by their address in lower case, `chosen` what the row says of lists. Raises UnableToSave."""
    return CustomerData(
        kind=_kind(cells),
        domains=tuple(DomainData(domain=text, includes_subdomains=text.startswith("*.")) for text in values(cells, "domains")),
        website=cells.get("website", ""),
        number=cells.get("number", ""),
        owner=_owner(cells, owners),
        **_shared(cells),
        **chosen,
    )


def lead_of(cells: Cells, *, owners: Owners, chosen: Mapping[str, Any]) -> LeadData:
    """As customer_of. Raises UnableToSave for an unknown owner."""
    return LeadData(
        company_name=cells.get("company_name", ""),
        website=cells.get("website", ""),
        number=cells.get("number", ""),
        owner=_owner(cells, owners),
        **_shared(cells),
        **chosen,
    )


def contact_of(cells: Cells, *, at: AffiliationData, chosen: Mapping[str, Any]) -> ContactData:
    """`at` is where the contact is, for which the parent must be looked up."""
    return ContactData(affiliations=(at,), **_shared(cells), **chosen)


def values(cells: Cells, field: str) -> list[str]:
    """The several values of one cell, between blanks, commas or semicolons; of “Ann <ann@a.example>” the address."""
    text = cells.get(field, "")
    if "<" in text and ">" in text:
        text = _NAMED_ADDRESS.sub(r" \1 ", text)
    return [value for value in _BETWEEN_VALUES.split(text) if value]


def _shared(cells: Cells) -> dict[str, Any]:
    """Who has no name is called by the firm, else by the address."""
    whole = " ".join(part for part in (cells.get("first_name", ""), cells.get("last_name", "")) if part)
    emails = (*values(cells, "email"), *values(cells, "more_emails"))
    name = cells.get("name", "") or whole or cells.get("company_name", "") or next(iter(emails), "")
    address = {field: cells.get(field, "") for field in ("street", "postcode", "city", "region", "country")}
    return {
        "name": name,
        "note": cells.get("note", ""),
        "tags": typed(cells.get("tags", "").replace("|", ",")),
        "emails": emails,
        "phones": tuple(
            PhoneData(number=cells[field], label=str(label) if field != "phone" else "")
            for field, label in _PHONES
            if cells.get(field)
        ),
        "addresses": (PostalAddressData(**address),) if any(address.values()) else (),
    }


def _kind(cells: Cells) -> str:
    word = fold(cells.get("kind", ""))
    if word in _PERSON:
        return "person"
    if word in _COMPANY:
        return "company"
    raise UnableToSave({"kind": _("“%(text)s” is neither company nor person.") % {"text": cells["kind"][:40]}})


def _owner(cells: Cells, owners: Owners) -> User | None:
    text = cells.get("owner", "").strip()
    if not text:
        return None
    if text.lower() not in owners:
        raise UnableToSave({"owner": _("Nobody signs in as “%(text)s”.") % {"text": text[:100]}})
    return owners[text.lower()]
