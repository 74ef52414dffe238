"""Whole page or fragment, toasts, redirects and headers."""

from __future__ import annotations

import pytest
from django.http import HttpResponse, HttpResponseRedirect
from django.template import engines
from django.test import override_settings

from mooring.ui import rendering

TEMPLATES = {
    "list.html": "{% load partials %}<h1>Customers</h1>{% partialdef rows inline %}<p>{{ name }}</p>{% endpartialdef %}",
}


@pytest.fixture(autouse=True)
def pages(settings):
    configured = settings.TEMPLATES[0]
    loaders = [
        ("django.template.loaders.locmem.Loader", TEMPLATES),
        "django.template.loaders.app_directories.Loader",
    ]
    options = {**configured["OPTIONS"], "loaders": [("template_partials.loader.Loader", loaders)]}
    own = {key: value for key, value in configured.items() if key != "APP_DIRS"}
    with override_settings(TEMPLATES=[{**own, "OPTIONS": options}]):
        yield
    assert engines


def test_a_browser_gets_the_whole_page(ask):
    response = rendering.page(ask(), "list.html", {"name": "Acme"}, fragment="rows")
    assert response.content == b"<h1>Customers</h1><p>Acme</p>"


def test_htmx_gets_only_the_fragment(ask):
    response = rendering.page(ask(htmx=True), "list.html", {"name": "Acme"}, fragment="rows")
    assert response.content.strip() == b"<p>Acme</p>"


@pytest.mark.parametrize("header", ["HX_History_Restore_Request", "HX_Boosted"])
def test_going_back_and_boosted_links_get_the_whole_page(ask, header):
    response = rendering.page(ask(htmx=True, **{header: "true"}), "list.html", {}, fragment="rows")
    assert response.content.startswith(b"<h1>")


def test_without_a_fragment_htmx_gets_the_whole_page(ask):
    assert rendering.page(ask(htmx=True), "list.html").content.startswith(b"<h1>")


def test_an_answer_is_told_apart_by_caches(ask):
    assert "HX-Request" in rendering.page(ask(), "list.html").headers["Vary"]


def test_the_status_is_the_views(ask):
    assert rendering.page(ask(), "list.html", status=422).status_code == 422


def test_what_a_user_typed_is_escaped(ask):
    assert b"&lt;b&gt;" in rendering.page(ask(), "list.html", {"name": "<b>"}).content


def test_a_toast_travels_with_the_fragment_and_offers_undo(ask):
    request = ask(htmx=True)
    rendering.toast(request, "Acme was moved <to> the archive.", undo_url="/customers/1/restore/")
    text = rendering.page(request, "list.html", fragment="rows").content.decode()
    assert 'hx-swap-oob="beforeend:#toasts"' in text
    assert "Acme was moved &lt;to&gt; the archive." in text
    assert 'action="/customers/1/restore/"' in text


def test_a_problem_is_shown_as_one(ask):
    request = ask(htmx=True)
    rendering.toast(request, "No.", is_problem=True)
    assert "toast-line problem" in rendering.nothing(request).content.decode()


def test_nothing_changes_no_part_of_the_page(ask):
    response = rendering.nothing(ask(htmx=True))
    assert response.headers["HX-Reswap"] == "none"
    assert not response.content.strip()


def test_after_a_deed_a_browser_is_sent_on_with_303(ask):
    response = rendering.see_other(ask(), "/customers/")
    assert (response.status_code, response.headers["Location"]) == (303, "/customers/")


def test_after_a_deed_htmx_moves_the_whole_page(ask):
    response = rendering.see_other(ask(htmx=True), "/customers/")
    assert response.status_code == 204
    assert response.headers["HX-Redirect"] == "/customers/"
    assert "Location" not in response.headers


def test_target_of_names_the_element_only_under_htmx(ask):
    assert rendering.target_of(ask(htmx=True, HX_Target="list")) == "list"
    assert rendering.target_of(ask(HX_Target="list")) == ""


def test_pages_are_kept_nowhere(ask):
    response = rendering.PageMiddleware(lambda _request: HttpResponse())(ask())
    assert set(response.headers["Cache-Control"].split(", ")) == {"no-store", "private"}


def test_a_view_may_say_how_long_its_answer_is_kept(ask):
    answer = HttpResponse(headers={"Cache-Control": "private, max-age=60"})
    response = rendering.PageMiddleware(lambda _request: answer)(ask())
    assert response.headers["Cache-Control"] == "private, max-age=60"


def test_a_lapsed_session_moves_the_page_to_sign_in_and_keeps_cookies(ask):
    answer = HttpResponseRedirect("/sign-in/")
    answer.set_cookie("seen", "1")
    response = rendering.PageMiddleware(lambda _request: answer)(ask(htmx=True))
    assert response.headers["HX-Redirect"] == "/sign-in/"
    assert response.cookies["seen"].value == "1"


def test_the_time_of_the_request_is_marked(ask):
    seen = []
    request = ask()
    before = request.received_at
    rendering.PageMiddleware(lambda asked: seen.append(asked.received_at) or HttpResponse())(request)
    assert seen[0] != before
    assert seen[0].tzinfo is not None


@pytest.mark.parametrize(("cookie", "theme"), [("dark", "dark"), ("light", "light"), ("", "system"), ('"><script>', "system")])
def test_only_known_themes_are_read_from_the_cookie(ask, cookie, theme):
    assert rendering.theme_of(ask(cookies={"theme": cookie})) == theme


@pytest.mark.parametrize(("chosen", "kept"), [("dark", "dark"), ("light", "light"), ("system", ""), ("anything", "")])
def test_a_theme_is_remembered_and_the_systems_forgotten(chosen, kept):
    response = HttpResponse()
    rendering.remember_theme(response, chosen)
    assert response.cookies["theme"].value == kept
