"""Plain text of strangers -> HTML we dare show: everything escaped, links clickable, quotes and signatures at the end folded."""

from __future__ import annotations

import re
from html import escape

LARGEST_SHOWN = 1_048_576
"""Characters; what follows is cut off."""

_LONGEST_SIGNATURE = 20
_LONGEST_ATTRIBUTION = 600

_LINK = re.compile(
    r"\bhttps?://[^\s<>\"'\x00-\x1f\x7f]{1,2000}"
    r"|\bmailto:[^\s<>\"'\x00-\x1f\x7f]{1,320}"
    r"|(?<![\w.+@/-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}(?![\w@-])",
    re.IGNORECASE,
)
_TRAILING = re.compile(r"[.,;:!?'*_~]+\Z")
_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"))
_DATED_ATTRIBUTION = re.compile(r"(?:on|am|le|el|il|em|op|den|dne|w dniu|dnia)\b.{0,600}:\s*\Z", re.IGNORECASE)
_ATTRIBUTION = re.compile(
    r".{0,200}\b(?:wrote|schrieb|écrit|pisze|napisał\(?a?\)?|escribió|scritto|escreveu|schreef|skrev|napsal)\s*:?\s*\Z",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"\s*-{2,}\s*(?:original message|ursprüngliche nachricht|oryginalna wiadomość|wiadomość oryginalna|message d'origine|"
    r"mensaje original|messaggio originale|forwarded message|przekazana wiadomość)\s*-{2,}\s*\Z",
    re.IGNORECASE,
)


def safe_text(text: str, *, summary: str = "…", signature: str = "") -> str:
    """The text as HTML, one <br> for each line end. A quote at the end is folded into <details class="quoted">; so is the
    signature before it, where `signature` names its fold.

    `summary` and `signature` are what stands on the folds, as plain text.
    """
    lines = text[:LARGEST_SHOWN].replace("\0", "").splitlines()
    quote_start = _start_of_quote(lines)
    start = _start_of_signature(lines[:quote_start]) if signature else quote_start
    folds = [(signature, lines[start:quote_start]), (summary, lines[quote_start:])]
    shown = [_as_html(lines[:start]), *(_fold(label, folded) for label, folded in folds if folded)]
    return "".join(shown)


def without_quote(text: str) -> str:
    """The text without the quote at its end: what the sender newly wrote."""
    lines = text.splitlines()
    return "\n".join(lines[: _start_of_quote(lines)]).rstrip()


def is_attribution(line: str) -> bool:
    """ "On 2 March, Ann wrote:", in the languages that people write to us in."""
    return bool(_DATED_ATTRIBUTION.match(line[:_LONGEST_ATTRIBUTION]) or _ATTRIBUTION.match(line[:300]))


def is_original_mark(line: str) -> bool:
    """ "-----Original Message-----" and its like."""
    return bool(_ORIGINAL.match(line[:200]))


def _fold(label: str, lines: list[str]) -> str:
    return f'<details class="quoted"><summary>{escape(label)}</summary>{_as_html(lines)}</details>'


def _start_of_signature(lines: list[str]) -> int:
    """The line "-- " (RFC 3676, section 4.3) in front of a few others; the number of lines when there is none."""
    for number in range(len(lines) - 1, max(0, len(lines) - _LONGEST_SIGNATURE), -1):
        if lines[number].rstrip() == "--":
            has_both = any(line.strip() for line in lines[:number]) and any(line.strip() for line in lines[number + 1 :])
            return number if has_both else len(lines)
    return len(lines)


def _start_of_quote(lines: list[str]) -> int:
    """The first line of the quote that ends the text; the number of lines when there is none, or nothing else."""
    for number, line in enumerate(lines):
        if _ORIGINAL.match(line[:200]):
            return number if any(before.strip() for before in lines[:number]) else len(lines)
    start = len(lines)
    while start and (not lines[start - 1].strip() or lines[start - 1].lstrip().startswith(">")):
        start -= 1
    while start < len(lines) and not lines[start].strip():
        start += 1
    if start == len(lines):
        return start
    start = _with_attribution(lines, start)
    return start if any(line.strip() for line in lines[:start]) else len(lines)


def _with_attribution(lines: list[str], start: int) -> int:
    """The line before a quote that says who wrote it when, which programs break into up to three lines."""
    end = start
    while end and not lines[end - 1].strip():
        end -= 1
    for line_count in (1, 2, 3):
        before = lines[max(0, end - line_count) : end]
        if _DATED_ATTRIBUTION.match(" ".join(line[:200].strip() for line in before)):
            return end - len(before)
    return end - 1 if end and _ATTRIBUTION.match(lines[end - 1][:300]) else start


def _as_html(lines: list[str]) -> str:
    return "<br>\n".join(_line_as_html(line) for line in lines)


def _line_as_html(line: str) -> str:
    pieces = []
    position = 0
    for found in _LINK.finditer(line):
        shown = _without_trailing(found[0])
        pieces.append(escape(line[position : found.start()]))
        target = shown if shown.lower().startswith(("http:", "https:", "mailto:")) else f"mailto:{shown}"
        pieces.append(f'<a href="{escape(target)}" target="_blank" rel="noopener noreferrer">{escape(shown)}</a>')
        position = found.start() + len(shown)
    pieces.append(escape(line[position:]))
    return "".join(pieces)


def _without_trailing(link: str) -> str:
    """Without the punctuation of the sentence around it, and a bracket that was not opened within."""
    link = _TRAILING.sub("", link)
    for opening, closing in _BRACKETS:
        if link.endswith(closing) and opening not in link:
            link = _TRAILING.sub("", link[:-1])
    return link
