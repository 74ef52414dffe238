"""A large invented company straight in the tables: customers, letters, people, links, index. Every row is synthetic."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
CHUNK = 5_000
_SYLLABLES = [first + second for first in "bdfghklmnprstvwz" for second in "aeio"]
_ENDS = ("Ltd", "GmbH", "S.A.", "Sp. z o.o.", "Inc", "AB")


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is."""

    customers: int
    letters: int


def fill(size: Size, *, owners: list[int], account_id: int, folder_id: int) -> None:
    """Write everything. Customers are owned in turn; every second letter is linked, so some customers have many."""
    chance = random.Random(7)
    customer_ids = _fill_customers(size.customers, owners, chance)
    _fill_letters(size.letters, customer_ids, account_id, folder_id, chance)


def word(chance: random.Random) -> str:
    """An invented word; short ones come again and again, long ones hardly."""
    return "".join(chance.choices(_SYLLABLES, k=chance.choice((2, 2, 3, 4))))


def _fill_customers(count: int, owners: list[int], chance: random.Random) -> list[int]:
    from mooring.customers.creating_many import create_customers
    from mooring.customers.record_data import CustomerData
    from mooring.users.journal import Actor
    from mooring.users.models import User

    people = {user.pk: user for user in User.objects.filter(pk__in=owners)}
    ids: list[int] = []
    for start in range(0, count, CHUNK):
        rows = [
            CustomerData(
                name=f"{word(chance).title()} {word(chance).title()} {chance.choice(_ENDS)}",
                owner=people[owners[number % len(owners)]],
                emails=(f"office@c{number}.example",),
            )
            for number in range(start, min(start + CHUNK, count))
        ]
        ids += [record.pk for record in create_customers(rows=rows, by=Actor(None, "command"), now=NOW)]
    return ids


def _fill_letters(count: int, customers: list[int], account_id: int, folder_id: int, chance: random.Random) -> None:
    from django.db import transaction

    from mooring.letters.models import Original

    original = Original.objects.create(sha256="0" * 64, size=2_000, pack="bench", offset=0, stored_size=900)
    numbers: Iterator[int] = iter(range(count))
    while chunk := list(islice(numbers, CHUNK)):
        with transaction.atomic():
            _write_letters(chunk, original.pk, customers, account_id, folder_id, chance)


def _write_letters(
    numbers: list[int], original_id: int, customers: list[int], account_id: int, folder_id: int, chance: random.Random
) -> None:
    from mooring.letters.models import Delivery, Letter, LetterText, Link, Participant
    from mooring.letters.text_index import IndexRow, index_batch
    from mooring.users.inserting import column_value, insert_rows

    letters, texts, people, deliveries, links, index = [], [], [], [], [], []
    for number in numbers:
        pk, at = number + 1, NOW - timedelta(minutes=1_500_000 - number)
        position = int(at.timestamp()) << 20
        moment = column_value(Letter, "at", at)
        customer = customers[int(chance.paretovariate(0.6)) % len(customers)]
        subject, text = f"{word(chance)} {word(chance)}", " ".join(word(chance) for _ in range(40))
        address = f"office@c{customer}.example"
        is_linked = number % 2 == 0
        letters.append(
            (
                pk,
                f"{number:064x}",
                original_id,
                position,
                moment,
                moment,
                f"{number}@bench.example",
                subject,
                "Office",
                address,
                "Bob",
                text[:200],
                2000,
                0,
                False,
                is_linked,
                False,
                False,
                False,
                False,
                "[]",
                moment,
            )
        )
        texts.append((pk, text))
        people.append((pk, "from", "Office", address, address, address.partition("@")[2], True))
        people.append((pk, "to", "Bob", "bob@bench.example", "bob@bench.example", "bench.example", True))
        deliveries.append(
            (pk, account_id, folder_id, "INBOX", position, "1", str(number), moment, "in", "[]", number % 9 == 0, False)
        )
        if is_linked:
            links.append((pk, customer, position, "customer_email", address, "from", moment))
        index.append(IndexRow(position, subject, f"office {address}", "bob bench example", text))
    insert_rows(Letter, _LETTER, letters)
    insert_rows(LetterText, ("letter_id", "text"), texts)
    insert_rows(Participant, ("letter_id", "role", "name", "address", "key", "domain", "counts"), people)
    insert_rows(Delivery, _DELIVERY, deliveries)
    insert_rows(Link, _LINK, links)
    index_batch(index)


_LETTER = (
    "id",
    "fingerprint",
    "original_id",
    "position",
    "at",
    "date",
    "message_id",
    "subject",
    "from_name",
    "from_address",
    "recipients",
    "excerpt",
    "size",
    "attachment_count",
    "is_private",
    "is_linked",
    "is_automatic",
    "is_bulk",
    "is_unverified",
    "is_partial",
    "defects",
    "stored_at",
)
_DELIVERY = (
    "letter_id",
    "account_id",
    "folder_id",
    "folder_path",
    "position",
    "epoch",
    "server_id",
    "received_at",
    "direction",
    "flags",
    "is_seen",
    "is_private",
)
_LINK = ("letter_id", "customer_id", "position", "rule", "matched_address", "matched_role", "created_at")
