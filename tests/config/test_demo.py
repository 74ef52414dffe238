"""The invented company: made from nothing, the same each time, and never over anything that is not a demo."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from config.installed import Place
from making import make_user
from mooring.activities.queries import day_of
from mooring.config.demo.catch_all import HOST, listen
from mooring.config.demo.company import ALICE, BOB, FREE_MAIL, HOME, STAFF, customers, leads
from mooring.config.demo.filling import COMMAND
from mooring.config.demo.letters import Post, year_of_letters
from mooring.config.demo.oddities import oddities
from mooring.config.demo.plans import add_groups, add_plans
from mooring.config.demo.records import add_records
from mooring.customers.models import Customer
from mooring.letters.models import LetterTemplate
from mooring.mail.connect import open_outgoing
from mooring.mail.parsing import read_letter
from mooring.mail.types import Encryption, Envelope, Login, Secret, Server
from mooring.users.models import Group
from servers.programs import free_ports
from servers.scripted_imap import LOOPBACK

NOW = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)


def make_posts() -> list[Post]:
    chance = Random(7)
    firms = customers()
    talks = year_of_letters(firms=(*firms, *leads()), now=NOW, chance=chance)
    return [*talks, *oddities(customers=firms, now=NOW, chance=chance)]


@pytest.fixture(scope="module")
def posts() -> list[Post]:
    return make_posts()


def test_all_addresses_are_reserved_for_examples(posts: list[Post]) -> None:
    whole = re.sub(rb"=\r?\n", b"", b"".join(post.raw for post in posts))  # lines that quoted-printable broke
    found = set(re.findall(rb"[\w.+-]+@([\w.-]+\w)", whole))
    assert {host.decode() for host in found if not host.endswith((b".example", b"example.com"))} == set()
    assert HOME.endswith(".example")
    assert FREE_MAIL.endswith(".example")


def test_the_same_chance_makes_the_same_letters(posts: list[Post]) -> None:
    again = [(post.mailbox, post.folder, post.at) for post in make_posts()]
    assert again == [(post.mailbox, post.folder, post.at) for post in posts]


def test_every_letter_can_be_read_and_lies_in_the_past(posts: list[Post]) -> None:
    for post in posts:
        assert read_letter(post.raw).header.from_
        assert post.at < NOW


def test_people_write_in_five_languages_and_in_broken_letters(posts: list[Post]) -> None:
    texts = "\n".join(read_letter(post.raw).text for post in posts)
    for word in ("Dear Bob", "Dzień dobry", "Guten Tag", "Bonjour", "様"):
        assert word in texts
    assert any(read_letter(post.raw).defects for post in posts)


@pytest.mark.django_db
@pytest.mark.parametrize("hour", [0, 9, 23])
def test_the_day_has_work_whenever_the_demo_is_made(hour: int) -> None:
    now = NOW.replace(hour=hour)
    people = {person.address: make_user(person.address, role=person.role) for person in STAFF}
    owners = (people[ALICE.address], people[BOB.address], people[BOB.address], None)
    add_records(owners=owners, by=COMMAND, now=now, chance=Random(7))
    team = add_groups(people, by=COMMAND, now=now)
    add_plans(people, by=COMMAND, now=now)
    day = day_of(people[BOB.address], now=now, zone=ZoneInfo("UTC"))
    assert [len(group) for group in (day.overdue, day.done)] == [1, 1]
    assert len([*day.today, *day.this_week]) == 4
    assert Group.objects.get(pk=team[0].group.pk).memberships.count() == 2
    assert Customer.objects.visible_to(people[BOB.address]).filter(archived_at__lt=now).count() == 1
    assert LetterTemplate.objects.filter(is_shared=True).count() == 2


def test_a_demo_that_was_killed_is_begun_anew_made_once_and_then_only_told(place: Place) -> None:
    _kill_the_first_once_it_has_a_database(place)
    made = place.run("demo")
    assert made.status == 0, made.complained
    assert "alice@halyard.example" in made.said
    assert "0 failed" in made.said
    told = place.run("demo")
    assert "letters" not in told.said
    assert "bob@halyard.example" in told.said
    linked = place.run("report", "synced-emails", "--linked").said
    assert len(linked.splitlines()) > 200
    assert place.run("check", "--quiet").status == 0


def _kill_the_first_once_it_has_a_database(place: Place) -> None:
    """Before all its tables are made; what it leaves is made worse, as a disk that loses power would."""
    first = place.begin("demo")
    try:
        while not (place.data / "mooring.sqlite3").exists():
            assert first.poll() is None, "it ended by itself"
            time.sleep(0.02)
    finally:
        first.kill()
        first.wait()
    (place.data / "mooring.sqlite3").write_bytes(b"half a database")


def test_letters_of_the_demo_become_files_and_reach_nobody(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    server = listen(tmp_path / "sent", port=port)
    nobody = {"user_name": "", "password": Secret(""), "login": Login.NONE}
    asked = Server(protocol="smtp", host=HOST, port=port, encryption=Encryption.NONE, **nobody)  # type: ignore[arg-type]
    envelope = Envelope("bob@halyard.example", ("carol@harbour.example",))
    try:
        assert listen(tmp_path / "other", port=port) is None, "a second demo goes without"
        for subject in ("Ropes", "Sails"):
            with open_outgoing(asked, policy=LOOPBACK) as outgoing:
                outgoing.send(envelope, f"Subject: {subject}\r\n\r\nDear Carol\r\n".encode(), before_data=lambda: None)
    finally:
        server.stop()
    kept = [read_letter(path.read_bytes()).header.subject for path in sorted((tmp_path / "sent").iterdir())]
    assert kept == ["Ropes", "Sails"]


def test_another_installation_is_never_touched(installed: Place) -> None:
    before = sorted(path.name for path in installed.data.iterdir())
    ended = installed.run("demo", "--reset")
    assert ended.status == 1
    assert "no demo" in ended.complained
    assert sorted(path.name for path in installed.data.iterdir()) == before
