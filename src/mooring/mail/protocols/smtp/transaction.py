"""One letter over an SMTP session: MAIL, RCPT for each recipient, DATA, and what the server makes of it.

Certain until `before_data`: the final dot has not been sent, so nothing was accepted (RFC 5321, 4.1.1.4). After it, only a reply
is certain; a letter without one has an unknown fate.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mooring.mail.errors import AllRecipientsRefused, FateUnknown, LetterRefused, MailError
from mooring.mail.protocols.smtp.replies import Reply, going_away, letter_error, read_reply, recipient_refusal
from mooring.mail.protocols.smtp.session import Session
from mooring.mail.types import Envelope, Refusal, Sent
from mooring.mail.writing import needs_smtputf8, wire_address

FINAL_WAIT_SECONDS = 600.0
"""So long the answer to the final dot is waited for: giving up sooner is how letters get doubled (RFC 5321, 4.5.3.2.6)."""
_AT_ONCE = 50
"""Recipients named in one go where the server takes commands in advance; their replies fit any buffer."""
_LINE_ENDS = re.compile(rb"\r\n|\r|\n")
_MESSAGE_ID = re.compile(rb"^message-id:\s*<([\x21-\x7e]{1,100})>\s*$", re.IGNORECASE | re.MULTILINE)
_NOT_IN_XTEXT = re.compile(r"[^!-*,-<>-~]")


class Transaction:
    """Sends one letter; used once. `is_within_letter` afterwards: nothing more may be said on the session."""

    def __init__(self, session: Session, *, user: str) -> None:
        self._session = session
        self._user = user
        self.is_within_letter = False

    def send(self, envelope: Envelope, raw: bytes, *, before_data: Callable[[], None]) -> Sent:
        """As contract.Outgoing.send."""
        data = _stuffed(raw)
        is_beyond_ascii = needs_smtputf8(raw) or not all(map(str.isascii, (envelope.sender, *envelope.recipients)))
        self._refuse_unsendable(len(data), is_beyond_ascii=is_beyond_ascii)
        refused = self._address(envelope, raw, size=len(data), is_beyond_ascii=is_beyond_ascii)
        if len(refused) == len(envelope.recipients):
            raise AllRecipientsRefused(refused)
        reply = self._session.do("DATA")
        if reply.code != 354:
            raise self._error(reply)
        self.is_within_letter = True
        self._session.stream.send(data)
        before_data()
        return Sent(tuple(refused), server_said=self._end_letter().text[:500])

    def _refuse_unsendable(self, size: int, *, is_beyond_ascii: bool) -> None:
        extensions = self._session.extensions
        limit = extensions.get("SIZE", "")
        if limit.isdecimal() and 0 < int(limit) < size:
            said = f"The server takes letters of up to {limit} bytes; this one has {size}."
            raise LetterRefused(said, is_permanent=True, reply_code="552", status="5.3.4")
        if is_beyond_ascii and "SMTPUTF8" not in extensions:
            said = "The server does not take addresses with letters beyond ASCII."
            raise LetterRefused(said, is_permanent=True, reply_code="550", status="5.6.7")

    # -- who it is for -----------------------------------------------------------------------------------------------

    def _address(self, envelope: Envelope, raw: bytes, *, size: int, is_beyond_ascii: bool) -> list[Refusal]:
        """MAIL and every RCPT; those that are refused. Raises what the server says of the letter as a whole."""
        sender = wire_address(envelope.sender) if envelope.sender else ""
        mail = f"MAIL FROM:<{sender}>" + "".join(self._mail_parameters(raw, size, is_beyond_ascii))
        commands = [mail, *(self._rcpt(address) for address in envelope.recipients)]
        at_once = _AT_ONCE if "PIPELINING" in self._session.extensions else 1
        replies: list[Reply] = []
        for start in range(0, len(commands), at_once):
            replies += self._exchange(commands[start : start + at_once])
        answers = zip(envelope.recipients, replies[1:], strict=True)
        return [recipient_refusal(address, reply) for address, reply in answers if not reply.is_yes]

    def _exchange(self, commands: Sequence[str]) -> list[Reply]:
        stream = self._session.stream
        stream.send("".join(f"{command}\r\n" for command in commands).encode())
        replies = []
        for command in commands:
            reply = read_reply(stream)
            if reply.code == 421 or (command.startswith("MAIL") and not reply.is_yes):
                # What else was sent in advance is answered too, but nobody reads it: the session ends here.
                self.is_within_letter = len(commands) > 1
                raise self._error(reply)
            replies.append(reply)
        return replies

    def _mail_parameters(self, raw: bytes, size: int, is_beyond_ascii: bool) -> list[str]:
        extensions = self._session.extensions
        parameters = [f" SIZE={size}"] if "SIZE" in extensions else []
        if "8BITMIME" in extensions and not raw.isascii():
            parameters.append(" BODY=8BITMIME")
        if is_beyond_ascii:
            parameters.append(" SMTPUTF8")
        if "DSN" in extensions:
            identity = _MESSAGE_ID.search(raw[:65_536])
            parameters.append(" RET=HDRS")
            parameters += [f" ENVID={_xtext(identity[1].decode('ascii'))}"] if identity else []
        return parameters

    def _rcpt(self, address: str) -> str:
        command = f"RCPT TO:<{wire_address(address)}>"
        if "DSN" not in self._session.extensions:
            return command
        original = f" ORCPT=rfc822;{_xtext(address)}" if address.isascii() and len(address) <= 250 else ""
        return f"{command} NOTIFY=FAILURE,DELAY{original}"

    # -- the end -----------------------------------------------------------------------------------------------------

    def _end_letter(self) -> Reply:
        host = self._session.stream.host
        try:
            self._session.stream.send(b".\r\n")
            reply = read_reply(self._session.patient_stream(FINAL_WAIT_SECONDS))
        except MailError as error:
            raise FateUnknown(host=host) from error
        self.is_within_letter = False
        if reply.code == 421:
            raise going_away(reply, host=host)
        if not reply.is_yes:
            raise LetterRefused(reply.text, is_permanent=reply.is_permanent, reply_code=str(reply.code), status=reply.status)
        return reply

    def _error(self, reply: Reply) -> MailError:
        return letter_error(reply, host=self._session.stream.host, user=self._user)


def _stuffed(raw: bytes) -> bytes:
    """Every line ends with CRLF and none begins with the dot that would end the letter (RFC 5321, 4.5.2).

    A lone CR or LF never travels: some servers take it for a line end and some do not (SMTP smuggling, CVE-2023-51764).
    """
    raw = _LINE_ENDS.sub(b"\r\n", raw)
    raw = raw if raw.endswith(b"\r\n") else raw + b"\r\n"
    raw = raw.replace(b"\r\n.", b"\r\n..")
    return b"." + raw if raw.startswith(b".") else raw


def _xtext(text: str) -> str:
    return _NOT_IN_XTEXT.sub(lambda found: f"+{ord(found[0]):02X}", text)
