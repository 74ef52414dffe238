"""A small world with a record of every kind, all of them the owner's, and those who may or may not see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.test import Client

import making
from desk.world_feeds import feeds_of
from desk.world_lists import lists_of_world
from desk.world_merging import merged_of
from desk.world_portal import archived_customer, portal_of
from desk.world_sales import sales_of
from desk.world_team import team_of
from letters.making_letters import arrival, make_account, match_of
from letters.making_outgoing import make_outgoing
from letters.making_sign_ins import make_provider
from mooring.activities.models import Activity
from mooring.activities.planning import ActivityData, plan_activity
from mooring.customers.models import (
    BulkChange,
    Contact,
    Customer,
    Industry,
    IndustryMove,
    InfoField,
    Lead,
    PortalUser,
    Project,
    Tag,
)
from mooring.customers.record_data import DomainData, PostalAddressData
from mooring.desk.beginnings import attached_files
from mooring.desk.forms.places import place_in_words
from mooring.desk.notice_letters import unsubscribe_word
from mooring.letters.attaching import attach
from mooring.letters.drafting import DraftData, discard_draft, start_draft
from mooring.letters.models import (
    Attachment,
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
from mooring.letters.originals import Originals
from mooring.letters.sharing import share_letter
from mooring.letters.sign_ins import Wanted, note_consent
from mooring.letters.storing import store_batch
from mooring.letters.templates import remove_template, save_template
from mooring.letters.unwanted import refuse_sender
from mooring.mail.oauth import Consent
from mooring.mail.types import Mailbox, Secret
from mooring.merging.models import Merge
from mooring.sales.models import ChecklistLine, Opportunity, Pipeline, PipelineVersion, SalesMailbox, Stage, StageMove
from mooring.sync.models import BackfillOffer
from mooring.transfer.models import Import
from mooring.users.journal import Actor
from mooring.users.models import Group, PastMembership, Role, SavedView, User
from mooring.users.saved_views import save_view
from mooring.users.staff import add_user
from transfer.making_imports import make_import

NEW_PASSWORD = "seven unlikely lighthouses"


@dataclass
class World:
    administrator: User
    owner: User
    colleague: User
    reader: User
    deactivated: User
    customer: Customer
    lead: Lead
    contact: Contact
    project: Project
    view: SavedView
    activity: Activity
    account: MailAccount
    folder: Folder
    letter: Letter
    attachment: Attachment
    link: Link
    offer: BackfillOffer
    sender: UnwantedSender
    draft: OutgoingLetter
    draft_file: OutgoingAttachment
    discarded_draft: OutgoingLetter
    queued: OutgoingLetter
    failed: OutgoingLetter
    template: LetterTemplate
    removed_template: LetterTemplate
    provider: SignInProvider
    sign_in: SignIn
    group: Group
    past_member: PastMembership
    box: SalesMailbox
    info_field: InfoField
    industry: Industry
    tag: Tag
    other_tag: Tag
    other_industry: Industry
    move: IndustryMove
    bulk_change: BulkChange
    pipeline: Pipeline
    stage: Stage
    won: Stage
    sale: Opportunity
    stage_move: StageMove
    line: ChecklistLine
    version_of_pipeline: PipelineVersion
    team_account: MailAccount
    team_folder: Folder
    team_letter: Letter
    team_queued: OutgoingLetter
    portal_user: PortalUser
    locked_portal_user: PortalUser
    file: RecordFile
    archived: Customer
    job: Import
    twin: Customer
    merge: Merge
    clients: dict[str, Client]
    password: str = making.PASSWORD
    new_password: str = NEW_PASSWORD

    @property
    def place(self) -> str:
        """The owner's customer as forms name it."""
        return place_in_words(self.customer)

    @property
    def other_place(self) -> str:
        """The owner's project as forms name it."""
        return place_in_words(self.project)

    @property
    def stop_word(self) -> str:
        """What ends letters about notices to the owner."""
        return unsubscribe_word(self.owner)

    @property
    def version(self) -> str:
        """The state of all records here: they were made at one moment and are changed in transactions that are undone."""
        return making.NOW.isoformat()

    def value(self, text: Any) -> Any:
        """ "$customer.pk" is an attribute of something here; anything else is itself."""
        if not isinstance(text, str) or not text.startswith("$"):
            return text
        thing: Any = self
        for name in text[1:].split("."):
            thing = getattr(thing, name)
        return thing


