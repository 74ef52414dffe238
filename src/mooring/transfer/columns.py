"""Which column of a file is which field, by the names that people and programs give them, in English and Polish."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from mooring.customers.names import words_in

Kind = Literal["customers", "leads", "contacts"]

_NAMES: Final = {
    "number": "id|no|nr|number|numer|external id|customer no|customer number|customer id|client id|account number|numer klienta"
    "|nr klienta|lead id|lead number|numer leada|contact id",
    "name": "name|full name|display name|nazwa|customer|customer name|client|klient|nazwa klienta|imie i nazwisko|lead|lead name"
    "|contact|contact name|kontakt|osoba|nazwa kontaktu",
    "company_name": "company|company name|organization|organisation|firma|nazwa firmy|organizacja",
    "first_name": "first name|given name|imie",
    "last_name": "last name|surname|family name|nazwisko",
    "email": "email|e mail|mail|email address|e mail address|primary email|main email|adres email|adres e mail|poczta"
    "|email 1|e mail 1|main e mail|glowny e mail|glowny email",
    "more_emails": "secondary email|emails|e mails|email 2|e mail 2|email 3|e mail 3|further emails|further e mails|other emails"
    "|dodatkowe e maile|dodatkowy e mail|inne e maile",
    "domains": "domains|domain|domain s|email domain|email domains|domeny|domena|domena y",
    "phone": "phone|phones|phone number|telephone|tel|telefon|telefony|numer telefonu|work phone|telefon sluzbowy",
    "mobile_phone": "mobile|mobile phone|mobile number|cell phone|komorka|telefon komorkowy",
    "home_phone": "home phone|telefon domowy",
    "website": "website|web site|web page|web page 1|www|url|homepage|strona|strona www|strona internetowa",
    "note": "note|notes|comment|comments|notatka|notatki|uwagi|opis|description",
    "kind": "kind|type|customer type|typ|rodzaj|typ klienta",
    "street": "street|address|street address|work address|ulica|adres",
    "postcode": "postcode|postal code|zip|zip code|zipcode|work zipcode|kod|kod pocztowy",
    "city": "city|town|work city|miasto|miejscowosc",
    "region": "region|state|province|county|work state|wojewodztwo",
    "country": "country|work country|kraj|panstwo",
    "owner": "owner|assigned to|sales person|opiekun|wlasciciel|handlowiec",
    "parent_kind": "parent kind|parent type|belongs to type|typ nadrzednego|rodzaj nadrzednego",
    "parent_id": "parent id|parent number|parent|belongs to|id nadrzednego|nadrzedny",
    "job_title": "job title|title|position|role|stanowisko|funkcja",
    "role": "contact role|role of contact|rola kontaktu|rola",
    "status": "status|customer status|status klienta",
    "industry": "industry|branza|sector",
    "source": "source|lead source|origin|zrodlo",
    "categories": "categories|category|kategorie|kategoria",
    "tags": "tags|tag|labels|label|tagi|etykiety|etykieta",
}
_NAMES_OF_ALL: Final = (
    *("name", "first_name", "last_name", "company_name", "number", "email", "more_emails", "phone", "mobile_phone", "home_phone"),
    *("website", "note", "tags", "street", "postcode", "city", "region", "country"),
)
_OF_LISTS: Final = frozenset({"status", "industry", "source", "categories", "role"})
_FIELD_OF: Final = {name: field for field, names in _NAMES.items() for name in names.split("|")}
_NUMBERS_OF_PARENTS: Final = (
    "customer no|customer number|customer id|numer klienta|nr klienta|lead id|lead number|customer|lead|klient"
)
_OTHERWISE: Final[dict[Kind, dict[str, str]]] = {
    "customers": {"company": "name", "company name": "name", "firma": "name", "nazwa firmy": "name", "organization": "name"},
    "leads": {},
    "contacts": dict.fromkeys(_NUMBERS_OF_PARENTS.split("|"), "parent_id"),
}
"""Names that mean something else in a file of this kind."""


FIELDS: Final[dict[Kind, tuple[str, ...]]] = {
    "customers": (*_NAMES_OF_ALL, "kind", "domains", "owner"),
    "leads": (*_NAMES_OF_ALL, "owner"),
    "contacts": (*_NAMES_OF_ALL, "job_title", "parent_id", "parent_kind"),
}
"""What a column can be."""


@dataclass(frozen=True, slots=True)
class Columns:
    """`field_at` gives for each column its field or an empty text; `unknown` are the names that say nothing to us."""

    field_at: tuple[str, ...]
    unknown: tuple[str, ...]


def recognise(
    header: Sequence[str], kind: Kind, *, lists: Collection[str] = (), more: Mapping[str, str] | None = None
) -> Columns:
    """Case, accents and punctuation do not count; of two columns for one field the first one is it.

    `lists` are the fields that choose from lists and that the installation knows; `more` are fields by the names that
    administrators gave them. Where one of these is called like a field of ours, ours is meant.
    """
    named = {" ".join(words_in(name)): field for name, field in (more or {}).items()}
    fields: list[str] = []
    unknown = []
    for name in header:
        plain = " ".join(words_in(name))
        field = _OTHERWISE[kind].get(plain) or _FIELD_OF.get(plain, "")
        if field in _OF_LISTS and field not in lists:
            field = ""
        field = field or named.get(plain, "")
        if field in fields and field != "more_emails":
            field = ""
        fields.append(field)
        if not field and name:
            unknown.append(name)
    return Columns(tuple(fields), tuple(unknown))
