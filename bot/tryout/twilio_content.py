"""The double's Content API: templates, their approval by WhatsApp, and what one says once its values are in."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.clock import now
from bot.tryout.carrier import answer
from bot.tryout.twilio import TwilioDouble

CATEGORIES = ("UTILITY", "MARKETING", "AUTHENTICATION")
_VALUE = re.compile(r"\{\{(\w+)\}\}")
_NAME = re.compile(r"[a-z0-9_]{1,512}")


@dataclass
class Content:
    """A template as Twilio keeps it; `approval` is what WhatsApp says of it, None before it was asked."""

    friendly_name: str
    language: str
    types: dict[str, Any]
    variables: dict[str, str]
    approval: dict[str, Any] | None = None
    sid: str = field(default_factory=lambda: "HX" + secrets.token_hex(16))
    at: str = field(default_factory=lambda: format_datetime(now()))

    def says(self, values: dict[str, str]) -> str:
        """The text with these values; one that is left out is the sample's."""
        body = str(self.types["twilio/text"]["body"])
        return _VALUE.sub(lambda found: str({**self.variables, **values}.get(found[1], found[0])), body)


class ContentApi:
    """/v1/Content of one account. `refuse` makes a carrier's error of a status and a code, `check_login` the account's own check."""

    def __init__(self, account: TwilioDouble, refuse: Callable[[int, int], Exception], check_login: Callable[[Request], None]) -> None:
        self.account, self.refuse, self._check_login = account, refuse, check_login

    def routes(self) -> list[Route]:
        """What is served."""
        return [
            Route("/v1/Content", self._create, methods=["POST"]),
            Route("/v1/Content", self._list),
            Route("/v1/Content/{sid}", self._delete, methods=["DELETE"]),
            Route("/v1/Content/{sid}/ApprovalRequests", self._approval),
            Route("/v1/Content/{sid}/ApprovalRequests/whatsapp", self._ask, methods=["POST"]),
        ]

    def written(self, sid: str, variables: str) -> str:
        """What a message says that is sent by a template."""
        held = self.account.contents.get(sid)
        if held is None:
            raise self.refuse(400, 21655)
        try:
            values = json.loads(variables or "{}")
        except ValueError:
            raise self.refuse(400, 21656) from None
        if not isinstance(values, dict) or any(not value or re.search(r"[\n\t]| {5}", str(value)) for value in values.values()):
            raise self.refuse(400, 21656)
        return str(held.says(values))

    async def _create(self, request: Request) -> Response:
        self._check_login(request)
        fault = await self.account.faults.take()
        if fault.status >= 400:
            raise self.refuse(fault.status, fault.code or fault.status)
        asked = await request.json()
        body = asked.get("types", {}).get("twilio/text", {}).get("body", "")
        if not body or not asked.get("language"):
            raise self.refuse(400, 20001)
        made = Content(asked.get("friendly_name", ""), asked["language"], asked["types"], asked.get("variables") or {})
        self.account.contents[made.sid] = made
        return answer(201, self._json(made), fault)

    async def _list(self, request: Request) -> Response:
        self._check_login(request)
        page, size = int(request.query_params.get("Page", "0")), int(request.query_params.get("PageSize", "50"))
        found = list(self.account.contents.values())[::-1]
        more = f"{self.account.base_url}/v1/Content?Page={page + 1}&PageSize={size}" if (page + 1) * size < len(found) else None
        meta = {"key": "contents", "page": page, "page_size": size, "url": str(request.url), "next_page_url": more}
        return answer(200, {"contents": [self._json(one) for one in found[page * size : (page + 1) * size]], "meta": meta})

    async def _delete(self, request: Request) -> Response:
        self._check_login(request)
        del self.account.contents[self._find(request).sid]
        return Response(status_code=204)

    async def _ask(self, request: Request) -> Response:
        """WhatsApp takes what it can read, and says later what it thinks; here at once."""
        self._check_login(request)
        held, asked = self._find(request), await request.json()
        if not _NAME.fullmatch(asked.get("name", "")) or asked.get("category") not in CATEGORIES:
            raise self.refuse(400, 20001)
        said = {"name": asked["name"], "category": asked["category"], "content_type": "twilio/text", "allow_category_change": True}
        held.approval = said | {"status": self.account.approves, "rejection_reason": "", "type": "whatsapp", "flows": None}
        return answer(201, held.approval | {"status": "received"})

    async def _approval(self, request: Request) -> Response:
        self._check_login(request)
        held = self._find(request)
        whatsapp = held.approval or {"status": "unsubmitted", "rejection_reason": "", "type": "whatsapp", "flows": None}
        url = f"https://content.twilio.com/v1/Content/{held.sid}/ApprovalRequests"
        return answer(200, {"sid": held.sid, "account_sid": self.account.account_sid, "whatsapp": whatsapp, "url": url})

    def _find(self, request: Request) -> Content:
        held = self.account.contents.get(request.path_params["sid"])
        if held is None:
            raise self.refuse(404, 20404)
        found: Content = held
        return found

    def _json(self, one: Content) -> dict[str, Any]:
        same = {"sid": one.sid, "friendly_name": one.friendly_name, "language": one.language, "variables": one.variables}
        url = f"https://content.twilio.com/v1/Content/{one.sid}"
        links = {"approval_create": f"{url}/ApprovalRequests/whatsapp", "approval_fetch": f"{url}/ApprovalRequests"}
        at = {"date_created": one.at, "date_updated": one.at}
        return same | at | {"types": one.types, "url": url, "account_sid": self.account.account_sid, "links": links}
