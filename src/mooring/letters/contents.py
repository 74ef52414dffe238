"""What a stored letter holds: its people, attachments, text and words of the index. Written together, taken out together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from mooring.letters.models import Attachment, Letter, LetterText, Participant
from mooring.letters.shaping import Person, Shape
from mooring.letters.text_index import IndexRow, index_batch, index_rows_of, remove_from_index
from mooring.users.inserting import insert_rows

_FILE_COLUMNS: Final = ("letter_id", "part", "name", "content_type", "size", "sha256", "content_id", "is_inline")


class Contents(NamedTuple):
    """What is written for a letter that has its row."""

    letter_id: int
    position: int
    shape: Shape


def write_contents(contents: Sequence[Contents]) -> None:
    """Write what letters hold that were just saved."""
    insert_rows(LetterText, ("letter_id", "text"), [(letter_id, shape.text) for letter_id, _position, shape in contents])
    insert_rows(
        Participant,
        ("letter_id", *Person._fields),
        [(letter_id, *person) for letter_id, _position, shape in contents for person in shape.people],
    )
    insert_rows(
        Attachment, _FILE_COLUMNS, [(letter_id, *file) for letter_id, _position, shape in contents for file in shape.files]
    )
    index_batch(IndexRow(position, *shape.words) for _letter_id, position, shape in contents)


def remove_contents(letter: Letter) -> None:
    """Take out what the letter holds, so that it can be written anew or the letter can go."""
    remove_from_index(index_rows_of([letter.pk]))
    for contents in (LetterText, Participant, Attachment):
        contents._default_manager.filter(letter=letter).delete()
