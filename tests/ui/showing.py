"""A site of two pages on which the scripts of the looks are tried; no records, no rights."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.template.loader import render_to_string
from django.urls import path

from mooring.ui import rendering
from mooring.ui.parts import BulkAction, Entry, Found, FoundGroup, Frame, KeysetPage, Node, Person

NAMES = ("Acme", "Brightwater", "Copperleaf", "Dory Lines")
LIST = """{% extends "ui/frame.html" %}{% load ui %}{% block title %}Customers{% endblock %}{% block content %}
<div class="page-head"><h1>Customers</h1><a class="btn" href="/other/" data-key="o">Other</a></div>
<form method="post" class="list" data-list action="/other/">{% csrf_token %}<div class="list-frame"><table class="data-table">
<thead><tr>{% column_all %}{% column "name" "Name" %}{% column_acts %}</tr></thead><tbody>{% for name in page.rows %}<tr data-row>
{% row_check forloop.counter name %}<td class="main"><a href="/other/?{{ name }}" data-row-link>{{ name }}</a></td>
<td class="acts"><span class="row-acts">
<button class="btn-plain" aria-label="Erase {{ name }}" data-confirm="Erase {{ name }}?">x
</button></span></td></tr>{% endfor %}</tbody></table></div>{% bulk_bar actions %}
<div class="list-foot">{% keyset_links page %}</div></form>
{% tree nodes name="folders" label="Folders" %}
<button type="button" class="btn" hx-get="/part/" hx-target="#here">Load</button><div id="here"></div>
<button type="button" class="btn" hx-get="/gone/" hx-target="#here">Fail</button>
{% endblock %}"""
OTHER = """{% extends "ui/frame.html" %}{% block title %}Other{% endblock %}{% block content %}<h1>Other</h1>{% endblock %}"""


def _frame(request: HttpRequest) -> Frame:
    return Frame(
        menu=[
            Entry(label="Home", url="/", icon="home", key="h", is_current=request.path == "/"),
            Entry(label="Other", url="/other/", icon="mail", key="e"),
        ],
        person=Person(name="Bob Kowalski", email="bob@harbour.example", sign_out_url="/out/"),
        new=[Entry(label="Customer", url="/other/?new", icon="plus", key="n")],
        search_url="/search/",
    )


def _draw(request: HttpRequest, source: str, **context: object) -> HttpResponse:
    context |= {"frame": _frame(request)}
    return HttpResponse(engines["django"].from_string(source).render(context, request))


@login_not_required
def listed(request: HttpRequest) -> HttpResponse:
    nodes = [Node(label="Inbox", value="INBOX", below=[Node(label="2025", value="INBOX/2025")]), Node(label="Sent", value="Sent")]
    actions = [BulkAction(label="Archive", url="/other/", icon="archive")]
    return _draw(request, LIST, page=KeysetPage(rows=NAMES), actions=actions, nodes=nodes)


@login_not_required
def other(request: HttpRequest) -> HttpResponse:
    return _draw(request, OTHER)


@login_not_required
def part(request: HttpRequest) -> HttpResponse:
    rendering.toast(request, "Loaded.", undo_url="/other/")
    return HttpResponse("<p>Part</p>" + render_to_string("ui/_toasts_arriving.html", {}, request))


@login_not_required
def search(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "").lower()
    entries = [Found(label=name, url=f"/other/?{name}", icon="building") for name in NAMES if words in name.lower()]
    groups = [FoundGroup(label="Customers", entries=entries)] if entries else []
    return rendering.page(request, "ui/parts/palette.html", {"groups": groups})


urlpatterns = [path("", listed), path("other/", other), path("part/", part), path("search/", search)]


def absent(_request: HttpRequest, exception: Exception) -> HttpResponse:  # named by Django
    """What browsers ask for by themselves, such as an icon; the program's own page of a 404 needs the program's addresses."""
    return HttpResponse(status=404)


handler404 = absent
