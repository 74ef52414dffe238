"""The addresses of signing in and out, and of what guards it."""

from django.urls import URLPattern, URLResolver, path, re_path

from mooring.desk.views import open_sessions, passkey_sign_in, passkeys, second_step, sign_in, signing_in

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/login/", sign_in.sign_in, name="account_login"),
    path("accounts/login/code/", second_step.second_step, name="second_step"),
    path("accounts/login/passkey/", passkey_sign_in.sign_in, name="passkey_sign_in"),
    path("accounts/login/passkey/question/", passkey_sign_in.ask, name="ask_passkey"),
    path("accounts/logout/", sign_in.sign_out, name="account_logout"),
    path("accounts/inactive/", sign_in.inactive, name="account_inactive"),
    path("accounts/password/reset/", sign_in.forgotten, name="account_reset_password"),
    path("accounts/password/reset/done/", sign_in.link_sent, name="account_reset_password_done"),
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        sign_in.choose_password,
        name="account_reset_password_from_key",
    ),
    path("language/", sign_in.choose_language, name="language"),
    path("theme/", sign_in.choose_theme, name="theme"),
    path("profile/sign-in/", signing_in.signing_in, name="signing_in"),
    path("profile/sign-in/password/", sign_in.change_password, name="account_change_password"),
    path("profile/sign-in/app/", signing_in.app, name="app_for_codes"),
    path("profile/sign-in/recovery-codes/", signing_in.recovery_codes, name="recovery_codes"),
    path("profile/sign-in/passkeys/new/", passkeys.new_passkey, name="new_passkey"),
    path("profile/sign-in/passkeys/question/", passkeys.ask_new_passkey, name="ask_new_passkey"),
    path("profile/sign-in/passkeys/<int:passkey_id>/", passkeys.passkey, name="passkey"),
    path("profile/sign-in/passkeys/<int:passkey_id>/remove/", passkeys.remove, name="remove_passkey"),
    path("profile/sign-in/sessions/end/", open_sessions.end_others, name="end_other_sessions"),
    path("profile/sign-in/sessions/<int:session_id>/end/", open_sessions.end_one, name="end_open_session"),
]
