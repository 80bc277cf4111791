"""WhatsApp and SMS by Twilio: one channel, two entries (https://www.twilio.com/docs/messaging)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Literal
from urllib.parse import parse_qsl, urljoin, urlsplit

import aiohttp
from starlette.datastructures import ImmutableMultiDict
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException  # type: ignore[import-untyped]
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from bot.channels import Malformed, Refused, Request, media
from bot.channels.twilio_client import Carrier, at
from bot.choices import as_lines
from bot.messages import ChannelName, Incoming, IncomingKind, Media, Outgoing, Receipt, ReceiptStatus, SendError

LONGEST = 1600  # characters of a body (https://www.twilio.com/docs/api/errors/21617)
TIMEOUT = 20.0  # seconds for one call
CLOCKS = timedelta(seconds=60)  # by how much Twilio's clock and ours may differ
FIELDS = 200  # form fields of one call; Twilio sends about 30
PAGE = 1000  # messages a page at most (https://www.twilio.com/docs/usage/twilios-response#pagination)
REDIRECTS = 3

UNSUBSCRIBED = 21610  # https://www.twilio.com/docs/api/errors/21610
OUTSIDE_WINDOW = 63016  # https://www.twilio.com/docs/api/errors/63016
NOT_SENT = frozenset({"failed", "undelivered", "canceled"})
_RECEIPTS: dict[str, ReceiptStatus] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "failed": "failed",
    "undelivered": "failed",
}


class Twilio:
    """One Twilio number: WhatsApp or SMS.

    public_url: the address Twilio calls us by. api_base_url: serves Twilio's API and content in its place; "" is Twilio itself.
    """

    def __init__(
        self,
        name: Literal["whatsapp", "sms"],
        account_sid: str,
        auth_token: str,
        number: str,
        *,
        public_url: str = "",
        api_base_url: str = "",
        timeout: float = TIMEOUT,
    ) -> None:
        self.name: ChannelName = name
        self._prefix = "whatsapp:" if name == "whatsapp" else ""
        self._account, self._token, self._timeout = account_sid, auth_token, timeout
        self._number = self._prefix + number.removeprefix("whatsapp:")
        self._base = api_base_url.rstrip("/")
        self._validator = RequestValidator(auth_token)
        # Twilio refuses a callback it cannot reach (21609); without one a message still goes out.
        reachable = public_url.startswith("https://") or self._base
        self._status_callback = f"{public_url.rstrip('/')}/webhooks/{name}/status" if public_url and reachable else None
        self._carrier: Carrier | None = None
        self._api: Any = None

    async def start(self) -> None:
        """Open the connection pool."""
        self._carrier = Carrier(self._base, self._timeout)
        self._api = Client(self._account, self._token, http_client=self._carrier)

    async def check(self) -> None:
        """Ask Twilio for the last message to our number. Raises SendError."""
        if self._carrier is None:
            await self.start()
        try:
            await self._client.messages.list_async(to=self._number, limit=1, page_size=1)
        except (TwilioException, ValueError) as wrong:
            raise _failure(wrong) from None

    async def stop(self) -> None:
        """Close the connection pool."""
        if self._carrier is not None:
            await self._carrier.close()
            self._carrier = self._api = None

    # What comes in

    def read(self, request: Request) -> list[Incoming]:
        """The message of a webhook call. Raises Refused, Malformed."""
        form = self._form(request)
        address, provider_id = self._address(form), form.get("MessageSid", "")
        if not address or not provider_id:
            raise Malformed("a message without sender or id")
        files = _files(form, sticker=self.name == "whatsapp")
        kind = files[0].kind if files else "text" if form.get("Body", "").strip() else "empty"
        picked = form.get("ButtonPayload") or form.get("ListId") or None
        text = form.get("Body", "") or form.get("ButtonText", "")
        if picked:
            kind = "text"
        return [Incoming(self.name, address, provider_id, text, kind, picked, files)]

    def read_status(self, request: Request) -> Receipt | None:
        """What became of a message we sent; None while it is on its way. Raises Refused, Malformed."""
        form = self._form(request)
        provider_id, said = form.get("MessageSid", ""), form.get("MessageStatus", "")
        if not provider_id or not said:
            raise Malformed("a status without message or word")
        status = _RECEIPTS.get(said)
        error = form.get("ErrorCode", "")
        return Receipt(self.name, provider_id, status, error if error.isdecimal() else None) if status else None

    def _form(self, request: Request) -> dict[str, str]:
        """The fields of a signed form post (https://www.twilio.com/docs/usage/security#validating-requests)."""
        signature = request.headers.get("x-twilio-signature", "")
        if not signature:
            raise Refused("no signature")
        try:
            pairs = parse_qsl(request.body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=FIELDS)
        except ValueError:
            raise Malformed("not a form in UTF-8") from None
        if not self._validator.validate(request.url, _Pairs(pairs), signature):
            raise Refused("wrong signature")
        return {key: value.replace("\x00", "") for key, value in pairs}

    def _address(self, form: Mapping[str, str]) -> str:
        """Who writes: a number, or WhatsApp's own id for people who hide theirs."""
        sender = form.get("From", "")
        if sender and sender.startswith("whatsapp:") != (self.name == "whatsapp"):
            raise Malformed("a message for another channel: the webhook addresses are mixed up")
        return sender.removeprefix("whatsapp:").strip() or form.get("ExternalUserId", "").removeprefix("whatsapp:").strip()

    # What goes out

    async def send(self, outgoing: Outgoing) -> str:
        """Send a message; returns its SID. Raises SendError."""
        values: dict[str, Any] = {"to": self._prefix + outgoing.address, "from_": self._number}
        if self._status_callback:
            values["status_callback"] = self._status_callback
        if outgoing.template:
            values |= {"content_sid": outgoing.template, "content_variables": json.dumps(outgoing.values, ensure_ascii=False)}
        elif text := body(outgoing):
            values["body"] = text
        if outgoing.media_url:
            values["media_url"] = [outgoing.media_url]
        if len(values.get("body", "")) > LONGEST:
            raise SendError("too_long", retry=False)
        try:
            created = await self._client.messages.create_async(**values)
        except (TwilioException, ValueError) as wrong:  # ValueError: an answer that is no JSON
            raise _failure(wrong) from None
        return str(created.sid)

    async def find(self, outgoing: Outgoing, since: datetime) -> list[str]:
        """SIDs of messages with this text to this person since then, oldest first. Raises SendError.

        Not filtered by the date sent: a message Twilio has only queued has none yet.
        """
        to, wanted = self._prefix + outgoing.address, _words(body(outgoing))
        try:
            listed = await self._client.messages.list_async(to=to, from_=self._number, limit=200, page_size=100)
        except (TwilioException, ValueError) as wrong:  # ValueError: an answer that is no JSON
            raise _failure(wrong) from None
        found = [(_time(one), str(one.sid)) for one in listed if one.status not in NOT_SENT and _words(one.body or "") == wanted]
        return [sid for at, sid in reversed(found) if at is None or at >= since - CLOCKS]

    async def missed(self, since: datetime) -> list[Incoming]:
        """Messages Twilio received since then, oldest first; buttons come as their text. Raises SendError."""
        try:
            listed = await self._client.messages.list_async(
                to=self._number, date_sent_after=(since - CLOCKS).astimezone(timezone.utc), page_size=PAGE
            )
            return [await self._listed(one) for one in reversed(listed) if one.direction == "inbound"]
        except (TwilioException, ValueError) as wrong:  # ValueError: an answer that is no JSON
            raise _failure(wrong) from None

    async def _listed(self, message: Any) -> Incoming:
        files: tuple[Media, ...] = ()
        if int(message.num_media or 0):
            held = await self._client.messages(message.sid).media.list_async(limit=10)
            urls = [f"{self._base or 'https://api.twilio.com'}{file.uri.removesuffix('.json')}" for file in held]
            files = tuple(_file(url, file.content_type, sticker=self.name == "whatsapp") for url, file in zip(urls, held, strict=True))
        address, text = str(message.from_).removeprefix("whatsapp:"), str(message.body or "").replace("\x00", "")
        kind: IncomingKind = files[0].kind if files else "text" if text.strip() else "empty"
        return Incoming(self.name, address, str(message.sid), text, kind, None, files, sent_at=_time(message))

    async def fetch(self, file: Media, limit: int) -> tuple[bytes, str]:
        """A file and its type, from Twilio's addresses only. Raises SendError."""
        if held := media.open_enclosed(file, limit):
            return held
        url = at(self._base, file.reference)
        authorization = {"Authorization": aiohttp.encode_basic_auth(self._account, self._token)}
        for hop in range(REDIRECTS + 1):
            if not self._is_carrier(url, redirected=hop > 0):
                raise SendError("not_the_carrier", retry=False)
            # The password goes to the API only, never to where it redirects.
            found = await self._client.http_client.download(url, {} if hop else authorization, limit)
            if isinstance(found, tuple):
                return found
            url = urljoin(url, found)
        raise SendError("too_many_redirects", retry=False)

    async def erase(self, provider_ids: list[str]) -> None:
        """Delete messages at Twilio; those already gone are fine. Raises SendError when some are left."""
        left: SendError | None = None
        for sid in provider_ids:
            try:
                await self._client.messages(sid).delete_async()
            except TwilioRestException as wrong:
                left = left if wrong.status == 404 else _failure(wrong)
        if left:
            raise left

    @property
    def _client(self) -> Any:
        if self._api is None:
            raise SendError("closed", retry=True)
        return self._api

    def _is_carrier(self, url: str, *, redirected: bool) -> bool:
        parts = urlsplit(url)
        if self._base:
            return (parts.scheme, parts.netloc) == urlsplit(self._base)[:2]
        host = parts.hostname or ""
        hosted = host.endswith((".twilio.com", ".twiliocdn.com")) or (
            host == "s3-external-1.amazonaws.com" and parts.path.startswith("/media.twiliocdn.com/")
        )
        return parts.scheme == "https" and (hosted if redirected else host == "api.twilio.com")


def body(outgoing: Outgoing) -> str:
    """The text as it goes out: choices as numbered lines under it."""
    return "\n".join(part for part in (outgoing.text, as_lines(outgoing.choices)) if part)


def _failure(wrong: Exception) -> SendError:
    """Twilio's refusal, by its code alone: its words carry numbers."""
    if not isinstance(wrong, (TwilioRestException, TwilioServiceException)):
        # A page of a list that did not come: the library says so with the answer beside it.
        status = getattr(wrong.args[-1], "status_code", None) if wrong.args else None
        return SendError(f"twilio_http_{status}" if status else "twilio_unreadable", retry=True)
    if wrong.code == OUTSIDE_WINDOW:
        return SendError("window", retry=False)
    # Wrong credentials and unfinished messages (409) are nobody's refusal: they pass.
    return SendError(f"twilio_{wrong.code}", retry=wrong.status in (401, 408, 409), gone=wrong.code == UNSUBSCRIBED)


def _files(form: Mapping[str, str], *, sticker: bool) -> tuple[Media, ...]:
    if form.get("Latitude") and form.get("Longitude"):
        return (media.enclosed("location", f"geo:{form['Latitude']},{form['Longitude']}", "text/plain"),)
    count = form.get("NumMedia", "0")
    numbers = range(min(int(count), 10)) if count.isdecimal() else range(0)
    found = [(form.get(f"MediaUrl{index}", ""), form.get(f"MediaContentType{index}", "")) for index in numbers]
    return tuple(_file(url, content_type, sticker=sticker) for url, content_type in found if url)


def _file(url: str, content_type: str, *, sticker: bool) -> Media:
    """WhatsApp photos are JPEG or PNG; WebP is what it makes of stickers."""
    is_sticker = sticker and media.bare(content_type) == "image/webp"
    return Media("sticker" if is_sticker else media.kind_of(content_type), url, media.bare(content_type))


def _words(text: str) -> list[str]:
    return text.split()


def _time(message: Any) -> datetime | None:
    at: datetime | None = message.date_sent or message.date_created
    return at.replace(tzinfo=timezone.utc) if at is not None and at.tzinfo is None else at


class _Pairs(ImmutableMultiDict[str, str]):
    """Form fields as Twilio's validator reads them: every value of a name counts."""
