"""Everything held on a customer or a person as one file: rows as JSON, letters byte for byte, files as they were added.

Rows of all modules are in it, so it is given only to those whose rights reach the record in each of them.

The same state gives the same file, byte for byte: no clock and no name of whoever asked is in it. Letters that the reader may not
read are counted, not handed over.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable
from typing import IO, Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q
from django.utils.translation import gettext as _

from mooring.customers.models import Contact, Customer, EmailAddress
from mooring.letters.attached_files import AttachedFiles, UnableToReadFile
from mooring.letters.models import Letter, Link, Participant, RecordFile
from mooring.letters.originals import Originals, UnableToRead
from mooring.letters.visibility import visible_letters
from mooring.privacy.holdings import Rows, rows_of_contact, rows_of_customer
from mooring.users.models import User
from mooring.users.permissions import Action, Module, may
from mooring.users.reach import is_owned_within

_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
_CHUNK: Final = 500


class UnableToHandOver(Exception):
    """The reader may not take along all that is held; the text is fit for the user."""


def reaches_all_held(record: Customer | Contact, reader: User) -> bool:
    """Whether the reader may take along what is held on the record in every module. Whether on the record itself, the page asks.

    A project has the owner of its customer. Of opportunities, those of a customer or contact in sight are shown to everybody who
    sees opportunities at all.
    """
    if isinstance(record, Customer) and not is_owned_within(record.owner_id, reader, Module.PROJECTS, Action.EXPORT):
        return False
    return may(reader, Module.SALES, Action.VIEW)


def write_customer(into: IO[bytes], *, customer: Customer, reader: User, originals: Originals, files: AttachedFiles) -> None:
    """The whole file about a customer. The page has asked for the right to export the customer. Raises UnableToHandOver."""
    _demand_all(customer, reader)
    linked = Link.objects.filter(Q(customer=customer) | Q(project__customer=customer), removed_at=None)
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as package:
        _write_rows(package, rows_of_customer(customer))
        _write_letters(package, set(linked.values_list("letter_id", flat=True)), reader, originals)
        _write_files(package, RecordFile.objects.visible_to(reader).filter(customer=customer), files)


def write_contact(into: IO[bytes], *, contact: Contact, reader: User, originals: Originals) -> None:
    """The whole file about a person: the rows, and the letters in which one of their addresses takes part.

    Raises UnableToHandOver.
    """
    _demand_all(contact, reader)
    letters = Participant.objects.filter(key__in=keys_of(contact)).values_list("letter_id", flat=True)
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as package:
        _write_rows(package, rows_of_contact(contact))
        _write_letters(package, set(letters), reader, originals)


def keys_of(contact: Contact) -> list[str]:
    """The person's addresses as they are compared."""
    return list(EmailAddress.objects.filter(contact=contact).values_list("key", flat=True))


def _demand_all(record: Customer | Contact, reader: User) -> None:
    if not reaches_all_held(record, reader):
        raise UnableToHandOver(_("This holds projects or opportunities, too, which your role does not let you take along."))


def _write_rows(package: zipfile.ZipFile, rows: Rows) -> None:
    for label, listed in rows.items():
        _put(package, f"rows/{label}.json", _json(listed))


def _write_letters(package: zipfile.ZipFile, ids: set[int], reader: User, originals: Originals) -> None:
    shown, missing = [], []
    for letter in _readable(ids, reader):
        shown.append(_facts(letter))
        try:
            _put(package, f"letters/{letter.original.sha256}.eml", originals.read(letter.original))
        except UnableToRead:
            missing.append(letter.original.sha256)
    said = {"letters": shown, "not_for_you_to_read": len(ids) - len(shown), "not_readable": missing}
    _put(package, "letters.json", _json(said))


def _readable(ids: set[int], reader: User) -> Iterable[Letter]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), _CHUNK):
        part = visible_letters(reader).filter(pk__in=ordered[start : start + _CHUNK])
        yield from part.select_related("original").order_by("pk")


def _facts(letter: Letter) -> dict[str, Any]:
    names = ("at", "date", "message_id", "subject", "from_name", "from_address", "recipients", "size", "is_private")
    return {"id": letter.pk, "sha256": letter.original.sha256, **{name: getattr(letter, name) for name in names}}


def _write_files(package: zipfile.ZipFile, rows: Iterable[RecordFile], files: AttachedFiles) -> None:
    for row in rows:
        try:
            _put(package, f"files/{row.pk}-{row.name}", files.read(row.sha256))
        except UnableToReadFile:
            continue


def _json(value: Any) -> bytes:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1).encode()


def _put(package: zipfile.ZipFile, name: str, data: bytes) -> None:
    """Once under a name: two letters of the same bytes have one file."""
    if name not in package.NameToInfo:
        entry = zipfile.ZipInfo(name, _NO_TIME)
        entry.compress_type = zipfile.ZIP_DEFLATED
        package.writestr(entry, data)
