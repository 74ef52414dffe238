"""Links made and removed by people, one by one, in bulk, and for letters kept before an address was entered."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from letters.making_letters import make_account, make_letter, match_of
from making import BY_COMMAND, NOW, actor, make_contact, make_customer, make_lead, make_project
from mooring.customers.editing import DomainData
from mooring.customers.models import Customer, CustomerDomain, EmailAddress, Lead
from mooring.letters.link_rows import Making, wanted_by_rules, write_links
from mooring.letters.linking import UnableToLink, add_link, assign, remove_link, restore_link
from mooring.letters.models import Letter, Link, Rule
from mooring.letters.older import Reach, link_older, preview_older, refresh_links, undo_batch
from mooring.letters.options import OWN_DOMAINS
from mooring.options.values import change
from mooring.users.journal import entries_about
from mooring.users.models import User

pytestmark = pytest.mark.django_db


def letters() -> Any:
    return Letter.objects.unscoped("test")


def journal(kind: str, record: Any) -> list[tuple[str, dict[str, Any]]]:
    entries = entries_about(kind=kind, record_id=record.pk)
    return [(entry.action, entry.changes) for entry in entries if entry.action.startswith(("letter", "older"))]


def test_a_link_made_by_hand_names_its_maker_and_is_journalled(bob: User, now: datetime) -> None:
    letter, customer = make_letter(make_account(bob)), make_customer(owner=bob)
    link = add_link(letter=letter, to=customer, by=actor(bob), now=now)
    assert (link.rule, link.created_by, link.position) == (Rule.MANUAL, bob, letter.position)
    assert letters().get().is_linked
    assert journal("customer", customer) == [("letter_linked", {"letter": letter.pk, "subject": "Ropes"})]


def test_the_journal_does_not_tell_the_subject_of_a_private_letter(bob: User, now: datetime) -> None:
    letter, customer = make_letter(make_account(bob), private=True), make_customer(owner=bob)
    link = add_link(letter=letter, to=customer, by=actor(bob), now=now)
    restore_link(link=remove_link(link=link, by=actor(bob), now=now), by=actor(bob), now=now)
    told = [facts for action, facts in journal("customer", customer) if action == "letter_linked"]
    assert told == [{"letter": letter.pk}] * 2


@pytest.mark.parametrize("make", [make_customer, make_lead, make_project])
def test_linking_twice_changes_nothing(bob: User, now: datetime, make: Any) -> None:
    letter, record = make_letter(make_account(bob)), make()
    links = [add_link(letter=letter, to=record, by=actor(bob), now=now) for _ in range(2)]
    assert links[0].pk == links[1].pk
    assert len(journal(type(record).__name__.lower(), record)) == 1


def test_a_removed_link_leaves_a_tombstone_and_can_be_restored(bob: User, now: datetime) -> None:
    customer = make_customer()
    letter = make_letter(make_account(bob), to_records=(customer,))
    link = remove_link(link=Link.objects.get(), by=actor(bob), now=now)
    assert (link.removed_at, link.removed_by) == (now, bob)
    assert not letters().get().is_linked
    remove_link(link=link, by=actor(bob), now=now + timedelta(1))
    assert Link.objects.get().removed_at == now
    back = restore_link(link=link, by=actor(bob), now=now)
    assert (back.pk, back.removed_at, back.rule, back.matched_address) == (link.pk, None, Rule.MANUAL, "")
    assert letters().get().is_linked
    assert [action for action, _ in journal("customer", customer)] == ["letter_linked", "letter_unlinked"]
    assert letter.pk == back.letter_id


def test_a_letter_with_another_link_stays_linked(bob: User, now: datetime) -> None:
    make_letter(make_account(bob), to_records=(make_customer(), make_lead()))
    remove_link(link=Link.objects.exclude(lead=None).get(), by=actor(bob), now=now)
    assert letters().get().is_linked


def test_nobody_links_to_a_record_they_may_not_change(alice: User, bob: User, rita: User, now: datetime) -> None:
    customer = make_customer(owner=alice)
    letter = make_letter(make_account(bob))
    for person in (bob, rita):
        with pytest.raises(UnableToLink, match="may not change"):
            add_link(letter=letter, to=customer, by=actor(person), now=now)
    shown = make_letter(make_account(bob), to_records=(customer,))
    with pytest.raises(UnableToLink):
        remove_link(link=Link.objects.get(letter=shown), by=actor(bob), now=now)


def test_nobody_links_a_letter_they_may_not_read(alice: User, bob: User, now: datetime) -> None:
    letter = make_letter(make_account(bob))
    with pytest.raises(UnableToLink, match="not for you"):
        add_link(letter=letter, to=make_customer(), by=actor(alice), now=now)
    with pytest.raises(UnableToLink):
        assign(letter_ids=[letter.pk, 99_999], to=make_customer(), by=actor(bob), now=now)
    assert not Link.objects.exists()


def test_hundreds_are_assigned_at_once_with_one_line_in_the_journal(
    bob: User, now: datetime, django_assert_max_num_queries: Any
) -> None:
    account, lead = make_account(bob), make_lead(owner=bob)
    some = [make_letter(account) for _ in range(6)]
    add_link(letter=some[0], to=lead, by=actor(bob), now=now)
    remove_link(link=add_link(letter=some[1], to=lead, by=actor(bob), now=now), by=actor(bob), now=now)
    with django_assert_max_num_queries(20):
        assert assign(letter_ids=[each.pk for each in some], to=lead, by=actor(bob), now=now) == 5
    assert Link.objects.filter(lead=lead, removed_at=None).count() == 6
    assert letters().filter(is_linked=True).count() == 6
    assert journal("lead", lead)[0] == ("letters_linked", {"count": 5, "letters": [each.pk for each in some]})
    assert assign(letter_ids=[some[0].pk], to=lead, by=actor(bob), now=now) == 0
    with pytest.raises(UnableToLink, match="At most 1000"):
        assign(letter_ids=range(1001), to=lead, by=actor(bob), now=now)


def written_by(address: str, *, days: int = 0, **fields: Any) -> Letter:
    account = fields.pop("account", None) or make_account()
    return make_letter(account, sender=f"X <{address}>", now=NOW + timedelta(days=days), **fields)


def test_older_letters_are_counted_linked_as_a_batch_and_undone(alice: User, now: datetime) -> None:
    oldest = written_by("ann@harbour.example", days=-30)
    newer = written_by("ANN@harbour.example")
    written_by("stranger@else.example")
    customer = make_customer(emails=("ann@harbour.example",))
    reach = Reach(key="ann@harbour.example")
    preview = preview_older(reach=reach, to=customer)
    assert (preview.count, preview.oldest_at) == (2, oldest.at)
    batch = link_older(reach=reach, to=customer, by=actor(alice), now=now)
    assert batch.link_count == 2
    links = Link.objects.filter(customer=customer)
    assert {(link.letter_id, link.rule, link.batch_id) for link in links} == {
        (letter.pk, "customer_email", batch.pk) for letter in (oldest, newer)
    }
    assert preview_older(reach=reach, to=customer).count == 0
    assert undo_batch(batch=batch, by=actor(alice), now=now) == 2
    assert letters().filter(is_linked=True).count() == 0
    assert undo_batch(batch=batch, by=actor(alice), now=now) == 0
    assert [action for action, _ in journal("customer", customer)] == ["older_letters_unlinked", "older_letters_linked"]


def test_an_undone_batch_can_be_linked_again(now: datetime) -> None:
    written_by("ann@harbour.example")
    customer = make_customer(emails=("ann@harbour.example",))
    reach = Reach(key="ann@harbour.example")
    undo_batch(batch=link_older(reach=reach, to=customer, by=BY_COMMAND, now=now), by=BY_COMMAND, now=now)
    again = link_older(reach=reach, to=customer, by=BY_COMMAND, now=now)
    assert again.link_count == 1
    assert Link.objects.get().removed_at is None
    assert letters().get().is_linked


def test_undoing_leaves_links_that_people_made_or_removed_since(now: datetime) -> None:
    removed, confirmed = written_by("ann@harbour.example"), written_by("ann@harbour.example")
    customer = make_customer(emails=("ann@harbour.example",))
    batch = link_older(reach=Reach(key="ann@harbour.example"), to=customer, by=BY_COMMAND, now=now)
    for letter in (removed, confirmed):
        remove_link(link=Link.objects.get(letter=letter), by=BY_COMMAND, now=now)
    add_link(letter=confirmed, to=customer, by=BY_COMMAND, now=now)
    assert undo_batch(batch=batch, by=BY_COMMAND, now=now) == 0
    assert Link.objects.get(removed_at=None).letter_id == confirmed.pk


def test_letters_that_a_person_took_off_the_record_are_not_offered(now: datetime) -> None:
    letter = written_by("ann@harbour.example")
    customer = make_customer(emails=("ann@harbour.example",))
    link = add_link(letter=letter, to=customer, by=BY_COMMAND, now=now)
    remove_link(link=link, by=BY_COMMAND, now=now)
    assert preview_older(reach=Reach(key="ann@harbour.example"), to=customer).count == 0


def test_a_domain_reaches_hosts_below_it_only_where_ticked(now: datetime) -> None:
    at_host, below = written_by("a@harbour.example"), written_by("b@mail.harbour.example")
    strict = make_customer(domains=("harbour.example",))
    wide = make_customer(domains=(DomainData(domain="harbour.example", includes_subdomains=True),))
    assert link_older(reach=Reach(domain="harbour.example"), to=strict, by=BY_COMMAND, now=now).link_count == 1
    reach = Reach(domain="harbour.example", includes_subdomains=True)
    assert str(reach) == "harbour.example"
    assert link_older(reach=reach, to=wide, by=BY_COMMAND, now=now).link_count == 2
    assert {link.letter_id for link in Link.objects.filter(customer=wide)} == {at_host.pk, below.pk}


def test_a_contacts_address_links_with_the_contacts_rule(now: datetime) -> None:
    written_by("carol@harbour.example")
    lead = make_lead()
    make_contact(at=(lead,), emails=("carol@harbour.example",))
    link_older(reach=Reach(key="carol@harbour.example"), to=lead, by=BY_COMMAND, now=now)
    assert Link.objects.get().rule == "lead_contact"


def test_older_letters_obey_ticks_own_domains_public_hosts_and_ambiguity(alice: User, now: datetime) -> None:
    written_by("ann@harbour.example", account=make_account(syncs_customers=False))
    written_by("us@own.example")
    written_by("someone@gmail.com")
    make_letter(make_account(), sender="a@one.example, b@harbour.example (c@harbour.example")
    change(OWN_DOMAINS, ("own.example",), by=actor(alice), now=now)
    customer = make_customer(emails=("ann@harbour.example", "us@own.example"), domains=("harbour.example",))
    CustomerDomain.objects.create(customer=customer, domain="gmail.com", created_at=now)
    for reach in (
        Reach(key="ann@harbour.example"),
        Reach(key="us@own.example"),
        Reach(domain="harbour.example"),
        Reach(domain="gmail.com"),
    ):
        assert preview_older(reach=reach, to=customer).count == 0


def test_older_letters_are_worked_through_in_chunks(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mooring.letters.older.CHUNK", 2)
    monkeypatch.setattr("mooring.letters.older.MOST_COUNTED", 3)
    for _ in range(5):
        written_by("ann@harbour.example")
    customer = make_customer(emails=("ann@harbour.example",))
    assert preview_older(reach=Reach(key="ann@harbour.example"), to=customer).count == 3
    batch = link_older(reach=Reach(key="ann@harbour.example"), to=customer, by=BY_COMMAND, now=now)
    assert batch.link_count == 5
    assert undo_batch(batch=batch, by=BY_COMMAND, now=now) == 5


def linked_by(record: Customer | Lead, **why: str) -> Letter:
    account = make_account()
    letter = make_letter(account, sender=why["address"])
    wanted = wanted_by_rules([match_of(record, **why)], letter_id=letter.pk, position=letter.position)
    write_links(wanted, making=Making(NOW))
    return letter


def test_an_address_taken_off_takes_only_its_own_links_along(now: datetime) -> None:
    customer = make_customer(emails=("old@harbour.example", "ann@harbour.example"))
    gone = linked_by(customer, address="old@harbour.example")
    stays = linked_by(customer, address="ann@harbour.example")
    by_hand = written_by("old@harbour.example")
    add_link(letter=by_hand, to=customer, by=BY_COMMAND, now=now)
    EmailAddress.objects.filter(key="old@harbour.example").delete()
    assert refresh_links(to=customer, by=BY_COMMAND, now=now) == 1
    assert {link.letter_id for link in Link.objects.all()} == {stays.pk, by_hand.pk}
    assert not letters().get(pk=gone.pk).is_linked
    assert refresh_links(to=customer, by=BY_COMMAND, now=now) == 0
    assert journal("customer", customer)[0] == ("letters_unlinked", {"count": 1})


def test_a_link_that_another_rule_still_reaches_gives_that_as_its_reason(now: datetime) -> None:
    customer = make_customer(emails=("old@harbour.example",), domains=("harbour.example",))
    linked_by(customer, address="old@harbour.example")
    EmailAddress.objects.all().delete()
    assert refresh_links(to=customer, by=BY_COMMAND, now=now) == 0
    link = Link.objects.get()
    assert (link.rule, link.matched_address, link.matched_role) == ("customer_domain", "old@harbour.example", "from")
