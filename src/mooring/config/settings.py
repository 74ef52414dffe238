"""Django's settings, derived from the installation (mooring.config.installation)."""

from __future__ import annotations

import os
from typing import Any

from csp.constants import NONE, SELF
from django.db.backends.signals import connection_created

from mooring.config.installation import let_postgresql_compile_nothing, read_installation, say_that_sqlite_knows_json

INSTALLATION = read_installation()

SECRET_KEY = INSTALLATION.secret_key()
DEBUG = INSTALLATION.is_debug
ALLOWED_HOSTS = list(INSTALLATION.hosts)
BASE_URL = INSTALLATION.base_url
CSRF_TRUSTED_ORIGINS = [BASE_URL]
ALLOWED_NETWORKS = INSTALLATION.allowed_networks
ORIGINALS_FOLDER = INSTALLATION.originals
ATTACHED_FOLDER = INSTALLATION.attached
FILES_FOLDER = INSTALLATION.files
SEALING_KEYS_FILE = INSTALLATION.sealing_keys_file
MEMORY_FOLDER = INSTALLATION.memory
METRICS_TOKEN = INSTALLATION.metrics_token
WORKER_BEAT_FILE = INSTALLATION.worker_beat

INSTALLED_APPS = [
    "mooring.ui",
    "mooring.users",
    "mooring.options",
    "mooring.customers",
    "mooring.letters",
    "mooring.sales",
    "mooring.activities",
    "mooring.sync",
    "mooring.merging",
    "mooring.transfer",
    "mooring.desk",
    "mooring.portal",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "template_partials",
    "allauth",
    "allauth.account",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "mooring.desk.clean_input.CleanCookiesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "mooring.portal.access.PortalMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "mooring.desk.demanded.SecondStepDemandedMiddleware",
    "mooring.desk.visited.OpenSessionMiddleware",
    "mooring.desk.personal.PersonalMiddleware",
    "mooring.desk.clean_input.CleanInputMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "mooring.desk.merged_records.MergedRecordsMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "mooring.ui.rendering.PageMiddleware",
]

ROOT_URLCONF = "mooring.config.urls"
WSGI_APPLICATION = "mooring.config.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "mooring.desk.menu.around",
                "mooring.portal.pages.around",
            ],
        },
    },
]

FORM_RENDERER = "mooring.ui.forms.FormRenderer"

DATABASES = {"default": INSTALLATION.database()}
connection_created.connect(say_that_sqlite_knows_json)
connection_created.connect(let_postgresql_compile_nothing)
CACHES = {"default": INSTALLATION.cache()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["mooring.desk.signed_in.StaffBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
RECOVERY_CODE_COST = 14
"""Rounds of scrypt for a recovery code, as a power of two: 16 MB and a twentieth of a second, ten times that for ten codes."""
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "mooring.desk.sign_in.StaffAdapter"
ACCOUNT_FORMS = {
    "login": "mooring.desk.forms.sign_in.SignInForm",
    "change_password": "mooring.desk.forms.sign_in.ChangePasswordForm",
    "reset_password": "mooring.desk.forms.sign_in.AskForPasswordForm",
    "reset_password_from_key": "mooring.desk.forms.sign_in.NewPasswordForm",
}
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "20/m/ip,5/5m/key",
    "change_password": "5/m/user",
    "confirm": "5/5m/key",
    "passkey": "60/m/ip",
    "portal_sign_in": "30/m/ip",
    "portal_sign_in_failed": "20/m/ip,5/5m/key",
    "portal_code": "5/5m/key",
    "portal_forgotten": "20/m/ip,5/h/key",
    "portal_link": "20/m/ip",
    "portal_message": "20/h/key",
}
ACCOUNT_LOGIN_TIMEOUT = 300
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105  # a class
"""That of django-allauth copies addresses into a table of its own, from which nothing takes them away."""
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

_SMTP = INSTALLATION.smtp
MAIL_IS_CONFIGURED = _SMTP is not None
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if _SMTP else 'dummy'}.EmailBackend"
EMAIL_TIMEOUT = 20
if _SMTP:
    EMAIL_HOST, EMAIL_PORT = _SMTP.host, _SMTP.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _SMTP.user_name, _SMTP.password
    EMAIL_USE_SSL, EMAIL_USE_TLS = _SMTP.is_implicit_tls, not _SMTP.is_implicit_tls
    DEFAULT_FROM_EMAIL = SERVER_EMAIL = _SMTP.sender

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("pl", "polski")]
LOCALE_PATHS = [os.path.join(os.path.dirname(os.path.dirname(__file__)), "locale")]
FORMAT_MODULE_PATH = ["mooring.config.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True

IS_HTTPS = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-src": [SELF],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 3000
