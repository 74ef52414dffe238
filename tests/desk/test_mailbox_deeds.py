"""What is done in the module Email: letters read, done, deleted, made private, linked, filtered; attachments; customers."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.test import Client
from django.urls import reverse

import making
from desk.kept_letters import html_letter, keep, letters, queries_of
from desk.world import client_of
from letters.making_letters import make_account, make_folder, raw_letter
from mooring.customers.models import Customer
from mooring.desk.forms.places import place_in_words
from mooring.letters.models import Link, MailAccount, UnwantedSender
from mooring.users.models import User

pytestmark = pytest.mark.django_db
LATER = making.NOW + timedelta(hours=1)


def test_a_conversation_is_one_line_and_opens_whole(browser: Client, box: MailAccount) -> None:
    keep(box, raw_letter(subject="Ropes", message_id="<1@t.example>", body="The question"), flags=("\\Seen",))
    answer = keep(box, raw_letter(subject="Re: Ropes", message_id="<2@t.example>", at=LATER, extra="In-Reply-To: <1@t.example>"))
    page = browser.get(f"/email/?letter={answer.pk}")
    (line,) = page.context["lines"]
    assert (line.count, line.is_unread, line.is_current) == (2, True, True)
    shown = page.context["stretches"][0].letters
    assert [each.inside is not None for each in shown] == [False, True]
    assert "The question" in page.content.decode()


def test_single_letters_are_shown_on_request_and_remembered(browser: Client, box: MailAccount) -> None:
    keep(box, raw_letter(message_id="<1@t.example>"))
    keep(box, raw_letter(message_id="<2@t.example>", extra="In-Reply-To: <1@t.example>"))
    browser.post(reverse("choose_email_view"), {"show": "letters"})
    assert len(browser.get("/email/").context["lines"]) == 2
    browser.post(reverse("choose_email_view"), {"show": "conversations"})
    assert len(browser.get("/email/").context["lines"]) == 1


def test_an_opened_letter_is_read_only_when_it_says_so(browser: Client, box: MailAccount) -> None:
    letter = keep(box)
    page = browser.get(f"/email/?letter={letter.pk}").content.decode()
    assert "data-marks-read" in page
    assert browser.get("/email/").context["lines"][0].is_unread
    browser.post(reverse("mark_letters_read"), {"ids": letter.pk}, headers={"HX-Request": "true"})
    assert not browser.get("/email/").context["lines"][0].is_unread
    assert "data-marks-read" not in browser.get(f"/email/?letter={letter.pk}").content.decode()


def test_marks_in_bulk_are_undone(browser: Client, box: MailAccount) -> None:
    ids = [letter.pk for letter in letters(box, 3)]
    page = browser.post(reverse("mark_letters_read"), {"ids": ids}, follow=True).content.decode()
    assert "3 letters marked as read." in page
    browser.post(undo_url(page))
    assert all(line.is_unread for line in browser.get("/email/").context["lines"])


@pytest.mark.parametrize(("deed", "left"), [("finish_letters", "/email/all/"), ("bin_letters", "/email/bin/")])
def test_what_is_done_or_deleted_leaves_the_inbox_and_comes_back(browser: Client, box: MailAccount, deed: str, left: str) -> None:
    ids = [letter.pk for letter in letters(box, 2)]
    page = browser.post(reverse(deed), {"ids": ids, "next": "/email/"}, follow=True)
    assert page.context["lines"] == []
    assert len(browser.get(left).context["lines"]) == 2
    browser.post(undo_url(page.content.decode()))
    assert len(browser.get("/email/").context["lines"]) == 2


def test_letters_are_restored_from_the_bin_and_reopened_from_among_all(browser: Client, box: MailAccount) -> None:
    letter = keep(box)
    browser.post(reverse("bin_letters"), {"ids": letter.pk})
    assert "Restore" in browser.get(f"/email/bin/?letter={letter.pk}").content.decode()
    browser.post(reverse("restore_letters"), {"ids": letter.pk})
    assert "Nothing of this is in the bin." in browser.post(reverse("restore_letters"), follow=True).content.decode()
    browser.post(reverse("finish_letters"), {"ids": letter.pk})
    assert "To do again" in browser.get(f"/email/all/?letter={letter.pk}").content.decode()
    browser.post(reverse("reopen_letters"), {"ids": letter.pk})
    assert len(browser.get("/email/").context["lines"]) == 1


def test_new_letters_are_announced_with_their_count(browser: Client, box: MailAccount) -> None:
    first = keep(box, raw_letter(subject="old", at=making.NOW - timedelta(hours=1)))
    assert f"since={first.position}" in browser.get("/email/").content.decode()
    letters(box, 2)
    for asked in ("", f"&folder={make_folder(box).pk}", f"&account={box.pk}", "&name=email_all"):
        said = browser.get(f"/email/news/?since={first.position}{asked}").content.decode()
        assert "2 new letters" in said
        assert 'hx-swap-oob="true">3<' in said
    assert "new letter" not in browser.get("/email/news/?since=x").content.decode()


@pytest.mark.parametrize(
    ("query", "subjects"),
    [
        ("q=ropes", ["Ropes 001", "Ropes 000"]),
        ("sender=harbour.example", ["Ropes 000", "Ropes 001"]),
        ("linked=no", ["Ropes 000", "Ropes 001"]),
        ("linked=yes&private=1", []),
        ("attachments=1&since=2026-01-01&until=2026-03-02", []),
        ("since=yesterday", ["Ropes 000", "Ropes 001"]),
    ],
)
def test_filters_read_as_a_sentence(browser: Client, box: MailAccount, query: str, subjects: list[str]) -> None:
    letters(box, 2)
    page = browser.get(f"/email/?{query}")
    assert sorted(line.subject for line in page.context["lines"]) == sorted(subjects)
    assert len(page.context["chips"]) == (0 if query == "since=yesterday" else query.count("="))


def undo_url(page: str) -> str:
    """Where the Undo button of the toast leads."""
    toast = page.partition('class="toast-line')[2]
    return toast.partition('action="')[2].partition('"')[0]


def test_letters_are_made_private_and_opened_again(browser: Client, box: MailAccount, harbour: Customer, alice: User) -> None:
    letter = letters(box, 1, to=(harbour,))[0]
    page = browser.post(reverse("make_letters_private"), {"ids": letter.pk, "next": "/email/"}, follow=True)
    assert "1 letter is private now." in page.content.decode()
    assert page.context["lines"][0].is_private
    card = client_of(alice).get(f"/customers/{harbour.pk}/").content.decode()
    assert "A private letter" in card
    assert "Ropes 000" not in card
    assert "This letter is private no longer" in browser.get(f"/email/?letter={letter.pk}").content.decode()
    browser.post(undo_url(page.content.decode()))
    assert "Ropes 000" in client_of(alice).get(f"/customers/{harbour.pk}/").content.decode()
    browser.post(reverse("make_letters_private"), {"ids": letter.pk, "whole": "1"}, follow=True)
    opened = browser.post(reverse("open_letters"), {"ids": letter.pk, "whole": "1"}, follow=True).content.decode()
    assert "1 letter is private no longer." in opened
    browser.post(undo_url(opened))
    assert browser.get("/email/").context["lines"][0].is_private


def test_a_sender_is_private_until_opened(browser: Client, box: MailAccount) -> None:
    letter = keep(box)
    url = reverse("hide_letter_sender", args=[letter.pk])
    assert "Letters of carol@harbour.example are private from now on" in browser.post(url, follow=True).content.decode()
    assert "This sender is private no longer" in browser.get(reverse("beside_letter", args=[letter.pk])).content.decode()
    browser.post(reverse("show_letter_sender", args=[letter.pk]))
    assert not browser.get("/email/").context["lines"][0].is_private


def test_a_reader_without_a_mailbox_makes_no_sender_private(box: MailAccount, harbour: Customer, alice: User) -> None:
    letter = keep(box, to=(harbour,))
    said = client_of(alice).post(reverse("hide_letter_sender", args=[letter.pk]), follow=True).content.decode()
    assert "You have no mailbox in which this sender could be private." in said


def test_ticked_conversations_are_linked_whole_and_taken_back(browser: Client, box: MailAccount, harbour: Customer) -> None:
    keep(box, raw_letter(message_id="<1@t.example>"))
    answer = keep(box, raw_letter(message_id="<2@t.example>", at=LATER, extra="In-Reply-To: <1@t.example>"))
    data = {"ids": answer.pk, "whole": "1", "record": place_in_words(harbour)}
    page = browser.post(reverse("link_letters"), data, follow=True).content.decode()
    assert "2 emails were linked to Harbour Ltd." in page
    browser.post(undo_url(page))
    assert not Link.objects.filter(removed_at=None).exists()
    assert "Tick the emails first." in browser.post(reverse("link_letters"), follow=True).content.decode()
    hidden = {"ids": answer.pk, "record": "Nobody – C99999"}
    assert "Nothing of this name is known." in browser.post(reverse("link_letters"), hidden, follow=True).content.decode()


def test_marking_as_unread_is_undone(browser: Client, box: MailAccount) -> None:
    letter = keep(box, flags=("\\Seen",))
    page = browser.post(reverse("mark_letters_unread"), {"ids": letter.pk}, follow=True).content.decode()
    assert browser.get("/email/").context["lines"][0].is_unread
    browser.post(undo_url(page))
    assert not browser.get("/email/").context["lines"][0].is_unread


def test_the_senders_of_ticked_letters_are_refused(browser: Client, box: MailAccount) -> None:
    ids = [keep(box, raw_letter(sender=f"{name}@ads.example")).pk for name in ("one", "two")]
    page = browser.post(reverse("refuse_senders"), {"ids": ids}, follow=True).content.decode()
    assert "New letters of 2 senders will not be kept." in page
    UnwantedSender.objects.create(key="earlier@ads.example", account=box, created_at=making.NOW)
    assert "Letters of 2 senders are kept again." in browser.post(undo_url(page), follow=True).content.decode()
    assert [sender.key for sender in UnwantedSender.objects.all()] == ["earlier@ads.example"]


def test_all_letters_of_a_customer_are_read_in_the_panes(
    browser: Client, box: MailAccount, harbour: Customer, alice: User
) -> None:
    letters(box, 2, to=(harbour,))
    keep(box, raw_letter(subject="Of nobody"))
    hers = keep(make_account(alice), raw_letter(subject="Hers", at=LATER), to=(harbour,), received_at=LATER)
    page = browser.get(f"/email/?customer={harbour.pk}&letter={hers.pk}")
    assert [line.subject for line in page.context["lines"]] == ["Hers", "Ropes 000", "Ropes 001"]
    assert "Harbour Ltd" in page.content.decode()
    assert queries_of(browser, f"/email/?customer={harbour.pk}&letter={hers.pk}") <= 12
    assert client_of(alice).get(f"/email/?customer={harbour.pk}").status_code == 200
    hidden = making.make_customer("Hidden Ltd", owner=alice)
    assert browser.get(f"/email/?customer={hidden.pk}").status_code == 404


def test_attachments_are_listed_newest_first_of_a_mailbox_or_a_customer(
    browser: Client, box: MailAccount, harbour: Customer
) -> None:
    keep(box, html_letter(file_name="prices.pdf"), to=(harbour,), received_at=making.NOW)
    keep(box, html_letter(file_name="later.txt"), received_at=LATER)
    assert names_in(browser, "/email/attachments/") == ["later.txt", "prices.pdf"]
    assert names_in(browser, f"/email/attachments/?account={box.pk}") == ["later.txt", "prices.pdf"]
    assert names_in(browser, f"/email/attachments/?customer={harbour.pk}") == ["prices.pdf"]
    before = queries_of(browser, "/email/attachments/")
    keep(box, html_letter(file_name="third.pdf"))
    assert queries_of(browser, "/email/attachments/") == before


def test_pictures_and_plain_text_are_previewed_and_nothing_else(browser: Client, box: MailAccount) -> None:
    message = EmailMessage()
    message["From"], message["Subject"], message["Date"] = "ann@harbour.example", "Files", making.NOW
    message.set_content("see below")
    message.add_attachment(b"\x89PNG\r\n\x1a\n", maintype="image", subtype="png", filename="mast.png")
    message.add_attachment("<b>10 mm</b>", filename="ropes.txt")
    message.add_attachment(b"<svg onload='x()'/>", maintype="image", subtype="svg+xml", filename="pic.svg")
    letter = keep(box, message.as_bytes())
    picture, text, drawing = letter.attachments.order_by("pk")
    shown = browser.get(reverse("attachment_picture", args=[letter.pk, picture.pk]))
    assert (shown.headers["Content-Type"], shown.headers["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert shown.headers["Content-Security-Policy"].startswith("sandbox;")
    assert "<img" in browser.get(reverse("attachment_preview", args=[letter.pk, picture.pk])).content.decode()
    assert "&lt;b&gt;10 mm" in browser.get(reverse("attachment_preview", args=[letter.pk, text.pk])).content.decode()
    refused = [
        browser.get(reverse("attachment_picture", args=[letter.pk, text.pk])),
        browser.get(reverse("attachment_picture", args=[letter.pk, drawing.pk])),
        browser.get(reverse("attachment_preview", args=[letter.pk, drawing.pk])),
    ]
    assert [answer.status_code for answer in refused] == [404] * 3


def names_in(browser: Client, url: str) -> list[str]:
    return [file.row.name for file in browser.get(url).context["files"]]
