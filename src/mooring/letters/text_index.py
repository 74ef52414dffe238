"""The full-text index of letters: writing it. An FTS5 table on SQLite, a table of vectors on PostgreSQL (migration 0002).

Its key is Letter.position, so that newest first is the order of the index. Everything in it can be made again from the
letters. The four fields are those that a search can name: subject, sender, recipients, text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Final, NamedTuple

from django.db import connection, transaction

from mooring.letters.models import Letter
from mooring.letters.shaping import Words, words_of

TABLE: Final = "letters_index"
MOST_POSITION: Final = 16_383
"""The highest position of a word that PostgreSQL tells apart."""
MOST_POSITIONS: Final = 255
"""How many positions of one word PostgreSQL keeps in a letter."""


class IndexRow(NamedTuple):
    """What the index knows of a letter: its position and its Words."""

    position: int
    subject: str
    sender: str
    recipients: str
    text: str


def index_batch(rows: Iterable[IndexRow]) -> None:
    """Add rows of letters that are not in the index yet."""
    # FTS5 begins a new segment whenever a row id is not higher than the one before.
    ordered = sorted(rows, key=itemgetter(0))
    if not ordered:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(
                f"INSERT INTO {TABLE} (rowid, subject, sender, recipients, text) VALUES (%s, %s, %s, %s, %s)",  # noqa: S608
                ordered,
            )
        else:
            cursor.execute(
                f"INSERT INTO {TABLE} (position, words) SELECT * FROM unnest(%s::bigint[], %s::tsvector[]) "  # noqa: S608
                "ON CONFLICT (position) DO UPDATE SET words = excluded.words",
                [[row.position for row in ordered], [vector_of(row) for row in ordered]],
            )


def remove_from_index(rows: Sequence[IndexRow]) -> None:
    """Take rows out again; they must be exactly as they were added, for FTS5 keeps no copy of the text."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(
                f"INSERT INTO {TABLE} ({TABLE}, rowid, subject, sender, recipients, text) "  # noqa: S608
                "VALUES ('delete', %s, %s, %s, %s, %s)",
                rows,
            )
        else:
            cursor.execute(f"DELETE FROM {TABLE} WHERE position = ANY(%s)", [[row.position for row in rows]])  # noqa: S608


def index_rows_of(letter_ids: Sequence[int]) -> list[IndexRow]:
    """The rows of stored letters as they are in the index, with four queries."""
    letters = Letter.objects.unscoped("the text index holds every letter").filter(pk__in=letter_ids).select_related("text")
    rows = letters.prefetch_related("participants", "attachments").order_by("position")
    return [IndexRow(letter.position, *_words_of_rows(letter)) for letter in rows]


def _words_of_rows(letter: Letter) -> Words:
    return words_of(
        subject=letter.subject,
        people=[(person.role, person.name, person.address) for person in letter.participants.all()],
        text=letter.text.text if hasattr(letter, "text") else "",
        attachment_names=[attachment.name for attachment in letter.attachments.all()],
    )


def rebuild_index(*, batch_size: int = 500) -> int:
    """Empty the index and make it again from the letters, oldest first. Returns how many letters it holds."""
    with transaction.atomic():
        empty_index()
        ids = list(Letter.objects.unscoped("the text index holds every letter").order_by("position").values_list("pk", flat=True))
        for start in range(0, len(ids), batch_size):
            index_batch(index_rows_of(ids[start : start + batch_size]))
    return len(ids)


def empty_index() -> None:
    """Forget every row."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"INSERT INTO {TABLE} ({TABLE}) VALUES ('delete-all')")  # noqa: S608
        else:
            cursor.execute(f"DELETE FROM {TABLE}")  # noqa: S608


def vector_of(row: IndexRow) -> str:
    """The row in PostgreSQL's own notation: words hold letters and digits only, so nothing needs quoting."""
    places: dict[str, list[str]] = {}
    position = 0
    for weight, field in (("A", row.subject), ("B", row.sender), ("C", row.recipients), ("D", row.text)):
        for word in field.split():
            position += 1
            known = places.setdefault(word, [])
            if len(known) < MOST_POSITIONS:
                known.append(f"{min(position, MOST_POSITION)}{weight}")
        position += 1
    return " ".join(f"{word}:{','.join(known)}" for word, known in places.items())
