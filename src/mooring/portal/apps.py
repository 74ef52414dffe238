"""Django's name for the portal room."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "mooring.portal"
    label = "portal"
    default_auto_field = "django.db.models.BigAutoField"
