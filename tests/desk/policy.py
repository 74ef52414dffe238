"""Who may do what at which address: the table that test_access_matrix.py checks cell by cell.

Every address of the desk has a row; one without a row fails the test. A row says what GET and POST answer to the six
principals of PRINCIPALS, in that order:

    ok      the page (200)            see     done or elsewhere: a redirect within the desk
    login   the sign-in page          403     not for this role
    404     absent or hidden          405     no such method
    422     the form again            W       put before one of these: this cell may change the database
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

PRINCIPALS = ("anonymous", "administrator", "owner", "colleague", "reader", "deactivated")
"""`owner` and `colleague` are sales people: the records of the world belong to the first, the second may not see them."""

_PUBLIC = "ok ok ok ok ok ok"
_SIGNED_IN = "login ok ok ok ok login"
_ADMINISTRATOR = "login ok 403 403 403 login"
_NOBODY = "login 405 405 405 405 login"
_SEE_RECORD = "login ok ok 404 ok login"
_CHANGE_RECORD = "login ok ok 404 403 login"
_CHANGE_MODULE = "login ok ok ok 403 login"
_OWN_ACCOUNTS = "login ok ok ok 403 login"


@dataclass(frozen=True)
class Row:
    """`args` and the values of `data` that start with "$" name things of the world; "$customer.pk" reads an attribute."""

    get: str
    post: str
    args: tuple[Any, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)


def _writes(kind: str, outcome: str = "see") -> str:
    """The same row for a form that is sent: where the page was shown, something is saved."""
    return " ".join(f"W{outcome}" if word == "ok" else word for word in kind.split())


_NAMED = {"name": "Another name", "changed_at": "$version"}
_CUSTOMER = {**_NAMED, "kind": "company", "emails-total": "0", "domains-total": "0", "phones-total": "0", "addresses-total": "0"}
_AT_OWN = {"affiliations-total": "1", "affiliations-0-place": "$place", "anyway": "yes"}

ROWS: dict[str, Row] = {
    "home": Row(_SIGNED_IN, _SIGNED_IN),
    "fold_first_steps": Row(_NOBODY, "login see see see see login", data={"fold": "yes"}),
    "search": Row(_SIGNED_IN, _SIGNED_IN),
    "places": Row(_SIGNED_IN, _SIGNED_IN),
    # Signing in and out
    "account_login": Row("ok see see see see ok", "ok see see see see ok"),
    "account_logout": Row("see ok ok ok ok see", "see see see see see see"),
    "account_inactive": Row(_PUBLIC, "405 405 405 405 405 405"),
    "account_reset_password": Row(_PUBLIC, _PUBLIC),
    "account_reset_password_done": Row(_PUBLIC, "405 405 405 405 405 405"),
    "account_reset_password_from_key": Row(_PUBLIC, _PUBLIC, args=("1", "set-password")),
    "language": Row("405 405 405 405 405 405", "see Wsee Wsee Wsee Wsee see", data={"language": "pl"}),
    "theme": Row("405 405 405 405 405 405", "see Wsee Wsee Wsee Wsee see", data={"theme": "dark"}),
    # Customers
    "customers": Row(_SIGNED_IN, _SIGNED_IN),
    "new_customer": Row(_CHANGE_MODULE, _writes(_CHANGE_MODULE), data=_CUSTOMER),
    "hints_for_customer": Row(_NOBODY, _CHANGE_MODULE, data=_CUSTOMER),
    "assign_customers": Row(_NOBODY, "login Wsee Wsee see 403 login", data={"ids": "$customer.pk", "owner": "nobody"}),
    "export_customers": Row(_CHANGE_MODULE, _CHANGE_MODULE, data={"ids": "$customer.pk"}),
    "customer": Row(_SEE_RECORD, _SEE_RECORD, args=("$customer.pk",)),
    "customer_emails": Row(_SEE_RECORD, _SEE_RECORD, args=("$customer.pk",)),
    "customer_contacts": Row(_SEE_RECORD, _SEE_RECORD, args=("$customer.pk",)),
    "customer_projects": Row(_SEE_RECORD, _SEE_RECORD, args=("$customer.pk",)),
    "edit_customer": Row(_CHANGE_RECORD, _writes(_CHANGE_RECORD), args=("$customer.pk",), data=_CUSTOMER),
    "edit_customer_fact": Row(_CHANGE_RECORD, _writes(_CHANGE_RECORD), args=("$customer.pk", "name"), data=_NAMED),
    # Leads
    "leads": Row(_SIGNED_IN, _SIGNED_IN),
    "new_lead": Row(_CHANGE_MODULE, _writes(_CHANGE_MODULE), data=_CUSTOMER),
    "hints_for_lead": Row(_NOBODY, _CHANGE_MODULE, data=_CUSTOMER),
    "assign_leads": Row(_NOBODY, "login Wsee Wsee see 403 login", data={"ids": "$lead.pk", "owner": "nobody"}),
    "export_leads": Row(_CHANGE_MODULE, _CHANGE_MODULE, data={"ids": "$lead.pk"}),
    "lead": Row(_SEE_RECORD, _SEE_RECORD, args=("$lead.pk",)),
    "lead_emails": Row(_SEE_RECORD, _SEE_RECORD, args=("$lead.pk",)),
    "lead_contacts": Row(_SEE_RECORD, _SEE_RECORD, args=("$lead.pk",)),
    "edit_lead": Row(_CHANGE_RECORD, _writes(_CHANGE_RECORD), args=("$lead.pk",), data=_CUSTOMER),
    "edit_lead_fact": Row(_CHANGE_RECORD, _writes(_CHANGE_RECORD), args=("$lead.pk", "name"), data=_NAMED),
    # Contacts
    "contacts": Row(_SIGNED_IN, _SIGNED_IN),
    "new_contact": Row(_CHANGE_MODULE, "login Wsee Wsee 422 403 login", data={**_CUSTOMER, **_AT_OWN}),
    "hints_for_contact": Row(_NOBODY, _CHANGE_MODULE, data={**_CUSTOMER, **_AT_OWN}),
    "export_contacts": Row(_CHANGE_MODULE, _CHANGE_MODULE, data={"ids": "$contact.pk"}),
    "contact": Row(_SEE_RECORD, _SEE_RECORD, args=("$contact.pk",)),
    "edit_contact": Row(_CHANGE_RECORD, _writes(_CHANGE_RECORD), args=("$contact.pk",), data={**_CUSTOMER, **_AT_OWN}),
    "edit_contact_fact": Row(_CHANGE_RECORD, _writes(_CHANGE_RECORD), args=("$contact.pk", "name"), data=_NAMED),
    # Projects
    "projects": Row(_SIGNED_IN, _SIGNED_IN),
    "new_project": Row(_CHANGE_MODULE, "login Wsee Wsee 422 403 login", data={**_NAMED, "customer": "$place"}),
    "export_projects": Row(_CHANGE_MODULE, _CHANGE_MODULE, data={"ids": "$project.pk"}),
    "project": Row(_SEE_RECORD, _SEE_RECORD, args=("$project.pk",)),
    "project_emails": Row(_SEE_RECORD, _SEE_RECORD, args=("$project.pk",)),
    "edit_project": Row(_CHANGE_RECORD, _writes(_CHANGE_RECORD), args=("$project.pk",), data={**_NAMED, "customer": "$place"}),
    "edit_project_fact": Row(_CHANGE_RECORD, _writes(_CHANGE_RECORD), args=("$project.pk", "name"), data=_NAMED),
    # Lists
    "keep_view": Row(_NOBODY, "login Wsee Wsee Wsee Wsee login", args=("customers",), data={"view_name": "Mine"}),
    "choose_columns": Row(_NOBODY, "login see see see see login", args=("customers",), data={"columns": "email"}),
    "drop_view": Row(_NOBODY, "login 404 Wsee 404 404 login", args=("$view.pk",)),
    # My profile
    "profile": Row(
        _SIGNED_IN,
        _writes(_SIGNED_IN),
        data={"name": "New Name", "language": "en", "time_zone": "UTC", "theme": "dark"},
    ),
    "account_change_password": Row(
        _SIGNED_IN,
        _writes(_SIGNED_IN),
        data={"oldpassword": "$password", "password1": "$new_password", "password2": "$new_password"},
    ),
    # Setup
    "setup": Row("login see 403 403 403 login", "login see 403 403 403 login"),
    "staff": Row(_ADMINISTRATOR, _ADMINISTRATOR),
    "new_staff": Row(
        _ADMINISTRATOR,
        _writes(_ADMINISTRATOR),
        data={
            "name": "Newcomer",
            "email": "newcomer@mooring.example",
            "role": "read_only",
            "password": "$new_password",
            "language": "en",
            "time_zone": "UTC",
        },
    ),
    "change_staff": Row(
        _ADMINISTRATOR,
        _writes(_ADMINISTRATOR),
        args=("$colleague.pk",),
        data={"name": "Renamed", "email": "renamed@mooring.example", "role": "administrator"},
    ),
    "give_password": Row(_NOBODY, _writes(_ADMINISTRATOR), args=("$colleague.pk",), data={"password": "$new_password"}),
    "deactivate_staff": Row(_NOBODY, _writes(_ADMINISTRATOR), args=("$colleague.pk",)),
    "reactivate_staff": Row(_NOBODY, _writes(_ADMINISTRATOR), args=("$deactivated.pk",)),
    "journal": Row(_ADMINISTRATOR, _ADMINISTRATOR),
}
