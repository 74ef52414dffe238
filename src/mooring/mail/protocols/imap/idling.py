"""Waiting for a hint that a folder changed: IDLE (RFC 2177), or looking again from time to time.

A hint is only a reason to look; nothing that IDLE says is used. The wait is cut into short turns so that `stop` is
obeyed, and IDLE is renewed before servers and firewalls give the connection up.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

from mooring.mail.errors import ProtocolViolation
from mooring.mail.protocols.imap.session import Session
from mooring.mail.protocols.imap.snapshot import Snapshot
from mooring.mail.protocols.imap.wire import plain

_TURN = 0.5
_RENEWED_AFTER = 24 * 60.0
_RENEWED_SOONER = {"imap.mail.yahoo.com": 180.0, "imap.aol.com": 180.0, "imap.rambler.ru": 55.0}
_LOOKED_AGAIN_AFTER = 120.0


def wait_for_change(session: Session, *, look: Callable[[], Snapshot], stop: threading.Event, timeout: float) -> bool:
    """Whether a hint came within `timeout` seconds; False at once when `stop` is set."""
    deadline = monotonic() + timeout
    if "IDLE" in session.capabilities:
        renewed_after = _RENEWED_SOONER.get(session.stream.host, _RENEWED_AFTER)
        while not session.is_stirred and not stop.is_set() and monotonic() < deadline:
            _idle(session, stop=stop, until=min(deadline, monotonic() + renewed_after))
        return session.is_stirred
    return _look_again(look, stop=stop, deadline=deadline)


def _idle(session: Session, *, stop: threading.Event, until: float) -> None:
    """One IDLE from its start to DONE. What the server tells in between, up to its OK, counts as a hint."""
    session.send_command(plain(b"IDLE"))
    session.is_idle = True
    response = session.read_beyond_chatter()
    if response.tag != b"+":
        session.accept_end(response)
        raise ProtocolViolation(response.text, expected="consent to IDLE")
    _await_hint(session, stop=stop, until=until)
    session.stream.send(b"DONE\r\n")
    session.accept_end(session.read_beyond_chatter())
    session.is_idle = False


def _await_hint(session: Session, *, stop: threading.Event, until: float) -> None:
    while not session.is_stirred and not stop.is_set():
        left = until - monotonic()
        if left <= 0:
            return
        if session.stream.waits_readable(min(_TURN, left)):
            session.read()


def _look_again(look: Callable[[], Snapshot], *, stop: threading.Event, deadline: float) -> bool:
    first = look()
    while (left := deadline - monotonic()) > 0:
        if stop.wait(min(left, _LOOKED_AGAIN_AFTER)):
            return False
        if look() != first:
            return True
    return False
