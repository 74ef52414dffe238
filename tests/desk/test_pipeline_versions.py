"""Pages of versions and files: saved by number and password, downloaded and uploaded, compared with a table behind the chart."""

from __future__ import annotations

import json
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from making import BY_COMMAND, PASSWORD, actor, make_customer, make_opportunity, make_pipeline, make_sales_mailbox, make_user
from mooring.desk.version_pages import FIRST_LINES, MOST_LINES
from mooring.sales.models import Pipeline, PipelineVersion
from mooring.sales.opportunities import remove_opportunity, win_opportunity
from mooring.users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def pipeline(bob: User) -> Pipeline:
    made = make_pipeline("Ropes", mailbox=make_sales_mailbox("Coast", number=7, owner=bob))
    make_opportunity("Lines", pipeline=made, price=Decimal(100), owner=bob)
    return made


@pytest.fixture
def desk(bob: User, client: Client) -> Client:
    cache.clear()
    assert client.login(username=bob.email, password=PASSWORD)
    return client


def versions() -> list[tuple[str, int]]:
    return [(str(each.mailbox.name), each.number) for each in PipelineVersion.objects.unscoped("a test").order_by("pk")]


def test_a_pipeline_is_saved_to_another_box_by_its_number_and_password(desk: Client, pipeline: Pipeline) -> None:
    other = make_sales_mailbox("Inland", number=8, owner=make_user("Eve"), password="open this box")
    url = f"/sales/pipelines/{pipeline.pk}/save/"
    assert desk.post(url, {"number": "8"}).status_code == 422
    assert desk.post(url, {"number": "8", "password": "wrong password"}).status_code == 422
    assert versions() == []
    desk.post(url, {"number": "8", "password": "open this box", "note": "before the reset"})
    desk.post(url, {"number": "7"})
    assert versions() == [("Inland", 1), ("Coast", 2)]
    listed = desk.get(f"/sales/pipelines/{pipeline.pk}/versions/").content.decode()
    assert "Ropes 2" in listed
    assert "Ropes 1" not in listed, "the box of Eve is not open to Bob by having saved to it"
    assert desk.get(f"/sales/boxes/{other.pk}/versions/").status_code == 404


def test_a_file_goes_out_and_comes_back(desk: Client, pipeline: Pipeline) -> None:
    file = desk.get(f"/sales/pipelines/{pipeline.pk}/pipeline.json")
    assert file.headers["Content-Disposition"].startswith("attachment")
    document = json.loads(file.content)
    document["pipeline"]["opportunities"][0]["title"] = "Cables"
    back = SimpleUploadedFile("ropes.json", json.dumps(document).encode())
    answer = desk.post(f"/sales/boxes/{pipeline.mailbox_id}/upload/", {"file": back})
    assert answer.headers["Location"] == f"/sales/pipelines/{pipeline.pk}/"
    assert "Cables" in desk.get(answer.headers["Location"]).content.decode()
    assert versions() == [("Coast", 1)]
    book = b"".join(desk.get(f"/sales/pipelines/{pipeline.pk}/pipeline.xlsx"))
    rows = list(load_workbook(BytesIO(book), read_only=True).active.iter_rows(values_only=True))
    assert (rows[1][0], rows[1][6:8]) == ("Cables", ("100", "EUR"))
    broken = SimpleUploadedFile("ropes.json", b'{"format": "letter"}')
    refused = desk.post(f"/sales/boxes/{pipeline.mailbox_id}/upload/", {"file": broken})
    assert (refused.status_code, "none of a pipeline" in refused.content.decode()) == (422, True)


def _all_of_one_kind_page_by_page(desk: Client, pipeline: Pipeline) -> None:
    whom = make_customer()
    for number in range(MOST_LINES):
        make_opportunity(f"Sale {number}", pipeline=pipeline, whom=whom, price=Decimal(1))
    address = f"/sales/pipelines/{pipeline.pk}/compare/"
    page = desk.get(address).content.decode()
    assert page.count("Sale ") == FIRST_LINES - 1, "beside Sails"
    assert f"All {MOST_LINES + 1}: New" in page
    assert 'href="?kind=new"' in page
    assert desk.get(f"{address}?kind=new").content.decode().count("Sale ") == MOST_LINES - 1
    last = desk.get(f"{address}?kind=new&start={MOST_LINES}").content.decode()
    assert (last.count('<td class="main">'), 'rel="next"' in last) == (1, False)
    for sale in pipeline.opportunities.model.objects.unscoped("a test").filter(title__startswith="Sale "):
        remove_opportunity(opportunity=sale, by=BY_COMMAND, now=pipeline.changed_at)


def test_two_versions_are_compared_as_a_chart_with_its_table_and_one_is_brought_back(
    desk: Client, pipeline: Pipeline, bob: User
) -> None:
    desk.post(f"/sales/pipelines/{pipeline.pk}/save/", {"number": "7"})
    make_opportunity("Sails", pipeline=pipeline, price=Decimal(50))
    win_opportunity(
        opportunity=pipeline.opportunities.model.objects.unscoped("a test").get(title="Lines"),
        by=actor(bob),
        now=pipeline.changed_at,
    )
    page = desk.get(f"/sales/pipelines/{pipeline.pk}/compare/").content.decode()
    assert "-100.00\xa0EUR" in page
    assert '"values": [100.0, 50.0, -100.0, 50.0]' in page
    assert page.index("Sails") < page.index("Lines")
    _all_of_one_kind_page_by_page(desk, pipeline)
    saved = PipelineVersion.objects.unscoped("a test").get()
    assert "Lines" in desk.get(f"/sales/versions/{saved.pk}/").content.decode()
    desk.post(f"/sales/versions/{saved.pk}/return/")
    board = desk.get(f"/sales/pipelines/{pipeline.pk}/").content.decode()
    assert "Sails" not in board
    opened = desk.post(f"/sales/versions/{saved.pk}/begin/")
    assert "Ropes (2)" in desk.get(opened.headers["Location"]).content.decode()
    latest = desk.get(f"/sales/boxes/{pipeline.mailbox_id}/versions/?which=latest").content.decode()
    assert latest.count("data-row-link") == 1
