"""HTML that our own people wrote -> the plain text that goes beside it, or in its stead: quotes, lists, where links lead."""

from __future__ import annotations

import re
from html import unescape

from mooring.mail.charsets import scrub
from mooring.mail.html_tokens import tokens

_BLOCKS = frozenset({"blockquote", "div", "h1", "h2", "h3", "hr", "li", "ol", "p", "pre", "table", "tr", "ul"})
_SPACED = frozenset({"blockquote", "h1", "h2", "h3", "hr", "ol", "p", "pre", "table", "ul"})
"""Blocks with an empty line before and after them."""
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_HREF = re.compile(r'\bhref="([^"]*)"')
_BULLET = re.compile(r" *(?:-|\d+\.) ")
"""A line of a list on which nothing stands yet: its paragraph begins there."""
RULE = "-" * 40
SIGNATURE_MARK = "-- "
"""The line before a signature (RFC 3676, 4.3), with its blank."""


def written_text(html: str) -> str:
    """The text of HTML that `written_html` made. Never raises."""
    writer = _Writer()
    for token in tokens(html):
        if isinstance(token, str):
            writer.take_text(unescape(token))
        elif token.is_end:
            writer.take_end(token.name)
        else:
            writer.take_start(token.name, token.attributes)
    return scrub(writer.finished())


class _Writer:
    """Lines with the depth of the quote in which they stand."""

    def __init__(self) -> None:
        self._lines: list[tuple[int, str]] = []
        self._line = ""
        self._depth = 0
        self._is_pre = self._is_cell = False
        self._lists: list[int | None] = []
        self._links: list[tuple[str, int]] = []

    def take_text(self, text: str) -> None:
        if self._is_pre:
            first, *others = text.split("\n")
            self._line += first
            for other in others:
                self._end_line()
                self._line = other
            return
        text = _BLANKS.sub(" ", text.replace("\xa0", " "))
        self._line += text.lstrip(" ") if not self._line or self._line[-1].isspace() else text

    def take_start(self, name: str, attributes: str) -> None:
        self._part(name)
        if name == "br":
            self._end_line()
        elif name == "hr":
            self._line = RULE
            self._part(name)
        elif name == "blockquote":
            self._depth += 1
        elif name in ("ol", "ul"):
            self._lists.append(0 if name == "ol" else None)
        elif name == "li":
            self._line = self._bullet()
        elif name in ("td", "th"):
            self._line = f"{self._line.rstrip()}  " if self._line.strip() else ""
            self._is_cell = True
        elif name == "pre":
            self._is_pre = True
        elif name == "a":
            found = _HREF.search(attributes)
            self._links.append((unescape(found[1]) if found else "", len(self._line)))

    def take_end(self, name: str) -> None:
        if name == "a" and self._links:
            self._end_link(*self._links.pop())
        self._part(name)
        if name == "blockquote":
            self._depth = max(0, self._depth - 1)
            if self._lines and not self._lines[-1][1]:
                self._lines[-1] = (self._depth, "")
        elif name in ("td", "th"):
            self._is_cell = False
        elif name in ("ol", "ul") and self._lists:
            self._lists.pop()
        elif name == "pre":
            self._is_pre = False

    def finished(self) -> str:
        self._part("p")
        while self._lines and not self._lines[-1][1]:
            self._lines.pop()
        return "\n".join(f"{'>' * depth} {line}".rstrip() if depth else line for depth, line in self._lines)

    def _end_link(self, address: str, start: int) -> None:
        address = address.removeprefix("mailto:")
        shown = self._line[start:].strip() if start <= len(self._line) else self._line.strip()
        if address and shown not in (address, address.removeprefix("https://").removeprefix("http://").rstrip("/")):
            self._line = f"{self._line.rstrip()} <{address}>"

    def _part(self, name: str) -> None:
        """Begin a new line for a block, after an empty one where blocks stand apart."""
        if name not in _BLOCKS or self._is_cell or _BULLET.fullmatch(self._line):
            return
        if self._line.strip():
            self._end_line()
        self._line = ""
        if name in _SPACED and len(self._lists) < 1 and self._lines and self._lines[-1][1]:
            self._lines.append((min(self._depth, self._lines[-1][0]), ""))

    def _end_line(self) -> None:
        line = self._line.rstrip()
        self._lines.append((self._depth, SIGNATURE_MARK if line == "--" else line))
        self._line = ""

    def _bullet(self) -> str:
        indent = "  " * max(0, len(self._lists) - 1)
        number = self._lists[-1] if self._lists else None
        if number is None:
            return f"{indent}- "
        self._lists[-1] = number + 1
        return f"{indent}{number + 1}. "
