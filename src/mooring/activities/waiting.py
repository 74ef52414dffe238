"""“If no answer in N working days, remind me”: sent letters that wait, answers that come, and the reminder if none does.

An answer is a letter of the same conversation that came in after the letter was sent, from somebody else, written by a person:
neither automatic replies nor bounces count. Everything is found by looking, so that it does not matter when or by which way an
answer was archived.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction
from django.db.models import OuterRef, Q
from django.utils import translation
from django.utils.translation import gettext as _

from mooring.activities.models import Activity, ActivityKind, AnswerWatch, Notice, NoticeKind
from mooring.activities.options import HOLIDAYS, WORKING_WEEK, days_of_week, days_off
from mooring.activities.working_days import MOST_DAYS, after_working_days
from mooring.letters.models import Delivery, Direction, Letter, Link, OutgoingLetter, OutgoingState, ThreadReference
from mooring.letters.models.letter import LetterQuerySet
from mooring.options.values import Values
from mooring.users.journal import WORKER, Actor, record
from mooring.users.scoping import has_any

_AT_ONCE: Final = 200
_WHY: Final = "the worker looks after everybody's letters"


def begin_to_wait(*, values: Values, now: datetime) -> int:
    """Watch letters that were sent since the last look and whose authors want an answer; returns how many.

    Looked at are those sent after the latest that is watched, less a day, for several workers send at once.
    """
    sent = OutgoingLetter.objects.unscoped(_WHY).filter(state=OutgoingState.SENT, wants_answer_days__gt=0)
    latest = AnswerWatch.objects.select_related("outgoing").order_by("-id").first()
    if latest is not None and latest.outgoing.sent_at is not None:
        sent = sent.filter(sent_at__gte=latest.outgoing.sent_at - timedelta(days=1))
    unwatched = sent.exclude(has_any(AnswerWatch.objects.filter(outgoing=OuterRef("pk")))).select_related("author")
    working, holidays = days_of_week(values.of(WORKING_WEEK)), days_off(values.of(HOLIDAYS))
    watches = []
    for outgoing in unwatched.order_by("id")[:_AT_ONCE]:
        days = min(outgoing.wants_answer_days or 1, MOST_DAYS)
        zone = _zone_of(outgoing.author.time_zone if outgoing.author else "UTC")
        due_at = after_working_days(outgoing.sent_at or now, days, zone=zone, working=working, holidays=holidays)
        watches.append(AnswerWatch(outgoing=outgoing, due_at=due_at))
    AnswerWatch.objects.bulk_create(watches, ignore_conflicts=True)
    return len(watches)


def look_for_answers(*, now: datetime) -> int:
    """End the waiting of letters that were answered, reminders that are not needed any more included; returns how many.

    Looked at are those that are due and those whose reminder is still open: the others are asked when their time comes.
    """
    reminder_is_open = Q(activity__isnull=False, activity__done_at=None, activity__removed_at=None)
    waiting = AnswerWatch.objects.filter(answered_at=None, dropped_at=None, due_at__lte=now)
    waiting = waiting.filter(Q(reminded_at=None) | reminder_is_open)
    answered = 0
    for watch in waiting.filter(has_any(_answers())).select_related("activity").order_by("id")[:_AT_ONCE]:
        with transaction.atomic():
            AnswerWatch.objects.filter(pk=watch.pk).update(answered_at=now)
            if watch.activity is not None and watch.activity.done_at is None:
                Activity.objects.unscoped(_WHY).filter(pk=watch.activity.pk).update(done_at=now, changed_at=now)
                Notice.objects.filter(activity=watch.activity, read_at=None).update(read_at=now)
        answered += 1
    return answered


def remind_of_silence(*, now: datetime) -> int:
    """Give the authors of letters that are still unanswered a task and a notice; returns how many.

    To be called after look_for_answers.
    """
    due = AnswerWatch.objects.filter(due_at__lte=now, reminded_at=None, answered_at=None, dropped_at=None)
    reminded = 0
    about = ("outgoing__author", "outgoing__letter")
    for watch in due.select_related(*about).prefetch_related("outgoing__recipients").order_by("due_at", "id")[:_AT_ONCE]:
        reminded += _remind(watch, now=now)
    return reminded


def stop_waiting(*, watch: AnswerWatch, by: Actor, now: datetime) -> AnswerWatch:
    """The author does not wait any more."""
    with transaction.atomic():
        AnswerWatch.objects.filter(pk=watch.pk, dropped_at=None).update(dropped_at=now)
        name = watch.outgoing.subject
        record(by=by, action="waiting_stopped", kind="letter", record_id=watch.outgoing.letter_id, name=name, changes={}, now=now)
    watch.refresh_from_db()
    return watch


def watch_of(letter: Letter) -> AnswerWatch | None:
    """The open waiting for an answer to this letter, if its author waits for one and none has come."""
    watch = AnswerWatch.objects.filter(outgoing__letter=letter, answered_at=None, dropped_at=None).first()
    if watch is None or AnswerWatch.objects.filter(pk=watch.pk).filter(has_any(_answers())).exists():
        return None
    return watch


def _answers() -> LetterQuerySet:
    """For a watch as OuterRef: letters that answer it."""
    came_in = Delivery.objects.filter(letter=OuterRef("pk"), direction=Direction.INCOMING)
    threads = ThreadReference.objects.filter(message_id=OuterRef(OuterRef("outgoing__message_id"))).values("thread")
    letters = Letter.objects.unscoped(_WHY).filter(thread__in=threads, is_automatic=False, at__gt=OuterRef("outgoing__sent_at"))
    return letters.exclude(from_address__iexact=OuterRef("outgoing__account__address")).filter(has_any(came_in))


def _remind(watch: AnswerWatch, *, now: datetime) -> int:
    outgoing = watch.outgoing
    with transaction.atomic():
        mine = AnswerWatch.objects.filter(pk=watch.pk, reminded_at=None).update(reminded_at=now)
        if not mine or outgoing.author is None or not outgoing.author.is_active:
            return 0
        with translation.override(outgoing.author.language):
            title = _("No answer yet: %(subject)s") % {"subject": outgoing.subject or _("(no subject)")}
        people = ", ".join(str(recipient) for recipient in outgoing.recipients.all()[:5])
        activity = Activity.objects.create(
            kind=ActivityKind.TASK,
            title=title[:300],
            note=people,
            owner=outgoing.author,
            letter=outgoing.letter,
            due_at=now,
            is_whole_day=False,
            created_at=now,
            changed_at=now,
            **_about(outgoing.letter),
        )
        AnswerWatch.objects.filter(pk=watch.pk).update(activity=activity)
        Notice.objects.create(user=outgoing.author, kind=NoticeKind.NO_ANSWER, activity=activity, at=now)
        changes = {"activity": activity.title}
        record(by=WORKER, action="activity_planned", kind="activity", record_id=activity.pk, name=title, changes=changes, now=now)
    return 1


def _about(letter: Letter | None) -> dict[str, int]:
    """The record that the letter is linked to, where it is one only."""
    links = list(Link.objects.filter(letter=letter, removed_at=None)[:2]) if letter is not None else []
    if len(links) != 1:
        return {}
    places = {name: getattr(links[0], name) for name in ("customer_id", "lead_id", "project_id")}
    return {name: place for name, place in places.items() if place is not None}


def _zone_of(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
