"""What the tests of the looks share: built assets, a request as a browser or htmx sends it, and drawing a few tags."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest
from django.template import engines
from django.test import RequestFactory

import making
from mooring.ui import build_assets


@pytest.fixture(scope="session", autouse=True)
def assets() -> None:
    build_assets.build()


@pytest.fixture
def ask() -> Callable[..., HttpRequest]:
    """ask("/customers/?sort=name", htmx=True, cookies={...}) -> a request that can carry toasts."""

    def ask(path: str = "/", *, htmx: bool = False, cookies: dict[str, str] | None = None, **headers: str) -> HttpRequest:
        if htmx:
            headers["HX-Request"] = "true"
        request = RequestFactory().get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        request.COOKIES.update(cookies or {})
        request._messages = CookieStorage(request)
        request.received_at = making.NOW
        return request

    return ask


@pytest.fixture
def draw(ask: Callable[..., HttpRequest]) -> Callable[..., str]:
    """draw("{% icon 'mail' %}", **context) -> what it renders to, with the ui tags loaded."""

    def draw(template: str, *, path: str = "/", **context: Any) -> str:
        source = engines["django"].from_string("{% load ui %}" + template)
        return source.render(context, ask(path))

    return draw
