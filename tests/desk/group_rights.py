"""The small world with rights that reach over groups: sales people may do on their group's records what they may on their own."""

from __future__ import annotations

import making
from desk.world import World, client_of
from mooring.users.groups import move_group
from mooring.users.models import Role, User
from mooring.users.permissions import CHANGEABLE, RIGHTS, Scope
from mooring.users.rights import change_rights, kept_rights

ROLE = Role.SALES_PERSON


def reach_over_groups(scope: Scope) -> None:
    """Sales people reach as far as `scope` wherever they come with their own records alone."""
    came = RIGHTS[ROLE]
    chosen = {
        module: {
            action: scope if came[module][action] is Scope.OWN else came[module].get(action, Scope.NONE) for action in actions
        }
        for module, actions in CHANGEABLE.items()
    }
    row = kept_rights().get(ROLE)
    change_rights(role=ROLE, chosen=chosen, version=row.version if row else 0, by=making.BY_COMMAND, now=making.NOW)


def see_all_and_change_own() -> None:
    """Sales people see all records of colleagues, and go on to change, delete and export their own alone."""
    making.give_rights(role=ROLE, **{f"{module}_view": Scope.ALL for module in CHANGEABLE})


def somebody_above(world: World) -> User:
    """Signs in as “above” and works in the group above the owner's."""
    user = making.make_user("Above", role=ROLE)
    fleet = making.make_group("Fleet", members=[user])
    move_group(group=world.group, parent=fleet, by=making.BY_COMMAND, now=making.NOW)
    world.clients["above"] = client_of(user)
    return user
