"""Voice both ways: what a human says to a person, kept encrypted with the story; and "may I hear it?" of what a person sent."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from fastapi import FastAPI
from fastapi import Request as Call
from fastapi.responses import Response
from sqlalchemy import Connection, insert, or_, select, update

from bot import asks, cases, effects
from bot.audit import note
from bot.clock import now
from bot.messages import Outgoing
from bot.scene import Scene
from bot.settings import Settings
from bot.store import Store
from bot.tables import media, messages, new_id
from bot.vault import Vault

FETCHED_WITHIN = timedelta(hours=2)
ASKED_AGAIN = timedelta(days=1)
CONTENT_TYPE = "audio/ogg"  # with Opus in it (bot/sound.py): the one sort of OGG WhatsApp takes


def fetch_base(settings: Settings, channel: str) -> str | None:
    """The address a carrier fetches recordings from, "" where it is handed the file; None when there is none it could reach."""
    if channel != "whatsapp":
        return ""
    if not (settings.is_public or settings.twilio_api_base_url):  # a double of Twilio is on this machine too
        return None
    return (settings.public_url or f"http://127.0.0.1:{settings.bot_port}").rstrip("/")


def reply(connection: Connection, vault: Vault, case: str, user: str, recording: bytes, base: str) -> str:
    """A human's recording goes to the person (see cases.reply); returns the message id. Raises as cases.reply does."""
    made = new_id()
    body = {"text": "", "voice": made} | ({"media_url": f"{base}/m/{_token(vault, made)}"} if base else {})
    message = cases.reply(connection, vault, case, user, body)
    contact = connection.execute(select(messages.c.contact_id).where(messages.c.id == message)).scalar_one()
    kept = {"kind": "voice", "content_type": CONTENT_TYPE, "reference": vault.close(""), "content": vault.close_bytes(recording)}
    token = vault.hash(_token(vault, made)) if base else None
    moments = {"wanted_at": now(), "fetched_at": now()}
    connection.execute(insert(media).values(id=made, contact_id=contact, message_id=message, token=token, **kept, **moments))
    return message


def _token(vault: Vault, recording: str) -> str:
    """What only the carrier is told: the same at each try, guessed by nobody, and not kept."""
    return vault.hash(f"voice:{recording}")


def attached(connection: Connection, vault: Vault, outgoing: Outgoing, recording: str) -> Outgoing:
    """A message about to be sent, with its recording; from now on the carrier may fetch it for two hours."""
    opened = update(media).where(media.c.id == recording).values(token_until=now() + FETCHED_WITHIN)
    sealed = connection.scalar(opened.returning(media.c.content))
    return outgoing if sealed is None or outgoing.media_url else replace(outgoing, voice=vault.open_bytes(sealed))


def fetch(connection: Connection, vault: Vault, token: str) -> bytes | None:
    """The recording a carrier comes for; None when nobody may have it (any more)."""
    known = or_(*(media.c.token == digest for digest in vault.hashes(token)))
    sealed = connection.scalar(select(media.c.content).where(known, media.c.token_until > now()))
    return None if sealed is None else vault.open_bytes(sealed)


def add_to(app: FastAPI, store: Store) -> None:
    """Serve GET /m/TOKEN on the gateway."""

    def open_for(token: str) -> bytes | None:
        with store.begin(durable=False) as connection:
            return fetch(connection, store.vault, token)

    async def recording(call: Call) -> Response:
        content = await asyncio.to_thread(open_for, call.path_params["token"])
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        if content is None:
            return Response(status_code=404, headers=headers)
        return Response(content, media_type=CONTENT_TYPE, headers=headers)

    app.router.add_route("/m/{token}", recording, methods=["GET"])


# "May I hear it?": a voice note or photo that was sent before the person said yes to passing it on.


class Asked(Exception):
    """The person was asked a moment ago, and may take their time."""


def ask_to_hear(connection: Connection, vault: Vault, case: str, user: str, human: str) -> None:
    """Ask the person whether the human may hear or see what they sent. Raises Asked, cases.CannotReach, KeyError."""
    contact = cases.one(connection, case).contact_id
    cases.reachable(connection, contact)
    before = (messages.c.contact_id == contact) & (messages.c.reply == "ask_hear") & (messages.c.at > now() - ASKED_AGAIN)
    if connection.scalar(select(messages.c.id).where(before).limit(1)) is not None:
        raise Asked
    options = [(f"hear:{case}:yes", "@media_yes"), (f"hear:{case}:no", "@media_no")]
    asks.ask(connection, vault, contact, "ask_hear", {"human": human}, options, user=user)
    note(connection, "asked_to_hear", user=user, case=case)


def _heard(scene: Scene, case: str, answer: str) -> None:
    if answer == "yes":
        effects.carry_out(scene, [{"effect": "want_media"}])
    asks.tell(scene.connection, scene.vault, scene.contact, "media_passed" if answer == "yes" else "media_left")


asks.HANDLERS["hear"] = _heard
