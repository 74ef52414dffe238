"""The Gmail API: receiving, keeping, finding, removing and sending letters."""

from mooring.mail.protocols.gmail.mailbox import GmailMailbox
from mooring.mail.protocols.gmail.sending import GmailSender

__all__ = ["GmailMailbox", "GmailSender"]
