"""What no page of ours sends, at every address of the tables: ids that nothing has, a NUL, methods that no page uses.

Whatever comes is answered, and neither an unknown id nor a NUL changes anything. The requests are made from the rows of the
tables, so that a new address is asked, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from desk.asking import Asking
from desk.policy import ROWS as DESK_ROWS
from desk.policy_words import Row
from portal.portal_policy import ROWS as PORTAL_ROWS
from portal.portal_world import make_portal_world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
ENDLESS = 10**40
NO_IDS = (str(ENDLESS), "²")
"""More than a database counts to, and a digit that is no number."""
NOT_FOUND = {"403", "404", "405"}
EMPTY = {("pipeline_stage", "get"): "ok", ("drop_sale_contact", "post"): "see"}
"""Where nothing being there is an answer: no more cards in a stage, a contact that is off the sale."""

Cells = list[tuple[str, str, Row, str]]


def rows() -> Iterator[tuple[str, str, Row]]:
    """Who asks, the name and the row of every address, each once."""
    for who, table in (("administrator", DESK_ROWS), ("member", PORTAL_ROWS)):
        yield from ((who, name, row) for name, row in table.items() if "#" not in name)


def answers(cells: Cells) -> dict[tuple[str, str], str]:
    asking = Asking(make_portal_world(timezone.now()))
    return {(name, method): asking.word(who, name, row, method) for who, name, row, method in cells}


def is_id(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("$") and value.endswith((".pk", "place"))


def test_methods_that_no_page_uses_are_refused_everywhere() -> None:
    found = answers([(who, name, row, "put") for who, name, row in rows()])
    assert {cell: word for cell, word in found.items() if word != "405"} == {}


def test_a_nul_is_refused_at_every_address() -> None:
    found = answers([(who, name, replace(row, data={**row.data, "note": "a\0b"}), "post") for who, name, row in rows()])
    assert {cell: word for cell, word in found.items() if word != "400"} == {}


def test_an_id_that_nothing_has_is_not_found_at_any_address() -> None:
    cells: Cells = []
    for who, name, row in rows():
        if row.args and is_id(row.args[-1]):
            odd = replace(row, args=(*row.args[:-1], ENDLESS))
            cells += [(who, name, odd, method) for method in ("get", "post") if "405" not in getattr(row, method)]
    assert len(cells) > 100
    assert {cell: word for cell, word in answers(cells).items() if word not in NOT_FOUND} == EMPTY


@pytest.mark.parametrize("text", NO_IDS)
def test_an_id_in_a_form_that_is_none_breaks_nothing(text: str) -> None:
    cells: Cells = []
    for who, name, row in rows():
        odd = {field: text for field, value in row.data.items() if is_id(value)}
        cells += [(who, name, replace(row, data={**row.data, **odd}), "post")] if odd else []
    assert len(cells) > 40
    codes = {word.removeprefix("W") for word in answers(cells).values()}
    assert codes <= {"ok", "see", "422", *NOT_FOUND}
