"""The root of all addresses."""

from django.urls import include, path

from mooring.config import probing

urlpatterns = [
    path("health/", probing.health, name="health"),
    path("metrics/", probing.metrics, name="metrics"),
    path("portal/", include("mooring.portal.urls")),
    path("", include("mooring.desk.urls")),
]

handler500 = "mooring.ui.faults.server_error"
