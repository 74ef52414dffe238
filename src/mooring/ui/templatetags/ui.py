"""The parts pages are put together from. `{% load ui %}`, then (docs/ui.md shows each on a page):

{% asset "app.css" %}                         address of a built file
{% icon "mail" %} {% icon "mail" label=_("Email") %}   drawing; said aloud only if labelled
{% ago letter.sent_at %}                      "3 hours ago", the exact time on hover
{% light "good" _("Everything is archived") %}   traffic light with its words: good warn bad idle
{% face "Anna Nowak" %} {% face name size="small" %}   initials in a steady colour
{% column "name" _("Name") %}                 sortable header cell; reads ?sort=name or ?sort=-name
{% column_all %} {% row_check record.pk record.name %} {% column_acts %}   check boxes, and header of row icons
{% row_acts "desk/customers/_row_acts.html" record %}   the icons of a row, drawn once for all rows
{% data_cells cells %}                        the cells of a row behind its first one (parts.DataCell)
{% bulk_bar actions %} {% keyset_links page %}   under a list: what can be done with many; newer, older
{% views tabs %} {% tabs tabs %}              saved views of a list; tabs of a card (parts.Tab)
{% sentence chips _("Customers") %}...{% endsentence %}   filters as words, "add" menu between the tags
{% came_from as back %}                       on a page of an error: where its reader was before
{% empty icon=... title=... text=... url=... action=... %}   what will be here and the next step
{% progress_line job %} {% timeline moments %} {% tree nodes name="folders" %} {% steps checks %}
{% dialog id title %}...{% enddialog %}       a dialog; data-opens="id" on anything opens it

{% letter_lines lines %}                      letters, three short lines each (parts.Line)
{% pane_bar "first" %}                       the bar between two panes of Email

Numbers, money and sizes: Django's own localize, intcomma, filesizeformat.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from django import template
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.template.base import NodeList, Parser, Token, token_kwargs
from django.template.context import Context
from django.urls import get_script_prefix, reverse
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from mooring.ui.ages import age_in_words, moment_in_words
from mooring.ui.assets import asset_url
from mooring.ui.parts import BulkAction, DataCell, KeysetPage, Light, Line, Moment, Node, Progress, Step, Tab

register = template.Library()

_TINTS = 6


@register.simple_tag
def asset(name: str) -> str:
    """Address of a built file, for example "app.css"."""
    return asset_url(name)


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """One drawing of the sprite. Without a label it is decoration, hidden from assistive technology."""
    address = f"{asset_url('icons.svg')}#{name}"
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"></use></svg>', label, address)
    return _decoration(address)


@lru_cache(maxsize=512)
def _decoration(address: str) -> SafeString:
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"></use></svg>', address)


@register.simple_tag(takes_context=True)
def came_from(context: Context) -> str:
    """The page of ours that led to this one, as its browser says; empty where that is unknown, elsewhere, or leads here again.

    So does this page itself, and signing in.
    """
    request: HttpRequest | None = context.get("request")
    address = request.headers.get("Referer", "") if request is not None else ""
    if request is None or not address or not url_has_allowed_host_and_scheme(address, allowed_hosts=_hosts_of(request)):
        return ""
    page = urlsplit(address)
    path = page.path + (f"?{page.query}" if page.query else "")
    # "https://ours//elsewhere" is a page of ours, but its path alone would lead elsewhere.
    leads_here = path == request.get_full_path() or page.path == resolve_url(settings.LOGIN_URL)
    is_ours = not leads_here and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_ours else ""


def _hosts_of(request: HttpRequest) -> set[str]:
    try:
        return {request.get_host()}
    except DisallowedHost:
        return set()


@register.simple_tag(takes_context=True)
def ago(context: Context, when: datetime | None, missing: str = "") -> SafeString | str:
    """How long ago (or in how long), counted from the time of the request; exact on hover."""
    if when is None:
        return missing
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        when.isoformat(timespec="seconds"),
        moment_in_words(when),
        age_in_words(when, now=_now_of(context)),
    )


@register.simple_tag
def text_cell(row: Any, column: Any) -> SafeString:
    """The cell of a column that knows its own text. Most cells of a list are such: a template for each would be a tenth of it."""
    drawn = '<td class="quiet" data-label="{}">{}</td>' if column.is_quiet else '<td data-label="{}">{}</td>'
    return format_html(drawn, column.label, str(column.shown(row)))


@register.simple_tag
def light(state: Light, text: str) -> SafeString:
    """A traffic light that differs in shape as well as colour, with its meaning in words."""
    return format_html('<span class="light {}">{}</span>', state, text)


@register.simple_tag
def face(name: str, size: str = "") -> SafeString:
    """Initials of a name; the same name always has the same colour. Decoration: the name stands beside it."""
    tint = zlib.crc32(name.casefold().encode()) % _TINTS + 1
    return format_html('<span class="face {} tint-{}" aria-hidden="true">{}</span>', size, tint, initials_of(name))


def initials_of(name: str) -> str:
    """At most two capitals: of the first and the last word that starts with a letter or digit."""
    words = [word for word in name.replace("@", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


@register.inclusion_tag("ui/parts/column.html", takes_context=True)
def column(context: Context, field: str, label: str, kind: str = "") -> dict[str, Any]:
    """A header cell that sorts: first click up, next click down. `kind`: number, on-wide (hidden where narrow)."""
    sort = _request_of(context).GET.get("sort") or str(context.get("sort", ""))
    direction = {field: "ascending", f"-{field}": "descending"}.get(sort, "")
    return {
        "request": context["request"],
        "label": label,
        "kind": kind,
        "direction": direction,
        "next_sort": f"-{field}" if direction == "ascending" else field,
    }


@register.simple_tag
def row_url(name: str, row: Any) -> str:
    """The address of a row's record by the name of the page; looked up once, not for each row."""
    return _url_of_any_row(name, get_script_prefix()).replace(str(_StandIn().pk), str(row.pk))


