"""A fake IMAP server for what real servers do not do on demand: misbehaviour, and Gmail's extension.

`ScriptedImap` holds a small mailbox and answers like a modest server; a test replaces answers by command, cuts the
connection after so many bytes, or lets it hang. It records every byte that the client sent.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from mooring.mail.types import Encryption, Secret, Server
from servers.scripted import LOOPBACK, ScriptedServer

__all__ = ["LOOPBACK", "Answer", "FakeLetter", "ScriptedImap"]

_LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r\n$")


@dataclass
class FakeLetter:
    """A letter in the fake's mailbox; `more` are further FETCH items such as "X-GM-MSGID 17"."""

    uid: int
    raw: bytes
    flags: str = ""
    more: str = ""
    modseq: int = 1
    received: str = "17-Jul-1996 02:44:25 -0700"


Answer = Callable[[bytes, bytes], bytes]
"""answer(tag, command line) -> all that is sent back."""


@dataclass
class ScriptedImap(ScriptedServer):
    """Start with `start()`, reach it with `server()`. One connection at a time is enough for tests."""

    letters: list[FakeLetter] = field(default_factory=list)
    capabilities: str = "IMAP4rev1 AUTH=PLAIN SASL-IR"
    greeting: bytes = field(default=b"* OK fake ready\r\n", kw_only=True)
    folders: list[str] = field(default_factory=lambda: ['(\\HasNoChildren) "/" INBOX'])
    uidvalidity: str = "77"
    uidnext: str = ""
    modseq: str = ""
    answers: dict[str, Answer | bytes] = field(default_factory=dict)
    """By the first words of a command, such as "UID FETCH": what is answered instead. TAG stands for the tag."""
    consent: bytes = b"+ go on\r\n"
    """What a literal is answered with."""

    @property
    def lines(self) -> list[bytes]:
        """What the client sent, line by line, without tags."""
        return [line.partition(b" ")[2] or line for line in bytes(self.received).split(b"\r\n") if line]

    def server(self, *, encryption: Encryption = Encryption.NONE, seconds: float = 5.0) -> Server:
        """How an account would reach it."""
        return Server(
            protocol="imap",
            host="localhost",
            port=self.port,
            encryption=encryption,
            user_name="alice",
            password=Secret("secret"),
            plain_login_allowed=encryption is Encryption.NONE,
            timeout=timedelta(seconds=seconds),
        )

    # -- serving -----------------------------------------------------------------------------------------------------

    def serve_command(self, connection: socket.socket) -> bool:
        """One command, with its literals."""
        line = self._command(connection)
        if not line:
            return False
        tag, _, command = line.partition(b" ")
        words = command.upper()
        if self.is_hanging_at(words, connection):
            return False
        self.send(connection, self._answer(tag, command))
        if words.startswith(b"STARTTLS") and self.certificate is not None and "STARTTLS" not in self.answers:
            return self.continue_encrypted(connection)
        return not words.startswith(b"LOGOUT")

    def _command(self, connection: socket.socket) -> bytes:
        line, literal_end = b"", 0
        while not line[literal_end:].endswith(b"\r\n"):
            line += self.receive(connection, 1)
            literal = _LITERAL.search(line)
            if literal is None:
                continue
            if not literal[2]:
                self.send(connection, self.consent)
            size = int(literal[1])
            block = b""
            while len(block) < size:
                block += self.receive(connection, size - len(block))
            line += block
            literal_end = len(line)
        return line[:-2]

    # -- answers -----------------------------------------------------------------------------------------------------

    def _answer(self, tag: bytes, command: bytes) -> bytes:
        words = (command or tag).upper().decode("latin-1")
        for start in sorted(self.answers, key=len, reverse=True):
            if words.startswith(start):
                answer = self.answers[start]
                return answer(tag, command) if callable(answer) else answer.replace(b"TAG", tag)
        return self._untagged(command, words) + tag + b" OK done\r\n"

    def _untagged(self, command: bytes, words: str) -> bytes:
        if words.startswith("CAPABILITY"):
            return f"* CAPABILITY {self.capabilities}\r\n".encode()
        if words.startswith(("LIST", "XLIST")):
            return "".join(f"* {words.split()[0]} {folder}\r\n" for folder in self.folders).encode("latin-1")
        if words.startswith(("EXAMINE", "SELECT")):
            return self.examined()
        if words.startswith("UID SEARCH RETURN"):
            return b"* ESEARCH (TAG x) UID ALL %s\r\n" % self._uid_list(b",")
        if words.startswith("UID SEARCH"):
            return b"* SEARCH %s\r\n" % self._uid_list(b" ")
        if words.startswith(("UID FETCH", "FETCH")):
            return self.fetched(command)
        if words.startswith("ENABLE"):
            return b"* ENABLED " + command.partition(b" ")[2] + b"\r\n"
        return b""

    def end_of_idle(self) -> bytes:
        """The usual answer to DONE, under the tag of the IDLE before it."""
        tags = re.findall(rb"(\w+) IDLE\r\n", bytes(self.received))
        return tags[-1] + b" OK done\r\n"

    def examined(self) -> bytes:
        """The usual answer to EXAMINE, without the tagged end."""
        lines = [f"* {len(self.letters)} EXISTS", "* 0 RECENT", "* FLAGS (\\Seen)"]
        if self.uidvalidity:
            lines.append(f"* OK [UIDVALIDITY {self.uidvalidity}] here")
        highest = max((letter.uid for letter in self.letters), default=0)
        if self.uidnext != "none":
            lines.append(f"* OK [UIDNEXT {self.uidnext or highest + 1}] next")
        if self.modseq:
            lines.append(f"* OK [HIGHESTMODSEQ {self.modseq}] changes")
        return "".join(line + "\r\n" for line in lines).encode()

    def fetched(self, command: bytes) -> bytes:
        """The usual answer to FETCH and UID FETCH, without the tagged end."""
        words = command.upper().split()
        is_by_uid = words[0] == b"UID"
        changed_since = re.search(rb"CHANGEDSINCE (\d+)", command.upper())
        answer = b""
        for number, letter in enumerate(self.letters, 1):
            is_wanted = self._is_wanted(letter.uid if is_by_uid else number, words[2 if is_by_uid else 1].decode())
            if is_wanted and (changed_since is None or letter.modseq > int(changed_since[1])):
                answer += b"* %d FETCH (%s)\r\n" % (number, _items(letter, command.upper()))
        return answer

    def _is_wanted(self, number: int, chosen: str) -> bool:
        last = max((letter.uid for letter in self.letters), default=0)
        for part in chosen.split(","):
            low, _, high = part.partition(":")
            first = last if low == "*" else int(low)
            final = last if high == "*" else int(high or first)
            if min(first, final) <= number <= max(first, final):
                return True
        return False

    def _uid_list(self, joint: bytes) -> bytes:
        return joint.join(b"%d" % letter.uid for letter in self.letters)


def _items(letter: FakeLetter, command: bytes) -> bytes:
    items = [b"UID %d" % letter.uid]
    if b"FLAGS" in command:
        items.append(f"FLAGS ({letter.flags})".encode())
    if b"INTERNALDATE" in command:
        items.append(f'INTERNALDATE "{letter.received}"'.encode())
    if b"RFC822.SIZE" in command:
        items.append(b"RFC822.SIZE %d" % len(letter.raw))
    if letter.more and b"INTERNALDATE" in command:
        items.append(letter.more.encode())
    body = re.search(rb"BODY\.PEEK\[(HEADER)?\]<(\d+)\.(\d+)>", command)
    if body is not None:
        whole = letter.raw if body[1] is None else letter.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        first = int(body[2])
        part = whole[first : first + int(body[3])]
        items.append(b"BODY[%s]<%d> {%d}\r\n" % (body[1] or b"", first, len(part)) + part)
    return b" ".join(items)
