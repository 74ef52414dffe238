"""Tasks as people click them: planning from a card and from a letter, my day, done with a way back, the bell."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from desk.kept_letters import keep
from desk.world import client_of
from letters.making_letters import make_account
from making import actor, make_customer
from mooring.activities.models import Activity
from mooring.activities.planning import ActivityData, plan_activity
from mooring.users.models import User

pytestmark = pytest.mark.django_db


def page(answer: object) -> LexborHTMLParser:
    return LexborHTMLParser(answer.content)  # type: ignore[attr-defined]


def said(answer: object) -> str:
    body = page(answer).body
    return " ".join(body.text(separator=" ").split()) if body else ""


def only() -> Activity:
    return Activity.objects.unscoped("a test looks").get()


def test_a_call_is_planned_from_a_card_in_the_time_zone_of_whoever_plans(bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(time_zone="Europe/Warsaw")
    client, harbour = client_of(bob), make_customer("Harbour", owner=bob)
    form = page(client.get(reverse("new_activity"), {"customer": harbour.pk})).css_first("[name=about]")
    assert form is not None
    entered = {"kind": "call", "title": "Ask about ropes", "owner": bob.pk, "about": form.attributes["value"]}
    day = {"day": "2030-07-01", "hour": "09:30", "remind": "60"}
    client.post(reverse("new_activity"), {**entered, **day})
    activity = only()
    assert (activity.customer, activity.due_at) == (harbour, datetime(2030, 7, 1, 7, 30, tzinfo=UTC))
    assert activity.remind_at == datetime(2030, 7, 1, 6, 30, tzinfo=UTC)
    assert "Ask about ropes" in said(client.get(reverse("customer_tasks", args=[harbour.pk])))
    again = page(client.get(reverse("edit_activity", args=[activity.pk])))
    values = {name: again.css_first(f"[name={name}]").attributes["value"] for name in ("day", "hour")}  # type: ignore[union-attr]
    assert values == {"day": "2030-07-01", "hour": "09:30"}


def test_whoever_writes_a_note_sees_it_where_it_stands(bob: User) -> None:
    client, harbour = client_of(bob), make_customer("Harbour", owner=bob)
    address = f"{reverse('new_activity')}?customer={harbour.pk}"
    about = page(client.get(address)).css_first("[name=about]")
    assert about is not None
    entered = {"title": "Talked about ropes", "owner": bob.pk, "about": about.attributes["value"], "next": ""}
    noted = client.post(address, {**entered, "kind": "note"}, follow=True)
    assert (noted.redirect_chain[-1][0], "was noted." in said(noted)) == (reverse("customer_tasks", args=[harbour.pk]), True)
    assert "Noted: Talked about ropes" in said(client.get(reverse("customer", args=[harbour.pk])))
    planned = client.post(address, {**entered, "kind": "task"}, follow=True)
    assert (planned.redirect_chain[-1][0], "is planned." in said(planned)) == (reverse("my_day"), True)


def test_a_task_from_a_letter_begins_with_its_subject_and_its_record(bob: User) -> None:
    harbour = make_customer("Harbour", owner=bob)
    letter = keep(make_account(bob), to=(harbour,))
    form = page(client_of(bob).get(reverse("new_activity"), {"letter": letter.pk}))
    title, about = form.css_first("[name=title]"), form.css_first("[name=about]")
    assert title is not None
    assert about is not None
    assert (title.attributes["value"], "Harbour" in (about.attributes["value"] or "")) == ("Ropes", True)


def test_nobody_plans_on_the_letter_of_another(bob: User, alice: User) -> None:
    letter = keep(make_account(alice))
    assert client_of(bob).get(reverse("new_activity"), {"letter": letter.pk}).status_code == 404


def test_a_letter_is_opened_from_a_task_by_whoever_may_read_it(bob: User, alice: User, now: datetime) -> None:
    harbour = make_customer("Harbour", owner=bob)
    letter = keep(make_account(alice))
    data = ActivityData(title="Answer", owner=bob, about=harbour, letter=letter, due_at=now)
    plan_activity(data=data, by=actor(alice), now=now)
    places = [reverse("my_day"), reverse("home"), reverse("customer_tasks", args=[harbour.pk])]
    for reader, is_open in ((bob, False), (alice, True)):
        shown = [client_of(reader).get(place).content.decode() for place in (places if reader == bob else places[2:])]
        assert all("Answer" in each for each in shown)
        assert {reverse("letter", args=[letter.pk]) in each for each in shown} == {is_open}
        assert {"Open the email" in each for each in shown} == {is_open}


def test_a_time_without_a_day_is_asked_for_the_day_and_keeps_what_was_typed(bob: User) -> None:
    sent = {"kind": "task", "title": "Ask about ropes", "owner": bob.pk, "hour": "09:30"}
    answer = client_of(bob).post(reverse("new_activity"), sent)
    assert (answer.status_code, "Choose the day, too." in said(answer), b"Ask about ropes" in answer.content) == (422, True, True)


def test_the_beginning_of_a_name_is_answered_with_whom_it_may_mean(bob: User, alice: User) -> None:
    make_customer("Harbour Hidden", owner=alice)
    harbour = make_customer("Harbour Pilots", owner=bob)
    sent = {"kind": "task", "title": "Ask about ropes", "owner": bob.pk, "about": "harbour"}
    answer = client_of(bob).post(reverse("new_activity"), sent)
    assert (answer.status_code, f"Harbour Pilots – C{harbour.pk}" in said(answer), "Hidden" in said(answer)) == (422, True, False)


def test_done_has_a_way_back_in_the_toast(bob: User, now: datetime) -> None:
    client = client_of(bob)
    activity = plan_activity(data=ActivityData(title="Call Carol", owner=bob), by=actor(bob), now=now)
    assert "Call Carol" in said(client.get(reverse("my_day")))
    client.post(reverse("finish_activity", args=[activity.pk]))
    assert only().done_at is not None
    undo = page(client.get(reverse("my_day"))).css_first(".toast-line form")
    assert undo is not None
    client.post(undo.attributes["action"] or "")
    assert only().done_at is None


def test_the_timeline_says_which_call_was_planned(bob: User, now: datetime) -> None:
    harbour = make_customer("Harbour", owner=bob)
    data = ActivityData(title="Ask about ropes", owner=bob, kind="call", about=harbour)
    plan_activity(data=data, by=actor(bob), now=now)
    assert "Planned: Ask about ropes" in said(client_of(bob).get(reverse("customer", args=[harbour.pk])))


def test_what_was_removed_comes_back(bob: User, now: datetime) -> None:
    client = client_of(bob)
    activity = plan_activity(data=ActivityData(title="Call Carol", owner=bob), by=actor(bob), now=now)
    client.post(reverse("remove_activity", args=[activity.pk]))
    assert client.get(reverse("edit_activity", args=[activity.pk])).status_code == 404
    client.post(reverse("bring_back_activity", args=[activity.pk]))
    assert client.get(reverse("edit_activity", args=[activity.pk])).status_code == 200


def test_the_bell_counts_what_colleagues_give_and_is_silent_once_read(bob: User, alice: User, now: datetime) -> None:
    plan_activity(data=ActivityData(title="Call Carol", owner=bob), by=actor(alice), now=now)
    client = client_of(bob)
    bell = page(client.get(reverse("bell"))).css_first(".bell .count")
    assert bell is not None
    assert (bell.text(), "Given to you" in said(client.get(reverse("notices")))) == ("1", True)
    client.post(reverse("notices"))
    assert page(client.get(reverse("bell"))).css_first(".bell .count") is None


def test_an_empty_day_says_what_will_stand_there(bob: User) -> None:
    assert "Nothing is waiting for you" in said(client_of(bob).get(reverse("my_day")))
