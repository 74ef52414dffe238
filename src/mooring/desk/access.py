"""The only way from a URL to a record. What is absent and what is hidden are the same 404; a record that the reader may see
but not change answers 403. Nothing else in this room queries a scoped model by id.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any, TypeVar, cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from mooring.activities.converting import last_conversion
from mooring.activities.models import Activity
from mooring.customers.models import Contact, Customer, Lead, PortalUser, Project
from mooring.customers.portal_access import portal_users_of
from mooring.desk.opened_boxes import opened
from mooring.letters.drafting import drafts_of
from mooring.letters.models import (
    Folder,
    Letter,
    LetterTemplate,
    Link,
    MailAccount,
    OutgoingAttachment,
    OutgoingLetter,
    OutgoingState,
    RecordFile,
    SignIn,
    SignInProvider,
    UnwantedSender,
)
from mooring.letters.outbox_queries import outgoing_of
from mooring.letters.templates import changeable_templates, templates_of
from mooring.letters.unwanted import unwanted_senders
from mooring.letters.visibility import accounts_read_by, accounts_written_by, visible_letters, visible_links
from mooring.merging.models import MergeKind
from mooring.merging.queries import merges_into
from mooring.sales.models import BoxReset, Opportunity, Pipeline, PipelineVersion, SalesMailbox
from mooring.sales.resetting import resets_to_undo
from mooring.sync.backfill import UnableToAnswer, record_of
from mooring.sync.models import BackfillOffer
from mooring.transfer.jobs import MODULES_OF, imports_of, may_import
from mooring.transfer.models import Import
from mooring.users.journal import Actor
from mooring.users.models import Group, SavedView, User
from mooring.users.permissions import Action, Module, Scope, may, scope_of
from mooring.users.reach import is_owned_within
from mooring.users.scoping import ScopedQuerySet

SIGN_INS_BEGUN = "sign_ins_begun"
"""Where a session keeps their ids: state is worth nothing in another browser, even of the same person."""

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
Row = TypeVar("Row", bound=Model)


def user_of(request: HttpRequest) -> User:
    """Who is signed in. Every view behind the sign-in has one (LoginRequiredMiddleware)."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def actor_of(request: HttpRequest) -> Actor:
    """Who does a deed, as the journal names them: from the session alone, never from what was sent."""
    return Actor(user_of(request), "desk", request.META.get("REMOTE_ADDR", ""))


def may_in(module: Module, action: Action = Action.VIEW) -> Callable[[View], View]:
    """Let only those through who may do `action` on anything in `module`; the others get 403 before the view runs."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            demand(request, module, action)
            return view(request, *args, **kwargs)

        return cast(View, guarded)

    return decorate


def demand(request: HttpRequest, module: Module, action: Action) -> None:
    """Raise PermissionDenied unless the user may do `action` on anything in `module`."""
    if not may(user_of(request), module, action):
        raise PermissionDenied


def customer_for(request: HttpRequest, customer_id: int, action: Action = Action.VIEW) -> Customer:
    customers = Customer.objects.with_chosen().with_info_fields()
    customers = customers.annotate(conversion=last_conversion(), merge_rows=merges_into(MergeKind.CUSTOMER))
    return cast(Customer, _record_for(request, customers, customer_id, action))


def portal_user_for(request: HttpRequest, customer_id: int, portal_user_id: int) -> PortalUser:
    """A portal user of a customer that the user may change."""
    return _first(portal_users_of(customer_for(request, customer_id, Action.CHANGE)), portal_user_id)


def record_file_for(request: HttpRequest, file_id: int, action: Action = Action.VIEW) -> RecordFile:
    """A file on a customer, taken off or not."""
    file: RecordFile = _record_for(request, RecordFile.objects.select_related("customer"), file_id, action)
    return file


def lead_for(request: HttpRequest, lead_id: int, action: Action = Action.VIEW) -> Lead:
    return cast(Lead, _record_for(request, Lead.objects.with_tags().select_related("owner", "source"), lead_id, action))


def contact_for(request: HttpRequest, contact_id: int, action: Action = Action.VIEW) -> Contact:
    return cast(Contact, _record_for(request, Contact.objects.with_chosen(), contact_id, action))


def project_for(request: HttpRequest, project_id: int, action: Action = Action.VIEW) -> Project:
    return cast(Project, _record_for(request, Project.objects.with_tags().select_related("customer"), project_id, action))


def account_for(request: HttpRequest, account_id: int, action: Action = Action.VIEW) -> MailAccount:
    """A mail account that is still in use."""
    accounts = MailAccount.objects.select_related("owner").filter(removed_at=None)
    account: MailAccount = _record_for(request, accounts, account_id, action)
    return account


def own_account_for(request: HttpRequest, account_id: int) -> MailAccount:
    """A mailbox whose letters are shown in the module Email: the reader's own or that of a team, never that of a colleague."""
    return _first(accounts_read_by(user_of(request)).filter(removed_at=None), account_id)


