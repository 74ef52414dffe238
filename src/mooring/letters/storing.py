"""Writes letters that arrived: ONE short transaction with few statements for a whole batch, the same on both databases.

Idempotent: a letter is known by its fingerprint, a delivery by its place, a link by its letter and record, so that a batch
cut off at any moment is simply stored again. Nothing is parsed and no file is touched here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction

from mooring.customers.value_lists import any_of
from mooring.letters.arrivals import Arrival, is_flagged_seen, letter_of, position_of, storable, tie_of, time_of
from mooring.letters.contents import write_contents
from mooring.letters.inheriting import inherited
from mooring.letters.link_rows import Making, WantedLink, wanted_by_rules, write_links
from mooring.letters.models import Delivery, Letter, Original, Rule
from mooring.letters.originals import row_of
from mooring.letters.private_marks import keep_private_true, marked_private
from mooring.letters.threads import assign_threads
from mooring.letters.upgrading import upgrade
from mooring.letters.written_here import united
from mooring.users.inserting import insert_records

_ATTEMPTS: Final = 5
_WHY: Final = "letters are stored whoever may read them"


def store_batch(*, arrivals: Sequence[Arrival], now: datetime) -> list[Delivery]:
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


def _store(arrivals: Sequence[Arrival], now: datetime) -> list[Delivery]:
    placed = _deliveries_at(arrivals)
    originals = _originals_of(arrivals)
    _upgrade_partial(arrivals, placed, originals)
    fresh = list({each.place: each for each in arrivals if each.place not in placed}.values())
    letters = _letters_by_fingerprint({each.fingerprint for each in fresh})
    again = [each for each in fresh if each.fingerprint in letters]
    new, wanted = _store_new([each for each in fresh if each.fingerprint not in letters], originals, now)
    letters.update({letter.fingerprint: letter for letter in new})
    placed.update(united(again, letters))
    fresh = [each for each in fresh if each.place not in placed]
    marked = marked_private(fresh, letters)
    placed.update(_deliver(fresh, letters, marked))
    _open_to_colleagues([each for each in again if each.place not in marked], letters)
    if marked:
        keep_private_true({letters[each.fingerprint].pk for each in fresh if each.place in marked})
    for each in arrivals:
        delivery = placed[each.place]
        wanted += wanted_by_rules(each.matches, letter_id=delivery.letter_id, position=delivery.position)
    write_links(wanted, making=Making(now), new_letters={letter.pk for letter in new})
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
    rows = [row_of(original) for digest, original in sorted(kept.items()) if digest not in ids]
    insert_records(rows)
    ids.update({row.sha256: row.pk for row in rows})
    return ids


def _upgrade_partial(
    arrivals: Sequence[Arrival], placed: dict[tuple[int, str, str], Delivery], originals: dict[str, int]
) -> None:
    for each in arrivals:
        delivery = placed.get(each.place)
        if delivery is not None and delivery.letter.is_partial and not each.is_partial:
            upgrade(delivery, each, original_id=originals[each.original.sha256])


def _letters_by_fingerprint(fingerprints: Collection[str]) -> dict[str, Letter]:
    if not fingerprints:
        return {}
    return {each.fingerprint: each for each in Letter.objects.unscoped(_WHY).filter(fingerprint__in=any_of(fingerprints))}


def _store_new(arrivals: Sequence[Arrival], originals: dict[str, int], now: datetime) -> tuple[list[Letter], list[WantedLink]]:
    """Letters never seen before; those in several places of the batch once. The links are those that they inherit."""
    if not arrivals:
        return [], []
    first = {each.fingerprint: each for each in reversed(arrivals)}
    open_ones = {each.fingerprint for each in arrivals if not each.is_private}
    matched = {each.fingerprint for each in arrivals if each.matches}
    ordered = sorted(first.values(), key=lambda each: each.fingerprint)
    threads = assign_threads([each.letter.header for each in ordered], now=now)
    heirlooms = inherited(ordered, threads)
    letters = []
    for each, position, thread, records in zip(ordered, _positions(ordered, now), threads, heirlooms, strict=True):
        original_id = originals[each.original.sha256]
        letter = letter_of(each, at=time_of(each, now=now), position=position, original_id=original_id, now=now)
        letter.thread_id = thread
        letter.is_private = each.fingerprint not in open_ones
        letter.is_linked = bool(records) or each.fingerprint in matched
        letters.append(letter)
    insert_records(letters)
    write_contents(ordered, letters)
    return letters, [
        WantedLink(letter.pk, letter.position, record.kind, record.record_id, Rule.THREAD)
        for letter, records in zip(letters, heirlooms, strict=True)
        for record in sorted(records, key=lambda record: (record.kind, record.record_id))
    ]


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
    arrivals: Iterable[Arrival], letters: dict[str, Letter], marked: set[tuple[int, str, str]]
) -> dict[tuple[int, str, str], Delivery]:
    rows = {each.place: _delivery_of(each, letters[each.fingerprint]) for each in arrivals}
    for place in marked:
        rows[place].is_private = True
    insert_records(list(rows.values()))
    return rows


def _delivery_of(arrival: Arrival, letter: Letter) -> Delivery:
    return Delivery(
        letter=letter,
        account_id=arrival.account_id,
        folder_id=arrival.folder_id,
        folder_path=storable(arrival.folder_path, 1000),
        position=letter.position,
        epoch=arrival.epoch,
        server_id=arrival.server_id,
        received_at=arrival.received_at,
        direction=arrival.direction,
        flags=sorted(arrival.flags),
        is_seen=is_flagged_seen(arrival.flags),
        is_unread=not is_flagged_seen(arrival.flags),
        is_private=arrival.is_private,
    )


def _open_to_colleagues(arrivals: Iterable[Arrival], letters: dict[str, Letter]) -> None:
    opened = {letters[each.fingerprint].pk for each in arrivals if not each.is_private}
    opened &= {letter.pk for letter in letters.values() if letter.is_private}
    if opened:
        Letter.objects.unscoped(_WHY).filter(pk__in=opened).update(is_private=False)
