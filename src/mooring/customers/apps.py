"""Django's name for the customers room."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "mooring.customers"
    label = "customers"
    default_auto_field = "django.db.models.BigAutoField"
