"""Portal logins: invited, locked, unlocked and removed by staff; locked and brought back by the archive, exactly."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

import making
from making import archive_customers, restore_customers
from mooring.customers.models import ArchiveLock, Contact, Customer, LockedBy, PortalKeyUse, PortalSession, PortalUser
from mooring.customers.portal_access import UnableToGiveAccess, invite, lock, remove, unlock
from mooring.customers.portal_sign_in import (
    UnableToSignIn,
    ask_for_password,
    change_password,
    choose_password,
    key_of,
    open_session,
    session_of,
    with_password,
)
from mooring.users.journal import Actor, entries_about
from mooring.users.models import User

pytestmark = pytest.mark.django_db

PASSWORD = "seven unlikely lighthouses"
BY = making.BY_COMMAND


def customer_of(contact: Contact) -> Customer:
    return contact.affiliations.get().customer  # type: ignore[return-value]


def invited(contact: Contact, now: datetime, **changed: Any) -> tuple[PortalUser, str]:
    data = {"email": "carol@harbour.example", "language": "en", **changed}
    found = invite(contact=contact, customer=customer_of(contact), by=BY, now=now, **data)
    return found.portal_user, found.key


def joined(contact: Contact, now: datetime) -> PortalUser:
    _user, key = invited(contact, now)
    return choose_password(word=key, use=PortalKeyUse.INVITATION, password=PASSWORD, address="", now=now)


def everybody() -> Any:
    return Customer.objects.unscoped("a test archives")


def actions(customer: Customer) -> list[str]:
    return [entry.action for entry in entries_about(kind="customer", record_id=customer.pk)]


def test_an_invitation_is_for_one_use_and_makes_the_password_ones_own(carol: Contact, now: datetime) -> None:
    _user, key = invited(carol, now)
    assert with_password(email="carol@harbour.example", password=PASSWORD) is None
    user = choose_password(word=key, use=PortalKeyUse.INVITATION, password=PASSWORD, address="192.0.2.1", now=now)
    assert with_password(email=" CAROL@harbour.example", password=PASSWORD) == user
    assert with_password(email="carol@harbour.example", password="another") is None
    with pytest.raises(UnableToSignIn, match="used"):
        choose_password(word=key, use=PortalKeyUse.INVITATION, password="nine likely harbours", address="", now=now)
    assert PASSWORD not in user.password
    assert actions(user.customer)[:2] == ["portal_joined", "portal_invited"]


@pytest.mark.parametrize(("hours", "opens"), [(71, True), (72, False)])
def test_an_invitation_lasts_three_days(carol: Contact, now: datetime, hours: int, opens: bool) -> None:
    _user, key = invited(carol, now)
    assert bool(key_of(key, PortalKeyUse.INVITATION, now=now + timedelta(hours=hours))) is opens
    assert key_of(key, PortalKeyUse.PASSWORD, now=now) is None


def test_a_new_invitation_takes_the_place_of_the_old_one(carol: Contact, now: datetime) -> None:
    _user, old = invited(carol, now)
    _user, new = invited(carol, now)
    assert (key_of(old, PortalKeyUse.INVITATION, now=now), PortalUser.objects.count()) == (None, 1)
    assert key_of(new, PortalKeyUse.INVITATION, now=now) is not None


def test_a_weak_password_leaves_the_invitation_as_it_is(carol: Contact, now: datetime) -> None:
    _user, key = invited(carol, now)
    with pytest.raises(UnableToSignIn):
        choose_password(word=key, use=PortalKeyUse.INVITATION, password="short", address="", now=now)
    assert key_of(key, PortalKeyUse.INVITATION, now=now) is not None


def test_who_cannot_be_invited(carol: Contact, alice: User, now: datetime) -> None:
    customer = customer_of(carol)
    refused = {"email": "alice@mooring.example"}, {"email": "nonsense"}
    for each in refused:
        with pytest.raises(UnableToGiveAccess):
            invited(carol, now, **each)
    stranger = making.make_contact("Stranger", at=(making.make_customer("Elsewhere"),))
    with pytest.raises(UnableToGiveAccess, match="not a contact"):
        invite(contact=stranger, customer=customer, email="s@else.example", language="en", by=BY, now=now)
    invited(carol, now)
    with pytest.raises(UnableToGiveAccess, match="already"):
        invite(
            contact=stranger,
            customer=customer_of(stranger),
            email="Carol@Harbour.example",
            language="en",
            by=BY,
            now=now,
        )
    archive_customers(customers=everybody().filter(pk=customer.pk), by=BY, now=now)
    with pytest.raises(UnableToGiveAccess, match="archive"):
        invited(carol, now)


def test_a_lock_ends_every_session_and_key_at_once_and_for_ever(carol: Contact, now: datetime) -> None:
    user = joined(carol, now)
    session = open_session(portal_user=user, now=now)
    _user, word = ask_for_password(email=user.email, now=now) or (None, "")
    assert session_of(session, now=now) == user
    lock(portal_user=user, by=BY, now=now)
    assert session_of(session, now=now) is None
    assert with_password(email=user.email, password=PASSWORD) is None
    assert ask_for_password(email=user.email, now=now) is None
    unlock(portal_user=user, by=BY, now=now)
    assert session_of(session, now=now) is None
    assert key_of(word, PortalKeyUse.PASSWORD, now=now) is None
    assert with_password(email=user.email, password=PASSWORD) == user


def test_an_epoch_kills_a_session_that_stands_still(carol: Contact, now: datetime) -> None:
    user = joined(carol, now)
    session = open_session(portal_user=user, now=now)
    PortalUser.objects.update(epoch=user.epoch + 1)
    assert session_of(session, now=now) is None


def test_a_session_ends_by_itself(carol: Contact, now: datetime) -> None:
    user = joined(carol, now)
    session = open_session(portal_user=user, now=now)
    assert session_of(session, now=now + timedelta(days=13)) == user
    assert session_of(session, now=now + timedelta(days=15)) is None
    assert session_of("something else", now=now) is None


def test_the_archive_locks_and_restoring_undoes_exactly_that(carol: Contact, now: datetime) -> None:
    user, customer = joined(carol, now), customer_of(carol)
    other = making.make_contact("Dan", at=(customer,))
    locked = invite(contact=other, customer=customer, email="dan@harbour.example", language="en", by=BY, now=now).portal_user
    lock(portal_user=locked, by=BY, now=now)
    session = open_session(portal_user=user, now=now)
    archive_customers(customers=everybody().filter(pk=customer.pk), by=BY, now=now)
    assert session_of(session, now=now) is None
    assert with_password(email=user.email, password=PASSWORD) is None
    assert list(ArchiveLock.objects.values_list("portal_user", flat=True)) == [user.pk]
    restore_customers(customers=everybody().filter(pk=customer.pk), by=BY, now=now)
    user.refresh_from_db()
    locked.refresh_from_db()
    assert (user.locked_at, locked.locked_by, ArchiveLock.objects.count()) == (None, LockedBy.HAND, 0)
    assert session_of(session, now=now) is None
    assert with_password(email=user.email, password=PASSWORD) == user


def test_a_lock_by_hand_in_the_archive_outlives_the_archive(carol: Contact, now: datetime) -> None:
    user, customer = joined(carol, now), everybody().filter(pk=customer_of(carol).pk)
    archive_customers(customers=customer, by=BY, now=now)
    lock(portal_user=user, by=BY, now=now)
    restore_customers(customers=customer, by=BY, now=now)
    assert with_password(email=user.email, password=PASSWORD) is None


def test_unlocking_in_the_archive_lets_in_when_the_customer_comes_back(carol: Contact, now: datetime) -> None:
    user, customer = joined(carol, now), everybody().filter(pk=customer_of(carol).pk)
    lock(portal_user=user, by=BY, now=now)
    archive_customers(customers=customer, by=BY, now=now)
    unlock(portal_user=user, by=BY, now=now)
    assert with_password(email=user.email, password=PASSWORD) is None
    with pytest.raises(UnableToGiveAccess, match="Restoring"):
        unlock(portal_user=user, by=BY, now=now)
    restore_customers(customers=customer, by=BY, now=now)
    assert with_password(email=user.email, password=PASSWORD) == user


def test_whoever_is_no_longer_a_contact_there_is_out(carol: Contact, now: datetime) -> None:
    user = joined(carol, now)
    session = open_session(portal_user=user, now=now)
    carol.affiliations.all().delete()
    assert session_of(session, now=now) is None


def test_a_removed_login_leaves_a_line_and_nothing_else(carol: Contact, now: datetime) -> None:
    user, customer = joined(carol, now), customer_of(carol)
    open_session(portal_user=user, now=now)
    remove(portal_user=user, by=BY, now=now)
    assert (PortalUser.objects.count(), PortalSession.objects.count(), actions(customer)[0]) == (0, 0, "portal_removed")
    with pytest.raises(UnableToGiveAccess, match="meanwhile"):
        lock(portal_user=user, by=BY, now=now)


def test_a_new_password_needs_the_old_one_and_signs_out_everywhere(carol: Contact, now: datetime) -> None:
    user = joined(carol, now)
    session = open_session(portal_user=user, now=now)
    with pytest.raises(UnableToSignIn, match="current"):
        change_password(portal_user=user, old="wrong", new="nine likely harbours", address="", now=now)
    change_password(portal_user=user, old=PASSWORD, new="nine likely harbours", address="", now=now)
    assert session_of(session, now=now) is None
    assert with_password(email=user.email, password="nine likely harbours") == user


def test_a_forgotten_password_is_chosen_anew_by_a_link(carol: Contact, now: datetime) -> None:
    joined(carol, now)
    assert ask_for_password(email="nobody@harbour.example", now=now) is None
    user, word = ask_for_password(email="carol@harbour.example", now=now) or pytest.fail("no link")
    choose_password(word=word, use=PortalKeyUse.PASSWORD, password="nine likely harbours", address="", now=now)
    assert with_password(email=user.email, password="nine likely harbours") == user
    entry = entries_about(kind="customer", record_id=user.customer_id)[0]
    assert (entry.action, entry.source) == ("portal_password", Actor(None, "portal").source)
