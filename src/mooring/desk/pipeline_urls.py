"""The part of the site map about pipelines and sales opportunities."""

from django.urls import URLPattern, path

from mooring.desk.views import opportunities, pipeline_files, pipeline_versions, pipelines, sale_letters, stage_moves

urlpatterns: list[URLPattern] = [
    path("sales/mine/", pipelines.my_pipelines, name="my_pipelines"),
    path("sales/pipelines/", pipelines.pipelines, name="pipelines"),
    path("sales/boxes/<int:box_id>/pipelines/new/", pipelines.new_pipeline, name="new_pipeline"),
    path("sales/pipelines/<int:pipeline_id>/", pipelines.pipeline, name="pipeline"),
    path("sales/pipelines/<int:pipeline_id>/list/", pipelines.pipeline_list, name="pipeline_list"),
    path("sales/pipelines/<int:pipeline_id>/edit/", pipelines.edit_pipeline, name="edit_pipeline"),
    path("sales/pipelines/<int:pipeline_id>/stages/", pipelines.pipeline_stages, name="pipeline_stages"),
    path("sales/pipelines/<int:pipeline_id>/stages/<int:stage_id>/", pipelines.pipeline_stage, name="pipeline_stage"),
    path("sales/pipelines/<int:pipeline_id>/remove/", pipelines.drop_pipeline, name="drop_pipeline"),
    path("sales/pipelines/<int:pipeline_id>/back/", pipelines.put_back_pipeline, name="bring_back_pipeline"),
    path("sales/pipelines/<int:pipeline_id>/versions/", pipeline_versions.versions, name="pipeline_versions"),
    path("sales/pipelines/<int:pipeline_id>/save/", pipeline_versions.save, name="save_pipeline"),
    path("sales/pipelines/<int:pipeline_id>/compare/", pipeline_versions.compare, name="compare_pipeline"),
    path("sales/pipelines/<int:pipeline_id>/pipeline.json", pipeline_files.download, name="download_pipeline"),
    path("sales/pipelines/<int:pipeline_id>/pipeline.xlsx", pipeline_files.workbook, name="pipeline_workbook"),
    path("sales/boxes/<int:box_id>/versions/", pipeline_versions.box_versions, name="box_versions"),
    path("sales/boxes/<int:box_id>/upload/", pipeline_files.upload, name="upload_pipeline"),
    path("sales/versions/<int:version_id>/", pipeline_versions.version, name="pipeline_version"),
    path("sales/versions/<int:version_id>/pipeline.json", pipeline_files.download_version, name="download_version"),
    path("sales/versions/<int:version_id>/return/", pipeline_versions.go_back, name="return_to_version"),
    path("sales/versions/<int:version_id>/begin/", pipeline_versions.begin, name="begin_from_version"),
    path("sales/opportunities/new/", opportunities.new_opportunity, name="new_opportunity"),
    path("sales/opportunities/<int:opportunity_id>/", opportunities.opportunity, name="opportunity"),
    path("letters/<int:letter_id>/opportunities/", sale_letters.letter_opportunities, name="letter_opportunities"),
    path("letters/<int:letter_id>/opportunities/link/", sale_letters.link_letter_to_sale, name="link_letter_to_sale"),
    path("letters/<int:letter_id>/opportunities/take-off/", sale_letters.take_letter_off_sale, name="take_letter_off_sale"),
    path("sales/opportunities/<int:opportunity_id>/emails/", sale_letters.opportunity_emails, name="opportunity_emails"),
    path("sales/opportunities/<int:opportunity_id>/tasks/", opportunities.opportunity_tasks, name="opportunity_tasks"),
    path("sales/opportunities/<int:opportunity_id>/edit/", opportunities.edit_opportunity, name="edit_opportunity"),
    path(
        "sales/opportunities/<int:opportunity_id>/facts/<slug:fact>/",
        opportunities.edit_opportunity_fact,
        name="edit_opportunity_fact",
    ),
    path("sales/opportunities/<int:opportunity_id>/remove/", opportunities.drop_opportunity, name="drop_opportunity"),
    path("sales/opportunities/<int:opportunity_id>/back/", opportunities.put_back_opportunity, name="put_back_opportunity"),
    path("sales/opportunities/<int:opportunity_id>/move/", stage_moves.move_sale, name="move_sale"),
    path("sales/opportunities/<int:opportunity_id>/moves/<int:move_id>/undo/", stage_moves.undo_sale_move, name="undo_sale_move"),
    path("sales/opportunities/<int:opportunity_id>/contacts/", opportunities.add_sale_contact, name="add_sale_contact"),
    path(
        "sales/opportunities/<int:opportunity_id>/contacts/<int:contact_id>/remove/",
        opportunities.drop_sale_contact,
        name="drop_sale_contact",
    ),
    path("sales/opportunities/<int:opportunity_id>/checklist/", opportunities.add_checklist_line, name="add_checklist_line"),
    path(
        "sales/opportunities/<int:opportunity_id>/checklist/<int:line_id>/",
        opportunities.change_checklist_line,
        name="change_checklist_line",
    ),
]
