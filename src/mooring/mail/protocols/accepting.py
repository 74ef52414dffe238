"""What an interface over HTTP says to a letter that was handed to it, and what is certain after it."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from mooring.mail.errors import FateUnknown, LetterRefused, LoginRefused, MailError, ServerBusy, SignInAgain
from mooring.mail.http import Answer

_CERTAIN = (LoginRefused, SignInAgain)


def accepted(
    hand_over: Callable[[], Answer],
    *,
    url: str,
    refusal_of: Callable[[Answer], MailError],
    is_for_now: Callable[[str], bool] = lambda said: False,  # noqa: ARG005 - nothing passes by itself
) -> Answer:
    """The good answer. Raises LetterRefused or ServerBusy where the server said no, FateUnknown where nobody knows.

    `refusal_of(answer)` is what an answer other than 2xx means; `is_for_now(what the server said)` tells which refusals of a
    letter pass by themselves.
    """
    host = urlsplit(url).hostname or ""
    try:
        answer = hand_over()
    except _CERTAIN:
        raise
    except MailError as lost:
        raise FateUnknown(lost.server_said, host=host) from lost
    if answer.is_good:
        return answer
    error = refusal_of(answer)
    if isinstance(error, ServerBusy):
        raise error
    if answer.status >= 500 or answer.status < 400:
        raise FateUnknown(error.server_said, host=host)
    raise LetterRefused(error.server_said, is_permanent=not is_for_now(error.server_said), reply_code=str(answer.status))
