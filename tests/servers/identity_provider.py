"""A sign-in provider on a loopback port, over TLS, made of Authlib's server parts; everything it knows lies in memory.

Authorization code with PKCE, device flow, refresh with rotation, introspection (for Dovecot), revocation, userinfo, id tokens.
A refresh token that is used a second time ends the whole grant, as Microsoft, Okta and others do it; `reuse_count` tells.
What people see of it are plain forms, which journeys fill in and tests post.
"""

from __future__ import annotations

import html
import json
import ssl
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from mooring.mail.egress import EgressPolicy
from mooring.mail.sign_in_providers import Provider, Registration
from mooring.mail.types import Secret
from servers.authorization import Answer, Authorization, Client, Received
from servers.certificates import Authority

CLIENT_ID = "client.mooring.example"
CLIENT_SECRET = "canary-client-secret"


class IdentityProvider:
    """One running provider. Its attributes are its moods: tests set them, and read what happened."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self.client = Client(CLIENT_ID, CLIENT_SECRET)
        self.authorization = Authorization(self.client)
        self.outage = ""
        """The path of the endpoint that answers 503 for now."""
        self.requests: list[Received] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority.issue("localhost", "127.0.0.1"))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.authorization.base = self.base

    @property
    def base(self) -> str:
        """Where its addresses begin."""
        return f"https://localhost:{self._server.server_address[1]}"

    def url(self, path: str) -> str:
        """authorize, token, device, activate, introspect, revoke or userinfo."""
        return f"{self.base}/{path}"

    @property
    def introspection_url(self) -> str:
        """With the client's name and secret in front, as Dovecot wants it."""
        return self.url("introspect").replace("://", f"://{CLIENT_ID}:{CLIENT_SECRET}@")

    def start(self) -> IdentityProvider:
        """Listen from now on."""
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, received: Received) -> Answer:
        """What it says to a request."""
        self.requests.append(received)
        if self.outage and received.path == self.outage:
            return Answer(503, "out of order", {})
        page = {"/authorize": self._authorize, "/activate": self._activate}.get(received.path)
        return page(received) if page else self.authorization.answer(received)

    def _authorize(self, received: Received) -> Answer:
        if received.method == "GET":
            return _page("Sign in", received.data.get("login_hint", ""), received.data.get("scope", ""))
        return self.authorization.decide(received, person=received.form["person"], is_allowed="allow" in received.form)

    def _activate(self, received: Received) -> Answer:
        if received.method == "GET":
            return _page("Connect a device", "", "", code=received.data.get("user_code", ""))
        form = received.form
        self.authorization.decide_device(form["user_code"], person=form["person"], is_allowed="allow" in form)
        return Answer(200, "<!doctype html><title>Done</title><p>You may close this page.", {"Content-Type": "text/html"})

    @property
    def policy(self) -> EgressPolicy:
        """A policy that reaches it and trusts its certificate."""
        return EgressPolicy.opening(["127.0.0.0/8", "::1/128"], extra_authorities=self._authority.pem)

    def described(self, **changes: Any) -> Provider:
        """As an administrator would describe it."""
        provider = Provider(
            title="Lighthouse",
            authorize_url=self.url("authorize"),
            token_url=self.url("token"),
            mail_hosts=frozenset({"localhost"}),
            device_url=self.url("device"),
            userinfo_url=self.url("userinfo"),
            revoke_url=self.url("revoke"),
            scopes={"": ("openid", "email", "mail")},
        )
        return replace(provider, **changes)

    def registration(self, **changes: Any) -> Registration:
        """Mooring as it is registered here."""
        return Registration(self.described(**changes), CLIENT_ID, Secret(CLIENT_SECRET))

    def consented(self, url: str, *, person: str = "", is_allowed: bool = True) -> dict[str, str]:
        """What the browser brings back from the page at `url`, once the person has answered there."""
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query))
        form = {"person": person or query.get("login_hint", ""), "allow" if is_allowed else "deny": "1"}
        answer = self.answer(Received("POST", parts.path, url, {}, query, form))
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))

    def allow_device(self, user_code: str, person: str) -> None:
        """The person enters the code and allows it."""
        self.authorization.decide_device(user_code, person=person, is_allowed=True)

    def deny_device(self, user_code: str, person: str) -> None:
        """The person enters the code and refuses."""
        self.authorization.decide_device(user_code, person=person, is_allowed=False)


def _page(title: str, person: str, scope: str, *, code: str | None = None) -> Answer:
    field = f'<p><label>Code <input name="user_code" value="{html.escape(code)}"></label>' if code is not None else ""
    body = (
        f'<!doctype html><html lang="en"><title>{title}</title><h1>{title}</h1><form method="post">{field}'
        f'<p><label>Person <input name="person" value="{html.escape(person)}"></label><p>{html.escape(scope)}'
        '<p><button name="allow" value="1">Allow</button> <button name="deny" value="1">Deny</button></form></html>'
    )
    return Answer(200, body, {"Content-Type": "text/html"})


def _handler_of(provider: IdentityProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._respond({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            self._respond(dict(parse_qsl(body, keep_blank_values=True)))

        def _respond(self, form: dict[str, str]) -> None:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            received = Received(self.command, parts.path, provider.base + self.path, dict(self.headers), query, form)
            answer = provider.answer(received)
            body = (answer.body if isinstance(answer.body, str) else json.dumps(answer.body)).encode()
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    return Handler
