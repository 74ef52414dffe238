"""Which parts of a letter are its text, which its HTML, which are attachments (the rules of RFC 8621, 4.1.4)."""

from __future__ import annotations

from dataclasses import dataclass, field

from mooring.mail.mime import Part

_READ_AS_PLAIN = frozenset({"text/enriched", "text/richtext", "text/markdown", "text/x-markdown", "text"})


@dataclass(slots=True)
class Bodies:
    """Parts by their part in the letter. A part may be both text and HTML, when there is no other version of it."""

    text: list[Part] = field(default_factory=list)
    html: list[Part] = field(default_factory=list)
    attachments: list[Part] = field(default_factory=list)


def choose_bodies(root: Part) -> Bodies:
    """Sorts the leaves of a letter. Pictures, sounds and films are attachments wherever they stand."""
    bodies = Bodies()
    if not root.children and root.content_type in _READ_AS_PLAIN and root.disposition != "attachment":
        bodies.text.append(root)
        return bodies
    _sort([root], "mixed", bodies, bodies.text, bodies.html, is_in_alternative=False)
    return bodies


def _sort(
    parts: list[Part],
    kind: str,
    bodies: Bodies,
    text: list[Part] | None,
    html: list[Part] | None,
    *,
    is_in_alternative: bool,
) -> None:
    """One level of the tree; `text` and `html` are None where another version has already been chosen."""
    text_count, html_count = len(bodies.text), len(bodies.html)
    for position, part in enumerate(parts):
        content_type = part.content_type
        if part.children:
            inner = content_type.partition("/")[2]
            is_inner_alternative = is_in_alternative or inner == "alternative"
            _sort(part.children, inner, bodies, text, html, is_in_alternative=is_inner_alternative)
        elif not _is_body(part, position, kind):
            bodies.attachments.append(part)
        elif kind == "alternative":
            (bodies.text if content_type == "text/plain" else bodies.html).append(part)
        else:
            if is_in_alternative:
                text, html = (text, None) if content_type == "text/plain" else (None, html)
            for chosen in (text, html):
                if chosen is not None:
                    chosen.append(part)
    if kind == "alternative" and text is not None and html is not None:
        _fill_missing_version(bodies, text_count, html_count)


def _is_body(part: Part, position: int, kind: str) -> bool:
    if part.disposition == "attachment" or part.content_type not in ("text/plain", "text/html"):
        return False
    return position == 0 or (kind != "related" and not part.name)


def _fill_missing_version(bodies: Bodies, text_count: int, html_count: int) -> None:
    """An alternative that offers one version only gives it to both."""
    if len(bodies.text) == text_count:
        bodies.text.extend(bodies.html[html_count:])
    elif len(bodies.html) == html_count:
        bodies.html.extend(bodies.text[text_count:])
