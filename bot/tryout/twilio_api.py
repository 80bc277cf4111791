"""The double's REST API, as far as a channel uses it: Messages, their Media, and Content."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.tryout.carrier import answer
from bot.tryout.twilio import API, File, Message, TwilioDouble
from bot.tryout.twilio_content import ContentApi

LONGEST = 1600  # https://www.twilio.com/docs/api/errors/21617
_PHONE = re.compile(r"\+[1-9]\d{6,14}")
_OWN_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9.]{1,128}")  # WhatsApp's id of a person who hides their number


class TwilioApi:
    """Twilio's API and content hosts of one account."""

    def __init__(self, account: TwilioDouble) -> None:
        self.account = account
        self.content = ContentApi(account, Refusal, self._check_login)

    def app(self) -> Starlette:
        """Twilio's API and content hosts, as one application."""
        account = f"{API}/{self.account.account_sid}"
        return Starlette(
            routes=[
                Route(f"{account}/Messages.json", self._create, methods=["POST"]),
                Route(f"{account}/Messages.json", self._list),
                Route(f"{account}/Messages/{{sid}}.json", self._fetch),
                Route(f"{account}/Messages/{{sid}}.json", self._delete, methods=["DELETE"]),
                Route(f"{account}/Messages/{{sid}}/Media.json", self._list_files),
                Route(f"{account}/Messages/{{sid}}/Media/{{file}}", self._file),
                Route("/content/{file}", self._content),
                *self.content.routes(),
            ],
            exception_handlers={Refusal: lambda _request, wrong: wrong.response()},
        )

    async def _create(self, request: Request) -> Response:
        form = await request.form()
        asked = {key: str(value) for key, value in form.items()}
        self._check_login(request)
        fault = await self.account.faults.take()
        if fault.status >= 400:
            raise Refusal(fault.status, fault.code or fault.status, fault.retry_after)
        self._check(asked)
        if sid := asked.get("ContentSid"):
            asked["Body"] = self.content.written(sid, asked.get("ContentVariables", ""))
        files = [File(url=str(url)) for url in form.getlist("MediaUrl")]
        message = Message(asked["From"], asked["To"], asked.get("Body", ""), "outbound-api", "queued", files)
        message.callback, message.template = asked.get("StatusCallback", ""), asked.get("ContentSid", "")
        created = self._json(message)
        self.account.send(message)
        return answer(201, created, fault)

    def _check(self, asked: Mapping[str, str]) -> None:
        """Refuse what Twilio refuses, with its codes."""
        sender, to = asked.get("From", ""), asked.get("To", "")
        text, number = asked.get("Body", ""), to.removeprefix("whatsapp:")
        checks = [
            (21604, not to),
            (21606, sender not in self.account.webhooks),
            (21910, sender.startswith("whatsapp:") != to.startswith("whatsapp:")),
            (21211, not (_PHONE.fullmatch(number) or (to != number and _OWN_ID.fullmatch(number)))),
            (21619, not (text or asked.get("MediaUrl") or asked.get("ContentSid"))),
            (21617, len(text) > LONGEST),
            (21610, (sender, to) in self.account.stopped),
        ]
        for code, wrong in checks:
            if wrong:
                raise Refusal(400, code, about=f"{to} {text}")

    def _check_login(self, request: Request) -> None:
        given = request.headers.get("authorization", "").removeprefix("Basic ")
        if b64decode(given.encode()).decode(errors="replace") != f"{self.account.account_sid}:{self.account.auth_token}":
            raise Refusal(401, 20003)

    async def _list(self, request: Request) -> Response:
        self._check_login(request)
        asked = request.query_params
        found = [one for one in reversed(self.account.messages) if _matches(one, asked)]
        page, size = int(asked.get("Page", "0")), min(int(asked.get("PageSize", "50")), self.account.largest_page)
        part = found[page * size : (page + 1) * size]
        more = urlencode({**asked, "Page": page + 1, "PageSize": size, "PageToken": f"PA{page + 1}"})
        uri = f"{API}/{self.account.account_sid}/Messages.json"
        following = f"{uri}?{more}" if (page + 1) * size < len(found) else None
        content = {"messages": [self._json(one) for one in part], "page": page, "page_size": size, "uri": uri}
        return answer(200, content | {"next_page_uri": following})

    async def _fetch(self, request: Request) -> Response:
        self._check_login(request)
        return answer(200, self._json(self._find(request)))

    async def _delete(self, request: Request) -> Response:
        self._check_login(request)
        self.account.messages.remove(self._find(request))
        return Response(status_code=204)

    async def _list_files(self, request: Request) -> Response:
        self._check_login(request)
        message = self._find(request)
        listed = [
            {"sid": file.sid, "content_type": file.content_type, "parent_sid": message.sid, "account_sid": self.account.account_sid}
            | {"uri": f"{self.account.uri(message)}/Media/{file.sid}.json", "date_created": format_datetime(message.at)}
            | {"date_updated": format_datetime(message.at)}
            for file in message.files
        ]
        return answer(200, {"media_list": listed, "next_page_uri": None, "page": 0, "page_size": 50, "uri": request.url.path})

    async def _file(self, request: Request) -> Response:
        """Twilio answers with a redirect to where the content is kept."""
        self._check_login(request)
        file = next((file for file in self._find(request).files if file.sid == request.path_params["file"]), None)
        if file is None:
            raise Refusal(404, 20404)
        return RedirectResponse(f"{self.account.base_url}/content/{file.sid}")

    async def _content(self, request: Request) -> Response:
        for file in (file for message in self.account.messages for file in message.files):
            if file.sid == request.path_params["file"]:
                return Response(file.content, media_type=file.content_type)
        raise Refusal(404, 20404)

    def _find(self, request: Request) -> Message:
        sid = request.path_params["sid"]
        for message in self.account.messages:
            if message.sid == sid:
                return message
        raise Refusal(404, 20404)

    def _json(self, message: Message) -> dict[str, Any]:
        at = format_datetime(message.at)
        sent = None if message.status == "queued" else at
        return {
            "sid": message.sid,
            "account_sid": self.account.account_sid,
            "api_version": "2010-04-01",
            "from": message.sender,
            "to": message.to,
            "body": message.body,
            "direction": message.direction,
            "status": message.status,
            "error_code": message.error,
            "error_message": None,
            "num_media": str(len(message.files)),
            "num_segments": "1",
            "messaging_service_sid": None,
            "price": None,
            "price_unit": "USD",
            "date_created": at,
            "date_sent": sent,
            "date_updated": at,
            "subresource_uris": {"media": f"{self.account.uri(message)}/Media.json"},
            "uri": f"{self.account.uri(message)}.json",
        }


class Refusal(Exception):
    """An answer that is an error, in Twilio's form: it repeats the number and the text it is about."""

    def __init__(self, status: int, code: int, retry_after: int | None = None, *, about: str = "") -> None:
        self.status, self.code, self.retry_after, self.about = status, code, retry_after, about

    def response(self) -> Response:
        """The answer."""
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        headers = {"Retry-After": str(self.retry_after)} if self.retry_after is not None else None
        return answer(
            self.status,
            {"code": self.code, "message": f"Error {self.code} {self.about}".strip(), "more_info": more, "status": self.status},
            None,
            headers,
        )


def _matches(message: Message, asked: Mapping[str, str]) -> bool:
    sent = message.at.replace(microsecond=0)
    return (
        asked.get("To", message.to) == message.to
        and asked.get("From", message.sender) == message.sender
        and ("DateSent>" not in asked or sent >= _date(asked["DateSent>"]))
        and ("DateSent<" not in asked or sent <= _date(asked["DateSent<"]))
        and ("DateSent" not in asked or sent.date() == _date(asked["DateSent"]).date())
    )


def _date(text: str) -> datetime:
    return datetime.fromisoformat(text if "T" in text else f"{text}T00:00:00+00:00")
