"""What a portal user writes becomes a real letter: bytes with a Message-ID, kept, stored, in a mailbox, linked to the customer.

No mail server is asked. The letter lies unread in the inbox of a mailbox that the company chose, and is answered like any other.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from mooring.customers.models import Customer, PortalUser
from mooring.letters.accounts import default_account_of
from mooring.letters.arrivals import Arrival
from mooring.letters.link_rows import Making, WantedLink, write_links
from mooring.letters.models import Folder, Letter, MailAccount, Rule, SharedLetter
from mooring.letters.options import PORTAL_ADDRESSES
from mooring.letters.originals import KeptOriginal, Originals, UnableToKeep
from mooring.letters.storing import store_batch
from mooring.mail.addresses import match_key
from mooring.mail.errors import UnusableName
from mooring.mail.types import ParsedLetter
from mooring.mail.writing import Correspondent, WrittenFile, WrittenLetter, write_letter
from mooring.options.values import read
from mooring.users.journal import Actor, record

WRITTEN_IN_PORTAL: Final = "written in the portal"
"""The epoch of a delivery that no server knows of."""
LONGEST_MESSAGE: Final = 100_000
_WHY: Final = "a portal user's message finds the mailbox that the company chose"


class UnableToDeliver(Exception):
    """The message did not arrive; the text is fit for the portal user."""


def mailbox_for(customer: Customer) -> MailAccount | None:
    """Where messages of this customer's users arrive: the mailbox chosen in the settings, else the default one of the customer's
    owner, else the first of a team."""
    in_use = MailAccount.objects.unscoped(_WHY).filter(removed_at=None)
    chosen = [account for address in read(PORTAL_ADDRESSES) for account in in_use.filter(address__iexact=address)[:1]]
    if chosen:
        return chosen[0]
    owner = customer.owner
    of_owner = default_account_of(owner) if owner is not None and owner.is_active else None
    return of_owner or in_use.filter(is_team=True).order_by("id").first()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a portal user enters. `answers` is a letter that the portal shows its writer."""

    subject: str
    text: str
    files: tuple[WrittenFile, ...] = ()
    answers: Letter | None = None


def receive_message(
    *,
    portal_user: PortalUser,
    message: Message,
    originals: Originals,
    parse: Callable[[bytes], ParsedLetter],
    by: Actor,
    now: datetime,
) -> Letter:
    """Store the message; its writer sees it in the portal. Raises UnableToDeliver."""
    customer = portal_user.customer
    account = mailbox_for(customer)
    if account is None:
        raise UnableToDeliver(_("Messages cannot be received here yet. Please write an email instead."))
    raw = _bytes_of(portal_user, account, message, now)
    try:
        (original,) = originals.keep([raw])
    except UnableToKeep as error:
        raise UnableToDeliver(_("Your message could not be kept. Please try again later.")) from error
    arrival = _arrival(account, original, parse(raw), now)
    with transaction.atomic():
        letter = store_batch(arrivals=[arrival], now=now)[0].letter
        _belong(letter, portal_user, now)
        facts = {"portal_user": portal_user.email, "letter": letter.pk, "subject": letter.subject}
        record(by=by, action="portal_wrote", kind="customer", record_id=customer.pk, name=customer.name, changes=facts, now=now)
    return letter


def _arrival(account: MailAccount, original: KeptOriginal, parsed: ParsedLetter, now: datetime) -> Arrival:
    """Unread in the inbox, at a place that no server knows of."""
    folder = account.folders.filter(path__iexact="inbox").first() or Folder()
    return Arrival(
        account_id=account.pk,
        folder_id=folder.pk,
        folder_path=folder.path,
        epoch=WRITTEN_IN_PORTAL,
        server_id=parsed.header.message_id,
        original=original,
        letter=parsed,
        received_at=now,
    )


def _belong(letter: Letter, portal_user: PortalUser, now: datetime) -> None:
    """Linked by the hand of who wrote it, and visible to them."""
    customer_id = portal_user.customer_id
    wanted = WantedLink(letter.pk, letter.position, "customer", customer_id, Rule.MANUAL, portal_user.email, "from")
    write_links([wanted], making=Making(now))
    SharedLetter.objects.create(letter=letter, customer_id=customer_id, position=letter.position, shared_at=now)


def _bytes_of(portal_user: PortalUser, account: MailAccount, message: Message, now: datetime) -> bytes:
    host = match_key(account.address).rpartition("@")[2]
    in_reply_to = message.answers.message_id if message.answers is not None else ""
    letter = WrittenLetter(
        sender=Correspondent(portal_user.email, portal_user.contact.name),
        message_id=f"{secrets.token_hex(16)}.portal@{host}",
        date=now,
        to=(Correspondent(account.address, account.your_name),),
        subject=" ".join(message.subject.split())[:1000],
        text=message.text.replace("\r\n", "\n").replace("\0", "")[:LONGEST_MESSAGE],
        files=message.files,
        in_reply_to=in_reply_to,
        references=(in_reply_to,) if in_reply_to else (),
    )
    try:
        return write_letter(letter, boundaries=lambda: f"mooring{secrets.token_hex(12)}")
    except UnusableName as error:
        raise UnableToDeliver(_("Your message could not be written as an email.")) from error
