"""Input that no database takes gets a clear answer on every page, whichever field it stands in."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from desk.world import client_of
from making import make_customer
from mooring.customers.models import Customer
from mooring.letters.models import RecordFile
from mooring.users.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/customers/?q=a%00b", "/search/?q=%00", "/reports/synced-emails/?text=%00", "/?%00=1"])
def test_a_nul_in_an_address_is_refused_in_words(alice: User, address: str) -> None:
    answer = client_of(alice).get(address)
    assert (answer.status_code, "NUL" in answer.content.decode()) == (400, True)


def test_a_nul_in_a_form_is_refused_and_nothing_is_changed(alice: User) -> None:
    answer = client_of(alice).post("/customers/new/", {"kind": "company", "name": "Hal\0yard", "note": "x"})
    assert (answer.status_code, Customer.objects.unscoped("a test counts").count()) == (400, 0)


def test_a_nul_before_signing_in_is_refused_too(client: Client) -> None:
    answer = client.post("/accounts/login/", {"login": "a\0@b.example", "password": "x"})
    assert answer.status_code == 400


def test_a_nul_around_a_file_is_refused(alice: User) -> None:
    customer = make_customer("Harbour")
    file = SimpleUploadedFile("ropes.txt", b"x", content_type="text/pl\0ain")
    answer = client_of(alice).post(f"/customers/{customer.pk}/files/", {"files": file})
    assert (answer.status_code, RecordFile.objects.unscoped("a test counts").count()) == (400, 0)


@pytest.mark.parametrize("name", ["sessionid", "csrftoken", "mooring_portal"])
def test_a_cookie_with_a_nul_is_none(client: Client, name: str) -> None:
    client.cookies[name] = "0123456789abcdef\0123456789abcdef"
    assert [client.get(address).status_code for address in ("/", "/portal/", "/accounts/login/")] == [302, 303, 200]
