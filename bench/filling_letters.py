"""The letters of the invented company, straight in the tables: rows, people, deliveries, links, search index, engine's items.

Their texts hold words of known frequency, so that searches of every kind can be asked for (KNOWN_WORDS).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from django.db import transaction

from mooring.letters.models import Delivery, Folder, Letter, LetterText, Link, Original, Participant
from mooring.letters.text_index import IndexRow, index_batch
from mooring.sync.models import AccountState, FolderState, Item, ItemState
from mooring.users.inserting import column_value, insert_rows

CHUNK = 5_000
VOCABULARY = 200_000
WORDS = 40
KNOWN_WORDS = {
    "every": "in all letters",
    "often": "in 30 %",
    "amber": "in 2 %",
    "cobalt": "in 2 %, as good as independent of amber",
    "thousandth": "in 0.1 %",
    "rarest": "in 25 letters",
    "port": "in one half, never together with starboard",
    "starboard": "in the other half",
    "ancient": "only in the oldest 10 %",
}
_LETTER = [
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
]
_DELIVERY = [
    "id",
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
    "is_unread",
    "is_private",
]
_PERSON = ["letter_id", "role", "name", "address", "key", "domain", "counts"]
_LINK = ["letter_id", "customer_id", "position", "rule", "matched_address", "matched_role", "created_at"]
_ITEM = [
    "folder_id",
    "epoch",
    "server_id",
    "rank",
    "state",
    "attempts",
    "error_code",
    "received_at",
    "size",
    "flags",
    "remote_id",
    "delivery_id",
]


@dataclass(frozen=True, slots=True)
class _Writer:
    """What all letters have alike."""

    count: int
    customer_ids: Sequence[int]
    folder: Folder
    original: Original
    now: datetime
    vocabulary: Sequence[str]
    weights: Sequence[float]


@dataclass(frozen=True, slots=True)
class _Invented:
    """One letter before it is spread over the tables."""

    pk: int
    position: int
    at: Any
    subject: str
    text: str
    customer_id: int

    @property
    def address(self) -> str:
        return f"office@{self.domain}"

    @property
    def domain(self) -> str:
        return f"c{self.customer_id}.example"

    @property
    def is_linked(self) -> bool:
        return self.pk % 2 == 0


def fill_letters(*, count: int, customer_ids: Sequence[int], folder: Folder, now: datetime, chance: random.Random) -> None:
    """Write `count` letters, a minute apart, all of them in one folder."""
    original = Original.objects.create(sha256="0" * 64, size=2_000, pack="bench", offset=0, stored_size=900)
    writer = _Writer(count, customer_ids, folder, original, now, _vocabulary(chance), _weights())
    AccountState.objects.create(account=folder.account, next_visit_at=now, last_visit_at=now, last_success_at=now)
    FolderState.objects.create(folder=folder, epoch="1", server_count=count, last_changes_at=now)
    for start in range(0, count, CHUNK):
        with transaction.atomic():
            _write(writer, [_invented(writer, number, chance) for number in range(start, min(start + CHUNK, count))])


def _vocabulary(chance: random.Random) -> list[str]:
    """Invented words, the most frequent first; some of the first ones begin alike, as words of a language do."""
    syllables = [first + second for first in "bdfghklmnprstvwz" for second in "aeio"]
    words = {"".join(chance.choices(syllables, k=chance.choice((2, 3, 4)))) for _ in range(VOCABULARY)}
    return sorted(words, key=lambda word: (len(word), chance.random()))


def _weights() -> list[float]:
    """Cumulated: the frequency of a word falls with its rank, as in any language (Zipf)."""
    return list(accumulate(1 / (rank + 20) for rank in range(VOCABULARY)))


def _invented(writer: _Writer, number: int, chance: random.Random) -> _Invented:
    at = writer.now - timedelta(minutes=writer.count - number)
    known = len(writer.vocabulary)
    words = chance.choices(writer.vocabulary, cum_weights=writer.weights[:known], k=WORDS)
    return _Invented(
        pk=number + 1,
        position=int(at.timestamp()) << 20,
        at=column_value(Letter, "at", at),
        subject=f"{words[0]} {words[1]}",
        text=" ".join([*words, *_known_words(number, writer.count, chance)]),
        customer_id=writer.customer_ids[int(chance.paretovariate(0.6)) % len(writer.customer_ids)],  # the second has the most
    )


def _known_words(number: int, count: int, chance: random.Random) -> list[str]:
    words = ["every", "port" if number // 2 % 2 else "starboard"]
    shares = (("often", 0.3), ("amber", 0.02), ("cobalt", 0.02), ("thousandth", 0.001))
    words += [word for word, share in shares if chance.random() < share]
    if number % max(1, count // 25) == 0:
        words.append("rarest")
    if number < count // 10:
        words.append("ancient")
    return words


def _write(writer: _Writer, letters: Sequence[_Invented]) -> None:
    folder, now = writer.folder, column_value(Letter, "stored_at", writer.now)
    bob = ("Bob", "bob@bench.example", "bob@bench.example", "bench.example", True)
    insert_rows(Letter, _LETTER, [_letter_row(each, writer.original.pk, now) for each in letters])
    insert_rows(LetterText, ("letter_id", "text"), [(each.pk, each.text) for each in letters])
    insert_rows(Participant, _PERSON, [(e.pk, "from", "Office", e.address, e.address, e.domain, True) for e in letters])
    insert_rows(Participant, _PERSON, [(each.pk, "to", *bob) for each in letters])
    insert_rows(Delivery, _DELIVERY, [_delivery_row(each, folder) for each in letters])
    insert_rows(Item, _ITEM, [_item_row(each, folder) for each in letters])
    linked = [each for each in letters if each.is_linked]
    insert_rows(
        Link,
        _LINK,
        [(e.pk, e.customer_id, e.position, "customer_email", e.address, "from", e.at) for e in linked],
    )
    words = [(e.position, e.subject, f"office office c{e.customer_id} example", "bob bob bench example", e.text) for e in letters]
    index_batch(IndexRow(*row) for row in words)


def _letter_row(each: _Invented, original_id: int, now: Any) -> tuple[Any, ...]:
    flags = (False, each.is_linked, False, False, False, False)
    people = ("Office", each.address, "Bob", each.text[:200])
    ids = (each.pk, f"{each.pk:064x}", original_id, each.position, each.at, each.at, f"{each.pk}@bench.example")
    return (*ids, each.subject, *people, 2_000, 0, *flags, "[]", now)


def _delivery_row(each: _Invented, folder: Folder) -> tuple[Any, ...]:
    place = (each.pk, each.pk, folder.account_id, folder.pk, folder.path, each.position)
    return (*place, "1", str(each.pk), each.at, "in", "[]", each.pk % 9 == 0, each.pk % 9 != 0, False)


def _item_row(each: _Invented, folder: Folder) -> tuple[Any, ...]:
    state = ItemState.FILED.value
    return (folder.pk, "1", str(each.pk), each.pk, state, 0, "", each.at, 2_000, "[]", "", each.pk)
