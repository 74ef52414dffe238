"""The part of the access table about pipelines and sales opportunities; what its words mean stands in policy.py."""

from __future__ import annotations

from desk.policy_words import CHANGE_MODULE, CHANGE_RECORD, NOBODY, SEE_RECORD, SIGNED_IN, Row, writes

_PIPELINE = ("$pipeline.pk",)
_SALE = ("$sale.pk",)
_VERSION = ("$version_of_pipeline.pk",)
_DEED = "login Wsee Wsee 404 403 login"
_NO_CHANGE = "login see see 404 403 login"
_NAMED = {"name": "Another name", "currency": "EUR"}
_ENTERED = {"title": "Another title", "whom": "$place", "currency": "EUR", "changed_at": "$version"}
_STAGES = {
    "stages-TOTAL_FORMS": "1",
    "stages-INITIAL_FORMS": "1",
    "stages-0-uid": "$stage.uid",
    "stages-0-title": "Only one",
    "stages-0-outcome": "open",
}

ROWS: dict[str, Row] = {
    "convert_lead": Row(CHANGE_RECORD, writes(CHANGE_RECORD), args=("$lead.pk",)),
    "undo_conversion": Row(NOBODY, "login 404 404 404 403 login", args=(999,)),
    "pipelines": Row(SIGNED_IN, NOBODY),
    "my_pipelines": Row(SIGNED_IN, NOBODY),
    "new_pipeline": Row(CHANGE_RECORD, writes(CHANGE_RECORD), args=("$box.pk",), data=_NAMED),
    "pipeline": Row(SEE_RECORD, NOBODY, args=_PIPELINE),
    "pipeline_list": Row(SEE_RECORD, NOBODY, args=_PIPELINE),
    "export_opportunities": Row(CHANGE_RECORD, NOBODY, args=_PIPELINE),
    "pipeline_stage": Row(SEE_RECORD, NOBODY, args=("$pipeline.pk", "$stage.pk")),
    "edit_pipeline": Row(CHANGE_RECORD, writes(CHANGE_RECORD), args=_PIPELINE, data=_NAMED),
    "pipeline_stages": Row(CHANGE_RECORD, writes(CHANGE_RECORD), args=_PIPELINE, data=_STAGES),
    "drop_pipeline": Row(NOBODY, _DEED, args=_PIPELINE),
    "bring_back_pipeline": Row(NOBODY, "login 404 404 404 403 login", args=_PIPELINE),
    "pipeline_versions": Row(SEE_RECORD, NOBODY, args=_PIPELINE),
    "save_pipeline": Row(CHANGE_RECORD, writes(CHANGE_RECORD), args=_PIPELINE, data={"number": "100"}),
    "compare_pipeline": Row(SEE_RECORD, NOBODY, args=_PIPELINE),
    "download_pipeline": Row(CHANGE_RECORD, NOBODY, args=_PIPELINE),
    "pipeline_workbook": Row(CHANGE_RECORD, NOBODY, args=_PIPELINE),
    "box_versions": Row(SEE_RECORD, NOBODY, args=("$box.pk",)),
    "upload_pipeline": Row(CHANGE_RECORD, "login 422 422 404 403 login", args=("$box.pk",), data={"as_new": "on"}),
    "pipeline_version": Row(SEE_RECORD, NOBODY, args=_VERSION),
    "download_version": Row(CHANGE_RECORD, NOBODY, args=_VERSION),
    "return_to_version": Row(NOBODY, _DEED, args=_VERSION),
    "begin_from_version": Row(NOBODY, _DEED, args=_VERSION),
    "new_opportunity": Row(CHANGE_MODULE, "login Wsee Wsee ok 403 login", data=_ENTERED),
    "opportunity": Row(SEE_RECORD, NOBODY, args=_SALE),
    "opportunity_emails": Row(SEE_RECORD, NOBODY, args=_SALE),
    "letter_opportunities": Row(SEE_RECORD, NOBODY, args=("$letter.pk",)),
    "link_letter_to_sale": Row(NOBODY, _DEED, args=("$letter.pk",), data={"opportunity": "$sale.pk"}),
    "take_letter_off_sale": Row(NOBODY, _DEED, args=("$letter.pk",), data={"opportunity": "$sale.pk"}),
    "opportunity_tasks": Row(SEE_RECORD, NOBODY, args=_SALE),
    "edit_opportunity": Row(CHANGE_RECORD, writes(CHANGE_RECORD), args=_SALE, data=_ENTERED),
    "edit_opportunity_fact": Row(CHANGE_RECORD, writes(CHANGE_RECORD), args=("$sale.pk", "title"), data=_ENTERED),
    "drop_opportunity": Row(NOBODY, _DEED, args=_SALE),
    "put_back_opportunity": Row(NOBODY, "login 404 404 404 403 login", args=_SALE),
    "move_sale": Row(CHANGE_RECORD, writes(CHANGE_RECORD), args=_SALE, data={"stage": "$won.pk"}),
    "undo_sale_move": Row(NOBODY, _DEED, args=("$sale.pk", "$stage_move.pk")),
    "add_sale_contact": Row(CHANGE_RECORD, writes(CHANGE_RECORD), args=_SALE, data={"contact": "$contact.pk"}),
    "drop_sale_contact": Row(NOBODY, _NO_CHANGE, args=("$sale.pk", "$contact.pk")),
    "add_checklist_line": Row(NOBODY, _DEED, args=_SALE, data={"text": "One more"}),
    "change_checklist_line": Row(NOBODY, _DEED, args=("$sale.pk", "$line.pk")),
}
