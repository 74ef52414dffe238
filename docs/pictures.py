"""Takes the pictures of the guide anew: the demo company in a folder of its own, a real browser, the pages as they are.

`python docs/pictures.py [NAME...]` with the names of pictures, or all. Chromium must be installed.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from mooring.config.demo.company import PASSWORD

IMAGES = Path(__file__).with_name("guide") / "images"
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]


def customer_emails(page: Page) -> None:
    """The card of a customer with its letters."""
    page.goto("/customers/?q=brightwater")
    page.get_by_role("link", name="Brightwater Yacht Charter").first.click()
    page.get_by_role("link", name="Emails").first.click()


def synced_emails(page: Page) -> None:
    """The report of synced emails."""
    page.goto("/reports/synced-emails/")


def account_form(page: Page) -> None:
    """The form for a new mailbox."""
    page.goto("/profile/")
    page.get_by_role("link", name="Email settings").first.click()
    page.get_by_role("link", name="New mailbox").first.click()
    page.get_by_role("button", name="Find the servers").click()


def groups(page: Page) -> None:
    """The tree of groups, as an administrator sees it."""
    page.context.clear_cookies()
    sign_in(page, "alice@halyard.example")
    page.goto("/setup/groups/")


def crm_settings(page: Page) -> None:
    """The fields of additional information, one of them open."""
    page.context.clear_cookies()
    sign_in(page, "alice@halyard.example")
    page.goto("/setup/crm/additional_information/")
    page.get_by_role("link", name="Products of interest").click()


def customers(page: Page) -> None:
    """The list of customers."""
    page.goto("/customers/")


def customer_portal(page: Page) -> None:
    """The tab Portal of a customer whose contact signs in."""
    page.goto("/customers/?q=brightwater")
    page.get_by_role("link", name="Brightwater Yacht Charter").first.click()
    page.get_by_role("link", name="Portal", exact=True).click()


def writing(page: Page) -> None:
    """A reply in the dock, beside the letter that it answers."""
    page.goto("/email/")
    page.locator(".letter-row").nth(1).click()
    page.get_by_role("link", name="Reply", exact=True).first.click()
    page.locator("#dock .tiptap").press_sequentially("Thank you, that suits us well.")
    page.get_by_text("Saved ").wait_for()


def provider_google(page: Page) -> None:
    """The page on which an administrator registers Google."""
    page.context.clear_cookies()
    sign_in(page, "alice@halyard.example")
    page.goto("/setup/email/providers/new/google/")


def sign_in_with_google(page: Page) -> None:
    """What one is told before the page of Google comes; registered a moment ago."""
    provider_google(page)
    page.get_by_label("Client ID").fill("42.apps.example")
    page.get_by_role("button", name="Save").click()
    page.context.clear_cookies()
    sign_in(page, "bob@halyard.example")
    page.goto("/profile/email/new/?your_name=Bob&address=bob.halyard@gmail.com")
    page.get_by_label("Log on with").select_option(label="Sign-in with the provider (OAuth 2)")
    page.get_by_role("button", name="Sign in with Google").click()


def pipeline(page: Page) -> None:
    """A pipeline as a board."""
    page.goto("/sales/pipelines/")
    page.get_by_role("link", name="Ropes and sails").first.click()


def merging(page: Page) -> None:
    """Two customers side by side, found by their name."""
    page.context.clear_cookies()
    sign_in(page, "alice@halyard.example")
    page.goto("/customers/new/")
    page.get_by_label("Name", exact=True).fill("Brightwater Yacht Charter Ltd")
    page.get_by_label("Note").fill("Met at the boat show, wants a quotation for sails.")
    page.get_by_role("button", name="Save").first.click()
    page.goto("/customers/duplicates/?reason=same_name")
    page.get_by_role("button", name="Compare and merge").first.click()


PICTURES: dict[str, Callable[[Page], None]] = {
    "customer-emails": customer_emails,
    "synced-emails": synced_emails,
    "account-form": account_form,
    "customers": customers,
    "writing": writing,
    "customer-portal": customer_portal,
    "crm-settings": crm_settings,
    "groups": groups,
    "pipeline": pipeline,
    "merging": merging,
    "provider-google": provider_google,
    "sign-in": sign_in_with_google,
}


@contextmanager
def serving() -> Iterator[str]:
    """The demo company on a free port; gives its address."""
    folder = tempfile.mkdtemp(prefix="mooring-pictures-")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = f"http://127.0.0.1:{port}"
    surroundings = {**os.environ, "MOORING_DATA": f"{folder}/data", "MOORING_BASE_URL": home}
    mooring = [sys.executable, "-m", "mooring"]
    subprocess.run(  # noqa: S603 - our own command
        [*mooring, "demo"], env=surroundings, check=True, stdout=subprocess.DEVNULL
    )
    server = subprocess.Popen(  # noqa: S603 - our own command
        [*mooring, "serve", "--no-worker", "--listen", f"127.0.0.1:{port}"], env=surroundings, stdout=subprocess.PIPE
    )
    try:
        assert server.stdout is not None
        server.stdout.readline()
        yield home
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder)


def sign_in(page: Page, address: str) -> None:
    """Through the form, as people do."""
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill(address)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url("**/")


def take(names: list[str]) -> None:
    """Take these pictures, at 1280 x 800, in light colours."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with serving() as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=home, reduced_motion="reduce")
        page = context.new_page()
        sign_in(page, "bob@halyard.example")
        for name in names:
            PICTURES[name](page)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=str(IMAGES / f"{name}.png"))
        browser.close()


if __name__ == "__main__":
    take(sys.argv[1:] or list(PICTURES))
