"""The records of the letters room."""

from mooring.letters.models.account import (
    DefaultAccount,
    Encryption,
    Folder,
    Login,
    MailAccount,
    OutgoingLoginOf,
    OutgoingProtocol,
    Protocol,
    TeamAccess,
)
from mooring.letters.models.correspondent import Correspondent, CorrespondentMark
from mooring.letters.models.doomed import DoomedOriginal
from mooring.letters.models.grant import Grant, ProviderKind, SignIn, SignInProvider
from mooring.letters.models.handling import Handling, TeamState
from mooring.letters.models.held import HeldPassword
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
from mooring.letters.models.outgoing_report import OutgoingReport, ReportKind
from mooring.letters.models.private_mark import PrivateMark
from mooring.letters.models.read_mark import ReadMark
from mooring.letters.models.shared import RecordFile, SharedLetter
from mooring.letters.models.template import LetterTemplate
from mooring.letters.models.thread import Thread, ThreadReference

__all__ = (
    "Attachment",
    "Correspondent",
    "CorrespondentMark",
    "DefaultAccount",
    "Delivery",
    "Direction",
    "DoomedOriginal",
    "Encryption",
    "Folder",
    "Grant",
    "Handling",
    "HeldPassword",
    "Letter",
    "LetterTemplate",
    "LetterText",
    "Link",
    "LinkBatch",
    "Login",
    "MailAccount",
    "Original",
    "OutgoingAttachment",
    "OutgoingKind",
    "OutgoingLetter",
    "OutgoingLoginOf",
    "OutgoingProtocol",
    "OutgoingRecipient",
    "OutgoingReport",
    "OutgoingState",
    "Participant",
    "Phase",
    "PrivateMark",
    "Protocol",
    "ProviderKind",
    "ReadMark",
    "RecipientRole",
    "RecipientState",
    "RecordFile",
    "ReportKind",
    "Rule",
    "SentCopy",
    "SharedLetter",
    "SignIn",
    "SignInProvider",
    "TeamAccess",
    "TeamState",
    "Thread",
    "ThreadReference",
    "UnwantedSender",
)
