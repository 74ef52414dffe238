"""Search everywhere: as a page, and as the palette that opens under the search field."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from mooring.customers.finding import KINDS as RECORDS
from mooring.customers.finding import FoundRecord, find, find_names
from mooring.customers.names import fold
from mooring.customers.word_search import found_by
from mooring.desk.access import user_of
from mooring.desk.forms.places import Place, kinds_asked, place_in_words, text_typed
from mooring.desk.found_sales import sales_lines
from mooring.desk.kinds import KINDS
from mooring.desk.menu import MAIN, NEW, PROFILE, SETUP, places_for
from mooring.desk.recent import recently_seen
from mooring.letters.search import search as search_letters
from mooring.sales.finding import KINDS as SALES
from mooring.ui.parts import Found, FoundGroup
from mooring.ui.rendering import page, wants_fragment
from mooring.users.permissions import Action, Module, may

IN_PALETTE = 8
ON_PAGE = 60
LONGEST = 200


def search(request: HttpRequest) -> HttpResponse:
    """Records, sales, letters, pages and actions; without words, those seen last."""
    text = request.GET.get("q", "")[:LONGEST].strip()
    is_palette = wants_fragment(request)
    groups = _found(request, text, IN_PALETTE if is_palette else ON_PAGE) if text else _before_typing(request)
    values = {"groups": [group for group in groups if group.entries], "text": text}
    return page(request, "ui/parts/palette.html" if is_palette else "desk/search/search.html", values)


def places(request: HttpRequest) -> HttpResponse:
    """Customers, leads and projects for the field in which one is typing (forms.places), as options of its list.

    Those that it takes: on which the reader may make changes, or for=projects, customers whose projects they may change.
    """
    text, is_for_projects = text_typed(request)[:LONGEST], request.GET.get("for") == "projects"
    rows = find(
        reader=user_of(request),
        text=text,
        kinds=kinds_asked(request),
        limit=IN_PALETTE,
        action=Action.CHANGE,
        is_for_projects=is_for_projects,
    )
    return page(request, "desk/search/_places.html", {"places": [place_in_words(row) for row in rows if isinstance(row, Place)]})


def _before_typing(request: HttpRequest) -> list[FoundGroup]:
    return [FoundGroup(label=_("Seen last"), entries=recently_seen(request)), *_pages_and_actions(request, "")]


def _found(request: HttpRequest, text: str, limit: int) -> list[FoundGroup]:
    sales = SALES if may(user_of(request), Module.SALES, Action.VIEW) else ()
    found = found_by((*RECORDS, *sales), text)
    records = find_names(reader=user_of(request), found=found and found[: len(RECORDS)], limit=limit)
    groups = [
        FoundGroup(label=str(kind.plural), entries=[_line_of(each) for each in records if each.model is model])
        for model, kind in KINDS.items()
    ]
    letters = FoundGroup(label=_("Emails"), entries=_letters(request, text, limit))
    found_sales = sales_lines(request, found[len(RECORDS) :], limit) if found and sales else []
    return [*groups, *found_sales, letters, *_pages_and_actions(request, text)]


def _letters(request: HttpRequest, text: str, limit: int) -> list[Found]:
    """The newest letters that hold the words, as far as the reader may read them."""
    found_letters = search_letters(reader=user_of(request), text=text, size=limit).rows
    return [
        Found(
            label=letter.subject or _("(no subject)"),
            url=reverse("letter", args=[letter.pk]),
            icon="mail",
            detail=letter.from_name or letter.from_address,
            at=letter.at,
        )
        for letter in found_letters
    ]


def _pages_and_actions(request: HttpRequest, text: str) -> Sequence[FoundGroup]:
    """Those whose words begin with what is typed."""
    user = user_of(request)
    places_open = places_for(user, MAIN + SETUP + PROFILE)
    pages = [Found(label=str(place.label), url=reverse(place.name), icon=place.icon) for place in places_open]
    actions = [
        Found(label=_("New: %(what)s") % {"what": place.label}, url=reverse(place.name), icon=place.icon)
        for place in places_for(user, NEW)
    ]
    return [
        FoundGroup(label=_("Pages"), entries=[each for each in pages if _matches(each, text)]),
        FoundGroup(label=_("Actions"), entries=[each for each in actions if _matches(each, text)]),
    ]


def _matches(entry: Found, text: str) -> bool:
    words = fold(entry.label).split()
    return all(any(word.startswith(part) for word in words) for part in fold(text).split())


def _line_of(record: FoundRecord) -> Found:
    kind = KINDS[record.model]
    detail = _("in the archive") if record.is_archived else record.beside
    return Found(label=record.name, url=reverse(kind.name, args=[record.pk]), icon=kind.icon, detail=detail)
