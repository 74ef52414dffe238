"""Which conversation a letter belongs to, by the Message-IDs it bears and mentions (RFC 5322, section 3.6.4).

Letters arrive in any order: every id a letter mentions leads to its thread from then on. A letter that connects two threads
merges them. Being in a thread gives a letter nothing but its place in the list; headers can be forged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from django.db import IntegrityError

from mooring.customers.value_lists import any_of
from mooring.letters.models import Letter, PrivateMark, Thread, ThreadReference
from mooring.users.inserting import insert_rows, moment_value, new_ids

_LONGEST_ID: Final = 400


class Overtaken(IntegrityError):
    """Another worker changed the same threads meanwhile; the transaction must begin anew."""


def assign_threads(letters: Sequence[Sequence[str]], *, now: datetime) -> list[int]:
    """The thread id of each letter, in their order; makes and merges threads. Within the caller's transaction.

    Letters are given by the ids that join them (mail.threads.joining_ids).
    """
    ids = [list(dict.fromkeys(map(_reference_key, joining))) for joining in letters]
    known = _known_references({each for of_one in ids for each in of_one})
    groups = _Groups()
    first_place: dict[str, int] = {}
    for place, of_one in enumerate(ids):
        for each in of_one:
            if (first := first_place.setdefault(each, place)) != place:
                groups.join(place, first)
            elif each in known:
                groups.join(place, _member_of(known[each]))
    thread_of_root = _threads_of_roots(groups, range(len(ids)), set(known.values()), now)
    threads = [thread_of_root[groups.root(place)] for place in range(len(ids))]
    _remember(ids, threads, known)
    return threads


def _reference_key(message_id: str) -> str:
    if message_id.isascii() and "\0" not in message_id and len(message_id) <= _LONGEST_ID:
        return message_id
    clean = message_id.replace("\0", "").encode("utf-8", "replace").decode()
    if len(clean) <= _LONGEST_ID:
        return clean
    return f"{clean[:300]} {hashlib.sha256(clean.encode()).hexdigest()}"


def _known_references(ids: set[str]) -> dict[str, int]:
    known = dict(ThreadReference.objects.filter(message_id__in=any_of(ids)).values_list("message_id", "thread_id"))
    threads = set(known.values())
    if threads:
        locked = Thread.objects.select_for_update().filter(pk__in=threads).order_by("pk").values_list("pk", flat=True)
        if len(locked) < len(threads):
            raise Overtaken("a thread was merged away")
    return known


def _threads_of_roots(groups: _Groups, places: Iterable[int], known: set[int], now: datetime) -> dict[int, int]:
    roots: dict[int, list[int]] = {groups.root(place): [] for place in places}
    for known_thread in sorted(known):
        roots[groups.root(_member_of(known_thread))].append(known_thread)
    without = [root for root, threads in roots.items() if not threads]
    made = new_ids(Thread, len(without))
    created_at = moment_value(now)
    insert_rows(Thread, ("id", "created_at"), [(thread, created_at) for thread in made])
    for root, thread in zip(without, made, strict=True):
        roots[root].append(thread)
    for threads in roots.values():
        _merge(threads[0], threads[1:])
    return {root: threads[0] for root, threads in roots.items()}


def _merge(kept: int, others: list[int]) -> None:
    if not others:
        return
    Letter.objects.unscoped("threads are merged").filter(thread_id__in=others).update(thread_id=kept)
    ThreadReference.objects.filter(thread_id__in=others).update(thread_id=kept)
    for mark in PrivateMark.objects.filter(thread_id__in=others):
        if not PrivateMark.objects.filter(account_id=mark.account_id, thread_id=kept).exists():
            PrivateMark.objects.filter(pk=mark.pk).update(thread_id=kept)
    Thread.objects.filter(pk__in=others).delete()


def _remember(ids: list[list[str]], threads: list[int], known: dict[str, int]) -> None:
    new = {each: thread for of_one, thread in zip(ids, threads, strict=True) for each in of_one if each not in known}
    # Two workers that register the same ids do so in the same order, so that neither waits for the other in a circle.
    insert_rows(ThreadReference, ("message_id", "thread_id"), sorted(new.items()))


def _member_of(thread: int) -> int:
    """How a thread takes part in groups, beside the places of letters, which are never negative."""
    return -thread


class _Groups:
    """What belongs together (a disjoint-set forest)."""

    def __init__(self) -> None:
        self._parents: dict[int, int] = {}
        """Of those that are not the root of their group."""

    def root(self, member: int) -> int:
        parents = self._parents
        while (parent := parents.get(member)) is not None:
            if (above := parents.get(parent)) is None:
                return parent
            parents[member] = member = above
        return member

    def join(self, one: int, other: int) -> None:
        one, other = self.root(one), self.root(other)
        if one != other:
            self._parents[one] = other
