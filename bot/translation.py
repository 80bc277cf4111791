"""An optional translation service (LibreTranslate's HTTP API): both ways, marked as a computer's, and nothing of it kept or logged."""

from __future__ import annotations

import ipaddress
import logging
from functools import cache
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.settings import Settings, is_loopback

TIMEOUT = 12.0  # seconds for a text; a service without a graphics card is slow
LOOKS = 2.0  # seconds to ask which languages it has: a page waits for it
HELD, AWAY = 600.0, 30.0  # seconds an answer to that is believed, and a silence
LONGEST = 4096  # characters
log = logging.getLogger("inloop.translation")


class NotTranslated(Exception):
    """There is no translation; `reason`: translate_away, translate_key, translate_busy, translate_language, translate_long."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Translator:
    """One service. It is asked outside transactions only: it may take seconds."""

    def __init__(self, url: str, key: str = "", timeout: float = TIMEOUT) -> None:
        self._url, self._key = url.rstrip("/"), key
        self._timeout, self._proxied = timeout, not is_loopback(urlsplit(url).hostname or "")
        self._pairs: dict[str, list[str]] | None = None
        self._until = 0.0

    def pairs(self) -> dict[str, list[str]] | None:
        """For each language it reads, those it writes; None while it does not answer."""
        if monotonic() >= self._until:
            self._pairs = self._ask_pairs()
            self._until = monotonic() + (AWAY if self._pairs is None else HELD)
        return self._pairs

    def _ask_pairs(self) -> dict[str, list[str]] | None:
        try:
            answer = httpx.get(f"{self._url}/languages", timeout=min(LOOKS, self._timeout), trust_env=self._proxied)
            if answer.status_code == 200:
                return {str(one["code"]): [str(code) for code in one.get("targets", ())] for one in answer.json()}
        except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as wrong:
            log.warning("the translation service: %s", type(wrong).__name__)
        return None

    def translate(self, text: str, source: str, target: str) -> str:
        """A text in another language. Raises NotTranslated."""
        if len(text) > LONGEST:
            raise NotTranslated("translate_long")
        pairs = self.pairs()
        if pairs is not None and target not in pairs.get(source, []):
            raise NotTranslated("translate_language")
        asked = {"q": text, "source": source, "target": target, "format": "text"} | ({"api_key": self._key} if self._key else {})
        try:
            answer = httpx.post(f"{self._url}/translate", json=asked, timeout=self._timeout, trust_env=self._proxied)
            found = answer.json()
        except (httpx.HTTPError, ValueError) as wrong:
            log.warning("the translation service: %s", type(wrong).__name__)
            raise NotTranslated("translate_away") from None
        if answer.status_code != 200 or not isinstance(found, dict) or not str(found.get("translatedText") or "").strip():
            raise NotTranslated(_reason(answer.status_code, found))
        return str(found["translatedText"]).strip()


def _reason(status: int, found: Any) -> str:
    """Why, by the status and a word of the error; the error itself may say the text again and goes nowhere."""
    said = str(found.get("error", "")).lower() if isinstance(found, dict) else ""
    log.warning("the translation service refuses: %s", status)
    if status == 403 or "api key" in said:
        return "translate_key"
    if status == 429:
        return "translate_busy"
    if status == 400:
        return "translate_long" if "limit" in said else "translate_language"
    return "translate_away"


@cache
def _service(url: str, key: str) -> Translator:
    return Translator(url, key)


def service(settings: Settings) -> Translator | None:
    """The service of this deployment; None where there is none."""
    return _service(settings.translate_url, settings.translate_key) if settings.translate_url else None


def wrong_with(settings: Settings) -> str | None:
    """What is wrong with the service, and the mend (inloop doctor); None when it works or there is none."""
    if not settings.translate_url:
        return None
    if settings.translate_url.startswith("http://") and not _is_near(urlsplit(settings.translate_url).hostname or ""):
        return "INLOOP_TRANSLATE_URL is http: what people wrote would travel open. Use https, or a service on your own network."
    translator = Translator(settings.translate_url, settings.translate_key)
    if translator.pairs() is None:
        return "the translation service does not answer: look at INLOOP_TRANSLATE_URL. Staff work on without it."
    try:
        translator.translate("hallo", "nl", "en")
    except NotTranslated as wrong:
        mend = {
            "translate_key": "it refuses INLOOP_TRANSLATE_KEY: ask for a key, or leave it empty where none is needed.",
            "translate_language": "it has no Dutch: load nl and the languages people write in (LT_LOAD_ONLY).",
        }
        return f"the translation service does not translate: {mend.get(wrong.reason, 'look at its own logs.')}"
    return None


def _is_near(host: str) -> bool:
    """This machine, a private address, or a name without a dot, as containers have."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host
