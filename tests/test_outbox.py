"""What goes out: in order per person, once, retried, reconciled, and ended by "blocked" and STOP."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot import contacts, conversations, outbox
from bot.clock import Clock
from bot.messages import ChannelName, Outgoing, Receipt, SendError
from bot.outbox import Row
from bot.postman import Postman
from bot.store import Store
from tests.people import human, only_contact, texts, write


class Carrier:
    """A carrier's place in tests of the outbox alone (the real channels are tested against their doubles)."""

    name: ChannelName = "whatsapp"

    def __init__(self, *wrong: SendError) -> None:
        self.wrong, self.took = list(wrong), list[Outgoing]()
        self.listed: list[str] = []

    async def send(self, outgoing: Outgoing) -> str:
        await asyncio.sleep(0.001)
        if self.wrong:
            raise self.wrong.pop(0)
        self.took.append(outgoing)
        return f"SM{len(self.took)}"

    async def find(self, outgoing: Outgoing, since: datetime) -> list[str]:
        return self.listed


def postman(store: Store, carrier: Carrier) -> Postman:
    return Postman(store, {"whatsapp": carrier, "sms": carrier, "telegram": carrier})  # type: ignore[dict-item]


def put(store: Store, text: str, **more: Any) -> str:
    row = Row(only_contact(store), more.pop("kind", "talk"), {"text": text}, **more)
    with store.begin() as connection:
        return outbox.put(connection, store.vault, row)


async def send_all(post: Postman) -> None:
    while await post.send_one():
        pass


def test_messages_go_out_in_order(store: Store) -> None:
    write(store)
    for number in range(5):
        put(store, str(number))
    carrier = Carrier()
    asyncio.run(send_all(postman(store, carrier)))
    assert [one.text for one in carrier.took] == list("01234")
    assert carrier.took[0].address == "+31600000001"


def test_many_senders_claim_each_message_once_and_keep_the_order(store: Store) -> None:
    for person in range(4):
        write(store, address=f"+3160000000{person}", channel="sms")
        from sqlalchemy import select

        from bot.tables import contacts as people

        with store.begin() as connection:
            newest = connection.scalar(select(people.c.id).order_by(people.c.created_at.desc()).limit(1))
            for number in range(8):
                outbox.put(connection, store.vault, Row(str(newest), "talk", {"text": f"{person}:{number}"}))
    carrier = Carrier()
    post = postman(store, carrier)

    async def crowd() -> None:
        await asyncio.gather(*(send_all(post) for _ in range(6)))
        await send_all(post)

    asyncio.run(crowd())
    sent = [one.text for one in carrier.took]
    assert len(sent) == len(set(sent)) == 32
    for person in range(4):
        assert [text for text in sent if text.startswith(f"{person}:")] == [f"{person}:{number}" for number in range(8)]


def test_a_refused_try_is_repeated_later_and_not_overtaken(store: Store, moved: Clock) -> None:
    write(store)
    put(store, "eerst")
    put(store, "daarna")
    carrier = Carrier(SendError("timeout", retry=True))
    asyncio.run(send_all(postman(store, carrier)))
    assert carrier.took == []
    moved.shift += timedelta(seconds=6)
    asyncio.run(send_all(postman(store, carrier)))
    assert [one.text for one in carrier.took] == ["eerst", "daarna"]


def test_a_doubtful_try_is_looked_up_before_it_is_sent_again(store: Store, moved: Clock) -> None:
    write(store)
    put(store, "eens")
    carrier = Carrier(SendError("timeout", retry=True))
    asyncio.run(send_all(postman(store, carrier)))
    carrier.listed = ["SM-there-already"]
    moved.shift += timedelta(seconds=6)
    asyncio.run(send_all(postman(store, carrier)))
    assert carrier.took == []
    assert texts(store)[0][1] == "sent"


def test_what_a_dead_process_left_is_taken_up_once(store: Store, moved: Clock) -> None:
    write(store)
    put(store, "half")
    with store.begin() as connection:
        assert outbox.claim(connection, store.vault, ["whatsapp"]) is not None
    carrier = Carrier()
    post = postman(store, carrier)
    asyncio.run(post.recover())
    assert carrier.took == []  # still young: its sender may live
    moved.shift += timedelta(minutes=1)
    asyncio.run(post.recover())
    asyncio.run(post.recover())
    assert [one.text for one in carrier.took] == ["half"]


