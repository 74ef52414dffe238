"""Bytes of strangers and of letters as answers: offered for download, or as a picture, never as a page of ours."""

from __future__ import annotations

from urllib.parse import quote

from django.http import HttpResponse

FILE_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
_FRAME_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:{images}; "
    "style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)


def as_download(response: HttpResponse, name: str) -> HttpResponse:
    """With the name for every browser (RFC 6266): plain for old ones, in UTF-8 for the others."""
    clean = "".join(character for character in name if character.isprintable() and character not in '/\\:*?"<>|').strip(" .")
    plain = clean.encode("ascii", "ignore").decode().strip() or "email"
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(clean or plain, safe='')}"
    response["Content-Disposition"] = disposition
    return with_policy(response, FILE_POLICY)


def with_policy(response: HttpResponse, policy: str) -> HttpResponse:
    """With a policy of its own, and no guessing of what it is."""
    response["Content-Security-Policy"] = policy
    response["X-Content-Type-Options"] = "nosniff"
    return response


def frame_policy(*, with_remote_images: bool) -> str:
    """The policy of a stranger's letter, as safe when its address is opened directly as within its sandboxed frame."""
    return _FRAME_POLICY.format(images=" https: http:" if with_remote_images else "")
