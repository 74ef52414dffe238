"""The program speaks every language that it offers: catalogues are complete, and no page shows another language."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import ngettext, pgettext
from selectolax.lexbor import LexborHTMLParser

from desk.policy import ROWS
from desk.policy_words import address_name
from desk.world import World, client_of, make_world
from mooring.sales.money import CURRENCIES
from mooring.ui import build_translations
from mooring.ui.gather_messages import PACKAGE, gather
from mooring.users.models import User

pytestmark = pytest.mark.slow
LANGUAGES = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
_PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%|%[sd]|\{\w*\}")
_SPOKEN = ("aria-label", "title", "placeholder", "alt", "data-label", "data-question", "data-word", "data-one", "data-many")
"""Attributes that people read or hear."""
_MARK = "°"
"""Stands in every text that the world's people entered."""
_OF_NO_LANGUAGE = (
    rf".*{_MARK}.*",
    r"\S*[@.:/]\S*",
    r"[\W\d_]*",
    r"\w",
    "Mooring|INBOX",
    "Ctrl|Ctrl K|Enter",
    "|".join(("CSV", *CURRENCIES)),
    r"How much are ropes\?",
    *(name for _code, name in settings.LANGUAGES),
)
"""What may read the same in every language: what people entered, addresses, numbers, keys, and names."""


@pytest.fixture(autouse=True)
def _language_of_others() -> Iterator[None]:
    """A page answered in Polish leaves Polish behind in the thread; whatever runs next finds what was before."""
    with translation.override(translation.get_language()):
        yield


@cache
def catalogue(language: str) -> Catalog:
    with (build_translations.LOCALE / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language)


def messages(found: Catalog) -> Iterator[Message]:
    return (message for message in found if message.id)


def key(message: Message) -> tuple[str | None, str, str | None]:
    """What a message is looked up by: its context, its text, and the text for many."""
    one, *many = message.id if isinstance(message.id, tuple) else (message.id,)
    return message.context, one, many[0] if many else None


