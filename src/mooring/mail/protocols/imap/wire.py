"""The grammar of IMAP4rev1 on the wire (RFC 3501, section 9): responses taken apart, commands put together.

What comes in: a response is a line whose literals have been read by their byte count. What goes out: every argument
passes `astring`, which never lets CR, LF or NUL through and sends 8-bit text as a literal; what Mooring itself writes
(command names, sets, items) passes `plain`, which refuses anything that is not printable ASCII.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from mooring.mail.errors import ProtocolViolation, UnusableName
from mooring.mail.protocols.stream import Stream

Value: TypeAlias = "bytes | list[Value] | None"
"""An atom, string or literal; a parenthesised list; NIL."""

LITERAL_CAP = 67_108_864
COMMAND_CAP = 8_000
_DEPTH_CAP = 50
_LITERAL_MARK = re.compile(rb"~?\{(\d{1,10})\+?\}$")
_STATUS_KINDS = frozenset({b"OK", b"NO", b"BAD", b"BYE", b"PREAUTH"})
_TOKEN = re.compile(
    rb' *(?:([^\s()"\[{]+(?:\[[^\]]*\][^\s()"\[{]*)*|(?:\[[^\]]*\][^\s()"\[{]*)+)'
    rb'|"([^"\\]*(?:\\.[^"\\]*)*)"|(\()|(\)))'
)
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_CODE = re.compile(rb"\[([A-Za-z0-9\-./]+)(?: ([^\]]*))?\] ?(.*)", re.DOTALL)
_PRINTABLE = re.compile(rb"[\x20-\x7e]*")
_QUOTABLE = re.compile(rb"[\x01-\x09\x0b\x0c\x0e-\x7f]*")


class Response:
    """One response of the server. `kind` is in upper case; `pieces` alternate between text and literals.

    Not to be changed once made; a plain class, because a session makes one per letter.
    """

    __slots__ = ("_values", "kind", "number", "pieces", "tag")

    def __init__(self, tag: bytes, number: int | None, kind: bytes, pieces: Sequence[bytes]) -> None:
        self.tag = tag
        self.number = number
        self.kind = kind
        self.pieces = pieces
        self._values: list[Value] | None = None

    @property
    def is_status(self) -> bool:
        """OK, NO, BAD, BYE or PREAUTH."""
        return self.kind in _STATUS_KINDS

    @property
    def values(self) -> list[Value]:
        """What follows the kind, taken apart. Raises ProtocolViolation."""
        if self._values is None:
            self._values = parse_values(self.pieces)
        return self._values

    @property
    def code(self) -> str:
        """The response code in upper case, such as "UIDVALIDITY"; empty when there is none (RFC 5530)."""
        match = _CODE.match(self.pieces[0])
        return match[1].decode("ascii").upper() if match else ""

    @property
    def code_argument(self) -> bytes:
        """What stands beside the response code."""
        match = _CODE.match(self.pieces[0])
        return (match[2] or b"") if match else b""

    @property
    def text(self) -> str:
        """The words of a status response: the server's, not ours."""
        match = _CODE.match(self.pieces[0])
        words = match[3] if match else self.pieces[0]
        return words.decode("utf-8", "replace").strip()


def read_response(stream: Stream) -> Response:
    """The next response, complete with its literals. Raises ProtocolViolation, ConnectionLost, NoAnswer."""
    stream.start_response()
    line = stream.line()
    tag, _, rest = line.partition(b" ")
    if tag == b"+":
        return Response(tag, None, b"", (rest,))
    kind, _, tail = rest.partition(b" ")
    number = None
    if kind.isdigit():
        number = _number(kind)
        kind, _, tail = tail.partition(b" ")
    kind = kind.upper()
    if not kind or not tag:
        raise ProtocolViolation(expected="a response")
    if kind in _STATUS_KINDS or not tail.endswith(b"}"):
        return Response(tag, number, kind, (tail,))
    return Response(tag, number, kind, _with_literals(stream, tail))


