"""The rows of the access table about finding duplicates, merging them and undoing it."""

from __future__ import annotations

from desk.policy_words import ADMINISTRATOR, NOBODY, Row

_MAY_DELETE = "login ok ok ok 403 login"
_DELETE_RECORD = "login ok ok 404 403 login"

ROWS: dict[str, Row] = {
    "customer_duplicates": Row(_MAY_DELETE, "login ok ok ok 403 login"),
    "customers_are_different": Row(_MAY_DELETE, "login Wsee Wsee see 403 login", data={"ids": ("$customer.pk", "$twin.pk")}),
    "choose_customers_to_merge": Row(NOBODY, "login see see see 403 login", data={"ids": ("$customer.pk", "$twin.pk")}),
    "merge_customers": Row("login 404 404 404 403 login", "login 404 404 404 403 login"),
    "merge_customers#two": Row(
        _DELETE_RECORD,
        "login Wsee Wsee 404 403 login",
        query={"ids": ("$customer.pk", "$twin.pk")},
        data={"stays": "$customer.pk"},
    ),
    "merge_customer_with": Row(_DELETE_RECORD, _DELETE_RECORD, args=("$customer.pk",)),
    # Older than thirty days: refused in words.
    "undo_merge": Row(NOBODY, "login see see 404 403 login", args=("$merge.pk",)),
    "contact_duplicates": Row(_MAY_DELETE, _MAY_DELETE),
    "contacts_are_different": Row(_MAY_DELETE, "login see see see 403 login"),
    "choose_contacts_to_merge": Row(NOBODY, "login see see see 403 login"),
    "merge_contacts": Row("login 404 404 404 403 login", "login 404 404 404 403 login"),
    "merge_contact_with": Row(_DELETE_RECORD, _DELETE_RECORD, args=("$contact.pk",)),
    "lead_duplicates": Row(ADMINISTRATOR, ADMINISTRATOR),
    "leads_are_different": Row(ADMINISTRATOR, "login see 403 403 403 login"),
    "choose_leads_to_merge": Row(NOBODY, "login see 403 403 403 login"),
    "merge_leads": Row("login 404 403 403 403 login", "login 404 403 403 403 login"),
    "merge_lead_with": Row(ADMINISTRATOR, ADMINISTRATOR, args=("$lead.pk",)),
}
