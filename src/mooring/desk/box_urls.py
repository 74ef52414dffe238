"""The part of the site map about sales mailboxes."""

from django.urls import URLPattern, path

from mooring.desk.views import boxes

urlpatterns: list[URLPattern] = [
    path("sales/", boxes.boxes, name="boxes"),
    path("sales/open/", boxes.open_box, name="open_box"),
    path("sales/boxes/new/", boxes.new_box, name="new_box"),
    path("sales/boxes/<int:box_id>/", boxes.box, name="box"),
    path("sales/boxes/<int:box_id>/change/", boxes.change_box, name="change_box"),
    path("sales/boxes/<int:box_id>/name/", boxes.rename_box, name="rename_box"),
    path("sales/boxes/<int:box_id>/place/", boxes.place_box, name="place_box"),
    path("sales/boxes/<int:box_id>/unlock/", boxes.unlock_box, name="unlock_box"),
    path("sales/boxes/<int:box_id>/close/", boxes.close_box, name="close_box"),
]
