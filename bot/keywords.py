"""Bare words understood in every state, also while Rasa is down: STOP, START, a person, another language …"""

from __future__ import annotations

from functools import cache

from bot.choices import plain
from bot.replies import available, words

# Twilio's own opt-out and opt-in words (support.twilio.com, "Twilio support for opt-out keywords").
# "YES" is left out: only START opens again.
CARRIER = {"stop": ("stop", "stopall", "unsubscribe", "cancel", "end", "quit"), "start": ("start", "unstop")}
MEANINGS = ("stop", "start", "person", "language", "delete", "explain", "help")


@cache
def _meanings(language: str) -> dict[str, str]:
    """Every bare word and its meaning; the conversation's own language wins over the others."""
    found: dict[str, str] = {}
    for code in (*(one for one in available() if one != language), *((language,) if language in available() else ())):
        for meaning in reversed(MEANINGS):
            found |= {plain(word): meaning for word in words(code, meaning)}
    for meaning, carried in CARRIER.items():
        found |= dict.fromkeys(carried, meaning)
    return found


def meaning(text: str, language: str | None) -> str | None:
    """What a whole message means when it is one of the bare words: stop, start, person, language, delete, explain, help; else None."""
    return _meanings(language or "nl").get(plain(text)) if len(text) <= 40 else None
