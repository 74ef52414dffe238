"""Django's name for the desk room."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "mooring.desk"
    label = "desk"
    default_auto_field = "django.db.models.BigAutoField"
