"""A stranger's HTML -> HTML we dare show, within a sandboxed frame. The only module whose output may be shown unescaped.

Pictures are rewritten inside the sanitiser's own callback, so nothing is edited after it (CVE-2024-42009). What comes
out stays the same when it is sanitised again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Literal
from urllib.parse import unquote

import nh3

from mooring.mail.charsets import scrub
from mooring.mail.html_limits import limit_html
from mooring.mail.html_text import html_to_text
from mooring.mail.safe_text import safe_text, without_quote
from mooring.mail.styles import safe_style

__all__ = ("SafeHtml", "safe_html", "safe_text", "without_quote")

_TAGS = frozenset(
    {
        "a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center",
        "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption",
        "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "kbd", "li",
        "main", "mark", "ol", "p", "pre", "q", "s", "samp", "section", "small", "span", "strike", "strong", "sub",
        "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var", "wbr",
    }
)  # fmt: skip
_CELL = {"align", "bgcolor", "height", "valign", "width"}
_ATTRIBUTES = {
    "*": {"dir", "lang", "style", "title"},
    "a": {"href", "rel", "target"},
    "col": {"span", "width"},
    "colgroup": {"span", "width"},
    "div": {"align"},
    "font": {"color", "face", "size"},
    "h1": {"align"},
    "h2": {"align"},
    "h3": {"align"},
    "hr": {"align", "size", "width"},
    "img": {"align", "alt", "border", "height", "src", "width"},
    "ol": {"start", "type"},
    "p": {"align"},
    "table": {"align", "bgcolor", "border", "cellpadding", "cellspacing", "height", "width"},
    "tbody": _CELL,
    "td": _CELL | {"colspan", "nowrap", "rowspan"},
    "th": _CELL | {"colspan", "nowrap", "rowspan"},
    "thead": _CELL,
    "tr": _CELL,
    "ul": {"type"},
}
_LINK_ATTRIBUTES = {"target": "_blank", "rel": "noopener noreferrer"}
_ALWAYS = {"a": " ".join(f'{name}="{value}"' for name, value in _LINK_ATTRIBUTES.items())}
"""Put in before the sanitiser, which has no fixed order for attributes that it adds itself."""

_SCHEMES = {"http", "https", "mailto", "cid", "data"}
_LINK = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
_REMOTE = re.compile(r"\s*https?:", re.IGNORECASE)
_MOST_ROUNDS = 5
"""Misnested tables and lists read otherwise once they have been written; they settle after one round or two."""

_RASTER = re.compile(r"data:image/(?:png|jpe?g|gif|webp|bmp);base64,[A-Za-z0-9+/=\s]*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SafeHtml:
    """HTML fit for the frame of a letter, and how many pictures elsewhere it asks for, shown or not."""

    html: str
    remote_image_count: int


def safe_html(html: str, *, images: Literal["blocked", "remote"], cid_urls: Mapping[str, str]) -> SafeHtml:
    """The HTML of a letter with everything taken out that could run, load, cover or submit something.

    `images`: "remote" keeps pictures by http(s), "blocked" takes away their address. `cid_urls` gives the address to
    show for each content id (without brackets). Input beyond 2 MB and nesting beyond 500 is cut.
    """
    guard = _Guard(images, cid_urls)
    cleaner = nh3.Cleaner(
        tags=_TAGS,
        clean_content_tags=set(),
        attributes=_ATTRIBUTES,
        attribute_filter=guard.kept,
        url_schemes=_SCHEMES,
        url_relative=guard.kept_relative,
        link_rel=None,
    )
    cleaned = cleaner.clean(_limited(scrub(html)))
    remote_image_count = guard.remote_image_count
    return SafeHtml(_settled(cleaner, cleaned), remote_image_count)


def _limited(html: str) -> str:
    return limit_html(html, tags=_TAGS, attributes=_ALWAYS)


def _settled(cleaner: nh3.Cleaner, cleaned: str) -> str:
    """The HTML sanitised until it no longer changes; what never settles is shown as its words."""
    for _ in range(_MOST_ROUNDS):
        again = cleaner.clean(_limited(cleaned))
        if again == cleaned:
            return cleaned
        cleaned = again
    return cleaner.clean(f"<div>{escape(html_to_text(cleaned))}</div>")


class _Guard:
    """Decides on each attribute while the sanitiser runs."""

    def __init__(self, images: Literal["blocked", "remote"], cid_urls: Mapping[str, str]) -> None:
        self.remote_image_count = 0
        self._shows_remote = images == "remote"
        self._cid_urls = cid_urls
        self._own_urls = frozenset(cid_urls.values())

    def kept(self, tag: str, name: str, value: str) -> str | None:
        """The value that an attribute may keep, None to drop it."""
        if name == "style":
            return safe_style(value) or None
        if name == "href":
            return value if _LINK.match(value) else None
        if name in _LINK_ATTRIBUTES:
            return _LINK_ATTRIBUTES[name]
        if tag == "img" and name == "src":
            return self._source(value)
        return value

    def kept_relative(self, url: str) -> str | None:
        """Relative addresses would point into our own pages: only those for content ids are."""
        return url if url in self._own_urls else None

    def _source(self, value: str) -> str | None:
        if value in self._own_urls:
            return value
        if value[:4].lower() == "cid:":
            return self._cid_urls.get(value[4:]) or self._cid_urls.get(unquote(value[4:]))
        if _REMOTE.match(value):
            self.remote_image_count += 1
            return value if self._shows_remote else None
        return value if _RASTER.match(value) else None
