"""The links of letters as pages show them: the record, why the letter belongs to it in words, and who may take it off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _

from mooring.customers.models import Customer, Lead, Project
from mooring.desk.forms.places import place_in_words
from mooring.letters.linking import kind_of, target_of
from mooring.letters.models import Letter, Link, Rule
from mooring.users.models import User
from mooring.users.permissions import Action, Module, scope_of

_PLACES: Final = {"customer": "building", "lead": "target-arrow", "project": "folders"}
_MODELS: Final[dict[Module, Any]] = {Module.CUSTOMERS: Customer, Module.LEADS: Lead, Module.PROJECTS: Project}


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A record that a letter belongs to, and why, in words."""

    link: Link
    name: str
    url: str
    icon: str
    why: str
    may_change: bool = False
    is_shared: bool | None = None
    """Whether the customer's portal users see the letter; None where there are none."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A record that a letter might belong to; `value` is how forms.letters.LinkForm names it."""

    name: str
    icon: str
    value: str


def shown_links(links: Sequence[Link]) -> list[ShownLink]:
    """The links with their reasons as sentences."""
    return [_shown(link) for link in links]


def with_rights(shown: Sequence[ShownLink], reader: User) -> list[ShownLink]:
    """Each link with whether the reader may take it away. Asks the database only where one may see more than change."""
    changeable = _changeable(shown, reader)
    return [replace(each, may_change=_end_of(each) in changeable) for each in shown]


def suggested_links(links: Sequence[Link], reader: User) -> list[Suggestion]:
    """The records of these links that the reader may link letters to."""
    shown = [each for each in with_rights(shown_links(links), reader) if each.may_change]
    return [Suggestion(each.name, each.icon, place_in_words(target_of(each.link))) for each in shown]


def with_portal(shown: Sequence[ShownLink], letter: Letter) -> list[ShownLink]:
    """Each link to a customer with portal users with whether these see the letter; as letters.queries.links_of gives it."""
    if letter.is_private:
        return list(shown)
    return [replace(each, is_shared=each.link.is_shared) if each.link.has_portal else each for each in shown]


def why_in_words(link: Link) -> str:
    """The rule and the address that matched, or who linked by hand, as a sentence."""
    if link.rule == Rule.MANUAL and link.matched_address:
        return _("written in the portal by %(address)s") % {"address": link.matched_address}
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


def _changeable(shown: Sequence[ShownLink], reader: User) -> set[tuple[str, int]]:
    found: set[tuple[str, int]] = set()
    for module, model in _MODELS.items():
        targets = [target.pk for target in (target_of(each.link) for each in shown) if isinstance(target, model)]
        sees, changes = scope_of(reader, module, Action.VIEW), scope_of(reader, module, Action.CHANGE)
        if changes is not sees and targets and changes:
            records = model.objects.visible_to(reader, Action.CHANGE).filter(pk__in=targets)
            targets = list(records.values_list("pk", flat=True))
        found.update((model._meta.model_name, pk) for pk in targets if changes)
    return found


def _end_of(shown: ShownLink) -> tuple[str, int]:
    target = target_of(shown.link)
    return kind_of(target), target.pk


def _shown(link: Link) -> ShownLink:
    target = target_of(link)
    kind = kind_of(target)
    return ShownLink(link, str(target), reverse(kind, args=[target.pk]), _PLACES[kind], why_in_words(link))
