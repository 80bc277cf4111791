"""A message is taken in once, cleaned, masked, encrypted, and counted without its person."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from bot import sites
from bot.counters import totals
from bot.store import Store
from bot.tables import contacts, conversations, messages
from tests.people import only_contact, texts, write


def test_the_same_message_fifty_times_at_once_is_one_message(store: Store) -> None:
    with ThreadPoolExecutor(10) as pool:
        taken = list(pool.map(lambda _: write(store, provider_id="SM1"), range(50)))
    assert sum(one is not None for one in taken) == 1
    assert len(texts(store, "in")) == 1


def test_the_same_id_on_another_channel_is_another_message(lite: Store) -> None:
    assert write(lite, provider_id="1", channel="whatsapp")
    assert write(lite, provider_id="1", channel="telegram", address="7")


def test_one_address_is_one_contact_on_its_channel(store: Store) -> None:
    for channel in ("whatsapp", "sms"):
        for _ in range(2):
            write(store, channel=channel)
    with store.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(contacts)) == 2
        assert connection.scalar(select(func.count()).select_from(conversations)) == 2


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("hal\x00lo", "hallo"),
        ("\u202everkeerd om", "verkeerd om"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("bsn 111222333", "bsn •••"),
        ("regel een\nregel twee", "regel een\nregel twee"),
        ("😀" * 5000, "😀" * 4096),
        ("م\u200cرحبا", "م\u200cرحبا"),
    ],
)
def test_what_is_kept_of_a_text(store: Store, said: str, kept: str) -> None:
    write(store, said)
    assert texts(store, "in")[0][2] == kept


def test_nothing_of_a_person_lies_open_in_the_file(lite: Store) -> None:
    write(lite, "ik heb schulden", address="+31612345678")
    lite.dispose()
    path = lite.engine.url.database
    assert path is not None
    for suffix in ("", "-wal"):
        try:
            with open(path + suffix, "rb") as file:
                content = file.read()
        except FileNotFoundError:
            continue
        assert b"schulden" not in content
        assert b"612345678" not in content


@pytest.mark.parametrize("form", ["Hallo! ({code})", "{code}", "hallo {lower} ik zoek werk", "Hallo [{code}]"])
def test_a_link_counts_its_place_and_leaves_no_trace_on_the_person(store: Store, form: str) -> None:
    with store.begin() as connection:
        code = str(sites.create(connection, "De moskee", "mosque", "ar", None).code)
    write(store, form.format(code=code, lower=code.lower()))
    with store.begin() as connection:
        assert totals(connection, "site") == {code: 1}
    assert code.lower() not in texts(store, "in")[0][2].lower()
    contact = only_contact(store)
    with store.begin() as connection:
        assert code not in str(connection.execute(select(contacts).where(contacts.c.id == contact)).one())


def test_a_start_payload_counts_too(lite: Store) -> None:
    with lite.begin() as connection:
        code = str(sites.create(connection, "School", "school", None, None).code)
    write(lite, "", channel="telegram", address="7", site=code)
    with lite.begin() as connection:
        assert totals(connection, "site") == {code: 1}


def test_a_voice_note_waits_for_a_yes(lite: Store) -> None:
    from bot.messages import Media
    from bot.tables import media

    write(lite, "", kind="voice", media=(Media("voice", "https://carrier/file", "audio/ogg"),))
    with lite.begin() as connection:
        row = connection.execute(select(media)).one()
    assert row.wanted_at is None
    assert row.content is None


def test_order_is_the_order_stored(store: Store) -> None:
    for number in range(5):
        write(store, f"bericht {number}")
    assert [text for _, _, text in texts(store, "in")] == [f"bericht {number}" for number in range(5)]
    with store.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(messages)) == 5
