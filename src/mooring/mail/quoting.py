"""A stranger's HTML with what it quotes, and its signature, folded: what was newly written is what one wants to read.

Programs mark a quote in their own ways, which are named here one by one; where none is recognised nothing is folded. What
comes out is as little to be trusted as what came in (mail.safe_html). In linear time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape, unescape
from typing import Final

from mooring.mail.html_tokens import Tag, tokens
from mooring.mail.safe_text import is_attribution, is_original_mark

_VOID: Final = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
_TABLE: Final = frozenset({"table", "tbody", "thead", "tfoot", "tr", "colgroup", "ul", "ol", "dl"})
"""Elements in which a fold may not stand."""
_NAMES: Final = re.compile(r"""\b(?:class|id|name|type|style)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""", re.IGNORECASE)
_QUOTE: Final = re.compile(
    r"(?:^|\s)(?:gmail_quote(?:_container)?|yahoo_quoted|protonmail_quote|zmail_extra|moz-forward-container|cite|"
    r"(?:aol|ymail)_\w*quote\w*|mail_?quote|tutanota_quote)(?:\s|$)",
    re.IGNORECASE,
)
"""Gmail, Yahoo, Proton, Zoho, Thunderbird, and everybody who writes <blockquote type="cite">."""
_FROM_HERE: Final = re.compile(
    r"(?:^|\s)(?:divRplyFwdMsg|appendonsend|stopSpelling|zwchr|OLK_SRC_BODY_SECTION|yahoo_quoted|hmmessage_quote)(?:\s|$)|"
    r"border-top:\s*solid\s*(?:#B5C4DF|#E1E1E1|windowtext)",
    re.IGNORECASE,
)
"""Outlook and Hotmail, which mark where the quote begins and nothing of its end."""
_SIGNATURE: Final = re.compile(r"(?:^|\s)(?:gmail_signature|moz-signature|ms-outlook-mobile-signature|Signature)(?:\s|$)")
_SENDER: Final = frozenset({"from", "von", "od", "de", "da", "van", "fra", "från"})
_HEADER_WORD: Final = re.compile(
    r"(?:^|\s)(?:from|sent|date|to|subject|von|gesendet|datum|an|betreff|od|wysłano|data|do|temat|de|envoyé|à|objet|"
    r"para|asunto|enviado|da|inviato|a|oggetto)\s?:\s",
    re.IGNORECASE,
)
_LONGEST_ATTRIBUTION: Final = 600


@dataclass(slots=True)
class _Element:
    """An element by the places of its tags; `end` is the place behind its end tag."""

    name: str
    words: str
    start: int
    end: int
    parent: int


@dataclass(frozen=True, slots=True)
class _Fold:
    start: int
    end: int
    label: str


def fold_quotes(html: str, *, quote: str, signature: str) -> str:
    """The HTML with the quote at its end (or, of those who write below it, at its beginning) in <details>; so the signature.

    `quote` and `signature` are what stands on the folds, as plain text. A letter that is nothing but a quote stays open.
    """
    parts = list(tokens(html))
    elements = _elements(parts)
    folds = [fold for fold in (_quote(parts, elements, quote), _signature(parts, elements, signature)) if fold is not None]
    if len(folds) == 2 and folds[0].start <= folds[1].start < folds[0].end:
        folds.pop()
    return _written(parts, folds) if folds else html


def _elements(parts: Sequence[Tag | str]) -> list[_Element]:
    found: list[_Element] = []
    open_ones: list[int] = []
    names: dict[str, int] = {}
    for place, part in enumerate(parts):
        if isinstance(part, str):
            continue
        if not part.is_end:
            parent = open_ones[-1] if open_ones else -1
            end = place + 1 if part.name in _VOID else len(parts)
            found.append(_Element(part.name, _words_of(part), place, end, parent))
            if part.name not in _VOID:
                open_ones.append(len(found) - 1)
                names[part.name] = names.get(part.name, 0) + 1
        elif names.get(part.name):
            _close(part.name, place, found, open_ones, names)
    return found


def _close(name: str, place: int, found: list[_Element], open_ones: list[int], names: dict[str, int]) -> None:
    """An end tag closes its element, which is open, and those inside it that were left open."""
    element = found[open_ones.pop()]
    while element.name != name:
        names[element.name] -= 1
        element.end = place
        element = found[open_ones.pop()]
    names[name] -= 1
    element.end = place + 1


def _words_of(tag: Tag) -> str:
    if "=" not in tag.attributes:
        return ""
    return " ".join("".join(values) for values in _NAMES.findall(tag.attributes[:2_000]))


def _quote(parts: Sequence[Tag | str], elements: Sequence[_Element], label: str) -> _Fold | None:
    """The one quoted element, or the last of several if nothing follows it: answers between quotes are left as they are."""
    quoted: list[int] = []
    for number, element in enumerate(elements):
        if quoted and element.start < elements[quoted[-1]].end:
            continue
        if _begins_the_rest(element, parts):
            return _rest_from(number, parts, elements, label)
        if _QUOTE.search(element.words) and not _is_blank(parts, element.start, element.end):
            quoted.append(number)
    if not quoted:
        return _marked_lines(parts, elements, label)
    if _is_inside_table(elements[quoted[-1]], elements):
        return None
    last = elements[quoted[-1]]
    start = _with_attribution(quoted[-1], parts, elements)
    follows = not _is_blank(parts, last.end, len(parts))
    if (follows and len(quoted) > 1) or (not follows and _is_blank(parts, 0, start)):
        return None
    return _Fold(start, last.end, label)


def _marked_lines(parts: Sequence[Tag | str], elements: Sequence[_Element], label: str) -> _Fold | None:
    """Lines with > before each, which run to the end of what they stand in."""
    start = len(parts)
    for place in range(len(parts) - 1, -1, -1):
        part = parts[place]
        if isinstance(part, str) and unescape(part).strip():
            if not part.lstrip().startswith("&gt;"):
                break
            start = place
    around = next((each for each in reversed(elements) if each.start < start < each.end), None)
    if start == len(parts) or _is_blank(parts, 0, start) or (around is not None and around.name in _TABLE):
        return None
    return _Fold(start, _inner_end(around, parts), label)


def _inner_end(around: _Element | None, parts: Sequence[Tag | str]) -> int:
    """The place of the end tag of an element; of one that is never closed, or of none, the end of everything in it."""
    if around is None:
        return len(parts)
    last = parts[around.end - 1]
    is_closed = isinstance(last, Tag) and last.is_end and last.name == around.name
    return around.end - 1 if is_closed else around.end


def _begins_the_rest(element: _Element, parts: Sequence[Tag | str]) -> bool:
    if _FROM_HERE.search(element.words):
        return True
    following = parts[element.start + 1] if element.start + 1 < len(parts) else ""
    if not isinstance(following, str):
        return False
    if "--" in following[:40]:
        return is_original_mark(unescape(following[:200]))
    return following.strip().rstrip(":").lower() in _SENDER and _is_header_block(parts, element.start)


def _is_header_block(parts: Sequence[Tag | str], start: int) -> bool:
    """The sender, the time and the subject of a quoted letter, as Outlook repeats them in bold above it."""
    words = _text(parts, start, min(start + 60, len(parts)))
    return len(_HEADER_WORD.findall(words)) >= 3


def _rest_from(number: int, parts: Sequence[Tag | str], elements: Sequence[_Element], label: str) -> _Fold | None:
    """From the element to the end of what it stands in; out of wrappers that hold nothing before it."""
    element = elements[number]
    while element.parent >= 0 and elements[element.parent].name not in ("body", "html"):
        above = elements[element.parent]
        if not _is_blank(parts, above.start, element.start):
            break
        element = above
    if _is_inside_table(element, elements) or _is_blank(parts, 0, element.start):
        return None
    around = elements[element.parent] if element.parent >= 0 else None
    return _Fold(element.start, _inner_end(around, parts), label)


def _with_attribution(number: int, parts: Sequence[Tag | str], elements: Sequence[_Element]) -> int:
    """Where the line before a quote begins that says who wrote it when; it stands beside the quote, in an element or bare."""
    element = elements[number]
    start = element.start
    siblings = [each for each in elements[:number] if each.parent == element.parent and each.end <= start][-4:]
    for sibling in reversed(siblings):
        if not _is_blank(parts, sibling.end, start):
            break
        text = _text(parts, sibling.start, sibling.end)
        if text:
            return sibling.start if is_attribution(text) else element.start
        start = sibling.start
    before = parts[start - 1] if start else ""
    return start - 1 if isinstance(before, str) and is_attribution(unescape(before).strip()) else element.start


def _signature(parts: Sequence[Tag | str], elements: Sequence[_Element], label: str) -> _Fold | None:
    for element in elements:
        if _SIGNATURE.search(element.words) and not _is_inside_table(element, elements):
            is_alone = _is_blank(parts, 0, element.start)
            return None if is_alone or _is_blank(parts, element.start, element.end) else _Fold(element.start, element.end, label)
    return None


def _is_inside_table(element: _Element, elements: Sequence[_Element]) -> bool:
    return element.parent >= 0 and elements[element.parent].name in _TABLE


def _is_blank(parts: Sequence[Tag | str], start: int, end: int) -> bool:
    """Nothing to read between two places: neither words nor a picture."""
    for part in parts[start:end]:
        if isinstance(part, Tag):
            if part.name == "img":
                return False
        elif unescape(part).replace("\xa0", " ").replace("\u200b", "").strip():
            return False
    return True


def _text(parts: Sequence[Tag | str], start: int, end: int) -> str:
    words = [unescape(part) for part in parts[start:end] if isinstance(part, str)]
    return " ".join(" ".join(words[:50]).split())[:_LONGEST_ATTRIBUTION]


def _written(parts: Sequence[Tag | str], folds: Sequence[_Fold]) -> str:
    opens = {fold.start: f"<details><summary>{escape(fold.label)}</summary>" for fold in folds}
    closes = {fold.end for fold in folds}
    pieces = []
    for place, part in enumerate(parts):
        pieces.append("</details>" if place in closes else "")
        pieces.append(opens.get(place, ""))
        pieces.append(part if isinstance(part, str) else f"<{'/' if part.is_end else ''}{part.name}{part.attributes}>")
    return "".join([*pieces, "</details>" if len(parts) in closes else ""])
