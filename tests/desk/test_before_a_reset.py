"""Before a reset everything is downloaded at once, and what was downloaded comes back afterwards without a double."""

from __future__ import annotations

import io
import json
import zipfile
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from desk.world import client_of
from making import make_customer, make_opportunity, make_pipeline, make_sales_mailbox
from mooring.sales.models import BoxReset, Pipeline, SalesMailbox
from mooring.users.models import User

pytestmark = pytest.mark.django_db
_WHY = "a test looks"


@pytest.fixture
def north(bob: User) -> SalesMailbox:
    north = make_sales_mailbox("North", number=5, owner=bob)
    for name in ("Boats: a/b", "Boats? a/b"):
        pipeline = make_pipeline(name, mailbox=north)
        make_opportunity("Ropes", pipeline=pipeline, price=Decimal("100.10"), owner=bob, whom=make_customer("=Harbour"))
    return north


def downloaded(client: Client, data: dict[str, Any]) -> zipfile.ZipFile:
    answer = client.post(reverse("download_boxes"), data)
    assert answer.status_code == 200
    parts: Any = answer.streaming_content  # type: ignore[attr-defined]  # a stream
    return zipfile.ZipFile(io.BytesIO(b"".join(parts)))


def test_all_pipelines_of_the_boxes_come_as_one_file(north: SalesMailbox, alice: User) -> None:
    south = make_sales_mailbox("South", number=6)
    make_pipeline("Masts", mailbox=south)
    client = client_of(alice)
    caution = client.get(f"{reverse('reset_boxes')}?box={north.pk}&box={south.pk}").content.decode()
    assert "Download all 3 pipelines as one ZIP file" in caution
    package = downloaded(client, {"all": "yes"})
    assert package.testzip() is None
    names = [f"5 North/Boats a b{number}.{kind}" for number in ("", " (2)") for kind in ("json", "xlsx")]
    assert package.namelist() == [*names, "6 South/Masts.json", "6 South/Masts.xlsx"]
    assert json.loads(package.read(names[0]))["pipeline"]["opportunities"][0]["amount"] == "100.1000"
    sheet = load_workbook(io.BytesIO(package.read(names[1]))).active
    assert sheet is not None
    assert [cell.value for cell in list(sheet.rows)[1]][:3] == ["Ropes", "=Harbour", "New"]
    assert downloaded(client, {"box": south.pk}).namelist() == ["6 South/Masts.json", "6 South/Masts.xlsx"]
    assert client.post(reverse("download_boxes")).status_code == 303


def test_a_file_uploaded_after_the_reset_offers_to_undo_it(north: SalesMailbox, alice: User, bob: User) -> None:
    admin, seller = client_of(alice), client_of(bob)
    data = downloaded(admin, {"box": north.pk}).read("5 North/Boats a b.json")
    uid = json.loads(data)["pipeline"]["uid"]
    url = reverse("upload_pipeline", args=[north.pk])

    def upload(client: Client, **more: str) -> Any:
        return client.post(url, {"file": SimpleUploadedFile("boats.json", data), **more})

    admin.post(reverse("reset_boxes"), {"box": north.pk, "typed": "5"})
    undo = reverse("undo_reset", args=[BoxReset.objects.get().batch])
    refused = upload(seller)
    assert refused.status_code == 422
    assert "taken out of its sales mailbox by the reset" in refused.content.decode()
    assert undo not in refused.content.decode()
    assert undo in upload(admin).content.decode()
    assert not Pipeline.objects.visible_to(alice).exists()
    assert upload(seller, as_new="on").status_code == 303
    assert [str(each.uid) != uid for each in Pipeline.objects.visible_to(alice)] == [True]
    admin.post(undo)
    assert Pipeline.objects.visible_to(alice).filter(uid=uid).exists()


def test_after_a_reset_for_good_the_file_brings_back_the_same_pipeline(north: SalesMailbox, alice: User, bob: User) -> None:
    admin = client_of(alice)
    data = downloaded(admin, {"box": north.pk}).read("5 North/Boats a b.json")
    before = {"pipeline": json.loads(data)["pipeline"]}
    admin.post(reverse("reset_boxes"), {"box": north.pk, "typed": "5", "destroy_now": "on"})
    url = reverse("upload_pipeline", args=[north.pk])
    assert client_of(bob).post(url, {"file": SimpleUploadedFile("boats.json", data)}).status_code == 303
    (pipeline,) = Pipeline.objects.unscoped(_WHY).filter(mailbox=north)
    again = client_of(bob).get(reverse("download_pipeline", args=[pipeline.pk]))
    assert json.loads(again.content)["pipeline"] == before["pipeline"]
    assert pipeline.created_at.date() == timezone.localdate()
