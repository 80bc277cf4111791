"""Signing in with the organisation's own accounts: OpenID Connect, code flow with PKCE (openid.net/specs/openid-connect-core-1_0)."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import Connection, Row, select, update

from bot.audit import note
from bot.clock import now
from bot.settings import Settings
from bot.tables import users
from bot.vault import Vault

SECONDS = 10.0  # one call to the provider
LEEWAY = 60  # seconds its clock and ours may differ
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]  # signed by the provider: never "none", never by a shared secret
SCOPE = "openid email"


class NotSignedIn(Exception):
    """The provider did not say who this is: `reason` is unreachable, refused or unproven."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Begun:
    """A sign-in under way: where the browser goes, and what it brings back to prove that it began here."""

    address: str
    state: str
    nonce: str
    verifier: str


def begin(settings: Settings, back: str) -> Begun:
    """Begin a sign-in; `back` is our address the provider sends the browser to. Raises NotSignedIn."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {"response_type": "code", "client_id": settings.oidc_client_id, "redirect_uri": back, "scope": SCOPE, "state": state}
    asked |= {"nonce": nonce, "code_challenge": challenge, "code_challenge_method": "S256"}
    return Begun(f"{_told(settings)['authorization_endpoint']}?{urlencode(asked)}", state, nonce, verifier)


def finish(settings: Settings, back: str, code: str, nonce: str, verifier: str) -> dict[str, Any]:
    """Who signed in: the claims of a token that was checked. Raises NotSignedIn."""
    told = _told(settings)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
    account = httpx.BasicAuth(settings.oidc_client_id, settings.oidc_client_secret)
    token = str(_json("POST", told["token_endpoint"], data=form, auth=account).get("id_token") or "")
    return _checked(settings, token, _json("GET", told["jwks_uri"]), nonce)


def holder(connection: Connection, vault: Vault, claims: dict[str, Any]) -> Row[Any] | None:
    """The member of staff of an account: bound to it before, else by the address the provider vouches for, which binds it."""
    who = f"{claims['iss']} {claims['sub']}"
    active = users.c.disabled_at.is_(None)
    found = connection.execute(select(users).where(users.c.subject.in_(vault.hashes(who)), active)).one_or_none()
    if found is not None or claims.get("email_verified") is not True or not claims.get("email"):
        return found
    known = users.c.email_hash.in_(vault.hashes(str(claims["email"]).strip().casefold()))
    found = connection.execute(select(users).where(known, users.c.subject.is_(None), active)).one_or_none()
    if found is not None:
        connection.execute(update(users).where(users.c.id == found.id).values(subject=vault.hash(who)))
        note(connection, "account_bound", user=found.id)
    return found


def _told(settings: Settings) -> dict[str, Any]:
    """What the provider tells of itself (openid.net/specs/openid-connect-discovery-1_0)."""
    issuer = settings.oidc_issuer.rstrip("/")
    told = _json("GET", f"{issuer}/.well-known/openid-configuration")
    if str(told.get("issuer", "")).rstrip("/") != issuer or not all(told.get(name) for name in _ENDPOINTS):
        raise NotSignedIn("unproven")
    return told


_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


def _json(method: str, url: str, **more: Any) -> dict[str, Any]:
    try:
        answer = httpx.request(method, url, timeout=SECONDS, **more)
        found = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        raise NotSignedIn("unreachable") from None
    if answer.status_code >= 400 or not isinstance(found, dict):
        raise NotSignedIn("unreachable" if answer.status_code >= 500 else "refused")
    return found


def _checked(settings: Settings, token: str, keys: dict[str, Any], nonce: str) -> dict[str, Any]:
    """Signature, issuer, audience, time and nonce (core, 3.1.3.7)."""
    wanted: dict[str, Any] = {"iss": {"essential": True, "value": settings.oidc_issuer}, "nonce": {"essential": True, "value": nonce}}
    wanted |= {"aud": {"essential": True, "value": settings.oidc_client_id}, "exp": {"essential": True}, "sub": {"essential": True}}
    try:
        found = jwt.decode(token, KeySet.import_key_set(keys), algorithms=ALGORITHMS)  # type: ignore[arg-type]
        jwt.JWTClaimsRegistry(now=int(now().timestamp()), leeway=LEEWAY, **wanted).validate(found.claims)
    except (JoseError, ValueError, KeyError, TypeError):
        raise NotSignedIn("unproven") from None
    if found.claims.get("azp", settings.oidc_client_id) != settings.oidc_client_id:
        raise NotSignedIn("unproven")
    return found.claims
