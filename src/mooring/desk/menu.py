"""The main menu, what New offers, and the rest of the frame around every page; each is a table of places and rights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from mooring.activities.planning import may_plan
from mooring.desk.access import user_of
from mooring.desk.crm_lists import CRM_LISTS
from mooring.desk.demanded import lacks_second_step
from mooring.ui.parts import Entry, Frame, Person, Tab
from mooring.users.models import User
from mooring.users.permissions import Action, Module, may


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line of a menu leads, the key that goes there, and the right without which it is not shown."""

    label: Any
    name: str
    icon: str
    key: str = ""
    module: Module | None = None
    action: Action = Action.VIEW
    is_open: Callable[[User], bool] | None = None
    """Instead of one right."""
    opens_beside: bool = False
    """It opens beside what one looks at, where there is room."""
    section: str = ""
    """The first part of the paths that belong to it."""


MAIN = (
    Place(_("Home"), "home", icon="home", key="h"),
    Place(_("My day"), "my_day", icon="checklist", key="d", section="day"),
    Place(pgettext_lazy("module", "Email"), "email", icon="mail", key="e", module=Module.ACCOUNTS, section="email"),
    Place(_("Customers"), "customers", icon="building", key="c", module=Module.CUSTOMERS, section="customers"),
    Place(_("Contacts"), "contacts", icon="address-book", key="n", module=Module.CUSTOMERS, section="contacts"),
    Place(_("Leads"), "leads", icon="target-arrow", key="l", module=Module.LEADS, section="leads"),
    Place(_("Projects"), "projects", icon="folders", key="p", module=Module.PROJECTS, section="projects"),
    Place(_("Sales"), "boxes", icon="report-money", key="b", module=Module.SALES, section="sales"),
    Place(_("Reports"), "reports", icon="chart-bar", key="r", module=Module.REPORTS, section="reports"),
    Place(_("Setup"), "setup", icon="settings", key="s", module=Module.SETUP, section="setup"),
)

NEW = (
    Place(_("Task"), "new_activity", icon="checklist", is_open=may_plan),
    Place(
        pgettext_lazy("one letter", "Email"),
        "write",
        icon="pencil",
        key="c",
        module=Module.ACCOUNTS,
        action=Action.CHANGE,
        opens_beside=True,
    ),
    Place(_("Customer"), "new_customer", icon="building", module=Module.CUSTOMERS, action=Action.CHANGE),
    Place(_("Contact"), "new_contact", icon="address-book", module=Module.CUSTOMERS, action=Action.CHANGE),
    Place(_("Lead"), "new_lead", icon="target-arrow", module=Module.LEADS, action=Action.CHANGE),
    Place(_("Project"), "new_project", icon="folders", module=Module.PROJECTS, action=Action.CHANGE),
    Place(_("Sales opportunity"), "new_opportunity", icon="cash", module=Module.SALES, action=Action.CHANGE),
)

EMAIL = (
    Place(_("Mailboxes"), "email", icon="mail", module=Module.ACCOUNTS),
    Place(_("Drafts"), "drafts", icon="pencil", module=Module.ACCOUNTS, action=Action.CHANGE),
    Place(_("Outbox"), "outbox", icon="send", module=Module.ACCOUNTS, action=Action.CHANGE),
)
"""Above the pages of the module Email that are not the three panes."""

SALES = (
    Place(_("Sales mailboxes"), "boxes", icon="inbox", module=Module.SALES),
    Place(_("Pipelines"), "pipelines", icon="layout-kanban", module=Module.SALES),
    Place(_("Budgets"), "budgets", icon="target-arrow", module=Module.SALES),
    Place(_("Open with a password"), "open_box", icon="lock-open", module=Module.SALES),
    Place(_("Reset"), "reset_boxes", icon="eraser", module=Module.SALES, action=Action.RESET),
)

SETUP = (
    Place(_("Staff"), "staff", icon="users", module=Module.SETUP),
    Place(pgettext_lazy("module", "Email"), "email_settings", icon="mail-cog", module=Module.SETUP, action=Action.CHANGE),
    Place(_("CRM"), "crm_settings", icon="adjustments", module=Module.SETUP, action=Action.CHANGE),
    Place(_("Groups"), "groups", icon="hierarchy", module=Module.SETUP),
    Place(_("Rights"), "rights", icon="lock", module=Module.SETUP, action=Action.CHANGE),
    Place(_("Signing in"), "sign_in_settings", icon="shield-lock", module=Module.SETUP, action=Action.CHANGE),
    Place(_("Sales"), "sales_settings", icon="report-money", module=Module.SETUP, action=Action.CHANGE),
    Place(_("Journal"), "journal", icon="history", module=Module.SETUP),
)

