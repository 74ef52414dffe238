"""The scripts in a real browser: keys, palette, ticks, trees, dialogs, toasts, theme. And the pages without them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("ui.showing"),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def show(browser: Browser, live_server) -> Iterator[Callable[..., Page]]:
    """show(path, **options of the context) -> a page; what its console complains of fails the test, 404 answers aside."""
    wrongs: list[str] = []
    contexts = []

    def show(path: str = "/", **options) -> Page:
        context = browser.new_context(base_url=live_server.url, reduced_motion="reduce", **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrongs.append(str(error)))
        page.on("console", lambda said: wrongs.append(said.text) if said.type == "error" and "404" not in said.text else None)
        page.goto(path)
        return page

    yield show
    for context in contexts:
        context.close()
    assert not wrongs


def test_j_and_k_walk_the_rows_and_x_ticks(show):
    page = show()
    for key in ("j", "j", "k", "j", "x"):
        page.keyboard.press(key)
    expect(page.get_by_role("link", name="Brightwater")).to_be_focused()
    expect(page.get_by_role("checkbox", name="Tick Brightwater")).to_be_checked()
    expect(page.locator(".bulk")).to_contain_text("1 ticked")


def test_enter_opens_the_row(show):
    page = show()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/other/?Acme")


def test_shift_ticks_a_stretch_and_the_header_ticks_all(show):
    page = show()
    page.get_by_role("checkbox", name="Tick Acme").click()
    page.get_by_role("checkbox", name="Tick Copperleaf").click(modifiers=["Shift"])
    expect(page.locator("[data-said]")).to_have_text("3 ticked")
    page.get_by_role("checkbox", name="Tick all rows of this page").click()
    expect(page.locator("[data-said]")).to_have_text("4 ticked")
    page.get_by_role("button", name="Untick all").click()
    expect(page.locator(".bulk")).to_be_hidden()


def test_g_and_a_letter_go_to_a_module(show):
    page = show()
    page.keyboard.press("g")
    page.keyboard.press("e")
    page.wait_for_url("**/other/")


def test_a_key_presses_what_carries_it_but_not_while_someone_writes(show):
    page = show()
    page.keyboard.press("/")
    with page.expect_response("**/search/?q=o"):  # which leaving the page would cut off, and the console tell
        page.keyboard.type("o")
    expect(page.get_by_role("combobox")).to_have_value("o")
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    page.wait_for_url("**/other/")


def test_the_palette_finds_and_opens(show):
    page = show()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option")).to_have_count(4)
    page.keyboard.type("bri")
    expect(page.get_by_role("option")).to_have_count(1)
    expect(page.get_by_role("option", name="Brightwater")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url("**/other/?Brightwater")


def test_question_mark_shows_the_keys_of_the_page(show):
    page = show()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_be_visible()
    expect(keys.locator("[data-keys-of-page] > div")).to_have_text(["Customern", "Othero"])
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()


def test_a_question_stands_before_what_cannot_be_undone(show):
    page = show()
    page.get_by_role("row", name="Acme").hover()
    page.get_by_role("button", name="Erase Acme").click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("Erase Acme?")
    question.get_by_role("button", name="Cancel").click()
    assert page.url.endswith("/")
    page.get_by_role("button", name="Erase Acme").click()
    question.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/other/")


def test_a_tree_folds_and_is_walked_by_arrows(show):
    page = show()
    page.get_by_role("checkbox", name="Inbox").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("checkbox", name="2025")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("checkbox", name="Inbox")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("checkbox", name="2025")).to_be_hidden()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("checkbox", name="Sent")).to_be_focused()


def test_a_fragment_brings_a_toast_with_undo_that_can_be_dismissed(show):
    page = show()
    page.get_by_role("button", name="Load").click()
    expect(page.locator("#here")).to_have_text("Part")
    toast = page.get_by_role("status").filter(has_text="Loaded.")
    expect(toast.get_by_role("button", name="Undo")).to_be_visible()
    toast.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_text("Loaded.")).to_have_count(0)


def test_a_failed_request_is_said_in_words(show):
    page = show()
    page.get_by_role("button", name="Fail").click()
    expect(page.get_by_text("That is no longer here, or you may not see it.")).to_be_visible()


def test_the_theme_is_switched_at_once_and_remembered(show):
    page = show()
    page.get_by_label("Menu of Bob Kowalski").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_the_menu_folds_and_stays_folded(show):
    page = show()
    page.get_by_role("button", name="Menu with words").click()
    page.reload()
    expect(page.locator(".side .word").first).to_be_hidden()
    expect(page.get_by_role("link", name="Home")).to_be_visible()


def test_a_menu_closes_with_escape_and_gives_the_focus_back(show):
    page = show()
    page.get_by_label("New", exact=True).click()
    expect(page.get_by_role("link", name="Customer", exact=False).last).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(page.locator("details.menu[open]")).to_have_count(0)


def test_without_a_script_pages_search_and_menus_work(show):
    page = show(java_script_enabled=False)
    page.get_by_role("combobox").fill("acme")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=acme")
    page.go_back()
    page.get_by_label("New", exact=True).click()
    page.locator(".top .menu-panel .item").first.click()
    page.wait_for_url("**/other/?new")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 900, 390])
def test_the_frame_is_accessible_and_never_scrolls_sideways(show, theme, width):
    page = show(color_scheme=theme, viewport={"width": width, "height": 844})
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
