"""However person, bot, human, return and timers interleave: between take-over and return the bot says nothing."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from bot import cases, conversations, outbox, timers
from bot.clock import clock, now
from bot.store import Store
from bot.tables import conversations as talks
from bot.tables import messages
from bot.vault import Vault
from tests.conftest import KEY
from tests.people import answering, human, only_contact, turns, write


class Interleaved(RuleBasedStateMachine):
    """One person, the bot, two humans and a clock, in any order."""

    store: Store

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store(f"sqlite:///{Path(self.folder.name) / 'inloop.db'}", Vault([KEY]))
        self.store.create()
        write(self.store, "hallo")
        self.contact = only_contact(self.store)
        self.team = [human(self.store, "Sara"), human(self.store, "Omar")]
        self.worker = turns(self.store, answering("started"))
        self.claimed_while_taken: list[str] = []
        self.claimed: list[int] = []
        self._case()

    def _case(self) -> None:
        with self.store.begin() as connection:
            self.case = cases.open_case(connection, self.store.vault, self.contact, to="advisor", scope="all", which=None, wording=[])

    def _owner(self) -> str:
        with self.store.begin() as connection:
            return str(connection.scalar(select(talks.c.owner)))

    def _try(self, act: Any) -> None:
        try:
            with self.store.begin() as connection:
                act(connection)
        except (cases.Taken, cases.Closed, cases.CannotReach):
            pass

    @rule()
    def person_writes(self) -> None:
        write(self.store, "en nog iets")

    @rule()
    def bot_thinks(self) -> None:
        asyncio.run(self.worker.run_one())

    @rule()
    def bot_claims_a_turn_and_a_human_takes_over_meanwhile(self) -> None:
        with self.store.begin() as connection:
            turn = conversations.claim(connection)
        if turn is None:
            return
        self._try(lambda connection: cases.take(connection, self.case, self.team[0]))
        from bot.brain import Answer, Thought

        self.worker._commit(turn, {"text": ""}, Thought(answers=[Answer("started", kind="talk")]))

    @rule()
    def outbox_sends(self) -> None:
        with self.store.begin() as connection:
            owner = connection.scalar(select(talks.c.owner))
            claimed = outbox.claim(connection, self.store.vault, ["whatsapp"])
            if claimed is None:
                return
            if owner != "bot" and claimed.row.kind == "talk":
                self.claimed_while_taken.append(claimed.outgoing.text)
            self.claimed.append(claimed.row.seq)
            outbox.sent(connection, claimed.row, f"SM{claimed.row.seq}")

    @rule()
    def human_takes(self) -> None:
        self._try(lambda connection: cases.take(connection, self.case, self.team[0]))

    @rule()
    def human_writes(self) -> None:
        self._try(lambda connection: cases.reply(connection, self.store.vault, self.case, self.team[0], {"text": "hallo"}))

    @rule()
    def other_human_tries(self) -> None:
        self._try(lambda connection: cases.reply(connection, self.store.vault, self.case, self.team[1], {"text": "ik ook"}))

    @rule()
    def human_returns(self) -> None:
        self._try(lambda connection: cases.give_back(connection, self.store.vault, self.case, self.team[0]))

    @rule()
    def human_closes(self) -> None:
        self._try(lambda connection: cases.close(connection, self.store.vault, self.case, self.team[0], outcome="helped", next_step=None))

    @rule()
    def person_asks_again(self) -> None:
        self._case()

    @rule()
    def time_passes(self) -> None:
        clock.shift += timedelta(hours=9)
        with self.store.begin() as connection:
            timers.fire(connection, self.store.vault, {})

    @rule()
    def a_timer_is_set(self) -> None:
        with self.store.begin() as connection:
            timers.add(connection, self.contact, "ask_again", now() + timedelta(hours=5), once=f"t{now()}")

    @invariant()
    @precondition(lambda self: hasattr(self, "case"))
    def the_bot_never_talks_over_a_human(self) -> None:
        assert self.claimed_while_taken == []

    @invariant()
    @precondition(lambda self: hasattr(self, "case"))
    def what_goes_out_keeps_its_order(self) -> None:
        assert self.claimed == sorted(self.claimed)

    @invariant()
    @precondition(lambda self: hasattr(self, "case"))
    def no_talk_waits_behind_a_human(self) -> None:
        if self._owner() != "bot":
            with self.store.begin() as connection:
                query = select(messages.c.seq).where(messages.c.kind == "talk", messages.c.status == "queued")
                assert connection.scalar(query.limit(1)) is None

    def teardown(self) -> None:
        clock.shift = timedelta()
        if hasattr(self, "store"):
            self.store.dispose()
            self.folder.cleanup()


Interleaved.TestCase.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
TestInterleaved = Interleaved.TestCase
