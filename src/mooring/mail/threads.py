"""Which conversation a letter belongs to: the ids that join it, and its subject without what replies put before it."""

from __future__ import annotations

import re
import unicodedata

MOST_IDS = 50
"""A letter joins by at most so many ids: its own, those it answers, the root and the latest of its references."""

_PREFIX = re.compile(
    r"\s*(?:(?:re|aw|fw|fwd|wg|odp|pd|sv|vs|vb|tr|rif|antw|ant|res|enc|odg|ynt|ilt|vá|回复|答复|转发|回覆|轉寄)"
    r"(?:\s?[\[(]\d{1,3}[\])])?\s?[:：]|\[(?:fwd?|external|ext|spam|\*+spam\*+)\s?:?\])",
    re.IGNORECASE,
)
_FORWARD_END = re.compile(r"\s*\((?:fwd?)\)\s*\Z", re.IGNORECASE)
_BLANKS = re.compile(r"\s+")


def joining_ids(*, message_id: str, in_reply_to: tuple[str, ...], references: tuple[str, ...]) -> tuple[str, ...]:
    """The message ids by which a letter joins a conversation, each once, the nearest first.

    First its own id, then those it answers, then its references from the latest to the root (RFC 5322, 3.6.4).
    Ids are compared byte for byte. Of more than fifty the root stays.
    """
    nearest_first = (message_id, *in_reply_to, *reversed(references))
    ids = tuple(dict.fromkeys(one for one in map(str.strip, nearest_first) if one))
    return ids if len(ids) <= MOST_IDS else (*ids[: MOST_IDS - 1], ids[-1])


def normal_subject(subject: str) -> str:
    """The subject for comparing: without reply and forward prefixes of many languages, casefolded, single blanks."""
    subject = _BLANKS.sub(" ", unicodedata.normalize("NFC", subject)).strip()
    position = 0
    while (found := _PREFIX.match(subject, position)) is not None:
        position = found.end()
    return _FORWARD_END.sub("", subject[position:]).strip().casefold()
