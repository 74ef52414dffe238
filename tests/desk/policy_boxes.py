"""The part of the access table about sales mailboxes; what its words mean stands in policy.py."""

from __future__ import annotations

from desk.policy_words import ADMINISTRATOR, CHANGE_MODULE, CHANGE_RECORD, NOBODY, SEE_RECORD, SIGNED_IN, Row, writes

_BOX = ("$box.pk",)
_HANDED = {"to": "$colleague.pk", "fate": "along", "name": "South"}
_NAMED = {"number": "900", "name": "Another name"}

ROWS: dict[str, Row] = {
    "boxes": Row(SIGNED_IN, NOBODY),
    "export_boxes": Row(CHANGE_MODULE, NOBODY),
    "open_box": Row(SIGNED_IN, writes(SIGNED_IN), data={"number": "100", "password": "$password"}),
    "open_box#wrong": Row(SIGNED_IN, writes(SIGNED_IN, "422"), data={"number": "100", "password": "nobody knows"}),
    "new_box": Row(CHANGE_MODULE, "login Wsee Wsee 422 403 login", data={**_NAMED, "parent": "$box.pk"}),
    "new_box#top": Row(CHANGE_MODULE, "login Wsee 422 422 403 login", data=_NAMED),
    "box": Row(SEE_RECORD, NOBODY, args=_BOX),
    "box_history": Row(SEE_RECORD, NOBODY, args=_BOX),
    "change_box": Row(CHANGE_RECORD, writes(CHANGE_RECORD), args=_BOX, data={**_NAMED, "owner": "$owner.pk"}),
    "rename_box": Row(CHANGE_RECORD, writes(CHANGE_RECORD), args=_BOX, data={"name": "South", "password": "$new_password"}),
    "place_box": Row(NOBODY, "login see see 404 403 login", args=_BOX, data={"parent": ""}),
    "unlock_box": Row(NOBODY, "login see see 404 403 login", args=_BOX),
    "reset_boxes": Row("login ok 403 403 403 login", "login Wsee 403 403 403 login", data={"box": "$box.pk", "typed": "100"}),
    "reset_boxes#untyped": Row("login ok 403 403 403 login", "login 422 403 403 403 login", data={"box": "$box.pk"}),
    "download_boxes": Row(NOBODY, "login ok 403 403 403 login", data={"box": "$box.pk"}),
    "undo_reset": Row(NOBODY, "login 404 403 403 403 login", args=("00000000-0000-4000-8000-000000000000",)),
    "hand_over_box": Row(CHANGE_RECORD, CHANGE_RECORD, args=_BOX, data={**_HANDED, "step": "see"}),
    "hand_over_box#done": Row(CHANGE_RECORD, writes(CHANGE_RECORD), args=_BOX, data={**_HANDED, "step": "do"}),
    "close_box": Row(NOBODY, "login see see 404 see login", args=_BOX),
    "reports": Row(SIGNED_IN, NOBODY),
    "report": Row(SIGNED_IN, NOBODY, args=("forecast",)),
    "report#accounts": Row("login ok ok ok 403 login", NOBODY, args=("mail-accounts",)),
    "report_csv": Row(CHANGE_MODULE, NOBODY, args=("forecast",)),
    "forecast_opportunities": Row("login 404 404 404 404 login", NOBODY),
    "won_opportunities": Row("login 404 404 404 404 login", NOBODY),
    "budgets": Row(SIGNED_IN, "login see 403 403 403 login", data={"do": "save"}),
    "sales_settings": Row(
        ADMINISTRATOR,
        writes(ADMINISTRATOR),
        data={"sales_home_currency": "PLN", "sales_fiscal_year_start": "4", "sales_silent_after_days": "9"},
    ),
    "keep_rate": Row(NOBODY, writes(ADMINISTRATOR), data={"currency": "PLN", "on": "2026-01-01", "worth": "0.25"}),
}
