"""The other side of what staff get: a real mail server, and a push service that opens what browsers would."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import http_ece
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session, syntax
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from tests.servers import free_port

USER, PASSWORD = "inloop", "p@ss word/1"


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate of this machine's own name, and the server's side of it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    begun = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).add_extension(names, False)
    begun = begun.serial_number(x509.random_serial_number()).not_valid_before(datetime.now(UTC) - timedelta(days=1))
    made = begun.not_valid_after(datetime.now(UTC) + timedelta(days=1)).sign(key, hashes.SHA256())
    shapes = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public, private = folder / "localhost.pem", folder / "localhost.key"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(key.private_bytes(*shapes))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return public, context


class _Strict(SMTP):
    """Says no to STARTTLS as often as it is told to."""

    @syntax("STARTTLS", when="tls_context")
    async def smtp_STARTTLS(self, arg: str) -> None:
        if self.event_handler.no_tls > 0:
            self.event_handler.no_tls -= 1
            await self.push("454 4.7.0 TLS not available due to temporary reason")
            return
        await super().smtp_STARTTLS(arg)


@dataclass
class Mailbox:
    """What came in; and how often the server says something else first."""

    port: int
    letters: list[EmailMessage] = field(default_factory=list)
    secret: list[bool] = field(default_factory=list)  # over TLS
    answers: list[str] = field(default_factory=list)  # to the next messages, in order
    no_tls: int = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answers:
            return self.answers.pop(0)
        found = message_from_bytes(envelope.content or b"", policy=policy.default)  # type: ignore[arg-type]
        assert isinstance(found, EmailMessage)
        self.letters.append(found)
        self.secret.append(session.ssl is not None)
        return "250 OK"

    def text(self, index: int = -1) -> str:
        """The words of a letter."""
        return str(self.letters[index].get_content()).replace("\r\n", "\n")


def _knows(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


@contextmanager
def mail_server(context: ssl.SSLContext | None = None) -> Iterator[Mailbox]:
    """A mail server on this machine; with a context it wants STARTTLS and a password."""
    box = Mailbox(free_port())
    more: dict[str, Any] = {"auth_required": True, "authenticator": _knows, "tls_context": context} if context else {}

    talks: list[SMTP] = []

    class Here(Controller):
        def factory(self) -> SMTP:
            talks.append(_Strict(self.handler, hostname="localhost", require_starttls=context is not None, **more))
            return talks[-1]

    server = Here(box, hostname="127.0.0.1", port=box.port)
    server.start()
    try:
        yield box
    finally:
        asyncio.run_coroutine_threadsafe(_hang_up(talks), server.loop).result(5)
        server.stop()


async def _hang_up(talks: list[SMTP]) -> None:
    """Close what is still open: a server that stops leaves it to nobody."""
    for talk in talks:
        if isinstance(talk.transport, asyncio.WriteTransport):
            talk.transport.abort()
    await asyncio.sleep(0.05)


class Phone:
    """A browser: keys only it has, and the subscription it gives away."""

    def __init__(self, base: str, name: str = "one") -> None:
        self.endpoint, self._key, self._secret = f"{base}/push/{name}", ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
        point = self._key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        keys = {"p256dh": _text(point), "auth": _text(self._secret)}
        self.subscription = {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def opens(self, body: bytes) -> dict[str, Any]:
        """What only this browser can read."""
        found: dict[str, Any] = json.loads(http_ece.decrypt(body, private_key=self._key, auth_secret=self._secret, version="aes128gcm"))
        return found


def _text(found: bytes) -> str:
    return base64.urlsafe_b64encode(found).rstrip(b"=").decode()


@dataclass
class PushService:
    """What came in: path, headers, body; and what it answers first (status, Retry-After), in order."""

    base: str
    came: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[tuple[int, str]] = field(default_factory=list)

    def signed_by(self, public: str, index: int = -1) -> dict[str, Any]:
        """The claims of a call, its signature checked as a push service does (RFC 8292)."""
        given = self.came[index][1]["authorization"]
        scheme, _, rest = given.partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        assert (scheme, parts["k"]) == ("vapid", public)
        assert Vapid02.verify(given)
        middle = parts["t"].split(".")[1]
        found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        return found


@contextmanager
def push_service(context: ssl.SSLContext) -> Iterator[PushService]:
    """A push service on this machine, over https as they all are."""
    service = PushService(f"https://localhost:{free_port()}")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            service.came.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            status, later = service.answers.pop(0) if service.answers else (201, "")
            self.send_response(status)
            if later:
                self.send_header("Retry-After", later)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", int(service.base.rsplit(":", 1)[1])), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's certificate that this test trusts."""
    public, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(public))
    return context
