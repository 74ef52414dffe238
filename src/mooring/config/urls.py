"""The root of all addresses."""

from django.urls import include, path

urlpatterns = [path("portal/", include("mooring.portal.urls")), path("", include("mooring.desk.urls"))]

handler500 = "mooring.ui.faults.server_error"
