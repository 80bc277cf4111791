"""WhatsApp templates: what we may say first, outside the 24-hour window, in words WhatsApp has approved.

A message goes out as a template only when the template says word for word what the message says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, select

from bot import asks, facts, replies
from bot.choices import as_lines
from bot.clock import now
from bot.messages import Outgoing
from bot.safe_time import safe_moment
from bot.tables import contacts, conversations, messages
from bot.vault import Vault

MARK = "_templates"  # among the facts, by name and language: {"nl answer": {"sid", "body", "status", "reason"}}
# WhatsApp approves templates in these languages of ours: it has no Somali and no Tigrinya.
LANGUAGES = ("nl", "en", "ar", "tr", "uk", "pl", "fa", "fr")
APPROVED = "approved"
ANSWER = "answer"


@dataclass(frozen=True)
class Opening:
    """What we may begin with: replies that go out as one message, and the choices under them when turns.yml names none."""

    replies: tuple[str, ...]
    choices: tuple[str, ...] = ()


MEET = ("meet_yes", "meet_move", "meet_no")  # bot/reminding.py
OPENINGS = {
    "how_was_it": Opening(("its_us", "ask_how_was_it")),
    "ask_again": Opening(("its_us", "ask_ask_again")),
    "went": Opening(("ask_went",)),
    "reminder_place": Opening(("reminder_place",), MEET),
    "reminder_call": Opening(("reminder_call",), MEET),
    ANSWER: Opening(("answer_waits",)),
}


@dataclass(frozen=True)
class Template:
    """A template as it should be: its text with {{1}}, {{2}} … where values come, and a sample of each value."""

    name: str
    language: str
    body: str
    samples: dict[str, str]

    @property
    def key(self) -> str:
        """How it is called among the facts."""
        return f"{self.language} {self.name}"

    @property
    def title(self) -> str:
        """How Twilio and WhatsApp call it: another text has another name, for one of theirs cannot be changed."""
        return f"inloop_{self.name}_{self.language}_{replies.fingerprint(self.body)}"


def wanted(found: Mapping[str, Any], languages: tuple[str, ...]) -> Iterator[Template]:
    """Every template this deployment should have, by its facts and languages."""
    for language in languages:
        if language in LANGUAGES and language in replies.available():
            for name, opening in OPENINGS.items():
                yield _template(name, opening, language, str(found.get("public_name", "")))


def _template(name: str, opening: Opening, language: str, public_name: str) -> Template:
    values = [value for reply in opening.replies for value in replies.turns()[reply].get("values", ()) if value != "public_name"]
    numbered = {value: f"{{{{{number}}}}}" for number, value in enumerate(dict.fromkeys(values), start=1)}
    said = {"public_name": public_name, **numbered}
    texts = [replies.render(reply, language, "whatsapp", said, offered=()).text for reply in opening.replies]
    offered = opening.choices or tuple(replies.turns()[opening.replies[-1]].get("choices", ()))
    lines = as_lines(replies.choices(language, offered))
    body = "\n".join(part for part in ("\n\n".join(texts), lines) if part)
    return Template(name, language, body, {number.strip("{}"): SAMPLES.get(value, value) for value, number in numbered.items()})


# What WhatsApp's readers see in the place of a value.
SAMPLES = {"moment": "24-11, 14:00", "place": "Plein 1", "number": "+31600000010", "human": "Sara", "first": "Sara"}


def instead(connection: Connection, outgoing: Outgoing) -> Outgoing | None:
    """The same message as an approved template with its values; None when no template says it.

    Of two that could say it the one goes that says more of it itself: a value carries what is new, no sentence.
    """
    said = "\n".join(part for part in (outgoing.text, as_lines(outgoing.choices)) if part)
    approved = [held for held in (facts.mark(connection, MARK) or {}).values() if held["status"] == APPROVED]
    found = [(held["sid"], values) for held in approved if (values := _values(held["body"], said)) is not None]
    if not found:
        return None
    sid, values = min(found, key=lambda one: sum(map(len, one[1].values())))
    return replace(outgoing, template=sid, values=values)


def _values(body: str, said: str) -> dict[str, str] | None:
    """The values with which a template says just this; None when it cannot. WhatsApp takes no value of several lines."""
    pattern, seen = "", set[str]()
    for index, part in enumerate(re.split(r"\{\{(\d+)\}\}", body)):
        if index % 2 == 0:
            pattern += re.escape(part)
        else:
            pattern += f"(?P=v{part})" if part in seen else f"(?P<v{part}>[^\\n\\t]+?)"
            seen.add(part)
    found = re.fullmatch(pattern, said)
    return None if found is None else {name[1:]: value for name, value in found.groupdict().items()}


# A human's message outside the window waits; meanwhile the person may hear that it is there.


def may_knock(connection: Connection, contact: str) -> bool:
    """Whether an approved template can tell this person that an answer waits, and we may write first."""
    language, moment = _person(connection, contact).language, now()
    held = (facts.mark(connection, MARK) or {}).get(f"{language} {ANSWER}")
    if held is None or held["status"] != APPROVED or safe_moment(connection, contact, moment) != moment:
        return False
    return bool(held["body"] == _template(ANSWER, OPENINGS[ANSWER], language, _public_name(connection)).body)


def knock(connection: Connection, vault: Vault, contact: str) -> bool:
    """Tell the person, once, that an answer waits (no name, no topic); False when we cannot."""
    if not may_knock(connection, contact):
        return False
    person = _person(connection, contact)
    told = (messages.c.contact_id == contact) & (messages.c.reply == "answer_waits") & (messages.c.status != "failed")
    since = told if person.last_in_at is None else told & (messages.c.at > person.last_in_at)
    if connection.scalar(select(messages.c.id).where(since).limit(1)) is None:
        asks.tell(connection, vault, contact, "answer_waits", {"public_name": _public_name(connection)})
    return True


def _public_name(connection: Connection) -> str:
    return str(facts.mark(connection, "public_name") or "")


def _person(connection: Connection, contact: str) -> Row[Any, Any]:
    query = select(contacts.c.last_in_at, conversations.c.language)
    return connection.execute(query.join(conversations, conversations.c.contact_id == contacts.c.id).where(contacts.c.id == contact)).one()
