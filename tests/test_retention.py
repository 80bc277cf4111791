"""Kept no longer than allowed; "delete everything" leaves nothing of a person but that it was done."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import cast

from sqlalchemy import func, select

from bot import cases, consent, outbox, retention
from bot.clock import Clock
from bot.counters import totals
from bot.messages import ChannelName, Media, Outgoing
from bot.postman import Postman
from bot.store import Store
from bot.tables import audit, contacts, counters, erasures, messages
from tests.people import human, only_contact, texts, write
from tests.test_consent import barrier, everything


class Carrier:
    name: ChannelName = "whatsapp"

    def __init__(self) -> None:
        self.erased: list[str] = []

    async def send(self, outgoing: Outgoing) -> str:
        return "SM-out"

    async def erase(self, provider_ids: list[str]) -> None:
        self.erased += provider_ids


def whole_life(store: Store) -> str:
    """A person with messages, labels, media, a case and a human; gives the contact."""
    message = write(store, "ik heb schulden", address="+31612345678", provider_id="SM-secret")
    write(store, "", address="+31612345678", kind="voice", media=(Media("voice", "https://carrier/voice-of-hers", "audio/ogg"),))
    contact, sara = only_contact(store), human(store)
    with store.begin() as connection:
        consent.keep(connection, store.vault, contact, message, [barrier("debts", evidence="schulden")])
        case = cases.open_case(connection, store.vault, contact, to="advisor", scope="all", which=None, wording=["alles"])
        cases.reply(connection, store.vault, case, sara, {"text": "Dag mevrouw"})
    return contact


def test_forget_leaves_nothing_but_that_it_was_done(store: Store) -> None:
    contact = whole_life(store)
    with store.begin() as connection:
        retention.forget(connection, store.vault, contact)
    with store.begin() as connection:
        assert totals(connection, "barrier") == {"debts": 1}  # counts stay right: they are tied to nobody
        connection.execute(counters.delete())
    left = everything(store)
    for secret in (contact, "31612345678", "schulden", "debts", "voice-of-hers", "Dag mevrouw"):
        assert secret not in left
    with store.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(audit).where(audit.c.act == "forgot")) == 1


def test_it_is_erased_at_the_carrier_too_and_not_taken_in_again(store: Store) -> None:
    contact, carrier = whole_life(store), Carrier()
    with store.begin() as connection:
        retention.forget(connection, store.vault, contact)
    post = Postman(store, {"whatsapp": carrier})  # type: ignore[dict-item]
    assert asyncio.run(post.erase_one())
    assert "SM-secret" in carrier.erased
    assert not asyncio.run(post.erase_one())
    assert write(store, "ik heb schulden", address="+31612345678", provider_id="SM-secret") is None
    with store.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(contacts)) == 0
        assert connection.scalar(select(func.count()).select_from(erasures)) == 0


def test_the_goodbye_goes_out_first_and_then_all_is_gone(store: Store) -> None:
    contact = whole_life(store)
    with store.begin() as connection:
        outbox.put(connection, store.vault, outbox.Row(contact, "notice", {"text": "Alles is gewist"}, reply="forgotten"))
    post = Postman(store, {"whatsapp": cast(object, Carrier())})  # type: ignore[dict-item]

    async def send_all() -> None:
        while await post.send_one():
            pass

    asyncio.run(send_all())
    with store.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(contacts)) == 0


def test_messages_go_ninety_days_after_the_last_contact(store: Store, moved: Clock) -> None:
    write(store, "hallo")
    moved.shift += timedelta(days=60)
    write(store, "nog eens")
    moved.shift += timedelta(days=60)
    with store.begin() as connection:
        retention.purge(connection, store.vault)
    assert len(texts(store, "in")) == 2
    moved.shift += timedelta(days=31)
    with store.begin() as connection:
        retention.purge(connection, store.vault)
        assert connection.scalar(select(func.count()).select_from(messages)) == 0
        assert connection.scalar(select(func.count()).select_from(contacts)) == 0
