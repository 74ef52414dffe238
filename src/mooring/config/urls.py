"""The root of all addresses."""

from django.urls import include, path

urlpatterns = [path("", include("mooring.desk.urls"))]
