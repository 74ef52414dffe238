"""What pages show of a letter: who, when, to whom, its text or frame, attachments, conversation, and why it is linked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from mooring.customers.models import Customer, EmailAddress
from mooring.desk.access import user_of
from mooring.desk.forms.letters import LinkForm
from mooring.desk.letter_bodies import Body, body_of
from mooring.letters.linking import target_of
from mooring.letters.models import Delivery, Letter, Link, Rule
from mooring.letters.queries import deliveries_of, links_of, thread_of
from mooring.mail.safe_html import safe_text
from mooring.ui.parts import Line
from mooring.users.models import User
from mooring.users.permissions import Action, Module, may


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A record that a letter belongs to, and why, in words."""

    link: Link
    name: str
    url: str
    icon: str
    why: str


_PLACES = {"customer": ("customer", "building"), "lead": ("lead", "target-arrow"), "project": ("project", "folders")}


def letter_context(request: HttpRequest, letter: Letter) -> dict[str, Any]:
    """Everything the reading pane shows. A fixed number of queries."""
    reader = user_of(request)
    shows_remote = request.GET.get("pictures") == "remote"
    body = body_of(letter, with_remote_images=shows_remote)
    people = list(letter.participants.all())
    return {
        "letter": letter,
        "body": body,
        "text": safe_text(body.text) if body.html is None else "",
        "shows_remote": shows_remote,
        "people": people,
        "senders": [person for person in people if person.role == "from"],
        "recipients": [person for person in people if person.role in ("to", "cc", "bcc")],
        "attachments": [each for each in letter.attachments.all() if not (each.is_inline and _is_shown(body))],
        "links": shown_links(links_of(letters=[letter], reader=reader)[letter.pk], letter),
        "deliveries": deliveries_of(letters=[letter], reader=reader)[letter.pk],
        "thread": [each for each in thread_of(letter=letter, reader=reader) if each.pk != letter.pk],
        "link_form": LinkForm(reader=reader),
        **_possible_deeds(reader, people),
    }


def shown_links(links: Sequence[Link], letter: Letter) -> list[ShownLink]:
    """The links with their reasons as sentences."""
    return [_shown(link, letter) for link in links]


def lines_of_deliveries(deliveries: Sequence[Delivery], *, base: str, current: int | None = None) -> list[Line]:
    """A mailbox as a list of letters; `base` is the address of the list, to which the letter is added."""
    return [
        _line(each.letter, url=f"{base}letter={each.letter_id}", is_unread=not each.is_seen, is_current=each.letter_id == current)
        for each in deliveries
    ]


def lines_of_links(links: Sequence[Link]) -> list[Line]:
    """The letters of a record, each with the reason why it is there."""
    return [_line(link.letter, url=reverse("letter", args=[link.letter_id]), belongs_to=why_in_words(link)) for link in links]


def lines_of_letters(letters: Sequence[Letter]) -> list[Line]:
    """Letters found by a search."""
    return [_line(letter, url=reverse("letter", args=[letter.pk])) for letter in letters]


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


def _shown(link: Link, letter: Letter) -> ShownLink:
    kind = "customer" if link.customer_id else "lead" if link.lead_id else "project"
    name, icon = _PLACES[kind]
    target = target_of(link)
    link.letter = letter
    return ShownLink(link, str(target), reverse(name, args=[target.pk]), icon, why_in_words(link))


def _line(letter: Letter, *, url: str, belongs_to: str = "", is_unread: bool = False, is_current: bool = False) -> Line:
    return Line(
        url=url,
        who=letter.from_name or letter.from_address or pgettext("sender", "Unknown"),
        at=letter.at,
        subject=letter.subject or _("(no subject)"),
        snippet=letter.excerpt,
        belongs_to=belongs_to,
        is_unread=is_unread,
        is_current=is_current,
        has_attachments=letter.attachment_count > 0,
    )


def _is_shown(body: Body) -> bool:
    return body.html is not None


def _possible_deeds(reader: User, people: Sequence[Any]) -> dict[str, Any]:
    """Whether a customer, lead or contact could be made of the sender, whom nobody knows yet."""
    sender = next((person for person in people if person.role == "from" and person.counts), None)
    if sender is None or not may(reader, Module.CUSTOMERS, Action.CHANGE):
        return {"stranger": None}
    is_known = EmailAddress.objects.filter(key=sender.key).exists()
    same_domain = Customer.objects.visible_to(reader, Action.CHANGE).filter(domains__domain=sender.domain)
    return {"stranger": None if is_known else sender, "employer": None if is_known else same_domain.first()}
