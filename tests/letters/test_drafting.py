"""Drafts: begun, saved so that two windows lose nothing, thrown away and brought back; theirs alone whose they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from letters.making_letters import make_account
from letters.making_outgoing import make_outgoing
from making import NOW, actor
from mooring.letters.attached_files import AttachedFiles
from mooring.letters.attaching import (
    MOST_FILES,
    attach,
    attach_kept,
    detach,
    drop_unused_pictures,
    sweep_attached_files,
)
from mooring.letters.drafting import (
    KEPT_AFTER_DISCARDING,
    LONGEST_BODY,
    MOST_RECIPIENTS,
    DraftChangedMeanwhile,
    DraftData,
    UnableToSaveDraft,
    begin_with_template,
    change_format,
    discard_draft,
    drafts_of,
    forget_discarded_drafts,
    recipients_of,
    restore_draft,
    save_draft,
    start_draft,
)
from mooring.letters.models import MailAccount, OutgoingAttachment, OutgoingLetter, OutgoingState
from mooring.letters.options import LARGEST_ATTACHMENTS_MB
from mooring.letters.templates import save_template
from mooring.mail.types import Mailbox
from mooring.options.values import change
from mooring.users.models import JournalEntry, User

ANN = Mailbox("Ann", "ann@harbour.example", "ann@harbour.example")
HALF = Mailbox("", "half an addr", "")


@pytest.fixture
def box(bob: User) -> MailAccount:
    return make_account(bob, address="bob@mooring.example", signature="<p>Bob</p>")


@pytest.fixture
def draft(bob: User, box: MailAccount) -> OutgoingLetter:
    return start_draft(data=DraftData(account=box, to=(ANN,), subject="Ropes", body="<p>Dear Ann</p>"), by=actor(bob), now=NOW)


@pytest.fixture
def files(tmp_path: Path) -> AttachedFiles:
    return AttachedFiles(tmp_path)


def typed(draft: OutgoingLetter, **changed: object) -> DraftData:
    data = DraftData(account=draft.account, to=(ANN,), subject=draft.subject, body=draft.body_html or draft.body_text)
    return replace(data, **changed)  # type: ignore[arg-type]  # fields of the data


def test_a_draft_is_begun_and_read_again(draft: OutgoingLetter, bob: User) -> None:
    found = drafts_of(bob).get()
    assert (found.version, found.body_html, found.body_text, found.author) == (1, "<p>Dear Ann</p>", "Dear Ann", bob)
    assert [each.address for each in recipients_of(found)["to"]] == ["ann@harbour.example"]
    line = JournalEntry.objects.get(action="draft_started")
    assert "Ropes" not in str(line.changes) + line.record_name


def test_a_draft_is_its_authors_alone(draft: OutgoingLetter, alice: User, dave: User) -> None:
    assert not drafts_of(alice).exists()
    OutgoingLetter.objects.unscoped("a test gives the draft away").update(author=dave)
    assert not drafts_of(dave).exists()


def test_nobody_writes_from_the_account_of_another(box: MailAccount, alice: User) -> None:
    with pytest.raises(UnableToSaveDraft, match=r"may not write from bob@mooring\.example"):
        start_draft(data=DraftData(account=box), by=actor(alice), now=NOW)


def test_saving_grows_the_version_only_when_something_changed(draft: OutgoingLetter, bob: User) -> None:
    saved = save_draft(draft=draft, data=typed(draft), version=1, by=actor(bob), now=NOW)
    assert saved.version == 1
    saved = save_draft(draft=draft, data=typed(draft, to=(ANN, HALF), cc=(ANN,)), version=1, by=actor(bob), now=NOW)
    assert saved.version == 2
    assert [each.address for each in recipients_of(saved)["to"]] == ["ann@harbour.example", "half an addr"]
    saved = save_draft(draft=draft, data=typed(draft, subject="Sails"), version=2, by=actor(bob), now=NOW)
    assert (saved.version, saved.subject) == (3, "Sails")


def test_a_second_window_overwrites_nothing(draft: OutgoingLetter, bob: User) -> None:
    save_draft(draft=draft, data=typed(draft, body="<p>mine</p>"), version=1, by=actor(bob), now=NOW)
    with pytest.raises(DraftChangedMeanwhile):
        save_draft(draft=draft, data=typed(draft, body="<p>theirs</p>"), version=1, by=actor(bob), now=NOW)
    assert drafts_of(bob).get().body_html == "<p>mine</p>"


def test_what_was_typed_is_made_safe(draft: OutgoingLetter, bob: User) -> None:
    body = '<p>a</p><script>run()</script><img src="https://tracker.example/x.gif">'
    saved = save_draft(draft=draft, data=typed(draft, body=body), version=1, by=actor(bob), now=NOW)
    assert saved.body_html == "<p>a</p>"


def test_the_signature_changes_with_the_account(draft: OutgoingLetter, bob: User) -> None:
    other = make_account(bob, signature="<p>Sales team</p>")
    body = '<p>a</p><div class="signature"><p>Bob</p></div><blockquote>q</blockquote>'
    saved = save_draft(draft=draft, data=typed(draft, body=body, account=other), version=1, by=actor(bob), now=NOW)
    assert saved.body_html == '<p>a</p><div class="signature"><p>Sales team</p></div><blockquote>q</blockquote>'


def test_the_signature_of_a_plain_draft_changes_too(draft: OutgoingLetter, bob: User) -> None:
    change_format(draft=draft, is_rich=False, by=actor(bob), now=NOW)
    other = make_account(bob, signature="<p>Sales team</p>")
    data = typed(draft, body="Dear Ann\r\n-- \r\nBob", account=other)
    saved = save_draft(draft=draft, data=data, version=2, by=actor(bob), now=NOW)
    assert saved.body_text == "Dear Ann\n-- \nSales team"


def test_a_draft_goes_on_as_plain_text_and_back(draft: OutgoingLetter, bob: User) -> None:
    plain = change_format(draft=draft, is_rich=False, by=actor(bob), now=NOW)
    assert (plain.is_rich, plain.body_html, plain.body_text) == (False, "", "Dear Ann")
    assert change_format(draft=draft, is_rich=False, by=actor(bob), now=NOW).version == plain.version
    assert change_format(draft=draft, is_rich=True, by=actor(bob), now=NOW).body_html == "<p>Dear Ann</p>"


def test_a_template_is_put_before_what_is_written(draft: OutgoingLetter, bob: User) -> None:
    template = save_template(name="Thanks", subject="Thanks", body_html="<p>Hi {{contact.name}}</p>", by=actor(bob), now=NOW)
    saved = begin_with_template(draft=draft, template=template, values={"contact.name": "Ann"}, by=actor(bob), now=NOW)
    assert (saved.subject, saved.body_html) == ("Ropes", "<p>Hi Ann</p><p>Dear Ann</p>")
    change_format(draft=draft, is_rich=False, by=actor(bob), now=NOW)
    saved = begin_with_template(draft=draft, template=template, values={}, by=actor(bob), now=NOW)
    assert saved.body_text == "Hi {{contact.name}}\n\nHi Ann\n\nDear Ann"


def test_a_discarded_draft_comes_back_for_a_day(draft: OutgoingLetter, bob: User) -> None:
    discard_draft(draft=draft, by=actor(bob), now=NOW)
    with pytest.raises(UnableToSaveDraft, match="sent or discarded"):
        save_draft(draft=draft, data=typed(draft), version=1, by=actor(bob), now=NOW)
    assert forget_discarded_drafts(now=NOW + KEPT_AFTER_DISCARDING) == 0
    assert restore_draft(draft=draft, by=actor(bob), now=NOW).discarded_at is None
    discard_draft(draft=draft, by=actor(bob), now=NOW)
    assert forget_discarded_drafts(now=NOW + KEPT_AFTER_DISCARDING + timedelta(seconds=1)) == 1
    assert not drafts_of(bob).exists()


def test_what_was_sent_is_no_draft_any_more(bob: User, box: MailAccount) -> None:
    letter = make_outgoing(box, author=bob, state=OutgoingState.READY)
    with pytest.raises(UnableToSaveDraft):
        discard_draft(draft=letter, by=actor(bob), now=NOW)


def test_there_are_limits(draft: OutgoingLetter, bob: User) -> None:
    with pytest.raises(UnableToSaveDraft, match="too long"):
        save_draft(draft=draft, data=typed(draft, body="x" * (LONGEST_BODY + 1)), version=1, by=actor(bob), now=NOW)
    with pytest.raises(UnableToSaveDraft, match="at most 500"):
        save_draft(draft=draft, data=typed(draft, to=(ANN,) * (MOST_RECIPIENTS + 1)), version=1, by=actor(bob), now=NOW)


def put(draft: OutgoingLetter, files: AttachedFiles, bob: User, **file: object) -> OutgoingAttachment:
    values = {"name": "../ropes\r\n.pdf", "content_type": "application/pdf", "chunks": [b"ropes"], **file}
    return attach(draft=draft, files=files, by=actor(bob), now=NOW, **values)  # type: ignore[arg-type]  # as attach takes them


def test_a_file_is_attached_under_a_harmless_name(draft: OutgoingLetter, files: AttachedFiles, bob: User) -> None:
    row = put(draft, files, bob)
    assert row.name == "_ropes .pdf"
    assert (row.content_type, row.size, row.is_inline) == ("application/pdf", 5, False)
    assert files.read(row.sha256) == b"ropes"
    detach(attachment=row, by=actor(bob), now=NOW)
    assert not draft.attachments.exists()


@pytest.mark.parametrize("said", ["", "nonsense", "text/<b>", "multipart/mixed", "message/rfc822", "a" * 200 + "/b", "/x"])
def test_a_type_that_makes_no_sense_is_unknown(draft: OutgoingLetter, files: AttachedFiles, bob: User, said: str) -> None:
    assert put(draft, files, bob, content_type=said).content_type == "application/octet-stream"


def test_files_that_are_too_large_together_are_refused(
    draft: OutgoingLetter, files: AttachedFiles, bob: User, alice: User
) -> None:
    change(LARGEST_ATTACHMENTS_MB, 1, by=actor(alice), now=NOW)
    kept = files.keep([b"x" * 600_000], most_bytes=1_000_000)
    put(draft, files, bob, chunks=[b"y" * 600_000])
    with pytest.raises(UnableToSaveDraft, match="1 MB"):
        put(draft, files, bob, chunks=[b"z" * 600_000])
    with pytest.raises(UnableToSaveDraft, match="1 MB"):
        attach_kept(draft=draft, kept=kept, name="x", content_type="text/plain", by=actor(bob), now=NOW)
    assert draft.attachments.count() == 1


def test_a_letter_has_a_hundred_files_at_most(draft: OutgoingLetter, files: AttachedFiles, bob: User) -> None:
    row = put(draft, files, bob)
    OutgoingAttachment.objects.bulk_create(
        OutgoingAttachment(outgoing=draft, name="x", content_type="text/plain", size=1, sha256=row.sha256)
        for _number in range(MOST_FILES - 1)
    )
    with pytest.raises(UnableToSaveDraft, match="at most 100"):
        put(draft, files, bob)


def test_pictures_that_were_deleted_from_the_text_do_not_go_along(draft: OutgoingLetter, files: AttachedFiles, bob: User) -> None:
    put(draft, files, bob, content_type="image/png", content_id="gone@picture")
    put(draft, files, bob, content_type="image/png", content_id="seen@picture")
    body = '<p><img src="cid:seen@picture"></p>'
    saved = save_draft(draft=draft, data=typed(draft, body=body), version=1, by=actor(bob), now=NOW)
    assert drop_unused_pictures(draft=saved, by=actor(bob), now=NOW) == 1
    assert draft.attachments.get().content_id == "seen@picture"


def test_files_of_sent_letters_are_swept(draft: OutgoingLetter, files: AttachedFiles, bob: User, box: MailAccount) -> None:
    needed, sent = put(draft, files, bob), put(draft, files, bob, chunks=[b"sails"])
    letter = make_outgoing(box, author=bob, state=OutgoingState.SENT)
    OutgoingAttachment.objects.filter(pk=sent.pk).update(outgoing=letter)
    later = NOW + timedelta(days=9_999)
    assert sweep_attached_files(files=files, now=later) == 1
    assert files.read(needed.sha256) == b"ropes"
