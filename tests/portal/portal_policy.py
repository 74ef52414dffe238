"""Who may do what at which address of the portal: the table that test_portal_matrix.py checks cell by cell.

The words are those of desk/policy.py; `door` is the portal's own sign-in page. A row says what GET and POST answer to PRINCIPALS.
"""

from __future__ import annotations

from desk.policy_words import Row

PRINCIPALS = ("anonymous", "administrator", "member", "other", "archived", "locked", "gone")
"""`member` is a portal user of the customer to whom everything in the world is shown, `other` one of another customer;
`archived`, `locked` and `gone` (no longer a contact there) signed in while they still might."""

PUBLIC = "ok ok ok ok ok ok ok"
BEFORE = "ok ok see see ok ok ok"
"""Doors: whoever is in already goes on."""
MEMBERS = "door door ok ok door door door"
OWN = "door door ok 404 door door door"
NEVER = "405 405 405 405 405 405 405"
NOT_FOR_MEMBERS = "door door 405 405 door door door"
_WRITES = "door door Wsee Wsee door door door"
_LETTER = ("$letter.pk",)

ROWS: dict[str, Row] = {
    "portal_letters": Row(MEMBERS, NEVER),
    "portal_letter": Row(OWN, NEVER, args=_LETTER),
    "portal_letter#private": Row("door door 404 404 door door door", NEVER, args=("$private_letter.pk",)),
    "portal_letter#not shown": Row("door door 404 404 door door door", NEVER, args=("$unshown_letter.pk",)),
    "portal_letter#unlinked": Row("door door 404 404 door door door", NEVER, args=("$unlinked_letter.pk",)),
    "portal_letter_body": Row(OWN, NEVER, args=_LETTER),
    "portal_letter_body#not shown": Row("door door 404 404 door door door", NEVER, args=("$unshown_letter.pk",)),
    "portal_attachment": Row(OWN, NEVER, args=("$letter.pk", "$attachment.pk")),
    "portal_write": Row(MEMBERS, _WRITES, data={"subject": "Sails", "text": "When do they come?"}),
    "portal_write#answer": Row(
        MEMBERS, "door door Wsee 404 door door door", data={"subject": "Re: Ropes", "text": "Thanks", "answers": "$letter.pk"}
    ),
    "portal_files": Row(MEMBERS, NEVER),
    "portal_file": Row(OWN, NEVER, args=("$file.pk",)),
    "portal_file#not shown": Row("door door 404 404 door door door", NEVER, args=("$unshown_file.pk",)),
    "portal_projects": Row(MEMBERS, NEVER),
    "portal_me": Row(MEMBERS, _WRITES, data={"name": "Another name", "phone": "+44 20 7946 0000"}),
    "portal_password": Row(
        MEMBERS,
        _WRITES,
        data={"old": "$password", "password1": "$new_password", "password2": "$new_password"},
    ),
    "portal_two_step": Row(MEMBERS, "door door 422 422 door door door", data={"code": "000000"}),
    "portal_recovery_codes": Row(NEVER, "door door see see door door door"),
    "portal_two_step_off": Row(NEVER, "door door see see door door door"),
    # Coming in and going
    "portal_sign_in": Row(BEFORE, "422 422 see see 422 422 422", data={"email": "nobody@harbour.example", "password": "x"}),
    "portal_code": Row(NEVER, "door door door door door door door", data={"step": "forged", "code": "000000"}),
    "portal_sign_out": Row(NEVER, "door door Wdoor Wdoor door door Wdoor"),
    "portal_forgotten": Row(PUBLIC, PUBLIC),
    "portal_invitation": Row(PUBLIC, PUBLIC, args=("forged",)),
    "portal_new_password": Row(PUBLIC, PUBLIC, args=("forged",)),
    "portal_language": Row(NEVER, "see see Wsee Wsee see see see", data={"language": "pl"}),
    "portal_theme": Row(NEVER, "see see see see see see see", data={"theme": "dark"}),
}
