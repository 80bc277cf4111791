"""Twilio's Content API: templates, and what WhatsApp says of them (https://www.twilio.com/docs/content)."""

from __future__ import annotations

from typing import Any

import httpx

from bot.messages import SendError

HOST = "https://content.twilio.com"
TIMEOUT = 20.0  # seconds for one call
PAGE = 100
CATEGORY = "UTILITY"  # what somebody agreed to hear: no advertisement


class TwilioContent:
    """The templates of one account. base: serves the API in Twilio's place; "" is Twilio itself. Every call raises SendError."""

    def __init__(self, account_sid: str, auth_token: str, base: str = "", timeout: float = TIMEOUT) -> None:
        self._base = base.rstrip("/") or HOST
        self._client = httpx.Client(auth=(account_sid, auth_token), timeout=timeout, trust_env=not base)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def all(self) -> dict[str, str]:
        """The id of each template by its title."""
        found: dict[str, str] = {}
        url: str | None = f"/v1/Content?PageSize={PAGE}"
        while url:
            page = self._call("GET", url)
            found |= {one["friendly_name"]: one["sid"] for one in page["contents"]}
            following = page["meta"].get("next_page_url")
            url = "/v1/Content" + following.partition("/v1/Content")[2] if following else None
        return found

    def create(self, title: str, language: str, body: str, samples: dict[str, str]) -> str:
        """Make a template; returns its id."""
        types = {"twilio/text": {"body": body}}
        asked = {"friendly_name": title, "language": language, "variables": samples, "types": types}
        return str(self._call("POST", "/v1/Content", asked)["sid"])

    def submit(self, sid: str, title: str) -> None:
        """Ask WhatsApp to approve a template."""
        self._call("POST", f"/v1/Content/{sid}/ApprovalRequests/whatsapp", {"name": title, "category": CATEGORY})

    def approval(self, sid: str) -> tuple[str, str]:
        """What WhatsApp says of a template (unsubmitted, received, pending, approved, rejected, paused, disabled), and why."""
        said = self._call("GET", f"/v1/Content/{sid}/ApprovalRequests").get("whatsapp") or {}
        return str(said.get("status") or "unsubmitted"), str(said.get("rejection_reason") or "")

    def delete(self, sid: str) -> None:
        """Take a template away; one that is gone is fine."""
        try:
            self._call("DELETE", f"/v1/Content/{sid}")
        except SendError as wrong:
            if wrong.reason != "twilio_20404":
                raise

    def _call(self, method: str, path: str, asked: dict[str, Any] | None = None) -> Any:
        try:
            response = self._client.request(method, self._base + path, json=asked)
            content = response.json() if response.content else {}
        except (httpx.HTTPError, ValueError):
            raise SendError("unreachable", retry=True) from None
        if response.status_code >= 400:
            code = content.get("code", response.status_code) if isinstance(content, dict) else response.status_code
            raise SendError(f"twilio_{code}", retry=response.status_code == 429 or response.status_code >= 500)
        return content
