"""Notices as lines: what each is about, and where it leads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _

from mooring.activities.models import Activity, Notice, NoticeKind

_PLACES: Final = (
    ("customer_id", "customer_tasks"),
    ("lead_id", "lead_tasks"),
    ("project_id", "project_tasks"),
    ("opportunity_id", "opportunity"),
)


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One line behind the bell, or in a letter about notices."""

    notice: Notice
    text: str
    url: str


def lines_of(notices: Iterable[Notice]) -> list[NoticeLine]:
    """In the same order. No query, if the notices came with what they are about."""
    return [NoticeLine(notice, _text(notice), _url(notice)) for notice in notices]


def _text(notice: Notice) -> str:
    if notice.letter is not None:
        return notice.letter.subject or _("(no subject)")
    if notice.account is not None:
        text = _("The permission for %(address)s is gone. Letters wait until somebody signs in with the provider again.")
        return text % {"address": notice.account.address}
    return str(notice.activity)


def _url(notice: Notice) -> str:
    if notice.letter_id is not None:
        return reverse("letter", args=[notice.letter_id])
    if notice.account_id is not None:
        return reverse("account", args=[notice.account_id])
    if notice.kind == NoticeKind.MENTION and notice.activity is not None:
        return _where_it_stands(notice.activity)
    return reverse("edit_activity", args=[notice.activity_id])


def _where_it_stands(activity: Activity) -> str:
    """Who is mentioned may see the note on its record, but not always change it."""
    for key, name in _PLACES:
        if record_id := getattr(activity, key):
            return reverse(name, args=[record_id])
    return reverse("edit_activity", args=[activity.pk])