@lru_cache(maxsize=128)
def _url_of_any_row(name: str, _prefix: str) -> str:
    return reverse(name, args=[_StandIn().pk])


class _StandIn(NamedTuple):
    """A row that is put in the place of every row: what stands for its id and its name occurs nowhere else."""

    pk: int = 4_611_686_018_427_387_901
    name: str = "\ue000row\ue001"


@register.simple_tag(takes_context=True)
def row_acts(context: Context, template_name: str, row: Any) -> SafeString:
    """What can be done with a row, by a template that asks of it nothing but its `pk` and `name`.

    It is drawn once for a page, and only these two are put in for each row: drawing it for 50 rows was a fifth of a list's cost.
    """
    kept: Any = context.render_context.dicts[0]
    drawn, any_row = kept.setdefault(_StandIn, {}), _StandIn()
    if template_name not in drawn:
        assert context.template is not None
        with context.push(row=any_row):
            drawn[template_name] = context.template.engine.get_template(template_name).render(context)
    text: str = drawn[template_name]
    return mark_safe(text.replace(str(any_row.pk), str(row.pk)).replace(any_row.name, escape(row.name)))  # noqa: S308  # escaped


@register.inclusion_tag("ui/parts/column_all.html")
def column_all() -> dict[str, Any]:
    """The header's check box: all rows of this page."""
    return {}


@register.inclusion_tag("ui/parts/column_acts.html")
def column_acts() -> dict[str, Any]:
    """The header over the icons of a row, named for those who do not see them."""
    return {}


@register.simple_tag
def row_check(value: object, label: str, name: str = "ids", *, is_ticked: bool = False) -> SafeString:
    """A row's check box, named after what it ticks."""
    said = _("Tick %(label)s") % {"label": label}
    box = '<td class="check"><label><input type="checkbox" class="tick" name="{}" value="{}" aria-label="{}"{}></label></td>'
    return format_html(box, name, value, said, mark_safe(" checked") if is_ticked else "")


@register.simple_tag
def data_cells(cells: Sequence[DataCell]) -> SafeString:
    """The cells of a row of a data-table; a loop of a template took eight times as long for the 1,500 of a report."""
    drawn = [f"{_cell_begins(label, is_number)}{escape(text)}</td>" for text, label, is_number in cells]
    return mark_safe("".join(drawn))  # noqa: S308  # escaped


@lru_cache(maxsize=512, typed=True)  # what is marked as safe is equal to the same words that are not
def _cell_begins(label: str, is_number: bool) -> str:
    return format_html('<td{} data-label="{}">', mark_safe(' class="number"') if is_number else "", label)


@register.inclusion_tag("ui/parts/bulk_bar.html")
def bulk_bar(actions: Sequence[BulkAction]) -> dict[str, Any]:
    """What can be done with the ticked rows; stands inside the list's form and appears with the first tick."""
    return {"actions": actions}


@register.inclusion_tag("ui/parts/keyset_links.html", takes_context=True)
def keyset_links(context: Context, page: KeysetPage[Any]) -> dict[str, Any]:
    """Links to the neighbouring pages of a list; nothing where it is the only page."""
    return {"request": context["request"], "page": page}


@register.inclusion_tag("ui/parts/tabs.html")
def views(tabs: Sequence[Tab], label: str = "") -> dict[str, Any]:
    """Saved views of a list."""
    return {"tabs": tabs, "label": label or _("Saved views")}


@register.inclusion_tag("ui/parts/tabs.html", name="tabs")
def card_tabs(tabs: Sequence[Tab], label: str = "") -> dict[str, Any]:
    """Tabs of a record's card."""
    return {"tabs": tabs, "label": label or _("Parts of this record")}


