"""What lies in the owner's mailbox in the world of the desk's tests: bytes that are really kept, links, offers, a refused sender."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from django.utils import timezone

import making
from letters.making_letters import arrival, make_account, make_folder, match_of
from mooring.customers.models import Customer
from mooring.desk.letter_bodies import originals
from mooring.letters.accounts import AccountData, proof_of, server_described_by
from mooring.letters.models import Attachment, Folder, Letter, Link, MailAccount, UnwantedSender
from mooring.letters.storing import store_batch
from mooring.letters.unwanted import refuse_sender
from mooring.mail.types import Secret
from mooring.sync.models import BackfillOffer
from mooring.users.models import User

PASSWORD = "canary-of-the-mailbox-3141"
HTML = '<p>Good <b>morning</b></p><script>canary()</script><img src="https://tracker.example/dot.gif">'


@dataclass
class Mail:
    """`letter` is linked to the customer, `own_letter` to nobody, `private_letter` to the customer but private."""

    account: MailAccount
    folder: Folder
    letter: Letter
    own_letter: Letter
    private_letter: Letter
    attachment: Attachment
    link: Link
    offer: BackfillOffer
    sender: UnwantedSender
    proof: str


def html_letter(
    *, subject: str = "Ropes", html: str = HTML, sender: str = "Carol <carol@harbour.example>", file_name: str = "list.pdf"
) -> bytes:
    """A letter with text, HTML and an attachment."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "Box <box@mooring.example>", subject
    message["Date"] = making.NOW
    message["Message-ID"] = f"<{abs(hash((subject, html, sender)))}@world.example>"
    message.set_content("Good morning\n\n> as you wrote\n")
    message.add_alternative(html, subtype="html")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename=file_name)
    return message.as_bytes()


def keep(account: MailAccount, raw: bytes, *, to: tuple[Any, ...] = (), private: bool = False, folder: str = "INBOX") -> Letter:
    """The letter stored with its bytes readable, linked by rule to the records."""
    (original,) = originals().keep([raw])
    matches = tuple(match_of(record) for record in to)
    arrived = arrival(account, raw, folder=folder, original=original, matches=matches, is_private=private)
    return store_batch(arrivals=[arrived], now=making.NOW)[0].letter


def make_mail(owner: User, customer: Customer, mark: str = "") -> Mail:
    """The owner's mailbox, Main."""
    account = make_account(
        owner, address="box@mooring.example", is_main=True, your_name=f"Owner{mark}", organization=f"Firm{mark}", is_default=False
    )
    folder = make_folder(account, "INBOX")
    letter = keep(account, html_letter(subject=f"Ropes{mark}", file_name=f"list{mark}.pdf"), to=(customer,))
    own_letter = keep(account, html_letter(subject=f"Dentist{mark}", sender="Dentist <dentist@tooth.example>"))
    private_letter = keep(account, html_letter(subject=f"Secret{mark}"), to=(customer,), private=True)
    return Mail(
        account=account,
        folder=folder,
        letter=letter,
        own_letter=own_letter,
        private_letter=private_letter,
        attachment=letter.attachments.get(),
        link=letter.links.get(),
        offer=BackfillOffer.objects.create(
            address="office@harbour.example", customer_id=customer.pk, kept_count=3, on_server_count=4, created_at=making.NOW
        ),
        sender=refuse_sender(address="pest@spam.example", account=account, by=making.actor(owner), now=making.NOW),
        proof=_proof(),
    )


def _proof() -> str:
    data = AccountData(your_name="New", address="new@mooring.example", host="imap.mooring.example")
    return proof_of(server_described_by(data, password=Secret(PASSWORD)), now=timezone.now())
