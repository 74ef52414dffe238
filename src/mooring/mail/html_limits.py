"""HTML of strangers -> HTML that no parser chokes on: known tags only, nested and repeated within bounds.

This is no sanitiser (that is safe_html.py); it bounds the work of one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from html import unescape

from mooring.mail.html_tokens import Tag, tokens

DEEPEST = 500
MOST_FORMATTING = 20
"""Elements such as <b> left open at once: a browser opens all of them again in every new block."""

MOST_WORK = 200_000
"""Tags, each counted once more for every formatting element open there; beyond, only text is kept."""

MOST_REFERENCES = 50_000
"""Character references such as &amp;; html5ever copies the text before each of them again (2,000,000: 36 s)."""

_LINE_FEEDS = re.compile(r"(?:\n|\r|&#0*10;?|&#x0*a;?|&NewLine;)+", re.IGNORECASE)
"""Parsers drop the first of them after <pre>, so all are, or each reading would find one fewer."""

_WITHOUT_REFERENCES = {ord("&"): "＆", ord("<"): "‹"}
_VOID = frozenset({"br", "col", "hr", "img", "wbr"})
_FORMATTING = frozenset({"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"})
_ENDS_BY_ITSELF = frozenset({"colgroup", "dd", "dt", "li", "p", "tbody", "td", "tfoot", "th", "thead", "tr"})
"""Elements that the next of their kind closes: they nest only by way of others, which are counted."""


def limit_html(html: str, *, tags: Collection[str], attributes: Mapping[str, str]) -> str:
    """The HTML with only these tags and its text. Comments, scripts and styles are gone.

    `attributes` are put first into the tags of that name; parsers ignore a second attribute of the same name.
    """
    limiter = _Limiter(tags, attributes)
    return "".join(limiter.kept(token) for token in tokens(html))


class _Limiter:
    """Keeps what a parser's stack of open elements would hold, as an upper bound."""

    def __init__(self, tags: Collection[str], attributes: Mapping[str, str]) -> None:
        self._tags = tags
        self._attributes = attributes
        self._open: list[str] = []
        self._formatting: list[str] = []
        self._work = 0
        self._reference_count = 0
        self._is_after_pre = False

    def kept(self, token: Tag | str) -> str:
        """The token as HTML, or nothing when it may not be kept."""
        if isinstance(token, str):
            token = _LINE_FEEDS.sub("", token, count=1) if self._begins_pre(token) else token
            self._is_after_pre = self._is_after_pre and not token
            return self._kept_text(token)
        self._reference_count += token.attributes.count("&")
        if token.name not in self._tags:
            return ""
        self._work += 1 + len(self._formatting)
        if self._work > MOST_WORK or self._reference_count > MOST_REFERENCES:
            return ""
        may_stay = self._close(token.name) if token.is_end else self._open_up(token.name)
        if not may_stay:
            return ""
        self._is_after_pre = token.name == "pre" and not token.is_end
        if token.is_end:
            return f"</{token.name}>"
        added = self._attributes.get(token.name)
        return f"<{token.name} {added} {token.attributes}>" if added else f"<{token.name}{token.attributes}>"

    def _begins_pre(self, text: str) -> bool:
        return self._is_after_pre and _LINE_FEEDS.match(text) is not None

    def _kept_text(self, text: str) -> str:
        self._reference_count += text.count("&") + text.count("<")
        if self._reference_count > MOST_REFERENCES:
            return unescape(text).translate(_WITHOUT_REFERENCES)
        return text.replace("<", "&lt;")

    def _open_up(self, name: str) -> bool:
        if name in _VOID or name in _ENDS_BY_ITSELF:
            return True
        stack, most = (self._formatting, MOST_FORMATTING) if name in _FORMATTING else (self._open, DEEPEST)
        if len(stack) >= most:
            return False
        stack.append(name)
        return True

    def _close(self, name: str) -> bool:
        """Whether there is anything to close; an end tag that closes nothing is dropped (</p> would even open one)."""
        if name in _ENDS_BY_ITSELF:
            return True
        stack = self._formatting if name in _FORMATTING else self._open
        if name not in stack:
            return False
        place = len(stack) - 1 - stack[::-1].index(name)
        if stack is self._formatting:
            del stack[place]
        else:
            del stack[place:]
        return True
