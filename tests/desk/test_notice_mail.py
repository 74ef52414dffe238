"""My profile > Notices, and the way out that needs no sign-in."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from desk.world import client_of
from mooring.activities.models import NoticeMailing, Rhythm
from mooring.desk.notice_letters import unsubscribe_word
from mooring.users.models import JournalEntry, User

pytestmark = pytest.mark.django_db


def test_one_chooses_how_often_and_a_mail_program_ends_it_with_one_post(bob: User) -> None:
    browser = client_of(bob)
    url = reverse("notice_mail")
    assert browser.post(url, {"rhythm": "daily", "hour": "25"}).status_code == 422
    assert browser.post(url, {"rhythm": "daily", "hour": "7"}).status_code == 303
    assert (NoticeMailing.objects.get().rhythm, NoticeMailing.objects.get().hour) == (Rhythm.DAILY, 7)
    assert "names no server for its own letters" in browser.get(url).content.decode()
    stop = reverse("stop_notice_mail", args=[unsubscribe_word(bob)])
    stranger = Client(enforce_csrf_checks=True)
    assert "bob@mooring.example" in stranger.get(stop).content.decode()
    assert NoticeMailing.objects.get().rhythm == Rhythm.DAILY
    assert stranger.post(stop, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert NoticeMailing.objects.get().rhythm == Rhythm.OFF
    assert JournalEntry.objects.filter(record_kind="user", action="changed").count() == 2
    assert stranger.post(reverse("stop_notice_mail", args=["forged:word:here"])).status_code == 404