def test_too_many_requests_is_obeyed(store: Store, moved: Clock) -> None:
    write(store)
    put(store, "rustig")
    carrier = Carrier(SendError("429", retry=True, after=90))
    asyncio.run(send_all(postman(store, carrier)))
    moved.shift += timedelta(seconds=80)
    asyncio.run(send_all(postman(store, carrier)))
    assert carrier.took == []
    moved.shift += timedelta(seconds=15)
    asyncio.run(send_all(postman(store, carrier)))
    assert len(carrier.took) == 1


def test_after_the_last_try_it_is_shown_as_failed(store: Store, moved: Clock) -> None:
    write(store)
    put(store, "weg")
    carrier = Carrier(*[SendError("server", retry=True) for _ in range(9)])
    for _ in range(9):
        asyncio.run(send_all(postman(store, carrier)))
        moved.shift += timedelta(minutes=11)
    assert texts(store)[0][1] == "failed"
    assert len(carrier.wrong) == 9 - (1 + len(outbox.BACK_OFF))


def test_blocked_ends_all_sending(store: Store) -> None:
    write(store)
    put(store, "een")
    put(store, "twee")
    carrier = Carrier(SendError("blocked", retry=False, gone=True))
    asyncio.run(send_all(postman(store, carrier)))
    assert carrier.took == []
    assert [status for _, status, _ in texts(store)] == ["failed", "queued"]


@pytest.mark.parametrize(
    ("kind", "reply", "goes"), [("talk", None, False), ("human", None, False), ("notice", "stopped", True), ("safety", None, True)]
)
def test_after_stop_only_its_answer_and_safety_go_out(store: Store, kind: Any, reply: str | None, goes: bool) -> None:
    write(store)
    contact = only_contact(store)
    with store.begin() as connection:
        contacts.stop(connection, contact)
    put(store, "x", kind=kind, reply=reply)
    carrier = Carrier()
    asyncio.run(send_all(postman(store, carrier)))
    assert bool(carrier.took) == goes


def test_talk_is_cancelled_when_a_human_takes_over_and_the_human_is_heard(store: Store) -> None:
    write(store)
    put(store, "praatje van de computer")
    put(store, "melding", kind="notice")
    contact, sara = only_contact(store), human(store)
    with store.begin() as connection:
        conversations.give_to(connection, contact, sara)
    put(store, "Hallo, ik ben Sara", kind="human")
    put(store, "te laat", kind="talk")
    carrier = Carrier()
    asyncio.run(send_all(postman(store, carrier)))
    assert [one.text for one in carrier.took] == ["melding", "Hallo, ik ben Sara"]


def test_outside_whatsapps_window_a_message_waits_for_the_person(store: Store, moved: Clock) -> None:
    write(store)
    moved.shift += timedelta(hours=25)
    put(store, "hoe gaat het?")
    carrier = Carrier()
    asyncio.run(send_all(postman(store, carrier)))
    assert texts(store)[0][1] == "waiting"
    write(store, "ja hoor")
    asyncio.run(send_all(postman(store, carrier)))
    assert [one.text for one in carrier.took] == ["hoe gaat het?"]


def test_a_receipt_moves_forward_only(store: Store) -> None:
    write(store)
    put(store, "hallo")
    asyncio.run(send_all(postman(store, Carrier())))
    for status, now in (("delivered", "delivered"), ("sent", "delivered"), ("read", "read"), ("failed", "read")):
        with store.begin() as connection:
            outbox.receive(connection, [Receipt("whatsapp", "SM1", status)])  # type: ignore[arg-type]
        assert texts(store)[0][1] == now
    with store.begin() as connection:
        outbox.receive(connection, [Receipt("whatsapp", "SM-unknown", "read"), Receipt("whatsapp", "SM1", "delivered")])
    assert texts(store)[0][1] == "read"
