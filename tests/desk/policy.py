"""Who may do what at which address: the table that test_access_matrix.py checks cell by cell.

Every address of the desk has a row, or several (“name#case”); one without a row fails the test. A row says what GET and POST
answer to the six principals of PRINCIPALS, in that order (what those of DERIVED are answered follows from it):

    ok      the page (200)            see     done or elsewhere: a redirect within the desk
    login   the sign-in page          403     not for this role
    404     absent or hidden          405     no such method
    422     the form again            W       put before one of these: this cell may change the database
"""

from __future__ import annotations

from desk import policy_boxes, policy_email, policy_merging, policy_pipelines, policy_writing
from desk.policy_words import (
    ADMINISTRATOR,
    CHANGE_MODULE,
    CHANGE_RECORD,
    HIDDEN,
    NOBODY,
    NOT_SENT,
    PUBLIC,
    SEE_RECORD,
    SIGNED_IN,
    Row,
    writes,
)

_NAMED = {"name": "Another name", "changed_at": "$version"}
_CUSTOMER = {**_NAMED, "kind": "company", "emails-total": "0", "domains-total": "0", "phones-total": "0", "addresses-total": "0"}
_AT_OWN = {"affiliations-total": "1", "affiliations-0-place": "$place", "anyway": "yes"}
_PORTAL_USER = ("$customer.pk", "$portal_user.pk")

