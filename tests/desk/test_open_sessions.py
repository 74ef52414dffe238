"""The list of browsers in which one is signed in, and ending them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from selectolax.lexbor import LexborHTMLParser

import making
from desk.second_steps import after_password, code_of, is_in, type_code, with_app
from mooring.desk.browser_words import browser_in_words, is_phone
from mooring.users.models import JournalEntry, OpenSession, User

HUB = "/profile/sign-in/"
NEW = "seven unlikely lighthouses"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1"


def signed_in(user: User, browser: str = FIREFOX) -> Client:
    client = Client(headers={"User-Agent": browser})
    after_password(client, user)
    return client


def lines(client: Client) -> list[str]:
    page = LexborHTMLParser(client.get(HUB).content)
    return [" ".join(line.text(separator=" ").split()) for line in page.css("li.link-line")]


def end(client: Client, index: int) -> None:
    page = LexborHTMLParser(client.get(HUB).content)
    client.post(page.css("li.link-line")[index].css_first("form").attributes["action"] or "")


def test_each_browser_is_listed_in_words_with_this_one_first(bob: User, alice: User) -> None:
    here = signed_in(bob)
    signed_in(bob, IPHONE)
    signed_in(alice)
    first, second = lines(here)
    assert first.startswith("Firefox on Linux This browser 127.0.0.1")
    assert second.startswith("Safari on iPhone 127.0.0.1")


def test_one_browser_is_signed_out_with_its_next_click(bob: User) -> None:
    here, there, elsewhere = signed_in(bob), signed_in(bob, IPHONE), signed_in(bob)
    end(here, next(index for index, line in enumerate(lines(here)) if "iPhone" in line))
    assert [is_in(client) for client in (here, there, elsewhere)] == [True, False, True]
    assert len(lines(here)) == 2
    assert JournalEntry.objects.filter(action="sessions_ended", user=bob).count() == 1


def test_all_other_browsers_are_signed_out_at_once(bob: User) -> None:
    here, there = signed_in(bob), signed_in(bob, IPHONE)
    began = OpenSession.objects.get(browser=FIREFOX).began_at
    here.post(f"{HUB}sessions/end/")
    assert [is_in(client) for client in (here, there)] == [True, False]
    assert len(lines(here)) == 1
    assert abs(OpenSession.objects.get().began_at - began) < timedelta(milliseconds=1)


def test_a_new_password_ends_the_others_and_keeps_this_one_in_the_list(bob: User) -> None:
    here, there = signed_in(bob), signed_in(bob, IPHONE)
    here.post(f"{HUB}password/", {"oldpassword": making.PASSWORD, "password1": NEW, "password2": NEW})
    assert [is_in(client) for client in (here, there)] == [True, False]
    assert [line.split(" 127")[0] for line in lines(here)] == ["Firefox on Linux This browser"]


def test_nobody_ends_sessions_of_others(alice: User, bob: User) -> None:
    here, there = signed_in(alice), signed_in(bob)
    session = OpenSession.objects.get(user=bob)
    assert here.post(f"{HUB}sessions/{session.pk}/end/").status_code == 404
    assert is_in(there)


def test_a_session_is_listed_behind_the_second_step_alone(client: Client, bob: User) -> None:
    secret, _codes = with_app(bob)
    after_password(client, bob)
    assert not OpenSession.objects.exists()
    type_code(client, code_of(secret))
    assert OpenSession.objects.get().session_key == client.session.session_key


def test_signing_out_takes_the_browser_off_the_list(bob: User) -> None:
    here, there = signed_in(bob), signed_in(bob, IPHONE)
    there.post("/accounts/logout/")
    assert len(lines(here)) == 1


def test_a_session_whose_time_is_over_is_not_listed(bob: User) -> None:
    here, there = signed_in(bob), signed_in(bob, IPHONE)
    Session.objects.filter(session_key=there.session.session_key).update(expire_date=timezone.now() - timedelta(days=1))
    assert len(lines(here)) == 1
    signed_in(bob)
    assert OpenSession.objects.count() == 2


def test_when_it_was_seen_is_written_every_five_minutes_at_most(bob: User) -> None:
    here = signed_in(bob)
    before = OpenSession.objects.get().seen_at
    here.get("/")
    assert OpenSession.objects.get().seen_at == before
    session = here.session
    session["open_session"] = {**session["open_session"], "seen": (before - timedelta(minutes=6)).timestamp()}
    session.save()
    here.get("/", headers={"User-Agent": IPHONE})
    seen = OpenSession.objects.get()
    assert (seen.seen_at > before, seen.browser) == (True, IPHONE)


@pytest.mark.parametrize(
    ("said", "words", "phone"),
    [
        (FIREFOX, "Firefox on Linux", False),
        (IPHONE, "Safari on iPhone", True),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows", False),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android", True),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/18 Safari/605", "Safari on macOS", False),
        ("curl/8.0", "Unknown browser", False),
        ("", "Unknown browser", False),
    ],
)
def test_browsers_are_told_in_words(said: str, words: str, phone: bool) -> None:
    assert (browser_in_words(said), is_phone(said)) == (words, phone)
