"""Drafts, and letters on their way out, as pages show them: whom to, where they stand and why, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from mooring.letters.models import OutgoingLetter, OutgoingRecipient, OutgoingState, Phase, RecipientState, SentCopy
from mooring.letters.models.outgoing import OutgoingLetterQuerySet
from mooring.letters.outbox_queries import outgoing_of
from mooring.sync.troubles import Trouble, trouble_of
from mooring.ui.parts import Light, Line
from mooring.users.models import User

MOST_NAMED: Final = 3
_LIGHTS: Final[dict[str, Light]] = {
    OutgoingState.READY: "busy",
    OutgoingState.SENDING: "busy",
    OutgoingState.SENT: "good",
    OutgoingState.FAILED_TEMP: "warn",
    OutgoingState.FAILED: "bad",
    OutgoingState.UNKNOWN: "warn",
}
_RECIPIENT_LIGHTS: Final[dict[str, Light]] = {
    RecipientState.WAITING: "idle",
    RecipientState.ACCEPTED: "good",
    RecipientState.REFUSED: "bad",
    RecipientState.BOUNCED: "bad",
}


@dataclass(frozen=True, slots=True)
class ShownRecipient:
    """Whom, and what their server said."""

    person: OutgoingRecipient
    light: Light
    state: str


@dataclass(frozen=True, slots=True)
class ShownOutgoing:
    """A letter with where it stands. `waits_until` is when something happens next by itself."""

    letter: OutgoingLetter
    who: str
    light: Light
    state: str
    why: str = ""
    trouble: Trouble | None = None
    waits_until: datetime | None = None
    may_have_left: bool = False
    copy: str = ""
    recipients: Sequence[ShownRecipient] = ()
    may_open: bool = True
    """Otherwise the reader looks after the account without reading its letters: `letter` tells neither subject nor people."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Something that went wrong earlier, or a place where the letter was looked for."""

    at: datetime | None
    what: str
    quoted: str = ""


def lines_of_drafts(drafts: Sequence[OutgoingLetter]) -> list[Line]:
    """Each leads to its page; recipients are read beforehand."""
    return [
        Line(
            url=reverse("draft", args=[draft.pk]),
            who=recipients_in_words(draft),
            at=draft.changed_at,
            subject=draft.subject or _("(no subject)"),
            snippet=" ".join(draft.body_text.split())[:160],
        )
        for draft in drafts
    ]


def recipients_in_words(letter: OutgoingLetter) -> str:
    """The first few of them, by name."""
    people = [person.name or person.address for person in letter.recipients.all()]
    if not people:
        return _("to nobody yet")
    named = ", ".join(people[:MOST_NAMED])
    if len(people) > MOST_NAMED:
        named = _("%(names)s and %(count)d others") % {"names": named, "count": len(people) - MOST_NAMED}
    return _("to %(names)s") % {"names": named}


def shown_outgoing(letter: OutgoingLetter) -> ShownOutgoing:
    """Recipients are read beforehand, or with one query."""
    may_have_left = letter.phase == Phase.DATA and letter.state in (OutgoingState.UNKNOWN, OutgoingState.SENDING)
    trouble = trouble_of(letter.error_code, letter.error_details, said=letter.error_said) if letter.error_code else None
    return ShownOutgoing(
        letter,
        recipients_in_words(letter),
        _LIGHTS.get(letter.state, "idle"),
        letter.get_state_display(),
        why=_why(letter),
        trouble=trouble,
        waits_until=_waits_until(letter),
        may_have_left=may_have_left,
        copy=letter.get_sent_copy_display() if letter.sent_copy != SentCopy.NONE else "",
        recipients=[
            ShownRecipient(each, _RECIPIENT_LIGHTS.get(each.state, "idle"), each.get_state_display())
            for each in letter.recipients.all()
        ],
    )


def lines_for_upkeep(letters: OutgoingLetterQuerySet, *, reader: User, at_most: int) -> list[ShownOutgoing]:
    """Letters of an account that the reader may put right; what they may not read is shown without subject and people."""
    found = list(letters.select_related("account").prefetch_related("recipients")[:at_most])
    readable = set(outgoing_of(reader).filter(pk__in=[letter.pk for letter in found]).values_list("pk", flat=True))
    return [shown if (shown := shown_outgoing(letter)).letter.pk in readable else _veiled(shown) for letter in found]


def _veiled(shown: ShownOutgoing) -> ShownOutgoing:
    return replace(shown, who="", recipients=(), may_open=False)


def attempts_of(letter: OutgoingLetter) -> list[Attempt]:
    """What went wrong before, and where a letter of unknown fate was looked for; newest first."""
    errors = [
        Attempt(_time(each), str(trouble_of(str(each.get("code", "")), each.get("details") or {})), str(each.get("said", "")))
        for each in letter.error_history
    ]
    looked = [Attempt(_time(each), _evidence(each)) for each in letter.evidence]
    return sorted(errors + looked, key=lambda each: each.at.timestamp() if each.at else 0.0, reverse=True)


def possible_deeds_on(letter: OutgoingLetter, user: User, *, now: datetime) -> dict[str, bool]:
    """Which buttons make sense; the deeds ask again."""
    is_failed = letter.state in (OutgoingState.FAILED, OutgoingState.FAILED_TEMP)
    is_stuck = letter.state == OutgoingState.SENDING and (letter.lease_until is None or letter.lease_until <= now)
    is_later = letter.state == OutgoingState.READY and letter.send_at is not None and letter.send_at > now
    is_mine = letter.author_id == user.pk
    return {
        "may_take_back": letter.state == OutgoingState.READY and letter.sent_at is None,
        "may_send_now": is_failed or (is_later and is_mine),
        "may_clear": is_failed,
        "may_edit": is_failed and is_mine and letter.sent_at is None,
        "may_reset": letter.state == OutgoingState.UNKNOWN or is_stuck,
    }


def _why(letter: OutgoingLetter) -> str:
    """One sentence where the state alone does not say enough."""
    if letter.state == OutgoingState.UNKNOWN:
        return _(
            "The connection ended when the server may have accepted the letter already. Mooring does not send it again by "
            "itself, so that nobody gets it twice."
        )
    if letter.state == OutgoingState.READY and letter.send_at is not None:
        return _("Waits for its time.")
    if letter.state == OutgoingState.READY:
        return _("Waits for its turn.")
    refused = sum(each.state in (RecipientState.REFUSED, RecipientState.BOUNCED) for each in letter.recipients.all())
    if letter.state == OutgoingState.SENT and refused:
        return _("Not everybody got it: see below.")
    return ""


def _waits_until(letter: OutgoingLetter) -> datetime | None:
    if letter.state == OutgoingState.READY:
        return letter.send_at
    return letter.next_try_at if letter.state == OutgoingState.FAILED_TEMP else None


def _evidence(each: dict[str, Any]) -> str:
    where = str(each.get("where", ""))
    if each.get("found"):
        return _("Found in %(place)s: the letter was sent.") % {"place": where}
    return _("Looked for in %(place)s: not found.") % {"place": where}


def _time(each: dict[str, Any]) -> datetime | None:
    return parse_datetime(str(each.get("at", "")))