def forms(message: Message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


def translations(language: str) -> Iterator[tuple[str, str]]:
    """Each translation with the text it stands for; what is not translated yet is another test's matter."""
    for message in messages(catalogue(language)):
        _context, one, many = key(message)
        yield from ((many or one, form) for form in forms(message) if form)


@pytest.mark.skipif(shutil.which("msgmerge") is None, reason="gathering texts needs GNU gettext")
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_holds_exactly_the_texts_of_the_program(language: str, tmp_path: Path) -> None:
    package = tmp_path / "mooring"
    left_out = shutil.ignore_patterns("*.mo", "dist", "__pycache__", "assets")
    shutil.copytree(PACKAGE, package, ignore=left_out)
    gather(package=package)
    with (package / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        used = {key(message) for message in messages(read_po(file, locale=language))}
    held = {key(message) for message in messages(catalogue(language))}
    assert {"not in the catalogue": used - held, "no longer used": held - used} == {
        "not in the catalogue": set(),
        "no longer used": set(),
    }, "./run messages brings the catalogue up to date"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_in_all_its_forms(language: str) -> None:
    found = catalogue(language)
    lacking = [
        key(message)
        for message in messages(found)
        if message.fuzzy or not all(forms(message)) or len(forms(message)) != (found.num_plurals if message.pluralizable else 1)
    ]
    assert lacking == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_placeholders(language: str) -> None:
    wrong = {
        form: text
        for text, form in translations(language)
        if sorted(_PLACEHOLDER.findall(text)) != sorted(_PLACEHOLDER.findall(form))
    }
    assert wrong == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_begin_and_end_as_the_text_does(language: str) -> None:
    """Blanks at the edges, a full stop, and an ellipsis belong to the page as much as the words."""
    edges = re.compile(r"^\s*|[\s.…]*$")
    differing = [(text, form) for text, form in translations(language) if edges.findall(text) != edges.findall(form)]
    assert differing == []


def test_polish_never_says_ty() -> None:
    """docs/glossary.md: sentences say “proszę” with an infinitive, or are impersonal; only buttons are in the imperative."""
    ty = re.compile(
        r"\b(ty|ciebie|tobie|tobą|cię|twój|twoj\w+|twym|możesz|musisz|masz|chcesz|jesteś|widzisz|\w+(?:łeś|łaś))\b", re.I
    )
    asked = re.compile(
        r"(?:^|[.!?] )(Wybierz|Podaj|Wpisz|Zaznacz|Sprawdź|Spróbuj|Otwórz|Dodaj|Napisz|Zaloguj|Zacznij|Poproś)\b.*\.$", re.M
    )
    assert [form for _text, form in translations("pl") if ty.search(form) or asked.search(form)] == []


def test_polish_counts_in_three_forms() -> None:
    assert catalogue("pl").num_plurals == 3
    with translation.override("pl"):
        counted = [ngettext("%(count)s minute ago", "%(count)s minutes ago", n) % {"count": n} for n in (1, 2, 5, 12, 22, 25)]
    assert counted == ["1 minutę temu", "2 minuty temu", "5 minut temu", "12 minut temu", "22 minuty temu", "25 minut temu"]


def test_one_word_has_as_many_translations_as_meanings() -> None:
    with translation.override("pl"):
        assert [pgettext("module", "Email"), pgettext("phone", "Home")] == ["Poczta", "Domowy"]
        assert [translation.gettext("Email"), translation.gettext("Home")] == ["E-mail", "Start"]


def test_a_catalogue_is_compiled_when_it_has_changed_and_only_then(tmp_path: Path) -> None:
    folder = tmp_path / "pl" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = folder / "django.po"
    shutil.copyfile(build_translations.LOCALE / "pl" / "LC_MESSAGES" / "django.po", source)
    assert build_translations.build(locale=tmp_path) == [folder / "django.mo"]
    assert build_translations.build(locale=tmp_path) == []
    source.write_text(source.read_text(encoding="utf-8") + '\nmsgid "A new text"\nmsgstr "Nowy tekst"\n', encoding="utf-8")
    assert build_translations.build(locale=tmp_path) == [folder / "django.mo"]
    assert b"Nowy tekst" in (folder / "django.mo").read_bytes()


def test_passwords_are_refused_in_polish() -> None:
    with translation.override("pl"), pytest.raises(ValidationError) as refused:
        validate_password("short")
    assert refused.value.messages == ["To hasło jest za krótkie. Musi zawierać co najmniej 10 znaków."]


@dataclass(frozen=True)
class Page:
    """What one address shows to one person, in English and in another language."""

    name: str
    english: frozenset[str]
    translated: frozenset[str]

    @property
    def both(self) -> frozenset[str]:
        """What reads the same in both."""
        return self.english & self.translated


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_shows_a_text_of_the_program_in_english(language: str) -> None:
    """Neither one that has a translation, nor one that was never marked for it: such reads the same in both languages."""
    found = list(pages(make_world(_MARK), language))
    untranslated = re.compile("|".join(_patterns(language, is_same=False)))
    shared = re.compile("|".join((*_patterns(language, is_same=True), *_OF_NO_LANGUAGE)))
    english = {page.name: sorted(filter(untranslated.fullmatch, page.translated)) for page in found}
    unmarked = {page.name: sorted(text for text in page.both if not _is_made_of(shared, text)) for page in found}
    assert {name: texts for name, texts in english.items() if texts} == {}
    assert {name: texts for name, texts in unmarked.items() if texts} == {}
    assert len(found) > 60, "hardly a page was looked at"


def pages(world: World, language: str) -> Iterator[Page]:
    """Every page of the desk, and every form that came back, for an administrator, the owner of a mailbox, and strangers."""
    people = {"administrator": client_of(world.administrator), "owner": client_of(world.owner), "stranger": Client()}
    for person, browser in people.items():
        for name, row in ROWS.items():
            url = reverse(address_name(name), args=[world.value(arg) for arg in row.args])
            for method in ("get", "post"):
                english, translated = (_texts_at(browser, method, url, code) for code in (settings.LANGUAGE_CODE, language))
                if translated:
                    yield Page(f"{method} {url} as {person}", english, translated)


def _texts_at(browser: Client, method: str, url: str, language: str) -> frozenset[str]:
    """The texts of the page, and nothing for what is no page. What sending an empty form changed is undone."""
    with transaction.atomic():
        User.objects.update(language=language)
        answer = getattr(browser, method)(url, headers={"Accept-Language": language})
        transaction.set_rollback(True)
    is_page = answer.headers["Content-Type"].startswith("text/html") and not answer.streaming
    return frozenset(_texts_in(answer.content.decode())) if is_page else frozenset()


def _texts_in(page: str) -> Iterator[str]:
    """What people read or hear, each text with single blanks."""
    tree = LexborHTMLParser(page.replace("<template", "<div"))
    tree.strip_tags(["script", "style", "svg"])
    for node in tree.css("*"):
        yield from (" ".join(value.split()) for name, value in node.attributes.items() if name in _SPOKEN and value)
        yield from (" ".join(child.text_content.split()) for child in node.iter(include_text=True) if child.tag == "-text")


def _patterns(language: str, *, is_same: bool) -> Iterator[str]:
    """The English texts as they stand in pages, whose translations are, or are not, the same."""
    for message in messages(catalogue(language)):
        _context, one, many = key(message)
        if (one in forms(message)) == is_same:
            yield from (_as_pattern(text) for text in (one, many) if text and _says_something(text))


def _is_made_of(pattern: re.Pattern[str], text: str) -> bool:
    """Whether every part between middle dots, as in "INBOX · Mooring", fits."""
    return all(pattern.fullmatch(part.strip()) for part in text.split("·"))


def _says_something(text: str) -> bool:
    """Whether it can be told from others: it has words beside its placeholders, and those are not about to be anything."""
    words = _PLACEHOLDER.sub("", text)
    return words == text or len(re.findall(r"[^\W\d_]", words)) > 5


def _as_pattern(text: str) -> str:
    parts = _PLACEHOLDER.split(" ".join(text.split()))
    return ".+?".join(map(re.escape, parts))
