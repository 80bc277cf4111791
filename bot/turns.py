"""A turn: one message of one person, thought about by Rasa and committed whole, under a fenced lease."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Update, bindparam, exists, select, update

from bot import along, asks, conversations, effects, facts, formal, keywords, meetings, outbox, reminders, waiting
from bot.brain import Answer, Brain, BrainDown, BrainFailed, Thought
from bot.choices import resolve
from bot.clock import now
from bot.conversations import Turn
from bot.labels import is_sensitive
from bot.replies import SOURCE, Reply, available, choices, numbers, render, texts, turns, words
from bot.scene import Scene
from bot.settings import Settings
from bot.store import Store
from bot.tables import conversations as talks
from bot.tables import messages

log = logging.getLogger("inloop.turns")
TRIES = 5  # a turn that fails this often is answered with a person instead
RETRY = (0.5, 1, 2, 5, 15)  # seconds until a turn runs again while Rasa is down
HUMAN_FIRST = timedelta(minutes=2)  # rule 10: the safety line waits this long for the human who has the conversation
SAYS = {"person": "ask_human", "language": "change_language", "delete": "forget_me", "explain": "ask_explain", "help": "help"}


class Turns:
    """Runs turns, any number at once, one at a time per person."""

    def __init__(self, store: Store, brain: Brain, settings: Settings) -> None:
        self.store, self.brain, self._facts = store, brain, facts.Held()
        self._privacy_page = f"{settings.public_url.rstrip('/')}/privacy" if settings.public_url else ""
        self.languages = tuple(code for code in settings.languages if code in available())

    async def run_one(self) -> bool:
        """Run a turn that waits; False when none does."""
        turn = await asyncio.to_thread(self.claim)
        if turn is not None:
            await self.run(turn)
        return turn is not None

    async def run(self, turn: Turn) -> None:
        """Run a claimed turn."""
        body = self.store.vault.open_json(turn.message.body) or {"text": ""}
        try:
            thought = self._at_once(turn, body) or await self._think(turn, body)
        except BrainDown:
            await asyncio.to_thread(self._without_rasa, turn, body)
        except BrainFailed as wrong:
            log.warning("turn failed: %s", wrong)
            await asyncio.to_thread(self._later if turn.message.tries < TRIES else self._apologise, turn)
        else:
            await asyncio.to_thread(self._carry_through, turn, body, thought)

    def _carry_through(self, turn: Turn, body: dict[str, Any], thought: Thought) -> None:
        """Commit a turn; one that cannot be, for a mistake of ours in it, does not hold up all that this person writes after."""
        try:
            self._commit(turn, body, thought)
        except (KeyError, ValueError, TypeError) as wrong:
            log.error("turn not committed: %s", type(wrong).__name__)
            self._later(turn) if turn.message.tries < TRIES else self._apologise(turn)

    def claim(self) -> Turn | None:
        """Lease a turn that waits, with what is known for it; None when none does."""
        with self.store.begin(durable=False) as connection:
            turn = conversations.claim(connection)
            if turn is None:
                return None
            if turn.is_new:
                scene = Scene(connection, self.store.vault, turn.contact.id, turn.message.id, SOURCE)
                effects.carry_out(scene, [{"effect": "new_acquaintance"}])
            known = conversations.known(connection, self.store.vault, turn, self._facts.read(connection), self.languages)
            known["code"] = along.heard(connection, self._state(turn), self._text(turn))
            return replace(turn, known=known)

    def _text(self, turn: Turn) -> str:
        return str((self.store.vault.open_json(turn.message.body) or {}).get("text", ""))

    def _at_once(self, turn: Turn, body: dict[str, Any]) -> Thought | None:
        """What works without Rasa: STOP, START, and silence after STOP."""
        word = None if body.get("act") else keywords.meaning(body["text"], turn.conversation.language)
        if word == "stop":
            return Thought(answers=[Answer("stopped", kind="notice")], effects=[{"effect": "stop"}], state=self._state(turn))
        if turn.contact.stopped_at is not None and (word == "start" or body.get("began")):
            return Thought(answers=[Answer("started", kind="notice")], effects=[{"effect": "start"}], state=self._state(turn))
        if turn.contact.stopped_at is None and (option := self._answers_us(turn, body)):
            return Thought(effects=[{"effect": "answered", "option": option}], state=self._state(turn))
        return None

    def _answers_us(self, turn: Turn, body: dict[str, Any]) -> str | None:
        """The choice, of a question that a human or the clock had put."""
        offered: list[str] = self.store.vault.open_json(turn.conversation.menu) or []
        if body.get("act") or not (":" in str(body.get("picked")) or any(":" in one for one in offered)):
            return None
        with self.store.begin() as connection:
            return asks.chosen(connection, self.store.vault, turn.contact.id, turn.conversation.language, offered, body)

    async def _think(self, turn: Turn, body: dict[str, Any]) -> Thought:
        thought = await self.brain.think(self._request(turn, body))
        if turn.contact.stopped_at is None:
            meant = meetings.heard(turn.known, thought.labels) if turn.conversation.owner != "bot" else []
            return replace(thought, effects=[*thought.effects, *meant])
        if any(answer.kind == "safety" or turns().get(answer.reply, {}).get("kind") == "safety" for answer in thought.answers):
            return thought  # a cry for help after STOP gets the safety line
        return Thought(labels=thought.labels, answers=self._how_to_start(turn), state=self._state(turn))

    def _request(self, turn: Turn, body: dict[str, Any]) -> dict[str, Any]:
        talk, known, state = turn.conversation, turn.known, {} if turn.is_new else self._state(turn)
        if turn.is_new:
            known |= {"first": True, "returning": False}
        known["facts"]["privacy_page"] = self._privacy_page
        known["hint"] = body.get("hint") if body.get("hint") in self.languages else None
        quiet = talk.owner != "bot" or turn.contact.stopped_at is not None
        request = {"id": turn.message.id, "conversation": talk.id, "channel": turn.contact.channel, "language": talk.language}
        request |= {
            "text": body["text"],
            "act": self._act(turn, body),
            "owner": "human" if quiet else "bot",
            "state": state,
            "known": known,
        }
        return request

    def _act(self, turn: Turn, body: dict[str, Any]) -> dict[str, Any] | None:
        """What the person did, where no understanding is needed: a choice, a bare word, a voice note …"""
        if body.get("act"):
            return dict(body["act"])
        language = turn.conversation.language or SOURCE
        offered: list[str] = self.store.vault.open_json(turn.conversation.menu) or []
        if body.get("picked") in offered:
            return {"name": "pick", "options": [body["picked"]]}
        if options := self._options(body["text"], language, offered):
            return {"name": "pick", "options": options}
        if word := keywords.meaning(body["text"], language):
            return {"name": "say", "intent": SAYS[word]} if word in SAYS else {"name": "say", "intent": "greet"}
        if offered and len(body["text"]) <= 3 and body["text"].strip(" .").isdecimal():  # a number of no choice says nothing
            return {"name": "say", "intent": "unclear"}
        if turn.message.kind != "text" and not body["text"]:
            return {"name": "media", "kind": turn.message.kind}
        if not body["text"]:
            return {"name": "say", "intent": "greet"} if body.get("began") else {"name": "media", "kind": "empty"}
        return None

    def _options(self, text: str, language: str, offered: list[str]) -> list[str]:
        code = language if language in available() else SOURCE
        found = choices(code, [one for one in offered if one in _known_choices(code)])
        return resolve(text, found, numbers(code, SOURCE), words(code, "and"), several=True)

    def _state(self, turn: Turn) -> dict[str, Any]:
        state: dict[str, Any] = self.store.vault.open_json(turn.conversation.state) or {}
        return state

    def _how_to_start(self, turn: Turn) -> list[Answer]:
        """After STOP a person hears once how to start again (rule 12)."""
        said = (messages.c.contact_id == turn.contact.id) & (messages.c.reply == "start_again")
        with self.store.begin() as connection:
            since = said & (messages.c.at >= turn.contact.stopped_at)
            told = connection.scalar(select(messages.c.seq).where(since).limit(1)) is not None
        return [] if told else [Answer("start_again", kind="notice")]

    def _commit(self, turn: Turn, body: dict[str, Any], thought: Thought) -> None:
        """All of a turn in one transaction, or nothing when the lease was lost."""
        language = thought.language or turn.conversation.language or SOURCE
        language = language if language in available() else SOURCE
        with self.store.begin() as connection:
            held = conversations.hold(connection, turn)
            if held is None:
                return
            if _is_sensitive(thought):
                connection.execute(update(messages).where(messages.c.id == turn.message.id).values(sensitive=True))
            scene = Scene(connection, self.store.vault, turn.contact.id, turn.message.id, language)
            effects.carry_out(scene, thought.effects)
            did = {effect["effect"] for effect in thought.effects}
            if held.owner != "bot" and "alert" in did:
                held = conversations.hold(connection, turn) or held  # a volunteer is relieved: nobody has the talk now
            if held.owner != "bot" and turn.message.author == "person" and "answered" not in did:
                waiting.say_when(connection, self.store.vault, turn.contact.id)
                reminders.watch(connection, turn.contact.id)
                formal.heard(connection, self.store.vault, turn.contact.id, turn.message.id, thought.labels)
            offered = self._answer(connection, held, turn, thought, language, masked=bool(body.get("masked")))
            values: dict[str, Any] = {} if held.owner != "bot" else {"state": self.store.vault.close_json(thought.state)}
            if offered is not None:
                values["menu"] = self.store.vault.close_json(offered)
            _done(connection, turn, values)

    def _answer(
        self, connection: Connection, held: Row[Any], turn: Turn, thought: Thought, language: str, *, masked: bool
    ) -> list[str] | None:
        """Put the turn's answers in the outbox; gives the choices now open (None: as before)."""
        sensitive = _is_sensitive(thought)
        answers = [Answer("not_needed"), *thought.answers] if masked and thought.answers else thought.answers
        offered: list[str] | None = None
        for reply in merged([_rendered(answer, language, turn.contact.channel) for answer in answers]):
            held_back = held.owner != "bot" and reply.kind == "safety"
            if held.owner != "bot" and reply.kind == "talk":
                continue  # rule 10: a human took over while Rasa was thinking
            due = now() + HUMAN_FIRST if held_back else now()
            body = {"text": reply.text, "choices": [{"id": one.id, "label": one.label} for one in reply.choices], "language": language}
            body["said"] = [*reply.also, reply.name]  # what staff see was answered already (bot/console/glance.py)
            row = outbox.Row(turn.contact.id, reply.kind, body, reply=reply.name, sensitive=sensitive, due_at=due)
            outbox.put(connection, self.store.vault, row)
            offered = [one.id for one in reply.choices] or (None if reply.kind == "notice" else [])
        return offered

    def _later(self, turn: Turn) -> None:
        wait = timedelta(seconds=RETRY[min(turn.message.tries, len(RETRY) - 1)])
        with self.store.begin() as connection:
            if conversations.hold(connection, turn) is not None:
                where = talks.c.id == turn.conversation.id
                connection.execute(update(talks).where(where).values(lease_until=None, next_try_at=now() + wait))
                connection.execute(update(messages).where(messages.c.id == turn.message.id).values(tries=messages.c.tries + 1))

    def _without_rasa(self, turn: Turn, body: dict[str, Any]) -> None:
        """Rasa is down: a person asked for by a bare word is called at once, everything else waits for its turn."""
        word = None if body.get("act") else keywords.meaning(body["text"], turn.conversation.language)
        if word != "person" or turn.conversation.owner != "bot" or turn.contact.stopped_at is not None:
            return self._later(turn)
        called = {"effect": "open_case", "to": "advisor", "scope": "story", "labels": [], "lines": []}
        self._commit(turn, body, Thought(answers=[Answer("person_called")], effects=[called], state=self._state(turn)))

    def _apologise(self, turn: Turn) -> None:
        """A turn that cannot be understood by any try: a warm line and a person, never silence."""
        self._commit(turn, {"text": ""}, Thought(answers=[Answer("trouble")], state=self._state(turn)))


