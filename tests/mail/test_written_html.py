"""What is kept of HTML that our own people write, and how it reads as plain text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.mail.written_html import signature_place, text_to_html, with_signature, written_html
from mooring.mail.written_text import written_text

URL = "/email/drafts/1/files/2/"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("<p>Hello <b>you</b></p>", "<p>Hello <b>you</b></p>"),
        ("<p onclick=x style=color:red class=big hx-get=/x>a</p>", "<p>a</p>"),
        ("<script>run()</script><p>a</p>", "<p>a</p>"),
        ('<a href="javascript:run()">a</a><a href="/customers/">b</a>', "<a>a</a><a>b</a>"),
        ('<a href="https://ropes.example">a</a>', '<a href="https://ropes.example">a</a>'),
        ('<div class="signature other"><p>Bob</p></div>', '<div class="signature"><p>Bob</p></div>'),
        ('<p>a<img src="https://tracker.example/dot.gif"><img src="//tracker.example/x"></p>', "<p>a</p>"),
        ('<p><img src="cid:one@picture" alt="rope"></p>', '<p><img src="cid:one@picture" alt="rope"></p>'),
        ("<mark>{{contact.name}}</mark>", "<mark>{{contact.name}}</mark>"),
        ("<p></p>", ""),
        ("<p> </p><br>", ""),
        ("", ""),
    ],
)
def test_only_what_the_editor_makes_is_kept(typed: str, kept: str) -> None:
    assert written_html(typed) == kept


def test_pictures_change_their_address_both_ways() -> None:
    stored = written_html(f'<p><img src="{URL}"></p>', pictures={URL: "cid:one@picture"})
    assert stored == '<p><img src="cid:one@picture"></p>'
    assert written_html(stored, pictures={"cid:one@picture": URL}) == f'<p><img src="{URL}"></p>'
    assert written_html(stored, keeps_pictures=False) == ""


@given(st.text(alphabet="<>/=\"' abpdivimgscript&;:-\n", max_size=200))
def test_what_went_through_once_stays_the_same(html: str) -> None:
    once = written_html(html)
    assert written_html(once) == once


def test_misnested_html_settles_after_another_round() -> None:
    html = written_html("<a><table><a>")
    assert written_html(html) == html


def test_html_that_never_settles_is_kept_as_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mooring.mail.written_html._MOST_ROUNDS", 0)
    assert written_html("<b>Ropes</b>") == "<p>Ropes</p>"


def test_text_becomes_paragraphs() -> None:
    assert text_to_html("Dear <Ann>,\nhello\n\n \nBob") == "<p>Dear &lt;Ann&gt;,<br>hello</p><p> <br>Bob</p>"
    assert text_to_html("") == ""


def test_a_signature_takes_the_place_of_another() -> None:
    html = '<p>a</p><div class="signature"><div><p>Bob</p></div></div><blockquote>q</blockquote>'
    assert with_signature(html, "<p>Eve</p>") == '<p>a</p><div class="signature"><p>Eve</p></div><blockquote>q</blockquote>'
    assert with_signature(html, "") == "<p>a</p><blockquote>q</blockquote>"
    assert with_signature("<p>a</p>", "<p>Eve</p>") == '<p>a</p><div class="signature"><p>Eve</p></div>'


def test_a_signature_without_an_end_has_no_place() -> None:
    assert signature_place('<div class="signature"><p>Bob') is None
    assert signature_place("<p>a</p>") is None


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One<br>two</p><p>three&nbsp;four</p>", "One\ntwo\n\nthree four"),
        ("<ul><li><p>one</p></li><li>two<ol><li>x</li><li>y</li></ol></li></ul>", "- one\n- two\n  1. x\n  2. y"),
        ("<p>a</p><blockquote><p>b</p><blockquote>c</blockquote></blockquote><p>d</p>", "a\n\n> b\n>\n>> c\n\nd"),
        ('<p><a href="https://a.example/x">here</a></p>', "here <https://a.example/x>"),
        ('<p><a href="https://a.example/">a.example</a> <a>no</a></p>', "a.example no"),
        ('<p><a href="mailto:ann@a.example">ann@a.example</a></p>', "ann@a.example"),
        ("<p>a</p><hr><p>b</p>", f"a\n\n{'-' * 40}\n\nb"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<table><tbody><tr><td><p>1</p></td><td>2</td></tr><tr><td></td><td>3</td></tr></tbody></table>", "1  2\n3"),
        ("<p>Bye</p><p>--</p><p>Bob</p>", "Bye\n\n-- \n\nBob"),
        ("</a></ol></blockquote><li>lone</li>", "- lone"),
        ("", ""),
    ],
)
def test_html_reads_as_if_it_had_been_typed(html: str, text: str) -> None:
    assert written_text(html) == text
