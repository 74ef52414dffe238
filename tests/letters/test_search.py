"""Search: what people type, what is found, in which order, and by whom; alike on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import CharField, Func, Q, Value
from django.db.models.functions import Cast
from django.db.models.lookups import Exact
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from letters.making_letters import arrival, make_account, make_letter, raw_letter
from making import NOW, actor, make_customer
from mooring.letters import search as searching
from mooring.letters.bin import put_into_bin, take_from_bin
from mooring.letters.models import Letter
from mooring.letters.paging import Window
from mooring.letters.search import newest_with, rebuild_index, search
from mooring.letters.search_query import Search, Term, fts5_text, parse_search, tsquery_text
from mooring.letters.shaping import words_of
from mooring.letters.storing import store_batch
from mooring.letters.text_index import index_rows_of, remove_from_index
from mooring.letters.words import folded
from mooring.users.models import User

needs_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="about the plans of PostgreSQL")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Dear Ann, ropes!", "dear ann ropes"),
        ("Zażółć GĘŚLĄ jaźń", "zazolc gesla jazn"),
        ("Straße ﬁnal ＦＵＬＬ Ærø", "strasse final full aero"),
        ("ann.o'neil@harbour.example", "ann o neil harbour example"),
        ("under_score a-b 12.5", "under score a b 12 5"),
        ("東京 tower", "東 京 tower"),
        ("Ёлка", "елка"),
        ("a\0b\ud800c", "a b c"),
        ("x" * 100, "x" * 64),
        ("", ""),
    ],
)
def test_text_is_folded_into_words(text: str, words: str) -> None:
    assert folded(text) == words


@given(st.text())
def test_folding_twice_is_folding_once_and_leaves_only_letters_and_digits(text: str) -> None:
    once = folded(text)
    assert folded(once) == once
    assert all(word.isalnum() for word in once.split())


@pytest.mark.parametrize("count", [0, 3, 300])
def test_few_and_many_people_have_the_same_words(count: int) -> None:
    people = [("to", f"Łucja Æble {number}", f"l.{number}@example.com") for number in range(count)]
    words = words_of(subject="", people=[*people, ("from", "!", "")], text="", attachment_names=())
    assert words.sender == ""
    assert words.recipients == folded(" | ".join(f"{name} {address}" for _role, name, address in people))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Search()),
        ("  \t ", Search()),
        ("Ropes harbour", Search((Term(("ropes",)), Term(("harbour",))))),
        ('"price list"', Search((Term(("price", "list")),))),
        ('"never closed', Search((Term(("never", "closed")),))),
        ("rop*", Search((Term(("rop",), is_prefix=True),))),
        ('"price li"*', Search((Term(("price", "li"), is_prefix=True),))),
        ("-ropes", Search((Term(("ropes",), is_excluded=True),))),
        ("from:ann@harbour.example", Search((Term(("ann", "harbour", "example"), "sender"),))),
        (
            'TO:"Bob B" subject:offer cc:x',
            Search((Term(("bob", "b"), "recipients"), Term(("offer",), "subject"), Term(("x",), "recipients"))),
        ),
        ("has:attachments", Search(has_attachment=True)),
        ("-has:attachment", Search((Term(("has", "attachment"), is_excluded=True),))),
        ("after:2026-02", Search(since=datetime(2026, 2, 1, tzinfo=UTC))),
        ("before:2026", Search(before=datetime(2026, 1, 1, tzinfo=UTC))),
        ("before:2026-13-45", Search((Term(("before", "2026", "13", "45")),))),
        ("before:soon", Search((Term(("before", "soon")),))),
        ("after:9999-12-31", Search(since=datetime(9999, 12, 31, tzinfo=UTC))),
        ("http://x.example", Search((Term(("http", "x", "example")),))),
        ("- * : \" ''", Search()),
        ("東京", Search((Term(("東", "京")),))),
    ],
)
def test_what_people_type(text: str, expected: Search) -> None:
    assert parse_search(text) == expected


def test_a_query_without_end_is_cut() -> None:
    assert len(parse_search("a " * 5000).terms) == 30


def test_terms_in_the_notations_of_both_databases() -> None:
    terms = (Term(("price", "list"), is_prefix=True), Term(("ann",), "sender"))
    assert fts5_text(terms, glue="AND") == '("price list"*) AND ({sender} : "ann")'
    assert tsquery_text(terms, glue="&") == "('price' <-> 'list':*) & ('ann':B)"


CORPUS: tuple[dict[str, str], ...] = (
    {"subject": "Price list of ropes", "body": "The price and the list are apart here."},
    {"subject": "Offer", "body": "Our price list follows.", "sender": "Bea Buoy <bea@buoy.example>"},
    {"subject": "Zażółć gęślą jaźń", "body": "ropery"},
    {"subject": "Hello", "body": "ann wrote about ropes", "sender": "cyd@harbour.example", "to": "Ann <ann@harbour.example>"},
    {"subject": "東京タワー", "body": "東京都"},
)


@pytest.fixture(params=["everything", "much", "some", "little"])
def reader(db: None, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> User:
    """Readers of everything, of much, of some letters and of very few have their letters found in ways of their own."""
    monkeypatch.setattr("mooring.letters.visibility.MOST_FEW", 0 if request.param == "much" else 5_000)
    monkeypatch.setattr(searching, "_FEW_ASKED", 0 if request.param == "some" else 500)
    found: User = request.getfixturevalue("alice" if request.param == "everything" else "bob")
    return found


@pytest.fixture
def corpus(reader: User) -> list[Letter]:
    account = make_account(reader)
    return [make_letter(account, now=NOW + timedelta(days=day), **letter) for day, letter in enumerate(CORPUS)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ropes", [3, 0]),
        ("ROPES price", [0]),
        ('"price list"', [1, 0]),
        ('"list price"', []),
        ("rope*", [3, 2, 0]),
        ('"price li"*', [1, 0]),
        ("zazolc", [2]),
        ("Gęślą jazn", [2]),
        ("from:ann", [4, 2, 0]),
        ("to:ann", [3]),
        ("from:bea@buoy.example", [1]),
        ("from:bea@other.example", []),
        ("subject:price", [0]),
        ("price -follows", [0]),
        ("-price", [4, 3, 2]),
        ("-price -zazolc", [4, 3]),
        ("price -follows -apart", []),
        ('ropes -"about ropes"', [0]),
        ("subject:ropes from:bea", []),
        ("京", [4]),
        ("東京都", [4]),
        ("都東", []),
        ("after:2026-03-06", [4]),
        ("ropes after:2026-03-03", [3]),
        ("ropes before:2026-03-03", [0]),
        ("-price before:2026-03-06 after:2026-03-05", [3]),
        ("has:attachment", []),
        ("nowhere", []),
        ("'; DROP TABLE letters_letter; --", []),
        ('AND OR NOT NEAR("ropes" 5) {sender}', []),
        ("", []),
        ("***", []),
    ],
)
def test_what_is_found_newest_first(corpus: list[Letter], reader: User, text: str, found: list[int]) -> None:
    assert [letter.pk for letter in search(reader=reader, text=text).rows] == [corpus[place].pk for place in found]


@pytest.mark.parametrize("text", ["ropes", "price -follows", "-price", "rope* has:attachment", "'quoted", "after:2026"])
def test_lists_narrowed_by_a_text_hold_what_the_search_finds(corpus: list[Letter], reader: User, text: str) -> None:
    letters = newest_with(Letter.objects.unscoped("test"), text=text, window=Window.of(""), most=50)
    assert [each.pk for each in letters] == [each.pk for each in search(reader=reader, text=text).rows]


@pytest.mark.django_db
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.sampled_from("ab*\"'-:(){}^&|!<>+~\\%_\0 ,.;$\ud800東")) | st.text(max_size=40))
def test_nothing_that_is_typed_is_an_error(text: str) -> None:
    reader = User(pk=1, is_active=True, role="sales_person")
    search(reader=reader, text=text)
    newest_with(Letter.objects.unscoped("test"), text=text, window=Window.of(""), most=1)


@pytest.mark.parametrize("stretches", [(200,), (1, 2), (2, 2, 2, 2), ()])
def test_letters_without_a_word_are_found_however_many_have_it(
    stretches: tuple[int, ...], alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_STRETCHES", stretches)
    account = make_account(alice)
    letters = [make_letter(account, subject="rope" if number % 4 else "chain") for number in range(8)]
    found = search(reader=alice, text="-rope", size=1)
    assert [each.pk for each in found.rows] == [letters[4].pk]
    older = search(reader=alice, text="-rope", size=1, cursor=found.next)
    assert ([each.pk for each in older.rows], older.next) == ([letters[0].pk], "")
    assert search(reader=alice, text="-rope", size=1, cursor=older.previous).rows == found.rows


def test_pages_lead_through_all_hits_and_back(alice: User) -> None:
    account = make_account(alice)
    letters = [make_letter(account, subject="rope") for _ in range(7)]
    expected = [each.pk for each in reversed(letters)]
    seen: list[int] = []
    pages, cursor = [], ""
    while True:
        page = search(reader=alice, text="rope", cursor=cursor, size=3)
        pages.append([each.pk for each in page.rows])
        seen += pages[-1]
        if not page.next:
            break
        cursor = page.next
    assert seen == expected
    back = search(reader=alice, text="rope", cursor=page.previous, size=3)
    assert [each.pk for each in back.rows] == pages[1]
    first = search(reader=alice, text="rope", cursor=back.previous, size=3)
    assert ([each.pk for each in first.rows], first.previous) == (pages[0], "")
    assert search(reader=alice, text="-nothing", cursor=cursor, size=3).rows == page.rows


def test_nobody_finds_what_they_may_not_read(alice: User, bob: User, dave: User) -> None:
    others, harbour = make_account(alice), make_customer(owner=alice)
    nobodys = make_customer()
    make_letter(others, subject="rope unlinked")
    make_letter(others, subject="rope of alice", to_records=(harbour,))
    make_letter(others, subject="rope private", to_records=(nobodys,), private=True)
    shared = make_letter(others, subject="rope shared", to_records=(nobodys,))
    own = make_letter(make_account(bob), subject="rope own")
    assert [each.pk for each in search(reader=bob, text="rope").rows] == [own.pk, shared.pk]
    assert search(reader=dave, text="rope").rows == []
    assert [each.subject for each in search(reader=alice, text="rope").rows] == [
        "rope shared",
        "rope private",
        "rope of alice",
        "rope unlinked",
    ]


def test_the_index_made_again_finds_the_same(corpus: list[Letter], reader: User) -> None:
    texts = ("ropes", '"price list"', "to:ann", "zazolc", "京")
    before = [hits(reader, text) for text in texts]
    assert rebuild_index(batch_size=2) == len(CORPUS)
    assert [hits(reader, text) for text in texts] == before


def hits(reader: User, text: str) -> list[int]:
    return [each.pk for each in search(reader=reader, text=text).rows]


def test_a_letter_taken_out_of_the_index_is_not_found_while_others_are(corpus: list[Letter], reader: User) -> None:
    remove_from_index(index_rows_of([corpus[0].pk]))
    assert hits(reader, "ropes") == [corpus[3].pk]


def test_attachment_names_are_found(alice: User) -> None:
    extra = 'MIME-Version: 1.0\nContent-Type: application/pdf; name="Preisliste.pdf"\nContent-Disposition: attachment'
    raw = raw_letter(extra=extra).replace(b"Content-Type: text/plain; charset=utf-8\r\n", b"")
    (delivery,) = store_batch(arrivals=[arrival(make_account(alice), raw)], now=NOW)
    assert hits(alice, "preisliste has:attachment") == [delivery.letter_id]


def test_a_search_costs_few_queries_however_much_is_found(corpus: list[Letter], reader: User) -> None:
    with CaptureQueriesContext(connection) as queries:
        search(reader=reader, text="ropes")
    asked = [query["sql"] for query in queries.captured_queries]
    selects = [sql for sql in asked if sql.startswith("SELECT") and not sql.startswith("SELECT set_config")]
    assert len(selects) <= 7


@needs_postgresql
@pytest.mark.parametrize("reader", ["everything", "much"], indirect=True)
@pytest.mark.parametrize("walk_ms", [400, 1])
def test_many_hits_are_walked_and_a_walk_without_end_is_given_up(
    corpus: list[Letter], reader: User, monkeypatch: pytest.MonkeyPatch, walk_ms: int
) -> None:
    monkeypatch.setattr(searching, "MOST_SORTED", 0)
    if walk_ms == 1:
        sleep = Func(Value(0.05), function="pg_sleep")
        monkeypatch.setattr(searching, "_meets", lambda expression: Q(Exact(Cast(sleep, CharField()), Value("?"))))
    monkeypatch.setattr(searching, "_WALK_MS", walk_ms)
    assert hits(reader, "ropes") == [corpus[3].pk, corpus[0].pk]


@pytest.mark.django_db
def test_what_was_deleted_is_found_again_only_once_it_is_restored_or_stands_on_a_record(bob: User, alice: User) -> None:
    box, harbour = make_account(bob), make_customer("Harbour Ltd", owner=alice)
    alone = make_letter(box, subject="Anchors")
    linked = make_letter(box, subject="Anchors", to_records=(harbour,))
    put_into_bin(letter_ids=[alone.pk, linked.pk], by=actor(bob), now=NOW)
    assert search(reader=bob, text="anchors").rows == []
    assert search(reader=alice, text="anchors").rows == [linked], "deleting it from a mailbox takes it off no card"
    take_from_bin(letter_ids=[alone.pk], by=actor(bob), now=NOW)
    assert search(reader=bob, text="anchors").rows == [alone]
