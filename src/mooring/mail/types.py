"""The shapes that travel between the mail room and those above it.

Plain frozen dataclasses; nothing here opens a connection or knows a database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

Bookmark: TypeAlias = dict[str, Any]
"""Where a protocol stands in a folder: opaque JSON that only the protocol that wrote it can read."""


class Encryption(StrEnum):
    """How a connection is protected. NONE is refused for logins unless the account insists on it."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class Login(StrEnum):
    """How one proves to a server who one is."""

    PASSWORD = "password"  # noqa: S105 - a word, not a secret
    SPA = "spa"
    """“Secure password authentication”: SASL NTLM, version 2 only."""
    SPA_OLD = "spa_old"
    """SASL NTLM version 1, for servers that know no other; an explicit choice per account."""
    TOKEN = "token"  # noqa: S105 - a word, not a secret
    """OAuth 2: XOAUTH2, OAUTHBEARER, or a bearer token over HTTP."""
    NONE = "none"
    """No log-in at all; for sending only."""


class Secret:
    """A password or token whose value never shows in a repr, log line, trace or comparison by accident."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself. Call it only where bytes are put on the wire or sealed."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__


class TokenSource(Protocol):
    """Where a protocol gets the OAuth 2 access token from, at the moment when it needs one."""

    def current(self) -> Secret:
        """A token believed to be good, renewed before if it is about to expire. Raises SignInAgain, or a network's MailError."""
        ...

    def renewed(self, refused: Secret) -> Secret:
        """Another token because the server refused this one; asked at most once per log-in. Raises as `current` does."""
        ...


@dataclass(frozen=True, slots=True)
class Server:
    """Everything needed to reach one mailbox, or the server that takes its letters.

    `path` is for mail files and replaces host and port; `url` is for protocols over HTTP and replaces them too.
    """

    protocol: str
    host: str = ""
    port: int = 0
    encryption: Encryption = Encryption.TLS
    user_name: str = ""
    password: Secret = Secret("")
    timeout: timedelta = timedelta(seconds=60)
    plain_login_allowed: bool = False
    """The user insists on logging in over an unencrypted connection."""
    path: str = ""
    trusted_certificate: str = ""
    """PEM text of a certificate, or of its authority, that is trusted for this server besides the usual authorities."""
    login: Login = Login.PASSWORD
    token: TokenSource | None = field(default=None, compare=False, repr=False)
    """Set where `login` is TOKEN."""
    url: str = ""
    """Where the interface begins, for JMAP the session resource; empty for the provider's own public address."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder as the server names it.

    `path` is the decoded name in full (modified UTF-7 undone); `wire_name` is the exact name for commands, kept because
    decoding and encoding again does not always give the same bytes. `special_use` is one of "", "inbox", "sent",
    "drafts", "junk", "trash", "archive", "all", "flagged", "important" (RFC 6154, lower case, without the backslash).
    """

    path: str
    wire_name: str
    delimiter: str = "/"
    special_use: str = ""
    is_selectable: bool = True


@dataclass(frozen=True, slots=True)
class Listed:
    """A letter that a server lists. `rank` orders letters within a folder, higher is newer (the UID for IMAP)."""

    server_id: str
    rank: int
    size: int = 0
    received_at: datetime | None = None
    flags: frozenset[str] = frozenset()
    remote_id: str = ""
    """An identity that survives moves between folders: X-GM-MSGID, EMAILID, a JMAP or Graph id. Empty if none."""


@dataclass(frozen=True, slots=True)
class FlagChange:
    """The flags that a known letter now has on the server."""

    server_id: str
    flags: frozenset[str]


@dataclass(frozen=True, slots=True)
class Page:
    """One portion of a listing, small enough for one short transaction (at most 5,000 entries)."""

    arrived: Sequence[Listed] = ()
    """Letters not known before, in any order. Entries that are known already do no harm."""
    flagged: Sequence[FlagChange] = ()
    vanished: Sequence[str] = ()
    """Server ids that are no longer in the folder. Ids never known do no harm."""
    listed_again: Sequence[Listed] = ()
    """Letters known already, as a complete comparison found them: what differs but for the flags is another letter."""