def _known_choices(language: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = texts(language)["choices"]
    return found


def _rendered(answer: Answer, language: str, channel: Any) -> Reply:
    return render(answer.reply, language, channel, answer.values, answer.choices, answer.kind)


def merged(replies: list[Reply]) -> list[Reply]:
    """Replies of one kind in a row become one message: texts under each other, the last choices."""
    out: list[Reply] = []
    for reply in replies:
        if out and out[-1].kind == reply.kind:
            last = out.pop()
            both = f"{last.text}\n\n{reply.text}"
            reply = replace(reply, text=both, choices=reply.choices or last.choices, also=(*last.also, last.name))
        out.append(reply)
    return out


def _is_sensitive(thought: Thought) -> bool:
    """Whether this turn's words, or ours, carry a sensitive label: then they go with it when no yes comes."""
    found = [*thought.labels.get("barriers", []), thought.labels.get("urgent") or ""]
    named = any(is_sensitive(label) for label in found)
    kept = (label for effect in thought.effects if effect["effect"] == "keep_labels" for label in effect["labels"])
    return named or any(is_sensitive(str(one["label"])) for one in kept)


def _done(connection: Connection, turn: Turn, values: dict[str, Any]) -> None:
    """The message is handled; the lease ends; the conversation waits no more unless another message came."""
    connection.execute(_handled(), {"message": turn.message.id})
    connection.execute(_free(frozenset(values)), {"talk": turn.conversation.id, "contact": turn.contact.id, **values})


@cache
def _handled() -> Update:
    return update(messages).where(messages.c.id == bindparam("message")).values(status="done")


@cache
def _free(changed: frozenset[str]) -> Update:
    """End the lease, with what changed of the conversation (state, menu)."""
    left = exists().where(messages.c.contact_id == bindparam("contact"), messages.c.direction == "in", messages.c.status == "new")
    free = {"lease_until": None, "next_try_at": None, "pending": select(left).scalar_subquery()}
    return update(talks).where(talks.c.id == bindparam("talk")).values(**free, **{name: bindparam(name) for name in changed})