@register.inclusion_tag("ui/parts/empty.html")
def empty(
    *,
    icon: str,
    title: str,
    text: str = "",
    url: str = "",
    action: str = "",
    key: str = "",
    is_page: bool = False,
) -> dict[str, Any]:
    """An empty place: what will be here, and the next step as a button. `is_page`: its title is the page's heading."""
    return {
        "icon": icon,
        "title": title,
        "text": text,
        "url": url,
        "action": action,
        "key": key,
        "is_page": is_page,
    }


@register.inclusion_tag("ui/parts/progress.html")
def progress_line(job: Progress) -> dict[str, Any]:
    """A long job's line; while the job runs it renews itself from `job.url`, which answers with this tag again."""
    return {"job": job}


@register.inclusion_tag("ui/parts/timeline.html", takes_context=True)
def timeline(context: Context, moments: Sequence[Moment]) -> dict[str, Any]:
    """What happened, newest first."""
    return {"request": context.get("request"), "now": _now_of(context), "moments": moments}


@register.inclusion_tag("ui/parts/letter_lines.html", takes_context=True)
def letter_lines(context: Context, lines: Sequence[Line]) -> dict[str, Any]:
    """Letters as a list, three short lines each; j, k and Enter walk it."""
    return {"request": context.get("request"), "now": _now_of(context), "lines": lines}


@register.inclusion_tag("ui/parts/tree.html")
def tree(nodes: Sequence[Node], *, name: str, label: str) -> dict[str, Any]:
    """A tree of check boxes that are sent as `name`; whole without a script, folded and walked by arrows with one."""
    return {"nodes": nodes, "name": name, "label": label}


@register.inclusion_tag("ui/parts/steps.html")
def steps(checks: Sequence[Step]) -> dict[str, Any]:
    """Steps of a check, each passed or with a plain sentence."""
    return {"checks": checks}


@register.inclusion_tag("ui/parts/pane_bar.html")
def pane_bar(resizes: Literal["first", "second"]) -> dict[str, Any]:
    """The bar between two panes of Email: dragged, or moved with the arrow keys."""
    least, now, most = {"first": (160, 224, 360), "second": (260, 400, 640)}[resizes]
    return {"resizes": resizes, "least": least, "width": now, "most": most}


@register.simple_tag(takes_context=True)
def html_attributes(context: Context) -> SafeString:
    """Theme and width of the menu as this browser remembers them, so that no page flashes."""
    request = context.get("request")
    cookies = request.COOKIES if request is not None else {}
    theme = cookies.get("theme") if cookies.get("theme") in ("light", "dark") else ""
    return format_html(
        "{}{}",
        format_html(' data-bs-theme="{}"', theme) if theme else "",
        SafeString(' data-menu="narrow"') if cookies.get("menu") == "narrow" else "",
    )


class SlotNode(template.Node):
    """Renders a template of ours around what stands between two tags."""

    def __init__(self, name: str, given: dict[str, Any], inside: NodeList) -> None:
        self.name = name
        self.given = given
        self.nodelist = inside

    def render(self, context: Context) -> SafeString:
        """The inside sees the page's variables; the frame around it sees only what the tag was given."""
        values = {key: value.resolve(context) for key, value in self.given.items()}
        inside = self.nodelist.render(context)
        around = context.template.engine.get_template(f"ui/parts/{self.name}.html")  # type: ignore[union-attr]
        return around.render(context.new({**values, "inside": inside, "request": context.get("request")}))


def _slot(parser: Parser, token: Token, names: Sequence[str]) -> SlotNode:
    tag, *bits = token.split_contents()
    inside = parser.parse((f"end{tag}",))
    parser.delete_first_token()
    given: dict[str, Any] = {}
    for name, bit in zip(names, bits, strict=False):
        if "=" in bit and token_kwargs([bit], parser):
            break
        given[name] = parser.compile_filter(bit)
    given.update(token_kwargs(bits[len(given) :], parser))
    return SlotNode(tag, given, inside)


@register.tag
def dialog(parser: Parser, token: Token) -> SlotNode:
    """`{% dialog "archive" _("Archive this customer?") wide=True %}` body and buttons `{% enddialog %}`."""
    return _slot(parser, token, ("id", "title"))


@register.tag
def sentence(parser: Parser, token: Token) -> SlotNode:
    """`{% sentence chips _("Customers") %}` what else can be filtered `{% endsentence %}`."""
    return _slot(parser, token, ("chips", "subject"))


@register.tag
def panel(parser: Parser, token: Token) -> SlotNode:
    """`{% panel _("Contacts") %}` a titled box `{% endpanel %}`; `url` and `action` put a link into its head."""
    return _slot(parser, token, ("title",))


def _request_of(context: Context) -> HttpRequest:
    request: HttpRequest = context["request"]
    return request


def _now_of(context: Context) -> datetime:
    given = context.get("now") or getattr(context.get("request"), "received_at", None)
    return given if isinstance(given, datetime) else timezone.now()
