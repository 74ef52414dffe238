"""Django's name for the ui room."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "mooring.ui"
    label = "ui"
    default_auto_field = "django.db.models.BigAutoField"