def own_folder_for(request: HttpRequest, folder_id: int) -> Folder:
    """A folder of one of the mailboxes that the reader opens."""
    readable = accounts_read_by(user_of(request)).filter(removed_at=None)
    return _first(Folder.objects.filter(account__in=readable).select_related("account"), folder_id)


def account_folder_for(request: HttpRequest, account_id: int, folder_id: int) -> Folder:
    """A folder of an account whose settings the user may change."""
    account = account_for(request, account_id, Action.CHANGE)
    return _first(account.folders.select_related("account"), folder_id)


def box_for(request: HttpRequest, box_id: int, action: Action = Action.VIEW) -> SalesMailbox:
    """A sales mailbox on which the user has a right: as owner of it or of one above it, or by role."""
    box: SalesMailbox = _record_for(request, SalesMailbox.objects.select_related("owner", "parent"), box_id, action)
    return box


def opened_box_for(request: HttpRequest, box_id: int, action: Action = Action.VIEW) -> SalesMailbox:
    """A sales mailbox by right, or one that this session opened with its password: for what lies in it."""
    boxes = SalesMailbox.objects.visible_to(user_of(request), action, opened=opened(request))
    return _first(boxes.select_related("owner", "parent"), box_id)


def resets_for(request: HttpRequest, batch: UUID) -> QuerySet[BoxReset]:
    """The resets of sales mailboxes that were done together and that the user may undo; 404 where there is none."""
    found = resets_to_undo(user_of(request), now=timezone.now()).filter(batch=batch)
    if not found.exists():
        raise Http404
    return found


def pipeline_for(request: HttpRequest, pipeline_id: int, action: Action = Action.VIEW, *, is_removed: bool = False) -> Pipeline:
    """A pipeline in a sales mailbox that the user opens by right, or that this session opened; a removed one to bring it back."""
    rows = Pipeline.objects.select_related("mailbox", "mailbox__owner")
    if is_removed:
        box_ids = SalesMailbox.objects.visible_to(user_of(request), action, opened=opened(request)).values("pk")
        removed = rows.unscoped("a removed pipeline of a box that the user may change").exclude(removed_at=None)
        return _first(removed.filter(pk=pipeline_id, mailbox__in=box_ids, reset_by=None), pipeline_id)
    pipeline: Pipeline = _opened_for(request, rows, pipeline_id, action)
    return pipeline


def opportunity_for(
    request: HttpRequest, opportunity_id: int, action: Action = Action.VIEW, *, is_removed: bool = False
) -> Opportunity:
    """A sales opportunity in a box that is open to the user, of their own, or to look at one of their customers and leads."""
    related = ("pipeline__mailbox", "stage", "customer", "lead", "owner", "source", "kind", "rejection")
    rows = Opportunity.objects.with_tags().select_related(*related)
    if is_removed:
        found = _first(rows.unscoped("a removed opportunity, to be brought back").exclude(removed_at=None), opportunity_id)
        pipeline_for(request, found.pipeline_id, action)
        return found
    opportunity: Opportunity = _opened_for(request, rows, opportunity_id, action)
    return opportunity


def version_for(request: HttpRequest, version_id: int, action: Action = Action.VIEW) -> PipelineVersion:
    """A saved version in a sales mailbox that is open to the user."""
    version: PipelineVersion = _opened_for(request, PipelineVersion.objects.select_related("mailbox"), version_id, action)
    return version


def may_change_pipeline(request: HttpRequest, pipeline: Pipeline) -> bool:
    """Whether the user may change it and what is in it; for drawing buttons."""
    rows = Pipeline.objects.visible_to(user_of(request), Action.CHANGE, opened=opened(request))
    return rows.filter(pk=pipeline.pk).exists()


