"""Conversations: joined in whatever order letters arrive, and what a reply inherits within one."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from letters.making_letters import arrival, make_account, match_of, raw_letter, reply
from making import BY_COMMAND, NOW, make_customer, make_lead, make_project
from mooring.letters.arrivals import Arrival
from mooring.letters.linking import add_link
from mooring.letters.models import Delivery, Letter, Link, Rule, Thread, ThreadReference
from mooring.letters.storing import store_batch

pytestmark = pytest.mark.django_db


def letters() -> Any:
    return Letter.objects.unscoped("test")


def store(*arrivals: Arrival) -> list[Delivery]:
    return store_batch(arrivals=arrivals, now=NOW)


@pytest.mark.parametrize("seed", range(12))
def test_a_conversation_is_one_thread_in_whatever_order_and_portions_it_arrives(seed: int) -> None:
    chance = random.Random(seed)
    account = make_account()
    batch = [arrival(account, reply(1))] + [arrival(account, reply(each, each // 2)) for each in range(2, 12)]
    batch += [arrival(account, reply(100)), arrival(account, reply(101, 100))]
    chance.shuffle(batch)
    while batch:
        size = chance.randint(1, 5)
        store(*batch[:size])
        batch = batch[size:]
    threads = {letter.message_id: letter.thread_id for letter in letters()}
    assert len({thread for name, thread in threads.items() if not name.startswith("10")}) <= 2
    small = {threads[f"{each}@thread"] for each in (*range(1, 10), 11)}
    assert len(small) == 1
    assert threads["100@thread"] == threads["101@thread"] not in small
    assert Thread.objects.count() == 2
    assert set(ThreadReference.objects.values_list("thread_id", flat=True)) == set(Thread.objects.values_list("pk", flat=True))


def test_message_ids_of_any_length_join() -> None:
    account = make_account()
    endless = "x" * 900 + "@long"
    store(arrival(account, raw_letter(extra=f"In-Reply-To: <{endless}>", body="answer")))
    store(arrival(account, raw_letter(message_id=f"<{endless}>", body="question")))
    assert Thread.objects.count() == 1


def test_a_reply_of_a_member_inherits_hand_made_links(now: datetime) -> None:
    account, project, customer = make_account(), make_project(), make_customer()
    (first,) = store(arrival(account, reply(1), matches=(match_of(customer),)))
    add_link(letter=first.letter, to=project, by=BY_COMMAND, now=now)
    (answer,) = store(arrival(account, reply(2, 1)))
    (link,) = Link.objects.filter(letter=answer.letter)
    assert (link.project_id, link.rule) == (project.pk, Rule.THREAD)
    assert letters().get(pk=answer.letter_id).is_linked


def test_a_reply_of_ours_inherits_too(now: datetime) -> None:
    account, lead = make_account(), make_lead()
    (first,) = store(arrival(account, reply(1)))
    add_link(letter=first.letter, to=lead, by=BY_COMMAND, now=now)
    (answer,) = store(arrival(account, reply(2, 1, sender="me@mooring.example"), direction="out"))
    assert Link.objects.get(letter=answer.letter).lead_id == lead.pk


@pytest.mark.parametrize(
    "fields",
    [{"sender": "mallory@evil.example"}, {"sender": "ann@harbour.example, mallory@evil.example"}],
    ids=["stranger", "two senders"],
)
def test_a_stranger_who_names_our_message_ids_inherits_nothing(fields: dict[str, str], now: datetime) -> None:
    account, customer = make_account(), make_customer()
    (first,) = store(arrival(account, reply(1)))
    add_link(letter=first.letter, to=customer, by=BY_COMMAND, now=now)
    forged = arrival(account, reply(2, 1, **fields))
    header = replace(forged.letter.header, ambiguous=frozenset({"from"})) if "," in fields["sender"] else forged.letter.header
    (answer,) = store(replace(forged, letter=replace(forged.letter, header=header)))
    assert answer.letter.thread_id == first.letter.thread_id
    assert not Link.objects.filter(letter=answer.letter).exists()


def test_links_made_by_rules_are_not_inherited() -> None:
    account, customer = make_account(), make_customer()
    store(arrival(account, reply(1), matches=(match_of(customer),)))
    (answer,) = store(arrival(account, reply(2, 1)))
    assert not Link.objects.filter(letter=answer.letter).exists()
