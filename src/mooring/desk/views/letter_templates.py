"""My profile > Templates: one's own texts and those that colleagues share, with places for what differs each time."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mooring.desk.access import actor_of, changeable_template_for, may_in, template_for, user_of
from mooring.desk.forms.letter_templates import TemplateForm
from mooring.desk.forms.writing import mailboxes_in
from mooring.desk.menu import PROFILE, tabs_for
from mooring.desk.sale_places import ALL_PLACEHOLDERS, all_values_for
from mooring.letters.accounts import default_account_of
from mooring.letters.models import LetterTemplate
from mooring.letters.placeholders import fill_html, fill_text
from mooring.letters.templates import (
    UnableToSaveTemplate,
    changeable_templates,
    remove_template,
    restore_template,
    save_template,
    templates_of,
)
from mooring.mail.written_html import written_html
from mooring.ui.rendering import page, see_other, toast
from mooring.users.permissions import Action, Module


@require_GET
@may_in(Module.ACCOUNTS, Action.CHANGE)
def letter_templates(request: HttpRequest) -> HttpResponse:
    """One's own and the shared ones."""
    user = user_of(request)
    changeable = set(changeable_templates(user).values_list("pk", flat=True))
    context = {"rows": list(templates_of(user)), "changeable": changeable, "tabs": tabs_for(request, PROFILE)}
    return page(request, "desk/letter_templates/list.html", context)


@may_in(Module.ACCOUNTS, Action.CHANGE)
def new_template(request: HttpRequest) -> HttpResponse:
    """GET shows the form, POST keeps the template."""
    return _form(request, None)


@may_in(Module.ACCOUNTS, Action.CHANGE)
def edit_template(request: HttpRequest, template_id: int) -> HttpResponse:
    """GET shows the form, POST changes the template."""
    return _form(request, changeable_template_for(request, template_id))


@require_GET
@may_in(Module.ACCOUNTS, Action.CHANGE)
def preview_template(request: HttpRequest, template_id: int) -> HttpResponse:
    """The template as it would go to somebody: their address is asked for; what is not known of them stays marked."""
    template = template_for(request, template_id)
    user = user_of(request)
    address = next((each.address for each in mailboxes_in(request.GET.get("to", ""))), "")
    values = all_values_for(writer=user, account=default_account_of(user), address=address)
    context = {
        "template": template,
        "address": address,
        "subject": fill_text(template.subject, values),
        "html": SafeString(fill_html(written_html(template.body_html), values)),
        "is_known": "contact.email" in values,
        "tabs": tabs_for(request, PROFILE),
    }
    return page(request, "desk/letter_templates/preview.html", context, fragment="preview")


@require_POST
def drop_template(request: HttpRequest, template_id: int) -> HttpResponse:
    """Remove a template; a toast brings it back."""
    template = changeable_template_for(request, template_id)
    try:
        remove_template(template=template, by=actor_of(request), now=timezone.now())
    except UnableToSaveTemplate as error:
        toast(request, str(error), is_problem=True)
    else:
        undo = reverse("restore_template", args=[template.pk])
        toast(request, _("The template “%(name)s” was removed.") % {"name": template.name}, undo_url=undo)
    return see_other(request, reverse("letter_templates"))


@require_POST
def bring_back_template(request: HttpRequest, template_id: int) -> HttpResponse:
    """Undo a removal."""
    template = changeable_template_for(request, template_id, is_removed=True)
    try:
        restore_template(template=template, by=actor_of(request), now=timezone.now())
    except UnableToSaveTemplate as error:
        toast(request, str(error), is_problem=True)
    return see_other(request, reverse("letter_templates"))


def _form(request: HttpRequest, template: LetterTemplate | None) -> HttpResponse:
    form = TemplateForm(request.POST or None, template=template)
    if request.method == "POST" and form.is_valid():
        try:
            saved = save_template(template=template, **form.cleaned_data, by=actor_of(request), now=timezone.now())
        except UnableToSaveTemplate as error:
            form.add_error("name", str(error))
        else:
            toast(request, _("The template was saved."))
            return see_other(request, reverse("preview_template", args=[saved.pk]))
    context = {"form": form, "template": template, "placeholders": ALL_PLACEHOLDERS, "tabs": tabs_for(request, PROFILE)}
    return page(request, "desk/letter_templates/form.html", context, status=422 if form.errors else 200)
