"""Django's name for the options room."""

from django.apps import AppConfig


class OptionsConfig(AppConfig):
    name = "mooring.options"
    label = "options"
    default_auto_field = "django.db.models.BigAutoField"
