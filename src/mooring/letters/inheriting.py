"""A reply inherits the links that people made by hand within its conversation.

Headers can be forged, so a letter inherits only when its sender already takes part in the conversation or is one of us.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mooring.customers.value_lists import any_of
from mooring.letters.arrivals import Arrival
from mooring.letters.link_rows import ends_of
from mooring.letters.models import Direction, Link, Participant, Rule


@dataclass(frozen=True, slots=True)
class Inherited:
    """A record that a letter is linked to because people linked its conversation."""

    kind: str
    record_id: int


def inherited(arrivals: Sequence[Arrival], thread_ids: Sequence[int]) -> list[frozenset[Inherited]]:
    """What each new letter inherits from its thread, in their order; one query, two where there is anything to inherit."""
    hand_made = _hand_made_links(set(thread_ids))
    if not hand_made:
        return [frozenset()] * len(arrivals)
    members = _members(set(hand_made), {key for arrival in arrivals for key in _senders(arrival)})
    return [
        hand_made.get(thread, frozenset()) if _belongs(arrival, thread, members) else frozenset()
        for arrival, thread in zip(arrivals, thread_ids, strict=True)
    ]


def _hand_made_links(thread_ids: set[int]) -> dict[int, frozenset[Inherited]]:
    links = Link.objects.filter(letter__thread_id__in=any_of(thread_ids), rule=Rule.MANUAL, removed_at=None)
    found: dict[int, set[Inherited]] = {}
    for link in links.select_related("letter"):
        assert link.letter.thread_id is not None
        _letter_id, kind, record_id = ends_of(link)
        found.setdefault(link.letter.thread_id, set()).add(Inherited(kind, record_id))
    return {thread: frozenset(records) for thread, records in found.items()}


def _members(thread_ids: set[int], keys: set[str]) -> set[tuple[int | None, str]]:
    people = Participant.objects.filter(letter__thread_id__in=thread_ids, key__in=keys, counts=True)
    return set(people.values_list("letter__thread_id", "key").distinct())


def _belongs(arrival: Arrival, thread: int, members: set[tuple[int | None, str]]) -> bool:
    return arrival.direction == Direction.OUTGOING or any((thread, key) in members for key in _senders(arrival))


def _senders(arrival: Arrival) -> list[str]:
    header = arrival.letter.header
    return [] if "from" in header.ambiguous else [sender.key for sender in header.from_ if sender.key]