ROWS: dict[str, Row] = {
    **policy_boxes.ROWS,
    **policy_pipelines.ROWS,
    **policy_email.ROWS,
    **policy_writing.ROWS,
    **policy_merging.ROWS,
    "home": Row(SIGNED_IN, SIGNED_IN),
    "fold_first_steps": Row(NOBODY, "login see see see see login", data={"fold": "yes"}),
    "search": Row(SIGNED_IN, SIGNED_IN),
    "health": Row(PUBLIC, NOT_SENT),
    "metrics": Row(HIDDEN, NOT_SENT),
    "places": Row(SIGNED_IN, SIGNED_IN),
    # Signing in and out
    "account_login": Row("ok see see see see ok", "ok see see see see ok"),
    "account_logout": Row("see ok ok ok ok see", "see see see see see see"),
    "account_inactive": Row(PUBLIC, "405 405 405 405 405 405"),
    "account_reset_password": Row(PUBLIC, PUBLIC),
    "account_reset_password_done": Row(PUBLIC, "405 405 405 405 405 405"),
    "account_reset_password_from_key": Row(PUBLIC, PUBLIC, args=("1", "set-password")),
    "second_step": Row("see see see see see see", "see see see see see see"),
    "passkey_sign_in": Row(NOT_SENT, "see see see see see see"),
    "ask_passkey": Row(NOT_SENT, HIDDEN),
    "language": Row("405 405 405 405 405 405", "see Wsee Wsee Wsee Wsee see", data={"language": "pl"}),
    "theme": Row("405 405 405 405 405 405", "see Wsee Wsee Wsee Wsee see", data={"theme": "dark"}),
    # Customers
    "customers": Row(SIGNED_IN, SIGNED_IN),
    "new_customer": Row(CHANGE_MODULE, writes(CHANGE_MODULE), data=_CUSTOMER),
    "hints_for_customer": Row(NOBODY, CHANGE_MODULE, data=_CUSTOMER),
    "export_customers": Row(CHANGE_MODULE, CHANGE_MODULE, data={"ids": "$customer.pk"}),
    "archive": Row(SIGNED_IN, SIGNED_IN),
    "export_archive": Row(CHANGE_MODULE, CHANGE_MODULE, data={"ids": "$customer.pk"}),
    "ask_to_archive": Row(NOBODY, "login ok ok see 403 login", data={"ids": "$customer.pk"}),
    "archive_ticked": Row(NOBODY, "login Wsee Wsee see 403 login", data={"ids": "$customer.pk"}),
    "restore_ticked": Row(NOBODY, "login see see see 403 login", data={"ids": "$customer.pk"}),
    "customer": Row(SEE_RECORD, SEE_RECORD, args=("$customer.pk",)),
    "customer_emails": Row(SEE_RECORD, SEE_RECORD, args=("$customer.pk",)),
    "customer_contacts": Row(SEE_RECORD, SEE_RECORD, args=("$customer.pk",)),
    "customer_projects": Row(SEE_RECORD, SEE_RECORD, args=("$customer.pk",)),
    "customer_info": Row(SEE_RECORD, SEE_RECORD, args=("$customer.pk",)),
    "edit_customer": Row(CHANGE_RECORD, writes(CHANGE_RECORD), args=("$customer.pk",), data=_CUSTOMER),
    "edit_customer_fact": Row(CHANGE_RECORD, writes(CHANGE_RECORD), args=("$customer.pk", "name"), data=_NAMED),
    "archive_ticked#every": Row(
        NOBODY, "login Wsee Wsee see 403 login", data={"every": "yes", "next": "/customers/?text=harbour"}
    ),
    # Everything held, and deleting for good: only from the archive, only by administrators
    "everything_of_customer": Row(CHANGE_RECORD, NOBODY, args=("$customer.pk",)),
    "everything_of_contact": Row(CHANGE_RECORD, NOBODY, args=("$contact.pk",)),
    "erase_customer": Row("login see 403 404 403 login", "login see 403 404 403 login", args=("$customer.pk",)),
    "erase_customer#archived": Row(
        "login ok 403 404 403 login", "login Wsee 403 404 403 login", args=("$archived.pk",), data={"name": "$archived.name"}
    ),
    "erase_contact": Row(
        "login ok 403 404 403 login", "login Wsee 403 404 403 login", args=("$contact.pk",), data={"name": "$contact.name"}
    ),
    # Files on a customer, and its portal users
    "customer_files": Row(SEE_RECORD, "login see see 404 403 login", args=("$customer.pk",)),
    "record_file": Row(SEE_RECORD, NOBODY, args=("$file.pk",)),
    "show_record_file": Row(NOBODY, writes(CHANGE_RECORD), args=("$file.pk",), data={"shown": "no"}),
    "remove_record_file": Row(NOBODY, writes(CHANGE_RECORD), args=("$file.pk",)),
    "restore_record_file": Row(NOBODY, "login see see 404 403 login", args=("$file.pk",)),
    "customer_portal": Row(SEE_RECORD, SEE_RECORD, args=("$customer.pk",)),
    "invite_portal_user": Row(
        NOBODY,
        "login 422 Wsee 404 403 login",
        args=("$customer.pk",),
        data={"contact": "$contact.pk", "account": "$account.pk", "language": "en"},
    ),
    "lock_portal_user": Row(NOBODY, writes(CHANGE_RECORD), args=_PORTAL_USER),
    "unlock_portal_user": Row(NOBODY, writes(CHANGE_RECORD), args=("$customer.pk", "$locked_portal_user.pk")),
    "remove_portal_user": Row(NOBODY, writes(CHANGE_RECORD), args=_PORTAL_USER),
    "drop_portal_code": Row(NOBODY, "login see see 404 403 login", args=_PORTAL_USER),
    # Leads
    "leads": Row(SIGNED_IN, SIGNED_IN),
    "new_lead": Row(CHANGE_MODULE, writes(CHANGE_MODULE), data=_CUSTOMER),
    "hints_for_lead": Row(NOBODY, CHANGE_MODULE, data=_CUSTOMER),
    "export_leads": Row(CHANGE_MODULE, CHANGE_MODULE, data={"ids": "$lead.pk"}),
    "lead": Row(SEE_RECORD, SEE_RECORD, args=("$lead.pk",)),
    "lead_emails": Row(SEE_RECORD, SEE_RECORD, args=("$lead.pk",)),
    "lead_contacts": Row(SEE_RECORD, SEE_RECORD, args=("$lead.pk",)),
    "edit_lead": Row(CHANGE_RECORD, writes(CHANGE_RECORD), args=("$lead.pk",), data=_CUSTOMER),
    "edit_lead_fact": Row(CHANGE_RECORD, writes(CHANGE_RECORD), args=("$lead.pk", "name"), data=_NAMED),
    # Contacts
    "contacts": Row(SIGNED_IN, SIGNED_IN),
    "new_contact": Row(CHANGE_MODULE, "login Wsee Wsee 422 403 login", data={**_CUSTOMER, **_AT_OWN}),
    "hints_for_contact": Row(NOBODY, CHANGE_MODULE, data={**_CUSTOMER, **_AT_OWN}),
    "export_contacts": Row(CHANGE_MODULE, CHANGE_MODULE, data={"ids": "$contact.pk"}),
    "contact": Row(SEE_RECORD, SEE_RECORD, args=("$contact.pk",)),
    "edit_contact": Row(CHANGE_RECORD, writes(CHANGE_RECORD), args=("$contact.pk",), data={**_CUSTOMER, **_AT_OWN}),
    "edit_contact_fact": Row(CHANGE_RECORD, writes(CHANGE_RECORD), args=("$contact.pk", "name"), data=_NAMED),
    # Projects
    "projects": Row(SIGNED_IN, SIGNED_IN),
    "new_project": Row(CHANGE_MODULE, "login Wsee Wsee 422 403 login", data={**_NAMED, "customer": "$place"}),
    "export_projects": Row(CHANGE_MODULE, CHANGE_MODULE, data={"ids": "$project.pk"}),
    "project": Row(SEE_RECORD, SEE_RECORD, args=("$project.pk",)),
    "project_emails": Row(SEE_RECORD, SEE_RECORD, args=("$project.pk",)),
    "edit_project": Row(CHANGE_RECORD, writes(CHANGE_RECORD), args=("$project.pk",), data={**_NAMED, "customer": "$place"}),
    "edit_project_fact": Row(CHANGE_RECORD, writes(CHANGE_RECORD), args=("$project.pk", "name"), data=_NAMED),
    # Imports: for whoever may change all records of a kind
    "imports": Row(ADMINISTRATOR, NOBODY),
    "new_import": Row(ADMINISTRATOR, "login 422 403 403 403 login"),
    "import": Row(
        ADMINISTRATOR,
        "login Wsee 403 403 403 login",
        args=("$job.pk",),
        data={"column_0": "name", "on_duplicate": "skip", "on_bad_value": "leave_out"},
    ),
    "import_progress": Row(ADMINISTRATOR, NOBODY, args=("$job.pk",)),
    "go_on_importing": Row(NOBODY, "login Wsee 403 403 403 login", args=("$job.pk",)),
    "stop_import": Row(NOBODY, "login see 403 403 403 login", args=("$job.pk",)),
    "take_import_back": Row(NOBODY, "login see 403 403 403 login", args=("$job.pk",)),
    "import_problems": Row(ADMINISTRATOR, NOBODY, args=("$job.pk",)),
    # Tasks, calls, meetings, notes
    "my_day": Row(SIGNED_IN, SIGNED_IN),
    "export_my_day": Row(CHANGE_MODULE, NOBODY),
    "new_activity": Row(CHANGE_MODULE, writes(CHANGE_MODULE), data={"title": "Call", "kind": "call", "owner": "$owner.pk"}),
    "edit_activity": Row(
        CHANGE_RECORD,
        writes(CHANGE_RECORD),
        args=("$activity.pk",),
        data={"title": "Call", "kind": "call", "owner": "$owner.pk"},
    ),
    "finish_activity": Row(NOBODY, "login Wsee Wsee 404 403 login", args=("$activity.pk",)),
    "reopen_activity": Row(NOBODY, "login see see 404 403 login", args=("$activity.pk",)),
    "remove_activity": Row(NOBODY, "login Wsee Wsee 404 403 login", args=("$activity.pk",)),
    "bring_back_activity": Row(NOBODY, "login see see 404 403 login", args=("$activity.pk",)),
    "mentionable": Row(SIGNED_IN, NOBODY),
    "offered_tags": Row(SIGNED_IN, NOBODY),
    "merge_tag": Row(NOBODY, "login Wsee 403 403 403 login", args=("$tag.pk",), data={"into": "$other_tag.pk"}),
    "bell": Row(SIGNED_IN, NOBODY),
    "notices": Row(SIGNED_IN, "login see see see see login"),
    "customer_opportunities": Row(SEE_RECORD, SEE_RECORD, args=("$customer.pk",)),
    "lead_opportunities": Row(SEE_RECORD, SEE_RECORD, args=("$lead.pk",)),
    "customer_tasks": Row(SEE_RECORD, SEE_RECORD, args=("$customer.pk",)),
    "lead_tasks": Row(SEE_RECORD, SEE_RECORD, args=("$lead.pk",)),
    "project_tasks": Row(SEE_RECORD, SEE_RECORD, args=("$project.pk",)),
    # Lists
    "keep_view": Row(NOBODY, "login Wsee Wsee Wsee Wsee login", args=("customers",), data={"view_name": "Mine"}),
    "choose_columns": Row(NOBODY, "login see see see see login", args=("customers",), data={"columns": "email"}),
    "drop_view": Row(NOBODY, "login 404 Wsee 404 404 login", args=("$view.pk",)),
    # My profile
    "profile": Row(
        SIGNED_IN,
        writes(SIGNED_IN),
        data={"name": "New Name", "language": "en", "time_zone": "UTC", "theme": "dark"},
    ),
    "notice_mail": Row(SIGNED_IN, writes(SIGNED_IN), data={"rhythm": "daily", "hour": "7"}),
    "stop_notice_mail": Row(PUBLIC, PUBLIC, args=("$stop_word",)),
    # The address of the feed is itself the secret: who holds it reads, signed in or not
    "calendar_feed": Row(SIGNED_IN, "login Wok Wok Wok Wok login"),
    "revoke_calendar_feed": Row(NOBODY, "login see Wsee see see login"),
    "calendar": Row(PUBLIC, NOT_SENT, args=("the-owners-secret",)),
    "calendar#locked": Row(HIDDEN, NOT_SENT, args=("the-secret-of-who-left",)),
    "calendar#revoked": Row(HIDDEN, NOT_SENT, args=("a-secret-from-before",)),
    "account_change_password": Row(
        SIGNED_IN,
        writes(SIGNED_IN),
        data={"oldpassword": "$password", "password1": "$new_password", "password2": "$new_password"},
    ),
    "signing_in": Row(SIGNED_IN, NOBODY),
    "app_for_codes": Row(SIGNED_IN, "login 422 422 422 422 login", data={"code": "123456", "password": "wrong"}),
    "recovery_codes": Row("login see see see see login", "login see see see see login"),
    "new_passkey": Row(SIGNED_IN, "login 422 422 422 422 login", data={"name": "Phone", "password": "wrong"}),
    "ask_new_passkey": Row(NOBODY, "login 404 404 404 404 login"),
    "passkey": Row("login 404 404 404 404 login", "login 404 404 404 404 login", args=("0",)),
    "remove_passkey": Row(NOBODY, "login 404 404 404 404 login", args=("0",)),
    "end_other_sessions": Row(NOBODY, "login Wsee Wsee Wsee Wsee login"),
    "end_open_session": Row(NOBODY, "login 404 404 404 404 login", args=("0",)),
    # Setup
    "setup": Row("login see 403 403 403 login", "login see 403 403 403 login"),
    "staff": Row(ADMINISTRATOR, ADMINISTRATOR),
    "new_staff": Row(
        ADMINISTRATOR,
        writes(ADMINISTRATOR),
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
        ADMINISTRATOR,
        writes(ADMINISTRATOR),
        args=("$colleague.pk",),
        data={"name": "Renamed", "email": "renamed@mooring.example", "role": "administrator"},
    ),
    "give_password": Row(NOBODY, writes(ADMINISTRATOR), args=("$colleague.pk",), data={"password": "$new_password"}),
    "deactivate_staff": Row(NOBODY, writes(ADMINISTRATOR), args=("$colleague.pk",)),
    "reactivate_staff": Row(NOBODY, writes(ADMINISTRATOR), args=("$deactivated.pk",)),
    "reset_second_step": Row(ADMINISTRATOR, "login see 403 403 403 login", args=("$colleague.pk",)),
    "sign_in_settings": Row(ADMINISTRATOR, writes(ADMINISTRATOR), data={"roles": "read_only"}),
    "journal": Row(ADMINISTRATOR, ADMINISTRATOR),
    "export_journal": Row(ADMINISTRATOR, NOBODY),
    # Settings > CRM
    **{
        f"change_{name}s": Row(NOBODY, CHANGE_MODULE.replace("ok ok ok", "ok ok see"), data={"ids": f"${name}.pk"})
        for name in ("customer", "lead", "contact", "project")
    },
    "change_customers#sent": Row(
        NOBODY,
        "login Wsee Wsee see 403 login",
        data={"ids": "$customer.pk", "change": "industry", "value": "$other_industry.pk", "sent": "yes"},
    ),
    "bulk_changes": Row(SIGNED_IN, NOBODY),
    "bulk_change": Row("login ok ok 404 404 login", NOBODY, args=("$bulk_change.pk",)),
    "undo_bulk_change": Row(NOBODY, "login Wsee Wsee 404 404 login", args=("$bulk_change.pk",)),
    "stop_bulk_change": Row(NOBODY, "login see see 404 404 login", args=("$bulk_change.pk",)),
    "retry_bulk_change": Row(NOBODY, "login see see 404 404 login", args=("$bulk_change.pk",)),
    "crm_settings": Row("login see 403 403 403 login", NOBODY),
    **{
        name: Row(ADMINISTRATOR, writes(ADMINISTRATOR), data={"name": "Another", "colour": "blue", "display": "both"})
        for name in ("sources", "categories", "tags", "industries", "contact_roles", "customer_statuses")
    },
    **{
        name: Row(ADMINISTRATOR, writes(ADMINISTRATOR), data={"name": "Another", "colour": "blue"})
        for name in ("opportunity_types", "rejection_reasons")
    },
    "additional_information": Row(ADMINISTRATOR, writes(ADMINISTRATOR), data={"name": "Another", "kind": "text", "shown": "tab"}),
    "info_field": Row(ADMINISTRATOR, writes(ADMINISTRATOR), args=("$info_field.pk",), data={"name": "Draught", "shown": "card"}),
    "crm_entry": Row(
        ADMINISTRATOR, writes(ADMINISTRATOR), args=("industries", "$industry.pk"), data={"name": "Ropes", "colour": "blue"}
    ),
    "retire_crm_entry": Row(NOBODY, writes(ADMINISTRATOR), args=("industries", "$industry.pk")),
    "bring_back_crm_entry": Row(NOBODY, "login see 403 403 403 login", args=("industries", "$industry.pk")),
    "place_crm_entry": Row(NOBODY, writes(ADMINISTRATOR), args=("industries", "$industry.pk"), data={"direction": "down"}),
    "move_customers_of_industry": Row(
        NOBODY, writes(ADMINISTRATOR), args=("$industry.pk",), data={"new": "$other_industry.pk", "sure": "yes"}
    ),
    "undo_industry_move": Row(NOBODY, writes(ADMINISTRATOR), args=("$move.pk",)),
    # Groups
    "rights": Row("login see 403 403 403 login", NOBODY),
    "role_rights": Row(ADMINISTRATOR, "login 422 403 403 403 login", args=("office",), data={"version": "0"}),
    "role_rights#administrators": Row("login 404 403 403 403 login", "login 404 403 403 403 login", args=("administrator",)),
    "reset_rights": Row(NOBODY, "login see 403 403 403 login", args=("office", "0")),
    "undo_rights": Row(NOBODY, "login see 403 403 403 login", args=("office", "0")),
    "groups": Row(ADMINISTRATOR, NOBODY),
    "new_group": Row(ADMINISTRATOR, writes(ADMINISTRATOR), data={"name": "Newcomers", "kind": "standard"}),
    "group": Row(ADMINISTRATOR, writes(ADMINISTRATOR), args=("$group.pk",), data={"name": "Sailors", "kind": "sales"}),
    "move_group": Row(NOBODY, writes(ADMINISTRATOR), args=("$group.pk",), data={"direction": "down"}),
    "bring_back_group": Row(NOBODY, "login 404 403 403 403 login", args=("$group.pk",)),
    "remove_group": Row(NOBODY, "login see 403 403 403 login", args=("$group.pk",)),
    "group_members": Row(ADMINISTRATOR, writes(ADMINISTRATOR), args=("$group.pk",), data={"user": "$colleague.pk"}),
    "remove_member": Row(NOBODY, writes(ADMINISTRATOR), args=("$group.pk", "$owner.pk")),
    "date_past_member": Row(NOBODY, writes(ADMINISTRATOR), args=("$group.pk", "$past_member.pk"), data={"until": "2025-01-31"}),
    "bring_back_member": Row(NOBODY, writes(ADMINISTRATOR), args=("$group.pk", "$past_member.pk")),
}
