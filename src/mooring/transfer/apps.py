"""Django's name for the transfer room."""

from django.apps import AppConfig


class TransferConfig(AppConfig):
    name = "mooring.transfer"
    label = "transfer"
    default_auto_field = "django.db.models.BigAutoField"
