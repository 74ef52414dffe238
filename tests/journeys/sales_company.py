"""A sales organisation and what one does on its pages, for journeys through the resets of its boxes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import count

from playwright.sync_api import Page, expect

from making import (
    NOW,
    PASSWORD,
    actor,
    make_contact,
    make_customer,
    make_opportunity,
    make_pipeline,
    make_sales_mailbox,
    make_user,
)
from mooring.sales.models import Opportunity, Pipeline, SalesMailbox
from mooring.sales.opportunity_data import ChecklistItem, PersonInSale
from mooring.sales.versions import save_version
from mooring.users.models import Role, User

Open = Callable[..., Page]
_numbers = count(10, 10)


def new_number() -> int:
    return next(_numbers)


@dataclass
class Territory:
    """A box below Head office with one pipeline, two opportunities and a version saved by hand."""

    box: SalesMailbox
    pipeline: Pipeline
    ropes: Opportunity

    @property
    def address(self) -> str:
        return f"/sales/boxes/{self.box.pk}/"

    @property
    def number(self) -> str:
        return str(self.box.number)


class Company:
    """Alice administers, Paula owns Head office, Bob and Eve sell below it. Each has a browser, but for Alice without scripts."""

    def __init__(self, open_shared: Open) -> None:
        self.alice, self.paula = make_user("Alice", role=Role.ADMINISTRATOR), make_user("Paula")
        self.bob, self.eve = make_user("Bob"), make_user("Eve")
        self.head = make_sales_mailbox("Head office", number=1, owner=self.paula)
        self._open = open_shared
        self._pages: dict[int, Page] = {}

    def page_of(self, user: User) -> Page:
        if user.pk not in self._pages:
            self._pages[user.pk] = self._open("/sales/", user=user, has_script=user == self.alice)
        return self._pages[user.pk]

    def territory(self, name: str, *, owner: User | None = None) -> Territory:
        owner = owner or self.bob
        box = make_sales_mailbox(
            name,
            number=new_number(),
            owner=owner,
            parent=self.head,
            region="Coast",
            password=PASSWORD,
            created_on=date(2020, 1, 2),
        )
        pipeline = make_pipeline(f"Boats of {name}", mailbox=box)
        whom = make_customer(f"Harbour of {name}", owner=owner)
        ropes = make_opportunity(
            f"Ropes for {name}",
            pipeline=pipeline,
            whom=whom,
            price=Decimal("1200.50"),
            owner=owner,
            next_step="Call them",
            people=(PersonInSale(contact=make_contact(f"Carol of {name}", at=(whom,))),),
            checklist=(ChecklistItem(text="Measured on board", is_done=True),),
        )
        make_opportunity(f"Sails for {name}", pipeline=pipeline, whom=whom, price=Decimal(800), currency="PLN", owner=owner)
        save_version(pipeline=pipeline, by=actor(owner), now=NOW)
        return Territory(box, pipeline, ropes)


def choose(page: Page, *territories: Territory) -> None:
    """Tick them in the list; the caution comes."""
    page.goto("/sales/reset/")
    for territory in territories:
        page.get_by_label(str(territory.box)).check()
    page.get_by_role("button", name="Reset those ticked").click()
    expect(page.get_by_text("Caution!")).to_be_visible()


def type_what_is_asked(page: Page) -> None:
    asked = page.locator("label", has_text="Type ").inner_text()
    page.get_by_label(asked).fill(asked.rpartition(":")[2])


def confirm(page: Page) -> None:
    page.get_by_role("button", name="Reset", exact=True).last.click()


def reset(page: Page, *territories: Territory) -> None:
    choose(page, *territories)
    type_what_is_asked(page)
    confirm(page)
    expect(page.get_by_text(re.compile(r"\d+ sales mailbox(es were| was) reset\."))).to_be_visible()


def undo(page: Page) -> None:
    """The toast's own button."""
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(page.get_by_text(re.compile("(is|are) as (it was|they were) before"))).to_be_visible()


def fact(page: Page, name: str) -> str:
    return page.locator("dt", has_text=re.compile(f"^{name}$")).locator("+ dd").inner_text()


def status_of(page: Page, address: str) -> int:
    """What the server answers whoever has this browser; the page stays where it is."""
    return page.request.get(address).status


def open_by_password(page: Page, number: str, password: str) -> None:
    page.goto("/sales/open/")
    page.get_by_label("Number").fill(number)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Open", exact=True).click()


def said(page: Page, address: str) -> str:
    """All that the page says."""
    page.goto(address, wait_until="domcontentloaded")
    return page.get_by_role("main").inner_text()
