"""The portal as its users click through it: in by password and code, reading, writing, own data; out with the archive."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pyotp
import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from selectolax.lexbor import LexborHTMLParser

import making
from desk.world import client_of
from letters.making_letters import make_account, make_folder, make_letter
from making import archive_customers, restore_customers
from mooring.activities.models import Notice
from mooring.customers.models import Contact, Customer, PortalRecoveryCode, PortalUser
from mooring.customers.portal_sign_in import open_session
from mooring.letters.bodies import originals
from mooring.letters.models import Letter, MailAccount, OutgoingLetter
from mooring.letters.record_files import add_file, file_store
from mooring.letters.sharing import share_letter
from mooring.users.journal import Actor, entries_about
from mooring.users.models import JournalEntry, User
from portal.portal_world import client_of_portal

pytestmark = pytest.mark.django_db

PASSWORD = "seven unlikely lighthouses"


@pytest.fixture(autouse=True)
def no_attempts_counted() -> None:
    cache.clear()


@pytest.fixture
def harbour(carol: Contact, bob: User) -> Customer:
    """Carol's company, which Bob looks after."""
    customer = carol.affiliations.get().customer
    assert customer is not None
    Customer.objects.unscoped("a test gives it away").filter(pk=customer.pk).update(owner=bob)
    customer.refresh_from_db()
    return customer


def said(answer: Any) -> str:
    return " ".join(LexborHTMLParser(answer.content).body.text(separator=" ").split())  # type: ignore[union-attr]


def invited(bob: User, harbour: Customer, carol: Contact) -> str:
    """Bob invites Carol from his mailbox; the address of the link that she gets."""
    account = make_account(
        bob, address="bob@mooring.example", is_main=True, outgoing_protocol="smtp", outgoing_host="smtp.mooring.example"
    )
    data = {"contact": carol.pk, "account": account.pk, "language": "en"}
    answer = client_of(bob).post(reverse("invite_portal_user", args=[harbour.pk]), data)
    assert answer.status_code == 303
    letter = OutgoingLetter.objects.unscoped("a test looks").get()
    assert letter.original is not None
    raw = originals().read(letter.original).decode().replace("=\r\n", "").replace("=3D", "=")
    return re.search(r"(/portal/invitation/[\w-]+/)", raw)[1]  # type: ignore[index]


def joined(bob: User, harbour: Customer, carol: Contact) -> PortalUser:
    answer = Client().post(invited(bob, harbour, carol), {"password1": PASSWORD, "password2": PASSWORD})
    assert answer.headers["Location"] == reverse("portal_sign_in")
    return PortalUser.objects.get()


def signed_in(user: PortalUser) -> Client:
    return client_of_portal(open_session(portal_user=user, now=timezone.now()))


def sign_in(client: Client, password: str = PASSWORD, **more: str) -> Any:
    return client.post(reverse("portal_sign_in"), {"email": "carol@harbour.example", "password": password, **more})


