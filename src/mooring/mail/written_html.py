"""HTML that our own people write: letters, signatures, templates. What an editor sends is not trusted until it went through here.

Far less is kept than of received letters (safe_html): no styles, no pictures from elsewhere. What comes out stays the same
when it goes through again, and the editor of the pages knows all of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Final

import nh3

from mooring.mail.charsets import scrub
from mooring.mail.html_limits import limit_html
from mooring.mail.html_text import html_to_text

SIGNATURE_CLASS: Final = "signature"
"""The class of the <div> that holds the signature, so that it can be exchanged when another account writes."""

_TAGS: Final = frozenset(
    {
        "a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "hr", "i", "img", "li", "mark", "ol", "p", "pre",
        "s", "strong", "sub", "sup", "table", "tbody", "td", "th", "tr", "u", "ul",
    }
)  # fmt: skip
_ATTRIBUTES: Final = {
    "a": {"href"},
    "img": {"alt", "src"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_LINK: Final = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
_CONTENT_ID: Final = re.compile(r"cid:[^\s<>\"']{1,300}\Z", re.IGNORECASE)
_EMPTY: Final = re.compile(r"(?:<p>\s*</p>|<br>|\s|\xa0)*\Z")
_SIGNATURE: Final = re.compile(rf'<div class="{SIGNATURE_CLASS}">')
_DIV: Final = re.compile(r"<(/?)div\b[^>]*>")
_MOST_ROUNDS: Final = 4


def written_html(html: str, *, pictures: Mapping[str, str] | None = None, keeps_pictures: bool = True) -> str:
    """The HTML with all taken out that the editor does not make; empty when nothing is to be read in it.

    `pictures` gives the address to put in the place of another, such as a content id for one of our own pages; any other
    picture is kept only where its address is a content id.
    """
    exchanged = dict(pictures or {})
    own = frozenset(exchanged.values())

    def kept(tag: str, name: str, value: str) -> str | None:
        if tag == "a":
            return value if _LINK.match(value) else None
        if tag == "img" and name == "src":
            value = exchanged.get(value, value)
            return value if value in own or _CONTENT_ID.match(value) else None
        return value

    cleaner = nh3.Cleaner(
        tags=set(_TAGS if keeps_pictures else _TAGS - {"img"}),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        allowed_classes={"div": {SIGNATURE_CLASS}},
        attribute_filter=kept,
        url_schemes={"http", "https", "mailto", "cid"},
        url_relative=lambda url: url if url in own or url in exchanged else None,
        link_rel=None,
        strip_comments=True,
    )
    return _without_lost_pictures(_settled(cleaner, limit_html(scrub(html), tags=_TAGS, attributes={})))


def text_to_html(text: str) -> str:
    """Plain text as paragraphs: an empty line parts them, a line end within one stays."""
    paragraphs = re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\0", "").strip("\n"))
    return "".join(f"<p>{escape(each, quote=False).replace(chr(10), '<br>')}</p>" for each in paragraphs if text.strip())


def with_signature(html: str, signature: str) -> str:
    """The HTML with the signature of the account that writes, in the place of the one it has; before a quote, else at the end."""
    block = f'<div class="{SIGNATURE_CLASS}">{signature}</div>' if signature else ""
    place = signature_place(html)
    if place is not None:
        return html[: place[0]] + block + html[place[1] :]
    return html + block


def signature_place(html: str) -> tuple[int, int] | None:
    """Where the signature begins and ends in HTML that `written_html` made; None where there is none."""
    found = _SIGNATURE.search(html)
    if found is None:
        return None
    depth = 0
    for tag in _DIV.finditer(html, found.start()):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return found.start(), tag.end()
    return None


def _settled(cleaner: nh3.Cleaner, html: str) -> str:
    cleaned = cleaner.clean(html)
    for _ in range(_MOST_ROUNDS):
        again = cleaner.clean(cleaned)
        if again == cleaned:
            return "" if _EMPTY.match(cleaned) else cleaned
        cleaned = again
    return text_to_html(html_to_text(cleaned))


_LOST_PICTURE: Final = re.compile(r'<img(?: alt="[^"]*")?>')


def _without_lost_pictures(html: str) -> str:
    """Pictures whose address was taken away show nothing; what nh3 wrote is in one form, so this is no editing of tags."""
    return _LOST_PICTURE.sub("", html)
