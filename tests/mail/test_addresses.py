"""Addresses: one clear reading or none that counts; keys that two writings of one address share."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.mail import address_lists
from mooring.mail.addresses import (
    domain_key,
    domain_of,
    is_ambiguous,
    is_public_domain,
    match_key,
    parent_domains,
    read_addresses,
)


def people(value: str) -> list[tuple[str, str]]:
    return [(one.name, one.address) for one in read_addresses(value).mailboxes]


# ---- lists with one reading


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", []),
        ("  ", []),
        ("jo@x.pl", [("", "jo@x.pl")]),
        ("<jo@x.pl>", [("", "jo@x.pl")]),
        ("Jo Kim <jo@x.pl>", [("Jo Kim", "jo@x.pl")]),
        ('"Kim, Jo" <jo@x.pl>, b@y.de', [("Kim, Jo", "jo@x.pl"), ("", "b@y.de")]),
        ('"Jo \\"K\\" Kim" <jo@x.pl>', [('Jo "K" Kim', "jo@x.pl")]),
        ("J. Kim <jo@x.pl>", [("J. Kim", "jo@x.pl")]),
        ("jo@x.pl (Jo Kim)", [("Jo Kim", "jo@x.pl")]),
        ("(work) jo@x.pl", [("work", "jo@x.pl")]),
        ("Jo (the boss) <jo@x.pl>", [("Jo", "jo@x.pl")]),
        ("<jo@x.pl> (Jo)", [("Jo", "jo@x.pl")]),
        ("jo@x.pl (a \\) b)", [("a \\) b", "jo@x.pl")]),
        ("=?utf-8?q?=C5=BB=C3=B3=C5=82w?= <z@x.pl>", [("Żółw", "z@x.pl")]),
        ('"=?utf-8?q?=C5=BB?=" <z@x.pl>', [("Ż", "z@x.pl")]),
        ("=?utf-8?Q?Kim,_Jo?= <jo@x.pl>", [("Kim, Jo", "jo@x.pl")]),
        ("'Jo' <jo@x.pl>", [("Jo", "jo@x.pl")]),
        ("'jo@x.pl' <jo@x.pl>", [("", "jo@x.pl")]),
        ('"jo@x.pl" <JO@x.pl>', [("", "JO@x.pl")]),
        ("jo@x.pl <jo@x.pl>", [("", "jo@x.pl")]),
        ('"jo kim"@x.pl', [("", '"jo kim"@x.pl')]),
        ("jo@[192.0.2.1]", [("", "jo@[192.0.2.1]")]),
        ("a@x.pl,,b@y.de,", [("", "a@x.pl"), ("", "b@y.de")]),
        ("a@x.pl; b@y.de", [("", "a@x.pl"), ("", "b@y.de")]),
        ("Kim, Jo <jo@x.pl>", [("Kim, Jo", "jo@x.pl")]),
        ("Kim, Jo, <jo@x.pl>", [("Kim, Jo", "jo@x.pl")]),
        ("Staff: a@x.pl, B <b@y.de>; c@z.fr", [("", "a@x.pl"), ("B", "b@y.de"), ("", "c@z.fr")]),
        ("undisclosed-recipients:;", []),
        ("unlisted-recipients:; (no To-header on input)", []),
        ("Nobody", []),
        ("Nobody, jo@x.pl", [("", "jo@x.pl")]),
        ("Kim, Staff: jo@x.pl;", [("", "jo@x.pl")]),
        ("<>", []),
        ("Mail System <MAILER-DAEMON>", [("Mail System", "MAILER-DAEMON")]),
        ("jo..kim@docomo.ne.jp", [("", "jo..kim@docomo.ne.jp")]),
        ("jo\r\n @x.pl", [("", "jo @x.pl")]),
    ],
)
def test_lists_are_read(value: str, expected: list[tuple[str, str]]) -> None:
    assert people(value) == expected
    assert is_ambiguous(value) == ("\r" in value)


@pytest.mark.parametrize(
    "value",
    [
        "a@good.com <b@evil.com>",
        "alice@example.org)bob@example.com",
        "alice@example.org]<bob@evil.com>",
        "alice@example.org(<bob@evil.com>",
        "<alice@good.com>bob@evil.com",
        "<alice@good.com> <bob@evil.com>",
        "<alice@good.com>>",
        "<alice@good.com",
        "<alice@good.com, bob@evil.com>",
        ">alice@good.com",
        "alice@good.com\0@evil.com",
        "alice\0@good.com",
        "alice@good.com@evil.com",
        "<alice@good.com@evil.com>",
        "<@good.com:bob@evil.com>",
        "<@good.com,@other.com:bob@evil.com>",
        "alice@good.com:bob@evil.com;",
        "Inner: Nested: bob@evil.com;;",
        "<a@b.c:d@e.f>",
        "alice@(good.com)evil.com",
        "alice(x)@good.com",
        "<alice(x)@good.com>",
        "alice@good.com (one (two))",
        '"alice@good.com',
        'bob@evil.com "alice@good.com"',
        "alice bob@good.com",
        "alice@good .com",
        "=?utf-8?q?alice=40good.com?=@evil.com",
        "=?utf-8?q?alice@good.com?= <bob@evil.com>",
        "=?utf-8?q?alice?=@good.com",
        '"alice"bob@good.com',
        '"alice".bob@good.com',
        "@good.com",
        "alice@",
        "<alice@>",
        "<two words>",
        "Nobody)",
        "a\\@b@c.de",
        "alice@[good.com]evil.com",
    ],
)
def test_what_two_programs_may_read_differently_is_ambiguous(value: str) -> None:
    assert is_ambiguous(value)


@pytest.mark.parametrize(
    ("value", "defect"),
    [
        ('"a@evil.com" <b@good.com>', "name-holds-address"),
        ("=?utf-8?q?a=40evil.com?= <b@good.com>", "name-holds-address"),
        ("b@good.com (a@evil.com)", "name-holds-address"),
        ("b@good.com <b@good.com>", "address-as-name"),
        ("Kim, Jo <jo@x.pl>", "comma-in-name"),
        ("a@b.c; d@e.f", "semicolon-between-addresses"),
        ("x:;", "group"),
        ("<root>", "no-domain"),
        ("<>", "no-address"),
        ("Nobody", "no-address"),
    ],
)
def test_oddities_with_one_reading_are_noted_only(value: str, defect: str) -> None:
    found = read_addresses(value)
    assert defect in found.defects
    assert not found.is_ambiguous


def test_a_name_that_holds_another_address_leaves_the_address_itself_valid() -> None:
    (one,) = read_addresses('"boss@customer.com" <someone@else.org>').mailboxes
    assert (one.name, one.key, one.domain) == ("boss@customer.com", "someone@else.org", "else.org")


def test_names_are_cut_and_hold_no_control_characters() -> None:
    (one,) = read_addresses(f'"{"n" * 5_000}\x07\x1b[2J" <a@b.pl>').mailboxes
    assert len(one.name) == 300
    (one,) = read_addresses('"a\x07b" <a@b.pl>').mailboxes
    assert one.name == "a b"


@pytest.mark.parametrize(
    "value",
    [
        "(" * 200_000,
        "(" * 100_000 + ")" * 100_000,
        "<" * 200_000,
        '"\\' * 100_000,
        '"' * 200_001,
        "[" * 200_000,
        "a:" * 100_000,
        "a@b.c," * 40_000,
        "=?u?q?" * 40_000,
        "x, " * 70_000,
        "@" * 200_000,
        "\\" * 200_000,
        "a@" * 100_000,
    ],
)
def test_hostile_lists_take_linear_time(value: str) -> None:
    begun = time.process_time()
    read_addresses(value)
    assert time.process_time() - begun < 5


def test_fifty_thousand_recipients_are_all_read() -> None:
    value = ", ".join(f"Person {number} <p{number}@example.org>" for number in range(50_000))
    assert len(read_addresses(value).mailboxes) == 50_000


@given(st.text(alphabet=st.sampled_from(list('ab@.,:;<>()[]"\\ \t\0=?ż')), max_size=60))
def test_any_text_is_read_without_raising(value: str) -> None:
    for one in read_addresses(value).mailboxes:
        assert one.key == match_key(one.address) or "\0" in value or " " in one.address


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(categories=("Ll", "Lu", "Nd"), max_codepoint=0x24F), min_size=1, max_size=20),
            st.from_regex(r"[a-z0-9]{1,9}(\.[a-z0-9]{1,9})?@[a-z]{1,9}\.(com|pl)", fullmatch=True),
        ),
        max_size=6,
    )
)
def test_well_formed_lists_come_back_as_they_were_written(pairs: list[tuple[str, str]]) -> None:
    value = ", ".join(f'"{name}" <{address}>' for name, address in pairs)
    assert people(value) == pairs
    assert not is_ambiguous(value)


SIMPLE = ["a@b.pl", "<", ">", '"', "Jo", " ", "  ", ",", "'", ".", "=", "ż", "\u2028", "(x)", "@", "<a@b.pl>", ",,"]


@given(st.lists(st.sampled_from(SIMPLE), max_size=14).map("".join))
def test_the_short_way_for_plain_lists_reads_as_the_long_one(value: str) -> None:
    simple = address_lists._read_simple(value)
    assert simple is None or simple == address_lists._Reader().read(value)


# ---- keys


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("Jo@X.PL", "jo@x.pl"),
        ("  jo@x.pl\n", "jo@x.pl"),
        ('"jo"@x.pl', "jo@x.pl"),
        ('"j\\o"@x.pl', "jo@x.pl"),
        ("jo@x.pl.", "jo@x.pl"),
        ("jo+tag@x.pl", "jo+tag@x.pl"),
        ("j.o@gmail.com", "j.o@gmail.com"),
        ("jo@MÜNCHEN.de", "jo@xn--mnchen-3ya.de"),
        ("jo@XN--MNCHEN-3YA.de", "jo@xn--mnchen-3ya.de"),
        ("ŻÓŁĆ@x.pl", "żółć@x.pl"),
        ("z\u0307o\u0301@x.pl", "żó@x.pl"),
        ("root@localhost", "root@localhost"),
        ("a@b_c.de", "a@b_c.de"),
        ("", ""),
        ("jo", ""),
        ("@x.pl", ""),
        ("jo@", ""),
        ("jo@x..pl", ""),
        ("jo@-x.pl", ""),
        ("jo@[192.0.2.1]", ""),
        ("jo@x.pl@y.de", ""),
        ('"jo@x.pl"@y.de', ""),
        ("j o@x.pl", ""),
        ("jo@x.pl\0", ""),
        ("j\u200bo@x.pl", ""),
        ("j\u202eo@x.pl", ""),
        ("jo@ｅxample.com", ""),
        ("jo＠example.com", ""),
        ("jo@\ud800.com", ""),
        ("jo\ud800@x.pl", ""),
        ("a" * 310 + "@example.com", ""),
        ("ż" * 160 + "@x.pl", ""),
        ("a@" + "b" * 64 + ".pl", ""),
        ("a@" + "b." * 130 + "pl", ""),
    ],
)
def test_keys(address: str, key: str) -> None:
    assert match_key(address) == key


@given(st.text(max_size=40) | st.from_regex(r"[^\s@]{1,9}@[^\s@]{1,9}\.[a-z]{2}", fullmatch=True))
def test_the_key_of_a_key_is_itself(address: str) -> None:
    key = match_key(address)
    assert match_key(key) == key
    assert len(key.encode()) <= 320
    assert key.count("@") == (1 if key else 0)


# ---- domains


def test_the_domain_of_an_address_is_a_key() -> None:
    assert domain_of("Jo <jo@x.pl>") == ""
    assert domain_of("Jo@Sub.X.pl") == "sub.x.pl"
    assert domain_key("ŁÓDŹ.pl") == "xn--d-uga0v4h.pl"


@pytest.mark.parametrize(
    ("host", "hosts"),
    [
        ("example.com", ("example.com",)),
        ("a.b.Example.co.uk", ("a.b.example.co.uk", "b.example.co.uk", "example.co.uk")),
        ("x.y.github.io", ("x.y.github.io", "y.github.io")),
        ("github.io", ("github.io",)),
        ("co.uk", ("co.uk",)),
        ("a.b.intern", ("a.b.intern", "b.intern")),
        ("localhost", ("localhost",)),
        ("not a host", ()),
    ],
)
def test_hosts_above_end_at_the_registrable_domain(host: str, hosts: tuple[str, ...]) -> None:
    assert parent_domains(host) == hosts


def test_public_domains_are_known_and_the_administrator_has_the_last_word() -> None:
    assert is_public_domain("gmail.com")
    assert is_public_domain("mail.gmail.com")
    assert is_public_domain("proton.me")
    assert not is_public_domain("example.com")
    assert not is_public_domain("not a host")
    assert is_public_domain("post.example.com", extra={"example.com"})
    assert not is_public_domain("gmail.com", removed={"gmail.com"})
    assert is_public_domain("a.example.com", extra={"a.example.com"}, removed={"example.com"})
