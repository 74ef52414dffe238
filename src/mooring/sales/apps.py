"""Django's name for the sales room."""

from django.apps import AppConfig


class SalesConfig(AppConfig):
    name = "mooring.sales"
    label = "sales"
    default_auto_field = "django.db.models.BigAutoField"
