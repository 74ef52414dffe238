"""Numbers of letters on IMAP servers: given anew, taken back, or given to another letter, which no server should do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from mooring.letters.models import Delivery, Letter, MailAccount
from mooring.sync.engine import Engine
from mooring.sync.models import FolderState, Item
from mooring.sync.visit import Visited
from mooring.users.models import User
from servers.scripted_imap import FakeLetter, ScriptedImap
from sync.mailboxes import WHY, Clock, account_of, digests, item_states, live_places, make_letter, stored, subjects

pytestmark = pytest.mark.django_db(transaction=True)
Scan = Callable[..., Visited]


def test_a_folder_numbered_anew_is_mapped_and_not_fetched_again(
    account: MailAccount, fake: ScriptedImap, scan: Scan, clock: Clock
) -> None:
    scan(account)
    before = set(Delivery.objects.values_list("pk", "letter_id"))
    fake.uidvalidity = "78"
    for letter in fake.letters:
        letter.uid += 100
    del fake.received[:]
    clock.wind(minutes=10)
    scan(account)
    assert set(Delivery.objects.values_list("pk", "letter_id")) == before
    assert set(Delivery.objects.values_list("epoch", flat=True)) == {"78"}
    assert item_states(account) == {"filed": 3}
    assert b"BODY.PEEK[]" not in bytes(fake.received)


def test_a_folder_numbered_anew_again_and_again_is_looked_at_rarely(
    account: MailAccount, fake: ScriptedImap, scan: Scan, clock: Clock
) -> None:
    scan(account)
    for change in range(5):
        fake.uidvalidity = str(100 + change)
        clock.wind(minutes=20)
        scan(account)
    state = FolderState.objects.get()
    assert (state.error_code, state.epoch_changes_in_row) == ("unstable_ids", 5)
    assert state.retry_at == clock.now + timedelta(hours=6)
    clock.wind(hours=7)
    scan(account)
    assert FolderState.objects.get().error_code == ""
    assert (Letter.objects.unscoped(WHY).count(), item_states(account)) == (3, {"filed": 3})


def test_an_old_numbering_that_comes_back_with_other_letters_mixes_nothing_up(
    account: MailAccount, fake: ScriptedImap, scan: Scan, clock: Clock
) -> None:
    scan(account)
    first = fake.letters
    fake.uidvalidity, fake.letters = "78", []
    clock.wind(minutes=20)
    scan(account)
    fake.uidvalidity = "77"
    fake.letters = [FakeLetter(1, make_letter(subject="Other")), FakeLetter(2, first[0].raw)]
    clock.wind(minutes=20)
    scan(account)
    clock.wind(hours=2)
    scan(account)
    assert subjects() == ["Letter 1", "Letter 2", "Letter 3", "Other"]
    live = Delivery.objects.filter(gone_since=None).values_list("letter__subject", flat=True)
    assert sorted(live) == ["Letter 1", "Other"]


def test_another_letter_under_a_used_number_is_noticed_within_a_day(
    account: MailAccount, fake: ScriptedImap, scan: Scan, clock: Clock, engine: Engine
) -> None:
    scan(account)
    first = [letter.raw for letter in fake.letters]
    fake.letters[1] = FakeLetter(2, make_letter(subject="Another, and longer"))
    for days in (0, 1):
        clock.wind(days=days, hours=2)
        scan(account)
    clock.wind(hours=2)
    scan(account)
    assert stored(engine.originals) == digests([*first, fake.letters[1].raw])
    gone = Delivery.objects.exclude(gone_since=None).values_list("letter__subject", flat=True)
    assert (list(gone), live_places(account)) == (["Letter 2"], {"INBOX": 3})


@pytest.mark.parametrize("what", ["time", "identity"])
def test_a_letter_as_large_as_the_one_before_it_is_told_by_its_time_or_identity(
    what: str, owner: User, fake: ScriptedImap, engine: Engine, scan: Scan, clock: Clock
) -> None:
    if what == "identity":
        fake.capabilities += " X-GM-EXT-1"
        fake.letters[1].more = "X-GM-MSGID 9002"
    account = account_of(owner, fake.server(), engine.policy)
    scan(account)
    old = fake.letters[1].raw
    new = old.replace(b"Good morning", b"Good evening")
    fake.letters[1] = FakeLetter(
        2, new, more="X-GM-MSGID 9009" if what == "identity" else "", received="18-Jul-1996 02:44:25 -0700"
    )
    for _visit in range(2):
        clock.wind(days=1)
        scan(account)
    assert (digests([old, new]) - stored(engine.originals), item_states(account)["filed"]) == ({}, 3)


def test_a_known_letter_that_a_server_describes_otherwise_is_read_again_and_not_doubled(
    account: MailAccount, fake: ScriptedImap, scan: Scan, clock: Clock, engine: Engine
) -> None:
    scan(account)
    for letter in fake.letters:
        letter.received = "01-Jan-2020 00:00:00 +0000"
    for _visit in range(3):
        clock.wind(days=1)
        scan(account)
    assert stored(engine.originals) == digests(letter.raw for letter in fake.letters)
    assert (live_places(account), Delivery.objects.count(), item_states(account)) == ({"INBOX": 3}, 3, {"filed": 3})


def test_a_letter_with_an_identity_of_its_own_is_known_again_without_reading_it(
    owner: User, fake: ScriptedImap, engine: Engine, scan: Scan, clock: Clock
) -> None:
    fake.capabilities += " X-GM-EXT-1"
    for letter in fake.letters:
        letter.more = f"X-GM-MSGID {9_000 + letter.uid}"
    account = account_of(owner, fake.server(), engine.policy)
    scan(account)
    assert set(Item.objects.values_list("remote_id", flat=True)) == {"9001", "9002", "9003"}
    before = set(Delivery.objects.values_list("pk", "letter_id"))
    fake.uidvalidity = "78"
    del fake.received[:]
    clock.wind(minutes=10)
    scan(account)
    assert set(Delivery.objects.values_list("pk", "letter_id")) == before
    assert b"BODY.PEEK" not in bytes(fake.received)
