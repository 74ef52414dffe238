"""“Find the servers”: every server type that there is, and how letters are sent then; nobody looks or tests without end."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from desk.test_accounts import AS_USUAL, NEW
from desk.world import client_of
from mooring.desk.asking_servers import AT_MOST
from mooring.mail.discovery import Guess, Source
from mooring.mail.types import Encryption
from mooring.sync.reaching import chosen_among
from mooring.users.models import User
from servers.programs import free_ports

pytestmark = pytest.mark.django_db
ADDRESS = {"your_name": "Bob", "address": "bob@fastmail.com"}


@pytest.fixture
def browser(bob: User) -> Client:
    return client_of(bob)


def guess(protocol: str) -> Guess:
    return Guess(protocol, f"{protocol}.firm.example", 993, Encryption.TLS, "bob", Source.SRV)


def chosen(page: str, name: str) -> str:
    """The choice at which a list of choices stands."""
    field = page.partition(f'<select name="{name}"')[2].partition("</select>")[0]
    found = re.search(r'<option value="([^"]*)" selected>', field)
    return found[1] if found else ""


def test_imap_is_taken_where_there_is_a_choice_and_the_others_are_offered() -> None:
    found = chosen_among([guess("smtp"), guess("jmap"), guess("pop3"), guess("imap"), guess("imap")])
    assert found.incoming == guess("imap")
    assert found.outgoing == guess("smtp")
    assert [other.protocol for other in found.others] == ["pop3", "jmap"]
    assert chosen_among([guess("pop3"), guess("imap")], protocol="pop3").incoming == guess("pop3")
    assert chosen_among([guess("imap")], protocol="smtp").incoming == guess("imap")
    assert chosen_among([guess("jmap")]).incoming == guess("jmap")
    assert chosen_among([]).incoming is None


def test_what_else_a_provider_has_is_one_click_away(browser: Client) -> None:
    page = browser.get(NEW, ADDRESS).content.decode()
    assert (chosen(page, "protocol"), chosen(page, "outgoing_protocol")) == ("imap", "smtp")
    links = re.findall(r'<a href="(\?[^"]+)">(POP3|HTTP: JMAP)</a>', page)
    assert [label for _url, label in links] == ["POP3", "HTTP: JMAP"]
    page = browser.get(NEW + links[0][0].replace("&amp;", "&")).content.decode()
    assert (chosen(page, "protocol"), "pop.fastmail.com" in page) == ("pop3", True)


def test_a_mailbox_over_http_sends_by_its_own_server(browser: Client) -> None:
    page = browser.get(NEW, {**ADDRESS, "protocol": "jmap"}).content.decode()
    assert (chosen(page, "protocol"), chosen(page, "outgoing_protocol")) == ("jmap", "same")
    assert "https://api.fastmail.com/.well-known/jmap" in page
    page = browser.get(NEW, {**ADDRESS, "address": "bob@hotmail.com", "protocol": "graph"}).content.decode()
    assert (chosen(page, "protocol"), chosen(page, "outgoing_protocol")) == ("graph", "same")


def test_what_a_server_type_cannot_do_is_said(browser: Client) -> None:
    page = browser.get(NEW, {**ADDRESS, "protocol": "pop3"}).content.decode()
    assert "POP3 servers do not say when a letter arrived" in page
    assert "gives letters no lasting ids" in page


def test_nobody_looks_for_servers_without_end(browser: Client, alice: User) -> None:
    answers = [browser.get(NEW, ADDRESS).status_code for _ in range(AT_MOST + 1)]
    assert answers == [200] * AT_MOST + [422]
    assert "You looked for servers very often." in browser.get(NEW, ADDRESS).content.decode()
    assert client_of(alice).get(NEW, ADDRESS).status_code == 200, "others are not held up"


def test_nobody_tests_connections_without_end(browser: Client) -> None:
    form = {**ADDRESS, **AS_USUAL, "protocol": "imap", "host": "localhost", "encryption": "tls", "port": str(free_ports(1)[0])}
    form |= {"password": "x", "timeout_seconds": "20", "first_scan_days": "all", "test": "1"}
    answers = [browser.post(NEW, form, headers={"HX-Request": "true"}) for _ in range(AT_MOST + 1)]
    assert ["Nothing answers at port" in answer.content.decode() for answer in answers] == [True] * AT_MOST + [False]
    assert "You tested connections very often. Please wait ten minutes." in answers[-1].content.decode()
