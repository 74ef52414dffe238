"""The third part of the table in policy.py: letters being written, the outbox, templates. Nobody opens what another writes."""

from __future__ import annotations

from desk.policy_words import NOBODY, Row, writes

_WRITERS = "login ok ok ok 403 login"
_OWN_DRAFT = "login 404 ok 404 404 login"
_CHANGES_DRAFT = writes(_OWN_DRAFT)
_DRAFT = ("$draft.pk",)
_FILE = ("$draft.pk", "$draft_file.pk")
_GONE = ("$discarded_draft.pk",)
_QUEUED = ("$queued.pk",)
_FAILED = ("$failed.pk",)
_TEMPLATE = ("$template.pk",)
_TYPED = {"account": "$account.pk", "to": "ann@harbour.example", "subject": "Sails", "body": "New", "version": "1"}
_OWN_TEMPLATE = "login 404 ok 404 404 login"

ROWS: dict[str, Row] = {
    "write": Row(_WRITERS, "login ok Wsee ok 403 login", data=_TYPED, but={"group post": "422"}),
    "write#team": Row(
        _WRITERS,
        "login ok Wsee ok 403 login",
        data={**_TYPED, "account": "$team_account.pk"},
        but={"outside get": "ok", "outside post": "ok"},
    ),
    "recipients": Row(_WRITERS, NOBODY),
    "drafts": Row(_WRITERS, NOBODY),
    "draft": Row(_OWN_DRAFT, _CHANGES_DRAFT, args=_DRAFT, data=_TYPED),
    "draft_format": Row(NOBODY, _CHANGES_DRAFT, args=_DRAFT, data=_TYPED),
    "draft_template": Row(NOBODY, _CHANGES_DRAFT, args=_DRAFT, data={**_TYPED, "template": "$template.pk"}),
    "draft_template_filled": Row(_OWN_DRAFT, NOBODY, args=("$draft.pk", "$template.pk")),
    "draft_files": Row(NOBODY, "login 404 see 404 404 login", args=_DRAFT),
    "draft_file": Row(_OWN_DRAFT, NOBODY, args=_FILE),
    "remove_draft_file": Row(NOBODY, _CHANGES_DRAFT, args=_FILE),
    "send_draft": Row(NOBODY, "login 404 Wsee 404 404 login", args=_DRAFT, data={**_TYPED, "is_sure": "yes"}),
    "discard_draft": Row(NOBODY, _CHANGES_DRAFT, args=_DRAFT),
    "restore_draft": Row(NOBODY, _CHANGES_DRAFT, args=_GONE),
    # Outbox: of the accounts from which one writes
    "outbox": Row(_WRITERS, NOBODY),
    "outgoing": Row(_OWN_DRAFT, NOBODY, args=_QUEUED),
    "take_back": Row(NOBODY, _CHANGES_DRAFT, args=_QUEUED),
    "send_now": Row(NOBODY, _CHANGES_DRAFT, args=_FAILED),
    "clear_letter": Row(NOBODY, _CHANGES_DRAFT, args=_FAILED),
    "reset_letter": Row(NOBODY, "login 404 see 404 404 login", args=_QUEUED),
    "account_sending": Row("login ok ok 404 404 login", NOBODY, args=("$account.pk",)),
    "reset_account_sending": Row(NOBODY, "login see see 404 404 login", args=("$account.pk",)),
    "clear_account_errors": Row(NOBODY, "login Wsee Wsee 404 404 login", args=("$account.pk",)),
    # Templates: one's own
    "letter_templates": Row(_WRITERS, NOBODY),
    "new_template": Row(_WRITERS, "login Wsee Wsee Wsee 403 login", data={"name": "Thanks", "body_html": "<p>x</p>"}),
    "edit_template": Row("login 404 ok 404 403 login", "login 404 Wsee 404 403 login", args=_TEMPLATE, data={"name": "Thanks"}),
    "preview_template": Row("login 404 ok 404 403 login", NOBODY, args=_TEMPLATE),
    "drop_template": Row(NOBODY, "login 404 Wsee 404 404 login", args=_TEMPLATE),
    "restore_template": Row(NOBODY, "login 404 Wsee 404 404 login", args=("$removed_template.pk",)),
}