def _with_literals(stream: Stream, text: bytes) -> list[bytes]:
    pieces: list[bytes] = []
    room = LITERAL_CAP
    while mark := _LITERAL_MARK.search(text):
        size = int(mark[1])
        room -= size + len(text)
        if room < 0:
            raise ProtocolViolation(expected=f"at most {LITERAL_CAP} bytes of literals")
        pieces += (text[: mark.start()], stream.exactly(size))
        text = stream.line()
    pieces.append(text)
    return pieces


def parse_values(pieces: Sequence[bytes]) -> list[Value]:
    """The values in text and literals that alternate. Raises ProtocolViolation for what is no IMAP."""
    outer: list[list[Value]] = []
    current: list[Value] = []
    for is_literal, token, value in _tokens(pieces):
        if is_literal or token <= 2:
            current.append(value)
        elif token == 3:
            outer.append(current)
            current = []
            if len(outer) > _DEPTH_CAP:
                raise ProtocolViolation(expected=f"at most {_DEPTH_CAP} levels of parentheses")
        else:
            if not outer:
                raise ProtocolViolation(expected="matching parentheses")
            inner, current = current, outer.pop()
            current.append(inner)
    if outer:
        raise ProtocolViolation(expected="matching parentheses")
    return current


def _tokens(pieces: Sequence[bytes]) -> Iterator[tuple[bool, int, bytes | None]]:
    for place, piece in enumerate(pieces):
        if place % 2:
            yield True, 0, piece
            continue
        position, end = 0, len(piece.rstrip(b" "))
        while position < end:
            match = _TOKEN.match(piece, position)
            if match is None:
                raise ProtocolViolation(expected="IMAP tokens")
            position = match.end()
            yield False, match.lastindex or 0, _value_of(match)


def _value_of(match: re.Match[bytes]) -> bytes | None:
    if match.lastindex == 1:
        return None if match[1] in (b"NIL", b"nil") else match[1]
    if match.lastindex == 2:
        return _ESCAPE.sub(rb"\1", match[2]) if b"\\" in match[2] else match[2]
    return None


def to_number(value: Value) -> int:
    """A number of the wire, up to 63 bits. Raises ProtocolViolation."""
    if not isinstance(value, bytes):
        raise ProtocolViolation(expected="a number")
    return _number(value)


def _number(text: bytes) -> int:
    if not text.isdigit() or len(text) > 19:
        raise ProtocolViolation(expected="a number")
    return int(text)


def to_text(value: Value) -> str:
    """An atom or string as text, one character per byte. Raises ProtocolViolation for a list or NIL."""
    if not isinstance(value, bytes):
        raise ProtocolViolation(expected="a string")
    return value.decode("latin-1")


@dataclass(frozen=True, slots=True)
class Argument:
    """A piece of a command that is ready to be sent. Made by `plain` and `astring` only."""

    raw: bytes
    is_literal: bool = False


def plain(text: bytes) -> Argument:
    """What the program itself writes. Raises UnusableName when something else slipped in."""
    if not _PRINTABLE.fullmatch(text):
        raise UnusableName(what=text.decode("latin-1"))
    return Argument(text)


def astring(value: bytes, *, what: str) -> Argument:
    """A value from outside: quoted, or as a literal when it holds 8-bit bytes; `what` names it for people.

    Raises UnusableName for CR, LF and NUL, which could end the command and begin another one.
    """
    if b"\0" in value or b"\r" in value or b"\n" in value:
        raise UnusableName(what=what)
    if len(value) > 1_000 or not _QUOTABLE.fullmatch(value):
        return Argument(value, is_literal=True)
    return Argument(b'"' + value.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"')


def encode_command(tag: bytes, arguments: Sequence[Argument], *, has_literal_plus: bool) -> list[bytes]:
    """The command in the blocks in which it is sent.

    After each block but the last the server's consent ("+") must be awaited (RFC 3501, section 7.5), unless it takes
    literals at once (RFC 7888). Sizes are counted in bytes.
    """
    blocks: list[bytes] = []
    block = tag
    for argument in arguments:
        if not argument.is_literal:
            block += b" " + argument.raw
        elif has_literal_plus:
            block += b" {%d+}\r\n" % len(argument.raw) + argument.raw
        else:
            blocks.append(block + b" {%d}\r\n" % len(argument.raw))
            block = argument.raw
    return [*blocks, block + b"\r\n"]
