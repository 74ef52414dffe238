"""What can be made of a letter's sender: a customer, lead or contact, filled with what the letter tells; or never kept again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from mooring.customers.models import Customer, EmailAddress
from mooring.letters.matching import Scope
from mooring.letters.models import Letter, MailAccount, Participant
from mooring.letters.options import scope_of_everything
from mooring.options.values import read_all
from mooring.users.models import User
from mooring.users.permissions import Action, Module, may


def possible_deeds(reader: User, letter: Letter, people: Sequence[Participant]) -> dict[str, Any]:
    """Which buttons the reading pane has. `stranger` is a sender whom nobody knows yet, `employer` a customer at their domain."""
    scope = scope_of_everything(values=read_all())
    sender = next((person for person in people if person.role == "from" and person.counts), None)
    is_ours = sender is not None and (sender.key in scope.own_keys or sender.domain in scope.own_domains)
    may_create = may(reader, Module.CUSTOMERS, Action.CHANGE) and sender is not None and not is_ours
    is_stranger = may_create and sender is not None and not EmailAddress.objects.filter(key=sender.key).exists()
    stranger = sender if is_stranger else None
    return {
        "may_create": may_create,
        "may_refuse": bool(letter.from_address) and not is_ours and may(reader, Module.ACCOUNTS, Action.CHANGE),
        "new_query": _queries(letter, sender, scope) if sender is not None else {},
        "stranger": stranger,
        "employer": _employer(stranger, reader, scope) if stranger is not None else None,
    }


def refusing_accounts(user: User) -> list[MailAccount | None]:
    """Whose mailboxes refuse a sender: everybody's (None) for an administrator, one's own for others."""
    if may(user, Module.SETUP, Action.CHANGE):
        return [None]
    return list(MailAccount.objects.visible_to(user, Action.CHANGE).filter(owner=user, removed_at=None))


def _employer(sender: Participant, reader: User, scope: Scope) -> Customer | None:
    if scope.is_public(sender.domain):
        return None
    customers = Customer.objects.visible_to(reader, Action.CHANGE)
    return customers.filter(domains__domain=sender.domain).order_by("name_key", "id").first()


def _queries(letter: Letter, sender: Participant, scope: Scope) -> dict[str, str]:
    """What the forms of new records are filled with: a firm is named after its domain, a person after the sender."""
    person = sender.name or sender.address.partition("@")[0]
    known = {"name": person, "email": sender.address, "letter": str(letter.pk)}
    firm = known if scope.is_public(sender.domain) else {**known, "name": _firm(sender.domain), "domain": sender.domain}
    return {"customer": urlencode(firm), "lead": urlencode(known), "contact": urlencode(known)}


def _firm(domain: str) -> str:
    labels = domain.split(".")
    second_level = len(labels) > 2 and labels[-2] in ("co", "com", "org", "net")
    name = labels[-3] if second_level else labels[-2] if len(labels) > 1 else domain
    return name.replace("-", " ").capitalize()
