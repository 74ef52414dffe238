"""The part of the site map where duplicates are found and merged; each address for customers, leads and contacts."""

from django.urls import URLPattern, path

from mooring.desk.views import merging
from mooring.merging.models import MergeKind


def _of_kind(kind: MergeKind) -> list[URLPattern]:
    name, which = kind.value, {"kind": kind}
    return [
        path(f"{name}s/duplicates/", merging.duplicates, which, name=f"{name}_duplicates"),
        path(f"{name}s/duplicates/different/", merging.different, which, name=f"{name}s_are_different"),
        path(f"{name}s/merge/", merging.merge, which, name=f"merge_{name}s"),
        path(f"{name}s/merge/choose/", merging.choose, which, name=f"choose_{name}s_to_merge"),
        path(f"{name}s/<int:record_id>/merge/", merging.merge_with, which, name=f"merge_{name}_with"),
    ]


urlpatterns: list[URLPattern] = [
    *(pattern for kind in MergeKind for pattern in _of_kind(kind)),
    path("merges/<int:merge_id>/undo/", merging.undo, name="undo_merge"),
]
