"""What pages show of a letter: who, when, to whom, its text or frame, attachments, conversation, and why it is linked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from mooring.customers.models import Customer, Lead, Project
from mooring.desk.access import user_of
from mooring.desk.forms.letters import LinkForm
from mooring.desk.letter_bodies import body_of, shown
from mooring.desk.strangers import possible_deeds
from mooring.letters.linking import kind_of, target_of
from mooring.letters.models import Attachment, Delivery, Direction, Letter, Link, Participant, Rule
from mooring.letters.queries import deliveries_of, links_of, thread_of
from mooring.mail.lookalikes import mixes_alphabets
from mooring.ui.parts import Line
from mooring.users.models import User
from mooring.users.permissions import Action

MOST_NAMED: Final = 3
"""So many recipients stand in the line above a letter; the others are unfolded."""
_ROLES: Final = (
    ("from", gettext_lazy("From")),
    ("sender", gettext_lazy("Sender")),
    ("reply_to", gettext_lazy("Replies to")),
    ("to", gettext_lazy("To")),
    ("cc", gettext_lazy("Copy to")),
    ("bcc", gettext_lazy("Blind copy to")),
)
_PLACES: Final = {"customer": "building", "lead": "target-arrow", "project": "folders"}


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A record that a letter belongs to, and why, in words."""

    link: Link
    name: str
    url: str
    icon: str
    why: str
    may_change: bool = False


@dataclass(frozen=True, slots=True)
class ShownAttachment:
    """An attachment with the drawing of its kind."""

    pk: int
    name: str
    size: int
    icon: str


@dataclass(frozen=True, slots=True)
class PeopleGroup:
    """The addresses of one header field."""

    label: str
    people: list[Participant]


def letter_context(request: HttpRequest, letter: Letter) -> dict[str, Any]:
    """Everything the reading pane shows. A fixed number of queries."""
    reader = user_of(request)
    shows_remote = request.GET.get("pictures") == "remote"
    body = body_of(letter, with_remote_images=shows_remote)
    people = list(letter.participants.all())
    links = links_of(letters=[letter], reader=reader)[letter.pk]
    deliveries = deliveries_of(letters=[letter], reader=reader)[letter.pk]
    return {
        "letter": letter,
        "body": body,
        "text": shown(body).text,
        "shows_remote": shows_remote,
        **_people_shown(people),
        "mixes_alphabets": mixes_alphabets(letter.from_name) or mixes_alphabets(letter.from_address),
        "attachments": [_attachment(each) for each in letter.attachments.all() if not (each.is_inline and body.html)],
        "links": _with_rights(shown_links(links, letter), reader),
        "deliveries": deliveries,
        "conversation": _conversation(letter, reader),
        "link_form": LinkForm(reader=reader),
        **possible_deeds(reader, letter, people),
    }


def shown_links(links: Sequence[Link], letter: Letter) -> list[ShownLink]:
    """The links with their reasons as sentences."""
    return [_shown(link, letter) for link in links]


def lines_of_deliveries(deliveries: Sequence[Delivery], *, base: str, current: int | None = None) -> list[Line]:
    """A mailbox as a list of letters; `base` is the address of the list, to which the letter is added."""
    return [
        _line(
            each.letter,
            url=f"{base}letter={each.letter_id}",
            is_unread=not each.is_seen,
            is_current=each.letter_id == current,
            is_answered="\\Answered" in each.flags,
            is_ours=each.direction == Direction.OUTGOING,
        )
        for each in deliveries
    ]


def lines_of_links(links: Sequence[Link]) -> list[Line]:
    """The letters of a record, each with the reason why it is there."""
    return [_line(link.letter, url=reverse("letter", args=[link.letter_id]), belongs_to=why_in_words(link)) for link in links]


def lines_of_letters(letters: Sequence[Letter], *, current: int | None = None) -> list[Line]:
    """Letters found by a search, or those of a conversation."""
    return [_line(letter, url=reverse("letter", args=[letter.pk]), is_current=letter.pk == current) for letter in letters]


