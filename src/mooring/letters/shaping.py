"""What the archive keeps of a letter, cut to size and made fit for a database. Pure, so that it can run in a parser's child.

The shape is plain values only: it crosses from the child as it is, and goes into rows as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice
from typing import Any, Final, NamedTuple, TypeAlias

from mooring.letters.words import folded
from mooring.mail.threads import joining_ids
from mooring.mail.types import Attachment, Header, ParsedLetter

SHAPER: Final = "mooring.letters.shaping:shaped"
"""How a parser is told to have its children shape letters (mail.parser_process.Parser)."""
LONGEST_TEXT: Final = 200_000
MOST_PARTICIPANTS: Final = 2_000
MOST_ATTACHMENTS: Final = 1_000

File: TypeAlias = tuple[str, str, str, int, str, str, bool]
"""The columns of an Attachment after its letter: part, name, content_type, size, sha256, content_id, is_inline."""


class Person(NamedTuple):
    """An address in a letter's headers: the columns of a Participant after its letter."""

    role: str
    name: str
    address: str
    key: str
    domain: str
    counts: bool


class Words(NamedTuple):
    """The fields that a search can name, each folded by words.folded."""

    subject: str
    sender: str
    recipients: str
    text: str


class Shape(NamedTuple):
    """A letter as rows hold it."""

    message_id: str
    subject: str
    from_name: str
    from_address: str
    recipients: str
    excerpt: str
    attachment_count: int
    defects: str
    """A list as JSON."""
    text: str
    people: list[tuple[str, str, str, str, str, bool]]
    """The columns of Person."""
    files: list[File]
    words: tuple[str, str, str, str]
    """The fields of Words."""
    joining_ids: tuple[str, ...]
    """mail.threads.joining_ids of the letter."""


def shaped(letter: ParsedLetter) -> tuple[Any, ...]:
    """The values of the letter's Shape."""
    header = letter.header
    sender = header.from_[0] if header.from_ else None
    subject, text = storable(header.subject, 1000), storable(letter.text, LONGEST_TEXT)
    people, files = _people(header), _files(letter.attachments)
    words = words_of(
        subject=subject,
        people=((role, name, address) for role, name, address, _key, _domain, _counts in people),
        text=text,
        attachment_names=[name for _part, name, *_rest in files],
    )
    return (
        storable(header.message_id, 400),
        subject,
        storable(sender.name, 300) if sender else "",
        storable(sender.address, 320) if sender else "",
        _recipients(header),
        _excerpt(letter.text),
        len(letter.attachments),
        _as_json(*header.defects, *letter.defects),
        text,
        people,
        files,
        tuple(words),
        joining_ids(message_id=header.message_id, in_reply_to=header.in_reply_to, references=header.references),
    )


def shape_of(letter: ParsedLetter) -> Shape:
    """The letter's shape, made by the child that read it, else here and now."""
    return Shape(*(shaped(letter) if letter.shape is None else letter.shape))


def words_of(*, subject: str, people: Iterable[tuple[str, str, str]], text: str, attachment_names: Iterable[str]) -> Words:
    """The words of a letter as they stand in its rows. `people` are (role, name, address) in the order of their ids."""
    senders: list[str] = []
    recipients: list[str] = []
    for role, name, address in people:
        (recipients if role in ("to", "cc", "bcc") else senders).append(f"{name} {address}")
    return Words(
        subject=folded(subject),
        sender=_words_of_people(senders),
        recipients=_words_of_people(recipients),
        text=folded(" ".join((text, *attachment_names))),
    )


def _words_of_people(people: list[str]) -> str:
    if len(people) > _FEW_PEOPLE:
        return folded(" | ".join(people))
    return " ".join(filter(None, map(_folded_person, people)))


_FEW_PEOPLE: Final = 100
_folded_person = lru_cache(maxsize=8_192)(folded)
"""The same people stand in most letters of a mailbox."""


def _excerpt(text: str) -> str:
    """The first 300 characters in one line. Most texts need little more for it; of one full of blanks 1,000 are looked at."""
    line = " ".join(text[:400].split())
    return storable(line if len(line) >= 300 else " ".join(text[:1_000].split()), 300)


@lru_cache(maxsize=256)
def _as_json(*defects: str) -> str:
    return json.dumps([storable(defect, 200) for defect in defects[:100]])


def storable(text: str, limit: int) -> str:
    """At most `limit` characters of a stranger's text, without what databases refuse: NUL and lone surrogates."""
    if len(text) > limit:
        text = text[:limit]
    if "\0" in text:
        text = text.replace("\0", "")
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode()


def _people(header: Header) -> list[tuple[str, str, str, str, str, bool]]:
    """Of a letter to thousands only the first thousands are listed."""
    people = []
    for role, mailbox in islice(header.people(), MOST_PARTICIPANTS):
        name, address, key, domain = _kept_of_person(mailbox.name, mailbox.address, mailbox.key)
        people.append((role, name, address, key, domain, bool(key) and role not in header.ambiguous))
    return people


@lru_cache(maxsize=8_192)
def _kept_of_person(name: str, address: str, key: str) -> tuple[str, str, str, str]:
    """Name, address, key and the key's domain."""
    key = storable(key, 320)
    return storable(name, 300), storable(address, 320), key, key.rpartition("@")[2][:253]


def _files(attachments: Iterable[Attachment]) -> list[File]:
    return [
        (
            storable(each.part, 100),
            storable(each.name, 255),
            storable(each.content_type, 120),
            each.size,
            each.sha256,
            storable(each.content_id, 300),
            each.is_inline,
        )
        for each in islice(attachments, MOST_ATTACHMENTS)
    ]


def _recipients(header: Header) -> str:
    names = [mailbox.name or mailbox.address for mailbox in (*header.to[:10], *header.cc[:10])]
    return storable(", ".join(names), 500)
