"""The part of the site map about sales mailboxes."""

from django.urls import URLPattern, path

from mooring.desk.views import box_hand_over, box_resets, boxes

urlpatterns: list[URLPattern] = [
    path("sales/", boxes.boxes, name="boxes"),
    path("sales/open/", boxes.open_box, name="open_box"),
    path("sales/reset/", box_resets.reset_boxes, name="reset_boxes"),
    path("sales/reset/download/", box_resets.download_boxes, name="download_boxes"),
    path("sales/reset/<uuid:batch>/undo/", box_resets.undo_reset, name="undo_reset"),
    path("sales/boxes/new/", boxes.new_box, name="new_box"),
    path("sales/boxes/<int:box_id>/", boxes.box, name="box"),
    path("sales/boxes/<int:box_id>/history/", boxes.box_history, name="box_history"),
    path("sales/boxes/<int:box_id>/change/", boxes.change_box, name="change_box"),
    path("sales/boxes/<int:box_id>/name/", boxes.rename_box, name="rename_box"),
    path("sales/boxes/<int:box_id>/place/", boxes.place_box, name="place_box"),
    path("sales/boxes/<int:box_id>/unlock/", boxes.unlock_box, name="unlock_box"),
    path("sales/boxes/<int:box_id>/close/", boxes.close_box, name="close_box"),
    path("sales/boxes/<int:box_id>/hand-over/", box_hand_over.hand_over_box, name="hand_over_box"),
]
