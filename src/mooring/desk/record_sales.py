"""The tab of a customer's or lead's card with its sales opportunities."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest

from mooring.customers.models import Customer, Lead
from mooring.desk.access import user_of
from mooring.desk.board_pages import cards_of
from mooring.desk.opened_boxes import opened
from mooring.sales.board import sales_of
from mooring.users.permissions import Action, Module, may

MOST: Final = 200


def sales_tab(request: HttpRequest, record: Customer | Lead) -> dict[str, Any]:
    """What the template of the tab needs, open ones first; three queries."""
    user = user_of(request)
    sales = sales_of(record, reader=user, opened=opened(request), most=MOST)
    return {"tab": "opportunities", "sales": cards_of(sales), "may_add_sale": may(user, Module.SALES, Action.CHANGE)}
