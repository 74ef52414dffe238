"""“Secure password authentication”: SASL NTLM as Microsoft's and Cyrus' servers speak it ([MS-NLMP], [MS-POP3], [MS-SMTPNTLM]).

Promises: version 2 alone, unless the account says that its server knows no other; which one is decided here for each log-in,
never by the environment of the process; nothing of the conversation is logged.
"""

from __future__ import annotations

import logging
import struct
from typing import ClassVar

from spnego._ntlm import NTLMProxy
from spnego.exceptions import SpnegoError

from mooring.mail.errors import ProtocolViolation, UnusableName
from mooring.mail.types import Server

# At the level DEBUG the library writes the answers to challenges, from which passwords can be guessed.
logging.getLogger("spnego").setLevel(logging.WARNING)

_SERVICES = {"pop3": "pop"}
"""What the service is called among the names of a Windows domain, where not like the protocol."""


class Ntlm:
    """One log-in. The user name may be "DOMAIN\\user" or "user@domain"."""

    name: ClassVar[str] = "NTLM"

    def __init__(self, server: Server, *, is_old: bool = False) -> None:
        if "\0" in server.user_name:
            raise UnusableName(what="user name")
        self._context = _context_for(server)
        # The library reads the version from the environment of the whole process and has no other way (pyspnego 0.12.4).
        # Without the LM response: it gives away more of the password than even version 1 does.
        self._context._lm = False
        self._context._nt_v1, self._context._nt_v2 = is_old, not is_old
        self._is_asked = False

    def first(self) -> bytes | None:
        """The server speaks first: [MS-POP3] and Exim take nothing together with the command."""
        return None

    def answer(self, challenge: bytes) -> bytes | None:
        """What stands in the first challenge does not matter: empty (IMAP, POP3) or words (SMTP)."""
        if self._context.complete:
            return None
        try:
            said = self._context.step(challenge if self._is_asked else None)
        except (SpnegoError, ValueError, struct.error, IndexError, KeyError, OverflowError) as error:
            raise ProtocolViolation(expected="a challenge of NTLM") from error
        self._is_asked = True
        return said


def _context_for(server: Server) -> NTLMProxy:
    service = _SERVICES.get(server.protocol, server.protocol)
    return NTLMProxy(server.user_name, server.password.reveal(), hostname=server.host, service=service)
