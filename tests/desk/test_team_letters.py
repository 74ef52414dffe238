"""Two people in one mailbox: who has a letter, who is answering, and a warning before a second answer leaves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from selectolax.lexbor import LexborHTMLParser

from desk.kept_letters import html_letter, keep
from desk.world import client_of
from letters.making_letters import make_account, make_team_account
from letters.making_outgoing import make_outgoing
from making import make_user
from mooring.activities.models import AnswerWatch, Notice, NoticeKind
from mooring.letters.cautions import cautions_about
from mooring.letters.models import Handling, Letter, MailAccount, OutgoingState
from mooring.users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def eve() -> User:
    return make_user("Eve")


@pytest.fixture
def box(bob: User, eve: User) -> MailAccount:
    return make_team_account(bob, eve, address="sales@mooring.example", is_main=True)


@pytest.fixture
def letter(box: MailAccount) -> Letter:
    return keep(box)


def said(answer: object) -> str:
    body = LexborHTMLParser(answer.content).body  # type: ignore[attr-defined]
    return " ".join(body.text(separator=" ").split()) if body else ""


def team(user: User, letter: Letter) -> str:
    return said(client_of(user).get(reverse("team_of_letter", args=[letter.pk]), headers={"HX-Request": "true"}))


def test_a_member_takes_a_letter_and_the_others_see_whose_it_is(letter: Letter, bob: User, eve: User) -> None:
    assert "New" in team(eve, letter)
    client_of(bob).post(reverse("assign_team_letters"), {"ids": letter.pk, "to": bob.pk})
    assert f"Assigned · {bob.name}" in team(eve, letter)
    assert not Notice.objects.exists()


def test_the_part_of_the_team_is_sent_again_only_when_it_changed(letter: Letter, bob: User, eve: User) -> None:
    ask = {"path": reverse("team_of_letter", args=[letter.pk]), "headers": {"HX-Request": "true"}}
    known = client_of(bob).get(**ask).content.decode().partition("?known=")[2].partition('"')[0]
    assert client_of(bob).get(**ask, data={"known": known}).status_code == 204
    client_of(eve).post(reverse("assign_team_letters"), {"ids": letter.pk, "to": eve.pk})
    assert f"Assigned · {eve.name}" in said(client_of(bob).get(**ask, data={"known": known}))


def test_taking_a_letter_leads_back_to_the_page_around_it(letter: Letter, bob: User) -> None:
    here = f"/email/?letter={letter.pk}"
    around = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{here}"}
    part = client_of(bob).get(reverse("team_of_letter", args=[letter.pk]), headers=around)
    assert f'name="next" value="{here}"' in part.content.decode()


@pytest.mark.parametrize(
    "around", ["http://else.example/email/", "http://testserver//else.example/", "http://[else", "javascript:alert(1)", ""]
)
def test_a_page_that_is_none_of_ours_is_not_led_back_to(letter: Letter, bob: User, around: str) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": around}
    part = client_of(bob).get(reverse("team_of_letter", args=[letter.pk]), headers=headers)
    assert f'name="next" value="/letters/{letter.pk}/"' in part.content.decode()


def test_whom_a_letter_is_given_to_hears_of_it_behind_the_bell(letter: Letter, bob: User, eve: User) -> None:
    client_of(bob).post(reverse("assign_team_letters"), {"ids": letter.pk, "to": eve.pk})
    assert [(notice.user, notice.kind, notice.letter) for notice in Notice.objects.all()] == [
        (eve, NoticeKind.LETTER_GIVEN, letter)
    ]
    assert letter.subject in said(client_of(eve).get(reverse("notices")))


def test_waiting_and_not_waiting_any_more(letter: Letter, bob: User, eve: User) -> None:
    client_of(bob).post(reverse("wait_for_them"), {"ids": letter.pk})
    assert f"Waiting for them · {bob.name}" in team(eve, letter)
    client_of(eve).post(reverse("wait_for_them"), {"ids": letter.pk, "over": "1"})
    assert f"Assigned · {bob.name}" in team(eve, letter)


def test_letters_go_to_nobody_outside_the_team(letter: Letter, bob: User, alice: User) -> None:
    client = client_of(bob)
    client.post(reverse("assign_team_letters"), {"ids": letter.pk, "to": alice.pk})
    assert ("does not write from this mailbox" in said(client.get(reverse("my_day"))), Handling.objects.exists()) == (True, False)


def test_letters_given_to_somebody_unknown_stay_with_whom_they_were(letter: Letter, bob: User) -> None:
    client = client_of(bob)
    client.post(reverse("assign_team_letters"), {"ids": letter.pk, "to": bob.pk})
    for unknown in ({"to": "0"}, {"to": "x"}, {}):
        client.post(reverse("assign_team_letters"), {"ids": letter.pk, **unknown})
        assert "Choose who gets these letters." in said(client.get(reverse("my_day")))
    assert Handling.objects.get().assignee == bob


def test_one_sees_that_a_colleague_is_answering(letter: Letter, box: MailAccount, bob: User, eve: User) -> None:
    make_outgoing(box, author=eve, answers=letter, changed_at=timezone.now())
    assert ("Eve is answering this" in team(bob, letter), "is answering" in team(eve, letter)) == (True, False)


def test_a_discarded_draft_is_nobody_answering(letter: Letter, box: MailAccount, bob: User, eve: User) -> None:
    make_outgoing(box, author=eve, answers=letter, changed_at=timezone.now(), discarded_at=timezone.now())
    assert "is answering" not in team(bob, letter)


def test_before_a_second_answer_leaves_its_author_is_warned(letter: Letter, box: MailAccount, bob: User, eve: User) -> None:
    begun = timezone.now()
    draft = make_outgoing(box, author=bob, answers=letter, created_at=begun)
    make_outgoing(box, author=eve, answers=letter, state=OutgoingState.READY, queued_at=begun + timedelta(minutes=1))
    assert "Eve has answered this conversation meanwhile." in cautions_about(draft)


def test_a_letter_of_ones_own_mailbox_has_no_team(bob: User) -> None:
    own = keep(make_account(bob))
    assert "Take it" not in team(bob, own)


def test_the_author_of_a_letter_stops_waiting_for_an_answer(bob: User, alice: User) -> None:
    box = make_account(bob)
    letter = keep(box)
    sent = make_outgoing(box, author=bob, state=OutgoingState.SENT, letter=letter, wants_answer_days=2)
    AnswerWatch.objects.create(outgoing=sent, due_at=timezone.now())
    assert "its author is reminded" in team(bob, letter)
    client_of(bob).post(reverse("stop_awaiting_answer", args=[letter.pk]))
    assert "its author is reminded" not in team(bob, letter)


def test_the_list_says_whose_a_letter_is_and_shows_ones_own_alone(letter: Letter, box: MailAccount, bob: User, eve: User) -> None:
    other = keep(box, html_letter(subject="Sails"))
    client_of(bob).post(reverse("assign_team_letters"), {"ids": letter.pk, "to": eve.pk})
    mine = said(client_of(eve).get(reverse("email"), {"mine": "1"}))
    assert ("With Eve" in mine, letter.subject in mine, other.subject in mine) == (True, True, False)
    everything = said(client_of(bob).get(reverse("email")))
    assert ("With Eve" in everything, other.subject in everything) == (True, True)


def test_a_task_is_made_from_a_letter_and_its_team_is_shown_beside_it(letter: Letter, bob: User) -> None:
    page = client_of(bob).get(reverse("letter", args=[letter.pk])).content.decode()
    assert (reverse("team_of_letter", args=[letter.pk]) in page, f"{reverse('new_activity')}?letter={letter.pk}" in page) == (
        True,
        True,
    )
