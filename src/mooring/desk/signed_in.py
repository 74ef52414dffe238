"""How the user of a request is read: with what was changed of their role and
whether a second step is required of them, so that neither costs a query of its own."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from mooring.desk.demanded import with_demand
from mooring.users.models import User
from mooring.users.permissions import with_rights
from mooring.users.staff import user_with_address


class StaffBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth carries no types
    """As of django-allauth in everything else. Its own table of addresses is not asked: it keeps those that were taken away."""

    def get_user(self, user_id: Any) -> User | None:
        """Nobody where the person may not sign in any more."""
        user = with_demand(with_rights(User.objects.filter(pk=user_id))).first()
        return user if user is not None and self.user_can_authenticate(user) else None

    def _authenticate_by_email(self, email: str, password: str) -> User | None:
        user: User | None = self._check_password(user_with_address(email), password)
        return user
