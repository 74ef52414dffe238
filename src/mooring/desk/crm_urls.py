"""The part of the site map under Setup > Settings > CRM."""

from django.urls import URLPattern, path

from mooring.desk.crm_lists import CRM_LISTS
from mooring.desk.views import crm_lists, industries

urlpatterns: list[URLPattern] = [
    path("setup/crm/", crm_lists.crm_settings, name="crm_settings"),
    *(path(f"setup/crm/{name}/", crm_lists.entries, {"which": each}, name=name) for name, each in CRM_LISTS.items()),
    path("setup/crm/<slug:list_name>/<int:entry_id>/", crm_lists.entry, name="crm_entry"),
    path("setup/crm/<slug:list_name>/<int:entry_id>/retire/", crm_lists.retire, name="retire_crm_entry"),
    path("setup/crm/<slug:list_name>/<int:entry_id>/back/", crm_lists.bring_back, name="bring_back_crm_entry"),
    path("setup/crm/<slug:list_name>/<int:entry_id>/place/", crm_lists.place, name="place_crm_entry"),
    path("setup/crm/industries/<int:entry_id>/move/", industries.move, name="move_customers_of_industry"),
    path("setup/crm/industry-moves/<int:move_id>/undo/", industries.undo, name="undo_industry_move"),
]
