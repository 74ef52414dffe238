"""The part of the site map where letters are written: the pane, drafts, their files, templates."""

from django.urls import URLPattern, path

from mooring.desk.views import draft_files, drafts, letter_templates, outbox, sending, writing

urlpatterns: list[URLPattern] = [
    path("email/write/", writing.write, name="write"),
    path("email/recipients/", writing.recipients, name="recipients"),
    path("email/drafts/", drafts.drafts, name="drafts"),
    path("email/drafts/<int:draft_id>/", writing.draft, name="draft"),
    path("email/drafts/<int:draft_id>/format/", writing.draft_format, name="draft_format"),
    path("email/drafts/<int:draft_id>/template/", writing.draft_template, name="draft_template"),
    path(
        "email/drafts/<int:draft_id>/templates/<int:template_id>/",
        writing.draft_template_filled,
        name="draft_template_filled",
    ),
    path("email/drafts/<int:draft_id>/files/", draft_files.draft_files, name="draft_files"),
    path("email/drafts/<int:draft_id>/files/<int:file_id>/", draft_files.draft_file, name="draft_file"),
    path("email/drafts/<int:draft_id>/files/<int:file_id>/remove/", draft_files.remove_draft_file, name="remove_draft_file"),
    path("email/drafts/<int:draft_id>/send/", sending.send_draft, name="send_draft"),
    path("email/drafts/<int:draft_id>/discard/", writing.discard, name="discard_draft"),
    path("email/drafts/<int:draft_id>/restore/", writing.restore, name="restore_draft"),
    path("email/outbox/", outbox.outbox, name="outbox"),
    path("email/outbox/<int:outgoing_id>/", outbox.outgoing, name="outgoing"),
    path("email/outbox/<int:outgoing_id>/back/", sending.take_letter_back, name="take_back"),
    path("email/outbox/<int:outgoing_id>/now/", outbox.send_now, name="send_now"),
    path("email/outbox/<int:outgoing_id>/clear/", outbox.clear_letter, name="clear_letter"),
    path("email/outbox/<int:outgoing_id>/reset/", outbox.reset_letter, name="reset_letter"),
    path("mail-accounts/<int:account_id>/sending/", outbox.account_sending, name="account_sending"),
    path("mail-accounts/<int:account_id>/sending/reset/", outbox.reset_account_sending, name="reset_account_sending"),
    path("mail-accounts/<int:account_id>/sending/clear/", outbox.clear_account_errors, name="clear_account_errors"),
    path("profile/templates/", letter_templates.letter_templates, name="letter_templates"),
    path("profile/templates/new/", letter_templates.new_template, name="new_template"),
    path("profile/templates/<int:template_id>/", letter_templates.edit_template, name="edit_template"),
    path("profile/templates/<int:template_id>/preview/", letter_templates.preview_template, name="preview_template"),
    path("profile/templates/<int:template_id>/remove/", letter_templates.drop_template, name="drop_template"),
    path("profile/templates/<int:template_id>/restore/", letter_templates.bring_back_template, name="restore_template"),
]
