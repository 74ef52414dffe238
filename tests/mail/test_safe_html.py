"""Strangers' HTML and text as we dare show it."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mooring.mail import safe_html as safe_html_module
from mooring.mail.html_limits import MOST_FORMATTING, limit_html
from mooring.mail.safe_html import safe_html, safe_text, without_quote
from mooring.mail.styles import safe_style

CIDS = {"logo@x": "/letters/7/parts/2/", "a b": "/letters/7/parts/3/"}
LINK = '<a target="_blank" rel="noopener noreferrer"'


def blocked(html: str) -> str:
    return safe_html(html, images="blocked", cid_urls=CIDS).html


# ---- what stays and what goes


@pytest.mark.parametrize(
    ("html", "safe"),
    [
        ("<p>Hello <b>you</b></p>", "<p>Hello <b>you</b></p>"),
        ("<script>alert(1)</script>a", "a"),
        ("<style>p{}</style>a", "a"),
        ("<p onclick=alert(1) hx-get=/x data-hx-post=/y id=i class=c name=n>a", "<p>a</p>"),
        ("<svg><script>alert(1)</script></svg><math><mi>x</mi></math>", "x"),
        ("<iframe src=//evil></iframe><object data=x></object><embed src=x>a", "a"),
        ("<form action=//evil><input name=x><button>go</button></form>", "go"),
        ("<base href=//evil><meta http-equiv=refresh content=0><link rel=stylesheet href=//evil>a", "a"),
        ("<a href='https://x.pl/'>x</a>", f'{LINK} href="https://x.pl/">x</a>'),
        ("<a href=mailto:a@b.pl target=_top rel=opener>x</a>", f'{LINK} href="mailto:a@b.pl">x</a>'),
        ("<a href=javascript:alert(1)>x</a>", f"{LINK}>x</a>"),
        ("<a href='java\nscript:alert(1)'>x</a>", f"{LINK}>x</a>"),
        ("<a href='&#106;avascript:alert(1)'>x</a>", f"{LINK}>x</a>"),
        ("<a href=data:text/html,x>x</a>", f"{LINK}>x</a>"),
        ("<a href=/settings>x</a>", f"{LINK}>x</a>"),
        ("<a href=//evil>x</a>", f"{LINK}>x</a>"),
        ("<a href=cid:logo@x>x</a>", f"{LINK}>x</a>"),
        ("<a href=/letters/7/parts/2/>x</a>", f"{LINK}>x</a>"),
        ("<a href=>x</a>", f"{LINK}>x</a>"),
        ("<!-- a -->b<!--[if mso]>c<![endif]-->", "b"),
        ("<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", '<p title="&lt;/noscript&gt;'),
        ("<<!-- -->script>alert(1)</script>", "&lt;script&gt;alert(1)"),
        ("a\0b", "ab"),
        ("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
        ("<td bgcolor=red background=//evil/x width=9>a</td>", "a"),
        ("<table background=//evil bgcolor=red>a", 'a<table bgcolor="red"></table>'),
        ("<img srcset='//evil 2x' src=https://x/y alt=t>", '<img alt="t">'),
        ("<video poster=//evil/x><source src=//evil></video>a", "a"),
    ],
)  # fmt: skip
def test_only_harmless_markup_stays(html: str, safe: str) -> None:
    assert blocked(html).startswith(safe)


@pytest.mark.parametrize(
    ("source", "when_blocked", "when_remote", "count"),
    [
        ("https://x.pl/a.png", "", "https://x.pl/a.png", 1),
        ("http://x.pl/a.png", "", "http://x.pl/a.png", 1),
        ("//x.pl/a.png", "", "", 0),
        ("/a.png", "", "", 0),
        ("cid:logo@x", "/letters/7/parts/2/", "/letters/7/parts/2/", 0),
        ("CID:logo%40x", "/letters/7/parts/2/", "/letters/7/parts/2/", 0),
        ("cid:unknown", "", "", 0),
        ("/letters/7/parts/2/", "/letters/7/parts/2/", "/letters/7/parts/2/", 0),
        ("/letters/8/parts/2/", "", "", 0),
        ("data:image/png;base64,AAAA", "data:image/png;base64,AAAA", "data:image/png;base64,AAAA", 0),
        ("data:image/svg+xml;base64,AAAA", "", "", 0),
        ("data:text/html,x", "", "", 0),
        ("mailto:a@b.pl", "", "", 0),
        ("javascript:alert(1)", "", "", 0),
    ],
)
def test_pictures(source: str, when_blocked: str, when_remote: str, count: int) -> None:
    for images, expected in (("blocked", when_blocked), ("remote", when_remote)):
        found = safe_html(f'<img src="{source}">', images=images, cid_urls=CIDS)  # type: ignore[arg-type]
        assert found.html == (f'<img src="{expected}">' if expected else "<img>")
        assert found.remote_image_count == count


@pytest.mark.parametrize(
    ("style", "safe"),
    [
        ("color: red; font-size:12px", "color:red;font-size:12px"),
        ("COLOR:RED", "color:RED"),
        ("font-family: 'Segoe UI', Arial", "font-family:'Segoe UI', Arial"),
        ("color: rgb(1, 2, 3)", "color:rgb(1, 2, 3)"),
        ("font-family:sans-serif", "font-family:sans-serif"),
        ("background-color: url(//evil)", ""),
        ("background: red", ""),
        ("background-image: url(x)", ""),
        ("width: expression(alert(1))", ""),
        ("width: calc(100% - 1px)", ""),
        ("margin: -500px", ""),
        ("margin: 0 - 5px", ""),
        ("margin-top:-.5em", ""),
        ("position: fixed", ""),
        ("z-index:9", ""),
        ("color: red !important", ""),
        ("color: r\\65 d", ""),
        ("color: red /* x */", ""),
        ("color: var(--x)", ""),
        ("color: 'red", ""),
        ('font-family: "a', ""),
        ("color:", ""),
        ("color", ""),
        ("color:" + "r" * 400, ""),
        ("@import 'x'", ""),
        ("", ""),
    ],
)
def test_styles(style: str, safe: str) -> None:
    assert safe_style(style) == safe
    assert safe_style(safe) == safe
    assert ("style=" in blocked(f"<p style='{style}'>a")) == (bool(safe) and "'" not in style)


# ---- the same when sanitised again

TRICKS = [
    "<p>", "</p>", "<div style='color:red;position:fixed'>", "</div>", "<table>", "<tr>", "<td>", "</table>", "<b>",
    "</b>", "<i a=1>", "</i>", "<a href=https://x.pl>", "<a href=", "</a>", "<img src=cid:logo@x>", "<svg>", "</svg>",
    "<math>", "<mtext>", "<style>", "</style>", "<script>", "</script>", "<noscript>", "<title>", "</title>", "<!--",
    "-->", "<![CDATA[", "]]>", "<select>", "<template>", "<form>", "<p title=\"</noscript><img src=x onerror=a()>\">",
    "<", ">", "\"", "'", "=", "/", " ", "&", "&lt;", "&amp;lt;", "&#60;", "text", "\0", "\n", "<br>", "<pre>\n",
    "<font face='a'>", "<li>", "<dd>", "<h1>", "<details>", "<summary>", "<xmp>", "<plaintext>", "<q>", "<mglyph>",
]  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(TRICKS), max_size=30).map("".join))
def test_output_is_stable_and_holds_nothing_that_runs_or_loads(html: str) -> None:
    once = blocked(html)
    assert blocked(once) == once
    assert not re.search(r"<(?:script|style|svg|math|form|iframe|title|noscript|template|select)\b", once)
    assert not re.search(r"<[^>]*\s(?:on\w+|srcset|background|hx-\w+)=(?=[^<]*>)", re.sub(r'"[^"]*"', '""', once))


def test_what_never_settles_is_shown_as_its_words() -> None:
    class Restless:
        def clean(self, html: str) -> str:
            return f"{html}<b>!</b>"

    assert safe_html_module._settled(Restless(), "<p>words</p>").startswith("<div>words")  # type: ignore[arg-type]


# ---- bounds


@pytest.mark.parametrize(
    "html",
    [
        "<!--" * 32_768,
        "<a " * 8_192,
        "<div>" * 50_000,
        "<b><div></b>" * 50_000,
        "<div><b a=1></div>" * 50_000,
        "".join(f"<p><b a={number}>" for number in range(50_000)),
        "<b><i><u>" * 7 + "<p>x" * 400_000,
        "<table><tr><td>" * 30_000,
        "<ul><li>" * 50_000,
        "</p>" * 400_000,
        "&" * 2_000_000,
        "&amp;" * 400_000,
        "<p title='" + "&" * 1_000_000 + "'>",
        "<p title='&&'>" * 100_000,
        "<" * 1_000_000,
        "<a" + "/" * 1_000_000,
    ],
    ids=lambda html: html[:12],
)
def test_hostile_html_is_made_safe_in_bounded_time(html: str) -> None:
    begun = time.process_time()
    found = safe_html(html, images="blocked", cid_urls={})
    assert time.process_time() - begun < 10
    assert len(found.html) < 12_000_000


def test_nesting_is_cut_and_words_stay() -> None:
    found = blocked("<div>" * 2_000 + "deep words")
    assert found.count("<div>") == 500
    assert "deep words" in found


def test_formatting_left_open_is_bounded() -> None:
    limited = limit_html("<font>" * 100 + "x" + "</font>" * 100, tags={"font"}, attributes={})
    assert limited.count("<font>") == limited.count("</font>") == MOST_FORMATTING


def test_end_tags_without_a_start_are_dropped() -> None:
    assert limit_html("</div></b>x<div></div></div>", tags={"div", "b"}, attributes={}) == "x<div></div>"


# ---- plain text


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a < b & c\n\"d\"", "a &lt; b &amp; c<br>\n&quot;d&quot;"),
        ("see https://x.pl/a?b=1&c=2.", f'see {"<a"} href="https://x.pl/a?b=1&amp;c=2" target="_blank" rel="noopener noreferrer">https://x.pl/a?b=1&amp;c=2</a>.'),
        ("(http://x.pl)", '(<a href="http://x.pl" target="_blank" rel="noopener noreferrer">http://x.pl</a>)'),
        ("http://x.pl/a_(b)", '<a href="http://x.pl/a_(b)" target="_blank" rel="noopener noreferrer">http://x.pl/a_(b)</a>'),
        ("write a@b.pl!", 'write <a href="mailto:a@b.pl" target="_blank" rel="noopener noreferrer">a@b.pl</a>!'),
        ("mailto:a@b.pl", '<a href="mailto:a@b.pl" target="_blank" rel="noopener noreferrer">mailto:a@b.pl</a>'),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("ftp://x.pl", "ftp://x.pl"),
        ("", ""),
    ],
)  # fmt: skip
def test_text_is_escaped_and_linked(text: str, html: str) -> None:
    assert safe_text(text) == html


def test_a_link_cannot_leave_its_attribute() -> None:
    found = safe_text('https://x.pl/"onmouseover=alert(1)//')
    assert 'href="https://x.pl/"' in found
    assert "&quot;onmouseover" in found


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("Yes.\n\nOn Mon, Jo wrote:\n> why?\n> how?\n\n", "Yes."),
        ("Yes.\n\nOn Monday, 2 March 2026 at 10:00\nJo Kim <jo@x.pl> wrote:\n\n> why?", "Yes."),
        ("Tak.\n\nW dniu 2 marca Jo pisze:\n> czemu?", "Tak."),
        ("Yes.\n> why?", "Yes."),
        ("Yes.\n\n-----Original Message-----\nFrom: Jo\n\nwhy?", "Yes."),
        ("Tak.\n---- Oryginalna wiadomość ----\nczemu?", "Tak."),
        ("> why?\nYes.\n> how?\nSo.", "> why?\nYes.\n> how?\nSo."),
        ("> only a quote", "> only a quote"),
        ("-----Original Message-----\nall", "-----Original Message-----\nall"),
        ("no quote\n\n", "no quote"),
        ("", ""),
    ],
)
def test_the_quote_at_the_end_is_told_apart(text: str, new: str) -> None:
    assert without_quote(text) == new


def test_the_quote_at_the_end_is_folded() -> None:
    found = safe_text("Yes.\n> <why>", summary="<more>")
    assert found == 'Yes.<details class="quoted"><summary>&lt;more&gt;</summary>&gt; &lt;why&gt;</details>'


@pytest.mark.parametrize(
    "text",
    [
        ">" * 2_000_000,
        "> \n" * 500_000,
        "on " * 300_000,
        "a@" * 500_000,
        "http://" * 200_000,
        "-" * 1_000_000,
        "on\n" * 300_000 + ">",
    ],
    ids=lambda text: text[:8],
)
def test_hostile_text_is_shown_in_linear_time(text: str) -> None:
    begun = time.process_time()
    safe_text(text)
    assert time.process_time() - begun < 10


@given(st.text(max_size=200))
def test_any_text_is_shown_without_markup_of_its_own(text: str) -> None:
    tags = set(re.findall(r"</?[a-z]+", safe_text(text)))
    assert tags <= {"<a", "</a", "<br", "<details", "</details", "<summary", "</summary"}
