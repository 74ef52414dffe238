"""Letters and conversations as lines of a list: who, when, what about, how it begins, and what it belongs to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from mooring.desk.link_pages import why_in_words
from mooring.letters.conversations import MOST_NAMED, Conversation
from mooring.letters.handling import Handled, states_in
from mooring.letters.linking import target_of
from mooring.letters.models import Direction, Letter, Link, TeamState
from mooring.ui.parts import Line

_FIRST_WORD: Final = 0


def lines_of_conversations(
    rows: Sequence[Conversation],
    *,
    base: str,
    links: Mapping[int, Sequence[Link]] | None = None,
    current: Collection[int] = (),
    team_ids: Collection[int] = (),
) -> list[Line]:
    """A mailbox as a list; `base` is the address of the list, to which the letter is added, `links` those by letter id.

    One query where `team_ids` names accounts of teams.
    """
    states = states_in((row.delivery for row in rows), team_ids=team_ids)
    return [
        _conversation_line(
            row,
            base=base,
            links=(links or {}).get(row.letter.pk, ()),
            current=current,
            handled=states.get(row.letter.pk, Handled(TeamState.NEW)),
        )
        for row in rows
    ]


def lines_of_links(links: Sequence[Link], *, base: str = "", current: int | None = None) -> list[Line]:
    """The letters of a record, each with the reason why it is there: as pages of their own, or beside the list at `base`."""
    return [
        _line(
            link.letter,
            url=f"{base}letter={link.letter_id}" if base else reverse("letter", args=[link.letter_id]),
            belongs_to=why_in_words(link),
            is_current=link.letter_id == current,
        )
        for link in links
    ]


def lines_of_letters(letters: Sequence[Letter], *, current: int | None = None) -> list[Line]:
    """Letters found by a search, or those of a contact."""
    return [_line(letter, url=reverse("letter", args=[letter.pk]), is_current=letter.pk == current) for letter in letters]


def _conversation_line(
    row: Conversation, *, base: str, links: Sequence[Link], current: Collection[int], handled: Handled
) -> Line:
    letter, delivery = row.letter, row.delivery
    records = [str(target_of(link)) for link in links]
    more = ngettext("%(name)s and %(count)d more", "%(name)s and %(count)d more", len(records) - 1)
    return Line(
        pk=letter.pk,
        url=f"{base}letter={letter.pk}",
        who=_who(row),
        at=letter.at,
        subject=letter.subject or _("(no subject)"),
        snippet=letter.excerpt,
        belongs_to=more % {"name": records[0], "count": len(records) - 1} if len(records) > 1 else "".join(records),
        count=row.letter_count,
        is_unread=row.is_unread,
        is_current=letter.pk in current,
        has_attachments=row.has_attachments,
        is_answered="\\Answered" in delivery.flags,
        is_private=delivery.is_private,
        is_done=delivery.done_at is not None,
        with_whom=str(handled.assignee or ""),
        is_waiting=handled.state == TeamState.WAITING,
    )


def _who(row: Conversation) -> str:
    """The first writer and the last ones; of what we alone wrote, to whom."""
    letter = row.letter
    names = [name or pgettext("in a list of writers", "me") for name in row.people]
    if not any(row.people) and row.delivery.direction == Direction.OUTGOING and letter.recipients:
        return _("to %(names)s") % {"names": letter.recipients}
    if len(names) < 2:
        return names[0] if row.people and row.people[0] else _sender_of(letter)
    if len(names) > MOST_NAMED:
        names = [names[0], "…", *names[1 - MOST_NAMED :]]
    return ", ".join(_first_word(name) if len(names) > 1 else name for name in names)


def _first_word(name: str) -> str:
    """A given name, so that several fit into a line; of an address what stands before the @."""
    return name.partition("@")[0] if "@" in name else name.split()[_FIRST_WORD]


def _sender_of(letter: Letter) -> str:
    return letter.from_name or letter.from_address or pgettext("sender", "Unknown")


def _line(letter: Letter, *, url: str, belongs_to: str = "", is_current: bool = False) -> Line:
    return Line(
        url=url,
        who=_sender_of(letter),
        at=letter.at,
        subject=letter.subject or _("(no subject)"),
        snippet=letter.excerpt,
        belongs_to=belongs_to,
        is_current=is_current,
        has_attachments=letter.attachment_count > 0,
    )
