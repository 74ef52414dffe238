"""Letters leave the server when the delivery options say so, and never one that is not archived."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import making
from mooring.customers.models import Contact
from mooring.letters.bin import put_into_bin, take_from_bin
from mooring.letters.models import Delivery, Letter, MailAccount
from mooring.options.values import change
from mooring.sync import removals, removing
from mooring.sync.engine import Engine
from mooring.sync.models import FolderState, Item, Removal, RemovalReason
from mooring.sync.options import LARGEST_LETTER_MB
from mooring.sync.visit import Visited
from mooring.sync.wishes import read_again_from
from mooring.users.journal import Actor
from mooring.users.models import User
from servers.dovecot import Dovecot
from servers.scripted_imap import ScriptedImap
from servers.scripted_pop3 import PopLetter, ScriptedPop3
from sync.mailboxes import WHY, Clock, account_of, digests, item_states, make_letter, state_of, stored

pytestmark = pytest.mark.django_db(transaction=True)
Scan = Callable[..., Visited]


class Mailbox:
    """An account on a scripted POP3 server, and what lies there."""

    def __init__(self, owner: User, engine: Engine, fake: ScriptedPop3) -> None:
        self.fake = fake
        self._owner, self._engine = owner, engine
        self._count = 0

    def account(self, **options: Any) -> MailAccount:
        return account_of(self._owner, self.fake.server(), self._engine.policy, **options)

    def deliver(self, *letters: bytes) -> None:
        for raw in letters:
            self._count += 1
            self.fake.letters.append(PopLetter(raw, f"id{self._count}"))

    @property
    def raws(self) -> list[bytes]:
        return [letter.raw for letter in self.fake.letters]


@pytest.fixture
def mailbox(owner: User, engine: Engine, carol: Contact) -> Any:
    with ScriptedPop3().start().stopping() as fake:
        yield Mailbox(owner, engine, fake)


def set_options(account: MailAccount, **options: Any) -> None:
    MailAccount.objects.unscoped(WHY).filter(pk=account.pk).update(**options)


def removal() -> Removal:
    return Removal.objects.get()


# -- which letters, and when ---------------------------------------------------------------------------------------------


def test_without_options_nothing_ever_leaves_the_server(mailbox: Mailbox, scan: Scan, clock: Clock) -> None:
    account = mailbox.account()
    mailbox.deliver(make_letter(), make_letter("stranger@elsewhere.example"))
    for _week in range(10):
        assert scan(account) is Visited.DONE
        clock.wind(days=7)

    assert len(mailbox.raws) == 2
    assert not Removal.objects.exists()


def test_no_copy_is_left_of_what_is_archived_and_the_rest_stays(mailbox: Mailbox, scan: Scan, engine: Engine) -> None:
    account = mailbox.account(leaves_copy=False)
    kept, strange = [make_letter() for _ in range(3)], make_letter("stranger@elsewhere.example")
    mailbox.deliver(*kept, strange)

    assert scan(account) is Visited.DONE

    assert mailbox.raws == [strange]
    assert stored(engine.originals) == digests(kept)
    assert item_states(account) == {"gone": 3, "skipped": 1}
    assert Removal.objects.filter(done_at__isnull=False, reason=RemovalReason.NO_COPY).count() == 3


def test_letters_that_left_the_server_by_the_options_are_still_shown(mailbox: Mailbox, scan: Scan, clock: Clock) -> None:
    account = mailbox.account(leaves_copy=False)
    mailbox.deliver(make_letter())
    for _visit in range(3):
        scan(account)
        clock.wind(hours=2)

    assert Delivery.objects.get().gone_since is None


def test_days_count_from_when_a_letter_was_first_seen(mailbox: Mailbox, scan: Scan, clock: Clock) -> None:
    account = mailbox.account(removes_after_days=7)
    old = make_letter(date="Mon, 02 Mar 2020 08:00:00 +0000")
    mailbox.deliver(old)
    scan(account)
    clock.wind(days=3)
    mailbox.deliver(make_letter())
    scan(account)
    clock.wind(days=3, hours=23, minutes=59)
    scan(account)
    assert len(mailbox.raws) == 2
    clock.wind(minutes=1)
    scan(account)
    assert old not in mailbox.raws
    assert len(mailbox.raws) == 1
    clock.wind(days=3)
    scan(account)
    assert not mailbox.raws


def test_days_count_while_a_letter_belongs_to_nobody_but_only_then_archived_it_goes(
    mailbox: Mailbox, scan: Scan, clock: Clock, engine: Engine
) -> None:
    account = mailbox.account(removes_after_days=7)
    mailbox.deliver(make_letter("dora@quay.example"))
    scan(account)
    clock.wind(days=8)
    scan(account)
    assert len(mailbox.raws) == 1
    making.make_customer("Quay Ltd", domains=("quay.example",))
    read_again_from(account=account, since=making.NOW - timedelta(days=1), by=making.BY_COMMAND, now=clock())

    scan(account)

    assert not mailbox.raws
    assert sum(stored(engine.originals).values()) == 1


def test_what_is_deleted_here_is_deleted_there_unless_taken_back_before(
    mailbox: Mailbox, scan: Scan, clock: Clock, owner: User
) -> None:
    account = mailbox.account(removes_when_deleted=True, is_main=True)
    mailbox.deliver(make_letter(), make_letter())
    scan(account)
    first, second = Letter.objects.unscoped(WHY).order_by("pk").values_list("pk", flat=True)
    by = Actor(user=owner, source="desk")
    put_into_bin(letter_ids=[first, second], by=by, now=clock())
    take_from_bin(letter_ids=[second], by=by, now=clock())

    scan(account)

    assert len(mailbox.raws) == 1
    assert (removal().reason, removal().due_at) == (RemovalReason.DELETED, clock())
    put_into_bin(letter_ids=[second], by=by, now=clock())
    set_options(account, removes_when_deleted=False)
    scan(account)
    assert len(mailbox.raws) == 1


def test_whichever_comes_first(mailbox: Mailbox, scan: Scan, clock: Clock, owner: User) -> None:
    account = mailbox.account(removes_after_days=7, removes_when_deleted=True, is_main=True)
    mailbox.deliver(make_letter(), make_letter())
    scan(account)
    letter = Letter.objects.unscoped(WHY).order_by("pk")[0]
    put_into_bin(letter_ids=[letter.pk], by=Actor(user=owner, source="desk"), now=clock())
    scan(account)
    assert len(mailbox.raws) == 1
    clock.wind(days=7)
    scan(account)
    assert not mailbox.raws
    assert set(Removal.objects.values_list("reason", flat=True)) == {RemovalReason.DELETED, RemovalReason.DAYS}


def test_options_switched_off_take_back_what_was_not_carried_out(mailbox: Mailbox, scan: Scan, clock: Clock) -> None:
    account = mailbox.account(leaves_copy=False)
    mailbox.deliver(make_letter())
    mailbox.fake.answers["DELE"] = b"-ERR not now\r\n"
    scan(account)
    assert removal().done_at is None
    set_options(account, leaves_copy=True)
    mailbox.fake.answers.clear()
    clock.wind(days=2)

    scan(account)

    assert len(mailbox.raws) == 1
    assert not Removal.objects.exists()


# -- never what is not archived ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{"leaves_copy": False}, {"removes_after_days": 1}])
def test_what_is_too_large_failed_or_older_stays(mailbox: Mailbox, scan: Scan, clock: Clock, options: dict[str, Any]) -> None:
    change(LARGEST_LETTER_MB, 1, by=making.BY_COMMAND, now=making.NOW)
    account = mailbox.account(**options)
    large, poison, good = make_letter(body="x\r\n" * 400_000), make_letter(), make_letter()
    mailbox.deliver(large, poison, good)
    mailbox.fake.answers["RETR 2"] = b"-ERR cannot\r\n"
    for _day in range(10):
        scan(account)
        clock.wind(days=1)
        mailbox.fake.answers = {"RETR": b"-ERR cannot\r\n"} if good not in mailbox.raws else mailbox.fake.answers

    assert mailbox.raws == [large, poison]
    assert item_states(account) == {"toolarge": 1, "failed": 1, "gone": 1}


def test_a_letter_being_decided_about_anew_stays_until_it_is_archived_again(mailbox: Mailbox, scan: Scan, clock: Clock) -> None:
    account = mailbox.account(removes_after_days=1)
    mailbox.deliver(make_letter())
    scan(account)
    clock.wind(days=2)
    Item.objects.update(state="listed", attempts=0)
    mailbox.fake.answers["RETR"] = b"-ERR cannot\r\n"
    scan(account)
    assert len(mailbox.raws) == 1
    mailbox.fake.answers.clear()
    scan(account)
    assert not mailbox.raws


def test_a_letter_whose_archived_bytes_are_damaged_stays(mailbox: Mailbox, scan: Scan, clock: Clock, engine: Engine) -> None:
    account = mailbox.account(removes_after_days=1)
    mailbox.deliver(make_letter())
    scan(account)
    original = Letter.objects.unscoped(WHY).get().original
    original.offset += 1
    original.save()
    clock.wind(days=2)
    scan(account)

    assert len(mailbox.raws) == 1
    assert (removal().error_code, removal().attempts) == (removing.NOT_SAFE, 1)


def test_another_letter_under_a_used_id_is_read_and_not_removed(
    mailbox: Mailbox, scan: Scan, clock: Clock, engine: Engine
) -> None:
    account = mailbox.account(removes_after_days=1)
    first, second = make_letter(subject="Letter A"), make_letter(subject="Letter B")
    mailbox.deliver(first)
    scan(account)
    mailbox.fake.letters = [PopLetter(second, "id1")]
    clock.wind(days=1)
    scan(account)
    assert mailbox.raws == [second]
    scan(account)
    assert mailbox.raws == [second]
    assert stored(engine.originals) == digests([first, second])
    clock.wind(days=1)
    scan(account)
    assert not mailbox.raws


def test_a_letter_that_the_server_does_not_show_is_left_to_the_next_listing(mailbox: Mailbox, scan: Scan, clock: Clock) -> None:
    account = mailbox.account(removes_after_days=1)
    mailbox.deliver(make_letter())
    scan(account)
    clock.wind(days=1)
    mailbox.fake.answers["TOP"] = b"-ERR no such message\r\n"
    scan(account)
    assert len(mailbox.raws) == 1
    assert removal().attempts == 1


# -- troubles ------------------------------------------------------------------------------------------------------------


def test_what_a_server_does_not_remove_is_tried_again_after_growing_waits(mailbox: Mailbox, scan: Scan, clock: Clock) -> None:
    account = mailbox.account(leaves_copy=False)
    mailbox.deliver(make_letter())
    mailbox.fake.answers["DELE"] = b"-ERR read-only\r\n"
    waits = []
    for _try in range(12):
        assert scan(account) is Visited.DONE
        waits.append(removal().next_try_at - clock())
        clock.now = removal().next_try_at
    assert waits[:3] == [timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=20)]
    assert waits[-1] == removals.LONGEST_WAIT
    numbers = removals.numbers_of([account.pk])[account.pk]
    assert (numbers.waiting, numbers.stubborn, numbers.error_code) == (1, 1, removing.NOT_REMOVED)
    mailbox.fake.answers.clear()
    scan(account)
    assert not mailbox.raws
    assert removals.numbers_of([account.pk]) == {}


class _Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("count", [1, 60])
def test_a_kill_between_the_server_and_the_rows_is_no_vanishing(
    mailbox: Mailbox, scan: Scan, clock: Clock, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    account = mailbox.account(leaves_copy=False)
    mailbox.deliver(*[make_letter() for _ in range(count)])

    def killed(*_arguments: object, **_named: object) -> None:
        raise _Killed

    with monkeypatch.context() as patched:
        patched.setattr(removals, "finish", killed)
        with pytest.raises(_Killed):
            scan(account)
    assert not mailbox.raws
    clock.wind(minutes=10)
    scan(account)
    clock.wind(hours=2)
    scan(account)

    assert not Delivery.objects.exclude(gone_since=None).exists()
    assert FolderState.objects.get().held_vanished_count == 0
    assert Removal.objects.filter(done_at__isnull=False).count() == count


def test_a_mailbox_restored_from_a_backup_is_cleared_again(mailbox: Mailbox, scan: Scan, clock: Clock) -> None:
    account = mailbox.account(leaves_copy=False)
    mailbox.deliver(make_letter())
    before = list(mailbox.fake.letters)
    scan(account)
    clock.wind(minutes=10)
    scan(account)
    mailbox.fake.letters = before
    clock.wind(minutes=10)
    scan(account)

    assert not mailbox.raws
    assert Delivery.objects.get().gone_since is None


def test_many_letters_go_in_several_visits(mailbox: Mailbox, scan: Scan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removing, "MOST_AT_ONCE", 2)
    account = mailbox.account(leaves_copy=False)
    mailbox.deliver(*[make_letter() for _ in range(5)])

    assert [scan(account) for _ in range(3)] == [Visited.MORE, Visited.MORE, Visited.DONE]
    assert not mailbox.raws


def test_first_sight_survives_that_the_server_numbers_its_letters_anew(mailbox: Mailbox, scan: Scan, clock: Clock) -> None:
    account = mailbox.account(removes_after_days=7)
    mailbox.deliver(*[make_letter() for _ in range(12)])
    scan(account)
    clock.wind(days=5)
    mailbox.fake.letters = [PopLetter(letter.raw, f"new{letter.uid}") for letter in mailbox.fake.letters]
    scan(account)
    assert len(mailbox.raws) == 12
    clock.wind(days=2)
    scan(account)
    assert not mailbox.raws
    assert Letter.objects.unscoped(WHY).count() == 12


# -- other servers -------------------------------------------------------------------------------------------------------


@pytest.mark.server
@pytest.mark.parametrize("protocol", ["pop3", "imap"])
def test_real_servers(protocol: str, owner: User, engine: Engine, scan: Scan, dovecot: Dovecot, carol: Contact) -> None:
    user = dovecot.new_user()
    letters = [make_letter() for _ in range(3)]
    dovecot.deliver(user, [*letters, make_letter("stranger@elsewhere.example")])
    account = account_of(owner, dovecot.server(user, protocol=protocol), dovecot.policy, leaves_copy=False)

    assert scan(account) is Visited.DONE

    assert len(dovecot.flags(user)) == 1
    assert stored(engine.originals) == digests(letters)


def test_imap_servers_that_cannot_remove_single_letters(
    owner: User, engine: Engine, scan: Scan, fake: ScriptedImap, clock: Clock
) -> None:
    account = account_of(owner, fake.server(), engine.policy, leaves_copy=False)

    assert scan(account) is Visited.DONE

    assert removals.numbers_of([account.pk])[account.pk].error_code == "removal_not_offered"
    assert state_of(account).error_code == ""
    assert len(fake.letters) == 3
    assert not any(b"STORE" in line for line in fake.lines)


def test_a_server_is_not_visited_more_often_than_it_wants(mailbox: Mailbox, scan: Scan, clock: Clock) -> None:
    mailbox.fake.capabilities = (*mailbox.fake.capabilities, "LOGIN-DELAY 3600")
    account = mailbox.account()
    scan(account)

    assert state_of(account).next_visit_at - clock() == timedelta(hours=1)
