"""How the user of a request is read: with what was changed of their role, so that rights cost no query of their own."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from mooring.users.models import User
from mooring.users.permissions import with_rights


class StaffBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth carries no types
    """As of django-allauth in everything else."""

    def get_user(self, user_id: Any) -> User | None:
        """Nobody where the person may not sign in any more."""
        user = with_rights(User.objects.filter(pk=user_id)).first()
        return user if user is not None and self.user_can_authenticate(user) else None
