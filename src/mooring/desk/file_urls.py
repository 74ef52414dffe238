"""The part of the site map about lists as files; those of records stand beside their lists."""

from django.urls import URLPattern, path

from mooring.desk.views import list_files

urlpatterns: list[URLPattern] = [
    path("day/export/", list_files.my_day, name="export_my_day"),
    path("sales/export/", list_files.boxes, name="export_boxes"),
    path("sales/pipelines/<int:pipeline_id>/list/export/", list_files.opportunities, name="export_opportunities"),
    path("setup/journal/export/", list_files.journal, name="export_journal"),
]
