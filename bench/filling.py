"""A large invented company straight in the tables: its people, customers, contacts, leads and projects. Every row is synthetic.

Three members of staff read it in different ways: Alice administers and sees every record, Bob sells and owns the mailbox that
all letters came through, Eve sells too and sees letters only through the links to her customers.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from bench.filling_letters import fill_letters
from bench.putting_off import indexes_put_off
from mooring.customers.bulk_editing import Wish, change_many
from mooring.customers.child_rows import words_of_data
from mooring.customers.creating_many import create_contacts, create_customers, create_leads
from mooring.customers.info_fields import ChoiceData, InfoFieldData, add_field
from mooring.customers.lists import EntryData, add_entry
from mooring.customers.models import BulkField, Category, Customer, CustomerStatus, Industry, InfoField, Project
from mooring.customers.models.search_word import ProjectWord
from mooring.customers.names import name_key
from mooring.customers.record_data import (
    AffiliationData,
    ContactData,
    CustomerData,
    DomainData,
    LeadData,
    PhoneData,
    ProjectData,
)
from mooring.letters.models import Folder, MailAccount
from mooring.users.groups import add_group, add_member
from mooring.users.inserting import insert_rows
from mooring.users.journal import Actor
from mooring.users.models import Group, User
from mooring.users.staff import add_user

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
CHUNK = 5_000
PASSWORD = "harbour-wall"
PEOPLE = (("alice", "administrator"), ("bob", "sales_person"), ("eve", "sales_person"))
_SYLLABLES = [first + second for first in "bdfghklmnprstvwz" for second in "aeio"]
_ENDS = ("Ltd", "GmbH", "S.A.", "Sp. z o.o.", "Inc", "AB")
_COMMAND = Actor(None, "command")
_GROUPS = 300
_WHY = "the rows are invented"


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is. There are as many contacts as customers, a fifth as many leads and projects; a tenth of the customers
    rest in the archive."""

    customers: int
    letters: int


def fill(size: Size) -> None:
    """Write everything. Customers are owned in turn; every second letter is linked, so some customers have many."""
    _hurry()
    chance = random.Random(7)
    people = [
        add_user(email=f"{name}@bench.example", name=name.title(), role=role, password=PASSWORD, by=_COMMAND, now=NOW)
        for name, role in PEOPLE
    ]
    account = MailAccount.objects.create(
        owner=people[1], your_name="Bob", address="bob@bench.example", is_main=True, created_at=NOW, changed_at=NOW
    )
    folder = Folder.objects.create(account=account, path="INBOX", wire_name="INBOX")
    _fill_groups(people[1:])
    customer_ids: list[int] = []
    chosen = _Chosen.made()
    with indexes_put_off("customers_", "users_journal"):
        for numbers in _portions(size.customers):
            customer_ids += _fill_records(numbers, people, chosen, chance)
    fill_letters(count=size.letters, customer_ids=customer_ids, folder=folder, now=NOW, chance=chance)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What customers have of lists and of additional information: common, and of every 20,000th customer rare."""

    industries: list[Industry]
    statuses: list[CustomerStatus]
    categories: list[Category]
    origin: InfoField
    employees: InfoField

    @classmethod
    def made(cls) -> _Chosen:
        def entries(kind: Any, names: Sequence[str]) -> list[Any]:
            return [add_entry(kind=kind, data=EntryData(name=name), by=_COMMAND, now=NOW) for name in names]

        choices = tuple(ChoiceData(label=label) for label in ("Web", "Fair", "Recommendation", "Fax"))
        return cls(
            entries(Industry, ("Shipping", "Fishing", "Tourism", "Whaling")),
            entries(CustomerStatus, ("Active", "Dormant", "Merged", "Bankrupt")),
            entries(Category, ("Newsletter", "Key", "Partner", "Pilot")),
            add_field(data=InfoFieldData(name="Origin", kind="choice", choices=choices), by=_COMMAND, now=NOW),
            add_field(data=InfoFieldData(name="Employees", kind="number"), by=_COMMAND, now=NOW),
        )

    def of_customer(self, number: int) -> dict[str, Any]:
        place = 3 if number % 20_000 == 777 else number % 3
        return {
            "industry": self.industries[place],
            "status": self.statuses[place],
            "categories": (self.categories[place],),
            "info": {str(self.origin.pk): place + 1, str(self.employees.pk): str(number % 50_000)},
        }


def _hurry() -> None:
    """Without waiting for the disk, and with room for the indexes: a power cut would cost nothing here."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for setting in ("synchronous = OFF", "journal_mode = MEMORY", "cache_size = -1000000"):
                cursor.execute(f"PRAGMA {setting}")


