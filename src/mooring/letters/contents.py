"""What a stored letter holds: its people, attachments, text and words of the index. Written together, taken out together."""

from __future__ import annotations

from collections.abc import Sequence

from mooring.letters.arrivals import Arrival, Person, attachments_of, people_of, text_of
from mooring.letters.models import Attachment, Letter, LetterText, Participant
from mooring.letters.text_index import index_batch, index_row, index_rows_of, remove_from_index
from mooring.users.inserting import insert_records, insert_rows


def write_contents(arrivals: Sequence[Arrival], letters: Sequence[Letter]) -> None:
    """Write the contents of letters just saved, in the same order as their arrivals."""
    texts = [text_of(each) for each in arrivals]
    people = [people_of(each.letter.header) for each in arrivals]
    files = [attachments_of(each.letter, letter) for each, letter in zip(arrivals, letters, strict=True)]
    insert_rows(LetterText, ("letter_id", "text"), [(letter.pk, text) for letter, text in zip(letters, texts, strict=True)])
    named = zip(letters, people, strict=True)
    insert_rows(
        Participant, ("letter_id", *Person._fields), [(letter.pk, *person) for letter, those in named for person in those]
    )
    insert_records([row for rows in files for row in rows])
    index_batch(
        index_row(
            letter=letter,
            people=[(person.role, person.name, person.address) for person in those],
            text=text,
            attachment_names=[row.name for row in attached],
        )
        for letter, those, text, attached in zip(letters, people, texts, files, strict=True)
    )


def remove_contents(letter: Letter) -> None:
    """Take out what the letter holds, so that it can be written anew or the letter can go."""
    remove_from_index(index_rows_of([letter.pk]))
    for contents in (LetterText, Participant, Attachment):
        contents._default_manager.filter(letter=letter).delete()
