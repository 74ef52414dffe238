"""Letters about notices, for those who want them: how often, and which notices the next one tells of.

A notice belongs to one letter at most, which is decided in one transaction; so none is told twice and none is left out, whoever
dies when. Sending is the engine's part (sync.notice_mail).
"""

from __future__ import annotations

import secrets
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import OuterRef, QuerySet
from django.utils.translation import gettext as _

from mooring.activities.models import Notice, NoticeLetter, NoticeLetterState, NoticeMailing, Rhythm
from mooring.letters.outgoing_bytes import new_message_id
from mooring.users.journal import Actor, changes_between, record
from mooring.users.models import User
from mooring.users.scoping import has_any, has_none

UNDER_WAY: Final = (NoticeLetterState.READY, NoticeLetterState.SENDING)
KEPT_FOR: Final = timedelta(days=30)
_AT_ONCE: Final = 200


class UnableToChooseMail(Exception):
    """Nothing was written; the text is fit for the user."""


def choose_mail(*, user: User, rhythm: str, hour: int, zone: ZoneInfo, by: Actor, now: datetime) -> NoticeMailing:
    """How often the user is written to from now on. Raises UnableToChooseMail."""
    if rhythm not in Rhythm.values or not 0 <= hour <= 23:
        raise UnableToChooseMail(_("Choose how often, and an hour of the day."))
    with transaction.atomic():
        before = NoticeMailing.objects.select_for_update().filter(user=user).first()
        was, was_at = (before.rhythm, before.hour) if before else (Rhythm.OFF.value, hour)
        since = before.since if before and was != Rhythm.OFF else now
        due_at = next_daily(now, hour=hour, zone=zone) if rhythm == Rhythm.DAILY else now
        values = {"rhythm": rhythm, "hour": hour, "since": since, "due_at": due_at}
        mailing, _is_new = NoticeMailing.objects.update_or_create(user=user, defaults=values)
        changes = changes_between({"notice_mail": was, "hour": was_at}, {"notice_mail": rhythm, "hour": hour})
        if changes:
            record(by=by, action="changed", kind="user", record_id=user.pk, name=str(user), changes=changes, now=now)
    return mailing


def next_daily(after: datetime, *, hour: int, zone: ZoneInfo) -> datetime:
    """The next time that it is that hour in the zone."""
    today = after.astimezone(zone).date()
    times = (datetime.combine(today + timedelta(days=days), time(hour), tzinfo=zone) for days in (0, 1, 2))
    return next(each for each in times if each > after)


def make_letters(*, sender: str, now: datetime) -> int:
    """A letter for everybody whose time it is and who has notices that were neither read nor written about; how many."""
    pass_quiet_days(now=now)
    made = 0
    for mailing in _due(now).filter(has_any(_untold())).select_related("user")[:_AT_ONCE]:
        with transaction.atomic():
            mine = NoticeMailing.objects.filter(pk=mailing.pk, due_at=mailing.due_at, rhythm=mailing.rhythm)
            if not mine.update(due_at=_after_letter(mailing, now)):
                continue
            message_id = new_message_id(sender, token=secrets.token_hex(12))
            letter = NoticeLetter.objects.create(user=mailing.user, message_id=message_id, made_at=now)
            untold = Notice.objects.filter(user=mailing.user, read_at=None, told_in=None, at__gte=mailing.since)
            untold.update(told_in=letter)
            made += 1
    return made


def pass_quiet_days(*, now: datetime) -> None:
    """A daily letter with nothing to tell is none: the next one comes at its hour, and not when something happens before."""
    for mailing in _due(now).filter(has_none(_untold()), rhythm=Rhythm.DAILY).select_related("user")[:_AT_ONCE]:
        NoticeMailing.objects.filter(pk=mailing.pk, due_at=mailing.due_at).update(due_at=_after_letter(mailing, now))


def told_by(letter: NoticeLetter) -> list[Notice]:
    """Those of its notices that were not read since, oldest first, with what they are about."""
    notices = Notice.objects.filter(told_in=letter, read_at=None)
    return list(notices.select_related("activity", "letter", "account").order_by("at", "id"))


def mailing_of(user: User) -> NoticeMailing | None:
    """What the user chose, if anything."""
    return NoticeMailing.objects.filter(user=user).first()


def broken_off(user: User) -> NoticeLetter | None:
    """The user's latest letter, if nobody knows whether it arrived."""
    latest = NoticeLetter.objects.filter(user=user).exclude(state__in=UNDER_WAY).order_by("-made_at", "-id").first()
    return latest if latest is not None and latest.state == NoticeLetterState.UNKNOWN else None


def forget_old_letters(*, now: datetime) -> int:
    """What was settled a month ago is of no use to anybody; how many."""
    old = NoticeLetter.objects.exclude(state__in=UNDER_WAY).filter(settled_at__lt=now - KEPT_FOR)
    gone = list(old.values_list("pk", flat=True)[:1000])
    NoticeLetter.objects.filter(pk__in=gone).delete()
    return len(gone)


def _due(now: datetime) -> QuerySet[NoticeMailing]:
    open_letters = NoticeLetter.objects.filter(user=OuterRef("user"), state__in=UNDER_WAY)
    wanting = NoticeMailing.objects.exclude(rhythm=Rhythm.OFF).filter(due_at__lte=now, user__is_active=True)
    return wanting.filter(has_none(open_letters)).order_by("due_at", "user_id")


def _untold() -> QuerySet[Notice]:
    return Notice.objects.filter(user=OuterRef("user"), read_at=None, told_in=None, at__gte=OuterRef("since"))


def _after_letter(mailing: NoticeMailing, now: datetime) -> datetime:
    if mailing.rhythm == Rhythm.DAILY:
        return next_daily(now, hour=mailing.hour, zone=ZoneInfo(mailing.user.time_zone))
    return now + timedelta(hours=1) if mailing.rhythm == Rhythm.HOURLY else now