def is_filled(size: Size) -> bool:
    """Whether the database holds a company of this size from an earlier run. Raises SystemExit if it holds another one."""
    customers = Customer.objects.unscoped(_WHY).count()
    if customers not in (0, size.customers):
        raise SystemExit(f"the database holds {customers:,} customers: choose another one, or --customers {customers}")
    return customers > 0


def _portions(count: int) -> Iterator[range]:
    return (range(start, min(start + CHUNK, count)) for start in range(0, count, CHUNK))


def _fill_records(numbers: range, people: Sequence[User], chosen: _Chosen, chance: random.Random) -> list[int]:
    rows = [
        CustomerData(
            name=_company(chance),
            kind="person" if number % 3 == 0 else "company",
            owner=people[number % len(people)],
            emails=(f"office@c{number}.example",),
            phones=(PhoneData(number=f"+48 {_shared(number):09d}"),),
            domains=(DomainData(domain=f"c{_shared(number)}.example"),),
            **chosen.of_customer(number),
        )
        for number in numbers
    ]
    ids = create_customers(rows=rows, by=_COMMAND, now=NOW)
    customers = [Customer(pk=pk, name=row.name) for pk, row in zip(ids, rows, strict=True)]
    resting = [pk for number, pk in zip(numbers, ids, strict=True) if number % 10 == 4]
    change_many(record_ids=resting, wish=Wish(BulkField.ARCHIVED, None), by=_COMMAND, now=NOW)
    contacts = [
        ContactData(
            name=f"{_word(chance).title()} {_word(chance).title()}",
            emails=(f"person@c{number}.example",),
            affiliations=(AffiliationData(customer=customer),),
        )
        for number, customer in zip(numbers, customers, strict=True)
    ]
    create_contacts(rows=contacts, by=_COMMAND, now=NOW)
    leads = [
        LeadData(name=_company(chance), owner=people[number // 5 % len(people)], emails=(f"office@l{number}.example",))
        for number in numbers[::5]
    ]
    create_leads(rows=leads, by=_COMMAND, now=NOW)
    _fill_projects(customers[::5], chance)
    return list(ids)


def _fill_projects(customers: Sequence[Customer], chance: random.Random) -> None:
    data = [ProjectData(name=f"Offer for {_word(chance)} {_word(chance)}", customer=customer) for customer in customers]
    rows: list[Any] = [
        Project(name=each.name, name_key=name_key(each.name), customer=each.customer, created_at=NOW, changed_at=NOW)
        for each in data
    ]
    with transaction.atomic():
        projects = Project.objects.bulk_create(rows, batch_size=500)
        words = [(project.pk, word) for project, each in zip(projects, data, strict=True) for word in words_of_data(each)]
        insert_rows(ProjectWord, ("record_id", "word"), words)


def _shared(number: int) -> int:
    """Of every thousand customers two have one phone and one domain."""
    return number - 1 if number % 1_000 == 8 else number


def _fill_groups(people: Sequence[User]) -> None:
    """A tree with eight groups below each; one of the people works in each."""
    groups: list[Group] = []
    for number in range(_GROUPS):
        parent = groups[(number - 1) // 8] if groups else None
        groups.append(add_group(name=f"Group {number}", parent=parent, by=_COMMAND, now=NOW))
        add_member(group=groups[-1], user=people[number % len(people)], by=_COMMAND, now=NOW)


def _company(chance: random.Random) -> str:
    return f"{_word(chance).title()} {_word(chance).title()} {chance.choice(_ENDS)}"


def _word(chance: random.Random) -> str:
    """An invented word; short ones come again and again, long ones hardly."""
    return "".join(chance.choices(_SYLLABLES, k=chance.choice((2, 2, 3, 4))))