def test_an_invited_contact_chooses_a_password_and_comes_in(bob: User, harbour: Customer, carol: Contact) -> None:
    user = joined(bob, harbour, carol)
    client = Client()
    assert "do not belong together" in said(sign_in(client, "wrong password"))
    answer = sign_in(client, next="/portal/files/")
    assert answer.headers["Location"] == "/portal/files/"
    cookie = client.cookies["mooring_portal"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/portal/", True, "Lax")
    assert "sessionid" not in client.cookies
    assert "Emails of Harbour Ltd" in said(client.get(reverse("portal_letters")))
    client.post(reverse("portal_sign_out"))
    assert client.get(reverse("portal_letters")).headers["Location"].startswith("/portal/sign-in/")
    user.refresh_from_db()
    assert user.signed_in_at is not None


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/setup/", "/portal/../setup/"])
def test_signing_in_leads_nowhere_but_into_the_portal(bob: User, harbour: Customer, carol: Contact, elsewhere: str) -> None:
    joined(bob, harbour, carol)
    assert sign_in(Client(), next=elsewhere).headers["Location"] == reverse("portal_letters")


def test_too_many_wrong_passwords_close_the_door_for_a_while(bob: User, harbour: Customer, carol: Contact, settings: Any) -> None:
    joined(bob, harbour, carol)
    settings.ACCOUNT_RATE_LIMITS = {"portal_sign_in_failed": "3/5m/key"}
    for _attempt in range(3):
        sign_in(Client(), "wrong password")
    assert "Too many attempts" in said(sign_in(Client()))


def test_with_two_steps_a_code_is_asked_for_that_works_once(bob: User, harbour: Customer, carol: Contact) -> None:
    user = joined(bob, harbour, carol)
    client = signed_in(user)
    page = LexborHTMLParser(client.get(reverse("portal_two_step")).content)
    secret = page.css_first("code").text().replace(" ", "")
    sealed = page.css_first("input[name=sealed]").attributes["value"]
    now = int(timezone.now().timestamp())
    codes = [pyotp.TOTP(secret).at(now + 30 * step) for step in (0, 1)]
    assert client.post(reverse("portal_two_step"), {"sealed": sealed, "code": "12"}).status_code == 422
    assert client.post(reverse("portal_two_step"), {"sealed": sealed, "code": codes[0]}).status_code == 200
    asked = sign_in(Client())
    assert "Second step" in said(asked)
    step = LexborHTMLParser(asked.content).css_first("input[name=step]").attributes["value"]
    other = Client()
    assert "used already" in said(other.post(reverse("portal_code"), {"step": step, "code": codes[0]}))
    assert other.post(reverse("portal_code"), {"step": step, "code": codes[1]}).status_code == 303
    assert other.get(reverse("portal_letters")).status_code == 200
    client_of(bob).post(reverse("drop_portal_code", args=[harbour.pk, user.pk]))
    assert sign_in(Client()).status_code == 303
    assert bytes(user.code_sealed) == b""


def test_recovery_codes_are_shown_once_and_each_lets_in_once(bob: User, harbour: Customer, carol: Contact) -> None:
    user = joined(bob, harbour, carol)
    client = signed_in(user)
    page = LexborHTMLParser(client.get(reverse("portal_two_step")).content)
    assert (page.css_first("img.qr-code").attributes["src"] or "").startswith("data:image/svg+xml")
    secret = page.css_first("code").text().replace(" ", "")
    sent = {"sealed": page.css_first("input[name=sealed]").attributes["value"], "code": pyotp.TOTP(secret).now()}
    codes = recovery_codes_on(client.post(reverse("portal_two_step"), sent))
    assert len(set(codes)) == 10
    assert codes[0] not in said(client.get(reverse("portal_two_step")))
    assert not PortalRecoveryCode.objects.filter(digest__contains=codes[0].replace(" ", "")).exists()
    assert [second_step(code).status_code for code in (codes[0], codes[0], codes[1].replace(" ", ""))] == [303, 422, 303]
    assert "8 recovery codes are left" in said(client.get(reverse("portal_two_step")))
    fresh = recovery_codes_on(client.post(reverse("portal_recovery_codes")))
    assert [second_step(code).status_code for code in (codes[2], fresh[0])] == [422, 303]
    assert JournalEntry.objects.filter(action="portal_recovery_used").latest("id").changes["left"] == 9
    client.post(reverse("portal_two_step_off"))
    assert not PortalRecoveryCode.objects.exists()


def test_a_forgotten_password_comes_by_mail_and_nobody_learns_who_has_one(
    bob: User, harbour: Customer, carol: Contact, settings: Any
) -> None:
    joined(bob, harbour, carol)
    assert "another invitation" not in said(Client().get(reverse("portal_forgotten")))
    settings.MAIL_IS_CONFIGURED = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    answers = [
        said(Client().post(reverse("portal_forgotten"), {"email": email}))
        for email in ("carol@harbour.example", "nobody@harbour.example")
    ]
    assert answers[0] == answers[1]
    (sent,) = mail.outbox
    assert sent.to == ["carol@harbour.example"]
    link = re.search(r"(/portal/new-password/[\w-]+/)", str(sent.body))[1]  # type: ignore[index]
    Client().post(link, {"password1": "nine likely harbours", "password2": "nine likely harbours"})
    assert sign_in(Client(), "nine likely harbours").status_code == 303
    assert "no longer works" in said(Client().get(link))


def test_letters_and_files_stand_there_once_staff_show_them(bob: User, harbour: Customer, carol: Contact, now: datetime) -> None:
    client = signed_in(joined(bob, harbour, carol))
    letter = make_letter(make_account(bob), to_records=(harbour,), subject="Masts", body="Oak or ash?")
    file = add_file(
        customer=harbour,
        files=file_store(),
        name="prices.html",
        content_type="text/html",
        chunks=[b"<script>"],
        by=Actor(bob, "desk"),
        now=now,
    )
    assert ("Masts" in said(client.get(reverse("portal_letters"))), "prices" in said(client.get(reverse("portal_files")))) == (
        False,
        False,
    )
    desk = client_of(bob)
    assert "Not in the portal" in said(desk.get(reverse("letter", args=[letter.pk])))
    desk.post(reverse("show_letter_in_portal", args=[letter.pk, harbour.pk]), {"shown": "yes"})
    desk.post(reverse("show_record_file", args=[file.pk]), {"shown": "yes"})
    assert "Masts" in said(client.get(reverse("portal_letters")))
    assert "Masts" in said(client.get(reverse("portal_letter", args=[letter.pk])))
    answer = client.get(reverse("portal_file", args=[file.pk]))
    assert answer.content == b"<script>"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    desk.post(reverse("show_letter_in_portal", args=[letter.pk, harbour.pk]), {"shown": "no"})
    assert client.get(reverse("portal_letter", args=[letter.pk])).status_code == 404


def test_a_message_arrives_as_a_linked_unread_letter_in_the_inbox_and_its_owner_is_told(
    bob: User, harbour: Customer, carol: Contact
) -> None:
    user = joined(bob, harbour, carol)
    account = MailAccount.objects.unscoped("a test looks").get()
    inbox = make_folder(account, "INBOX")
    client = signed_in(user)
    answer = client.post(reverse("portal_write"), {"subject": "Sails\r\nBcc: all@else.example", "text": "When?\n.\nCarol"})
    letter = Letter.objects.unscoped("a test looks").get()
    assert answer.headers["Location"] == reverse("portal_letter", args=[letter.pk])
    delivery = letter.deliveries.get()
    assert (delivery.folder, delivery.is_unread, letter.from_address, letter.is_private) == (inbox, True, user.email, False)
    assert "Bcc" not in [person.role for person in letter.participants.all()]
    assert letter.links.get().customer == harbour
    assert Notice.objects.get().user == bob
    assert "When?" in said(client.get(reverse("portal_letter", args=[letter.pk])))
    desk = client_of(bob)
    assert "written in the portal by carol@harbour.example" in said(desk.get(reverse("letter", args=[letter.pk])))
    assert "When?" in said(desk.get(reverse("email_account", args=[account.pk])))
    entry = entries_about(kind="customer", record_id=harbour.pk)[0]
    assert (entry.action, entry.user, entry.source) == ("portal_wrote", None, "portal")
    client.post(reverse("portal_write"), {"subject": "Re: Sails", "text": "Today?", "answers": letter.pk})
    threads = set(Letter.objects.unscoped("a test looks").values_list("thread", flat=True))
    assert len(threads) == 1


def test_without_any_mailbox_the_writer_is_told(bob: User, harbour: Customer, carol: Contact) -> None:
    user = joined(bob, harbour, carol)
    MailAccount.objects.unscoped("a test removes").update(removed_at=making.NOW)
    answer = signed_in(user).post(reverse("portal_write"), {"subject": "Sails", "text": "When?"})
    assert (answer.status_code, "cannot be received" in said(answer)) == (422, True)


def test_ones_own_data_is_changed_and_journalled(bob: User, harbour: Customer, carol: Contact) -> None:
    client = signed_in(joined(bob, harbour, carol))
    client.post(reverse("portal_me"), {"name": "Carol Mast", "phone": "+44 20 7946 0000", "email": "x@else.example", "note": "!"})
    carol.refresh_from_db()
    assert (carol.name, carol.phones.get().number, carol.emails.get().address, carol.note) == (
        "Carol Mast",
        "+44 20 7946 0000",
        "carol@harbour.example",
        "",
    )
    entry = entries_about(kind="contact", record_id=carol.pk)[0]
    assert (entry.action, entry.source, sorted(entry.changes)) == ("changed", "portal", ["name", "phones"])


def test_the_archive_ends_everything_on_the_next_request_and_old_sessions_stay_dead(
    bob: User, harbour: Customer, carol: Contact, now: datetime
) -> None:
    user = joined(bob, harbour, carol)
    letter = make_letter(make_account(bob), to_records=(harbour,))
    share_letter(letter=letter, customer=harbour, by=Actor(bob, "desk"), now=now)
    client = signed_in(user)
    pages = [reverse(name) for name in ("portal_letters", "portal_write", "portal_files", "portal_projects", "portal_me")]
    pages += [reverse(name, args=[letter.pk]) for name in ("portal_letter", "portal_letter_body")]
    assert {client.get(page).status_code for page in pages} == {200}
    rows = Customer.objects.unscoped("a test archives").filter(pk=harbour.pk)
    archive_customers(customers=rows, by=making.BY_COMMAND, now=now)
    assert {client.get(page).headers["Location"].partition("?")[0] for page in pages} == {"/portal/sign-in/"}
    assert sign_in(Client()).status_code == 422
    restore_customers(customers=rows, by=making.BY_COMMAND, now=now)
    assert client.get(pages[0]).status_code == 303
    assert sign_in(Client()).status_code == 303


def test_in_one_browser_staff_and_portal_do_not_know_each_other(bob: User, harbour: Customer, carol: Contact) -> None:
    user = joined(bob, harbour, carol)
    client = client_of(bob)
    assert client.get(reverse("portal_letters")).status_code == 303
    client.cookies["mooring_portal"] = open_session(portal_user=user, now=timezone.now())
    portal, desk = said(client.get(reverse("portal_letters"))), said(client.get(reverse("home")))
    assert ("carol@harbour.example" in portal, "bob@mooring.example" in portal) == (True, False)
    assert ("bob@mooring.example" in desk, "carol@harbour.example" in desk) == (True, False)


def recovery_codes_on(answer: Any) -> list[str]:
    return LexborHTMLParser(answer.content).css_first("#recovery-codes").text().strip().split("\n")


def second_step(code: str) -> Any:
    """The password in a new browser, and this code."""
    browser = Client()
    step = LexborHTMLParser(sign_in(browser).content).css_first("input[name=step]").attributes["value"]
    cache.clear()
    return browser.post(reverse("portal_code"), {"step": step, "code": code})