KnownIds: TypeAlias = Callable[[str], Iterable[str]]
"""known(epoch) -> the server ids that are already rows for that epoch, in ascending rank; read only when needed."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed in a folder since a bookmark.

    `epoch` (the UIDVALIDITY for IMAP) names the numbering that server ids belong to: when it differs from the epoch of
    the bookmark, every older id of the folder is dead and all letters are listed anew. `bookmark` describes the folder
    from *before* the listing began, so that what arrives meanwhile is seen next time; it is kept in the same
    transaction as the last page. It is to be read after the last page: Microsoft Graph names it only then.
    """

    epoch: str
    bookmark: Bookmark
    pages: Iterator[Page]
    message_count: int | None = None
    """How many letters the server says the folder holds."""
    is_full: bool = False
    """This was a complete comparison of the folder, not just a look at what is new."""


@dataclass(frozen=True, slots=True)
class RawHeader:
    """The header block of a letter on the server, byte for byte, up to and including the empty line."""

    server_id: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class RawLetter:
    """A whole letter, byte for byte as the server sent it."""

    server_id: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One address read from a header. `address` is the addr-spec as written, `key` its form for comparing."""

    name: str
    address: str
    key: str

    @property
    def domain(self) -> str:
        """The part after the last @ of the key: lower case, IDNA A-labels."""
        return self.key.rpartition("@")[2]


ADDRESS_ROLES = ("from", "reply_to", "sender", "to", "cc", "bcc")
"""The headers whose addresses count, in the order in which the first of two equal matches is chosen."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the header block of a letter says. Every field has a harmless value when the letter lacks or garbles it."""

    message_id: str = ""
    """Without angle brackets, white space removed; empty when missing or unusable."""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    subject: str = ""
    date: datetime | None = None
    """Aware, UTC; None when missing or unreadable."""
    from_: tuple[Mailbox, ...] = ()
    reply_to: tuple[Mailbox, ...] = ()
    sender: tuple[Mailbox, ...] = ()
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    bcc: tuple[Mailbox, ...] = ()
    ambiguous: frozenset[str] = frozenset()
    """Roles whose header can be read in two ways (security.md J): shown, but their addresses never match."""
    is_automatic: bool = False
    """An automatic reply or notification (RFC 3834 and the usual private headers)."""
    is_bulk: bool = False
    """From a list or a mass mailing (List-Id, List-Unsubscribe, Precedence)."""
    is_confidential: bool = False
    """The sender marked it Sensitivity: Private, Personal or Company-Confidential (RFC 4021, section 2.1.55)."""
    defects: tuple[str, ...] = ()

    def people(self) -> Iterator[tuple[str, Mailbox]]:
        """(role, mailbox) of every address, in the order of ADDRESS_ROLES."""
        for role in ADDRESS_ROLES:
            for mailbox in getattr(self, "from_" if role == "from" else role):
                yield role, mailbox


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part of a letter that is offered for download. `part` is its path in the MIME tree, such as "2" or "1.3"."""

    part: str
    name: str
    """Safe to show and to offer as a file name; never empty, no path separators, no control or direction marks."""
    content_type: str
    size: int
    sha256: str
    content_id: str = ""
    is_inline: bool = False
    """Shown within the HTML text by its content id."""


@dataclass(frozen=True, slots=True)
class ParsedLetter:
    """A letter taken apart. `text` is always there for reading and searching; `html` is the stranger's, not yet safe."""

    header: Header
    text: str = ""
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    fingerprint: str = ""
    """SHA-256 (hex) over Message-ID, sender, date, subject and the decoded leaf parts; equal for two deliveries of one
    letter, whatever transport headers they gathered on the way (mail-engine facts, 7.6)."""
    defects: tuple[str, ...] = ()
    """Words for what was wrong with the letter, such as "missing-end-boundary"; never an exception."""
    shape: tuple[Any, ...] | None = None
    """What a shaper made of it in the child that read it; text, html and attachments have stayed there then."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a connection test. `code` names the step; `error` is empty when it succeeded."""

    code: str
    error: str = ""
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who a letter is from and for, as the server that takes it is told: bare addresses, Bcc included, none twice."""

    sender: str
    recipients: tuple[str, ...]
    answers: str = ""
    """The server id of the letter that is answered, where the server that takes this one is the mailbox that holds it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the server would not take one recipient, or a whole letter."""

    address: str
    reply_code: int = 0
    """The three digits of SMTP (RFC 5321, 4.2); 0 where the protocol has none."""
    status: str = ""
    """The enhanced status code (RFC 3463), such as "5.1.1"; empty where none was given."""
    server_said: str = ""
    is_permanent: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a letter that the server accepted for at least one recipient."""

    refused: tuple[Refusal, ...] = ()
    server_said: str = ""
    remote_id: str = ""
    """The letter's identity where the protocol names one (JMAP, Graph, Gmail)."""
