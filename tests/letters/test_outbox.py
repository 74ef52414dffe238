"""What people do with letters on their way out, and what they are kept from doing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from letters.making_letters import arrival, make_account, make_letter, raw_letter
from letters.making_outgoing import make_outgoing
from making import NOW, actor
from mooring.letters import outbox
from mooring.letters.attached_files import AttachedFiles
from mooring.letters.models import (
    MailAccount,
    OutgoingAttachment,
    OutgoingKind,
    OutgoingLetter,
    OutgoingRecipient,
    OutgoingState,
    Phase,
    RecipientRole,
    RecipientState,
)
from mooring.letters.originals import Originals
from mooring.letters.outbox_queries import counts_by_state, outbox_of, outgoing_of
from mooring.letters.outgoing_bytes import Materials, is_made_here, new_message_id
from mooring.letters.storing import store_batch
from mooring.mail.parsing import read_letter
from mooring.mail.types import ParsedLetter
from mooring.users.models import JournalEntry, User

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def materials(tmp_path: Path) -> Materials:
    numbers = count(1)
    return Materials(Originals(tmp_path / "originals"), AttachedFiles(tmp_path / "files"), lambda: f"t{next(numbers)}")


@pytest.fixture
def account(bob: User) -> MailAccount:
    return make_account(bob, address="bob@mooring.example", your_name="Bob Sells", outgoing_protocol="smtp")


def queued(draft: OutgoingLetter, materials: Materials, user: User, **changes: Any) -> OutgoingLetter:
    return outbox.queue(draft=draft, materials=materials, by=actor(user), now=NOW, **changes)


def bytes_kept(letter: OutgoingLetter, materials: Materials) -> ParsedLetter:
    assert letter.original is not None
    return read_letter(materials.originals.read(letter.original))


def again(letter: OutgoingLetter) -> OutgoingLetter:
    return OutgoingLetter.objects.unscoped("a test looks").get(pk=letter.pk)


# -- queueing ------------------------------------------------------------------------------------------------------------


def test_a_queued_letter_has_its_bytes_and_waits_for_second_thoughts(
    account: MailAccount, bob: User, materials: Materials
) -> None:
    draft = make_outgoing(account, subject="Żagle", body_text="Ahoy", to=("carol@harbour.example",))
    OutgoingRecipient.objects.create(outgoing=draft, role=RecipientRole.BCC, address="boss@mooring.example")
    kept = materials.files.keep([b"%PDF"], most_bytes=100)
    OutgoingAttachment.objects.create(
        outgoing=draft, name="order.pdf", content_type="application/pdf", size=kept.size, sha256=kept.sha256
    )
    letter = queued(draft, materials, bob)
    assert (letter.state, letter.undo_until) == (OutgoingState.READY, NOW + timedelta(seconds=10))
    parsed = bytes_kept(letter, materials)
    assert parsed.header.subject == "Żagle"
    assert (parsed.header.from_[0].name, parsed.header.from_[0].address) == ("Bob Sells", "bob@mooring.example")
    assert [each.address for each in parsed.header.bcc] == ["boss@mooring.example"]
    assert parsed.header.message_id == letter.message_id
    assert is_made_here(letter.message_id)
    assert [each.name for each in parsed.attachments] == ["order.pdf"]
    assert JournalEntry.objects.get(action="queued").changes == {}


def test_a_letter_for_later_says_so(account: MailAccount, bob: User, materials: Materials) -> None:
    letter = queued(make_outgoing(account), materials, bob, send_at=LATER)
    assert letter.send_at == LATER
    assert JournalEntry.objects.get(action="queued").changes == {"send_at": LATER.isoformat()}


def test_an_answer_names_what_it_answers(account: MailAccount, bob: User, materials: Materials) -> None:
    raw = raw_letter(message_id="<asked@harbour.example>", extra="References: <first@harbour.example>")
    (delivery,) = store_batch(arrivals=[replace(arrival(account, raw), original=materials.originals.keep([raw])[0])], now=NOW)
    asked = delivery.letter
    parsed = bytes_kept(queued(make_outgoing(account, kind=OutgoingKind.REPLY, answers=asked), materials, bob), materials)
    assert parsed.header.in_reply_to == ("asked@harbour.example",)
    assert parsed.header.references == ("first@harbour.example", "asked@harbour.example")
    parsed = bytes_kept(queued(make_outgoing(account, kind=OutgoingKind.FORWARD, answers=asked), materials, bob), materials)
    assert (parsed.header.in_reply_to, parsed.header.references[-1]) == ((), "asked@harbour.example")


def test_an_answer_to_a_letter_whose_bytes_are_gone_still_names_it(account: MailAccount, bob: User, materials: Materials) -> None:
    asked = make_letter(account, message_id="<asked@harbour.example>")
    letter = queued(make_outgoing(account, kind=OutgoingKind.REPLY, answers=asked), materials, bob)
    assert bytes_kept(letter, materials).header.in_reply_to == ("asked@harbour.example",)


def test_answers_go_where_the_account_says(account: MailAccount, bob: User, materials: Materials) -> None:
    other = make_account(bob, address="other@mooring.example", outgoing_protocol="smtp", your_name="Bob")

    def reply_to(of: MailAccount) -> list[str]:
        return [
            each.address for each in bytes_kept(queued(make_outgoing(of, author=bob), materials, bob), materials).header.reply_to
        ]

    assert reply_to(account) == []
    assert reply_to(other) == ["bob@mooring.example"]
    other.reply_address = "answers@mooring.example"
    other.save()
    assert reply_to(other) == ["answers@mooring.example"]


def test_a_letter_that_cannot_be_sent_stays_a_draft(account: MailAccount, bob: User, rita: User, materials: Materials) -> None:
    with pytest.raises(outbox.UnableToQueue, match="whom the letter is for"):
        queued(make_outgoing(account, to=()), materials, bob)
    with pytest.raises(outbox.UnableToQueue, match=r"“carol” is not an email address"):
        queued(make_outgoing(account, to=("carol",)), materials, bob)
    with pytest.raises(outbox.UnableToQueue, match="You may not write from"):
        queued(make_outgoing(account), materials, rita)
    with pytest.raises(outbox.UnableToQueue, match="No outgoing server"):
        queued(make_outgoing(make_account(bob)), materials, bob)
    with pytest.raises(outbox.UnableToQueue, match="not a draft any more"):
        queued(make_outgoing(account, state=OutgoingState.SENT), materials, bob)
    attached = make_outgoing(account)
    OutgoingAttachment.objects.create(outgoing=attached, name="x", content_type="text/plain", size=1, sha256="0" * 64)
    with pytest.raises(outbox.UnableToQueue, match="attach it again"):
        queued(attached, materials, bob)
    account.removed_at = NOW
    account.save()
    with pytest.raises(outbox.UnableToQueue, match="was removed"):
        queued(make_outgoing(account), materials, bob)
    assert not JournalEntry.objects.filter(action="queued").exists()


def test_a_draft_saved_elsewhere_meanwhile_is_not_queued(account: MailAccount, bob: User, materials: Materials) -> None:
    draft = make_outgoing(account)
    OutgoingLetter.objects.unscoped("another window").filter(pk=draft.pk).update(version=7)
    with pytest.raises(outbox.UnableToQueue, match="another window"):
        queued(draft, materials, bob)
    assert again(draft).state == OutgoingState.DRAFT


def test_a_full_disk_keeps_the_letter_a_draft(account: MailAccount, bob: User, materials: Materials, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file where a folder should be")
    blocked = replace(materials, originals=Originals(tmp_path / "blocked"))
    with pytest.raises(outbox.UnableToQueue, match="could not be kept"):
        queued(make_outgoing(account), blocked, bob)


# -- second thoughts -----------------------------------------------------------------------------------------------------


def test_a_letter_taken_back_is_a_draft_and_keeps_its_name(account: MailAccount, bob: User, materials: Materials) -> None:
    letter = queued(make_outgoing(account), materials, bob)
    draft = outbox.take_back(letter=letter, by=actor(bob), now=NOW)
    assert (draft.state, draft.original, draft.queued_at) == (OutgoingState.DRAFT, None, None)
    assert queued(draft, materials, bob).message_id == letter.message_id


@pytest.mark.parametrize("state", [OutgoingState.SENDING, OutgoingState.SENT, OutgoingState.UNKNOWN, OutgoingState.DRAFT])
def test_what_is_on_its_way_cannot_be_taken_back(account: MailAccount, bob: User, state: str) -> None:
    with pytest.raises(outbox.UnableToTakeBack, match="too late"):
        outbox.take_back(letter=make_outgoing(account, state=state), by=actor(bob), now=NOW)


def test_what_some_already_got_cannot_be_taken_back(account: MailAccount, bob: User) -> None:
    letter = make_outgoing(account, state=OutgoingState.READY, sent_at=NOW)
    with pytest.raises(outbox.UnableToTakeBack):
        outbox.take_back(letter=letter, by=actor(bob), now=NOW)


# -- reset email sending status ------------------------------------------------------------------------------------------


def reset(account: MailAccount, user: User, **changes: Any) -> outbox.Reset:
    return outbox.reset_sending(account=account, by=actor(user), now=NOW, **changes)


def test_a_letter_whose_worker_is_gone_is_put_back(account: MailAccount, bob: User) -> None:
    letter = make_outgoing(account, state=OutgoingState.SENDING, attempts=3, error_code="no_answer")
    assert reset(account, bob) == outbox.Reset(ready_count=1, doubtful_count=0)
    letter_now = again(letter)
    assert (letter_now.state, letter_now.phase, letter_now.attempts, letter_now.lease_owner) == (OutgoingState.READY, "", 0, "")
    assert letter_now.message_id == letter.message_id
    assert letter_now.error_history[0]["code"] == "no_answer"
    assert JournalEntry.objects.get(action="sending_reset").changes == {"phase": "connect", "may_double": False}


def test_a_letter_with_a_live_lease_is_never_touched(account: MailAccount, bob: User) -> None:
    letter = make_outgoing(account, state=OutgoingState.SENDING, lease_until=NOW + timedelta(seconds=1))
    assert reset(account, bob, accepts_double=True) == outbox.Reset(0, 0)
    with pytest.raises(outbox.UnableToReset, match="a worker is sending it"):
        reset(account, bob, letter=letter, accepts_double=True)
    assert again(letter).state == OutgoingState.SENDING


def test_what_may_have_been_sent_is_put_back_only_after_a_warning(account: MailAccount, bob: User) -> None:
    letter = make_outgoing(account, state=OutgoingState.UNKNOWN)
    assert reset(account, bob) == outbox.Reset(0, 1)
    with pytest.raises(outbox.UnableToReset, match="second time"):
        reset(account, bob, letter=letter)
    assert again(letter).state == OutgoingState.UNKNOWN
    assert reset(account, bob, letter=letter, accepts_double=True) == outbox.Reset(1, 0)
    assert (again(letter).state, again(letter).phase) == (OutgoingState.READY, Phase.NONE)
    assert JournalEntry.objects.get(action="sending_reset").changes == {"phase": "data", "may_double": True}


def test_letters_of_other_accounts_are_left_alone(account: MailAccount, bob: User, rita: User) -> None:
    other = make_outgoing(make_account(bob), state=OutgoingState.UNKNOWN)
    assert reset(account, bob, accepts_double=True) == outbox.Reset(0, 0)
    assert again(other).state == OutgoingState.UNKNOWN
    with pytest.raises(outbox.UnableToReset, match="You may not write"):
        reset(account, rita)


# -- clear email error status --------------------------------------------------------------------------------------------


def cleared(account: MailAccount, user: User, **changes: Any) -> int:
    return outbox.clear_errors(account=account, by=actor(user), now=LATER, **changes)


def refused_letter(account: MailAccount, **fields: Any) -> OutgoingLetter:
    letter = make_outgoing(
        account,
        state=OutgoingState.FAILED,
        error_code="letter_refused",
        error_said="spam",
        to=("a@x.example", "b@x.example"),
        **fields,
    )
    letter.recipients.update(state=RecipientState.REFUSED, reply_code=550, said="no")
    return letter


def test_a_cleared_letter_can_be_edited_and_remembers_what_was_wrong(account: MailAccount, bob: User) -> None:
    letter = refused_letter(account)
    assert cleared(account, bob) == 1
    letter = again(letter)
    assert (letter.state, letter.error_code, letter.original) == (OutgoingState.DRAFT, "", None)
    assert letter.error_history == [{"at": LATER.isoformat(), "code": "letter_refused", "details": {}, "said": "spam"}]
    assert set(letter.recipients.values_list("state", "reply_code")) == {(RecipientState.WAITING, 0)}


def test_a_cleared_letter_can_be_sent_as_it_is(account: MailAccount, bob: User) -> None:
    letter = refused_letter(account)
    assert cleared(account, bob, letter=letter, resend=True) == 1
    assert (again(letter).state, again(letter).undo_until) == (OutgoingState.READY, LATER)


def test_what_some_got_is_never_edited(account: MailAccount, bob: User) -> None:
    first, second = (refused_letter(account, sent_at=NOW) for _ in range(2))
    first.recipients.filter(address="a@x.example").update(state=RecipientState.ACCEPTED)
    cleared(account, bob, letter=first)
    assert (again(first).state, again(first).phase) == (OutgoingState.SENT, Phase.DONE)
    second.recipients.filter(address="a@x.example").update(state=RecipientState.ACCEPTED)
    cleared(account, bob, letter=second, resend=True)
    assert again(second).state == OutgoingState.READY
    assert dict(second.recipients.values_list("address", "state")) == {"a@x.example": "accepted", "b@x.example": "waiting"}


def test_a_letter_without_an_error_has_none_to_clear(account: MailAccount, bob: User, rita: User) -> None:
    with pytest.raises(outbox.UnableToClear, match="no error"):
        cleared(account, bob, letter=make_outgoing(account, state=OutgoingState.SENT))
    with pytest.raises(outbox.UnableToClear, match="may not write"):
        cleared(account, rita)
    assert cleared(account, bob) == 0


# -- whose letters -------------------------------------------------------------------------------------------------------


def test_drafts_are_their_authors_alone_and_the_outbox_is_the_accounts(
    account: MailAccount, alice: User, bob: User, dave: User
) -> None:
    draft = make_outgoing(account)
    failed = make_outgoing(account, state=OutgoingState.FAILED, author=alice)
    make_outgoing(account, state=OutgoingState.SENT)
    assert set(outgoing_of(alice)) == {failed}
    assert draft in outgoing_of(bob)
    assert draft not in outbox_of(bob)
    assert outbox_of(bob).count() == 2
    assert counts_by_state(bob) == {"failed": 1}
    assert not outgoing_of(dave).exists()


# -- names of letters ----------------------------------------------------------------------------------------------------


def test_a_message_id_proves_that_it_was_made_here() -> None:
    made = new_message_id("bob@Żagle.example", token="abc")
    assert made.endswith("@xn--agle-99a.example")
    assert is_made_here(made)
    assert not any(map(is_made_here, [made.replace("abc", "abd"), "x@mooring.example", "", f"x{made}"]))
