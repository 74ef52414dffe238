"""Letters and sales opportunities: which ones a letter belongs to, linking and taking off, and the letters on the card of one."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mooring.customers.models import EmailAddress
from mooring.desk.access import actor_of, letter_for, may_in, opportunity_for, user_of
from mooring.desk.letter_lines import lines_of_letters
from mooring.desk.list_pages import own_path, page_around
from mooring.desk.opened_boxes import opened
from mooring.desk.opportunity_pages import sale_card
from mooring.desk.timeline import id_in
from mooring.sales.letter_links import SaleOfLetter, letters_of_sale, link_to_sale, offered_sales, sales_of_letter, take_off_sale
from mooring.sales.models import Opportunity
from mooring.ui.parts import KeysetPage
from mooring.ui.rendering import page, see_other, toast
from mooring.users.permissions import Action, Module, may


@require_GET
@may_in(Module.SALES)
def letter_opportunities(request: HttpRequest, letter_id: int) -> HttpResponse:
    """Those that a letter belongs to, and those that it may belong to; a part of the page where it is read."""
    letter, reader = letter_for(request, letter_id), user_of(request)
    sales = sales_of_letter(letter, reader=reader, opened=opened(request))
    may_link = may(reader, Module.SALES, Action.CHANGE)
    linked = {each.opportunity.pk for each in sales}
    offers = offered_sales(letter, reader=reader, opened=opened(request)) if may_link else []
    values = {
        "letter": letter,
        "sales": [(each, _why(each)) for each in sales],
        "may_link": may_link,
        "offers": [each for each in offers if each.pk not in linked],
        "back": page_around(request) or reverse("letter", args=[letter.pk]),
    }
    return page(request, "desk/opportunities/of_letter.html", values, fragment="part")


@require_POST
@may_in(Module.SALES, Action.CHANGE)
def link_letter_to_sale(request: HttpRequest, letter_id: int) -> HttpResponse:
    """The letter belongs to the opportunity."""
    letter = letter_for(request, letter_id)
    sale = opportunity_for(request, id_in(request.POST.get("opportunity", "")) or 0, Action.CHANGE)
    link_to_sale(letter=letter, opportunity=sale, by=actor_of(request), now=timezone.now())
    undo = f"{reverse('take_letter_off_sale', args=[letter.pk])}?opportunity={sale.pk}"
    toast(request, _("The email belongs to “%(title)s” now.") % {"title": sale}, undo_url=undo)
    return see_other(request, own_path(request, reverse("letter", args=[letter.pk])))


@require_POST
@may_in(Module.SALES, Action.CHANGE)
def take_letter_off_sale(request: HttpRequest, letter_id: int) -> HttpResponse:
    """The letter does not belong to the opportunity."""
    letter = letter_for(request, letter_id)
    named = request.POST.get("opportunity", request.GET.get("opportunity", ""))
    sale = opportunity_for(request, id_in(named) or 0, Action.CHANGE)
    take_off_sale(letter=letter, opportunity=sale, by=actor_of(request), now=timezone.now())
    toast(request, _("The email does not belong to “%(title)s” any more.") % {"title": sale})
    return see_other(request, own_path(request, reverse("letter", args=[letter.pk])))


@require_GET
@may_in(Module.SALES)
def opportunity_emails(request: HttpRequest, opportunity_id: int) -> HttpResponse:
    """The card with its letters, and whom to write to."""
    sale = opportunity_for(request, opportunity_id)
    cursor = request.GET.get("after") or request.GET.get("before") or ""
    found = letters_of_sale(sale, reader=user_of(request), cursor=cursor)
    lines = KeysetPage(lines_of_letters(found.rows), found.next or None, found.previous or None)
    return sale_card(request, sale, {"tab": "emails", "page": lines, "write_query": _write_query(sale)})


def _why(each: SaleOfLetter) -> str:
    """Who linked it, or that it follows from its conversation."""
    if each.link is None:
        return _("reply in a linked conversation")
    return _("linked by %(person)s") % {"person": each.link.linked_by} if each.link.linked_by else _("linked by hand")


def _write_query(sale: Opportunity) -> str:
    """To the contacts in the sale, else to the main address of the customer or lead."""
    people = EmailAddress.objects.filter(contact__in=sale.contacts.values("contact_id"), is_main=True)
    whom = {"customer": sale.customer_id} if sale.customer_id else {"lead": sale.lead_id}
    addresses = list(people.values_list("address", flat=True)[:10]) or list(
        EmailAddress.objects.filter(is_main=True, **whom).values_list("address", flat=True)[:1]
    )
    return urlencode({"to": ", ".join(addresses)}) if addresses else ""
