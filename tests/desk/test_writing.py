"""Letters as they are written at the desk: forms without a script, fragments with one, nothing lost when something is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

import making
from desk.kept_letters import html_letter, keep
from desk.world import client_of
from letters.making_letters import make_account, raw_letter
from letters.making_outgoing import make_outgoing
from making import NOW, actor
from mooring.customers.models import Contact
from mooring.letters.drafting import drafts_of
from mooring.letters.models import MailAccount, OutgoingLetter, OutgoingState, RecipientState
from mooring.letters.templates import save_template
from mooring.sync.models import SendingState
from mooring.users.models import User

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
PNG = b"\x89PNG\r\n\x1a\n picture"


@pytest.fixture
def box(bob: User) -> MailAccount:
    return make_account(
        bob,
        address="bob@mooring.example",
        your_name="Bob Mast",
        signature="<p>Bob</p>",
        is_main=True,
        outgoing_protocol="smtp",
        outgoing_host="smtp.mooring.example",
    )


@pytest.fixture
def browser(bob: User, box: MailAccount) -> Client:
    return client_of(bob)


def begun(browser: Client, bob: User, **asked: Any) -> OutgoingLetter:
    """A draft as the dock starts it."""
    assert browser.post(reverse("write"), asked, headers=HTMX).status_code == 200
    return drafts_of(bob).order_by("-pk")[0]


def typed(draft: OutgoingLetter, **changed: Any) -> dict[str, Any]:
    values = {
        "account": draft.account_id,
        "to": "Carol Quay <carol@harbour.example>",
        "subject": "Ropes",
        "body": "<p>Dear Carol</p>",
        "version": draft.version,
    }
    return {**values, **changed}


def test_a_new_letter_begins_with_the_signature_of_the_default_account(browser: Client, bob: User, box: MailAccount) -> None:
    make_account(bob, address="a@mooring.example")
    shown = browser.get(reverse("write"), {"to": "carol@harbour.example", "account": box.pk}).content.decode()
    assert 'value="carol@harbour.example"' in shown
    assert "-- \nBob</textarea>" in shown
    draft = begun(browser, bob, to="carol@harbour.example", account=box.pk)
    assert draft.body_html == '<p></p><div class="signature"><p>Bob</p></div>'
    assert draft.account == box


def test_whoever_has_no_account_is_told_how_to_get_one(alice: User) -> None:
    told = client_of(alice).get(reverse("write")).content.decode()
    assert ("You have no mailbox to write from" in told, "data-draft-close" in told) == (True, True)


def test_a_reply_is_written_from_the_account_that_received_the_letter(browser: Client, bob: User, box: MailAccount) -> None:
    sales = make_account(bob, address="sales@mooring.example")
    letter = keep(sales, raw_letter(to="sales@mooring.example, kim@far.example", subject="Re: Ropes", body="How much?"))
    draft = begun(browser, bob, answers=letter.pk, kind="reply_all")
    assert draft.account == sales
    assert draft.subject == "Re: Ropes"
    assert [each.address for each in draft.recipients.all()] == ["ann@harbour.example", "kim@far.example"]
    assert not draft.is_rich
    assert "> How much?" in draft.body_text


def test_forwarding_takes_the_files_along(browser: Client, bob: User, box: MailAccount) -> None:
    draft = begun(browser, bob, answers=keep(box, html_letter()).pk, kind="forward")
    assert draft.subject == "Fwd: Ropes"
    assert [each.name for each in draft.attachments.all()] == ["prices.pdf"]
    file = reverse("draft_file", args=[draft.pk, draft.attachments.get().pk])
    answer = browser.get(file)
    assert answer.content == b"%PDF-1.4 prices"
    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_a_letter_that_is_hidden_cannot_be_answered(browser: Client) -> None:
    hidden = keep(make_account(), raw_letter())
    assert browser.post(reverse("write"), {"answers": hidden.pk, "kind": "reply"}).status_code == 404


def test_saving_says_when_and_grows_the_version(browser: Client, bob: User) -> None:
    draft = begun(browser, bob)
    answer = browser.post(reverse("draft", args=[draft.pk]), typed(draft, is_autosave="yes"), headers=HTMX)
    assert "Saved " in answer.content.decode()
    assert 'value="2"' in answer.content.decode()
    assert drafts_of(bob).get().body_html == "<p>Dear Carol</p>"


def test_a_stale_saving_is_refused_and_keeps_both_texts(browser: Client, bob: User) -> None:
    draft = begun(browser, bob)
    url = reverse("draft", args=[draft.pk])
    browser.post(url, typed(draft))
    quiet = browser.post(url, typed(draft, body="<p>mine</p>", is_autosave="yes"), headers=HTMX)
    assert quiet.status_code == 422
    assert "data-conflict" in quiet.content.decode()
    loud = browser.post(url, typed(draft, body="<p>mine</p>"))
    assert loud.status_code == 422
    assert "mine" in loud.content.decode()
    kept = browser.post(reverse("write"), typed(draft, body="<p>mine</p>", is_rich="yes"))
    assert kept.status_code == 303
    assert {each.body_html for each in drafts_of(bob)} == {"<p>Dear Carol</p>", "<p>mine</p>"}


def test_a_field_that_is_wrong_keeps_what_was_typed(browser: Client, bob: User) -> None:
    draft = begun(browser, bob)
    answer = browser.post(reverse("draft", args=[draft.pk]), typed(draft, send_at="soon", body="<p>kept</p>"))
    assert answer.status_code == 422
    assert "kept" in answer.content.decode()


def test_pictures_in_the_text_are_stored_by_their_content_id(browser: Client, bob: User) -> None:
    draft = begun(browser, bob)
    picture = SimpleUploadedFile("rope.png", PNG, "image/png")
    answer = browser.post(reverse("draft_files", args=[draft.pk]), {"files": picture, "is_picture": "yes"}, headers=HTMX)
    row = draft.attachments.get()
    url = reverse("draft_file", args=[draft.pk, row.pk])
    assert f'data-picture="{url}"' in answer.content.decode()
    shown = browser.get(url)
    assert (shown.headers["Content-Type"], shown.content) == ("image/png", PNG)
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    browser.post(reverse("draft", args=[draft.pk]), typed(draft, body=f'<p><img src="{url}"></p>'))
    assert drafts_of(bob).get().body_html == f'<p><img src="cid:{row.content_id}"></p>'
    assert url in browser.get(reverse("draft", args=[draft.pk])).content.decode()


def test_files_are_attached_and_taken_off_without_a_script(browser: Client, bob: User) -> None:
    draft = begun(browser, bob)
    files = [SimpleUploadedFile(name, b"x", "text/html") for name in ("a.html", "b.html")]
    assert browser.post(reverse("draft_files", args=[draft.pk]), typed(draft, files=files)).status_code == 303
    saved = drafts_of(bob).get()
    assert (saved.subject, saved.attachments.count()) == ("Ropes", 2)
    first = saved.attachments.all()[0]
    remove = reverse("remove_draft_file", args=[draft.pk, first.pk])
    assert browser.post(remove, typed(saved)).status_code == 303
    assert saved.attachments.count() == 1
    assert browser.post(remove, typed(saved)).status_code == 404


def test_the_format_and_templates_work_without_a_script(browser: Client, bob: User, carol: Contact) -> None:
    template = save_template(name="Hello", body_html="<p>Hi {{contact.name}}</p>", by=actor(bob), now=NOW)
    draft = begun(browser, bob)
    browser.post(reverse("draft_format", args=[draft.pk]), typed(draft))
    plain = drafts_of(bob).get()
    assert (plain.is_rich, plain.body_text) == (False, "Dear Carol")
    browser.post(reverse("draft_template", args=[draft.pk]), typed(plain, body="Dear Carol", template=template.pk))
    assert drafts_of(bob).get().body_text == "Hi Carol Quay\n\nDear Carol"
    filled = browser.get(reverse("draft_template_filled", args=[draft.pk, template.pk]), {"to": "carol@harbour.example"})
    assert "<p>Hi Carol Quay</p>" in filled.content.decode()


def test_sending_asks_what_seems_odd_and_queues(browser: Client, bob: User, carol: Contact) -> None:
    draft = begun(browser, bob)
    send = reverse("send_draft", args=[draft.pk])
    nobody = browser.post(send, typed(draft, to=""))
    assert "Please enter whom the letter is for." in nobody.content.decode()
    draft = drafts_of(bob).get()
    odd = browser.post(send, typed(draft, subject="", body="<p>see the attached list</p>"))
    assert odd.status_code == 422
    assert "The subject is empty." in odd.content.decode()
    draft = drafts_of(bob).get()
    wrong = browser.post(send, typed(draft, to="not an address", is_sure="yes"))
    assert "is not an email address" in wrong.content.decode()
    draft = drafts_of(bob).get()
    gone = browser.post(send, typed(draft, to="carol@harbour.example"), headers=HTMX)
    assert gone.headers["HX-Reswap"] == "delete"
    assert reverse("take_back", args=[draft.pk]) in gone.content.decode()
    browser.post(reverse("take_back", args=[draft.pk]))
    assert drafts_of(bob).get().state == OutgoingState.DRAFT


def test_an_account_that_cannot_send_leads_to_its_settings(browser: Client, bob: User, box: MailAccount) -> None:
    draft = begun(browser, bob)
    MailAccount.objects.unscoped("a test sets up").filter(pk=box.pk).update(outgoing_protocol="")
    sent = typed(draft, to="carol@harbour.example", is_sure="yes")
    answer = browser.post(reverse("send_draft", args=[draft.pk]), sent)
    assert answer.status_code == 422
    assert reverse("edit_account", args=[box.pk]) in answer.content.decode()


def test_a_discarded_draft_is_brought_back(browser: Client, bob: User) -> None:
    draft = begun(browser, bob)
    browser.post(reverse("discard_draft", args=[draft.pk]))
    assert browser.get(reverse("draft", args=[draft.pk])).status_code == 404
    browser.post(reverse("restore_draft", args=[draft.pk]))
    assert browser.get(reverse("draft", args=[draft.pk])).status_code == 200


def test_recipients_are_suggested(browser: Client, carol: Contact) -> None:
    shown = browser.get(reverse("recipients"), {"q": "caro"}).content.decode()
    assert 'data-address="carol@harbour.example"' in shown
    assert "Harbour Ltd" in shown


def test_the_outbox_says_where_each_letter_stands(browser: Client, bob: User, box: MailAccount) -> None:
    failed = make_outgoing(
        box,
        author=bob,
        state=OutgoingState.FAILED,
        subject="Refused",
        error_code="port_closed",
        error_details={"host": "smtp.mooring.example", "port": 465},
        error_history=[{"at": NOW.isoformat(), "code": "no_answer", "details": {}, "said": "421 later"}],
    )
    failed.recipients.update(state=RecipientState.REFUSED, said="550 no such person", status="5.1.1")
    make_outgoing(box, author=bob, state=OutgoingState.SENT, subject="Arrived", to=("a@a.example",) * 5)
    assert "Refused" in browser.get(reverse("outbox")).content.decode()
    assert "Arrived" not in browser.get(reverse("outbox")).content.decode()
    assert "Arrived" in browser.get(reverse("outbox"), {"show": "sent"}).content.decode()
    shown = browser.get(reverse("outgoing", args=[failed.pk])).content.decode()
    for words in ("Nothing answers at port 465", "550 no such person", "421 later", "Edit again", "Send now"):
        assert words in shown
    assert browser.post(reverse("clear_letter", args=[failed.pk])).headers["Location"] == reverse("draft", args=[failed.pk])


def test_a_letter_of_unknown_fate_is_put_back_only_with_a_tick(browser: Client, bob: User, box: MailAccount) -> None:
    evidence = [{"at": NOW.isoformat(), "where": "Sent", "found": False}]
    letter = make_outgoing(box, author=bob, state=OutgoingState.UNKNOWN, evidence=evidence)
    shown = browser.get(reverse("outgoing", args=[letter.pk])).content.decode()
    assert "It may arrive twice" in shown
    assert "Looked for in Sent: not found." in shown
    reset = reverse("reset_letter", args=[letter.pk])
    browser.post(reset)
    letter.refresh_from_db()
    assert letter.state == OutgoingState.UNKNOWN
    browser.post(reset, {"accepts_double": "yes"})
    letter.refresh_from_db()
    assert letter.state == OutgoingState.READY


def test_an_account_is_reset_and_cleared_as_a_whole(browser: Client, bob: User, box: MailAccount) -> None:
    letters = [make_outgoing(box, author=bob, state=state) for state in (OutgoingState.UNKNOWN, OutgoingState.FAILED)]
    shown = browser.get(reverse("account_sending", args=[box.pk])).content.decode()
    assert "last step: Handing over" in shown
    browser.post(reverse("reset_account_sending", args=[box.pk]), {"accepts_double": "yes"})
    browser.post(reverse("clear_account_errors", args=[box.pk]), {"resend": "yes"})
    states = {letter.state for letter in OutgoingLetter.objects.unscoped("a test").filter(pk__in=[each.pk for each in letters])}
    assert states == {OutgoingState.READY}


def test_an_administrator_frees_what_hangs_without_reading_it(alice: User, bob: User, box: MailAccount) -> None:
    stuck = make_outgoing(box, author=bob, state=OutgoingState.UNKNOWN, subject="A secret")
    failed = make_outgoing(box, author=bob, state=OutgoingState.FAILED, subject="Another secret")
    browser = client_of(alice)
    sending = reverse("account_sending", args=[box.pk])
    assert sending in browser.get(reverse("all_accounts")).content.decode()
    shown = browser.get(sending).content.decode()
    assert (f"Email {stuck.pk}" in shown, f"Email {failed.pk}" in shown, "last step: Handing over" in shown) == (True, True, True)
    assert "secret" not in shown
    assert "carol@" not in shown
    browser.post(reverse("reset_account_sending", args=[box.pk]), {"accepts_double": "yes"})
    browser.post(reverse("clear_account_errors", args=[box.pk]), {"resend": "yes"})
    for letter in (stuck, failed):
        letter.refresh_from_db()
        assert letter.state == OutgoingState.READY


def test_an_account_that_rests_says_why_and_goes_on_when_its_errors_are_cleared(browser: Client, box: MailAccount) -> None:
    refused = {"error_code": "login_refused", "error_details": {"user": box.address}, "error_said": "535 no"}
    SendingState.objects.create(account=box, failure_count=1, failing_since=making.NOW, is_stopped=True, **refused)
    shown = browser.get(reverse("account_sending", args=[box.pk])).content.decode()
    assert ("Nothing is sent from this mailbox at the moment." in shown, "535 no" in shown) == (True, True)
    browser.post(reverse("clear_account_errors", args=[box.pk]))
    assert not SendingState.objects.exclude(error_code="").exists()


def test_a_colleague_takes_back_what_the_team_sends(browser: Client, bob: User, box: MailAccount) -> None:
    other = make_outgoing(box, author=making.make_user("Eve"), state=OutgoingState.READY)
    assert browser.post(reverse("take_back", args=[other.pk])).headers["Location"] == reverse("outbox")
    too_late = make_outgoing(box, author=bob, state=OutgoingState.SENT)
    assert browser.post(reverse("take_back", args=[too_late.pk])).headers["Location"] == reverse("outgoing", args=[too_late.pk])


def test_a_letter_that_waits_for_its_time_is_sent_now(browser: Client, bob: User, carol: Contact) -> None:
    draft = begun(browser, bob)
    sent = typed(draft, send_at="2099-01-01T10:00", is_sure="yes")
    browser.post(reverse("send_draft", args=[draft.pk]), sent)
    assert browser.post(reverse("send_now", args=[draft.pk])).status_code == 303
    draft.refresh_from_db()
    assert (draft.state, draft.send_at) == (OutgoingState.READY, None)


def test_lines_of_recipients_are_read_as_they_are_written() -> None:
    from mooring.desk.forms.writing import line_of, mailboxes_in

    line = 'Carol Quay <carol@harbour.example>, "Mast, Ivo" <ivo@mast.example>; kim@far.example, half an addr'
    people = mailboxes_in(line)
    assert [each.address for each in people] == ["carol@harbour.example", "ivo@mast.example", "kim@far.example", "half an addr"]
    assert [bool(each.key) for each in people] == [True, True, True, False]
    assert line_of(people) == line.replace(";", ",")
    assert mailboxes_in(" , ;\n") == []
