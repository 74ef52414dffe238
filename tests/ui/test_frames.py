"""The frames that pages stand in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from selectolax.lexbor import LexborHTMLParser

from mooring.ui import build_assets
from mooring.ui.parts import Entry, Frame, Person

FRAME = Frame(
    menu=[
        Entry(label=label, url=f"/{key}/", icon="folder", key=key, is_current=key == "c", count=3 if key == "e" else 0)
        for label, key in [("Home", "h"), ("Email", "e"), ("Customers", "c"), ("Leads", "l"), ("Projects", "p"), ("Setup", "s")]
    ],
    new=[Entry(label="Customer", url="/customers/new/", icon="building", key="n")],
    person=Person(name="Bob Kowalski", email="bob@harbour.example", sign_out_url="/out/", profile_url="/me/"),
    search_url="/search/",
    notices_url="/notices/",
    bell_url="/notices/bell/",
    language_url="/language/",
    theme_url="/theme/",
)
TEMPLATES = sorted(path for path in (build_assets.UI / "templates").rglob("*.html") if path.name != "letter_body.html")
"""Of pages: what a sandboxed frame shows of a letter has a style of its own, and a policy that allows no script."""


def shown(request, template="ui/frame.html", frame=FRAME) -> LexborHTMLParser:
    return LexborHTMLParser(render_to_string(template, {"frame": frame}, request))


def test_the_menu_leads_everywhere_by_pointer_and_by_key(ask):
    page = shown(ask())
    assert {link.attributes["data-go"]: link.attributes["href"] for link in page.css("[data-go]")}["c"] == "/c/"
    assert page.css_first(".entry[aria-current=page]").text(strip=True) == "Customers"


def test_on_the_phone_the_places_beyond_four_are_under_more(ask):
    more = shown(ask()).css(".more .menu-panel a")
    assert [link.text(strip=True) for link in more] == ["Projects", "Setup"]


def test_the_keyboard_reaches_the_page_past_the_menu(ask):
    page = shown(ask())
    assert page.css_first("a.skip").attributes["href"] == "#content"
    assert page.css_first("main#content[tabindex='-1']") is not None


def test_search_is_a_form_that_works_without_a_script(ask):
    form = shown(ask("/?q=rope")).css_first("form[role=search]")
    assert (form.attributes["action"], form.attributes["method"]) == ("/search/", "get")
    assert form.css_first("input[name=q]").attributes["value"] == "rope"


def test_signing_out_theme_and_language_are_posts(ask):
    page = shown(ask())
    for address in ("/out/", "/theme/", "/language/"):
        form = page.css_first(f"form[action='{address}']")
        assert form.attributes["method"] == "post"
        assert form.css_first("input[name=csrfmiddlewaretoken]") is not None


def test_a_part_without_an_address_is_left_out(ask):
    page = shown(ask(), frame=Frame(menu=()))
    assert page.css_first("form[role=search]") is None
    assert page.css_first(".top .menu") is None


@pytest.mark.parametrize(
    ("cookies", "attributes"),
    [
        ({}, {}),
        ({"theme": "dark"}, {"data-bs-theme": "dark"}),
        ({"theme": '"><script>'}, {}),
        ({"theme": "light", "menu": "narrow"}, {"data-bs-theme": "light", "data-menu": "narrow"}),
    ],
)
def test_theme_and_menu_are_there_before_the_first_paint(ask, cookies, attributes):
    html = shown(ask(cookies=cookies)).css_first("html").attributes
    assert {name: value for name, value in html.items() if name.startswith("data-")} == attributes


def test_the_browser_is_told_to_evaluate_nothing(ask):
    config = shown(ask()).css_first("meta[name=htmx-config]").attributes["content"]
    for setting in ('"allowEval":false', '"includeIndicatorStyles":false', '"selfRequestsOnly":true', '"historyCacheSize":0'):
        assert setting in config


def test_requests_carry_the_csrf_token(ask):
    assert "X-CSRFToken" in shown(ask()).css_first("body").attributes["hx-headers"]


@pytest.mark.parametrize("template", ["404.html", "403.html", "403_csrf.html", "500.html"])
def test_errors_are_worded_even_without_a_request(template):
    page = LexborHTMLParser(render_to_string(template))
    assert page.css_first("h1").text(strip=True)
    assert page.css_first("a[href='/']") is not None


def test_sign_in_stands_alone(ask):
    page = shown(ask(), "ui/sign_in.html")
    assert page.css_first("nav") is None
    assert page.css_first("main.gate") is not None


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(Path(path).name))
def test_no_template_has_inline_script_or_style(template):
    text = template.read_text()
    assert not re.search(r"\sstyle=|<style|\son\w+=|hx-on|javascript:|hx-vals=.js:", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))
    assert "|safe" not in text