def make_world(mark: str = "") -> World:
    """`mark` is put into every text that people can enter."""
    people = {role: _member(name, role, mark) for name, role in (("admin", Role.ADMINISTRATOR), ("reader", Role.READ_ONLY))}
    owner, colleague = _member("owner", Role.SALES_PERSON, mark), _member("colleague", Role.SALES_PERSON, mark)
    mate, outsider, deactivated = (_member(name, Role.SALES_PERSON, mark) for name in ("mate", "outsider", "gone"))
    info_field = making.make_info_field("Length")
    records = _records(owner, mark, {str(info_field.pk): f"i{mark}"})
    view = save_view(
        list_name="customers",
        name=f"View{mark}",
        query={"kind": "company"},
        is_shared=True,
        by=Actor(owner, "desk"),
        now=making.NOW,
    )
    world = World(
        administrator=people[Role.ADMINISTRATOR],
        owner=owner,
        colleague=colleague,
        reader=people[Role.READ_ONLY],
        deactivated=deactivated,
        view=view,
        activity=_planned(owner, records["customer"], mark),
        clients={"anonymous": Client(), "group": client_of(mate), "outside": client_of(outsider)},
        job=make_import(people[Role.ADMINISTRATOR], mark),
        **records,
        **_letters(owner, records["customer"], mark),
        **team_of((owner, mate), reader=colleague, below=outsider, mark=mark),
        **lists_of_world(owner, records["customer"], mark),
        archived=archived_customer(owner, mark),
        **portal_of(owner, records["customer"], records["contact"], mark),
        info_field=info_field,
    )
    share_letter(letter=world.letter, customer=world.customer, by=Actor(owner, "desk"), now=making.NOW)
    feeds_of(owner=owner, deactivated=deactivated)
    for name in ("administrator", "owner", "colleague", "reader", "deactivated"):
        world.clients[name] = client_of(getattr(world, name))
    User.objects.filter(pk=deactivated.pk).update(is_active=False)
    return world


def client_of(user: User) -> Client:
    """A browser in which the user has signed in."""
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


def _member(name: str, role: str, mark: str) -> User:
    return add_user(
        email=f"{name}@mooring.example",
        name=f"{name.capitalize()}{mark}",
        role=role,
        password=making.PASSWORD,
        by=making.BY_COMMAND,
        now=making.NOW,
    )


def _records(owner: User, mark: str, info: dict[str, Any]) -> dict[str, Any]:
    address = PostalAddressData(
        label=f"a{mark}"[:40], street=f"b{mark}", postcode=f"c{mark}"[:20], city=f"d{mark}", region=f"e{mark}", country=f"f{mark}"
    )
    customer = making.make_customer(
        f"Harbour{mark}",
        emails=("office@harbour.example",),
        domains=(DomainData(domain="harbour.example", includes_subdomains=True),),
        phones=(f"1{mark}"[:60],),
        number=f"C{mark}"[:40],
        note=f"note{mark}",
        website="https://harbour.example",
        owner=owner,
        info=info,
        addresses=(address,),
    )
    lead = making.make_lead(
        f"Lighthouse{mark}",
        emails=("keeper@lighthouse.example",),
        phones=(f"2{mark}"[:60],),
        number=f"L{mark}"[:40],
        company_name=f"Company{mark}",
        note=f"note{mark}",
        owner=owner,
    )
    contact = making.make_contact(
        f"Carol{mark}", at=(customer, lead), emails=("carol@harbour.example",), job_title=f"Keeper{mark}", note=f"note{mark}"
    )
    project = making.make_project(f"Pier{mark}", customer=customer, note=f"note{mark}")
    people = {"customer": customer, "lead": lead, "contact": contact, "project": project}
    return {**people, **sales_of(owner, customer, mark), **merged_of(owner, mark)}


