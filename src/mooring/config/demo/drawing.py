"""Pictures and documents for the demo's letters, made from nothing: a sail plan as PNG, an offer as PDF, a price list as CSV."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

SAIL = (238, 232, 213)
SEA = (38, 92, 128)
SKY = (198, 221, 234)
ROPE = (176, 132, 74)


def sail_plan(*, width: int, height: int, hue: int) -> bytes:
    """A boat under sail, as PNG. `hue` (0 to 255) tints the sail, so that no two boats look alike."""
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            rows += bytes(_colour(x / width, y / height, hue))
    return _png(bytes(rows), width, height)


def logo() -> bytes:
    """The mark below the letters of Halyard & Sons: three strands of rope, as PNG."""
    width, height = 96, 24
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            rows += bytes(ROPE if (x + 2 * y) % 16 < 10 and 4 <= y < 20 else (255, 255, 255))
    return _png(bytes(rows), width, height)


def document(*, title: str, lines: Sequence[str]) -> bytes:
    """One page of text as PDF, in a font that every reader has. Letters beyond Latin-1 become question marks."""
    shown = [f"BT /F1 20 Tf 60 770 Td ({_escaped(title)}) Tj ET"]
    shown += [f"BT /F1 11 Tf 60 {730 - 18 * number} Td ({_escaped(line)}) Tj ET" for number, line in enumerate(lines)]
    page = "\n".join(shown).encode("latin-1", "replace")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(page), page),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    )
    return _pdf(objects)


def price_list(rows: Sequence[tuple[str, int]]) -> bytes:
    """A table as CSV; prices in whole pounds."""
    return "".join(f"{name};{price}\r\n" for name, price in (("Article", "Price"), *rows)).encode("utf-8")


def _colour(x: float, y: float, hue: int) -> tuple[int, int, int]:
    if y > 0.82:
        return SEA
    if y > 0.72 and 0.2 + (y - 0.72) < x < 0.8 - (y - 0.72):
        return ROPE
    if 0.08 < y < 0.7 and (0.52 < x < 0.52 + 0.32 * (y - 0.08) / 0.62 or 0.48 - 0.25 * (y - 0.08) / 0.62 < x < 0.48):
        return (SAIL[0], SAIL[1] - hue // 4, SAIL[2] - hue // 2)
    return SKY


def _png(rows: bytes, width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    packed = (struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def _pdf(objects: Sequence[bytes]) -> bytes:
    made = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    made += b"".join(b"%010d 00000 n \n" % place for place in places)
    made += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(made)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