EMAIL_SETUP = (
    Place(_("Email settings"), "email_settings", icon="mail-cog", module=Module.SETUP, action=Action.CHANGE),
    Place(_("Public mail domains"), "public_domains", icon="world", module=Module.SETUP, action=Action.CHANGE),
    Place(_("Providers"), "providers", icon="key", module=Module.SETUP, action=Action.CHANGE),
    Place(_("Refused senders"), "refused_senders", icon="ban", module=Module.SETUP),
    Place(_("All accounts"), "all_accounts", icon="mailbox", module=Module.SETUP),
)

CRM_SETUP = (
    *(Place(each.title, name, icon=each.icon, module=Module.SETUP, action=Action.CHANGE) for name, each in CRM_LISTS.items()),
    Place(_("Groups"), "groups", icon="hierarchy", module=Module.SETUP),
    Place(_("Restore customers"), "archive", icon="archive", module=Module.SETUP, action=Action.CHANGE),
)
"""Setup > CRM, which people look for under Administration > Settings > CRM."""

GROUP = (
    Place(_("Group"), "group", icon="hierarchy", module=Module.SETUP, action=Action.CHANGE),
    Place(_("Members"), "group_members", icon="users", module=Module.SETUP, action=Action.CHANGE),
)
"""Of one group; the names take its id."""

STAFF = (
    Place(_("Person"), "change_staff", icon="user", module=Module.SETUP, action=Action.CHANGE),
    Place(_("Email settings"), "staff_email", icon="mail", module=Module.SETUP),
)
"""What an administrator sets for one member of staff; the names take the person's id."""

PROFILE = (
    Place(_("About me"), "profile", icon="user"),
    Place(_("Email settings"), "profile_email", icon="mail", module=Module.ACCOUNTS),
    Place(_("Templates"), "letter_templates", icon="template", module=Module.ACCOUNTS, action=Action.CHANGE),
    Place(_("Notices"), "notice_mail", icon="bell"),
    Place(_("Calendar feed"), "calendar_feed", icon="calendar-event"),
    Place(_("Signing in"), "signing_in", icon="key"),
)


def places_for(user: User, places: tuple[Place, ...]) -> list[Place]:
    """Those of the places that the user's rights open."""
    return [place for place in places if _is_open(user, place)]


def _is_open(user: User, place: Place) -> bool:
    if place.is_open is not None:
        return place.is_open(user)
    return place.module is None or may(user, place.module, place.action)


def entries_for(request: HttpRequest, places: tuple[Place, ...]) -> list[Entry]:
    """The places as lines of the main menu; the first part of the path says which is current."""
    here = request.path.strip("/").partition("/")[0]
    return [
        Entry(label=str(place.label), url=reverse(place.name), icon=place.icon, key=place.key, is_current=here == place.section)
        for place in places_for(user_of(request), places)
    ]


def tabs_for(request: HttpRequest, places: tuple[Place, ...], *args: object) -> list[Tab]:
    """The places as tabs above a page, the longest path that leads here being current; `args` belong to every address."""
    tabs = [(str(place.label), reverse(place.name, args=args)) for place in places_for(user_of(request), places)]
    current = max((url for _label, url in tabs if request.path.startswith(url)), key=len, default="")
    return [Tab(label=label, url=url, is_current=url == current) for label, url in tabs]


def frame_of(request: HttpRequest) -> Frame:
    """What stands around the page for this user."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return Frame(menu=(), language_url=reverse("language"), theme_url=reverse("theme"))
    if lacks_second_step(user):
        return Frame(
            menu=(),
            person=Person(name=str(user), email=user.email, sign_out_url=reverse("account_logout")),
            home_url=reverse("signing_in"),
            language_url=reverse("language"),
            theme_url=reverse("theme"),
        )
    return Frame(
        menu=entries_for(request, MAIN),
        person=Person(name=str(user), email=user.email, sign_out_url=reverse("account_logout"), profile_url=reverse("profile")),
        home_url=reverse("home"),
        new=[
            Entry(label=str(new.label), url=reverse(new.name), icon=new.icon, key=new.key, opens_beside=new.opens_beside)
            for new in places_for(user, NEW)
        ],
        search_url=reverse("search"),
        notices_url=reverse("notices"),
        bell_url=reverse("bell"),
        language_url=reverse("language"),
        theme_url=reverse("theme"),
        whom_to_ask=gettext("An administrator can change rights at Setup > Rights."),
        rights_url=reverse("rights") if may(user, Module.SETUP, Action.CHANGE) else "",
    )


def around(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `frame`, worked out only by the pages that draw it, and whether the user writes letters at all."""
    return {
        "frame": SimpleLazyObject(lambda: frame_of(request)),
        "may_write": isinstance(user := getattr(request, "user", None), User) and may(user, Module.ACCOUNTS, Action.CHANGE),
    }
