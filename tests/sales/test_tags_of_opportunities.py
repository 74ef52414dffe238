"""Opportunities have tags like the other records: written, told in the journal, kept by versions, merged, filtered by."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import making
from mooring.customers.models import Tag
from mooring.customers.tagging import merge_tags, typed
from mooring.sales.board import BoardFilters, board_of, sales_list
from mooring.sales.models import Opportunity
from mooring.sales.opportunities import change_opportunity
from mooring.sales.opportunity_data import UnableToSell, data_of
from mooring.sales.pipeline_content import as_json, from_json, from_own_json
from mooring.sales.reading_content import content_of
from mooring.sales.restoring import begin_from, return_to
from mooring.users.journal import entries_about

pytestmark = pytest.mark.django_db
BY: dict[str, Any] = {"by": making.BY_COMMAND, "now": making.NOW}


def tags_on(sale: Opportunity) -> list[str]:
    return list(sale.tags.order_by("name").values_list("name", flat=True))


def tagged(sale: Opportunity, text: str) -> Opportunity:
    return change_opportunity(opportunity=sale, data=replace(data_of(sale), tags=typed(text)), **BY)


def test_tags_are_spelt_as_the_list_has_them_and_told_in_the_journal() -> None:
    making.make_entry(Tag, "Big")
    sale = making.make_opportunity(tags=typed("big, New"))
    assert tags_on(sale) == ["Big", "New"]
    tagged(sale, "Big")
    assert tags_on(sale) == ["Big"]
    assert entries_about(kind="opportunity", record_id=sale.pk)[0].changes == {"tags": [["Big", "New"], ["Big"]]}
    Tag.objects.update(retired_at=making.NOW)
    tagged(sale, "Big")
    for wrong in ("Big, New", "x" * 200):
        with pytest.raises(UnableToSell):
            tagged(sale, wrong)


def test_versions_and_files_keep_them_and_bring_them_back_retired_or_not() -> None:
    sale = making.make_opportunity(tags=typed("Big, Old"))
    content = content_of(sale.pipeline)
    assert content.opportunities[0].tags == ("Big", "Old")
    assert from_json(as_json(content)) == from_own_json(as_json(content)) == content
    tagged(sale, "")
    Tag.objects.filter(name="Old").update(retired_at=making.NOW)
    return_to(pipeline=sale.pipeline, content=content, **BY)
    assert tags_on(sale) == ["Big", "Old"]
    copy = begin_from(content=content, mailbox=sale.pipeline.mailbox, **BY)
    assert tags_on(copy.opportunities.unscoped("a test looks").get()) == ["Big", "Old"]


def test_merged_tags_and_the_filter_reach_opportunities() -> None:
    old, new = (making.make_entry(Tag, name) for name in ("Old", "New"))
    sale = making.make_opportunity("Ropes", tags=typed("Old"))
    making.make_opportunity("Masts", pipeline=sale.pipeline)
    customer = making.make_customer(tags=typed("Old, New"))
    assert merge_tags(tag=old, into=new, **BY) == 2
    assert (tags_on(sale), list(customer.tags.all())) == (["New"], [new])
    filters = BoardFilters(tag_id=new.pk)
    (row,) = sales_list(sale.pipeline, filters, sort="title", place="").rows
    assert (row.title, [tag["name"] for tag in row.tag_rows]) == ("Ropes", ["New"])  # type: ignore[attr-defined]
    assert sum(column.count for column in board_of(sale.pipeline, filters)) == 1
