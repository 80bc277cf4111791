"""Signing in with a work account, at a provider on this machine that answers as the specification says."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from fastapi import FastAPI, Form, Request
from fastapi.responses import JSONResponse
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from sqlalchemy import update

from bot import totp, users
from bot.clock import now
from bot.store import Store
from bot.tables import users as staff
from tests import servers
from tests.console.conftest import Browser, House

CLIENT, SECRET = "inloop", "a-secret-of-the-test"


class Provider:
    """An OpenID provider: whoever comes is signed in as `claims`; `spoil` makes it answer wrong."""

    def __init__(self, issuer: str) -> None:
        self.issuer, self.key, self.other = issuer, RSAKey.generate_key(2048, {"kid": "1"}), RSAKey.generate_key(2048, {"kid": "1"})
        self.claims: dict[str, Any] = {"sub": "s-1", "email": "sara@example.org", "email_verified": True}
        self.spoil, self.codes = "", dict[str, dict[str, str]]()
        self.app = FastAPI()
        self.app.get("/.well-known/openid-configuration")(self.told)
        self.app.get("/keys")(self.keys)
        self.app.post("/token")(self.token)

    def told(self) -> dict[str, str]:
        issuer = "https://elsewhere.example" if self.spoil == "issuer" else self.issuer
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }

    def keys(self) -> dict[str, Any]:
        return dict(KeySet([self.key]).as_dict(private=False))

    def authorize(self, address: str) -> str:
        """What a browser does there: the address it is sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["client_id"] == CLIENT
        self.codes["code-1"] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': 'code-1', 'state': asked['state']})}"

    def token(self, request: Request, code: str = Form(), redirect_uri: str = Form(), code_verifier: str = Form()) -> Any:
        asked = self.codes.pop(code, None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(code_verifier.encode()).digest()).rstrip(b"=").decode()
        known = request.headers.get("authorization") == "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if not known or not asked or asked["redirect_uri"] != redirect_uri or asked["code_challenge"] != challenge or self.spoil == "token":
            return JSONResponse({"error": "invalid_grant"}, 400)
        at = int(now().timestamp())
        claims: dict[str, Any] = {"iss": self.issuer, "aud": CLIENT, "iat": at, "exp": at + 300, "nonce": asked["nonce"], **self.claims}
        wrong: dict[str, dict[str, Any]] = {"aud": {"aud": "another"}, "exp": {"exp": at - 600}, "nonce": {"nonce": "another"}}
        claims |= wrong.get(self.spoil, {})
        signed = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.other if self.spoil == "signature" else self.key)
        return {"id_token": signed, "access_token": "x", "token_type": "Bearer"}


@pytest.fixture
def provider() -> Iterator[Provider]:
    port = servers.free_port()
    made = Provider(f"http://127.0.0.1:{port}")
    with servers.serving(made.app, port):
        yield made


@pytest.fixture
def door(lite: Store, provider: Provider) -> House:
    """A console that knows Sara by her work address."""
    named = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    house = House(lite, **named)
    with lite.begin() as connection:
        user = users.add_user(connection, "Sara", "advisor")
        connection.execute(update(staff).where(staff.c.id == user).values(email_hash=lite.vault.hash("sara@example.org")))
    return house


def come(house: House, provider: Provider) -> tuple[Browser, Any]:
    """Through the provider and back; gives the browser and the last answer."""
    browser = Browser(house.app, follow_redirects=False)
    sent = browser.get("/sign-in/organisation")
    back = urlsplit(provider.authorize(sent.headers["location"]))
    return browser, browser.get(f"{back.path}?{back.query}")


def test_the_page_offers_it_only_where_there_is_a_provider(house: House, door: House) -> None:
    assert "/sign-in/organisation" in Browser(door.app).get("/sign-in").text
    plain = House(door.store)
    assert "/sign-in/organisation" not in Browser(plain.app).get("/sign-in").text
    assert Browser(plain.app, follow_redirects=False).get("/sign-in/organisation").status_code == 404


def test_a_work_account_comes_in_and_is_known_by_its_subject_afterwards(door: House, provider: Provider) -> None:
    browser, answer = come(door, provider)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "Sara" in browser.get("/account").text
    provider.claims |= {"email": "married@example.org"}  # another address, the same account
    assert come(door, provider)[1].headers.get("location") == "/"
    provider.claims = {"sub": "s-2", "email": "sara@example.org", "email_verified": True}  # her old address, given to another
    assert come(door, provider)[1].status_code == 401


@pytest.mark.parametrize("claims", [{"email": "else@example.org"}, {"email_verified": False}, {"email": None}])
def test_who_is_not_known_stays_outside_and_hears_what_to_do(door: House, provider: Provider, claims: dict[str, Any]) -> None:
    provider.claims |= claims
    browser, answer = come(door, provider)
    assert answer.status_code == 401
    assert "Vraag uw coördinator" in answer.text
    assert browser.get("/queue").status_code == 303


@pytest.mark.parametrize("spoil", ["signature", "aud", "exp", "nonce", "issuer", "token"])
def test_what_is_not_proven_lets_nobody_in(door: House, provider: Provider, spoil: str) -> None:
    if spoil == "issuer":
        provider.spoil = spoil
        assert Browser(door.app, follow_redirects=False).get("/sign-in/organisation").status_code == 401
        return
    browser = Browser(door.app, follow_redirects=False)
    back = urlsplit(provider.authorize(browser.get("/sign-in/organisation").headers["location"]))
    provider.spoil = spoil
    assert browser.get(f"{back.path}?{back.query}").status_code == 401
    assert browser.get("/queue").status_code == 303


def test_an_answer_that_did_not_begin_in_this_browser_is_refused(door: House, provider: Provider) -> None:
    begun = Browser(door.app, follow_redirects=False).get("/sign-in/organisation")
    back = urlsplit(provider.authorize(begun.headers["location"]))
    other = Browser(door.app, follow_redirects=False)
    other.get("/sign-in/organisation")
    assert other.get(f"{back.path}?{back.query}").status_code == 401
    assert Browser(door.app, follow_redirects=False).get(f"{back.path}?{back.query}").status_code == 401


def test_somebody_with_a_code_of_the_phone_is_still_asked_for_it(door: House, provider: Provider) -> None:
    with door.store.begin() as connection:
        row = users.find(connection, "Sara")
        assert row is not None
        totp.begin(connection, door.store.vault, row.id)
        secret = totp.begun(connection, door.store.vault, row.id)
        assert secret is not None
        totp.confirm(connection, door.store.vault, row.id, totp.code(secret, int(now().timestamp()) // totp.STEP))
    assert come(door, provider)[1].headers["location"] == "/sign-in/code"


def test_a_provider_that_is_away_is_said_and_the_other_doors_stay_open(lite: Store) -> None:
    house = House(lite, oidc_issuer=f"http://127.0.0.1:{servers.free_port()}", oidc_client_id=CLIENT, oidc_client_secret=SECRET)
    answer = Browser(house.app, follow_redirects=False).get("/sign-in/organisation")
    assert answer.status_code == 502
    assert "aanmeldlink" in answer.text
    assert house.browser().get("/queue").status_code == 200
