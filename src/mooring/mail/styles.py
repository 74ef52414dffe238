"""Inline styles of strangers: a short list of properties, values that can neither load nor cover anything."""

from __future__ import annotations

import re

_PROPERTIES = frozenset(
    {
        "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left", "border-radius",
        "border-right", "border-spacing", "border-style", "border-top", "border-width", "color", "direction", "display",
        "font", "font-family", "font-size", "font-style", "font-variant", "font-weight", "height", "letter-spacing",
        "line-height", "list-style-type", "margin", "margin-bottom", "margin-left", "margin-right", "margin-top",
        "max-width", "min-width", "overflow-wrap", "padding", "padding-bottom", "padding-left", "padding-right",
        "padding-top", "table-layout", "text-align", "text-decoration", "text-indent", "text-transform",
        "vertical-align", "white-space", "width", "word-break", "word-spacing",
    }
)  # fmt: skip
_VALUE = re.compile(r"(?:(?<![\w-])(?:rgb|rgba|hsl|hsla)\([\d\s.,%/]{1,60}\)|[\w\s#%.,'\"+]|-(?!\s*[\d.]))*+\Z", re.IGNORECASE)
_LONGEST_STYLE, _LONGEST_VALUE = 4_000, 300


def safe_style(style: str) -> str:
    """The harmless declarations in canonical form; the style of a style so made is itself. Empty when none is left.

    No functions but colours, no negative lengths, no escapes, comments or !important: nothing to load, nothing to
    lay over the page.
    """
    kept = []
    for declaration in style[:_LONGEST_STYLE].split(";"):
        name, colon, value = declaration.partition(":")
        name, value = name.strip().lower(), " ".join(value.split())
        if not colon or not value or len(value) > _LONGEST_VALUE or name not in _PROPERTIES:
            continue
        if _VALUE.match(value) and value.count('"') % 2 == 0 and value.count("'") % 2 == 0:
            kept.append(f"{name}:{value}")
    return ";".join(kept)