def may_change_opportunity(request: HttpRequest, opportunity: Opportunity) -> bool:
    """Whether the user may change it; for drawing buttons. Asks the database only about what is not their own."""
    scope = scope_of(user_of(request), Module.SALES, Action.CHANGE)
    if scope in (Scope.NONE, Scope.ALL) or opportunity.owner_id == user_of(request).pk:
        return scope is not Scope.NONE
    rows = Opportunity.objects.visible_to(user_of(request), Action.CHANGE, opened=opened(request))
    return rows.filter(pk=opportunity.pk).exists()


def activity_for(request: HttpRequest, activity_id: int, action: Action = Action.VIEW, *, with_removed: bool = False) -> Activity:
    """A task, call, meeting or note: one's own, or of a record within the reader's rights."""
    rows = Activity.objects.select_related("owner", "customer", "lead", "project", "opportunity", "letter")
    activity: Activity = _record_for(request, rows if with_removed else rows.filter(removed_at=None), activity_id, action)
    return activity


def letter_for(request: HttpRequest, letter_id: int) -> Letter:
    """A letter that the reader may see (letters.visibility)."""
    return _first(visible_letters(user_of(request)).select_related("original", "text"), letter_id)


def link_for(request: HttpRequest, link_id: int) -> Link:
    """A link of a visible letter to a visible record, removed ones too; the deed asks for the right to change the record."""
    user = user_of(request)
    links = visible_links(user, with_removed=True).select_related("letter", "customer", "lead", "project")
    link = _first(links, link_id)
    is_undo = link.removed_by_id == user.pk
    if not is_undo and not visible_letters(user).filter(pk=link.letter_id).exists():
        raise Http404
    return link


def draft_for(request: HttpRequest, draft_id: int, *, is_discarded: bool = False) -> OutgoingLetter:
    """A draft of the reader's own; nobody opens that of a colleague, administrators neither."""
    own = drafts_of(user_of(request)).filter(discarded_at__isnull=not is_discarded)
    return _first(own.select_related("account", "answers"), draft_id)


def draft_file_for(request: HttpRequest, draft_id: int, file_id: int) -> OutgoingAttachment:
    """A file attached to a draft of the reader's own."""
    draft = draft_for(request, draft_id)
    return _first(draft.attachments.select_related("outgoing__account"), file_id)


def upkept_account_for(request: HttpRequest, account_id: int) -> MailAccount:
    """A mail account whose sending the user may put right: one from which they write, or whose settings they may change."""
    user = user_of(request)
    changeable = MailAccount.objects.visible_to(user, Action.CHANGE).filter(removed_at=None, pk=account_id).first()
    account: MailAccount = changeable or _first(accounts_written_by(user), account_id)
    return account


def outgoing_for(request: HttpRequest, outgoing_id: int) -> OutgoingLetter:
    """A letter that left the drafts: one's own, or of an account that the user reads."""
    found = outgoing_of(user_of(request)).exclude(state=OutgoingState.DRAFT)
    return _first(found.select_related("account", "author", "letter"), outgoing_id)


def template_for(request: HttpRequest, template_id: int) -> LetterTemplate:
    """A template of the reader's own, or one that a colleague shares."""
    return _first(templates_of(user_of(request)), template_id)


def changeable_template_for(request: HttpRequest, template_id: int, *, is_removed: bool = False) -> LetterTemplate:
    """A template that the user may change; a removed one only to be brought back."""
    return _first(changeable_templates(user_of(request)).filter(removed_at__isnull=not is_removed), template_id)


def unwanted_sender_for(request: HttpRequest, sender_id: int) -> UnwantedSender:
    """A refused sender: of the reader's own mailboxes, or of everybody's for those who may see Setup."""
    return _first(unwanted_senders(reader=user_of(request)), sender_id)


def offer_for(request: HttpRequest, offer_id: int) -> BackfillOffer:
    """An offer to link older letters to a customer or lead that the user may change."""
    offer = _first(BackfillOffer.objects.all(), offer_id)
    try:
        record = record_of(offer)
    except UnableToAnswer:
        raise Http404 from None
    seek = customer_for if isinstance(record, Customer) else lead_for
    seek(request, record.pk, Action.CHANGE)
    return offer


