"""File names of attachments: what a stranger wrote -> what we dare show and offer for saving."""

from __future__ import annotations

import re
import unicodedata

LONGEST_NAME = 200

_SEPARATORS = re.compile(r"[\\/]")
_RESERVED = re.compile(r'[<>:"|?*]')
_BLANKS = re.compile(r"\s+")
_EXTENSIONS = {
    "application/ics": ".ics",
    "application/msword": ".doc",
    "application/pdf": ".pdf",
    "application/pgp-encrypted": ".pgp",
    "application/pgp-keys": ".asc",
    "application/pgp-signature": ".asc",
    "application/pkcs7-mime": ".p7m",
    "application/pkcs7-signature": ".p7s",
    "application/rtf": ".rtf",
    "application/zip": ".zip",
    "audio/mpeg": ".mp3",
    "image/bmp": ".bmp",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/svg+xml": ".svg",
    "image/tiff": ".tif",
    "image/webp": ".webp",
    "message/delivery-status": ".txt",
    "message/disposition-notification": ".txt",
    "message/rfc822": ".eml",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/plain": ".txt",
    "text/rfc822-headers": ".txt",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
    "video/mp4": ".mp4",
}


def safe_name(name: str, *, content_type: str, part: str) -> str:
    """A file name without path separators, control, format and direction characters; never empty, at most 200 characters.

    A name that comes to nothing is made from the part's path and its content type, as in "attachment-2.pdf".
    """
    name = name[:2_000]
    if not (name.isascii() and name.isprintable()):
        name = unicodedata.normalize("NFC", name)
        name = "".join(" " if character.isspace() else character for character in name if _may_stay(character))
    name = _SEPARATORS.sub("_", name)
    name = _BLANKS.sub(" ", _RESERVED.sub("_", name)).strip(" .")
    if not name.strip("_"):
        return f"attachment-{part}{_EXTENSIONS.get(content_type, '')}"
    return _shortened(name)


def _may_stay(character: str) -> bool:
    return character.isspace() or unicodedata.category(character)[0] != "C"


def _shortened(name: str) -> str:
    """Cut before the extension, which is kept when it is a short one."""
    if len(name) <= LONGEST_NAME:
        return name
    stem, dot, extension = name.rpartition(".")
    if dot and 0 < len(extension) <= 10:
        return f"{stem[: LONGEST_NAME - len(extension) - 1].rstrip(' .')}.{extension}"
    return name[:LONGEST_NAME].rstrip(" .")