def _planned(owner: User, customer: Customer, mark: str) -> Activity:
    """A call on the customer's card, planned by its owner."""
    data = ActivityData(title=f"Call{mark}", note=f"note{mark}", owner=owner, about=customer, due_at=making.NOW)
    return plan_activity(data=data, by=Actor(owner, "desk"), now=making.NOW)


def _letters(owner: User, customer: Customer, mark: str) -> dict[str, Any]:
    """A letter with an attachment in the owner's mailbox, linked to the customer, and what belongs to it."""
    account = make_account(
        owner,
        address="owner@mooring.example",
        your_name=f"Owner{mark}",
        is_main=True,
        outgoing_protocol="smtp",
        outgoing_host="smtp.mooring.example",
    )
    raw = _LETTER.replace("MARK", mark.replace('"', "'")).encode()
    (original,) = Originals(settings.ORIGINALS_FOLDER).keep([raw])
    arrived = arrival(account, raw, matches=(match_of(customer),), original=original)
    letter = store_batch(arrivals=[arrived], now=making.NOW)[0].letter
    offer = BackfillOffer.objects.create(
        address="ann@harbour.example", customer_id=customer.pk, kept_count=1, created_at=making.NOW
    )
    by = Actor(owner, "desk")
    return {
        **_writing(owner, account, mark),
        "account": account,
        "folder": account.folders.get(),
        "letter": letter,
        "attachment": letter.attachments.get(),
        "link": letter.links.get(),
        "offer": offer,
        "sender": refuse_sender(address="spam@ads.example", account=account, by=by, now=making.NOW),
        **_sign_ins(owner, mark),
    }


def _writing(owner: User, account: MailAccount, mark: str) -> dict[str, Any]:
    """A draft with a file, one thrown away, letters in the outbox, templates: all of them the owner's."""
    by = Actor(owner, "desk")
    data = DraftData(
        account=account, to=(Mailbox(f"Ann{mark}", "ann@harbour.example", "ann@harbour.example"),), subject=f"Sails{mark}"
    )
    draft = start_draft(data=data, by=by, now=making.NOW)
    file = attach(
        draft=draft,
        files=attached_files(),
        name=f"sails{mark}.txt",
        content_type="text/plain",
        chunks=[b"x"],
        by=by,
        now=making.NOW,
    )
    gone = discard_draft(draft=start_draft(data=data, by=by, now=making.NOW), by=by, now=making.NOW)
    template = save_template(name=f"T{mark}"[:80], subject=f"s{mark}", body_html=f"<p>b{mark}</p>", by=by, now=making.NOW)
    old = save_template(name=f"Old{mark}"[:80], body_html="<p>x</p>", by=by, now=making.NOW)
    return {
        "draft": draft,
        "draft_file": file,
        "discarded_draft": gone,
        "queued": make_outgoing(account, author=owner, state=OutgoingState.READY, subject=f"Queued{mark}", body_text=f"t{mark}"),
        "failed": make_outgoing(
            account, author=owner, state=OutgoingState.FAILED, subject=f"Failed{mark}", error_code="port_closed"
        ),
        "template": template,
        "removed_template": remove_template(template=old, by=by, now=making.NOW),
    }


def _sign_ins(owner: User, mark: str) -> dict[str, Any]:
    """A provider, and a sign-in of the owner's that was begun in another browser."""
    provider = make_provider(title=f"Lighthouse{mark}"[:60])
    wanted = Wanted(provider, "owner@mooring.example", "imap", "/profile/email/new/")
    consent = Consent("https://id.lighthouse.example/authorize", "state", Secret("verifier"), "nonce")
    return {"provider": provider, "sign_in": note_consent(user=owner, wanted=wanted, consent=consent, now=making.NOW)}


_LETTER = """From: AnnMARK <ann@harbour.example>
To: "OwnerMARK" <owner@mooring.example>
Subject: RopesMARK
Date: Mon, 02 Mar 2026 09:30:00 +0000
Message-ID: <ropes@harbour.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=part

--part
Content-Type: text/html; charset=utf-8

<p>How much are ropes?</p>MARK
--part
Content-Type: text/plain; name="ropes.txt"
Content-Disposition: attachment; filename="ropesMARK.txt"

ropesMARK
--part--
"""
