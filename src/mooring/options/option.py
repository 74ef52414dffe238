"""What a switch is: its name, its kind, its default, and how a form's text becomes its value. Pure: no database, no Django.

Each room lists its own switches in its `options.py`; `options.values` reads and changes what an administrator chose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypeVar

Value = TypeVar("Value", bound="bool | int | str | tuple[str, ...]", covariant=True)

Kind = Literal["bool", "int", "words", "choice"]

MOST_WORDS: Final = 5_000
LONGEST_WORD: Final = 320

_TRUE: Final = frozenset({"1", "true", "on", "yes"})
_FALSE: Final = frozenset({"", "0", "false", "off", "no"})


def gettext_noop(text: str) -> str:
    """Marks a text for translation; whoever shows it translates (options.values.in_words)."""
    return text


class UnusableValue(ValueError):
    """A text or value that the option cannot take: a sentence with named placeholders, in English, and their values."""

    def __init__(self, sentence: str, facts: Mapping[str, Any] | None = None) -> None:
        super().__init__(sentence % (facts or {}))
        self.sentence = sentence
        self.facts = dict(facts or {})


@dataclass(frozen=True, slots=True)
class Option(Generic[Value]):
    """One switch. `name` is "room.switch"; `label` and `help` are for people and may be lazy translations.

    Kinds: "bool"; "int" from `least` to `most`; "words", a list without repetition, written one per line or with blanks
    or commas between; "choice", one of the first halves of `choices`.
    """

    name: str
    kind: Kind
    default: Value
    label: str
    help: str = ""
    least: int = 0
    most: int = 1_000_000
    choices: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.checked(self.default) != self.default:
            raise ValueError(f"the default of {self.name} is not a value of its kind")

    def parse(self, text: str) -> Value:
        """The value that a form's text stands for. Raises UnusableValue."""
        return self.checked(self._read(text.strip()))

    def text_of(self, value: Any) -> str:
        """What a form shows for a value; `parse` reads it back."""
        if self.kind == "bool":
            return "true" if value else "false"
        if self.kind == "words":
            return "\n".join(value)
        return str(value)

    def checked(self, value: Any) -> Value:
        """The value itself, lists as tuples, if the option can take it. Raises UnusableValue. Stored JSON comes through here."""
        check: dict[str, Callable[[Any], Any]] = {
            "bool": _checked_bool,
            "int": self._checked_int,
            "words": _checked_words,
            "choice": self._checked_choice,
        }
        return check[self.kind](value)  # type: ignore[no-any-return]  # the kind fixes the type

    def _read(self, text: str) -> Any:
        if self.kind == "bool":
            lowered = text.lower()
            return True if lowered in _TRUE else False if lowered in _FALSE else text
        if self.kind == "int":
            return int(text) if text.removeprefix("-").isdecimal() and len(text) < 20 else text
        if self.kind == "words":
            return text.replace(",", " ").replace(";", " ").split()
        return text

    def _checked_int(self, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise UnusableValue(gettext_noop("Enter a whole number."))
        if not self.least <= value <= self.most:
            facts = {"least": self.least, "most": self.most}
            raise UnusableValue(gettext_noop("Enter a whole number from %(least)d to %(most)d."), facts)
        return value

    def _checked_choice(self, value: Any) -> str:
        if not isinstance(value, str) or value not in dict(self.choices):
            raise UnusableValue(gettext_noop("Choose one of the list."))
        return value


def _checked_bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise UnusableValue(gettext_noop("Choose yes or no."))
    return value


def _checked_words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(word, str) for word in value):
        raise UnusableValue(gettext_noop("Enter a list of words."))
    if len(value) > MOST_WORDS:
        raise UnusableValue(gettext_noop("Enter at most %(most)d words."), {"most": MOST_WORDS})
    for word in value:
        if len(word) > LONGEST_WORD or not word.isprintable() or len(word.split()) != 1:
            raise UnusableValue(gettext_noop("“%(word)s” is not a single word."), {"word": word[:40]})
    return tuple(dict.fromkeys(value))
