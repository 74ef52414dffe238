"""A real browser on a real server, for journeys through the pages.

    def test_a_customer_is_added(open_page, bob, looks_right):
        page = open_page("/customers/new/", user=bob)
        page.get_by_label("Name").fill("Acme")
        ...
        looks_right(page, "customer-new")

`looks_right` checks the page at 1440 and 390 pixels, light and dark: no axe-core violation, nothing scrolls sideways; with
MOORING_SCREENSHOTS=folder it keeps four pictures of it. Any request to another host, any script error and any violation of the
content security policy fails the journey at its end.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.db import connection
from django.test import Client, TransactionTestCase
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from mooring.ui import build_assets
from mooring.users.models import User
from servers.certificates import Authority
from servers.identity_provider import IdentityProvider

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
"""Playwright keeps an event loop in the test's thread; the tests themselves are not asynchronous."""

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
expect.set_options(timeout=15_000)
PAINTED = """new Promise((done) => {
  window.scrollTo(0, 0);
  requestAnimationFrame(() => requestAnimationFrame(done));
})"""
"""Resolves when the page is on the screen from its top, in the colours of a theme just chosen."""
WIDTHS = {"wide": (1440, 900), "phone": (390, 844)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that open pages need a browser, and rows that the server's threads can see."""
    for item in items:
        names = getattr(item, "fixturenames", ())
        if "open_page" in names:
            item.add_marker(pytest.mark.django_db(transaction=True))
        if "open_page" in names or "open_shared" in names:
            item.add_marker(pytest.mark.browser)
            if not Path(CHROMIUM).exists():
                item.add_marker(pytest.mark.skip(reason="Chromium is not installed"))


@pytest.fixture(scope="session")
def assets() -> None:
    """Style sheet, script and icons as the sources stand now."""
    build_assets.build()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Visits:
    """Pages opened at one server, each in a browser of its own. What none of them may do is kept until the end."""

    def __init__(self, browser: Browser, home: str) -> None:
        self._browser, self._home = browser, home
        self._contexts: list[Any] = []
        self._wrongs: list[str] = []

    def open(
        self,
        path: str = "/",
        *,
        user: User | None = None,
        width: int = 1440,
        height: int = 900,
        has_script: bool = True,
        visits: str = "",
    ) -> Page:
        """`visits` is where the journey may lead beside our own pages, with a certificate of the tests."""
        context = self._browser.new_context(
            ignore_https_errors=bool(visits),
            viewport={"width": width, "height": height},
            java_script_enabled=has_script,
            reduced_motion="reduce",
            base_url=self._home,
        )
        context.set_default_timeout(15_000)
        self._contexts.append(context)
        page = context.new_page()
        _watch(page, (self._home, visits) if visits else (self._home,), self._wrongs)
        if user is not None:
            context.add_cookies([_session_of(user, self._home)])
        page.goto(path)
        return page

    def end(self) -> None:
        """Fails where a page did what it may not."""
        for context in self._contexts:
            context.close()
        assert not self._wrongs


@pytest.fixture
def open_page(browser: Browser, live_server: Any, assets: None) -> Iterator[Callable[..., Page]]:
    """open_page("/customers/", user=bob, width=390, has_script=False) -> a page of a browser of its own, signed in as bob."""
    visits = Visits(browser, live_server.url)
    yield visits.open
    visits.end()


@pytest.fixture(scope="session")
def server_of_kept_rows(django_db_setup: None) -> Iterator[LiveServer]:
    """As live_server, after whose tests all rows are taken away. It outlives the files, as pages that listen for news do."""
    server = LiveServer("localhost")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def open_shared(
    browser: Browser, server_of_kept_rows: LiveServer, kept_rows: None, assets: None
) -> Iterator[Callable[..., Page]]:
    """As open_page, for pages that all tests of a file share, on rows that they share."""
    visits = Visits(browser, server_of_kept_rows.url)
    yield visits.open
    visits.end()


@pytest.fixture(scope="module")
def kept_rows(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """What is written stays for all tests of a file; it is taken away at their end."""
    with django_db_blocker.unblock():
        yield
        TransactionTestCase("__init__")._fixture_teardown()


@pytest.fixture
def trusted(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operating system trusts the authority of the test servers."""
    (tmp_path / "authority.pem").write_text(authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))


@pytest.fixture
def lighthouse(provider: IdentityProvider, live_server: Any, settings: Any, trusted: None) -> IdentityProvider:
    """A sign-in provider that knows this installation."""
    settings.BASE_URL = live_server.url
    provider.client.redirect_urls = {f"{live_server.url}/sign-ins/return/other/"}
    return provider


@pytest.fixture
def looks_right() -> Callable[..., None]:
    """Check and picture the page as it stands now, in both widths and both themes.

    Only once, with SQLite: which database stands behind a page changes nothing about its looks.
    """

    def looks_right(page: Page, name: str) -> None:
        if connection.vendor != "sqlite":
            return
        before = page.viewport_size
        for width_name, (width, height) in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            for theme in ("light", "dark"):
                page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]  # one of two words
                page.evaluate(PAINTED)
                keep_picture(page, f"{name}-{width_name}-{theme}")
                assert_accessible(page, f"{name}, {width_name}, {theme}", only_colours=theme == "dark")
            sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert sideways <= 0, f"{name} scrolls sideways by {sideways} pixels at {width}"
        page.emulate_media(color_scheme="light")
        if before:
            page.set_viewport_size(before)

    return looks_right


def assert_accessible(page: Page, name: str, *, only_colours: bool = False) -> None:
    """No violation of WCAG 2.2 AA that axe-core can find; where only the theme differs, its colours alone."""
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    only = {"type": "rule", "values": ["color-contrast"]} if only_colours else {"type": "tag", "values": tags}
    results = Axe().run(page, options={"runOnly": only})
    assert results.violations_count == 0, f"{name}:\n{results.generate_report()}"


def keep_picture(page: Page, name: str) -> None:
    """A picture of the whole page in the folder MOORING_SCREENSHOTS, if that is set."""
    folder = os.environ.get("MOORING_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True, caret="initial")


def _watch(page: Page, homes: tuple[str, ...], wrongs: list[str]) -> None:
    page.on("pageerror", lambda error: wrongs.append(f"script error: {error}"))
    page.on("request", lambda request: wrongs.extend(_stranger(request.url, homes)))
    page.on(
        "console", lambda said: wrongs.append(f"{said.text} {said.location}") if "Content Security Policy" in said.text else None
    )


def _stranger(url: str, homes: tuple[str, ...]) -> list[str]:
    is_ours = url.startswith((*homes, "data:", "blob:", "about:"))
    return [] if is_ours else [f"request to another host: {url}"]


def _session_of(user: User, home: str) -> Any:
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value, "url": home}
