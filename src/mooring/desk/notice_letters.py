"""A letter about notices: what its reader may see at the moment at which it leaves, in their language and time zone."""

from __future__ import annotations

import secrets
from datetime import datetime
from email.utils import parseaddr
from typing import Final

from django.conf import settings
from django.core import signing
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mooring.activities.models import NoticeLetter, Rhythm
from mooring.activities.notice_mail import mailing_of, told_by
from mooring.desk.notice_lines import NoticeLine, lines_of, seen_by
from mooring.desk.personal import zone_of
from mooring.mail.writing import Correspondent, WrittenLetter, write_letter
from mooring.users.models import User

_SALT: Final = "mooring.notices.unsubscribe"
MOST: Final = 100
"""Lines of one letter; the rest stands behind the bell."""


def write_notice_letter(letter: NoticeLetter, now: datetime) -> bytes | None:
    """Its bytes; None where nothing is left to tell, or nobody who may be told. Raises UnusableName."""
    user, mailing = letter.user, mailing_of(letter.user)
    if not user.is_active or mailing is None or mailing.rhythm == Rhythm.OFF:
        return None
    notices = seen_by(user, told_by(letter))
    if not notices:
        return None
    zone = zone_of(user)
    with translation.override(user.language), timezone.override(zone):
        return _written(letter, lines_of(notices[:MOST]), len(notices), now.astimezone(zone))


def unsubscribe_word(user: User) -> str:
    """The part of an address that lets whoever has the letter, and nobody else, end such letters."""
    return signing.dumps(user.pk, salt=_SALT)


def user_of_word(word: str) -> User | None:
    """Whose letters the word ends."""
    try:
        return User.objects.filter(pk=signing.loads(word, salt=_SALT)).first()
    except signing.BadSignature:
        return None


def _written(letter: NoticeLetter, lines: list[NoticeLine], count: int, at: datetime) -> bytes:
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    stop = f"{settings.BASE_URL}{reverse('stop_notice_mail', args=[unsubscribe_word(letter.user)])}"
    values = {
        "lines": lines,
        "user": letter.user,
        "more": count - len(lines),
        "base": settings.BASE_URL,
        "notices_url": f"{settings.BASE_URL}{reverse('notices')}",
        "settings_url": f"{settings.BASE_URL}{reverse('notice_mail')}",
        "stop_url": stop,
    }
    written = WrittenLetter(
        sender=Correspondent(address, name or "Mooring"),
        message_id=letter.message_id,
        date=at,
        to=(Correspondent(letter.user.email, letter.user.name),),
        subject=_subject(lines, count),
        text=render_to_string("desk/notices/letter.txt", values),
        html=render_to_string("desk/notices/letter.html", values),
        auto_submitted="auto-generated",
        unsubscribe_url=stop,
    )
    return write_letter(written, boundaries=lambda: f"mooring{secrets.token_hex(12)}")


def _subject(lines: list[NoticeLine], count: int) -> str:
    if count == 1:
        return _("%(kind)s: %(text)s") % {"kind": lines[0].notice.get_kind_display(), "text": lines[0].text}
    return ngettext("%(count)d new notice", "%(count)d new notices", count) % {"count": count}
