"""The second half of the table in policy.py: mail accounts, letters, the report of synced emails, email settings."""

from __future__ import annotations

from desk.policy_words import ADMINISTRATOR, NOBODY, SEE_RECORD, SIGNED_IN, Row, writes

_OWN_ACCOUNT = "login ok ok 404 404 login"
_CHANGES_ACCOUNT = writes(_OWN_ACCOUNT)
_OWN_MAILBOX = "login 404 ok 404 404 login"
_HAS_ACCOUNTS = "login ok ok ok 403 login"
_IN_OWN_MAILBOX = "login see Wsee see see login"
_IDS = {"ids": "$letter.pk"}
_ACCOUNT = ("$account.pk",)
_TEAM_ACCOUNT = ("$team_account.pk",)
"""The owner reads and writes there, the colleague reads only, the reader does not work in the team."""
_IN_TEAM = "login ok ok ok 404 login"
_TEAM_SETTINGS = "login ok 403 403 404 login"
_IN_TEAM_ONLY = "login 404 ok ok 404 login"
_TEAM_LETTER = ("$team_letter.pk",)
_TEAM_IDS = {"ids": "$team_letter.pk"}
_LETTER = ("$letter.pk",)
_PROVIDER = ("$provider.pk",)
_SIGN_IN = {"sign_in_with": "$provider.pk", "address": "owner@mooring.example", "back": "/profile/email/new/"}
_LINK = ("$link.pk",)
_OFFER = ("$offer.pk",)

