"""HTML -> the text that people would read, for lists, for searching and for letters that carry no plain text."""

from __future__ import annotations

import re
from html import unescape

from mooring.mail.charsets import scrub
from mooring.mail.html_tokens import tokens

_PARAGRAPH_TAGS = frozenset({"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "table", "ul"})
_LINE_TAGS = _PARAGRAPH_TAGS | {
    "address", "article", "aside", "body", "center", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption",
    "figure", "footer", "form", "head", "header", "hr", "html", "li", "main", "nav", "section", "summary", "tbody",
    "tfoot", "thead", "tr",
}  # fmt: skip
_LINE, _PARAGRAPH, _KEPT_BLANK = "\x02", "\x03", "\x04"
_BLANKS = re.compile(r"[ \t\r\n\f\u200b\ufeff]+")
_BREAKS = re.compile(r" ?[\x02\x03\n][ \x02\x03\n]*")
_INVISIBLE = re.compile("[\u00ad\u034f\u200b-\u200f\u2060\ufeff]+")


def html_to_text(html: str) -> str:
    """The readable text of HTML: blocks on lines of their own, links and pictures as their words. Never raises."""
    pieces: list[str] = []
    pre_depth = 0
    for token in tokens(html):
        if isinstance(token, str):
            text = unescape(token) if "&" in token else token
            pieces.append(text.replace(" ", _KEPT_BLANK) if pre_depth else _BLANKS.sub(" ", text))
            continue
        name = token[0]
        if name == "br":
            pieces.append("\n")
        elif name in _LINE_TAGS:
            pieces.append(_PARAGRAPH if name in _PARAGRAPH_TAGS else _LINE)
            if name == "li" and not token[2]:
                pieces.append("- ")
            elif name == "pre":
                pre_depth = max(0, pre_depth + (-1 if token[2] else 1))
        elif name in ("td", "th") and not token[2]:
            pieces.append(" ")
    return _tidied("".join(pieces))


def _tidied(text: str) -> str:
    text = text.replace("\xa0", " ").replace("\r", "")
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
    text = _BREAKS.sub(_line_ends, re.sub(r" {2,}", " ", text))
    return scrub(text.replace(_KEPT_BLANK, " ")).strip()


def _line_ends(found: re.Match[str]) -> str:
    """One line end between blocks, two between paragraphs, as many as there are <br>, but two at most."""
    if _PARAGRAPH in found[0]:
        return "\n\n"
    return "\n" * min(2, max(1, found[0].count("\n")))
