"""In which browsers somebody is signed in, and ending that. The sessions themselves are Django's."""

from __future__ import annotations

from datetime import datetime

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from mooring.users.journal import Actor, record
from mooring.users.models import OpenSession, User

_LONGEST_BROWSER = 300


def keep_session(
    *, user: User, key: str, address: str, browser: str, began_at: datetime, now: datetime, session_id: int | None = None
) -> OpenSession:
    """List the session, or say of the one that was listed as `session_id` that it was seen now and has this key."""
    facts = {"session_key": key, "address": address, "browser": browser[:_LONGEST_BROWSER], "seen_at": now}
    listed = OpenSession.objects.filter(pk=session_id, user=user).first() if session_id is not None else None
    if listed is not None:
        OpenSession.objects.filter(pk=listed.pk).update(**facts)
        return listed
    with transaction.atomic():
        OpenSession.objects.filter(user=user).exclude(_stands(now)).delete()
        return OpenSession.objects.update_or_create(session_key=key, defaults={**facts, "user": user, "began_at": began_at})[0]


def open_sessions_of(user: User, *, now: datetime) -> QuerySet[OpenSession]:
    """Those that still stand, the one that was seen last first."""
    return OpenSession.objects.filter(_stands(now), user=user)


def end_session(*, session: OpenSession, by: Actor, now: datetime) -> None:
    """With its next click that browser is signed out."""
    with transaction.atomic():
        Session.objects.filter(session_key=session.session_key).delete()
        OpenSession.objects.filter(pk=session.pk).delete()
        _note(session.user, by=by, now=now)


def end_other_sessions(*, user: User, by: Actor, now: datetime) -> None:
    """All of them; the one that shall go on is given the new hash, and is listed again, by whoever calls."""
    with transaction.atomic():
        end_sessions(user)
        _note(user, by=by, now=now)


def end_sessions(user: User) -> None:
    """All of them, wherever they are open. A session that shall go on is given the new hash by whoever calls."""
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.session_epoch = User.objects.values_list("session_epoch", flat=True).get(pk=user.pk)
    forget_sessions(user)


def forget_sessions(user: User) -> None:
    """List none of them any more: they end by another hash."""
    OpenSession.objects.filter(user=user).delete()


def _stands(now: datetime) -> Exists:
    return Exists(Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=now))


def _note(user: User, *, by: Actor, now: datetime) -> None:
    record(by=by, action="sessions_ended", kind="user", record_id=user.pk, name=str(user), changes={}, now=now)
