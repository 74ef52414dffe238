"""Opening a sales mailbox with number and password: counted, locked after too many wrong ones, told in the journal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from making import NOW, PASSWORD, actor, make_sales_mailbox, make_user
from mooring.sales import opening
from mooring.sales.mailboxes import change_mailbox, data_of
from mooring.sales.models import SalesMailbox
from mooring.sales.opening import MOST_ATTEMPTS, MOST_WRONG, UnableToOpen, fits, open_mailbox, stamp_of, unlock_mailbox
from mooring.users.journal import entries_about, entries_of_everything
from mooring.users.models import User


@pytest.fixture(autouse=True)
def no_attempts_yet(db: None) -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def box(db: None) -> SalesMailbox:
    return make_sales_mailbox("North", number=7, password=PASSWORD)


def actions_about(box: SalesMailbox) -> list[str]:
    return [entry.action for entry in entries_about(kind="sales_mailbox", record_id=box.pk)]


def test_number_and_password_open_a_box(box: SalesMailbox, bob: User) -> None:
    assert open_mailbox(number=7, password=PASSWORD, by=actor(bob), now=NOW) == box
    assert actions_about(box) == ["opened", "added"]


@pytest.mark.parametrize(("number", "password"), [(7, "wrong"), (8, PASSWORD), (9, "")])
def test_a_wrong_number_and_a_wrong_password_are_answered_alike(box: SalesMailbox, bob: User, number: int, password: str) -> None:
    make_sales_mailbox(number=9)
    with pytest.raises(UnableToOpen, match="The number or the password is not right"):
        open_mailbox(number=number, password=password, by=actor(bob), now=NOW)
    (entry, *_) = entries_of_everything()
    assert (entry.action, entry.user) == ("opening_failed", bob)


def test_wrong_passwords_in_a_row_lock_the_box_until_it_is_unlocked(box: SalesMailbox) -> None:
    for attempt in range(MOST_WRONG):
        with pytest.raises(UnableToOpen, match="not right"):
            open_mailbox(number=7, password="wrong", by=actor(make_user(f"Guess {attempt}")), now=NOW)
    assert actions_about(box)[0] == "locked"
    patient = actor(make_user())
    with pytest.raises(UnableToOpen, match="locked"):
        open_mailbox(number=7, password=PASSWORD, by=patient, now=NOW)
    assert unlock_mailbox(box=box, by=actor(None), now=NOW).locked_at is None
    unlock_mailbox(box=box, by=actor(None), now=NOW)
    assert actions_about(box)[:2] == ["unlocked", "opening_failed"]
    assert open_mailbox(number=7, password=PASSWORD, by=patient, now=NOW) == box


def test_the_right_password_and_a_new_one_forget_the_wrong_ones(box: SalesMailbox, bob: User) -> None:
    with pytest.raises(UnableToOpen):
        open_mailbox(number=7, password="wrong", by=actor(bob), now=NOW)
    assert open_mailbox(number=7, password=PASSWORD, by=actor(bob), now=NOW).wrong_count == 0
    SalesMailbox.objects.unscoped("a test locks it").filter(pk=box.pk).update(wrong_count=10, locked_at=NOW)
    changed = change_mailbox(box=box, data=data_of(box, password="another password"), by=actor(None), now=NOW)
    assert (changed.wrong_count, changed.locked_at) == (0, None)


def test_one_person_has_so_many_attempts(box: SalesMailbox, bob: User) -> None:
    for number in range(100, 100 + MOST_ATTEMPTS):
        with pytest.raises(UnableToOpen, match="not right"):
            open_mailbox(number=number, password="wrong", by=actor(bob), now=NOW)
    with pytest.raises(UnableToOpen, match="quarter of an hour"):
        open_mailbox(number=7, password=PASSWORD, by=actor(bob), now=NOW)
    assert open_mailbox(number=7, password=PASSWORD, by=actor(make_user()), now=NOW) == box


def test_a_stamp_dies_with_its_password(box: SalesMailbox) -> None:
    stamp = stamp_of(box)
    assert fits(box, stamp)
    for password in ("another password", PASSWORD, ""):
        box = change_mailbox(box=box, data=data_of(box, password=password), by=actor(None), now=NOW)
        assert not fits(box, stamp)
    assert not fits(box, stamp_of(box))
    assert opening.MOST_WRONG < opening.MOST_ATTEMPTS
