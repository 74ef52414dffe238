"""Colleagues who are mentioned in a note with an @ before their name or address; those who may see it are told.

“@Bob Smith”, “@bob smith” and “@bob@example.com” mean the same. Of several people with one name all are meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.db.models import Q
from django.db.models.functions import Lower

from mooring.activities.models import Activity, Notice, NoticeKind
from mooring.users.journal import Actor
from mooring.users.models import User
from mooring.users.permissions import with_rights
from mooring.users.reach import read_reach_of

MOST: Final = 50
"""Mentions of one note that are looked at."""
_LONGEST_NAME: Final = 5
"""Words."""
_LONGEST_TEXT: Final = 254
_MENTION: Final = re.compile(r"(?<![\w@.+-])@(?=\w)")
_AFTER_NAME: Final = ".,;:!?)]}\"'”’"


def mentioned_in(text: str) -> list[User]:
    """The active people that the text mentions, in the order of their names. One query, none for a text without an @."""
    meant = [_readings_of(found) for found in _texts_behind(text)]
    readings = {reading for each in meant for reading in each}
    if not readings:
        return []
    lowered = {reading.lower() for reading in readings}
    users = with_rights(User.objects.filter(is_active=True)).annotate(low_name=Lower("name"), low_email=Lower("email"))
    known = list(users.filter(Q(name__in=readings) | Q(low_name__in=lowered) | Q(low_email__in=lowered)).order_by("name", "id"))
    found: set[int] = set()
    for each in meant:
        longest = next((reading.lower() for reading in each if _called(reading, known)), "")
        found |= {user.pk for user in _called(longest, known)}
    return [user for user in known if user.pk in found]


def tell_mentioned(*, activity: Activity, before: str, by: Actor, now: datetime) -> list[User]:
    """Tell those whom the note mentions and the note `before` did not; returns them. Within the caller's transaction.

    Nobody is told of what they may not see, of their own words, or twice of the same activity that they were just given.
    """
    new = _but(mentioned_in(activity.note), mentioned_in(before))
    new = [user for user in new if by.user is None or user.pk != by.user.pk]
    given = Notice.objects.filter(activity=activity, kind=NoticeKind.GIVEN, at=now).values_list("user_id", flat=True)
    told = [user for user in _but(new, unseeing(activity, new)) if user.pk not in set(given)]
    Notice.objects.bulk_create(Notice(user=user, kind=NoticeKind.MENTION, activity=activity, at=now) for user in told)
    return told


def unseeing(activity: Activity, users: Iterable[User]) -> list[User]:
    """Those of them who may not see the activity. One query for each, and one for all where rights reach over groups.

    As mentioned_in reads people, with their rights; of others the rights are read one by one.
    """
    users = list(users)
    read_reach_of(users)
    return [user for user in users if not Activity.objects.visible_to(user).filter(pk=activity.pk).exists()]


def _texts_behind(text: str) -> list[str]:
    """What stands behind each @ on its line."""
    begins = [found.end() for found in _MENTION.finditer(text)][:MOST]
    return [text[begin : begin + _LONGEST_TEXT].partition("\n")[0] for begin in begins]


def _readings_of(text: str) -> list[str]:
    """What may be meant by the text behind an @, the longest first: one word, two words, ... without what ends a sentence."""
    words = text.split(" ")[:_LONGEST_NAME]
    texts = (" ".join(words[:count]).rstrip(_AFTER_NAME).strip() for count in range(len(words), 0, -1))
    return [reading for reading in dict.fromkeys(texts) if reading]


def _called(reading: str, users: Iterable[User]) -> list[User]:
    lowered = reading.lower()
    return [user for user in users if lowered and lowered in (user.name.lower(), user.email.lower())]


def _but(users: Iterable[User], others: Iterable[User]) -> list[User]:
    left_out = {user.pk for user in others}
    return [user for user in users if user.pk not in left_out]
