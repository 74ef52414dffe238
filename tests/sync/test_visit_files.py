"""Visits of mail files: what arrives, is flagged, moved, gone, or nobody's."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import making
from mooring.customers.models import Contact, CustomerDomain, EmailAddress
from mooring.letters.linking import add_link
from mooring.letters.models import Delivery, Letter, MailAccount, UnwantedSender
from mooring.letters.options import SCAN_ALL_LETTERS
from mooring.options.values import change
from mooring.sync.engine import Engine
from mooring.sync.health import health_of_account
from mooring.sync.models import Item, ItemHint
from mooring.sync.options import LARGEST_LETTER_MB
from mooring.sync.visit import Visited
from mooring.sync.wishes import UnableToScan, agree_to_vanishing, fetch_whole, read_again_from, scan_now
from mooring.users.models import User
from sync.mailboxes import (
    WHY,
    Clock,
    deliver,
    digests,
    files_account,
    item_states,
    links,
    live_places,
    make_letter,
    state_of,
    stored,
    subjects,
)

pytestmark = pytest.mark.django_db(transaction=True)
Scan = Callable[..., Visited]


def test_a_first_scan_keeps_the_letters_of_customers_byte_for_byte(
    owner: User, carol: Contact, maildir: Path, scan: Scan, engine: Engine
) -> None:
    known = [make_letter(subject="From Carol"), make_letter("owner@harbour.example", subject="From her domain")]
    deliver(maildir, *known, make_letter("stranger@elsewhere.example"))
    account = files_account(owner, maildir)
    assert scan(account) is Visited.DONE
    assert stored(engine.originals) == digests(known)
    assert item_states(account) == {"filed": 2, "skipped": 1}
    assert links() == {("From Carol", "customer_contact"), ("From her domain", "customer_domain")}


def test_a_second_scan_changes_nothing_and_asks_little(
    owner: User, carol: Contact, maildir: Path, scan: Scan, clock: Clock
) -> None:
    folders = [".Work", ".Family", ".Sent", ".Friends"]
    for folder in ["", *folders]:
        deliver(maildir, make_letter(), folder=folder)
    account = files_account(owner, maildir)
    for _visit in range(3):
        scan(account)
        clock.wind(minutes=1)
    before = list(Item.objects.order_by("pk").values())
    with CaptureQueriesContext(connection) as all_of_them:
        scan(account)
    alone = [query for query in all_of_them.captured_queries if "SAVEPOINT" not in query["sql"]]
    MailAccount.objects.unscoped(WHY).get(pk=account.pk).folders.exclude(special_use="inbox").update(is_synced=False)
    with CaptureQueriesContext(connection) as of_one:
        scan(account)
    assert len(alone) <= 25
    assert len(alone) - len(of_one) <= 1
    assert list(Item.objects.order_by("pk").values()) == before


def test_letters_that_arrive_later_are_taken_in(owner: User, carol: Contact, maildir: Path, scan: Scan) -> None:
    account = files_account(owner, maildir)
    scan(account)
    deliver(maildir, make_letter(subject="Later"))
    scan(account)
    assert subjects() == ["Later"]


def test_flags_follow_the_mailbox(owner: User, carol: Contact, maildir: Path, scan: Scan) -> None:
    (name,) = deliver(maildir, make_letter())
    account = files_account(owner, maildir)
    scan(account)
    (maildir / "new" / name).rename(maildir / "cur" / f"{name}:2,FS")
    scan(account)
    delivery = Delivery.objects.get()
    assert (delivery.is_seen, delivery.flags) == (True, ["\\Flagged", "\\Seen"])


def test_a_letter_moved_keeps_its_delivery_and_its_privacy(
    owner: User, carol: Contact, maildir: Path, scan: Scan, clock: Clock
) -> None:
    raw = make_letter()
    (name,) = deliver(maildir, raw)
    deliver(maildir, make_letter(), folder=".Done")
    account = files_account(owner, maildir)
    scan(account)
    moved = Delivery.objects.get(folder_path="INBOX")
    Delivery.objects.filter(pk=moved.pk).update(is_private=True)
    (maildir / "new" / name).rename(maildir / ".Done" / "cur" / f"{name}:2,S")
    scan(account)
    moved.refresh_from_db()
    assert (moved.folder_path, moved.is_private, moved.is_seen, moved.gone_since) == ("Done", True, True, None)
    clock.wind(hours=3)
    scan(account)
    assert live_places(account) == {"Done": 2}
    assert Letter.objects.unscoped(WHY).count() == 2


def test_a_letter_seen_in_its_new_folder_first_stays_as_private_as_it_was(
    owner: User, carol: Contact, maildir: Path, scan: Scan
) -> None:
    raw = make_letter(headers="X-Same: yes\r\n")
    (name,) = deliver(maildir, raw)
    deliver(maildir, folder=".Done")
    account = files_account(owner, maildir)
    scan(account)
    Delivery.objects.update(is_private=True)
    (maildir / "new" / name).unlink()
    scan(account)
    deliver(maildir, b"X-Moved: by a program that adds headers\r\n" + raw, folder=".Done")
    scan(account)
    delivery = Delivery.objects.get()
    assert (delivery.folder_path, delivery.is_private) == ("Done", True)
    assert Letter.objects.unscoped(WHY).get().is_private


def test_a_letter_deleted_on_the_server_stays_archived(
    owner: User, carol: Contact, maildir: Path, scan: Scan, clock: Clock
) -> None:
    name, _kept = deliver(maildir, make_letter(), make_letter())
    account = files_account(owner, maildir)
    scan(account)
    (maildir / "new" / name).unlink()
    scan(account)
    assert live_places(account) == {"INBOX": 2}, "it may still turn up elsewhere"
    missed_at = clock.now
    clock.wind(hours=2)
    scan(account)
    gone = Delivery.objects.get(server_id=name)
    assert gone.gone_since == missed_at
    assert len(subjects()) == 2


def test_a_letter_that_comes_back_is_in_its_place_again(
    owner: User, carol: Contact, maildir: Path, scan: Scan, clock: Clock
) -> None:
    raw = make_letter()
    (name,) = deliver(maildir, raw)
    account = files_account(owner, maildir)
    scan(account)
    (maildir / "new" / name).unlink()
    scan(account)
    clock.wind(hours=2)
    scan(account)
    assert live_places(account) == {}
    (maildir / "new" / name).write_bytes(raw)
    scan(account)
    assert live_places(account) == {"INBOX": 1}
    assert item_states(account) == {"filed": 1}


def test_many_letters_vanishing_at_once_are_held_for_a_person(
    owner: User, carol: Contact, maildir: Path, scan: Scan, clock: Clock
) -> None:
    names = deliver(maildir, *(make_letter() for _ in range(60)))
    account = files_account(owner, maildir)
    scan(account)
    for name in names:
        (maildir / "new" / name).unlink()
    scan(account)
    clock.wind(hours=2)
    scan(account)
    health = health_of_account(account, now=clock.now)
    assert (health.light, health.folders[0].held_vanished_count, live_places(account)) == ("warn", 60, {"INBOX": 60})
    agree_to_vanishing(folder=health.folders[0].folder, by=making.BY_COMMAND, now=clock.now)
    scan(account)
    clock.wind(hours=2)
    scan(account)
    assert live_places(account) == {}
    with pytest.raises(UnableToScan):
        agree_to_vanishing(folder=health.folders[0].folder, by=making.BY_COMMAND, now=clock.now)


def test_a_renamed_folder_is_known_again(owner: User, carol: Contact, maildir: Path, scan: Scan, clock: Clock) -> None:
    deliver(maildir, make_letter(), make_letter(), folder=".Old name")
    account = files_account(owner, maildir)
    scan(account)
    before = set(Delivery.objects.values_list("pk", "folder_id"))
    (maildir / ".Old name").rename(maildir / ".New name")
    clock.wind(minutes=20)
    scan(account)
    assert live_places(account) == {"New name": 2}
    assert set(Delivery.objects.values_list("pk", "folder_id")) == before
    clock.wind(days=2)
    scan(account)
    assert live_places(account) == {"New name": 2}


def test_letters_of_a_deleted_folder_are_gone_from_the_server_only(
    owner: User, carol: Contact, maildir: Path, scan: Scan, clock: Clock
) -> None:
    deliver(maildir, make_letter(subject="Kept"), folder=".Project")
    account = files_account(owner, maildir)
    scan(account)
    shutil.rmtree(maildir / ".Project")
    for _visit in range(4):
        clock.wind(hours=1.1)
        scan(account)
    assert (live_places(account), subjects()) == ({}, ["Kept"])
    deliver(maildir, make_letter(subject="Anew"), folder=".Project")
    clock.wind(hours=1)
    scan(account)
    assert (live_places(account), subjects()) == ({"Project": 1}, ["Anew", "Kept"])


def test_a_rewritten_mbox_doubles_nothing(owner: User, carol: Contact, tmp_path: Path, scan: Scan, clock: Clock) -> None:
    separator = b"From carol@harbour.example Mon Mar  2 08:00:00 2026\n"
    letters = [make_letter(), make_letter(), make_letter()]
    box = tmp_path / "letters.mbox"
    box.write_bytes(b"".join(separator + raw + b"\n" for raw in letters))
    account = files_account(owner, box)
    scan(account)
    before = set(Delivery.objects.values_list("pk", "letter_id"))
    box.write_bytes(b"".join(separator + raw + b"\n" for raw in [letters[2], letters[0], make_letter(subject="New one")]))
    scan(account)
    clock.wind(hours=2)
    scan(account)
    assert Letter.objects.unscoped(WHY).count() == 4
    assert before <= set(Delivery.objects.values_list("pk", "letter_id"))
    assert live_places(account) == {"letters": 3}
    assert item_states(account) == {"filed": 3, "gone": 1}


def test_main_accounts_keep_everything_and_own_mail_too(owner: User, carol: Contact, maildir: Path, scan: Scan) -> None:
    deliver(maildir, make_letter("stranger@elsewhere.example"), make_letter("bob@mooring.example"))
    account = files_account(owner, maildir, is_main=True)
    scan(account)
    assert item_states(account) == {"filed": 2}
    assert sorted(Delivery.objects.values_list("direction", flat=True)) == ["in", "out"]


def test_scan_all_letters_keeps_those_of_strangers(owner: User, maildir: Path, scan: Scan) -> None:
    change(SCAN_ALL_LETTERS, True, by=making.BY_COMMAND, now=making.NOW)
    deliver(maildir, make_letter("stranger@elsewhere.example"))
    account = files_account(owner, maildir)
    scan(account)
    assert item_states(account) == {"filed": 1}


@pytest.mark.parametrize("is_main", [True, False])
def test_letters_of_unwanted_senders_are_never_kept(
    is_main: bool, owner: User, carol: Contact, maildir: Path, scan: Scan, engine: Engine
) -> None:
    UnwantedSender.objects.create(key="carol@harbour.example", created_at=making.NOW)
    deliver(maildir, make_letter())
    account = files_account(owner, maildir, is_main=is_main)
    scan(account)
    assert item_states(account) == {"skipped": 1}
    assert not list(engine.originals.walk())
    assert not ItemHint.objects.exists()


def test_private_flags_go_by_direction_and_confidential_letters_are_private(
    owner: User, carol: Contact, maildir: Path, scan: Scan
) -> None:
    deliver(maildir, make_letter(subject="in"), make_letter(subject="secret", headers="Sensitivity: Private\r\n"))
    deliver(maildir, make_letter("bob@mooring.example", to="carol@harbour.example", subject="out"), folder=".Sent")
    account = files_account(owner, maildir, marks_outgoing_private=True)
    scan(account)
    private = Delivery.objects.values_list("letter__subject", "direction", "is_private")
    assert set(private) == {("in", "in", False), ("secret", "in", True), ("out", "out", True)}


def test_letters_older_than_the_first_scan_wait_until_it_reaches_further(
    owner: User, carol: Contact, maildir: Path, scan: Scan
) -> None:
    deliver(maildir, make_letter(subject="Old", date="Mon, 06 Jan 2020 08:00:00 +0000"), make_letter(subject="New"))
    account = files_account(owner, maildir, first_scan_days=30)
    scan(account)
    assert (subjects(), item_states(account)) == (["New"], {"filed": 1, "older": 1})
    MailAccount.objects.unscoped(WHY).update(first_scan_days=None)
    scan(account)
    assert subjects() == ["New", "Old"]


def test_of_a_too_large_letter_the_header_is_kept_until_somebody_wants_it_whole(
    owner: User, carol: Contact, maildir: Path, scan: Scan, engine: Engine, clock: Clock
) -> None:
    change(LARGEST_LETTER_MB, 1, by=making.BY_COMMAND, now=making.NOW)
    raw = make_letter(subject="Huge", body="x" * 1_100_000)
    (name,) = deliver(maildir, raw)
    account = files_account(owner, maildir)
    scan(account)
    letter = Letter.objects.unscoped(WHY).get()
    assert (letter.is_partial, letter.size, item_states(account)) == (True, len(raw), {"toolarge": 1})
    folder = Delivery.objects.get().folder
    assert folder is not None
    fetch_whole(account=account, server_id=name, folder=folder, by=making.BY_COMMAND, now=clock.now)
    scan(account)
    assert (item_states(account), stored(engine.originals)) == ({"filed": 1}, digests([raw]))
    with pytest.raises(UnableToScan):
        fetch_whole(account=account, server_id=name, folder=folder, by=making.BY_COMMAND, now=clock.now)


def test_an_answer_in_a_conversation_linked_by_hand_is_kept(owner: User, carol: Contact, maildir: Path, scan: Scan) -> None:
    deliver(maildir, make_letter(subject="Question"))
    account = files_account(owner, maildir)
    scan(account)
    question = Letter.objects.unscoped(WHY).get()
    project = making.make_project("Quay wall")
    add_link(letter=question, to=project, by=making.BY_COMMAND, now=making.NOW)
    EmailAddress.objects.all().delete()
    CustomerDomain.objects.all().delete()
    headers = f"In-Reply-To: <{question.message_id}>\r\n"
    deliver(maildir, make_letter(subject="Re: Question", headers=headers), make_letter("stranger@x.example", headers=headers))
    scan(account)
    assert links() >= {("Re: Question", "thread")}
    assert subjects() == ["Question", "Re: Question"]


def test_read_again_decides_anew_and_doubles_nothing(owner: User, maildir: Path, scan: Scan, clock: Clock) -> None:
    deliver(maildir, make_letter(subject="From Carol"), make_letter("stranger@elsewhere.example"))
    account = files_account(owner, maildir)
    scan(account)
    assert item_states(account) == {"skipped": 2}
    making.make_customer(emails=("carol@harbour.example",))
    assert read_again_from(account=account, since=making.NOW - timedelta(days=9), by=making.BY_COMMAND, now=clock.now) == 2
    scan(account)
    assert item_states(account) == {"filed": 1, "skipped": 1}
    read_again_from(account=account, since=making.NOW - timedelta(days=9), by=making.BY_COMMAND, now=clock.now)
    EmailAddress.objects.all().delete()
    scan(account)
    assert (item_states(account), subjects()) == ({"filed": 1, "skipped": 1}, ["From Carol"])


def test_a_missing_folder_of_mail_files_is_shown_on_the_account(owner: User, maildir: Path, scan: Scan, clock: Clock) -> None:
    account = files_account(owner, maildir)
    shutil.rmtree(maildir)
    assert scan(account) is Visited.FAILED
    health = health_of_account(account, now=clock.now)
    assert (state_of(account).error_code, health.light) == ("files_missing", "warn")
    assert health.trouble is not None
    assert str(maildir) in health.trouble.what


def test_an_account_that_is_not_scanned_is_left_alone(owner: User, maildir: Path, scan: Scan, clock: Clock) -> None:
    account = files_account(owner, maildir, is_scanned=False)
    assert scan(account) is Visited.NOT_TAKEN
    with pytest.raises(UnableToScan):
        scan_now(account=account, by=making.BY_COMMAND, now=clock.now)
