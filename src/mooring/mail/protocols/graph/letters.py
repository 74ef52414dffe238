"""Letters of Microsoft Graph as MIME ($value), four under way at once; of a header block no more is read than need be.

Not in batches: a batch hands out what is text as a JSON text (OData JSON 4.01, section 19.2), and so not byte for byte; and Graph
works on four of a batch at once, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import quote

from mooring.mail.http import Answer, refusal
from mooring.mail.protocols.authorised import AT_ONCE
from mooring.mail.protocols.graph.requests import Graph, preferring
from mooring.mail.protocols.header_blocks import HEAD_CAP, head_of
from mooring.mail.protocols.side_by_side import side_by_side
from mooring.mail.types import RawHeader, RawLetter

_LARGEST: Final = 512 * 2**20
_NOT_THERE: Final = frozenset({404, 410})


def fetch_letters(graph: Graph, server_ids: Sequence[str]) -> Iterator[RawLetter]:
    """Whole letters in the order asked for; those that are gone are left out."""
    wanted = [each for each in server_ids if each]
    for server_id, raw in zip(wanted, side_by_side(lambda each: _letter(graph, each), wanted, at_once=AT_ONCE), strict=True):
        if raw is not None:
            yield RawLetter(server_id, raw)


def fetch_headers(graph: Graph, server_ids: Sequence[str]) -> Iterator[RawHeader]:
    """Header blocks byte for byte: internetMessageHeaders would be parsed by Exchange and lack what it does not know."""
    wanted = [each for each in server_ids if each]
    for server_id, raw in zip(wanted, side_by_side(lambda each: _head(graph, each), wanted, at_once=AT_ONCE), strict=True):
        if raw is not None:
            yield RawHeader(server_id, raw)


def _letter(graph: Graph, server_id: str) -> bytes | None:
    answer = graph.client.ask("GET", _address(graph, server_id), headers=preferring(), size_cap=_LARGEST)
    if answer.is_good:
        return answer.body
    _raise_unless_gone(answer)
    return None


def _head(graph: Graph, server_id: str) -> bytes | None:
    with graph.client.stream(_address(graph, server_id), headers=preferring(), size_cap=_LARGEST) as (answer, blocks):
        if answer.is_good:
            return head_of(blocks, cap=HEAD_CAP)
    letter = _letter(graph, server_id)
    return None if letter is None else head_of([letter], cap=HEAD_CAP)


def _raise_unless_gone(answer: Answer) -> None:
    error = refusal(answer, command="$value")
    is_no_id = answer.status == 400 and error.server_said.lower().startswith("errorinvalid")
    if answer.status not in _NOT_THERE and not is_no_id:
        raise error


def _address(graph: Graph, server_id: str) -> str:
    return f"{graph.url}/me/messages/{quote(server_id, safe='')}/$value"
