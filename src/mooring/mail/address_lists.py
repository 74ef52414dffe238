"""The strict reader of address headers (RFC 5322, 3.4 and the obsolete forms of 4.4 that have one reading only).

Whoever can be read as two different people is marked as ambiguous: shown, never trusted. One pass over the tokens, no
recursion, so the time is linear in the length of the header whatever stands in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from mooring.mail.address_keys import match_key
from mooring.mail.encoded_words import decode_words
from mooring.mail.types import Mailbox

LONGEST_NAME = 300
"""Display names are cut to this many characters."""

_TOKEN = re.compile(
    r"""(?P<blank>[\ \t\r\n]+)
      | (?P<word>=\?[^?\s]{1,64}\?[bBqQ]\?[^?\s<>"]{0,500}\?=)
      | (?P<atom>[^\x00-\x20\x7f()<>\[\]:;@\\,."]+)
      | (?P<literal>\[[^\[\]\\<>,;]*+\])
      | (?P<special>[<>:;@,.])
      | (?P<comment>\()
      | (?P<quoted>")
      | (?P<odd>.)""",
    re.VERBOSE | re.DOTALL,
)
_SIMPLE = re.compile(
    r"""\ *(?:(?:"([^"\\@=\x00-\x1f\x7f-\x9f]*)"\ *|([^"<>()\[\]:;@\\,=\x00-\x1f\x7f-\x9f]*))
        <([A-Za-z0-9!\#$%&*+/^_`{|}~.-]+@[A-Za-z0-9.-]+)>
      | ([A-Za-z0-9!\#$%&*+/^_`{|}~.-]+@[A-Za-z0-9.-]+))\ *(?:,|\Z)""",
    re.VERBOSE,
)
_REMEMBERED_LENGTH = 400
_LONG_REMEMBERED_LENGTH = 2_000

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_COMMENT_MARK = re.compile(r"\\.|[()]", re.DOTALL)
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_UNQUOTE = re.compile(r"\\(.)", re.DOTALL)
_HOLDS_ADDRESS = re.compile(r"[^\s@<>]@[^\s@<>]")


@dataclass(frozen=True, slots=True)
class AddressList:
    """What an address header holds. `defects` are words such as "name-holds-address" or "no-address"."""

    mailboxes: tuple[Mailbox, ...] = ()
    is_ambiguous: bool = False
    defects: tuple[str, ...] = ()


@dataclass(slots=True)
class _Entry:
    """The tokens of one mailbox so far: before an angle bracket, within, and what comments say."""

    before: list[tuple[str, str]] = field(default_factory=list)
    inside: list[tuple[str, str]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    has_angle: bool = False
    is_closed: bool = False
    is_odd: bool = False
    """Something stands where it may not, so other programs may read this entry otherwise."""


def read_addresses(value: str) -> AddressList:
    """The mailboxes of a From, To, Cc ... header. `value` is unfolded, its encoded words still encoded. Never raises."""
    if len(value) <= _REMEMBERED_LENGTH:
        return _remembered(value)
    return _long_remembered(value) if len(value) <= _LONG_REMEMBERED_LENGTH else _read(value)


def _read(value: str) -> AddressList:
    return _read_simple(value) or _Reader().read(value)


_remembered = lru_cache(maxsize=4_096)(_read)
"""The same few people write most letters of a mailbox."""
_long_remembered = lru_cache(maxsize=128)(_read)
"""Answers to all have the same long lists, in the order in which a thread's letters come."""


def _read_simple(value: str) -> AddressList | None:
    """A list of nothing but plain mailboxes, which most are, at a fifth of the cost; None for any other."""
    mailboxes = []
    position, length = 0, len(value)
    while position < length:
        found = _SIMPLE.match(value, position)
        if found is None:
            return None
        quoted, plain, address = found.group(1, 2, 3)
        name = (plain or "").strip(" ") if quoted is None else quoted.strip(" ")
        if name[:1] == "'" or len(name) > LONGEST_NAME or (quoted is None and "  " in name) or not name.isprintable():
            return None
        address = address or found[4]
        mailboxes.append(Mailbox("" if name.lower() == address.lower() else name, address, match_key(address)))
        position = found.end()
    return AddressList(tuple(mailboxes))


class _Reader:
    """Walks over the tokens of a header once and turns them into mailboxes."""

    def __init__(self) -> None:
        self.mailboxes: list[Mailbox] = []
        self.is_ambiguous = False
        self.defects: dict[str, None] = {}
        self.entry = _Entry()
        self.waiting_name = ""
        self.group_count = 0

    def read(self, value: str) -> AddressList:
        for kind, text in _tokens(value):
            if kind == "special" and text in "<>,;:":
                self._take_special(text)
            elif kind == "odd":
                self.entry.is_odd = True
            elif kind == "comment":
                self._take_comment(text)
            else:
                self._take_word(kind, text)
        self._finish_entry()
        self._drop_waiting_name()
        return AddressList(tuple(self.mailboxes), self.is_ambiguous, tuple(self.defects))

    def _take_special(self, mark: str) -> None:
        entry = self.entry
        in_angle = entry.has_angle and not entry.is_closed
        if mark == "<":
            entry.is_odd = entry.is_odd or entry.has_angle
            entry.has_angle = True
        elif mark == ">":
            entry.is_odd = entry.is_odd or not in_angle
            entry.is_closed = True
        elif in_angle and mark in ",:" and entry.inside and entry.inside[0] == ("special", "@"):
            self._skip_route(mark)
        elif mark == ":":
            self._open_group()
        else:
            self._finish_entry()
            if mark == ";":
                self._close_group()

    def _skip_route(self, mark: str) -> None:
        """An obsolete source route, <@one,@two:joe@three>: programs disagree on who is meant (RFC 5322, 4.4)."""
        self.entry.is_odd = True
        if mark == ":":
            self.entry.inside.clear()

    def _open_group(self) -> None:
        entry = self.entry
        if self.group_count or entry.has_angle or any(token == ("special", "@") for token in entry.before):
            self.is_ambiguous = True
        self._drop_waiting_name()
        self.entry = _Entry()
        self.group_count += 1
        self.defects["group"] = None

    def _close_group(self) -> None:
        if self.group_count:
            self.group_count -= 1
        else:
            self.defects["semicolon-between-addresses"] = None

    def _take_comment(self, text: str) -> None:
        if text.startswith("\0"):
            self.is_ambiguous = True
            self.defects["nested-comment"] = None
            text = text[1:]
        self.entry.comments.append(text)
        self.entry.is_odd = self.entry.is_odd or (self.entry.has_angle and not self.entry.is_closed)
        self._take_word("comment", text)

    def _take_word(self, kind: str, text: str) -> None:
        entry = self.entry
        if kind == "word" and "@" in text:
            entry.is_odd = True
        if not entry.has_angle:
            entry.before.append((kind, text))
        elif not entry.is_closed:
            entry.inside.append((kind, text))
        elif kind not in ("blank", "comment"):
            entry.is_odd = True

    def _finish_entry(self) -> None:
        entry, self.entry = self.entry, _Entry()
        if entry.has_angle:
            self._finish_angle(entry)
        elif any(token == ("special", "@") for token in entry.before):
            self._finish_bare(entry)
        else:
            self._finish_nameless(entry)

    def _finish_angle(self, entry: _Entry) -> None:
        address, is_clean = _address_of(entry.inside)
        phrase = entry.before
        name = _name_of(phrase)
        if not address:
            self._finish_without_domain(entry, name)
            return
        if any(token == ("special", "@") for token in phrase):
            bare, bare_is_clean = _address_of(phrase)
            entry.is_odd = entry.is_odd or not bare_is_clean or bare.strip("'").lower() != address.lower()
            self.defects["address-as-name"] = None
        if self.waiting_name:
            name = f"{self.waiting_name}, {name}" if name else self.waiting_name
            self.defects["comma-in-name"] = None
            self.waiting_name = ""
        is_odd = entry.is_odd or not is_clean or not entry.is_closed
        self._add(address, name or " ".join(entry.comments), entry.comments, is_odd)

    def _finish_without_domain(self, entry: _Entry, name: str) -> None:
        """<> says nobody and <MAILER-DAEMON> a name of the server's own: shown, but without a key."""
        inside = _trimmed(entry.inside)
        address = "".join(text for _, text in inside)
        is_word = bool(address) and all(kind == "atom" or text == "." for kind, text in inside)
        self.is_ambiguous = self.is_ambiguous or entry.is_odd or (bool(inside) and not is_word)
        self.defects["no-domain" if address else "no-address"] = None
        if address:
            self.mailboxes.append(Mailbox(name=name, address=_CONTROLS.sub("", address), key=""))

    def _finish_bare(self, entry: _Entry) -> None:
        self._drop_waiting_name()
        address, is_clean = _address_of(entry.before)
        self._add(address, " ".join(entry.comments), entry.comments, entry.is_odd or not is_clean)

    def _finish_nameless(self, entry: _Entry) -> None:
        """No address: an empty place, or the first half of a name that someone forgot to quote, as in Kim, Jo <j@x.y>."""
        self.is_ambiguous = self.is_ambiguous or entry.is_odd
        name = _name_of(entry.before)
        if name:
            self.waiting_name = f"{self.waiting_name}, {name}" if self.waiting_name else name
            self.waiting_name = self.waiting_name[:LONGEST_NAME]

    def _drop_waiting_name(self) -> None:
        if self.waiting_name:
            self.defects["no-address"] = None
            self.waiting_name = ""

    def _add(self, address: str, name: str, comments: list[str], is_odd: bool) -> None:
        name = clean_name(name) if comments else name
        if name.lower() == address.lower():
            name = ""
        key = match_key(address)
        if is_odd or "=?" in address:
            self.is_ambiguous = True
        if _HOLDS_ADDRESS.search(name) or any(_HOLDS_ADDRESS.search(comment) for comment in comments):
            self.defects["name-holds-address"] = None
        self.mailboxes.append(Mailbox(name=name, address=_CONTROLS.sub("", address), key=key))


def _tokens(value: str) -> Iterator[tuple[str, str]]:
    """(kind, text) one after another. A comment comes without its brackets, with NUL before it when it is nested."""
    position, length = 0, len(value)
    quotes_are_closed = True
    while position < length:
        found = _TOKEN.match(value, position)
        assert found is not None  # "odd" takes any character
        kind, position = found.lastgroup or "", found.end()
        if kind == "quoted":
            whole = _QUOTED.match(value, position - 1) if quotes_are_closed else None
            quotes_are_closed = whole is not None
            kind, found = ("quoted", whole) if whole is not None else ("odd", found)
            position = found.end()
        elif kind == "comment":
            end, is_nested = _end_of_comment(value, position)
            if end < 0:
                yield "odd", "("
                return
            yield "comment", ("\0" if is_nested else "") + value[position : end - 1]
            position = end
            continue
        yield kind, found[0]


def _end_of_comment(value: str, position: int) -> tuple[int, bool]:
    """Where the comment that begins before `position` is over (-1: never), and whether comments stand within it."""
    depth, is_nested = 1, False
    for mark in _COMMENT_MARK.finditer(value, position):
        if mark[0] == "(":
            depth, is_nested = depth + 1, True
        elif mark[0] == ")":
            depth -= 1
            if not depth:
                return mark.end(), is_nested
    return -1, is_nested


def _address_of(tokens: list[tuple[str, str]]) -> tuple[str, bool]:
    """(addr-spec, whether it is one without doubt): words and dots, one @, words and dots or a literal."""
    tokens = _trimmed(tokens)
    kinds = [text if kind == "special" else kind for kind, text in tokens]
    if "@" not in kinds:
        return "", False
    address = "".join(" " if kind == "blank" else text for kind, text in tokens if kind != "comment")
    at = kinds.index("@")
    local, domain = kinds[:at], kinds[at + 1 :]
    is_local = bool(local) and all(kind in ("atom", "word", ".", "quoted") for kind in local)
    is_domain = domain == ["literal"] or (bool(domain) and all(kind in ("atom", ".") for kind in domain))
    return address, is_local and is_domain and not ("quoted" in local and len(local) > 1)


def _trimmed(tokens: list[tuple[str, str]]) -> list[tuple[str, str]]:
    start, end = 0, len(tokens)
    while start < end and tokens[start][0] in ("blank", "comment"):
        start += 1
    while end > start and tokens[end - 1][0] in ("blank", "comment"):
        end -= 1
    return tokens[start:end]


def _name_of(tokens: list[tuple[str, str]]) -> str:
    """The display name that words make, quotes undone, encoded words decoded."""
    pieces = []
    for kind, text in tokens:
        if kind == "quoted":
            pieces.append(_UNQUOTE.sub(r"\1", text[1:-1]))
        elif kind != "comment":
            pieces.append(" " if kind == "blank" else text)
    return clean_name("".join(pieces))


def clean_name(name: str) -> str:
    """A name fit for one line: encoded words decoded, no control characters, no outer apostrophes, not endless."""
    name = _CONTROLS.sub(" ", decode_words(name.strip())).strip()
    if len(name) > 2 and name[0] == "'" == name[-1]:
        name = name[1:-1].strip()
    return name[:LONGEST_NAME]
