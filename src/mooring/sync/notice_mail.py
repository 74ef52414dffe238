"""Sends letters about notices through the server that the installation sends by, in a thread of their own.

The promises of the outbox: what is about to happen is committed before it happens. Whoever dies before the server could take a
letter loses nothing, for it is ready again when the lease ends; what the server may have taken is never sent again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from ipaddress import ip_network
from typing import Final

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.models import F, Q, QuerySet

from mooring.activities.models import NoticeLetter, NoticeLetterState
from mooring.activities.notice_mail import forget_old_letters, make_letters
from mooring.mail.connect import open_outgoing
from mooring.mail.egress import EgressPolicy
from mooring.mail.errors import FateUnknown, LetterRefused, MailError, UnusableName
from mooring.mail.types import Encryption, Envelope, Login, Secret, Server
from mooring.sync.engine import ConnectOutgoing
from mooring.sync.leases import Clock
from mooring.sync.outbox_leases import LEASE
from mooring.sync.sending_verdicts import RETRY_WAITS

Write = Callable[[NoticeLetter, datetime], bytes | None]
"""Makes the bytes of a letter as its reader may see its notices now; None where nothing is left to tell."""

LOOK_EVERY_SECONDS: Final = 10.0
MOST_ATTEMPTS: Final = 26
"""With the waits of the outbox a day."""
_TIDY_EVERY: Final = timedelta(hours=1)
_AT_A_TIME: Final = 100
_log = logging.getLogger(__name__)


def run(stop: threading.Event, *, write: Write, clock: Clock = lambda: datetime.now(UTC)) -> None:
    """Until the event is set; nothing at all where the installation names no server for its own letters."""
    if not settings.MAIL_IS_CONFIGURED:
        return
    tidied = clock() - _TIDY_EVERY
    while not stop.is_set():
        try:
            send_due(write=write, clock=clock, stop=stop)
            if clock() - tidied >= _TIDY_EVERY:
                tidied = clock()
                forget_old_letters(now=tidied)
        except (DatabaseError, InterfaceError):
            _log.warning("The database did not answer; letters about notices wait for it.", exc_info=True)
            connection.close()
        except Exception:
            _log.exception("Letters about notices are put off")
        stop.wait(LOOK_EVERY_SECONDS)


def send_due(*, write: Write, clock: Clock, stop: threading.Event, connect: ConnectOutgoing = open_outgoing) -> int:
    """Recover what is lost, make what is due, and hand over what is ready; how many letters were tried."""
    recover(now=clock())
    make_letters(sender=sender_address(), now=clock())
    tried = 0
    while not stop.is_set() and tried < _AT_A_TIME:
        letter = _claim_next(clock())
        if letter is None:
            break
        tried += 1
        _send(letter, write=write, clock=clock, connect=connect)
    return tried


def recover(*, now: datetime) -> int:
    """Letters whose sender is gone: what no server could have taken is ready again, of the rest nobody knows. How many."""
    lost = NoticeLetter.objects.filter(state=NoticeLetterState.SENDING, lease_until__lte=now)
    unknown = lost.filter(may_be_taken=True)
    count = unknown.update(state=NoticeLetterState.UNKNOWN, settled_at=now, error_code=FateUnknown.code, fence=F("fence") + 1)
    return count + lost.filter(may_be_taken=False).update(state=NoticeLetterState.READY, fence=F("fence") + 1)


def sender_address() -> str:
    """The bare address of MOORING_SENDER."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def _claim_next(now: datetime) -> NoticeLetter | None:
    ready = NoticeLetter.objects.filter(Q(next_try_at=None) | Q(next_try_at__lte=now), state=NoticeLetterState.READY)
    for letter in ready.order_by("made_at", "id")[:5]:
        mine = ready.filter(pk=letter.pk, fence=letter.fence)
        taken = {"fence": letter.fence + 1, "attempts": letter.attempts + 1, "lease_until": now + LEASE}
        if mine.update(state=NoticeLetterState.SENDING, may_be_taken=False, **taken):
            return NoticeLetter.objects.select_related("user").get(pk=letter.pk)
    return None


def _send(letter: NoticeLetter, *, write: Write, clock: Clock, connect: ConnectOutgoing) -> None:
    raw = write(letter, clock())
    if raw is None:
        _settle(letter, NoticeLetterState.NEEDLESS, now=clock())
        return
    try:
        with connect(installation_server(), policy=_anywhere()) as outgoing:
            envelope = Envelope(sender_address(), (letter.user.email,))
            outgoing.send(envelope, raw, before_data=lambda: _commit_data(letter, clock()))
    except _LeaseLost:
        _log.warning("Letter %s about notices was taken over before its last step", letter.pk)
    except MailError as error:
        _write_trouble(letter, error, now=clock())
    else:
        _settle(letter, NoticeLetterState.SENT, now=clock())


class _LeaseLost(Exception):
    """Somebody else has the letter."""


def _commit_data(letter: NoticeLetter, now: datetime) -> None:
    """From now on the server may take it. Raises _LeaseLost; then nothing more may be sent."""
    if not _mine(letter).update(may_be_taken=True, lease_until=now + LEASE):
        raise _LeaseLost


def _write_trouble(letter: NoticeLetter, error: MailError, *, now: datetime) -> None:
    """Of unknown fate, refused for good, or to be tried again. What went wrong at the first end never counts as sent."""
    if isinstance(error, FateUnknown):
        _settle(letter, NoticeLetterState.UNKNOWN, now=now, error=error)
    elif _is_final(error) or letter.attempts >= MOST_ATTEMPTS:
        _settle(letter, NoticeLetterState.FAILED, now=now, error=error)
    else:
        wait = RETRY_WAITS[min(letter.attempts, len(RETRY_WAITS)) - 1]
        again = {"next_try_at": now + wait, "error_code": error.code, "lease_until": None, "may_be_taken": False}
        _mine(letter).update(state=NoticeLetterState.READY, **again)
    _log.warning("Letter %s about notices: %s", letter.pk, error)


def _is_final(error: MailError) -> bool:
    """Whether the server will say the same to this letter again."""
    return isinstance(error, UnusableName) or (isinstance(error, LetterRefused) and error.is_permanent)


def _settle(letter: NoticeLetter, state: NoticeLetterState, *, now: datetime, error: MailError | None = None) -> None:
    code = error.code if error else ""
    _mine(letter).update(state=state, settled_at=now, lease_until=None, error_code=code)


def _mine(letter: NoticeLetter) -> QuerySet[NoticeLetter]:
    return NoticeLetter.objects.filter(pk=letter.pk, fence=letter.fence, state=NoticeLetterState.SENDING)


def installation_server() -> Server:
    """The server of MOORING_SMTP."""
    return Server(
        protocol="smtp",
        host=settings.EMAIL_HOST,
        port=settings.EMAIL_PORT,
        encryption=Encryption.TLS if settings.EMAIL_USE_SSL else Encryption.STARTTLS,
        user_name=settings.EMAIL_HOST_USER,
        password=Secret(settings.EMAIL_HOST_PASSWORD),
        login=Login.PASSWORD if settings.EMAIL_HOST_USER else Login.NONE,
        timeout=timedelta(seconds=settings.EMAIL_TIMEOUT),
    )


def _anywhere() -> EgressPolicy:
    """An administrator at the terminal named this one server, which may well stand in the inner network."""
    return EgressPolicy(allowed_networks=(ip_network("0.0.0.0/0"), ip_network("::/0")))