def changeable_accounts(request: HttpRequest, accounts: Collection[MailAccount]) -> set[int]:
    """The ids of those whose settings the user may change; for drawing buttons."""
    found = MailAccount.objects.visible_to(user_of(request), Action.CHANGE)
    return set(found.filter(pk__in=[account.pk for account in accounts]).values_list("pk", flat=True))


def may_change(request: HttpRequest, record: Customer | Lead | Contact | Project) -> bool:
    """Whether the change of this very record is open to the user; for drawing buttons, the deed's view asks again."""
    if isinstance(record, (Customer, Lead)):
        module = Module.CUSTOMERS if isinstance(record, Customer) else Module.LEADS
        return is_owned_within(record.owner_id, user_of(request), module, Action.CHANGE)
    found: ScopedQuerySet[Any] = type(record).objects.visible_to(user_of(request), Action.CHANGE)
    return found.filter(pk=record.pk).exists()


def staff_for(request: HttpRequest, user_id: int) -> User:
    """A member of staff, for those who may see Setup."""
    demand(request, Module.SETUP, Action.VIEW)
    try:
        return User.objects.get(pk=user_id)
    except User.DoesNotExist:
        raise Http404 from None


def provider_for(request: HttpRequest, provider_id: int) -> SignInProvider:
    """A sign-in provider, for those who may change Setup."""
    demand(request, Module.SETUP, Action.CHANGE)
    return _first(SignInProvider.objects.all(), provider_id)


def offered_provider_for(request: HttpRequest, provider_id: int) -> SignInProvider:
    """A sign-in provider, for those who may set up mailboxes: everybody signs in with the same registrations."""
    demand(request, Module.ACCOUNTS, Action.CHANGE)
    return _first(SignInProvider.objects.all(), provider_id)


def sign_in_for(request: HttpRequest, sign_in_id: int) -> SignIn:
    """A sign-in that this person began in this browser."""
    sign_ins = SignIn.objects.filter(user=user_of(request), pk__in=begun_here(request))
    return _first(sign_ins.select_related("provider", "account", "grant"), sign_in_id)


def begun_here(request: HttpRequest) -> list[int]:
    """The sign-ins with providers that were begun in this session."""
    return list(request.session.get(SIGN_INS_BEGUN, ()))


def demand_imports(request: HttpRequest) -> list[str]:
    """The kinds of records that the user may import; 403 where there is none."""
    kinds = [kind for kind in MODULES_OF if may_import(user_of(request), kind)]
    if not kinds:
        raise PermissionDenied
    return kinds


def import_for(request: HttpRequest, import_id: int) -> Import:
    """An import of a kind that the user may import, whoever began it."""
    demand_imports(request)
    return _first(imports_of(user_of(request)), import_id)


def group_for(request: HttpRequest, group_id: int) -> Group:
    """A group of staff, for those who may see Setup."""
    demand(request, Module.SETUP, Action.VIEW)
    return _first(Group.objects.select_related("parent"), group_id)


def saved_view_for(request: HttpRequest, view_id: int) -> SavedView:
    """A saved view of the user's own; those that others share are read, never changed."""
    try:
        return SavedView.objects.get(pk=view_id, user=user_of(request))
    except SavedView.DoesNotExist:
        raise Http404 from None


def _first(rows: QuerySet[Row], row_id: int) -> Row:
    row = rows.filter(pk=row_id).first()
    if row is None:
        raise Http404
    return row


def _record_for(request: HttpRequest, records: Any, record_id: int, action: Action) -> Any:
    user = user_of(request)
    seen = records.visible_to(user).filter(pk=record_id)
    record = (seen if action is Action.VIEW else seen.visible_to(user, action)).first()
    if record is None and action is not Action.VIEW and seen.exists():
        raise PermissionDenied
    if record is None:
        raise Http404
    return record


def _opened_for(request: HttpRequest, records: Any, record_id: int, action: Action) -> Any:
    """The same for what lies in sales mailboxes, which a session opens with their passwords, too."""
    user, boxes = user_of(request), opened(request)
    record = records.visible_to(user, opened=boxes).filter(pk=record_id).first()
    if record is None:
        raise Http404
    if action is not Action.VIEW and not records.visible_to(user, action, opened=boxes).filter(pk=record_id).exists():
        raise PermissionDenied
    return record
