"""Pages of errors: whoever is signed in keeps the frame, and is told what happened, whom to ask and how to go on."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from django.views.defaults import permission_denied
from selectolax.lexbor import LexborHTMLParser

from desk.world import client_of
from mooring.customers.models import Contact
from mooring.ui.faults import server_error
from mooring.users.models import User
from mooring.users.permissions import with_rights
from portal.portal_world import client_of_portal, joined

pytestmark = pytest.mark.django_db


def drawn(answer: Any) -> LexborHTMLParser:
    return LexborHTMLParser(answer.content)


def links_of(page: LexborHTMLParser) -> dict[str, str | None]:
    return {link.text(strip=True): link.attributes["href"] for link in page.css("main a")}


def has_frame(page: LexborHTMLParser) -> bool:
    return bool(page.css("nav.side .entry") and page.css_first("header.top"))


def test_who_is_refused_keeps_the_frame_and_learns_whom_to_ask(rita: User, django_assert_max_num_queries: Any) -> None:
    browser = client_of(rita)
    with django_assert_max_num_queries(2):
        answer = browser.get(reverse("new_customer"), headers={"Referer": "http://testserver/customers/?q=rope"})
    page = drawn(answer)
    assert answer.status_code == 403
    assert has_frame(page)
    assert page.css_first("form[role=search]")
    assert page.css_first(".bell")
    assert "Setup > Rights" in page.css_first("main").text()  # type: ignore[union-attr]
    assert links_of(page) == {"Back to where you were": "/customers/?q=rope", "Home": "/"}


def test_who_gives_rights_is_led_to_them(alice: User) -> None:
    request = asked_by(alice)
    page = drawn(permission_denied(request, PermissionDenied()))
    assert links_of(page) == {"Rights": reverse("rights"), "Home": "/"}


def test_a_reason_of_its_own_is_told_instead(bob: User) -> None:
    page = drawn(permission_denied(asked_by(bob), PermissionDenied("Somebody else does this already.")))
    assert "Somebody else does this already." in page.css_first("main").text()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "referer",
    [
        "https://elsewhere.example/",
        "http://testserver/no-such-page/",
        "http://testserver//elsewhere.example/",
        "http://testserver/accounts/login/?next=/no-such-page/",
        "javascript:alert(1)",
    ],
)
def test_back_leads_neither_elsewhere_nor_to_the_same_page(bob: User, referer: str) -> None:
    answer = client_of(bob).get("/no-such-page/", headers={"Referer": referer})
    assert answer.status_code == 404
    assert has_frame(drawn(answer))
    assert links_of(drawn(answer)) == {"Home": "/"}


def test_what_cannot_be_read_is_told_in_the_frame(bob: User) -> None:
    too_many = {f"field{index}": "" for index in range(6_000)}
    answer = client_of(bob).post(reverse("language"), too_many)
    assert answer.status_code == 400
    assert has_frame(drawn(answer))
    assert "does not fit" in drawn(answer).css_first("main").text()


def test_an_address_of_another_host_is_a_400_whatever_led_to_it(client: Client) -> None:
    answer = client.get("/", headers={"Host": "elsewhere.example", "Referer": "http://testserver/customers/"})
    assert answer.status_code == 400


def test_strangers_get_the_bare_page(client: Client) -> None:
    page = drawn(client.get("/no-such-page/"))
    assert not page.css("nav")
    assert links_of(page) == {"Go to the start": "/"}


def test_portal_users_keep_the_frame_of_the_portal(carol: Contact) -> None:
    customer = carol.affiliations.get().customer
    assert customer is not None
    _user, key = joined(carol, customer, "carol@harbour.example", timezone.now())
    page = drawn(client_of_portal(key).get("/portal/no-such-page/"))
    assert has_frame(page)
    assert not page.css_first("form[role=search]")
    assert links_of(page) == {"Home": reverse("portal_letters")}
    assert "The company whose portal this is" in page.css_first("main").text()  # type: ignore[union-attr]


def asked_by(user: User | AnonymousUser) -> HttpRequest:
    request = RequestFactory().get("/customers/")
    request.user = user
    return request


def test_a_fault_keeps_the_frame_and_asks_the_database_nothing(bob: User, django_assert_num_queries: Any) -> None:
    request = asked_by(with_rights(User.objects.filter(pk=bob.pk)).get())
    request._cached_user = request.user  # type: ignore[attr-defined]  # as django.contrib.auth leaves it
    with django_assert_num_queries(0):
        answer = server_error(request)
    assert answer.status_code == 500
    assert has_frame(drawn(answer))


def test_a_fault_before_anybody_was_read_stands_alone(bob: User, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        answer = server_error(asked_by(bob))
    assert answer.status_code == 500
    assert not drawn(answer).css("nav")


def test_a_frame_that_would_ask_the_database_is_left_out(bob: User, caplog: pytest.LogCaptureFixture) -> None:
    request = asked_by(bob)
    request._cached_user = bob  # type: ignore[attr-defined]  # whose rights are not read yet
    answer = server_error(request)
    assert answer.status_code == 500
    assert not drawn(answer).css("nav")
    assert "could not be drawn" in caplog.text
