"""The lists of records: their columns, filters and saved views, as an address asks for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from mooring.customers import queries
from mooring.customers.info_fields import info_fields
from mooring.customers.info_values import name_of
from mooring.customers.models import Affiliation, InfoField
from mooring.desk.access import user_of
from mooring.desk.forms.filters import (
    ArchiveFilterForm,
    ContactFilterForm,
    CustomerFilterForm,
    FilterForm,
    LeadFilterForm,
    ProjectFilterForm,
)
from mooring.desk.info_shown import for_file, in_words
from mooring.desk.kinds import CONTACT, CUSTOMER, LEAD, PROJECT, RecordKind
from mooring.ui.parts import Chip, Tab
from mooring.users.models import SavedView, User
from mooring.users.saved_views import views_of

_YEAR: Final = 31_536_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`value` is its text in a file; `sort` the word that sorts by it; `is_chosen` unless somebody takes it away."""

    name: str
    label: Any
    value: Callable[[Any], Any]
    sort: str = ""
    is_chosen: bool = True
    shown: Callable[[Any], str] | None = None
    """The text of its cell, where that is all there is to it."""
    is_quiet: bool = False
    """Whether that text stands back."""

    @property
    def is_plain(self) -> bool:
        """Whether it says itself what its cell holds."""
        return self.shown is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordList:
    """A list of one kind of record. The name is always its first column.

    `own_name` is for a list that is not the only one of its kind; `row_acts` and `bulk_acts` are templates of what can be done
    with a row and with the ticked ones, besides what every list offers.
    """

    kind: RecordKind
    title: Any
    subject: Any
    empty_text: Any
    columns: tuple[Column, ...]
    form: type[FilterForm]
    page: Callable[..., Any]
    with_related: Callable[[Any, User], Any]
    """Adds to chosen rows what the columns show of others."""
    can_add: bool = True
    own_name: str = ""
    row_acts: str = ""
    bulk_acts: str = ""
    foot_acts: str = ""
    """A template of what can be done with all rows that the filters find, on whatever page they stand."""

    @property
    def name(self) -> str:
        """Its address and its saved views are called so."""
        return self.own_name or self.kind.list_name

    @property
    def new_name(self) -> str:
        """The name of the address where a record is added."""
        return f"new_{self.kind.name}"

    @property
    def export_name(self) -> str:
        """The name of the address of its file."""
        return f"export_{self.name}"

    @property
    def duplicates_name(self) -> str:
        """The name of the address where duplicates are found; empty for lists that are not the main one of a mergeable kind."""
        return f"{self.kind.name}_duplicates" if self.kind is not PROJECT and not self.own_name else ""

    @property
    def choose_name(self) -> str:
        """The name of the address where ticked rows are merged; empty where they are not."""
        return f"choose_{self.kind.name}s_to_merge" if self.duplicates_name else ""

    @property
    def change_name(self) -> str:
        """The name of the address where many rows are given the same."""
        return f"change_{self.name}"


@dataclass(slots=True, kw_only=True)
class Asked:
    """What an address asks of a list."""

    form: FilterForm
    sort: str
    cursor: str
    columns: list[Column]
    query: dict[str, str]
    """Filters, sorting and columns as they stand in the address: what a saved view keeps."""
    view: SavedView | None = None
    all_columns: Sequence[Column] = ()
    """Of which those are chosen; with a column for each field of the additional information."""
    tabs: Sequence[Tab] = ()
    chips: Sequence[Chip] = field(default_factory=list)


def _with_owner(rows: Any, _reader: User) -> Any:
    return rows.with_tags().select_related("owner", "source").prefetch_related("emails")


def _with_chosen(rows: Any, _reader: User) -> Any:
    return rows.with_chosen().prefetch_related("emails")


def _with_places(rows: Any, reader: User) -> Any:
    places = Affiliation.objects.visible_to(reader).select_related("customer", "lead", "role")
    return rows.with_chosen().prefetch_related("emails", Prefetch("affiliations", queryset=places, to_attr="places"))


def _with_customer(rows: Any, _reader: User) -> Any:
    return rows.with_tags().select_related("customer")


def _main_email(row: Any) -> str:
    return next((email.address for email in row.emails.all()), "")


def _plain(value: Callable[[Any], Any], **others: Any) -> Column:
    """A column whose cell holds what stands in a file."""
    return Column(value=value, shown=value, **others)