def why_in_words(link: Link) -> str:
    """The rule and the address that matched, or who linked by hand, as a sentence."""
    if link.rule == Rule.MANUAL:
        return _("linked by %(person)s") % {"person": link.created_by} if link.created_by else _("linked by hand")
    if link.rule == Rule.THREAD:
        return _("reply in a linked conversation")
    sentences = {
        Rule.CUSTOMER_EMAIL: _("%(address)s is an address of the customer"),
        Rule.CUSTOMER_CONTACT: _("%(address)s is an address of a contact of the customer"),
        Rule.LEAD_EMAIL: _("%(address)s is an address of the lead"),
        Rule.LEAD_CONTACT: _("%(address)s is an address of a contact of the lead"),
        Rule.CUSTOMER_DOMAIN: _("%(address)s is at a domain of the customer"),
    }
    return sentences[Rule(link.rule)] % {"address": link.matched_address}


def _people_shown(people: Sequence[Participant]) -> dict[str, Any]:
    recipients = [person for person in people if person.role in ("to", "cc", "bcc")]
    named = ", ".join(person.name or person.address for person in recipients[:MOST_NAMED])
    others = len(recipients) - MOST_NAMED
    groups = [PeopleGroup(str(label), [person for person in people if person.role == role]) for role, label in _ROLES]
    more = _("%(names)s and %(count)d others") % {"names": named, "count": others}
    return {
        "recipients": recipients,
        "recipient_names": more if others > 0 else named,
        "people_groups": [group for group in groups if group.people],
    }


def _conversation(letter: Letter, reader: User) -> list[Line]:
    """The letters of the conversation, this one among them; nothing where it is the only one."""
    letters = thread_of(letter=letter, reader=reader)
    return lines_of_letters(letters, current=letter.pk) if len(letters) > 1 else []


def _with_rights(shown: Sequence[ShownLink], reader: User) -> list[ShownLink]:
    """Each link with whether the reader may take it away: three queries, however many links there are."""
    models: tuple[Any, ...] = (Customer, Lead, Project)
    targets = [target_of(each.link) for each in shown]
    changeable = {
        (model._meta.model_name, pk)
        for model in models
        for pk in model.objects.visible_to(reader, Action.CHANGE)
        .filter(pk__in=[target.pk for target in targets if isinstance(target, model)])
        .values_list("pk", flat=True)
    }
    return [
        ShownLink(each.link, each.name, each.url, each.icon, each.why, (kind_of(target), target.pk) in changeable)
        for each, target in zip(shown, targets, strict=True)
    ]


def _shown(link: Link, letter: Letter) -> ShownLink:
    target = target_of(link)
    kind = kind_of(target)
    link.letter = letter
    return ShownLink(link, str(target), reverse(kind, args=[target.pk]), _PLACES[kind], why_in_words(link))


def _attachment(each: Attachment) -> ShownAttachment:
    kinds = (
        ("image/", _drawing(icon="photo")),
        ("application/pdf", _drawing(icon="file-type-pdf")),
        ("text/calendar", _drawing(icon="calendar-event")),
        ("message/", _drawing(icon="mail")),
        ("application/zip", _drawing(icon="file-zip")),
    )
    found = next((icon for start, icon in kinds if each.content_type.startswith(start)), _drawing(icon="file"))
    return ShownAttachment(each.pk, each.name, each.size, found)


def _drawing(*, icon: str) -> str:
    """The name of a drawing, written so that the build of the assets finds it."""
    return icon


def _line(
    letter: Letter,
    *,
    url: str,
    belongs_to: str = "",
    is_unread: bool = False,
    is_current: bool = False,
    is_answered: bool = False,
    is_ours: bool = False,
) -> Line:
    sender = letter.from_name or letter.from_address or pgettext("sender", "Unknown")
    return Line(
        url=url,
        who=_("to %(names)s") % {"names": letter.recipients} if is_ours and letter.recipients else sender,
        at=letter.at,
        subject=letter.subject or _("(no subject)"),
        snippet=letter.excerpt,
        belongs_to=belongs_to,
        is_unread=is_unread,
        is_current=is_current,
        has_attachments=letter.attachment_count > 0,
        is_answered=is_answered,
    )
