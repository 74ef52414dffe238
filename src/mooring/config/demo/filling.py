"""Brings the invented company in through the same deeds and the same engine as a real one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from mooring.config.demo import catch_all
from mooring.config.demo.company import ALICE, BOB, FREE_MAIL, HOME, PASSWORD, STAFF, Colleague, customers, leads
from mooring.config.demo.letters import Post, year_of_letters
from mooring.config.demo.mailboxes import write_eml_files, write_maildir, write_mbox
from mooring.config.demo.oddities import oddities
from mooring.config.demo.plans import add_groups, add_plans
from mooring.config.demo.portal import open_portal
from mooring.config.demo.records import add_records
from mooring.config.demo.sales import add_sales
from mooring.config.visiting import scan_account
from mooring.letters.accounts import AccountData, TeamRight, add_account, server_described_by
from mooring.letters.folders import default_choices
from mooring.letters.models import MailAccount
from mooring.letters.options import EXTRA_PUBLIC_DOMAINS, OWN_DOMAINS
from mooring.mail.types import Secret
from mooring.options.values import change
from mooring.sync.check import test_account
from mooring.sync.engine import Engine
from mooring.sync.worker import read_clock
from mooring.users.journal import Actor
from mooring.users.models import User
from mooring.users.staff import add_user, deactivate_user

COMMAND: Final = Actor(user=None, source="command")
SEED: Final = 1805


@dataclass(frozen=True, slots=True)
class Box:
    """A mail account of the demo, of the team without an owner. `kind` is the form in which its letters lie."""

    name: str
    owner: Colleague | None
    kind: str


BOXES: Final = (
    Box("bob", BOB, "maildir"),
    Box("alice", ALICE, "maildir"),
    Box("sales", None, "eml"),
    Box("office", ALICE, "mbox"),
)


def fill(*, mail_folder: Path, say: Callable[[str], object]) -> None:
    """Staff, records, mail files and accounts; then every account is scanned. Into an empty installation with alice."""
    now = read_clock().replace(microsecond=0)
    chance = Random(SEED)  # noqa: S311 - the same demo every time
    people = _add_staff(now)
    change(OWN_DOMAINS, (HOME,), by=COMMAND, now=now)
    change(EXTRA_PUBLIC_DOMAINS, (FREE_MAIL,), by=COMMAND, now=now)
    owners = (people[ALICE.address], people[BOB.address], people[BOB.address], None)
    add_records(owners=owners, by=COMMAND, now=now, chance=chance)
    team = add_groups(people, by=COMMAND, now=now)
    add_plans(people, by=COMMAND, now=now)
    add_sales(people, by=COMMAND, now=now)
    say(f"Entered {len(customers())} customers and {len(leads())} leads with their contacts and projects.")
    count = _write_mail(mail_folder, now, chance)
    say(f"Wrote {count} letters into {mail_folder}. Now the engine reads them:")
    accounts = [_add_account(box, people, team, mail_folder, now) for box in BOXES]
    engine = Engine.of_installation()
    try:
        for account in accounts:
            scan_account(account, engine=engine, clock=read_clock, say=say, is_quiet=True)
        say(open_portal(people[BOB.address], now=now))
    finally:
        engine.close()


def _add_staff(now: datetime) -> dict[str, User]:
    """Alice was made by init; dave left."""
    joined_at = now - timedelta(days=720)
    for colleague in STAFF:
        if colleague == ALICE:
            continue
        user = add_user(
            email=colleague.address, name=colleague.name, role=colleague.role, password=PASSWORD, by=COMMAND, now=joined_at
        )
        if colleague.has_left:
            deactivate_user(user=user, by=COMMAND, now=now - timedelta(days=30))
    return {user.email: user for user in User.objects.all()}


def _write_mail(folder: Path, now: datetime, chance: Random) -> int:
    firms = customers()
    posts = [
        *year_of_letters(firms=(*firms, *leads()), now=now, chance=chance),
        *oddities(customers=firms, now=now, chance=chance),
    ]
    writers = {"maildir": write_maildir, "eml": write_eml_files, "mbox": write_mbox}
    return sum(writers[box.kind](path_of(box, folder), _of(box, posts)) for box in BOXES)


def path_of(box: Box, folder: Path) -> Path:
    """Where the box's letters lie."""
    return folder / (f"{box.name}.mbox" if box.kind == "mbox" else box.name)


def _of(box: Box, posts: list[Post]) -> list[Post]:
    return [post for post in posts if post.mailbox == box.name]


def _add_account(box: Box, people: dict[str, User], team: Sequence[TeamRight], folder: Path, now: datetime) -> MailAccount:
    owner = people[box.owner.address] if box.owner else None
    data = AccountData(
        your_name=owner.name if owner else "Halyard & Sons",
        address=f"{box.name}@{HOME}",
        organization="Halyard & Sons",
        protocol="files",
        path=str(path_of(box, folder)),
        is_main=True,
        first_scan_days=None,
        outgoing_protocol="smtp",
        outgoing_host=catch_all.HOST,
        outgoing_port=catch_all.PORT,
        outgoing_encryption="none",
        outgoing_login_of="none",
    )
    tested = test_account(server_described_by(data, password=Secret("")))
    folders = default_choices(tested.folders)
    rights = () if owner else team
    return add_account(owner=owner, team=rights, data=data, password=Secret(""), folders=folders, by=COMMAND, now=now)
