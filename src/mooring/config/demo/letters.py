"""A year of letters, made from the talks: who writes what to whom and when, as the bytes that a server would hold."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from random import Random
from typing import Any, Final

from mooring.config.demo import drawing
from mooring.config.demo.company import ALICE, BOB, HOME, Colleague, Firm
from mooring.config.demo.talks import ROPES, SAILS, Talk, Turn
from mooring.config.demo.talks_abroad import BY_LANGUAGE, CLOSINGS, GREETINGS, QUOTING

YEAR: Final = timedelta(days=365)
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_MONTHS: Final = ("March", "April", "May", "June", "September")
_LATIN: Final = {"ł": "l", "ø": "o", "ß": "ss", "ð": "d", "æ": "ae"}
_READINGS: Final = {
    "山田 太郎": "taro.yamada",
    "佐藤 花子": "hanako.sato",
    "鈴木 一郎": "ichiro.suzuki",
    "高橋 美咲": "misaki.takahashi",
    "伊藤 健": "ken.ito",
}


@dataclass(frozen=True, slots=True)
class Post:
    """A letter and where it lies. `mailbox` is "bob", "alice", "sales" or "office"."""

    mailbox: str
    folder: str
    raw: bytes
    at: datetime
    is_seen: bool = True


def address_of(person: str, firm: Firm) -> str:
    """The address under which somebody at a customer or lead writes."""
    return f"{local_part(person)}@{firm.domain}"


def local_part(person: str) -> str:
    """ "Łukasz Kurtyna" writes as lukasz.kurtyna."""
    if person in _READINGS:
        return _READINGS[person]
    words = [word for word in person.lower().split() if not word.endswith(".") and word not in ("dr",)]
    plain = "".join(_LATIN.get(sign, sign) for sign in " ".join(words))
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", plain) if sign.isascii())
    return ".".join("".join(sign for sign in word if sign.isalnum()) for word in bare.split())


def year_of_letters(*, firms: tuple[Firm, ...], now: datetime, chance: Random) -> Iterator[Post]:
    """The conversations with these firms, ending shortly before `now`; the same for the same `chance`."""
    for number, firm in enumerate(firms):
        talks = BY_LANGUAGE[firm.language]
        count = chance.choices((1, 2, 3), (5, 4, 2))[0]
        for talk in chance.sample(talks, min(count, len(talks))):
            start = now - YEAR * chance.random() ** 1.6
            us = ALICE if number % 4 == 0 else BOB
            yield from _Correspondence(firm, talk, us, chance).letters(start=start, now=now)


class _Correspondence:
    """One conversation: every answer refers to, and quotes, the letter before."""

    def __init__(self, firm: Firm, talk: Talk, us: Colleague, chance: Random) -> None:
        self._firm, self._talk, self._us, self._chance = firm, talk, us, chance
        self._person = chance.choices(firm.people, [5, 2, 1][: len(firm.people)])[0]
        self._blanks = {
            "name": self._person if firm.language == "ja" else self._person.removeprefix("Dr ").removeprefix("Dr. ").split()[0],
            "matter": firm.matter,
            "us": us.name.split()[0],
            "firm": firm.name,
            "price": f"{chance.randrange(9, 480) * 10:,}",
            "length": chance.randrange(18, 64),
            "number": chance.randrange(8, 240),
            "weekday": chance.choice(_WEEKDAYS),
            "month": chance.choice(_MONTHS),
            "rope": chance.choice(ROPES),
            "sail": chance.choice(SAILS),
        }
        self._before: EmailMessage | None = None
        self._said = ""

    def letters(self, *, start: datetime, now: datetime) -> Iterator[Post]:
        at = start
        for turn in self._talk.turns:
            if at >= now:
                return
            message = self._message(turn, at)
            yield from self._posted(message, turn, at, now)
            self._before = message
            at += timedelta(minutes=self._chance.randrange(25, 60 * 50))

    def _message(self, turn: Turn, at: datetime) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        theirs = _mailbox(self._person, address_of(self._person, self._firm))
        ours = _mailbox(self._us.name, self._us.address)
        message["From"], message["To"] = (ours, theirs) if turn.is_ours else (theirs, ours)
        if not turn.is_ours and len(self._firm.people) > 1 and self._chance.random() < 0.25:
            other = next(person for person in self._firm.people if person != self._person)
            message["Cc"] = _mailbox(other, address_of(other, self._firm))
        self._put_subject_and_thread(message, at)
        text = self._text(turn)
        message.set_content(text + self._quoted(at), cte="quoted-printable" if not text.isascii() else None)
        if "html" in turn.encloses or self._chance.random() < 0.3:
            self._add_html(message, text)
        for name in turn.encloses:
            self._enclose(message, name)
        self._said = text
        return message

    def _put_subject_and_thread(self, message: EmailMessage, at: datetime) -> None:
        subject = self._talk.subject.format(**self._blanks)
        answer = {"de": "AW: ", "pl": "Odp: "}.get(self._firm.language, "Re: ")
        message["Subject"] = subject if self._before is None else answer + subject
        message["Date"] = format_datetime(at)
        host = message["From"].addresses[0].domain
        message["Message-ID"] = f"<{self._chance.getrandbits(80):020x}@{host}>"
        if self._before is not None:
            before = str(self._before["Message-ID"])
            message["In-Reply-To"] = before
            message["References"] = " ".join(filter(None, (str(self._before["References"] or ""), before)))

    def _text(self, turn: Turn) -> str:
        language = self._firm.language
        body = turn.text.format(**self._blanks)
        body = body[0].upper() + body[1:] if language in ("en", "fr") else body
        to = {**self._blanks, "name": self._blanks["name"] if turn.is_ours else self._us.name.split()[0]}
        writer = (
            f"{self._us.name}\nHalyard & Sons, rope and sail makers" if turn.is_ours else f"{self._person}\n{self._firm.name}"
        )
        return f"{GREETINGS[language].format(**to)}\n\n{body}\n\n{CLOSINGS[language]}\n{writer}\n"

    def _quoted(self, at: datetime) -> str:
        if self._before is None:
            return ""
        name = self._before["From"].addresses[0].display_name
        opening = QUOTING[self._firm.language].format(date=f"{at:%Y-%m-%d}", name=name)
        return "\n" + opening + "\n" + "".join(f"> {line}\n" for line in self._said.splitlines())

    def _add_html(self, message: EmailMessage, text: str) -> None:
        paragraphs = "".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in text.split("\n\n"))
        rope = f"rope-{self._chance.getrandbits(40):x}@{HOME}"
        shown = f'<html><body style="font-family: Georgia, serif">{paragraphs}<img src="cid:{rope}" alt=""></body></html>'
        message.add_alternative(shown, subtype="html")
        body: Any = message.get_payload()[1]  # type: ignore[index]  # the alternative just added
        body.add_related(drawing.logo(), "image", "png", cid=f"<{rope}>", filename="halyard.png", disposition="inline")

    def _enclose(self, message: EmailMessage, name: str) -> None:
        number, price = self._blanks["number"], self._blanks["price"]
        if name in ("offer", "invoice"):
            title = f"{name.capitalize()} {number}/26"
            lines = ("Halyard & Sons, rope and sail makers", "The Old Rope Walk, Westhaven", "", f"for {self._firm.name}")
            pdf = drawing.document(title=title, lines=(*lines, "", f"Total: GBP {price}"))
            message.add_attachment(pdf, maintype="application", subtype="pdf", filename=f"{name.capitalize()}-{number}-26.pdf")
        elif name in ("plan", "photo"):
            picture = drawing.sail_plan(width=160, height=120, hue=self._chance.randrange(256))
            message.add_attachment(picture, maintype="image", subtype="png", filename=_picture_name(name, self._firm.language))
        elif name == "prices":
            table = drawing.price_list([(rope, 40 + 7 * place) for place, rope in enumerate(ROPES)])
            message.add_attachment(table, maintype="text", subtype="csv", filename="Prices 2026-27.csv")

    def _posted(self, message: EmailMessage, turn: Turn, at: datetime, now: datetime) -> Iterator[Post]:
        raw = received(message, at)
        mailbox = self._us.address.partition("@")[0]
        is_seen = turn.is_ours or now - at > timedelta(days=4)
        if turn.is_ours:
            yield Post(mailbox, "Sent", raw, at)
            return
        yield Post(mailbox, "INBOX", raw, at, is_seen)
        if self._chance.random() < 0.08:
            # The same letter also reached the team's address: one letter, two deliveries.
            yield Post("sales", "", raw, at, is_seen)


def received(message: EmailMessage, at: datetime) -> bytes:
    """The letter with the line that the last server put on top."""
    trace = f"Received: from mx.{HOME} by mail.{HOME} with ESMTPS; {format_datetime(at)}\r\n"
    return trace.encode("ascii") + message.as_bytes()


def _mailbox(name: str, address: str) -> Address:
    return Address(name, addr_spec=address)


def _picture_name(name: str, language: str) -> str:
    names = {"pl": "zdjęcie żagla.png", "de": "Maße & Skizze.png", "ja": "帆の写真.png", "fr": "à l’équipage.png"}
    return names.get(language, "Sail plan.png" if name == "plan" else "IMG_2041.png")
