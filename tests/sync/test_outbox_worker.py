"""What follows sending: the archive, the Sent folder, and looking for letters of unknown fate."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

import making
from letters.making_outgoing import make_outgoing
from mooring.customers.models import Contact
from mooring.letters.models import Delivery, Letter, Link, MailAccount, OutgoingLetter, OutgoingState, SentCopy
from mooring.mail.connect import open_incoming
from mooring.mail.types import Encryption, Folder
from mooring.sync.engine import Engine
from mooring.sync.evidence import EVIDENCE_WAITS
from mooring.sync.models import SendingState
from mooring.sync.outbox import REST, Outbox
from mooring.sync.outbox_leases import letters_of_everybody
from mooring.sync.sent_copies import MOST_COPY_ATTEMPTS, PROVIDERS_TAKE
from mooring.users.models import User
from servers.dovecot import Dovecot
from servers.scripted_smtp import DOT, ScriptedSmtp
from sync.mailboxes import WHY, Clock, account_of, deliver, make_letter, visit
from sync.outboxes import now_of, queue, sending_account, through
from sync.test_worker import AtOnce

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tick(engine: Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """tick() is a look of the worker at the outbox, in the thread of the test."""
    monkeypatch.setattr(connection, "close", lambda: None)
    made: dict[Engine, Outbox] = {}

    def look(**changes: object) -> None:
        changed = replace(engine, **changes)
        if changed not in made:
            made[changed] = Outbox(changed, clock=clock, stop=threading.Event())
            made[changed]._pool = AtOnce()  # type: ignore[assignment]
        made[changed].tick(clock())

    return look


@pytest.fixture
def from_files(owner: User, maildir: Path, smtp: ScriptedSmtp) -> MailAccount:
    return sending_account(owner, maildir, smtp)


@pytest.fixture
def from_dovecot(owner: User, dovecot: Dovecot, smtp: ScriptedSmtp, engine: Engine) -> MailAccount:
    """A real mailbox with a Sent folder; what is sent from it leaves through the smtp."""
    user = dovecot.new_user()
    server = replace(dovecot.server(user, encryption=Encryption.TLS))
    with open_incoming(server, policy=engine.policy) as mailbox:
        assert any(folder.special_use == "sent" for folder in mailbox.folders())
    return account_of(owner, server, engine.policy, **through(smtp))


def sent_on_server(account: MailAccount, dovecot: Dovecot, engine: Engine, letter: OutgoingLetter) -> int:
    """How many copies of the letter lie in the Sent folder."""
    with open_incoming(dovecot.server(account.user_name), policy=engine.policy) as mailbox:
        return len(mailbox.find(_sent(account), letter.message_id))  # type: ignore[attr-defined]


def _sent(account: MailAccount) -> Folder:
    row = account.folders.get(special_use="sent")
    return Folder(row.path, row.wire_name, row.delimiter, row.special_use)


def test_a_sent_letter_is_archived_and_linked_at_once(
    from_files: MailAccount, carol: Contact, engine: Engine, clock: Clock, tick: Callable[..., None]
) -> None:
    queued = queue(from_files, engine, clock, subject="Your ropes")
    tick()
    letter = now_of(queued)
    assert (letter.state, letter.archived_at) == (OutgoingState.SENT, clock())
    assert letter.letter is not None
    assert (letter.letter.subject, letter.letter.is_linked) == ("Your ropes", True)
    delivery = Delivery.objects.get()
    assert (delivery.direction, delivery.is_seen, delivery.folder) == ("out", True, None)
    assert Link.objects.filter(letter=letter.letter).exists()
    tick()
    assert Letter.objects.unscoped(WHY).count() == 1


def test_a_letter_to_nobody_we_know_is_archived_too(
    from_files: MailAccount, engine: Engine, clock: Clock, tick: Callable[..., None]
) -> None:
    queue(from_files, engine, clock, to=("stranger@far.example",))
    tick()
    assert Letter.objects.unscoped(WHY).get().is_linked is False


def test_an_erased_letter_is_not_archived_again(
    from_files: MailAccount, engine: Engine, clock: Clock, tick: Callable[..., None]
) -> None:
    queue(from_files, engine, clock)
    tick()
    Letter.objects.unscoped(WHY).all().delete()
    tick()
    assert not Letter.objects.unscoped(WHY).exists()


def test_a_private_account_sends_private_letters(
    from_files: MailAccount, engine: Engine, clock: Clock, tick: Callable[..., None]
) -> None:
    MailAccount.objects.unscoped(WHY).update(marks_outgoing_private=True)
    queue(from_files, engine, clock)
    tick()
    assert Letter.objects.unscoped(WHY).get().is_private


# -- the Sent copy -------------------------------------------------------------------------------------------------------


@pytest.mark.server
def test_a_copy_is_put_into_the_sent_folder_once_and_is_one_letter_with_the_archived(
    from_dovecot: MailAccount, carol: Contact, dovecot: Dovecot, engine: Engine, clock: Clock, tick: Callable[..., None]
) -> None:
    letter = queue(from_dovecot, engine, clock)
    tick()
    assert now_of(letter).sent_copy == SentCopy.WAITING
    clock.wind(seconds=PROVIDERS_TAKE.total_seconds())
    tick()
    assert now_of(letter).sent_copy == SentCopy.KEPT
    assert SendingState.objects.get().keeps_sent_copy is False
    assert sent_on_server(from_dovecot, dovecot, engine, letter) == 1
    visit(from_dovecot, engine=engine, clock=clock)
    delivery = Delivery.objects.get()
    assert delivery.folder is not None
    assert (delivery.folder.special_use, delivery.epoch != "written here") == ("sent", True)
    assert Letter.objects.unscoped(WHY).count() == 1
    another = queue(from_dovecot, engine, clock)
    tick()
    assert now_of(another).sent_copy == SentCopy.KEPT


@pytest.mark.server
def test_a_provider_that_keeps_copies_itself_is_found_out(
    from_dovecot: MailAccount, dovecot: Dovecot, engine: Engine, clock: Clock, tick: Callable[..., None], smtp: ScriptedSmtp
) -> None:
    letter = queue(from_dovecot, engine, clock)
    tick()
    with open_incoming(dovecot.server(from_dovecot.user_name), policy=engine.policy) as mailbox:
        mailbox.keep(_sent(from_dovecot), smtp.taken[0].raw)  # type: ignore[attr-defined]
    clock.wind(seconds=PROVIDERS_TAKE.total_seconds())
    tick()
    assert now_of(letter).sent_copy == SentCopy.BY_SERVER
    assert SendingState.objects.get().keeps_sent_copy is True
    assert sent_on_server(from_dovecot, dovecot, engine, letter) == 1
    another = queue(from_dovecot, engine, clock)
    tick()
    assert now_of(another).sent_copy == SentCopy.BY_SERVER


@pytest.mark.server
def test_a_copy_whose_answer_was_lost_is_not_put_in_twice(
    from_dovecot: MailAccount, dovecot: Dovecot, engine: Engine, clock: Clock, tick: Callable[..., None], smtp: ScriptedSmtp
) -> None:
    SendingState.objects.create(account=from_dovecot, keeps_sent_copy=False)
    letter = make_outgoing(from_dovecot, state=OutgoingState.READY)
    queued = queue(from_dovecot, engine, clock)
    letters_of_everybody().filter(pk=letter.pk).delete()
    letters_of_everybody().filter(pk=queued.pk).update(copy_attempts=1)
    with open_incoming(dovecot.server(from_dovecot.user_name), policy=engine.policy) as mailbox:
        mailbox.keep(_sent(from_dovecot), engine.originals.read(queued.original))  # type: ignore[attr-defined, arg-type]
    tick()
    assert now_of(queued).sent_copy == SentCopy.KEPT
    assert sent_on_server(from_dovecot, dovecot, engine, queued) == 1


@pytest.mark.server
def test_a_copy_that_cannot_be_kept_never_sends_the_letter_again(
    from_dovecot: MailAccount, engine: Engine, clock: Clock, tick: Callable[..., None], smtp: ScriptedSmtp
) -> None:
    SendingState.objects.create(account=from_dovecot, keeps_sent_copy=False)
    MailAccount.objects.unscoped(WHY).update(port=1)
    letter = queue(from_dovecot, engine, clock)
    for _attempt in range(MOST_COPY_ATTEMPTS + 1):
        tick()
        clock.now = now_of(letter).copy_next_at or clock.now
    assert (now_of(letter).state, now_of(letter).sent_copy) == (OutgoingState.SENT, SentCopy.FAILED)
    assert len(smtp.taken) == 1


def test_without_a_sent_folder_there_is_no_copy(
    from_files: MailAccount, engine: Engine, clock: Clock, tick: Callable[..., None]
) -> None:
    letter = queue(from_files, engine, clock)
    tick()
    assert now_of(letter).sent_copy == SentCopy.NONE


@pytest.mark.server
def test_a_copy_seen_before_the_letter_was_archived_makes_no_second_delivery(
    from_dovecot: MailAccount, carol: Contact, dovecot: Dovecot, engine: Engine, clock: Clock, tick: Callable[..., None]
) -> None:
    letter = queue(from_dovecot, engine, clock)
    with open_incoming(dovecot.server(from_dovecot.user_name), policy=engine.policy) as mailbox:
        mailbox.keep(_sent(from_dovecot), engine.originals.read(letter.original))  # type: ignore[attr-defined, arg-type]
    visit(from_dovecot, engine=engine, clock=clock)
    tick()
    assert Delivery.objects.get().epoch != "written here"
    assert now_of(letter).letter == Letter.objects.unscoped(WHY).get()


def test_a_letter_to_oneself_lies_in_both_folders(
    from_files: MailAccount, maildir: Path, engine: Engine, clock: Clock, tick: Callable[..., None], smtp: ScriptedSmtp
) -> None:
    MailAccount.objects.unscoped(WHY).update(is_main=True)
    from_files.folders.create(path="Sent", wire_name="Sent", special_use="sent", is_synced=False)
    queue(from_files, engine, clock, to=("bob@mooring.example",))
    tick()
    deliver(maildir, smtp.taken[0].raw)
    visit(from_files, engine=engine, clock=clock)
    assert Letter.objects.unscoped(WHY).count() == 1
    assert set(Delivery.objects.values_list("folder__path", flat=True)) == {"Sent", "INBOX"}


# -- letters of unknown fate ---------------------------------------------------------------------------------------------


def unknown_letter(
    account: MailAccount, engine: Engine, clock: Clock, smtp: ScriptedSmtp, tick: Callable[..., None]
) -> OutgoingLetter:
    smtp.cuts_at, smtp.accepts_before_cut = DOT, True
    letter = queue(account, engine, clock)
    tick()
    assert now_of(letter).state == OutgoingState.UNKNOWN
    smtp.cuts_at = ""
    return letter


@pytest.mark.server
def test_a_letter_found_in_the_sent_folder_was_sent(
    from_dovecot: MailAccount, dovecot: Dovecot, engine: Engine, clock: Clock, tick: Callable[..., None], smtp: ScriptedSmtp
) -> None:
    letter = unknown_letter(from_dovecot, engine, clock, smtp, tick)
    with open_incoming(dovecot.server(from_dovecot.user_name), policy=engine.policy) as mailbox:
        mailbox.keep(_sent(from_dovecot), smtp.taken[0].raw)  # type: ignore[attr-defined]
    clock.wind(seconds=EVIDENCE_WAITS[0].total_seconds())
    tick()
    found = now_of(letter)
    assert (found.state, found.sent_copy, found.error_code) == (OutgoingState.SENT, SentCopy.BY_SERVER, "")
    assert [each["found"] for each in found.evidence] == [False, True]
    assert set(found.recipients.values_list("state", flat=True)) == {"accepted"}
    tick()
    assert now_of(letter).archived_at is not None


def test_a_letter_that_somebody_answers_was_sent(
    from_files: MailAccount,
    maildir: Path,
    carol: Contact,
    engine: Engine,
    clock: Clock,
    tick: Callable[..., None],
    smtp: ScriptedSmtp,
) -> None:
    letter = unknown_letter(from_files, engine, clock, smtp, tick)
    deliver(maildir, make_letter(headers=f"In-Reply-To: <{letter.message_id}>\r\n"))
    visit(from_files, engine=engine, clock=clock)
    clock.wind(seconds=EVIDENCE_WAITS[0].total_seconds())
    tick()
    found = now_of(letter)
    assert (found.state, found.evidence[-1]["where"]) == (OutgoingState.SENT, "answer")
    assert len(smtp.taken) == 1


def test_without_evidence_a_letter_stays_unknown_for_a_person(
    from_files: MailAccount, engine: Engine, clock: Clock, tick: Callable[..., None], smtp: ScriptedSmtp
) -> None:
    letter = unknown_letter(from_files, engine, clock, smtp, tick)
    begun = clock()
    while (due := now_of(letter).next_try_at) is not None:
        clock.now = due
        tick()
    assert now_of(letter).state == OutgoingState.UNKNOWN
    assert clock() - begun > timedelta(days=3)
    assert len(now_of(letter).evidence) == len(EVIDENCE_WAITS) + 1
    assert len(smtp.taken) == 1


@pytest.mark.server
def test_a_server_out_of_reach_is_no_evidence(
    from_dovecot: MailAccount, engine: Engine, clock: Clock, tick: Callable[..., None], smtp: ScriptedSmtp
) -> None:
    MailAccount.objects.unscoped(WHY).update(port=1)
    letter = unknown_letter(from_dovecot, engine, clock, smtp, tick)
    assert now_of(letter).evidence == []
    assert now_of(letter).next_try_at == clock() + EVIDENCE_WAITS[1]


# -- what goes wrong -----------------------------------------------------------------------------------------------------


def test_a_failure_of_ours_is_put_off_and_logged(
    from_files: MailAccount, engine: Engine, clock: Clock, tick: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    letter = queue(from_files, engine, clock)

    def fail(*_arguments: object, **_named: object) -> None:
        raise RuntimeError("nobody foresaw this")

    tick(connect_outgoing=fail)
    assert "nobody foresaw this" in caplog.text
    assert now_of(letter).state == OutgoingState.SENDING
    waiting = queue(from_files, engine, clock)
    tick(connect_outgoing=fail)
    assert now_of(waiting).state == OutgoingState.READY
    clock.wind(seconds=REST.total_seconds() + 1)
    clock.wind(minutes=15)
    tick()
    assert [now_of(each).state for each in (letter, waiting)] == [OutgoingState.SENT] * 2


def test_bytes_that_cannot_be_read_do_not_stop_the_outbox(
    from_files: MailAccount, engine: Engine, clock: Clock, tick: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    sent = make_outgoing(from_files, state=OutgoingState.SENT)
    tick()
    assert "put off" in caplog.text
    assert now_of(sent).archived_at is None
    assert clock() == making.NOW
