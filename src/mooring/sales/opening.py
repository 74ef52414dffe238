"""Opening a sales mailbox with its number and password, for those who have no right at it.

Attempts are counted per person and per box in the cache that all web processes share, wrong ones in a row in the box's row: after
MOST_WRONG it is locked until somebody who may change it unlocks it or sets another password. Every attempt stands in the journal.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.hashers import check_password, make_password
from django.core.cache import cache
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from mooring.sales.mailboxes import note
from mooring.sales.models import SalesMailbox
from mooring.users.journal import Actor, record

MOST_WRONG: Final = 10
MOST_ATTEMPTS: Final = 20
"""Of one person, or at one box, within WINDOW."""
WINDOW: Final = timedelta(minutes=15)

_WHY = "whoever knows the number and the password of a box may open it"


class UnableToOpen(Exception):
    """The box stays closed; the text is fit for the user."""


def open_mailbox(*, number: int, password: str, by: Actor, now: datetime) -> SalesMailbox:
    """The box of this number if the password is its own. Raises UnableToOpen."""
    _demand_patience(number, by=by)
    with transaction.atomic():
        box = SalesMailbox.objects.unscoped(_WHY).select_for_update(of=("self",)).filter(number=number).first()
        refusal = _refusal_of(box, password)
        if box is None:
            record(by=by, action="opening_failed", kind="sales_mailbox", record_id=None, name=str(number), changes={}, now=now)
        elif refusal:
            _count_wrong(box, by=by, now=now)
        else:
            if box.wrong_count:
                box.wrong_count = 0
                box.save(update_fields=["wrong_count"])
            note("opened", box, {}, by=by, now=now)
    if refusal or box is None:
        raise UnableToOpen(refusal)
    return box


def unlock_mailbox(*, box: SalesMailbox, by: Actor, now: datetime) -> SalesMailbox:
    """Passwords are tried again; nothing happens to a box that is not locked."""
    with transaction.atomic():
        box = SalesMailbox.objects.unscoped(_WHY).select_for_update(of=("self",)).get(pk=box.pk)
        if box.locked_at is not None:
            box.wrong_count, box.locked_at = 0, None
            box.save(update_fields=["wrong_count", "locked_at"])
            note("unlocked", box, {}, by=by, now=now)
    return box


def stamp_of(box: SalesMailbox) -> str:
    """What a session keeps of an opened box: another once the password is another, and no way back to it."""
    return salted_hmac("mooring.sales.opening", box.password, algorithm="sha256").hexdigest()


def fits(box: SalesMailbox, stamp: str) -> bool:
    """Whether a session's stamp is still that of the box."""
    return bool(box.password) and constant_time_compare(stamp_of(box), stamp)


def _refusal_of(box: SalesMailbox | None, password: str) -> str:
    """Why the box stays closed, or "". A number that nobody uses takes as long as a wrong password."""
    if box is not None and box.locked_at is not None:
        return _(
            "This sales mailbox was locked after too many wrong passwords. Its owner, or whoever stands above, can unlock it."
        )
    if box is None or not box.password:
        make_password(password)
        return _("The number or the password is not right.")
    return "" if check_password(password, box.password) else _("The number or the password is not right.")


def _count_wrong(box: SalesMailbox, *, by: Actor, now: datetime) -> None:
    if box.locked_at is not None:
        note("opening_failed", box, {}, by=by, now=now)
        return
    box.wrong_count += 1
    if box.wrong_count >= MOST_WRONG:
        box.locked_at = now
    box.save(update_fields=["wrong_count", "locked_at"])
    note("opening_failed" if box.locked_at is None else "locked", box, {"count": box.wrong_count}, by=by, now=now)


def _demand_patience(number: int, *, by: Actor) -> None:
    """Counted before anything is looked up, so that asking is no way to find out."""
    for key in (f"opening-by-{by.user.pk if by.user else 0}", f"opening-of-{number}"):
        cache.add(key, 0, timeout=WINDOW.total_seconds())
        try:
            attempts = cache.incr(key)
        except ValueError:  # it ran out in between
            attempts = 1
        if attempts > MOST_ATTEMPTS:
            raise UnableToOpen(_("Too many attempts. Try again in a quarter of an hour."))
