"""The part of the site map under Setup > Settings > CRM and Setup > Rights, and where many records are given the same."""

from django.urls import URLPattern, path

from mooring.desk.crm_lists import INFO, LABEL_LISTS
from mooring.desk.views import bulk_changes, crm_lists, industries, info_fields, rights, tags

urlpatterns: list[URLPattern] = [
    *(
        path(f"{name}/change/", bulk_changes.change, {"list_name": name}, name=f"change_{name}")
        for name in ("customers", "leads", "contacts", "projects")
    ),
    path("bulk-changes/", bulk_changes.bulk_changes, name="bulk_changes"),
    path("bulk-changes/<int:change_id>/", bulk_changes.bulk_change, name="bulk_change"),
    path("bulk-changes/<int:change_id>/undo/", bulk_changes.undo, name="undo_bulk_change"),
    path("bulk-changes/<int:change_id>/stop/", bulk_changes.stop, name="stop_bulk_change"),
    path("bulk-changes/<int:change_id>/again/", bulk_changes.retry, name="retry_bulk_change"),
    path("setup/rights/", rights.rights, name="rights"),
    path("setup/rights/<slug:role>/", rights.role_rights, name="role_rights"),
    path("setup/rights/<slug:role>/<int:version>/reset/", rights.reset, name="reset_rights"),
    path("setup/rights/<slug:role>/<int:version>/undo/", rights.undo, name="undo_rights"),
    path("setup/crm/", crm_lists.crm_settings, name="crm_settings"),
    path("setup/crm/additional_information/", info_fields.fields, name=INFO.name),
    path("setup/crm/additional_information/<int:entry_id>/", info_fields.field, name="info_field"),
    *(path(f"setup/crm/{name}/", crm_lists.entries, {"which": each}, name=name) for name, each in LABEL_LISTS.items()),
    path("setup/crm/<slug:list_name>/<int:entry_id>/", crm_lists.entry, name="crm_entry"),
    path("setup/crm/<slug:list_name>/<int:entry_id>/retire/", crm_lists.retire, name="retire_crm_entry"),
    path("setup/crm/<slug:list_name>/<int:entry_id>/back/", crm_lists.bring_back, name="bring_back_crm_entry"),
    path("setup/crm/<slug:list_name>/<int:entry_id>/place/", crm_lists.place, name="place_crm_entry"),
    path("tags/", tags.offered, name="offered_tags"),
    path("setup/crm/tags/<int:entry_id>/merge/", tags.merge, name="merge_tag"),
    path("setup/crm/industries/<int:entry_id>/move/", industries.move, name="move_customers_of_industry"),
    path("setup/crm/industry-moves/<int:move_id>/undo/", industries.undo, name="undo_industry_move"),
]
