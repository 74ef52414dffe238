"""What Halyard & Sons know about their customers, leads, contacts and projects."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from mooring.config.demo.company import Firm, customers, leads
from mooring.config.demo.letters import address_of
from mooring.config.demo.lists import add_lists
from mooring.customers.editing import (
    AffiliationData,
    ContactData,
    CustomerData,
    DomainData,
    LeadData,
    PhoneData,
    PostalAddressData,
    ProjectData,
    create_contact,
    create_customer,
    create_lead,
    create_project,
)
from mooring.customers.models import ContactRole, Customer, Lead
from mooring.users.journal import Actor
from mooring.users.models import User

_NOTES: Final = (
    "Prefers to be telephoned before noon, and to be right after it.",
    "Pays within the week. Send the good biscuits at Christmas.",
    "Always orders ten per cent too little rope; ask twice.",
    "Met at the boat show, by the steam capstan.",
    "",
    "",
    "",
)
_TITLES: Final = ("Skipper", "Purchasing", "Technical manager", "Mate", "Treasurer")
_PROJECTS: Final = ("Refit of {}", "Winter inspection of {}", "New running rigging for {}", "Sails for {}")


def add_records(*, owners: tuple[User | None, ...], by: Actor, now: datetime, chance: Random) -> None:
    """Sixty customers, twenty-five leads, their contacts, and a few projects, entered over the last two years.

    `owners` take turns; the first one looks after those to whom letters.year_of_letters lets alice write.
    """
    lists, taste = add_lists(by=by, at=now - timedelta(days=730)), Random(7)  # noqa: S311  # an invented company
    for number, firm in enumerate(customers()):
        at = now - timedelta(days=700 - 9 * number, hours=chance.randrange(9))
        chosen = lists.of_customer(firm, number, taste)
        customer = _add_customer(
            firm, number, chosen, role=lists.roles[number % 3], owner=owners[number % len(owners)], by=by, at=at, chance=chance
        )
        if number % 4 == 1:
            name = chance.choice(_PROJECTS).format(firm.matter)
            create_project(data=ProjectData(name=name, customer=customer, is_closed=number % 12 == 5), by=by, now=at)
    for number, firm in enumerate(leads()):
        at = now - timedelta(days=100 - 4 * number, hours=chance.randrange(9))
        _add_lead(firm, number, owner=owners[number % len(owners)], by=by, at=at, chance=chance)


def _add_customer(
    firm: Firm,
    number: int,
    chosen: dict[str, Any],
    *,
    role: ContactRole | None,
    owner: User | None,
    by: Actor,
    at: datetime,
    chance: Random,
) -> Customer:
    """Of some, the first person's address is the firm's; of some, the last person is known by the domain only."""
    writes_as_firm = firm.is_person or number % 3 == 0
    main = address_of(firm.people[0], firm) if writes_as_firm else f"office@{firm.domain}"
    customer = create_customer(
        data=CustomerData(
            name=firm.name,
            kind="person" if firm.is_person else "company",
            number=f"H-{1041 + number}",
            website="" if firm.is_person else f"https://www.{firm.domain}",
            note=chance.choice(_NOTES),
            owner=owner,
            emails=(main,),
            domains=() if firm.is_person else (DomainData(domain=firm.domain, includes_subdomains=number % 5 == 0),),
            phones=_phones(firm, number),
            addresses=(PostalAddressData(city=firm.city, country=firm.country),),
            **chosen,
        ),
        by=by,
        now=at,
    )
    known = firm.people[1:] if writes_as_firm else firm.people[: max(1, len(firm.people) - 1)]
    for person in known:
        place = AffiliationData(customer=customer, role=role, job_title=chance.choice(_TITLES))
        create_contact(data=ContactData(name=person, emails=(address_of(person, firm),), affiliations=(place,)), by=by, now=at)
    return customer


def _add_lead(firm: Firm, number: int, *, owner: User | None, by: Actor, at: datetime, chance: Random) -> Lead:
    """Of every other firm the first person is a lead contact, of the others the firm's main address."""
    writes_as_firm = firm.is_person or number % 2 == 0
    lead = create_lead(
        data=LeadData(
            name=firm.name,
            company_name="" if firm.is_person else firm.name,
            note=chance.choice(_NOTES),
            owner=owner,
            emails=(address_of(firm.people[0], firm) if writes_as_firm else f"hello@{firm.domain}",),
            phones=_phones(firm, 60 + number),
            addresses=(PostalAddressData(city=firm.city, country=firm.country),),
        ),
        by=by,
        now=at,
    )
    for person in () if writes_as_firm else firm.people:
        place = AffiliationData(lead=lead, job_title=chance.choice(_TITLES))
        create_contact(data=ContactData(name=person, emails=(address_of(person, firm),), affiliations=(place,)), by=by, now=at)
    return lead


def _phones(firm: Firm, number: int) -> tuple[PhoneData, ...]:
    """From the range that is kept free for stories."""
    if firm.country != "United Kingdom":
        return ()
    return (PhoneData(number=f"+44 1632 960{number:03}", label="office"),)
