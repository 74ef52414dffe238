"""The tree of parts of a letter, as offsets into its bytes: nothing is decoded here and nothing is ever raised.

Parts are found from the outside inwards, by whole delimiter lines. So a child without an end, or with a boundary that is
the beginning of its parent's, cannot swallow what follows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mooring.mail.fields import Fields, plain_text, read_fields, read_fields_of_part
from mooring.mail.parameters import Value, read_value
from mooring.mail.transfer import decode_body, encoding_of

MOST_PARTS = 1_000
DEEPEST = 50
"""What lies beyond these bounds stays in one part that is not looked into (Dovecot: CVE-2020-12100, CVE-2020-25275)."""

OPAQUE = "application/octet-stream"

_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}\Z")
_LIKELY_BOUNDARY = re.compile(rb"^--([^\s].{0,200}?)[ \t]*\r?\nContent-[A-Za-z-]+[ \t]*:", re.MULTILINE)


@dataclass(slots=True)
class Part:
    """One part. `data[start:end]` is its body, still encoded; `path` counts as IMAP does ("1", "2.1")."""

    path: str
    content_type: str
    data: bytes
    start: int
    end: int
    parameters: dict[str, str] = field(default_factory=dict)
    disposition: str = ""
    name: str = ""
    content_id: str = ""
    encoding: str = ""
    children: list[Part] = field(default_factory=list)

    @property
    def is_multipart(self) -> bool:
        return self.content_type.startswith("multipart/")

    def body(self) -> tuple[bytes, str]:
        """(the decoded bytes, a defect or "")."""
        return decode_body(self.data[self.start : self.end], self.encoding)


@dataclass(slots=True)
class Structure:
    """The tree of one letter and what was wrong with it."""

    root: Part
    fields: Fields
    defects: dict[str, None] = field(default_factory=dict)

    def leaves(self) -> Iterator[Part]:
        """Every part that is not divided further, in the order of the letter."""
        waiting = [self.root]
        while waiting:
            part = waiting.pop()
            if part.children:
                waiting.extend(reversed(part.children))
            else:
                yield part


def read_structure(raw: bytes) -> Structure:
    """The parts of a letter, outermost first. `raw` begins with the header block."""
    fields, body_start = read_fields(raw, 0, len(raw))
    root = _part_of(fields, "", raw, body_start, len(raw), "text/plain")
    structure = Structure(root, fields, dict.fromkeys(fields.defects))
    part_count = 1
    waiting = [(root, 1)]
    while waiting:
        part, depth = waiting.pop()
        if depth > DEEPEST:
            structure.defects["too-deep"] = None
            part.content_type = OPAQUE
            continue
        part.children = _children_of(part, structure.defects, MOST_PARTS - part_count)
        part_count += len(part.children)
        waiting.extend((child, depth + 1) for child in reversed(part.children) if child.is_multipart)
    if not root.children:
        root.path = "1"
    return structure


def _part_of(fields: Fields, path: str, data: bytes, start: int, end: int, default_type: str) -> Part:
    """A part by its own fields. With several Content-Type fields the first one counts."""
    values = fields.values
    if not values:
        return Part(path, default_type, data, start, end)
    has_type = "content-type" in values
    content = read_value(fields.text("content-type")) if has_type else Value()
    part = Part(path, _type_of(content.main) if has_type else default_type, data, start, end, content.parameters)
    name = content.parameters.get("name", "")
    if "content-disposition" in values:
        disposition = read_value(fields.text("content-disposition"))
        part.disposition = disposition.main
        name = disposition.parameters.get("filename", "") or disposition.parameters.get("name", "") or name
    part.name = name
    if "content-id" in values:
        part.content_id = "".join(fields.text("content-id").strip("<> \t").split())[:998]
    if "content-transfer-encoding" in values:
        part.encoding = encoding_of(fields.text("content-transfer-encoding"))
    return part


def _type_of(main: str) -> str:
    """A valid media type; a broken one that begins as text is read as plain text (RFC 2045, 5.2 leaves it open)."""
    if _TYPE.match(main):
        return main
    return "text/plain" if main[:4] in ("", "text") or main.startswith("/") else OPAQUE


def _children_of(part: Part, defects: dict[str, None], room: int) -> list[Part]:
    """The parts of a multipart. When none can be found it becomes plain text, so that its words are not lost."""
    if not part.is_multipart:
        return []
    spans = _spans_of(part, defects, room)
    if not spans and part.encoding not in ("", "?"):
        part.data, _ = part.body()
        part.start, part.end, part.encoding = 0, len(part.data), ""
        defects["encoded-multipart"] = None
        spans = _spans_of(part, defects, room)
    if not spans:
        part.content_type = "text/plain"
        defects["boundary-not-found"] = None
        return []
    default_type = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
    prefix = f"{part.path}." if part.path else ""
    children = []
    for number, (start, end, is_opaque) in enumerate(spans, start=1):
        children.append(_child_of(part, f"{prefix}{number}", start, end, OPAQUE if is_opaque else default_type, defects))
    return children


def _child_of(parent: Part, path: str, start: int, end: int, default_type: str, defects: dict[str, None]) -> Part:
    if default_type == OPAQUE:
        return Part(path, OPAQUE, parent.data, start, end)
    fields, body_start = read_fields_of_part(parent.data, start, end)
    defects.update(dict.fromkeys(fields.defects))
    return _part_of(fields, path, parent.data, body_start, end, default_type)


def _spans_of(part: Part, defects: dict[str, None], room: int) -> list[tuple[int, int, bool]]:
    """(start, end, whether it must not be looked into) of each child, found by the declared or by a likely boundary."""
    boundary = part.parameters.get("boundary", "").rstrip().encode("utf-8", "replace")
    spans: list[tuple[int, int, bool]] = []
    if boundary:
        spans = _split(part, boundary, defects, room, is_exact=True)
        spans = spans or _split(part, boundary, defects, room, is_exact=False)
    if not spans:
        likely = _LIKELY_BOUNDARY.search(part.data, part.start, part.end)
        if likely is not None:
            defects["wrong-boundary"] = None
            spans = _split(part, likely[1], defects, room, is_exact=True)
    return spans


def _split(part: Part, boundary: bytes, defects: dict[str, None], room: int, *, is_exact: bool) -> list[tuple[int, int, bool]]:
    data, end, delimiter = part.data, part.end, b"--" + boundary
    spans: list[tuple[int, int, bool]] = []
    open_at = closed_at = -1
    position = _next_delimiter(data, delimiter, part.start, end, is_first=True)
    while position >= 0:
        after = position + len(delimiter)
        line_end = data.find(b"\n", after, end)
        line_end = end if line_end < 0 else line_end
        kind = _kind_of_line(data[after : min(line_end, after + 80)].strip(), is_exact=is_exact)
        if kind:
            if kind == "close" and open_at < 0 and spans and data[closed_at:position].strip():
                open_at = spans.pop()[0]
            if open_at >= 0:
                _add_span(spans, data, open_at, position)
            open_at = min(line_end + 1, end) if kind == "open" else -1
            closed_at = line_end
            if open_at >= 0 and len(spans) >= room - 1:
                defects["too-many-parts"] = None
                return [*spans, (open_at, end, True)]
        position = _next_delimiter(data, delimiter, line_end, end)
    if open_at >= 0:
        defects["missing-end-boundary"] = None
        _add_span(spans, data, open_at, end)
    return spans


def _next_delimiter(data: bytes, delimiter: bytes, start: int, end: int, *, is_first: bool = False) -> int:
    """Where the next line that begins with the delimiter begins, -1 if there is none."""
    if is_first and data.startswith(delimiter, start, end):
        return start
    found = data.find(b"\n" + delimiter, max(0, start - 1) if is_first else start, end)
    return found + 1 if found >= 0 else -1


def _kind_of_line(tail: bytes, *, is_exact: bool) -> str:
    """What a line with a delimiter and this after it is: "open", "close" or "" for neither."""
    if tail == b"--":
        return "close"
    if is_exact and tail:
        return ""
    return "close" if tail.startswith(b"--") else "open"


def _add_span(spans: list[tuple[int, int, bool]], data: bytes, start: int, end: int) -> None:
    """The line end before a delimiter belongs to the delimiter (RFC 2046, 5.1.1). Empty parts are left out."""
    if end > start and data[end - 1] == 0x0A:
        end -= 2 if end - 2 >= start and data[end - 2] == 0x0D else 1
    if end > start:
        spans.append((start, end, False))


def name_of_inner_letter(part: Part) -> str:
    """The subject of a letter that is attached as a whole, to name it by."""
    fields, _ = read_fields(part.data, part.start, part.end)
    return plain_text(fields.first("subject"))
