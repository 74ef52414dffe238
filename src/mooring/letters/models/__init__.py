"""The records of the letters room."""

from mooring.letters.models.account import Encryption, Folder, MailAccount, Protocol
from mooring.letters.models.letter import (
    Attachment,
    Delivery,
    Direction,
    Letter,
    LetterText,
    Original,
    Participant,
)
from mooring.letters.models.link import Link, LinkBatch, Rule, UnwantedSender
from mooring.letters.models.outgoing import (
    OutgoingAttachment,
    OutgoingKind,
    OutgoingLetter,
    OutgoingRecipient,
    OutgoingState,
    Phase,
    RecipientRole,
    RecipientState,
    SentCopy,
)
from mooring.letters.models.thread import Thread, ThreadReference

__all__ = (
    "Attachment",
    "Delivery",
    "Direction",
    "Encryption",
    "Folder",
    "Letter",
    "LetterText",
    "Link",
    "LinkBatch",
    "MailAccount",
    "Original",
    "OutgoingAttachment",
    "OutgoingKind",
    "OutgoingLetter",
    "OutgoingRecipient",
    "OutgoingState",
    "Participant",
    "Phase",
    "Protocol",
    "RecipientRole",
    "RecipientState",
    "Rule",
    "SentCopy",
    "Thread",
    "ThreadReference",
    "UnwantedSender",
)
