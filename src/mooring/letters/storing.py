"""Writes letters that arrived: ONE short transaction with few statements for a whole batch, the same on both databases.

Idempotent: a letter is known by its fingerprint, a delivery by its place, a link by its letter and record, so that a batch
cut off at any moment is simply stored again. Nothing is parsed and no file is touched here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, connection, transaction

from mooring.customers.value_lists import any_of
from mooring.letters.arrivals import (
    OWN_COLUMNS,
    Arrival,
    Filed,
    KnownLetter,
    flags_value,
    is_flagged_seen,
    own_values,
    position_of,
    tie_of,
    time_of,
)
from mooring.letters.contents import Contents, write_contents
from mooring.letters.inheriting import inherited
from mooring.letters.link_rows import Making, WantedLink, wanted_by_rules, write_links
from mooring.letters.models import Delivery, Letter, Original, Rule
from mooring.letters.private_marks import keep_private_true, marked_private
from mooring.letters.rewritten_copies import rewritten_copies
from mooring.letters.shaping import shape_of, storable
from mooring.letters.threads import assign_threads
from mooring.letters.upgrading import upgrade
from mooring.letters.written_here import united
from mooring.users.inserting import insert_rows, moment_value, new_ids

_ATTEMPTS: Final = 5
_LETTER_COLUMNS: Final = ("is_linked", "original_id", "at", "date", "stored_at", *KnownLetter._fields, *OWN_COLUMNS)
_DELIVERY_COLUMNS: Final = (
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
)
_WHY: Final = "letters are stored whoever may read them"


def store_batch(*, arrivals: Sequence[Arrival], now: datetime) -> list[Delivery]:
    """As file_batch, as records of which the rest is read should anybody ask for it."""
    alias = connection.alias
    return [Delivery.from_db(alias, Filed._fields, filed) for filed in file_batch(arrivals=arrivals, now=now)]


def file_batch(*, arrivals: Sequence[Arrival], now: datetime) -> list[Filed]:
    """Write the letters and say where each lies, in the order of `arrivals`. A place already taken keeps its letter.

    May run inside the caller's transaction. Begins anew when another worker stores the same letters at the same moment.
    """
    with transaction.atomic():
        for _attempt in range(_ATTEMPTS - 1):
            try:
                with transaction.atomic():
                    return _store(arrivals, now)
            except IntegrityError:
                continue
        return _store(arrivals, now)


def _store(arrivals: Sequence[Arrival], now: datetime) -> list[Filed]:
    standing = _deliveries_at(arrivals)
    originals = _originals_of(arrivals)
    _upgrade_partial(arrivals, standing, originals)
    placed = {place: _filed(delivery) for place, delivery in standing.items()}
    fresh = list({each.place: each for each in arrivals if each.place not in placed}.values())
    letters = _letters_by_fingerprint({each.fingerprint for each in fresh})
    letters.update(rewritten_copies([each for each in fresh if each.fingerprint not in letters]))
    again = [each for each in fresh if each.fingerprint in letters]
    new, wanted = _store_new([each for each in fresh if each.fingerprint not in letters], originals, now)
    letters.update(new)
    placed.update((place, _filed(delivery)) for place, delivery in united(again, letters).items())
    fresh = [each for each in fresh if each.place not in placed]
    marked = marked_private(fresh, letters)
    placed.update(_deliver(fresh, letters, marked))
    _open_to_colleagues([each for each in again if each.place not in marked], letters)
    if marked:
        keep_private_true({letters[each.fingerprint].id for each in fresh if each.place in marked})
    for each in arrivals:
        if each.matches:
            filed = placed[each.place]
            wanted += wanted_by_rules(each.matches, letter_id=filed.letter_id, position=filed.position)
    write_links(wanted, making=Making(now), new_letters={letter.id for letter in new.values()})
    return [placed[each.place] for each in arrivals]


def _deliveries_at(arrivals: Sequence[Arrival]) -> dict[tuple[int, str, str], Delivery]:
    found = Delivery.objects.filter(
        account_id__in={each.account_id for each in arrivals},
        folder_id__in={each.folder_id for each in arrivals},
        epoch__in={each.epoch for each in arrivals},
        server_id__in=any_of({each.server_id for each in arrivals}),
    ).select_related("letter")
    return {(each.folder_id or 0, each.epoch, each.server_id): each for each in found}


def _originals_of(arrivals: Sequence[Arrival]) -> dict[str, int]:
    kept = {each.original.sha256: each.original for each in arrivals}
    ids = dict(Original.objects.filter(sha256__in=any_of(kept)).values_list("sha256", "pk"))
    rows = [kept[digest] for digest in sorted(kept.keys() - ids.keys())]
    made = new_ids(Original, len(rows))
    insert_rows(
        Original,
        ("id", "sha256", "size", "pack", "offset", "stored_size"),
        [(pk, row.sha256, row.size, row.pack, row.offset, row.stored_size) for pk, row in zip(made, rows, strict=True)],
    )
    ids.update((row.sha256, pk) for pk, row in zip(made, rows, strict=True))
    return ids


def _upgrade_partial(
    arrivals: Sequence[Arrival], placed: dict[tuple[int, str, str], Delivery], originals: dict[str, int]
) -> None:
    for each in arrivals:
        delivery = placed.get(each.place)
        if delivery is not None and delivery.letter.is_partial and not each.is_partial:
            upgrade(delivery, each, original_id=originals[each.original.sha256])


def _letters_by_fingerprint(fingerprints: Collection[str]) -> dict[str, KnownLetter]:
    letters = Letter.objects.unscoped(_WHY).filter(fingerprint__in=any_of(fingerprints))
    found = letters.order_by().values_list("fingerprint", *KnownLetter._fields)
    return {fingerprint: KnownLetter(*known) for fingerprint, *known in found}


def _store_new(
    arrivals: Sequence[Arrival], originals: dict[str, int], now: datetime
) -> tuple[dict[str, KnownLetter], list[WantedLink]]:
    """Letters never seen before, by fingerprint, each once, and the links that they inherit."""
    if not arrivals:
        return {}, []
    first = {each.fingerprint: each for each in reversed(arrivals)}
    open_ones = {each.fingerprint for each in arrivals if not each.is_private}
    matched = {each.fingerprint for each in arrivals if each.matches}
    ordered = sorted(first.values(), key=lambda each: each.fingerprint)
    shapes = [shape_of(each.letter) for each in ordered]
    threads = assign_threads([shape.joining_ids for shape in shapes], now=now)
    heirlooms = inherited(ordered, threads)
    letters = [
        KnownLetter(pk, position, thread, each.fingerprint not in open_ones)
        for each, pk, position, thread in zip(
            ordered, new_ids(Letter, len(ordered)), _positions(ordered, now), threads, strict=True
        )
    ]
    stored_at = moment_value(now)
    rows = zip(letters, ordered, shapes, strict=True)
    linked = (bool(records) or each.fingerprint in matched for each, records in zip(ordered, heirlooms, strict=True))
    insert_rows(
        Letter,
        _LETTER_COLUMNS,
        [
            (is_linked, originals[each.original.sha256], *_times(each, now), stored_at, *letter, *own_values(each, shape))
            for is_linked, (letter, each, shape) in zip(linked, rows, strict=True)
        ],
    )
    write_contents([Contents(letter.id, letter.position, shape) for letter, shape in zip(letters, shapes, strict=True)])
    known = {each.fingerprint: letter for each, letter in zip(ordered, letters, strict=True)}
    return known, [
        WantedLink(letter.id, letter.position, record.kind, record.record_id, Rule.THREAD)
        for letter, records in zip(letters, heirlooms, strict=True)
        for record in sorted(records, key=lambda record: (record.kind, record.record_id))
    ]


def _times(arrival: Arrival, now: datetime) -> tuple[Any, Any]:
    return moment_value(time_of(arrival, now=now)), moment_value(arrival.letter.header.date)


def _positions(arrivals: Sequence[Arrival], now: datetime) -> list[int]:
    """A free position for each: its own where possible, else the next one within the same second."""
    preferred = [position_of(time_of(each, now=now), tie=tie_of(each.fingerprint)) for each in arrivals]
    letters = Letter.objects.unscoped(_WHY)
    taken = set(letters.filter(position__in=any_of(preferred)).values_list("position", flat=True))
    positions = []
    for each, position in zip(arrivals, preferred, strict=True):
        tie = tie_of(each.fingerprint)
        while position in taken:
            tie += 1
            position = position_of(time_of(each, now=now), tie=tie)
            if position not in taken and letters.filter(position=position).exists():
                taken.add(position)
        taken.add(position)
        positions.append(position)
    return positions


def _deliver(
    arrivals: Sequence[Arrival], letters: dict[str, KnownLetter], marked: set[tuple[int, str, str]]
) -> dict[tuple[int, str, str], Filed]:
    rows = [
        _delivery_row(pk, each, letters[each.fingerprint], is_private=each.is_private or each.place in marked)
        for pk, each in zip(new_ids(Delivery, len(arrivals)), arrivals, strict=True)
    ]
    insert_rows(Delivery, _DELIVERY_COLUMNS, rows)
    return {
        each.place: Filed(pk, letter_id, account_id, folder_id, position)
        for each, (pk, letter_id, account_id, folder_id, _path, position, *_rest) in zip(arrivals, rows, strict=True)
    }


def _filed(delivery: Delivery) -> Filed:
    return Filed(delivery.pk, delivery.letter_id, delivery.account_id, delivery.folder_id, delivery.position)


def _delivery_row(pk: int, arrival: Arrival, letter: KnownLetter, *, is_private: bool) -> tuple[Any, ...]:
    is_seen = is_flagged_seen(arrival.flags)
    return (
        pk,
        letter.id,
        arrival.account_id,
        arrival.folder_id,
        storable(arrival.folder_path, 1000),
        letter.position,
        arrival.epoch,
        arrival.server_id,
        moment_value(arrival.received_at),
        str(arrival.direction),
        flags_value(arrival.flags),
        is_seen,
        not is_seen,
        is_private,
    )


def _open_to_colleagues(arrivals: Iterable[Arrival], letters: dict[str, KnownLetter]) -> None:
    opened = {letters[each.fingerprint].id for each in arrivals if not each.is_private}
    opened &= {letter.id for letter in letters.values() if letter.is_private}
    if opened:
        Letter.objects.unscoped(_WHY).filter(pk__in=opened).update(is_private=False)
