"""Older letters are offered when an address or domain is added, linked when accepted, and let go again when undone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import making
from mooring.customers.editing import DomainData
from mooring.customers.models import Contact, Customer
from mooring.letters.models import Letter, Link, MailAccount
from mooring.letters.options import KEEP_HINTS
from mooring.options.values import change
from mooring.sync.backfill import UnableToAnswer, accept, dismiss, look_for_additions, offers_to, record_of, undo
from mooring.sync.models import BackfillOffer, ItemHint
from mooring.sync.visit import Visited
from mooring.users.models import User
from sync.mailboxes import WHY, Clock, deliver, files_account, item_states, make_letter, state_of, subjects

pytestmark = pytest.mark.django_db(transaction=True)
Scan = Callable[..., Visited]
BY, NOW = making.BY_COMMAND, making.NOW


@pytest.fixture
def account(owner: User, maildir: Path, scan: Scan) -> MailAccount:
    """An account whose letters were not kept, since nobody knew their senders."""
    deliver(maildir, make_letter("anna@quay.example", subject="A"), make_letter("max@north.quay.example", subject="B"))
    deliver(maildir, make_letter("zoe@gmail.com", subject="C"))
    account = files_account(owner, maildir)
    scan(account)
    assert item_states(account) == {"skipped": 3}
    return account


def only_offer() -> BackfillOffer:
    look_for_additions(now=NOW)
    return BackfillOffer.objects.get()


def test_an_address_added_later_is_offered_its_letters_on_the_server(account: MailAccount, scan: Scan) -> None:
    customer = making.make_customer(emails=("anna@quay.example",))
    offer = only_offer()
    assert (offer.on_server_count, offer.kept_count, record_of(offer)) == (1, 0, customer)
    assert subjects() == [], "nothing happens before somebody agrees"
    accept(offer=offer, by=BY, now=NOW)
    assert state_of(account).wanted_at == NOW
    scan(account)
    assert (subjects(), Link.objects.get().customer) == (["A"], customer)


@pytest.mark.parametrize(("includes_subdomains", "fetched"), [(False, ["A"]), (True, ["A", "B"])])
def test_a_domain_added_later_brings_the_letters_of_its_hosts(
    includes_subdomains: bool, fetched: list[str], account: MailAccount, scan: Scan
) -> None:
    making.make_customer(domains=(DomainData(domain="quay.example", includes_subdomains=includes_subdomains),))
    accept(offer=only_offer(), by=BY, now=NOW)
    scan(account)
    assert subjects() == fetched


def test_kept_letters_are_linked_when_an_offer_is_accepted_and_let_go_when_undone(owner: User, maildir: Path, scan: Scan) -> None:
    deliver(maildir, make_letter("anna@quay.example", subject="A"))
    scan(files_account(owner, maildir, is_main=True))
    lead = making.make_lead(emails=("anna@quay.example",))
    offer = only_offer()
    assert (offer.kept_count, record_of(offer), list(offers_to(lead))) == (1, lead, [offer])
    accept(offer=offer, by=BY, now=NOW)
    assert Link.objects.filter(lead=lead, removed_at=None).count() == 1
    assert not offers_to(lead).exists()
    assert undo(offer=offer, by=BY, now=NOW) == 1
    assert not Link.objects.filter(removed_at=None).exists()
    with pytest.raises(UnableToAnswer):
        undo(offer=offer, by=BY, now=NOW)


def test_undo_takes_back_letters_that_were_fetched_for_the_offer(account: MailAccount, scan: Scan, clock: Clock) -> None:
    making.make_customer(emails=("anna@quay.example",))
    offer = accept(offer=only_offer(), by=BY, now=NOW)
    scan(account)
    assert undo(offer=offer, by=BY, now=clock.now) == 1
    assert not Letter.objects.unscoped(WHY).filter(is_linked=True).exists()


def test_undo_before_the_visit_lists_nothing(account: MailAccount, scan: Scan) -> None:
    making.make_customer(emails=("anna@quay.example",))
    offer = accept(offer=only_offer(), by=BY, now=NOW)
    assert item_states(account) == {"skipped": 2, "listed": 1}
    undo(offer=offer, by=BY, now=NOW)
    assert item_states(account) == {"skipped": 3}


def test_a_contact_given_a_second_place_is_offered_its_letters_there(account: MailAccount) -> None:
    first = making.make_customer()
    contact = making.make_contact(at=(first,), emails=("anna@quay.example",))
    assert record_of(only_offer()) == first
    second = making.make_lead()
    contact.affiliations.create(lead=second, created_at=NOW)
    look_for_additions(now=NOW)
    assert {str(record_of(offer)) for offer in BackfillOffer.objects.all()} == {str(first), str(second)}


def test_addresses_that_nobody_wrote_from_are_not_offered(carol: Contact) -> None:
    assert look_for_additions(now=NOW) == 0
    assert not BackfillOffer.objects.exists()


def test_what_was_offered_is_not_offered_again(account: MailAccount) -> None:
    customer = making.make_customer(emails=("anna@quay.example",))
    dismiss(offer=only_offer(), now=NOW)
    customer.emails.all().delete()
    customer.emails.create(address="anna@quay.example", key="anna@quay.example", is_main=True, created_at=NOW)
    assert look_for_additions(now=NOW) == 0
    with pytest.raises(UnableToAnswer):
        accept(offer=BackfillOffer.objects.get(), by=BY, now=NOW)


def test_an_offer_to_a_record_that_is_gone_cannot_be_accepted(account: MailAccount) -> None:
    customer = making.make_customer(emails=("anna@quay.example",))
    offer = only_offer()
    Customer.objects.unscoped(WHY).filter(pk=customer.pk).delete()
    with pytest.raises(UnableToAnswer):
        accept(offer=offer, by=BY, now=NOW)


def test_hints_tell_no_address_and_public_domains_have_none(account: MailAccount) -> None:
    hints = ItemHint.objects.filter(item__hints__isnull=False).distinct()
    assert hints.count() == 2 + 3 + 1
    making.make_customer(domains=(DomainData(domain="gmail.com"),))
    assert look_for_additions(now=NOW) == 0


def test_without_leave_no_hints_are_kept(owner: User, maildir: Path, scan: Scan) -> None:
    change(KEEP_HINTS, False, by=BY, now=NOW)
    deliver(maildir, make_letter("anna@quay.example"))
    account = files_account(owner, maildir)
    scan(account)
    assert (item_states(account), ItemHint.objects.count()) == ({"skipped": 1}, 0)