_MAIN_EMAIL: Final = _plain(_main_email, name="email", label=gettext_lazy("Email"), is_quiet=True)
_OWNER: Final = Column(name="owner", label=gettext_lazy("Looked after by"), value=lambda row: row.owner or "")
_NUMBER: Final = _plain(lambda row: row.number, name="number", label=gettext_lazy("Number"), is_quiet=True)
_ADDED: Final = Column(
    name="added", label=gettext_lazy("Added"), value=lambda row: row.created_at.isoformat(), sort="created", is_chosen=False
)
_CHANGED: Final = Column(
    name="changed", label=gettext_lazy("Changed"), value=lambda row: row.changed_at.isoformat(), sort="changed"
)

_SOURCE: Final = _plain(lambda row: row.source or "", name="source", label=gettext_lazy("Source"), is_chosen=False)
_CATEGORIES: Final = Column(
    name="categories",
    label=gettext_lazy("Categories"),
    value=lambda row: ", ".join(category["name"] for category in row.category_rows),
    is_chosen=False,
)
_TAGS: Final = Column(
    name="tags",
    label=gettext_lazy("Tags"),
    value=lambda row: ", ".join(tag["name"] for tag in row.tag_rows),
    is_chosen=False,
)
_CHOSEN: Final = (
    Column(name="crm_status", label=gettext_lazy("Status"), value=lambda row: row.status or "", is_chosen=False),
    _plain(lambda row: row.industry or "", name="industry", label=gettext_lazy("Industry"), is_chosen=False),
    _CATEGORIES,
    _TAGS,
    _SOURCE,
)

_KIND: Final = _plain(lambda row: row.get_kind_display(), name="kind", label=gettext_lazy("Type"))

CUSTOMERS: Final = RecordList(
    kind=CUSTOMER,
    title=gettext_lazy("Customers"),
    subject=gettext_lazy("All customers"),
    empty_text=gettext_lazy("Companies and people you do business with. Letters from their addresses stand on their cards."),
    columns=(
        _MAIN_EMAIL,
        _KIND,
        _NUMBER,
        *_CHOSEN,
        _OWNER,
        _ADDED,
        _CHANGED,
    ),
    form=CustomerFilterForm,
    page=queries.customers_page,
    with_related=_with_chosen,
    row_acts="desk/customers/_row_acts.html",
    bulk_acts="desk/customers/_bulk_acts.html",
    foot_acts="desk/customers/_foot_acts.html",
)
ARCHIVE: Final = RecordList(
    kind=CUSTOMER,
    title=gettext_lazy("Archive"),
    subject=gettext_lazy("All archived customers"),
    empty_text=gettext_lazy("Customers who pause rest here, as long as needed, and come back as they were."),
    columns=(
        Column(name="status", label=gettext_lazy("Status"), value=lambda _row: _("Inactive")),
        Column(name="archived", label=gettext_lazy("In the archive since"), value=lambda row: row.archived_at.isoformat()),
        _MAIN_EMAIL,
        _KIND,
        _NUMBER,
        _OWNER,
    ),
    form=ArchiveFilterForm,
    page=queries.customers_page,
    with_related=_with_chosen,
    can_add=False,
    own_name="archive",
    row_acts="desk/archive/_row_acts.html",
    bulk_acts="desk/archive/_bulk_acts.html",
    foot_acts="desk/archive/_foot_acts.html",
)
LEADS: Final = RecordList(
    kind=LEAD,
    title=gettext_lazy("Leads"),
    subject=gettext_lazy("All leads"),
    empty_text=gettext_lazy("Those who may become customers. Their letters are kept on their cards too."),
    columns=(
        _plain(lambda row: row.company_name, name="company", label=gettext_lazy("Company")),
        _MAIN_EMAIL,
        _SOURCE,
        _TAGS,
        _OWNER,
        _NUMBER,
        _ADDED,
        _CHANGED,
    ),
    form=LeadFilterForm,
    page=queries.leads_page,
    with_related=_with_owner,
)
CONTACTS: Final = RecordList(
    kind=CONTACT,
    title=gettext_lazy("Contacts"),
    subject=gettext_lazy("All contacts"),
    empty_text=gettext_lazy("The people at your customers and leads."),
    columns=(
        Column(
            name="places",
            label=gettext_lazy("Where they work"),
            value=lambda row: ", ".join(str(place.customer or place.lead) for place in row.places),
        ),
        Column(
            name="role",
            label=gettext_lazy("Role"),
            value=lambda row: ", ".join(dict.fromkeys(str(place.role) for place in row.places if place.role)),
            is_chosen=False,
        ),
        _MAIN_EMAIL,
        _CATEGORIES,
        _TAGS,
        _ADDED,
        _CHANGED,
    ),
    form=ContactFilterForm,
    page=queries.contacts_page,
    with_related=_with_places,
)
PROJECTS: Final = RecordList(
    kind=PROJECT,
    title=gettext_lazy("Projects"),
    subject=gettext_lazy("All projects"),
    empty_text=gettext_lazy("Pieces of work for a customer, under which letters are gathered."),
    columns=(
        Column(name="customer", label=gettext_lazy("Customer"), value=lambda row: row.customer),
        Column(name="state", label=gettext_lazy("State"), value=lambda row: _("Closed") if row.is_closed else _("Open")),
        _TAGS,
        _ADDED,
        _CHANGED,
    ),
    form=ProjectFilterForm,
    page=queries.projects_page,
    with_related=_with_customer,
)
LISTS: Final = {each.name: each for each in (CUSTOMERS, ARCHIVE, LEADS, CONTACTS, PROJECTS)}


