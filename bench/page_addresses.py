"""Which pages are measured, and for whom: every list, card, search, report, mailbox and health page."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from mooring.customers.info_values import name_of
from mooring.customers.models import Category, Contact, Customer, Industry, InfoField, Lead, ListEntry, Project
from mooring.customers.queries import customers_page
from mooring.letters.models import Folder, Letter
from mooring.users.models import Group, User

_WHY = "the rows are invented"
_DEEP = 49_950
"""The last row before page 1,000 of a list."""
SEARCHES = {
    "no hit": "nothinglikethis",
    "rare word": "rarest",
    "0.1 %": "thousandth",
    "two 2 % words": "amber cobalt",
    "30 %": "often",
    "in every letter": "every",
    "common, never together": "port starboard",
    "common, only in the oldest 10 %": "ancient",
    "prefix": "w*",
    "longer prefix": "amb*",
    "phrase": '"office office"',
    "phrase that is rare": '"amber cobalt"',
    "only an exclusion": "-often",
    "only an exclusion of all": "-every",
    "common without common": "port -often",
    "word of an address": "from:c5",
}


def page_addresses() -> dict[str, tuple[str, str]]:
    """Name -> (who asks, address)."""
    shared = _lists() | _archive() | _cards() | _reports() | _searches()
    found = {f"{who}: {name}": (who, address) for name, address in shared.items() for who in ("alice", "bob", "eve")}
    return found | _own() | _duplicates() | {f"alice: {name}": ("alice", address) for name, address in _setup().items()}


def posted_paths() -> set[str]:
    """Where the query of an address is sent as a form: questions that are asked before anything is changed."""
    return {f"/setup/crm/industries/{_entry(Industry, 'Shipping')}/move/", "/customers/archive/ask/"}


def _duplicates() -> dict[str, tuple[str, str]]:
    """For whoever may merge anything: the beginning of each search, and the middle of the base; merging side by side."""
    customers = Customer.objects.unscoped(_WHY).filter(archived_at=None).order_by("twin_key")
    middle = customers[customers.count() // 2].pk
    reasons = ("same_email", "same_domain", "same_phone", "same_name")
    pages = {f"alice: duplicates, {reason}": f"/customers/duplicates/?reason={reason}" for reason in reasons}
    pages["alice: duplicates, same_name, deep"] = f"/customers/duplicates/?reason=same_name&after={middle}"
    pages["alice: merge, two"] = f"/customers/merge/?{urlencode({'ids': _first_ids(2)}, doseq=True)}"
    pages["alice: merge, five"] = f"/customers/merge/?{urlencode({'ids': _first_ids(5)}, doseq=True)}"
    pages["alice: merge, with which"] = f"/customers/{middle}/merge/"
    pages["alice: merge, with which, common word"] = f"/customers/{middle}/merge/?q=ba"
    pages["alice: duplicates of contacts"] = "/contacts/duplicates/?reason=same_name"
    return {name: ("alice", address) for name, address in pages.items()}


def _lists() -> dict[str, str]:
    return {
        "customers": "/customers/",
        "customers, newest": "/customers/?sort=-created",
        "customers, of a kind": "/customers/?kind=person",
        "customers, common word": "/customers/?text=ba",
        "customers, rare word": "/customers/?text=c77777.example",
        "customers, common industry": f"/customers/?industry={_entry(Industry, 'Shipping')}",
        "customers, rare industry": f"/customers/?industry={_entry(Industry, 'Whaling')}",
        "customers, common category and word": f"/customers/?category={_entry(Category, 'Key')}&text=ba",
        "customers, common information": f"/customers/?{_info('Origin')}=1",
        "customers, rare information": f"/customers/?{_info('Origin')}=4",
        "customers, range of a number": f"/customers/?{_info('Employees')}_from=100&{_info('Employees')}_to=104",
        "customers, two of information": f"/customers/?{_info('Origin')}=2&{_info('Employees')}_from=49000",
        "customers, columns of information": f"/customers/?columns=industry,categories,{_info('Origin')},{_info('Employees')}",
        "contacts": "/contacts/",
        "contacts, common word": "/contacts/?text=ba",
        "leads": "/leads/",
        "projects": "/projects/",
        "palette, two letters": "/search/?q=ba",
    }


def _archive() -> dict[str, str]:
    """The tenth of the customers that rests there."""
    archive = "/customers/archive/"
    return {
        "archive": archive,
        "archive, newest": f"{archive}?sort=-created",
        "archive, of a kind": f"{archive}?kind=person",
        "archive, common word": f"{archive}?text=ba",
        "archive, rare word": f"{archive}?text=c77774.example",
        "archive, common industry": f"{archive}?industry={_entry(Industry, 'Shipping')}",
        "archive, rare industry": f"{archive}?industry={_entry(Industry, 'Whaling')}",
        "archive, two of information": f"{archive}?{_info('Origin')}=2&{_info('Employees')}_from=49000",
    }


def _setup() -> dict[str, str]:
    """The tree of groups, the list of industries, and how many customers each has."""
    shipping, fishing = _entry(Industry, "Shipping"), _entry(Industry, "Fishing")
    group = Group.objects.order_by("pk")[0]
    report = "/reports/of/customers/"
    return {
        "groups as a tree": "/setup/groups/",
        "group": f"/setup/groups/{group.pk}/",
        "industries": "/setup/crm/industries/",
        "industry": f"/setup/crm/industries/{shipping}/",
        "industry, how many would move": f"/setup/crm/industries/{shipping}/move/?new={fishing}",
        "ask to archive five": f"/customers/archive/ask/?{urlencode({'ids': _first_ids(5)}, doseq=True)}",
        **{f"customers by {by}": f"{report}?by={by}" for by in ("industry", "category", "status")},
    }


def _first_ids(count: int) -> list[int]:
    customers = Customer.objects.unscoped(_WHY).filter(archived_at=None).order_by("pk")
    return list(customers.values_list("pk", flat=True)[:count])


def _entry(kind: type[ListEntry], name: str) -> int:
    return int(kind._default_manager.get(name=name).pk)


def _info(name: str) -> str:
    return name_of(InfoField.objects.get(name=name))


def _cards() -> dict[str, str]:
    """Of records of nobody, which everybody sees."""
    contact = Contact.objects.unscoped(_WHY).filter(affiliations__customer=_busy())[0]
    project = Project.objects.unscoped(_WHY).order_by("pk")[0]
    letter = Letter.objects.unscoped(_WHY).filter(links__customer=_busy())[0]
    Customer.objects.unscoped(_WHY).filter(pk__in=[_busy(), _quiet(), project.customer_id]).update(owner=None)
    Lead.objects.unscoped(_WHY).filter(pk=1).update(owner=None)
    return {
        "customer": f"/customers/{_quiet()}/",
        "customer, busy": f"/customers/{_busy()}/",
        "customer, busy, emails": f"/customers/{_busy()}/emails/",
        "customer, busy, contacts": f"/customers/{_busy()}/contacts/",
        "contact": f"/contacts/{contact.pk}/",
        "contact, emails": f"/contacts/{contact.pk}/emails/",
        "lead": "/leads/1/",
        "project": f"/projects/{project.pk}/",
        "letter": f"/letters/{letter.pk}/",
    }


def _busy() -> int:
    """The customer with the most letters (bench.filling_letters)."""
    second = Customer.objects.unscoped(_WHY).order_by("pk")[1]
    return second.pk


def _quiet() -> int:
    return Customer.objects.unscoped(_WHY).count() // 2


def _reports() -> dict[str, str]:
    report, folder = "/reports/synced-emails/", _folder()
    return {
        "report": report,
        "report, not linked": f"{report}?linked=no",
        "report, linked": f"{report}?linked=yes",
        "report, one account": f"{report}?account={folder.account_id}",
        "report, one rule": f"{report}?rule=customer_email",
        "report, a rule of nothing": f"{report}?rule=manual",
        **{f"report, search: {name}": f"{report}?text={quote(text)}" for name, text in SEARCHES.items()},
    }


def _searches() -> dict[str, str]:
    return {f"search: {name}": f"/search/?q={quote(text)}" for name, text in SEARCHES.items()}


def _own() -> dict[str, tuple[str, str]]:
    """Pages of one reader alone: Bob's mailbox, Alice's setup, and the own customers of both."""
    folder = _folder()
    letter = Letter.objects.unscoped(_WHY).order_by("-position")[1]
    mailbox = {
        "email, all mailboxes": "/email/",
        "email, one account": f"/email/accounts/{folder.account_id}/",
        "email, a folder": f"/email/folders/{folder.pk}/",
        "email, unread of a folder": f"/email/folders/{folder.pk}/?unread=1",
        "email, a letter open": f"/email/?letter={letter.pk}",
        "account health": f"/mail-accounts/{folder.account_id}/",
        "account progress": f"/mail-accounts/{folder.account_id}/progress/",
        "email settings": "/profile/email/",
        "home": "/",
    }
    found = {f"bob: {name}": ("bob", address) for name, address in mailbox.items()}
    found["alice: all accounts"] = ("alice", "/setup/email/accounts/")
    found["alice: journal"] = ("alice", "/setup/journal/")
    for who in ("alice", "bob"):
        reader = User.objects.get(name=who.title())
        found[f"{who}: customers, of one owner"] = (who, f"/customers/?owner={reader.pk}")
        found[f"{who}: customers, far down"] = (who, f"/customers/?{urlencode({'after': _cursor_far_down(reader)})}")
    return found


def _cursor_far_down(reader: User) -> str:
    """What the address of page 1,000 carries, or of the middle where there are fewer."""
    rows = Customer.objects.visible_to(reader).count()
    return customers_page(reader=reader, size=min(_DEEP, rows // 2)).next


def _folder() -> Folder:
    return Folder.objects.select_related("account").order_by("pk")[0]
