"""Letters and header blocks byte for byte.

Promises: a letter is handed on only when complete; one that the server does not hand out is left out, while a passing trouble is
an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mooring.mail.errors import CommandRefused, ProtocolViolation
from mooring.mail.protocols.pop3.exchange import LETTER_CAP, Answer
from mooring.mail.protocols.pop3.refusals import command_error
from mooring.mail.protocols.pop3.session import Session

HEADER_CAP = 262_144


def headers_of(session: Session, numbers: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    """(number, header block up to and with the empty line), cut off after HEADER_CAP bytes; nothing from servers without TOP."""
    commands = [(b"TOP", b"%d" % number, b"0") for number in numbers]
    for number, answer in zip(numbers, session.run(commands, cap=LETTER_CAP), strict=True):
        if _is_given(session, answer, "TOP"):
            yield number, header_in(answer.block)


def letters_of(session: Session, numbers: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    """(number, letter)."""
    commands = [(b"RETR", b"%d" % number) for number in numbers]
    for number, answer in zip(numbers, session.run(commands, cap=LETTER_CAP), strict=True):
        if _is_given(session, answer, "RETR"):
            yield number, answer.block


def whole_letter(raw: bytes, *, size: int) -> bytes:
    """The letter as it lies on the server. One that ends within a line comes with a line end more, which its size tells."""
    if not raw and size:
        raise ProtocolViolation(expected="a letter that is not empty")
    return raw[:-2] if len(raw) == size + 2 and raw.endswith(b"\r\n") else raw


def header_in(raw: bytes) -> bytes:
    """The header block of a letter; some servers send more than was asked for."""
    end = raw.find(b"\r\n\r\n")
    return (raw if end < 0 else raw[: end + 4])[:HEADER_CAP]


def _is_given(session: Session, answer: Answer, command: str) -> bool:
    if answer.reply.is_ok:
        return True
    error = command_error(answer.reply, host=session.stream.host, command=command)
    if isinstance(error, CommandRefused):
        return False
    raise error
