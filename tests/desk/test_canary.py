"""A canary in every text that people can enter: no page may show it as markup."""

from __future__ import annotations

import pytest
from django.urls import reverse

from desk.policy import ROWS
from desk.policy_words import address_name
from desk.world import make_world

CANARY = "<img src=x onerror=canary>'\"{{7*7}}"
pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_no_page_shows_what_people_entered_as_markup() -> None:
    world = make_world(CANARY)
    browser = world.clients["administrator"]
    urls = [reverse(address_name(name), args=[world.value(arg) for arg in row.args]) for name, row in ROWS.items()]
    urls += [
        "/search/?q=har",
        "/customers/?text=har",
        f"/customers/?view={world.view.pk}",
        f"/customers/{world.customer.pk}/facts/note/",
    ]
    urls += [f"/search/?q={CANARY}", f"/customers/?text={CANARY}&sort={CANARY}&after={CANARY}"]
    raw, shown = [], 0
    for url in urls:
        for headers in ({}, {"HX-Request": "true"}):
            answer = browser.get(url, headers=headers)
            if answer.streaming or "attachment" in answer.headers.get("Content-Disposition", ""):
                continue
            page = answer.content.decode(errors="replace")
            raw += [url] if "<img src=x" in page else []
            shown += "&lt;img src=x" in page
    assert raw == []
    assert shown > 20, "the canary was hardly met"
