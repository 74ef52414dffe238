"""What pages show of a letter and its conversation: who, when, to whom, the text or its frame, attachments, and why it is linked.

A conversation is shown whole: letters read already are folded to one line and fetched when they are unfolded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mooring.activities.planning import may_plan
from mooring.activities.waiting import watch_of
from mooring.desk.access import user_of
from mooring.desk.attachment_pages import can_be_shown, icon_of
from mooring.desk.forms.letters import LinkForm
from mooring.desk.link_pages import shown_links, suggested_links, with_portal, with_rights
from mooring.desk.strangers import possible_deeds
from mooring.letters.bodies import Body, body_of, shown
from mooring.letters.conversations import Member, members_of
from mooring.letters.handling import team_account_of
from mooring.letters.mailboxes import everywhere
from mooring.letters.models import Attachment, Direction, Letter, Link, Participant
from mooring.letters.outgoing_reports import reports_on
from mooring.letters.private_marks import private_senders
from mooring.letters.queries import conversation_around, deliveries_of, links_around, links_of
from mooring.mail.addresses import match_key
from mooring.mail.lookalikes import mixes_alphabets
from mooring.users.models import User
from mooring.users.permissions import Action, Module, may

MOST_NAMED: Final = 3
"""So many recipients stand in the line above a letter; the others are unfolded."""
MOST_OPEN: Final = 5
"""So many letters of a conversation are unfolded at once: the chosen one and the newest that were not read."""
_ALWAYS_SHOWN: Final = 3
"""Of longer conversations the first letter and so many of the last have a line of their own; the rest is one fold."""
_LINES: Final = ((8, "short"), (20, "medium"), (45, "long"))
LINKABLE: Final = (Module.CUSTOMERS, Module.LEADS, Module.PROJECTS)
_ROLES: Final = (
    ("from", gettext_lazy("From")),
    ("sender", gettext_lazy("Sender")),
    ("reply_to", gettext_lazy("Replies to")),
    ("to", gettext_lazy("To")),
    ("cc", gettext_lazy("Copy to")),
    ("bcc", gettext_lazy("Blind copy to")),
)


@dataclass(frozen=True, slots=True)
class ShownAttachment:
    """An attachment with the drawing of its kind."""

    pk: int
    name: str
    size: int
    icon: str
    can_be_shown: bool


@dataclass(frozen=True, slots=True)
class PeopleGroup:
    """The addresses of one header field."""

    label: str
    people: list[Participant]


@dataclass(frozen=True, slots=True)
class Inside:
    """What stands below the line of an unfolded letter."""

    body: Body
    text: SafeString
    shows_remote: bool
    frame_size: str
    people_groups: list[PeopleGroup]
    attachments: list[ShownAttachment]


@dataclass(frozen=True, slots=True)
class ShownLetter:
    """One letter of a conversation; without `inside` it is folded."""

    letter: Letter
    recipient_names: str = ""
    is_chosen: bool = False
    is_unread: bool = False
    mixes_alphabets: bool = False
    inside: Inside | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring letters of a conversation; `is_fold` where they are shown on request only."""

    letters: list[ShownLetter] = field(default_factory=list)
    is_fold: bool = False


def letter_context(request: HttpRequest, letter: Letter) -> dict[str, Any]:
    """Everything the page of a letter shows. A fixed number of queries."""
    reader = user_of(request)
    context = reading_context(request, conversation_around(letter_id=letter.pk, reader=reader) or [letter], letter)
    return {**context, **beside_context(request, context["letter"])}


def beside_context(request: HttpRequest, letter: Letter) -> dict[str, Any]:
    """What can be made of the letter, and where it lies."""
    reader, key = user_of(request), match_key(letter.from_address)
    deliveries = deliveries_of(letters=[letter], reader=reader)[letter.pk]
    is_sent = any(delivery.direction == Direction.OUTGOING for delivery in deliveries)
    is_awaited = is_sent and watch_of(letter) is not None
    return {
        "letter": letter,
        "beside_is_here": True,
        "may_hide_sender": bool(key) and may(reader, Module.ACCOUNTS, Action.CHANGE),
        "may_plan": may_plan(reader),
        "is_private_sender": key in private_senders(reader=reader, keys=[key]),
        "has_team_part": is_awaited or team_account_of(letter, reader=reader) is not None,
        "deliveries": deliveries,
        "reports": reports_on(letter),
        "conversation_links": suggested_links(links_around(letter=letter, reader=reader), reader),
        **possible_deeds(reader, letter, list(letter.participants.all())),
    }


