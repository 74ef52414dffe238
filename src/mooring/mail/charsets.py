"""Bytes of strangers -> text: the charset they claim, then UTF-8, then a guess; never an exception.

No text that leaves this module holds NUL or half a surrogate pair, which no database takes.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

_ALIASES = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "ks_c_5601": "cp949",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601-1989": "cp949",
    "ksc5601": "cp949",
    "ksc_5601": "cp949",
    "euc-kr": "cp949",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "l1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-6-i": "iso8859-6",
    "tis-620": "cp874",
    "iso-8859-11": "cp874",
    "windows-874": "cp874",
    "big5": "big5hkscs",
    "x-big5": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-2022-jp-1": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-2-0-utf-7": "utf-7",
    "x-unicode-2-0-utf-7": "utf-7",
    "unicode": "utf-16",
    "utf8mb4": "utf-8",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
    "x-mac-ce": "mac-latin2",
    "x-mac-cyrillic": "mac-cyrillic",
    "koi8": "koi8-r",
}
"""Names of the wild and names whose usual meaning is the wider set (the WHATWG Encoding Standard has the same view)."""

_NO_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"})
"""Python codecs that no letter may choose: some take quadratic time, none is a charset."""

_SINGLE_BYTE = re.compile(r"cp\d+|iso8859|koi8|mac|latin|hp-roman|kz1048|ptcp154|tis", re.IGNORECASE)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_GUESS_SAMPLE_BYTES = 8_192
_MAY_BE_BROKEN = 0.05
"""A text may hold this share of undecodable places and still be taken as what it claims to be (a cut letter)."""


@lru_cache(maxsize=512)
def codec_of(charset: str) -> str:
    """The name of Python's codec for a charset name of the wild; empty when there is none."""
    name = charset.strip(" \t\"'").lower().replace(" ", "")
    name = _ALIASES.get(name, name)
    if not name or len(name) > 40 or "\0" in name:
        return ""
    try:
        info = codecs.lookup(name)
        b"a".decode(name)
    except UnicodeError:
        pass  # one byte is too little for UTF-16
    except (LookupError, ValueError):
        return ""  # also for codecs from bytes to bytes, such as zlib
    return "" if info.name.replace("_", "-") in _NO_CHARSETS else info.name


def scrub(text: str) -> str:
    """The text without NUL, halves of surrogate pairs shown as the replacement character."""
    if text.isascii() and "\0" not in text:
        return text
    return _UNSTORABLE.sub(lambda found: "" if found[0] == "\0" else "\ufffd", text)


def decode(raw: bytes, charset: str = "") -> tuple[str, str]:
    """(text, defect): the text of bytes that claim a charset. `defect` is a word, empty when the claim holds.

    The ladder: the claimed charset; UTF-8; the claimed charset with few replacements; a guess; Windows-1252.
    """
    codec = codec_of(charset) if charset else ""
    if codec in ("", "ascii", "utf-8"):
        text = _strictly(raw, "utf-8")
        if text is not None:
            return scrub(text), _claim_defect(charset, codec, text)
    else:
        text = _strictly(raw, codec)
        if text is not None:
            return scrub(text), ""
        text = _strictly(raw, "utf-8")
        if text is not None:
            return scrub(text), "wrong-charset"
    return scrub(_guess(raw, codec)), "unknown-charset" if charset and not codec else "wrong-charset"


def _claim_defect(charset: str, codec: str, text: str) -> str:
    if charset and not codec:
        return "unknown-charset"
    return "wrong-charset" if codec == "ascii" and not text.isascii() else ""


def _strictly(raw: bytes, codec: str) -> str | None:
    try:
        return raw.decode(codec)
    except (UnicodeError, ValueError):
        return None


def _guess(raw: bytes, codec: str) -> str:
    if codec and codec != "ascii":
        text = raw.decode(codec, "replace")
        broken_count = text.count("\ufffd")
        if broken_count <= max(3, len(text) * _MAY_BE_BROKEN) or _SINGLE_BYTE.match(codec):
            return text
    guessed = _guessed_codec(raw[:_GUESS_SAMPLE_BYTES])
    return raw.decode(guessed or "cp1252", "replace")


@lru_cache(maxsize=64)
def _guessed_codec(sample: bytes) -> str:
    """What charset-normalizer takes the sample for; it is imported only here, for it is large and seldom needed.

    It takes milliseconds, and who writes one such name or signature writes it in every letter.
    """
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    return codec_of(best.encoding) if best is not None else ""
