"""Access tokens of a test: what a server accepts, and where an account gets them from."""

from __future__ import annotations

from mooring.mail.errors import SignInAgain
from mooring.mail.types import Secret


class Tokens:
    """A TokenSource, and the judge of its tokens. `expire` makes the one in use useless."""

    def __init__(self) -> None:
        self._number = 1
        self._good = "token-1"
        self.renewals = 0
        self.is_gone = False
        """Its person has withdrawn the permission."""

    def expire(self) -> None:
        """The server accepts another token from now on, which whoever asks for it gets."""
        self._good = f"token-{self._number + 1}"

    def is_good(self, authorization: str) -> bool:
        """Whether a request with this header is let in."""
        return authorization == f"Bearer {self._good}"

    def current(self) -> Secret:
        """The token that is believed to be good."""
        return Secret(f"token-{self._number}")

    def renewed(self, refused: Secret) -> Secret:
        """Another one."""
        self.renewals += 1
        if self.is_gone:
            raise SignInAgain(provider="Test")
        self._number += 1
        return self.current()