def reading_context(
    request: HttpRequest,
    letters: Sequence[Letter],
    chosen: Letter,
    *,
    members: Mapping[int, Sequence[Member]] | None = None,
    links: Mapping[int, Sequence[Link]] | None = None,
) -> dict[str, Any]:
    """A conversation around its chosen letter. At most three queries, and those for `members` and `links` where not given."""
    reader = user_of(request)
    known = members if members is not None else _own_members(letters, reader)
    own = {member.letter_id: member for member in known.get(chosen.thread_id or 0, ())}
    found = links if links is not None else links_of(letters=[chosen], reader=reader)
    unread = {letter_id for letter_id, member in own.items() if member.is_unread}
    shown_ones = _shown_letters(request, letters, chosen, unread)
    return {
        "letter": chosen,
        "chosen": next(each for each in shown_ones if each.is_chosen),
        "stretches": _stretches(shown_ones),
        "letter_count": len(letters),
        "own": own.get(chosen.pk),
        "has_unread": bool(unread),
        "links": with_portal(with_rights(shown_links(list(found.get(chosen.pk, ()))), reader), chosen),
        "link_form": LinkForm(reader=reader),
        "may_sell": may(reader, Module.SALES, Action.VIEW),
        "may_link": any(may(reader, module, Action.CHANGE) for module in LINKABLE),
    }


def inside_of(letter: Letter, *, with_remote_images: bool) -> ShownLetter:
    """One letter unfolded, for a conversation that is on the screen already."""
    people, files = list(letter.participants.all()), list(letter.attachments.all())
    return _unfolded(letter, people, files, is_chosen=False, is_unread=False, with_remote_images=with_remote_images)


def _own_members(letters: Sequence[Letter], reader: User) -> dict[int, list[Member]]:
    threads = {letter.thread_id for letter in letters if letter.thread_id is not None}
    return members_of(thread_ids=threads, place=everywhere(reader))


def _shown_letters(request: HttpRequest, letters: Sequence[Letter], chosen: Letter, unread: Collection[int]) -> list[ShownLetter]:
    newest_unread = [letter for letter in reversed(letters) if letter.pk in unread and letter.pk != chosen.pk]
    open_ones = [chosen, *newest_unread[: MOST_OPEN - 1]]
    people = _by_letter(Participant.objects.filter(letter__in=[letter.pk for letter in open_ones]))
    files = _by_letter(Attachment.objects.filter(letter__in=[letter.pk for letter in open_ones]))
    shows_remote = request.GET.get("pictures") == "remote"
    return [
        _unfolded(
            letter,
            people.get(letter.pk, []),
            files.get(letter.pk, []),
            is_chosen=letter.pk == chosen.pk,
            is_unread=letter.pk in unread,
            with_remote_images=shows_remote and letter.pk == chosen.pk,
        )
        if any(letter.pk == each.pk for each in open_ones)
        else ShownLetter(letter, letter.recipients, is_unread=letter.pk in unread)
        for letter in letters
    ]


def _by_letter(rows: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.letter_id, []).append(row)
    return found


def _unfolded(
    letter: Letter,
    people: Sequence[Participant],
    files: Sequence[Attachment],
    *,
    is_chosen: bool,
    is_unread: bool,
    with_remote_images: bool,
) -> ShownLetter:
    body = body_of(letter, with_remote_images=with_remote_images)
    inside = Inside(
        body,
        shown(body).text,
        with_remote_images,
        _frame_size(body.text),
        _people_groups(people),
        [_attachment(each) for each in files if not (each.is_inline and body.html)],
    )
    mixed = mixes_alphabets(letter.from_name) or mixes_alphabets(letter.from_address)
    return ShownLetter(letter, _recipient_names(people), is_chosen, is_unread, mixed, inside)


def _frame_size(text: str) -> str:
    """How much room a frame gets. It cannot be measured: what is in it may not run a script, and nothing of ours reaches in."""
    lines = sum(1 + len(line) // 90 for line in text[:20_000].splitlines())
    return next((size for most, size in _LINES if lines <= most), "tall")


def _stretches(letters: Sequence[ShownLetter]) -> list[Stretch]:
    """Long runs of folded letters become one fold, so that a conversation of a hundred letters stays short."""
    stretches: list[Stretch] = []
    for number, each in enumerate(letters):
        is_apart = each.inside is not None or number == 0 or number >= len(letters) - _ALWAYS_SHOWN
        if not stretches or stretches[-1].is_fold is is_apart:
            stretches.append(Stretch(is_fold=not is_apart))
        stretches[-1].letters.append(each)
    return [Stretch(each.letters, each.is_fold and len(each.letters) > 1) for each in stretches]


def _recipient_names(people: Sequence[Participant]) -> str:
    recipients = [person for person in people if person.role in ("to", "cc", "bcc")]
    named = ", ".join(person.name or person.address for person in recipients[:MOST_NAMED])
    others = len(recipients) - MOST_NAMED
    return _("%(names)s and %(count)d others") % {"names": named, "count": others} if others > 0 else named


def _people_groups(people: Sequence[Participant]) -> list[PeopleGroup]:
    groups = [PeopleGroup(str(label), [person for person in people if person.role == role]) for role, label in _ROLES]
    return [group for group in groups if group.people]


def _attachment(each: Attachment) -> ShownAttachment:
    return ShownAttachment(each.pk, each.name, each.size, icon_of(each), can_be_shown(each))
