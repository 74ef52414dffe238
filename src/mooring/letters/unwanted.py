"""“Never keep letters of this sender”: from now on, by everybody or by one account. Letters kept already stay as they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from mooring.letters.link_rows import ends_of
from mooring.letters.linking import keep_linked_true
from mooring.letters.models import Link, MailAccount, Participant, Rule, UnwantedSender
from mooring.letters.visibility import in_read_accounts, visible_letters
from mooring.mail.addresses import match_key
from mooring.users.journal import Actor, record
from mooring.users.models import User
from mooring.users.permissions import Action, Module, may

_CHUNK = 500


class UnableToRefuseSender(Exception):
    """The sender was not put on or taken off the list; the text is fit for the user."""


@dataclass(frozen=True, slots=True)
class KeptLetters:
    """What there is of a sender already: shown so that a person can say what becomes of it."""

    count: int
    linked_count: int


def refuse_sender(*, address: str, account: MailAccount | None, by: Actor, now: datetime) -> UnwantedSender:
    """Keep no new letters of this sender: of the account's only, or, for an administrator, of everybody's."""
    key = match_key(address)
    if not key:
        raise UnableToRefuseSender(_("This is not an email address."))
    _demand(by.user, account)
    with transaction.atomic():
        sender, is_new = UnwantedSender.objects.get_or_create(
            key=key, account=account, defaults={"created_by": by.user, "created_at": now}
        )
        if is_new:
            _note("added", sender, by=by, now=now)
    return sender


def accept_sender(*, sender: UnwantedSender, by: Actor, now: datetime) -> None:
    """Keep letters of this sender again, from the next visit on."""
    _demand(by.user, sender.account)
    with transaction.atomic():
        _note("removed", sender, by=by, now=now)
        sender.delete()


def undo_refused(*, refused_at: datetime, by: Actor, now: datetime) -> int:
    """Accept again the senders that this person refused at exactly one moment; how many."""
    refused = UnwantedSender.objects.filter(created_at=refused_at, created_by=by.user).select_related("account")
    senders = list(refused) if by.user is not None else []
    with transaction.atomic():
        for sender in senders:
            accept_sender(sender=sender, by=by, now=now)
    return len({sender.key for sender in senders})


def unwanted_senders(*, reader: User) -> QuerySet[UnwantedSender]:
    """The senders refused by everybody and those refused by accounts that the reader reads; all of them for administrators."""
    senders = UnwantedSender.objects.select_related("account", "created_by")
    if may(reader, Module.SETUP, Action.VIEW):
        return senders
    return senders.filter(Q(account=None) | in_read_accounts(reader))


def kept_letters_of(*, sender: UnwantedSender, reader: User) -> KeptLetters:
    """How many letters of the sender the reader can see."""
    letters = visible_letters(reader).filter(pk__in=_written_by(sender))
    return KeptLetters(letters.count(), letters.filter(is_linked=True).count())


def unlink_kept_letters(*, sender: UnwantedSender, by: Actor, now: datetime) -> int:
    """Take the sender's kept letters off their records, hand-made links apart. Nothing is deleted; links can come back."""
    _demand(by.user, sender.account)
    links = Link.objects.filter(letter_id__in=_written_by(sender), removed_at=None).exclude(rule=Rule.MANUAL)
    if by.user is not None:
        links = links.filter(letter_id__in=visible_letters(by.user).values("pk"))
    removed = 0
    while chunk := list(links[:_CHUNK]):
        with transaction.atomic():
            Link.objects.filter(pk__in=[link.pk for link in chunk]).update(removed_at=now, removed_by=by.user)
            keep_linked_true({ends_of(link)[0] for link in chunk})
        removed += len(chunk)
    if removed:
        _note("letters_unlinked", sender, by=by, now=now, count=removed)
    return removed


def _written_by(sender: UnwantedSender) -> QuerySet[Participant, Any]:
    people = Participant.objects.filter(key=sender.key, role="from")
    if sender.account_id is not None:
        people = people.filter(letter__deliveries__account_id=sender.account_id)
    return people.values("letter_id")


def _demand(user: User | None, account: MailAccount | None) -> None:
    is_own = user is not None and account is not None and account.owner_id == user.pk and user.is_active
    if user is not None and not is_own and not may(user, Module.SETUP, Action.CHANGE):
        raise UnableToRefuseSender(_("Only an administrator can refuse a sender for everybody."))


def _note(action: str, sender: UnwantedSender, *, by: Actor, now: datetime, **facts: int) -> None:
    account = sender.account.address if sender.account is not None else ""
    changes = {"account": account, **facts}
    record(by=by, action=action, kind="unwanted_sender", record_id=sender.pk, name=sender.key, changes=changes, now=now)
