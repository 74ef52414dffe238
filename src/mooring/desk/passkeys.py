"""Passkeys (WebAuthn, by python-fido2): what a browser is asked, and what is believed of its answer.

A question is kept in the session for five minutes and is gone with the first answer. Where people reach Mooring is told by the
installation, never by the request: an answer given to another address is worth nothing.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from mooring.users.models import Passkey, User
from mooring.users.passkeys import passkeys_of

_QUESTION: Final = "passkey_question"
_LASTS: Final = 300
"""Seconds."""
LONGEST_ANSWER: Final = 20_000
_LONGEST_ID: Final = 1023
"""Bytes of the id that a device gives its key (WebAuthn, 7.1)."""
_BAD: Final = (ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, NotImplementedError, RecursionError)
"""What a made-up answer raises on its way through the library, beside struct.error."""


class UnableToBelieve(Exception):
    """The answer is worth nothing; the text is fit for the user."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """What a device told of a key that it made."""

    credential_id: str
    credential: bytes
    sign_count: int


@dataclass(frozen=True, slots=True)
class Answered:
    """That the device of this passkey is at the browser; `sign_count` is what it counts."""

    passkey: Passkey
    sign_count: int


def is_possible() -> bool:
    """Whether browsers allow it under the address of this installation: https with a name, or this machine itself."""
    parts = urlsplit(settings.BASE_URL)
    host = parts.hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return parts.scheme == "https"
    return False


def offers_passkeys() -> bool:
    """Whether the door has any use for a button."""
    return is_possible() and Passkey.objects.exists()


def origin() -> str:
    """The address of this installation as browsers name it: in small letters, without the usual port."""
    parts = urlsplit(settings.BASE_URL)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else _host()
    is_usual = parts.port in (None, {"https": 443, "http": 80}.get(parts.scheme))
    return f"{parts.scheme}://{host}" if is_usual else f"{parts.scheme}://{host}:{parts.port}"


def ask_for_new(request: HttpRequest, user: User) -> dict[str, Any]:
    """The question to a device to make a key for this user; it refuses where it has one."""
    options, state = _server().register_begin(
        PublicKeyCredentialUserEntity(name=user.email, id=_handle_of(user), display_name=str(user)),
        credentials=[_credential_of(each) for each in passkeys_of(user)],
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    _keep(request, state, use="new", user=user)
    return dict(options)


def new_key(request: HttpRequest, user: User, answer: str) -> NewKey:
    """What the device made. Raises UnableToBelieve."""
    state = _taken(request, use="new", user=user)
    try:
        data = _server().register_complete(state, _read(answer))
        credential = data.credential_data
    except (*_BAD, struct.error) as error:
        raise UnableToBelieve(_not_believed()) from error
    if credential is None or len(credential.credential_id) > _LONGEST_ID:
        raise UnableToBelieve(_not_believed())
    return NewKey(websafe_encode(credential.credential_id), bytes(credential), data.counter)


def ask(request: HttpRequest, user: User | None) -> dict[str, Any]:
    """The question to a device to sign: for a user who gave the password, or for anybody, who then has to prove to the device
    that they are its owner.
    """
    options, state = _server().authenticate_begin(
        [_credential_of(each) for each in passkeys_of(user)] if user is not None else None,
        user_verification=UserVerificationRequirement.PREFERRED if user is not None else UserVerificationRequirement.REQUIRED,
    )
    _keep(request, state, use="sign", user=user)
    return dict(options)


def answered(request: HttpRequest, user: User | None, answer: str) -> Answered:
    """Whose passkey signed. Raises UnableToBelieve."""
    state = _taken(request, use="sign", user=user)
    try:
        said = AuthenticationResponse.from_dict(_read(answer))
        found = Passkey.objects.select_related("user").filter(credential_id=websafe_encode(said.raw_id))
        passkey = (found if user is None else found.filter(user=user)).first()
        if passkey is None:
            raise UnableToBelieve(_("This passkey is not known here. It may have been removed."))
        if user is None and said.response.user_handle != _handle_of(passkey.user):
            raise UnableToBelieve(_not_believed())
        _server().authenticate_complete(state, [_credential_of(passkey)], said)
        return Answered(passkey, said.response.authenticator_data.counter)
    except (*_BAD, struct.error) as error:
        raise UnableToBelieve(_not_believed()) from error


def _server() -> Fido2Server:
    return Fido2Server(PublicKeyCredentialRpEntity(name="Mooring", id=_host()), verify_origin=lambda said: said == origin())


def _host() -> str:
    return (urlsplit(settings.BASE_URL).hostname or "").encode("idna").decode()


def _credential_of(passkey: Passkey) -> AttestedCredentialData:
    return AttestedCredentialData(bytes(passkey.credential))


def _handle_of(user: User) -> bytes:
    """Says nothing of the person (WebAuthn, 14.6.1), and is another under another name of host."""
    return hashlib.sha256(f"{_host()}/{user.pk}".encode()).digest()


def _keep(request: HttpRequest, state: Mapping[str, Any], *, use: str, user: User | None) -> None:
    kept = {"challenge": state["challenge"], "user_verification": str(state["user_verification"].value)}
    request.session[_QUESTION] = {"state": kept, "use": use, "user": _stamp_of(user), "at": time.time()}


def _stamp_of(user: User | None) -> list[Any] | None:
    """Who is asked, as of this password: a question from before another one, or before their sessions were ended, is void."""
    return [user.pk, user.get_session_auth_hash()] if user is not None else None


def _taken(request: HttpRequest, *, use: str, user: User | None) -> dict[str, Any]:
    question = request.session.pop(_QUESTION, None)
    is_ours = isinstance(question, dict) and (question["use"], question["user"]) == (use, _stamp_of(user))
    if not is_ours or time.time() - question["at"] > _LASTS:
        raise UnableToBelieve(_("That took too long. Please try again."))
    state: dict[str, Any] = question["state"]
    return state


def _read(answer: str) -> Any:
    if len(answer) > LONGEST_ANSWER:
        raise ValueError("too long")
    said = json.loads(answer)
    # Decoded once here, so that what is no base64url is refused before the library sees it.
    websafe_decode(said["rawId"])
    return said


def _not_believed() -> str:
    return _("The answer of the device does not fit. Please try again.")
