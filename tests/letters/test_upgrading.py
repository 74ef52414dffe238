"""Letters of which only the header block was kept, and what happens when they arrive whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from letters.making_letters import arrival, kept, make_account, raw_letter
from making import BY_COMMAND, NOW, make_customer, make_lead, make_project
from mooring.letters.arrivals import Arrival
from mooring.letters.linking import add_link, remove_link
from mooring.letters.models import Delivery, Letter, Link
from mooring.letters.storing import store_batch
from mooring.mail.parsing import read_letter

pytestmark = pytest.mark.django_db


def letters() -> Any:
    return Letter.objects.unscoped("test")


def store(*arrivals: Arrival) -> list[Delivery]:
    return store_batch(arrivals=arrivals, now=NOW)


def header_only(whole: Arrival, raw: bytes) -> Arrival:
    block = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    return replace(whole, original=kept(block), letter=read_letter(block), is_partial=True, size=len(raw))


def test_a_letter_kept_in_part_becomes_whole_in_its_place(now: datetime) -> None:
    account, customer, raw = make_account(), make_customer(), raw_letter(body="the whole of it")
    whole = arrival(account, raw)
    (part,) = store(header_only(whole, raw))
    assert part.letter.is_partial
    assert part.letter.size == len(raw)
    add_link(letter=part.letter, to=customer, by=BY_COMMAND, now=now)
    (delivery,) = store(whole)
    letter = letters().get()
    assert delivery.pk == part.pk
    assert (letter.is_partial, letter.position, letter.pk) == (False, part.position, part.letter_id)
    assert "the whole of it" in letter.text.text
    assert letter.is_linked
    assert letter.participants.count() == 2
    store(header_only(whole, raw))
    assert not letters().get().is_partial


def test_a_letter_kept_in_part_gives_way_to_the_whole_one_from_elsewhere(now: datetime) -> None:
    raw, customer, lead, project = raw_letter(body="whole"), make_customer(), make_lead(), make_project()
    here, there = arrival(make_account(), raw), arrival(make_account(), raw, is_private=True)
    (part,) = store(header_only(here, raw))
    add_link(letter=part.letter, to=customer, by=BY_COMMAND, now=now)
    gone = add_link(letter=part.letter, to=lead, by=BY_COMMAND, now=now)
    remove_link(link=gone, by=BY_COMMAND, now=now)
    (elsewhere,) = store(there)
    add_link(letter=elsewhere.letter, to=project, by=BY_COMMAND, now=now)
    (moved,) = store(here)
    letter = letters().get()
    assert moved.letter_id == elsewhere.letter_id == letter.pk
    assert moved.position == letter.position
    assert (letter.is_linked, letter.is_private) == (True, False)
    assert Link.objects.filter(removed_at=None).count() == 2
    assert Link.objects.get(lead=lead).removed_at == now


def test_a_letter_kept_in_part_stays_where_another_mailbox_still_has_only_that() -> None:
    raw = raw_letter(body="whole")
    one, two, three = (arrival(make_account(), raw, is_private=private) for private in (False, True, False))
    store(header_only(one, raw), header_only(two, raw))
    store(three)
    store(one)
    partial = letters().get(is_partial=True)
    assert partial.deliveries.count() == 1
    assert partial.is_private
