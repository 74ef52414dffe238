"""HTML of strangers, cut into tags and text as browsers cut it (HTML Living Standard, 13.2.5), in linear time.

Only this reading lets us bound the nesting before a real parser sees the text: html5ever takes 11 s for 50,000 open
<div>, Python's own parser 12 s for 128 KB of "<!--" (CVE-2025-6069). Comments, scripts, styles and foreign markup are left
out here, so that none of their rules apply any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

LARGEST_HTML = 2_097_152
"""Characters; what follows is cut off."""

_TAG = re.compile(
    r"""<(/?)([A-Za-z][^\s/>]*+)
        ((?:[\s/]++ | =?[^\s/>=]++ (?:\s*+=\s*+ (?: "[^"]*+(?:"|\Z) | '[^']*+(?:'|\Z) | [^\s>"'][^\s>]*+ )?+ )?+ | =)*+)
        >""",
    re.VERBOSE,
)
_COMMENT_END = re.compile(r"--!?>")
_RAW = frozenset({"script", "style", "xmp", "iframe", "noembed", "noframes", "textarea", "title", "select"})
"""Elements whose content browsers read by other rules, or that nobody needs in a letter: left out as a whole."""


class Tag(NamedTuple):
    """A start or end tag: name in lower case, attributes as written."""

    name: str
    attributes: str
    is_end: bool


def tokens(html: str) -> Iterator[Tag | str]:
    """Tags and the text between them (a str, character references not yet resolved), in order."""
    html = html[:LARGEST_HTML]
    position, text_start, length = 0, 0, len(html)
    endless: set[str] = set()
    while position < length:
        opened = html.find("<", position)
        if opened < 0:
            break
        found = _TAG.match(html, opened)
        if found is None and not _opens_markup(html, opened):
            position = opened + 1
            continue
        if opened > text_start:
            yield html[text_start:opened]
        if found is None:
            position = text_start = _end_of_markup(html, opened)
            continue
        name = found[2].lower()
        position = text_start = found.end()
        if name in _RAW:
            if not found[1]:
                position = text_start = _end_of_raw(html, position, name, endless)
        else:
            yield Tag(name, found[3], bool(found[1]))
    if text_start < length:
        yield html[text_start:]


def _opens_markup(html: str, opened: int) -> bool:
    """Whether a "<" that begins no whole tag is markup all the same: a comment, a declaration or an unfinished tag."""
    following = html[opened + 1 : opened + 3]
    if following[:1] == "/":
        return len(following) > 1
    return following[:1] in ("!", "?") or _is_letter(following[:1])


def _end_of_markup(html: str, opened: int) -> int:
    """Unfinished tags take the rest of the text with them, as in browsers; so do comments without an end."""
    if html.startswith("<!--", opened):
        if html.startswith((">", "->"), opened + 4):
            return html.index(">", opened) + 1
        found = _COMMENT_END.search(html, opened + 4)
        return found.end() if found else len(html)
    if _is_letter(html[opened + 1]) or (html[opened + 1] == "/" and _is_letter(html[opened + 2])):
        return len(html)
    end = html.find(">", opened)
    return end + 1 if end >= 0 else len(html)


def _is_letter(character: str) -> bool:
    return character.isascii() and character.isalpha()


def _end_of_raw(html: str, position: int, name: str, endless: set[str]) -> int:
    """After the end tag of an element that was opened before `position`.

    `endless` gathers the names that are never closed, so that nobody looks for their ends again.
    Without an end tag a script or style hides the rest; of the others only the start tag is left out, to save the words.
    """
    found = None if name in endless else _RAW_ENDS[name].search(html, position)
    if found is None:
        endless.add(name)
        return len(html) if name in ("script", "style") else position
    end = html.find(">", found.end())
    return end + 1 if end >= 0 else len(html)


_RAW_ENDS = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in _RAW}
