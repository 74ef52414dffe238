"""The site map of the portal."""

from django.urls import URLPattern, path

from mooring.portal.views import files, letters, me, projects, sign_in, writing

urlpatterns: list[URLPattern] = [
    path("", letters.letters, name="portal_letters"),
    path("letters/<int:letter_id>/", letters.letter, name="portal_letter"),
    path("letters/<int:letter_id>/body/", letters.letter_body, name="portal_letter_body"),
    path("letters/<int:letter_id>/attachments/<int:attachment_id>/", letters.attachment, name="portal_attachment"),
    path("write/", writing.write, name="portal_write"),
    path("files/", files.files, name="portal_files"),
    path("files/<int:file_id>/", files.file, name="portal_file"),
    path("projects/", projects.projects, name="portal_projects"),
    path("me/", me.me, name="portal_me"),
    path("me/password/", me.password, name="portal_password"),
    path("me/two-step/", me.two_step, name="portal_two_step"),
    path("me/two-step/off/", me.two_step_off, name="portal_two_step_off"),
    path("me/two-step/recovery-codes/", me.recovery_codes, name="portal_recovery_codes"),
    # Coming in and going
    path("sign-in/", sign_in.sign_in, name="portal_sign_in"),
    path("sign-in/code/", sign_in.code, name="portal_code"),
    path("sign-out/", sign_in.sign_out, name="portal_sign_out"),
    path("forgotten/", sign_in.forgotten, name="portal_forgotten"),
    path("invitation/<str:word>/", sign_in.invitation, name="portal_invitation"),
    path("new-password/<str:word>/", sign_in.new_password, name="portal_new_password"),
    path("language/", sign_in.choose_language, name="portal_language"),
    path("theme/", sign_in.choose_theme, name="portal_theme"),
]
