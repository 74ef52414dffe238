"""HTTP goes out through the egress policy only, within limits, and fails as the mail room fails."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from mooring.mail.egress import EgressPolicy
from mooring.mail.errors import (
    LONGEST_WAIT,
    AddressNotAllowed,
    CertificateNotTrusted,
    CommandRefused,
    ConnectionLost,
    LoginRefused,
    MailError,
    NameNotFound,
    NoAnswer,
    PortClosed,
    ProtocolViolation,
    ServerBusy,
    ServerUnavailable,
    UnusableName,
)
from mooring.mail.http import Answer, HttpClient, Redirects, bind, refusal, wait_asked_for
from servers.certificates import Authority
from servers.programs import free_ports
from servers.scripted_imap import LOOPBACK
from servers.web import Asked, Given, WebServer

SECONDS = timedelta(seconds=5)
Serve = Callable[..., WebServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """serve(answer) is a running web server."""
    with ExitStack() as stack:

        def start(answer: Callable[[Asked], Given] | Given, *, certificate: Path | None = None) -> WebServer:
            function = answer if callable(answer) else lambda asked: answer
            return stack.enter_context(WebServer(function, certificate=certificate).running())

        yield start


@pytest.fixture
def client() -> Iterator[HttpClient]:
    with HttpClient(policy=LOOPBACK, timeout=SECONDS) as opened:
        yield opened


def test_an_answer_is_read_whole_and_its_headers_by_lower_case_names(serve: Serve, client: HttpClient) -> None:
    server = serve(lambda asked: Given(201, asked.body * 2, {"X-Kind": "Echo"}))

    answer = client.request("POST", server.url("/a%2Fb?c=d"), headers={"X-Mine": "yes"}, body=b"letter")

    assert (answer.status, answer.body, answer.headers["x-kind"]) == (201, b"letterletter", "Echo")
    assert (server.asked[0].path, server.asked[0].one("c"), server.asked[0].headers["x-mine"]) == ("/a%2Fb", "d", "yes")
    assert answer.is_good


def test_a_connection_is_used_again(serve: Serve, client: HttpClient) -> None:
    server = serve(Given(body=b"x"))
    for _ in range(3):
        client.request("GET", server.url())

    assert server.connection_count == 1


# -- where it may go -----------------------------------------------------------------------------------------------------


def test_inner_addresses_are_refused_before_anything_is_sent(serve: Serve) -> None:
    server = serve(Given())
    with HttpClient(policy=EgressPolicy(), timeout=SECONDS) as client, pytest.raises(AddressNotAllowed):
        client.request("GET", server.url())

    assert server.connection_count == 0


def test_every_redirect_is_judged_anew(serve: Serve) -> None:
    inner = serve(Given(body=b"secret"))
    names = {"inner.example": "127.0.0.9", "localhost": "127.0.0.1"}
    policy = EgressPolicy(EgressPolicy.opening(["127.0.0.1/32"]).allowed_networks, resolver=lambda host, port: [names[host]])
    server = serve(Given(302, headers={"Location": inner.url(host="inner.example")}))
    with HttpClient(policy=policy, timeout=SECONDS) as client, pytest.raises(AddressNotAllowed):
        client.request("GET", server.url(), redirects=Redirects.ANYWHERE)

    assert inner.asked == []


def test_proxies_netrc_and_cookies_are_nobodys_business(serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine localhost login bob password hunter2\n")
    (tmp_path / ".netrc").chmod(0o600)
    for name, value in {"HOME": str(tmp_path), "http_proxy": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"}.items():
        monkeypatch.setenv(name, value)
    server = serve(Given(body=b"x", headers={"Set-Cookie": "a=b"}))
    with HttpClient(policy=LOOPBACK, timeout=SECONDS) as client:
        client.request("GET", server.url())
        client.request("GET", server.url())

    assert not {"authorization", "cookie"} & set(server.asked[1].headers)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://localhost/",
        "file:///etc/passwd",
        "localhost",
        "",
        "http://",
        "http://user:word@localhost/",
        "http://[::1",
        "http://h:0/",
    ],
)
def test_addresses_that_are_none_are_refused(client: HttpClient, url: str) -> None:
    with pytest.raises(UnusableName):
        client.request("GET", url)


def test_headers_that_would_smuggle_are_refused(serve: Serve, client: HttpClient) -> None:
    server = serve(Given())
    with pytest.raises(UnusableName):
        client.request("GET", server.url(), headers={"Authorization": "Bearer a\r\nX-More: b"})

    assert server.asked == []


def test_a_session_of_somebody_else_is_bound_to_the_policy_as_well(serve: Serve) -> None:
    server = serve(Given.of_json({"access_token": "x"}))
    free, strict = requests.Session(), requests.Session()
    bind(free, policy=LOOPBACK, timeout=SECONDS)
    bind(strict, policy=EgressPolicy(), timeout=SECONDS)

    assert free.post(server.url(), data={"a": "b"}).json() == {"access_token": "x"}
    with pytest.raises(AddressNotAllowed):
        strict.post(server.url(), verify=False)


# -- TLS -----------------------------------------------------------------------------------------------------------------


def test_tls_is_verified_by_host_name_and_authority(serve: Serve, authority: Authority) -> None:
    server = serve(Given(body=b"safe"), certificate=authority.issue("localhost"))
    with HttpClient(policy=LOOPBACK, timeout=SECONDS) as client, pytest.raises(CertificateNotTrusted):
        client.request("GET", server.url())
    with HttpClient(policy=LOOPBACK, timeout=SECONDS, trusted_certificate=authority.pem) as client:
        assert client.request("GET", server.url()).body == b"safe"
        with pytest.raises(CertificateNotTrusted):
            client.request("GET", server.url(host="127.0.0.1"))


# -- redirects -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("redirects", [Redirects.SAME_HOST, Redirects.ANYWHERE])
def test_a_redirect_is_followed_where_it_is_allowed(serve: Serve, client: HttpClient, redirects: Redirects) -> None:
    server = serve(
        lambda asked: (
            Given(301, headers={"Location": "/new"}) if asked.path == "/old" else Given(body=asked.method.encode() + asked.body)
        )
    )

    answer = client.request("POST", server.url("/old"), body=b"!", redirects=redirects)

    assert (answer.body, answer.url) == (b"POST!", server.url("/new"))


def test_after_303_the_new_place_is_only_read(serve: Serve, client: HttpClient) -> None:
    server = serve(
        lambda asked: (
            Given(303, headers={"Location": "/new"}) if asked.path == "/old" else Given(body=asked.method.encode() + asked.body)
        )
    )

    assert client.request("POST", server.url("/old"), body=b"!", redirects=Redirects.SAME_HOST).body == b"GET"


def test_redirects_that_are_not_allowed_are_the_answer(serve: Serve, client: HttpClient) -> None:
    other = serve(Given(body=b"other"))
    server = serve(Given(302, headers={"Location": other.url()}))

    assert client.request("GET", server.url()).status == 302
    assert client.request("GET", server.url(), redirects=Redirects.SAME_HOST).status == 302
    assert client.request("GET", server.url(), redirects=Redirects.ANYWHERE).body == b"other"
    assert len(other.asked) == 1


def test_from_https_nothing_leads_to_http(serve: Serve, authority: Authority) -> None:
    plain = serve(Given(body=b"plain"))
    server = serve(Given(302, headers={"Location": plain.url(host="127.0.0.1")}), certificate=authority.issue("localhost"))
    with HttpClient(policy=LOOPBACK, timeout=SECONDS, trusted_certificate=authority.pem) as client:
        assert client.request("GET", server.url(), redirects=Redirects.ANYWHERE).status == 302
    assert plain.asked == []


def test_a_server_behind_tls_that_names_itself_without_is_asked_over_https(serve: Serve, authority: Authority) -> None:
    plain = serve(Given(body=b"plain"))
    to_new = Given(301, headers={"Location": plain.url("/new?a=b")})
    server = serve(
        lambda asked: to_new if asked.path == "/old" else Given(body=b"safe " + asked.one("a").encode()),
        certificate=authority.issue("localhost"),
    )
    with HttpClient(policy=LOOPBACK, timeout=SECONDS, trusted_certificate=authority.pem) as client:
        answer = client.request("GET", server.url("/old"), redirects=Redirects.SAME_HOST)
    assert (answer.body, answer.url) == (b"safe b", server.url("/new?a=b"))
    assert plain.asked == []


def test_redirects_in_a_circle_end(serve: Serve, client: HttpClient) -> None:
    server = serve(Given(302, headers={"Location": "/again"}))
    with pytest.raises(ProtocolViolation):
        client.request("GET", server.url(), redirects=Redirects.SAME_HOST)


@pytest.mark.parametrize("place", ["ftp://localhost/", "http://[", "//user@localhost/"])
def test_a_redirect_to_nowhere_is_refused(serve: Serve, client: HttpClient, place: str) -> None:
    server = serve(Given(302, headers={"Location": place}))
    with pytest.raises(UnusableName):
        client.request("GET", server.url(), redirects=Redirects.ANYWHERE)


def test_a_redirect_without_a_place_is_the_answer(serve: Serve, client: HttpClient) -> None:
    assert client.request("GET", serve(Given(302)).url(), redirects=Redirects.ANYWHERE).status == 302


# -- limits and broken answers -------------------------------------------------------------------------------------------


def test_answers_are_cut_off_at_their_size_even_when_packed(serve: Serve, client: HttpClient) -> None:
    packed = Given(body=gzip.compress(b"\0" * 5_000_000), headers={"Content-Encoding": "gzip"})
    with pytest.raises(ProtocolViolation, match="at most 1000000 bytes"):
        client.request("GET", serve(packed).url(), size_cap=1_000_000)


def test_an_answer_that_is_cut_is_a_lost_connection(serve: Serve, client: HttpClient) -> None:
    with pytest.raises(ConnectionLost):
        client.request("GET", serve(Given(body=b"x" * 1_000, cut_to=500)).url())


def test_an_answer_packed_wrongly_is_a_violation(serve: Serve, client: HttpClient) -> None:
    with pytest.raises(ProtocolViolation):
        client.request("GET", serve(Given(body=b"not packed", headers={"Content-Encoding": "gzip"})).url())


def test_a_server_that_says_nothing_gives_no_answer(serve: Serve) -> None:
    server = serve(Given(hangs=True))
    with HttpClient(policy=LOOPBACK, timeout=timedelta(seconds=0.2)) as client, pytest.raises(NoAnswer):
        client.request("GET", server.url())


def test_a_server_that_drips_is_not_waited_for_for_ever() -> None:
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_drip, args=(listener, done))
        thread.start()
        url = f"http://localhost:{listener.getsockname()[1]}/"
        with HttpClient(policy=LOOPBACK, timeout=timedelta(seconds=0.2)) as client, pytest.raises(NoAnswer):
            client.request("GET", url)
        done.set()
        thread.join()


def _drip(listener: socket.socket, done: threading.Event) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(10_000)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not done.wait(0.05):
            try:
                connection.sendall(b"1\r\nx\r\n")
            except OSError:
                return


@pytest.mark.parametrize("said", [b"", b"* OK IMAP4rev1 ready\r\n", b"HTTP/1.1 abc\r\n\r\n"])
def test_a_server_that_does_not_speak_http_is_a_lost_connection(client: HttpClient, said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_say, args=(listener, said))
        thread.start()
        with pytest.raises(ConnectionLost):
            client.request("GET", f"http://localhost:{listener.getsockname()[1]}/")
        thread.join()


def _say(listener: socket.socket, said: bytes) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(10_000)
        connection.sendall(said)


def test_a_closed_port_and_an_unknown_name_are_told_apart(client: HttpClient) -> None:
    with pytest.raises(PortClosed):
        client.request("GET", f"http://127.0.0.1:{free_ports(1)[0]}/")
    with pytest.raises(NameNotFound):
        client.request("GET", "http://nowhere.invalid/")


def test_who_leaves_a_stream_early_gives_up_the_rest(serve: Serve, client: HttpClient) -> None:
    server = serve(Given(body=b"x" * 5_000_000))
    with client.stream("GET", server.url()) as (answer, blocks):
        assert next(blocks)[:1] == b"x"
    assert answer.status == 200
    assert client.request("GET", server.url()).body == b"x" * 5_000_000


# -- what answers mean ---------------------------------------------------------------------------------------------------


def answered(status: int, body: bytes = b"", **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, "https://mail.example/x")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, LoginRefused),
        (404, CommandRefused),
        (429, ServerBusy),
        (408, ServerBusy),
        (500, ServerUnavailable),
        (503, ServerUnavailable),
    ],
)
def test_refusals_become_errors_of_the_mail_room(status: int, kind: type[MailError]) -> None:
    assert type(refusal(answered(status), command="GET", user="bob")) is kind


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry_after": "7"}, timedelta(seconds=7)),
        ({"retry_after": "Fri, 31 Dec 1999 23:59:59 GMT", "date": "Fri, 31 Dec 1999 23:59:29 GMT"}, timedelta(seconds=30)),
        ({"retry_after": "Fri, 31 Dec 1999 23:59:59 GMT"}, None),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "-3"}, None),
        ({}, None),
    ],
)
def test_the_time_a_server_asks_to_wait_is_understood(headers: dict[str, str], wait: timedelta | None) -> None:
    assert wait_asked_for(answered(429, b"", **headers)) == wait


def test_the_time_a_server_asks_to_wait_is_kept_to_within_reason() -> None:
    own = ServerBusy.retry_after

    assert refusal(answered(429, retry_after="7"), command="").retry_after == timedelta(seconds=7)
    assert refusal(answered(503, retry_after="999999999"), command="").retry_after == LONGEST_WAIT
    assert refusal(answered(429), command="").retry_after == own
    assert ServerBusy().asked_to_wait(timedelta(seconds=-5)).retry_after == timedelta(0)


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (b'{"error": {"code": "ErrorItemNotFound", "message": "Gone."}}', "application/json", "ErrorItemNotFound Gone."),
        (b'{"error": "invalid_grant", "error_description": "Bad"}', "application/json", "invalid_grant Bad"),
        (b'{"type": "about:blank", "title": "Forbidden", "detail": "No."}', "application/problem+json", "Forbidden No."),
        (b"[1]", "application/json", ""),
        (b"no such folder\n", "text/plain; charset=utf-8", "no such folder"),
        (b"<html><h1>Bad Gateway</h1></html>", "text/html", ""),
        (b"[" * 100_000, "application/json", ""),
    ],
)
def test_the_servers_own_words_are_found(body: bytes, kind: str, said: str) -> None:
    assert refusal(answered(400, body, content_type=kind), command="GET").server_said == said


@pytest.mark.parametrize("body", [b"<html>Please pay for this network</html>", b"", b"{", b"[" * 100_000, b"\xff"])
def test_what_is_no_json_is_a_violation(body: bytes) -> None:
    with pytest.raises(ProtocolViolation):
        answered(200, body).json()


def test_an_object_is_an_object() -> None:
    assert answered(200, b'{"a": 1}').object() == {"a": 1}
    with pytest.raises(ProtocolViolation):
        answered(200, b"[1]").object()