def asked_of(request: HttpRequest, which: RecordList) -> Asked:
    """Filters, sorting, page, columns and saved view as the address has them. One query, for the views, and those of the form."""
    form = which.form(request.GET)
    sort = request.GET.get("sort", "")
    query = {name: str(request.GET.get(name, "")) for name in form.asked()}
    all_columns = _columns_with(which, getattr(form, "info_fields", ()))
    columns = _columns(request, which, all_columns)
    if sort:
        query["sort"] = sort
    if "columns" in request.GET:
        query["columns"] = ",".join(column.name for column in columns)
    asked = Asked(
        form=form,
        sort=sort or "name",
        cursor=request.GET.get("after") or request.GET.get("before") or "",
        columns=[replace(column, label=str(column.label)) for column in columns],  # once, not in each row
        all_columns=all_columns,
        query=query,
    )
    asked.tabs, asked.view = _tabs(request, which)
    kept = query | ({"view": str(asked.view.pk)} if asked.view else {})
    asked.chips = form.chips(kept, reverse(which.name))
    return asked


def view_url(view: SavedView) -> str:
    """The list as the view keeps it."""
    kept = {name: value for name, value in view.query.items() if isinstance(value, str)}
    return f"{reverse(view.list_name)}?{urlencode({**kept, 'view': view.pk})}"


def remember_columns(response: HttpResponse, which: RecordList, chosen: Sequence[str]) -> None:
    """Keep in the browser which columns the list shows."""
    names = [column.name for column in columns_of(which) if column.name in chosen]
    response.set_cookie(f"columns_{which.name}", ".".join(names) or "none", max_age=_YEAR, samesite="Lax", httponly=True)


def columns_of(which: RecordList) -> list[Column]:
    """All that the list can show."""
    return _columns_with(which, info_fields() if which.kind is CUSTOMER else ())


def _columns_with(which: RecordList, fields: Sequence[InfoField]) -> list[Column]:
    return [*which.columns, *(_info_column(field) for field in fields if field.retired_at is None)]


def _info_column(field: InfoField) -> Column:
    return Column(
        name=name_of(field),
        label=field.name,
        value=lambda row: for_file(field, row.info),
        shown=lambda row: ", ".join(in_words(field, row.info)),
        is_chosen=False,
    )


def _columns(request: HttpRequest, which: RecordList, columns: Sequence[Column]) -> list[Column]:
    """Those of the address (a saved view), else those this browser remembers, else the usual ones."""
    wanted = request.GET["columns"].split(",") if "columns" in request.GET else None
    if wanted is None and f"columns_{which.name}" in request.COOKIES:
        wanted = request.COOKIES[f"columns_{which.name}"].split(".")
    if wanted is None:
        return [column for column in columns if column.is_chosen]
    return [column for column in columns if column.name in wanted]


def _tabs(request: HttpRequest, which: RecordList) -> tuple[list[Tab], SavedView | None]:
    views = views_of(user_of(request), which.name)
    open_view = next((view for view in views if str(view.pk) == request.GET.get("view")), None)
    whole = Tab(label=_whole(which), url=reverse(which.name), is_current=open_view is None)
    tabs = [whole, *(Tab(label=view.name, url=view_url(view), is_current=view is open_view) for view in views)]
    if which is CUSTOMERS:
        tabs.append(Tab(label=_("Archive"), url=reverse(ARCHIVE.name)))
    elif which is ARCHIVE:
        tabs.insert(0, Tab(label=_("Active customers"), url=reverse(CUSTOMERS.name)))
    return tabs, open_view


def _whole(which: RecordList) -> str:
    """What the list without any view is called."""
    if which is ARCHIVE:
        return _("Archive")
    return pgettext("customers", "All") if which is CUSTOMERS else _("All")
