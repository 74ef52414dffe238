"""The journal speaks to people: every deed, kind and field has words, and numbers of rows stay out of sight."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import making
import mooring
from letters.making_letters import make_account
from mooring.desk.journal_words import ACTIONS, KINDS, moment_of
from mooring.letters import options
from mooring.letters.accounts import AccountData, change_account
from mooring.letters.models import Encryption
from mooring.options.values import change
from mooring.sync.wishes import scan_now
from mooring.users.journal import Actor, entries_of_everything, record
from mooring.users.models import User

_WRITERS = {"record", "Line", "_note", "note", "_change"}
BELOW = sorted(path for path in Path(mooring.__path__[0]).rglob("*.py") if path.parts[-2] not in ("desk", "migrations"))


def test_every_deed_in_the_code_has_words() -> None:
    said = set(_said("action"))
    assert "scan_wanted" in said
    assert said - set(ACTIONS) == set()


def test_every_kind_in_the_code_has_words() -> None:
    said = set(_said("kind"))
    assert "unwanted_sender" in said
    assert said - set(KINDS) == set()


@pytest.mark.django_db
def test_settings_of_an_account_are_called_as_on_its_page(alice: User) -> None:
    account = make_account(alice, address="box@mooring.example")
    by = Actor(alice, "desk")
    before = AccountData.of(account)
    change_account(account=account, data=_other(before), by=by, now=making.NOW)
    (entry, *_) = entries_of_everything()
    assert moment_of(entry).title == "Mail account changed: box@mooring.example"
    # PostgreSQL keeps the facts of a line in an order of its own.
    assert set(moment_of(entry).detail.split("; ")) == {"Encryption: TLS → STARTTLS", "Main: no → yes"}


@pytest.mark.django_db
def test_a_setting_is_called_as_on_its_page(alice: User) -> None:
    change(options.OWN_DOMAINS, ("mooring.example",), by=Actor(alice, "desk"), now=making.NOW)
    (entry, *_) = entries_of_everything()
    moment = moment_of(entry)
    assert (moment.title, moment.detail) == ("Setting changed: Our own domains", "Value: nothing → mooring.example")


@pytest.mark.django_db
def test_a_wish_is_told_without_what_it_does_not_say(alice: User) -> None:
    scan_now(account=make_account(alice, address="box@mooring.example"), by=Actor(alice, "desk"), now=making.NOW)
    (entry, *_) = entries_of_everything()
    moment = moment_of(entry)
    assert (moment.title, moment.detail) == ("Mail account scan asked for: box@mooring.example", "")


@pytest.mark.django_db
def test_facts_that_say_nothing_and_numbers_of_rows_are_left_out(alice: User) -> None:
    facts = {"batch": 7, "letter": 8, "count": 3, "cause": "", "note": [None, "Knots"]}
    entry = record(
        by=Actor(alice, "desk"),
        action="older_letters_linked",
        kind="customer",
        record_id=1,
        name="Harbour",
        changes=facts,
        now=making.NOW,
    )
    assert moment_of(entry).title == "Customer older emails linked: Harbour"
    assert moment_of(entry).detail == "How many: 3; Note: Knots"


def _other(data: AccountData) -> AccountData:
    return replace(data, encryption=Encryption.STARTTLS, is_main=True)


def _said(word: str) -> Iterator[str]:
    """The actions, or kinds, that calls in the rooms below write into the journal as constant texts."""
    for path in BELOW:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _WRITERS:
                given = [keyword.value for keyword in node.keywords if keyword.arg == word]
                if word == "action":
                    given += node.args[:2]
                yield from (each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str))