ROWS: dict[str, Row] = {
    # Mail accounts: of one's own, of everybody for administrators
    "profile_email": Row(_HAS_ACCOUNTS, _HAS_ACCOUNTS),
    "new_profile_account": Row(_HAS_ACCOUNTS, "login 422 422 422 403 login"),
    "staff_email": Row(ADMINISTRATOR, ADMINISTRATOR, args=("$owner.pk",)),
    "new_staff_account": Row(ADMINISTRATOR, "login 422 403 403 403 login", args=("$owner.pk",)),
    "account": Row(_OWN_ACCOUNT, NOBODY, args=_ACCOUNT),
    "account_progress": Row(_OWN_ACCOUNT, NOBODY, args=_ACCOUNT),
    "edit_account": Row(_OWN_ACCOUNT, "login 422 422 404 404 login", args=_ACCOUNT),
    "remove_account": Row(NOBODY, _CHANGES_ACCOUNT, args=_ACCOUNT),
    "new_team_account": Row(ADMINISTRATOR, "login 422 403 403 403 login"),
    "tell_password": Row(_OWN_ACCOUNT, _CHANGES_ACCOUNT, args=_ACCOUNT, data={"password": "$new_password"}),
    "default_account": Row(NOBODY, _CHANGES_ACCOUNT, args=_ACCOUNT),
    "scan_account": Row(NOBODY, _CHANGES_ACCOUNT, args=_ACCOUNT),
    "retry_account": Row(NOBODY, _CHANGES_ACCOUNT, args=_ACCOUNT),
    "read_account_again": Row(NOBODY, _CHANGES_ACCOUNT, args=_ACCOUNT, data={"since": "2026-01-01"}),
    "agree_folder_vanished": Row(NOBODY, "login see see 404 404 login", args=("$account.pk", "$folder.pk")),
    "sign_in_again": Row(NOBODY, "login see see 404 404 login", args=_ACCOUNT),
    # Signing in with a provider: in the browser in which it was begun, and nowhere else
    "begin_sign_in": Row(NOBODY, "login Wsee Wsee Wsee 403 login", data=_SIGN_IN),
    "sign_in_question": Row("login 404 404 404 404 login", NOBODY, args=("$sign_in.pk",)),
    "sign_in_by_code": Row(NOBODY, "login 404 404 404 404 login", args=("$sign_in.pk",)),
    "ask_sign_in": Row(NOBODY, "login 404 404 404 404 login", args=("$sign_in.pk",)),
    "provider_return": Row("login see see see see login", NOBODY, args=("google",)),
    # The same of a team account, whose settings are a matter of administrators
    "account#team": Row(_IN_TEAM, NOBODY, args=_TEAM_ACCOUNT),
    "account_progress#team": Row(_IN_TEAM, NOBODY, args=_TEAM_ACCOUNT),
    "edit_account#team": Row(_TEAM_SETTINGS, "login 422 403 403 404 login", args=_TEAM_ACCOUNT),
    "tell_password#team": Row(_TEAM_SETTINGS, writes(_TEAM_SETTINGS), args=_TEAM_ACCOUNT, data={"password": "$new_password"}),
    "remove_account#team": Row(NOBODY, writes(_TEAM_SETTINGS), args=_TEAM_ACCOUNT),
    "scan_account#team": Row(NOBODY, writes(_TEAM_SETTINGS), args=_TEAM_ACCOUNT),
    "default_account#team": Row(NOBODY, "login see Wsee see 404 login", args=_TEAM_ACCOUNT),
    "email_account#team": Row(_IN_TEAM_ONLY, NOBODY, args=_TEAM_ACCOUNT),
    "email_folder#team": Row(_IN_TEAM_ONLY, NOBODY, args=("$team_folder.pk",)),
    "letter#team": Row(_IN_TEAM_ONLY, NOBODY, args=_TEAM_LETTER),
    "letter_body#team": Row(_IN_TEAM_ONLY, NOBODY, args=_TEAM_LETTER),
    "team_of_letter#team": Row(_IN_TEAM_ONLY, NOBODY, args=_TEAM_LETTER),
    "assign_team_letters#team": Row(NOBODY, "login see Wsee see see login", data={**_TEAM_IDS, "to": "$owner.pk"}),
    "mark_letters_read#team": Row(NOBODY, "login see Wsee Wsee see login", data=_TEAM_IDS),
    "finish_letters#team": Row(NOBODY, "login see Wsee see see login", data=_TEAM_IDS),
    "bin_letters#team": Row(NOBODY, "login see Wsee see see login", data=_TEAM_IDS),
    "open_letters#team": Row(NOBODY, "login see Wsee see see login", data=_TEAM_IDS),
    "outgoing#team": Row(_IN_TEAM_ONLY, NOBODY, args=("$team_queued.pk",)),
    "take_back#team": Row(NOBODY, "login 404 Wsee see 404 login", args=("$team_queued.pk",)),
    "account_sending#team": Row("login ok ok 404 404 login", NOBODY, args=_TEAM_ACCOUNT),
    # Email: nobody opens the mailbox of a colleague, not even an administrator
    "email": Row(SIGNED_IN, NOBODY),
    "email_all": Row(SIGNED_IN, NOBODY),
    "email_bin": Row(SIGNED_IN, NOBODY),
    "email_attachments": Row(SIGNED_IN, NOBODY),
    "email_news": Row(SIGNED_IN, NOBODY),
    "choose_email_view": Row(NOBODY, "login see see see see login", data={"show": "conversations"}),
    # What is done with letters touches one's own mailboxes alone: those of others are as good as absent
    "mark_letters_read": Row(NOBODY, _IN_OWN_MAILBOX, data=_IDS),
    "mark_letters_unread": Row(NOBODY, "login see see see see login", data=_IDS),
    "finish_letters": Row(NOBODY, _IN_OWN_MAILBOX, data=_IDS),
    "undo_finished_letters": Row(NOBODY, "login see see see see login", args=("1",)),
    "reopen_letters": Row(NOBODY, "login see see see see login", data=_IDS),
    "bin_letters": Row(NOBODY, _IN_OWN_MAILBOX, data=_IDS),
    "undo_binned_letters": Row(NOBODY, "login see see see see login", args=("1",)),
    "restore_letters": Row(NOBODY, "login see see see see login", data=_IDS),
    "make_letters_private": Row(NOBODY, _IN_OWN_MAILBOX, data=_IDS),
    "undo_private_letters": Row(NOBODY, "login see see see see login", args=("1",)),
    "open_letters": Row(NOBODY, "login see see see see login", data=_IDS),
    "link_letters": Row(NOBODY, "login Wsee Wsee see see login", data={"ids": "$letter.pk", "record": "$other_place"}),
    "undo_linked_letters": Row(NOBODY, "login see see see see login", args=("1",)),
    "undo_refused_senders": Row(NOBODY, "login see see see 403 login", args=("1",)),
    "refuse_senders": Row(NOBODY, "login Wsee Wsee see 403 login", data=_IDS),
    "hide_letter_sender": Row(NOBODY, "login see Wsee 404 see login", args=_LETTER),
    "show_letter_sender": Row(NOBODY, "login see see 404 see login", args=_LETTER),
    "email_account": Row(_OWN_MAILBOX, NOBODY, args=_ACCOUNT),
    "email_folder": Row(_OWN_MAILBOX, NOBODY, args=("$folder.pk",)),
    # Letters linked to a record that one may see
    "letter": Row(SEE_RECORD, NOBODY, args=_LETTER),
    "unfolded_letter": Row(SEE_RECORD, NOBODY, args=_LETTER),
    "beside_letter": Row(SEE_RECORD, NOBODY, args=_LETTER),
    "team_of_letter": Row(SEE_RECORD, NOBODY, args=_LETTER),
    "assign_team_letters": Row(NOBODY, "login see see see see login", data={**_IDS, "to": ""}),
    "wait_for_them": Row(NOBODY, "login see see see see login", data=_IDS),
    "stop_awaiting_answer": Row(NOBODY, "login see see 404 see login", args=_LETTER),
    "letter_body": Row(SEE_RECORD, NOBODY, args=_LETTER),
    "attachment": Row(SEE_RECORD, NOBODY, args=("$letter.pk", "$attachment.pk")),
    "attachment_preview": Row(SEE_RECORD, NOBODY, args=("$letter.pk", "$attachment.pk")),
    "attachment_picture": Row("login 404 404 404 404 login", NOBODY, args=("$letter.pk", "$attachment.pk")),
    "original": Row(SEE_RECORD, NOBODY, args=_LETTER),
    "show_letter_in_portal": Row(
        NOBODY, "login Wsee Wsee 404 403 login", args=("$letter.pk", "$customer.pk"), data={"shown": "no"}
    ),
    "add_letter_link": Row(SEE_RECORD, "login Wsee Wsee 404 422 login", args=_LETTER, data={"record": "$other_place"}),
    "remove_letter_link": Row(NOBODY, "login Wsee Wsee 404 see login", args=_LINK),
    "restore_letter_link": Row(NOBODY, "login see see 404 see login", args=_LINK),
    "refuse_letter_sender": Row(NOBODY, "login Wsee Wsee 404 403 login", args=_LETTER),
    "link_older_letters": Row(NOBODY, "login Wsee Wsee 404 403 login", args=_OFFER),
    "unlink_older_letters": Row(NOBODY, "login see see 404 403 login", args=_OFFER),
    "leave_older_letters": Row(NOBODY, "login Wsee Wsee 404 403 login", args=_OFFER),
    "contact_emails": Row(SEE_RECORD, SEE_RECORD, args=("$contact.pk",)),
    # Reports
    "synced_emails": Row(SIGNED_IN, NOBODY),
    "assign_synced_emails": Row(NOBODY, "login Wsee Wsee see see login", data={"ids": "$letter.pk", "record": "$other_place"}),
    "synced_emails_csv": Row("login ok ok ok 403 login", NOBODY),
    "synced_emails_mbox": Row(NOBODY, "login ok ok ok 403 login", data={"ids": "$letter.pk"}),
    # Setup
    "email_settings": Row(ADMINISTRATOR, "login 422 403 403 403 login", data={"visit_interval_minutes": "soon"}),
    "public_domains": Row(ADMINISTRATOR, writes(ADMINISTRATOR), data={"extra_public_domains": "post.example"}),
    "refused_senders": Row(ADMINISTRATOR, NOBODY),
    "accept_refused_sender": Row(NOBODY, "login Wsee Wsee 404 404 login", args=("$sender.pk",)),
    "all_accounts": Row(ADMINISTRATOR, NOBODY),
    "providers": Row(ADMINISTRATOR, NOBODY),
    "new_provider": Row(ADMINISTRATOR, "login 422 403 403 403 login", args=("google",)),
    "provider": Row(ADMINISTRATOR, "login 422 403 403 403 login", args=_PROVIDER, data={"client_id": "another"}),
    "drop_provider": Row(NOBODY, "login Wsee 403 403 403 login", args=_PROVIDER),
}
