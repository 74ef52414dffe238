"""A header block -> Header: who wrote to whom, when, about what. Never raises; what is wrong is noted as defects."""

from __future__ import annotations

import re

from mooring.mail.address_lists import AddressList, read_addresses
from mooring.mail.dates import read_date
from mooring.mail.fields import Fields, plain_text, read_fields, text_of, with_line_feeds, without_envelope_line
from mooring.mail.types import Header, Mailbox

MOST_REFERENCES = 100
"""Of longer lists the first id (the thread's root) and the last ones are kept."""

LONGEST_ID = 998

_NOBODY = AddressList()
_ROLES = {
    "from": "from_",
    "reply-to": "reply_to",
    "sender": "sender",
    "to": "to",
    "cc": "cc",
    "bcc": "bcc",
}
_ONE_ONLY = frozenset({"from", "reply-to", "sender"})
"""Fields whose second occurrence lets two programs see two people."""
_BY_ONE = frozenset({"from", "sender"})
"""Fields in which several people are as many readings."""

_ID = re.compile(r"<([^<>]{1,2000})>")
_BLANK_OR_CONTROL = re.compile("[\x00-\x20\x7f-\x9f]+")
_AUTOMATIC_FIELDS = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-response-suppress")
_BULK_FIELDS = ("list-id", "list-unsubscribe", "feedback-id")
_AUTOMATIC_SUBJECT = re.compile(
    r"(?:auto(?:matic|matyczna|matische|mated)?[ -]?(?:reply|response|odpowiedź|antwort)|out of (?:the )?office|oof:"
    r"|abwesenheitsnotiz|réponse automatique|respuesta automática|risposta automatica|odpowiedź automatyczna"
    r"|undeliverable:|undelivered mail|delivery status notification|mail delivery failed|returned mail:)",
    re.IGNORECASE,
)
_CONFIDENTIAL = frozenset({"private", "personal", "company-confidential"})


def read_header(raw: bytes) -> Header:
    """What the header block of a letter says. `raw` is the block or the whole letter, byte for byte."""
    raw = without_envelope_line(with_line_feeds(raw))
    fields, _ = read_fields(raw, 0, len(raw))
    return header_of(fields)


def header_of(fields: Fields, *, charset: str = "") -> Header:
    """The Header of fields already read; `charset` is the guess for 8-bit characters that are not UTF-8."""
    defects = dict.fromkeys(fields.defects)
    ambiguous = set()
    people: dict[str, tuple[Mailbox, ...]] = {}
    for name, attribute in _ROLES.items():
        found = _addresses(fields, name, charset)
        people[attribute] = found.mailboxes
        if found.defects:
            defects.update(dict.fromkeys(found.defects))
        if found.is_ambiguous:
            ambiguous.add(attribute.rstrip("_"))
            defects[f"ambiguous-{name}"] = None
    if not people["from_"]:
        defects["no-from"] = None
    subject = plain_text(fields.first("subject"), charset)
    date_text = fields.text("date")
    date = read_date(date_text)
    if date is None:
        defects["unreadable-date" if date_text else "no-date"] = None
    message_ids = read_ids(fields.text("message-id"))
    if not message_ids:
        defects["no-message-id"] = None
    return Header(
        message_id=message_ids[0] if message_ids else "",
        in_reply_to=_shortened(_all_ids(fields, "in-reply-to")),
        references=_shortened(_all_ids(fields, "references")),
        subject=subject,
        date=date,
        ambiguous=frozenset(ambiguous),
        is_automatic=_is_automatic(fields, subject),
        is_bulk=_is_bulk(fields),
        is_confidential=fields.text("sensitivity").strip().lower() in _CONFIDENTIAL,
        defects=tuple(defects),
        **people,
    )


def _addresses(fields: Fields, name: str, charset: str) -> AddressList:
    values = fields.values.get(name)
    if not values:
        return _NOBODY
    lists = [read_addresses(text_of(value, charset)) for value in values]
    if len(lists) == 1 and (len(lists[0].mailboxes) <= 1 or name not in _BY_ONE):
        return lists[0]
    mailboxes = tuple(mailbox for found in lists for mailbox in found.mailboxes)
    defects = dict.fromkeys(defect for found in lists for defect in found.defects)
    is_ambiguous = any(found.is_ambiguous for found in lists)
    if len(values) > 1:
        defects[f"repeated-{name}"] = None
    if name in _ONE_ONLY and len(lists) > 1 and len({tuple(m.address for m in found.mailboxes) for found in lists}) > 1:
        is_ambiguous = True
    if name in _BY_ONE and len({mailbox.key or mailbox.address for mailbox in mailboxes}) > 1:
        is_ambiguous = True
    return AddressList(mailboxes, is_ambiguous, tuple(defects))


def read_ids(text: str) -> tuple[str, ...]:
    """The message ids in a Message-ID, In-Reply-To or References value, without brackets and blanks, each once.

    A value without any brackets counts as one id when it holds an @ and no blanks. Ids over 998 characters are unusable.
    """
    if "<" in text:
        found = [_BLANK_OR_CONTROL.sub("", one) for one in _ID.findall(text)]
    else:
        bare = text.strip()
        found = [bare] if "@" in bare and not _BLANK_OR_CONTROL.search(bare) else []
    return tuple(dict.fromkeys(one for one in found if one and len(one) <= LONGEST_ID))


def _all_ids(fields: Fields, name: str) -> tuple[str, ...]:
    values = fields.values.get(name, ())
    return tuple(dict.fromkeys(one for value in values for one in read_ids(text_of(value))))


def _shortened(ids: tuple[str, ...]) -> tuple[str, ...]:
    return ids if len(ids) <= MOST_REFERENCES else (ids[0], *ids[1 - MOST_REFERENCES :])


def _is_automatic(fields: Fields, subject: str) -> bool:
    """RFC 3834 and the private fields in use; bounces and receipts (RFC 3462) count too."""
    if fields.text("auto-submitted").partition(";")[0].strip().lower() not in ("", "no"):
        return True
    present = [name for name in _AUTOMATIC_FIELDS if name in fields.values]
    if any(fields.text(name).lower() not in ("", "no", "none", "false") for name in present):
        return True
    if fields.text("precedence").lower().replace("-", "_") == "auto_reply":
        return True
    is_report = fields.first("content-type").strip()[:20].lower().startswith(b"multipart/report")
    is_bounce = "".join(fields.text("return-path").split()) == "<>"
    return is_report or is_bounce or _AUTOMATIC_SUBJECT.match(subject) is not None


def _is_bulk(fields: Fields) -> bool:
    if any(fields.values.get(name) for name in _BULK_FIELDS):
        return True
    return fields.text("precedence").lower() in ("bulk", "list", "junk")
