"""Django's name for the letters room."""

from django.apps import AppConfig


class LettersConfig(AppConfig):
    name = "mooring.letters"
    label = "letters"
    default_auto_field = "django.db.models.BigAutoField"
