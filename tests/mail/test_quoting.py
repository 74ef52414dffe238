"""What a reply quotes is folded: real replies of many programs, and the shapes that decide what is a quote."""

from __future__ import annotations

import re

import pytest

from mooring.mail.html_text import html_to_text
from mooring.mail.parsing import read_letter
from mooring.mail.quoting import fold_quotes
from mooring.mail.safe_html import safe_html, safe_text, without_quote
from testdata import FOLDER, needs_testdata

FOLD = re.compile(r"<details><summary>(Earlier|Signature)</summary>(.*?)</details>", re.DOTALL)
QUOTE = '<blockquote type="cite">how much?</blockquote>'


def folded(html: str) -> str:
    return fold_quotes(html, quote="Earlier", signature="Signature")


def newly_written(html: str) -> str:
    return html_to_text(FOLD.sub("", folded(html)))


@needs_testdata
@pytest.mark.parametrize(
    ("program", "new"),
    [
        ("android", "Hello"),
        ("aol", "Hello"),
        ("comcast", "Hello"),
        ("gmail", "Hello"),
        ("hotmail", "Hello"),
        ("outlook", "Allo! Follow up MIME!"),
        ("sparrow", "Hello\n--\nxxx\nSent with Sparrow"),
    ],
)
def test_real_replies_in_html_show_what_was_newly_written(program: str, new: str) -> None:
    letter = read_letter((FOLDER / "mail" / "talon" / f"{program}.eml").read_bytes())
    assert newly_written(letter.html) == new


@needs_testdata
@pytest.mark.parametrize(
    ("program", "new"),
    [("apple_mail", "Hello"), ("apple_mail_2", "Hello"), ("iphone", "Hello\n\nSent from my iPhone"), ("yahoo", "Hello")],
)
def test_real_replies_in_plain_text_do_so_too(program: str, new: str) -> None:
    letter = read_letter((FOLDER / "mail" / "talon" / f"{program}.eml").read_bytes())
    assert without_quote(letter.text) == new


@pytest.mark.parametrize(
    "html",
    [
        f"<p>Yes</p>{QUOTE}",
        f"<p>Yes</p><div>On 2 March, Ann wrote:</div><br>{QUOTE}",
        f"<div>Yes<br>On 2 March, Ann wrote:{QUOTE}</div>",
        f'<p>Yes</p><div class="gmail_quote">On 2 March Ann wrote:{QUOTE}</div>',
        f"{QUOTE}<p>Yes</p>",
        '<p>Yes</p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt"><p>From: Ann</p></div></div><p>how much?</p>',
        '<div><p>Yes</p></div><div id="appendonsend"></div><hr><div>From: Ann</div><p>how much?</p>',
        "<p>Yes</p><p><b>Od:</b> Ann<br><b>Wysłano:</b> 2 marca<br><b>Do:</b> Bob<br><b>Temat:</b> Liny</p><p>how much?</p>",
        "<p>Yes</p><div>-----Original Message-----<br>From: Ann</div><p>how much?</p>",
        "<div>Yes<br>&gt; how much?<br>&gt; tell me</div>",
        "Yes<br>&gt; how much?",
        f"<p>Yes</p>{QUOTE[:-13]}",
    ],
)
def test_quotes_are_found_by_the_marks_of_many_programs(html: str) -> None:
    assert newly_written(html) == "Yes"
    assert "how much?" in folded(html)


@pytest.mark.parametrize(
    "html",
    [
        "<p>No quote at all</p>",
        QUOTE,
        f"<p>One</p>{QUOTE}<p>two</p>{QUOTE}<p>three</p>",
        f"<table><tr>{QUOTE}</tr></table><p>One</p>",
        '<p>One</p><blockquote type="cite"><br></blockquote>',
        "<p>From:</p><p>a shop</p>",
        "&gt; nothing but a quote",
        "<table>a<tr>&gt; in a row</table>",
        "<table><tr><td>One</td></tr><tr><hr id=stopSpelling></tr></table>",
        '<div class="gmail_signature">only a signature</div>',
        ' &nbsp; <div class="gmail_signature">only a signature after space</div>',
        '<p>One</p><div class="gmail_signature"></div>',
        "</div></p>",
    ],
)
def test_what_is_no_quote_or_everything_there_is_stays_as_it_was(html: str) -> None:
    assert folded(html) == html


def test_of_several_quotes_the_last_is_folded_where_nothing_follows() -> None:
    html = f"<p>One</p>{QUOTE}<p>two</p>{QUOTE}"
    assert len(FOLD.findall(folded(html))) == 1
    assert folded(html).endswith("</details>")


def test_a_signature_is_a_fold_of_its_own_before_the_quote() -> None:
    html = f'<p>Yes</p><div class="gmail_signature">Ann<br>Harbour Ltd</div>{QUOTE}'
    assert [label for label, _text in FOLD.findall(folded(html))] == ["Signature", "Earlier"]
    inside = '<p>Yes</p><div class="gmail_quote">old<div class="gmail_signature">Bob</div></div>'
    assert [label for label, _text in FOLD.findall(folded(inside))] == ["Earlier"]


def test_a_label_is_plain_text_and_folds_outlive_the_sanitiser() -> None:
    html = fold_quotes(f"<p>Yes</p>{QUOTE}", quote="<b>Earlier", signature="")
    assert "<summary>&lt;b&gt;Earlier</summary>" in html
    safe = safe_html(html, images="blocked", cid_urls={}).html
    assert re.search(r"<details><summary>&lt;b&gt;Earlier</summary><blockquote.*</blockquote></details>", safe)


def test_folding_takes_linear_time_on_hostile_nesting() -> None:
    for hostile in ("<div>" * 50_000, "<b>From:</b>" * 20_000, QUOTE * 5_000, "<p>a</b>" * 50_000, "&gt;<i>" * 50_000):
        fold_quotes(f"<p>One</p>{hostile}", quote="q", signature="s")


def test_a_picture_above_a_signature_is_something_to_read() -> None:
    html = '<p><img src="cid:1"></p><div class="gmail_signature">Ann</div>'
    assert FOLD.findall(folded(html)) == [("Signature", '<div class="gmail_signature">Ann</div>')]


def test_a_signature_in_plain_text_is_folded_alone_and_before_a_quote() -> None:
    text = "Yes\n\n-- \nAnn\nHarbour Ltd\n\n> how much?"
    shown = safe_text(text, summary="Earlier", signature="Signature")
    assert shown.index("<summary>Signature</summary>") < shown.index("Harbour") < shown.index("<summary>Earlier</summary>")
    assert shown.startswith("Yes")
    assert "<summary>Signature" in safe_text("Yes\n--\nAnn", signature="Signature")
    for whole in ("-- \nonly this", "Yes\n-- ", "Yes\n-- \n" + "line\n" * 30):
        assert "<summary>" not in safe_text(whole, signature="Signature")
