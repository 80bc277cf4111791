"""What staff are told: by a real mail server and a push service, once, in their hours, and never who or about what."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select, update

from bot import cases, doctor, facts, mail, push, staff_notices, users
from bot.clock import Clock, clock
from bot.gateway import create_app
from bot.staff_notices import Courier
from bot.store import Store
from bot.tables import cases as case_table
from bot.tables import pushes
from bot.tables import staff_notices as notices
from bot.tables import users as people
from tests.console.conftest import TestClient
from tests.people import human, only_contact, settings, write
from tests.post import PASSWORD, USER, Mailbox, Phone, PushService, mail_server, push_service
from tests.post import tls as tls

FROM = "inloop@voorbeeldstad.example"
ADDRESS = "sara@voorbeeldstad.example"
HOURS = {day: ["09:00-17:00"] for day in facts.DAYS[:5]}


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as found:
        yield found


@pytest.fixture
def service(tls: ssl.SSLContext) -> Iterator[PushService]:
    with push_service(tls) as found:
        yield found


def at(local: str) -> None:
    """It is this moment in Amsterdam."""
    clock.shift += datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("Europe/Amsterdam")) - clock.now()


def waits(store: Store, *, urgent: str | None = None) -> str:
    """A person whose case is offered to nobody yet."""
    write(store, "ik zoek werk")
    contact = only_contact(store)
    with store.begin() as connection:
        case = cases.open_case(connection, store.vault, contact, to="advisor", scope="all", which=None, wording=[])
        if urgent:
            connection.execute(update(case_table).values(urgent=urgent, urgent_strength="sure"))
        connection.execute(notices.delete())  # what its opening told is looked at in tests/test_reminders.py
    return case


def mailed(store: Store, name: str = "Sara", role: str = "advisor", *, address: str = ADDRESS, **more: Any) -> str:
    """A member of staff who wants mail."""
    user = human(store, name, role)
    with store.begin() as connection:
        mail.set_address(connection, store.vault, user, address)
        if more:
            connection.execute(update(people).where(people.c.id == user).values(**more))
    return user


def tell(store: Store, user: str, kind: str, case: str) -> None:
    """Told, as the one it is offered to."""
    with store.begin() as connection:
        connection.execute(update(case_table).values(offered_to=user))
        staff_notices.tell(connection, user, kind, case)


def carry(store: Store, **values: Any) -> None:
    """The courier works until nothing is due."""

    async def work() -> None:
        courier = Courier(store, settings(INLOOP_MAIL_FROM=FROM, **values))
        while await courier.send_one():
            pass

    asyncio.run(work())


def by_mail(store: Store, box: Mailbox) -> None:
    carry(store, INLOOP_SMTP_URL=f"smtp://127.0.0.1:{box.port}", INLOOP_CONSOLE_URL="https://console.example")


def rows(store: Store) -> list[Any]:
    with store.begin() as connection:
        return list(connection.execute(select(notices).order_by(notices.c.due_at)).all())


def test_a_mail_says_one_plain_sentence_and_the_consoles_address(store: Store, box: Mailbox) -> None:
    case, sara = waits(store), mailed(store)
    tell(store, sara, "offered", case)
    tell(store, sara, "offered", case)
    by_mail(store, box)
    by_mail(store, box)
    [letter] = box.letters
    assert (letter["to"], letter["from"], letter["subject"]) == (ADDRESS, FROM, "Inloop: er is iets voor u")
    assert box.text().startswith("Er wacht iemand op u.\n\nhttps://console.example/queue\n")
    assert letter["auto-submitted"] == "auto-generated"
    whole = letter.as_string()
    assert not any(word in whole for word in (case, "Sara,", "werk", "+316", "whatsapp"))


def test_an_english_speaker_is_told_in_english(lite: Store, box: Mailbox) -> None:
    tell(lite, mailed(lite, languages=["en", "ar"]), "offered", waits(lite))
    by_mail(lite, box)
    assert box.text().startswith("Somebody is waiting for you.")


def test_the_password_goes_only_over_starttls_and_a_server_without_is_tried_again(lite: Store, tls: ssl.SSLContext, moved: Clock) -> None:
    with mail_server(tls) as box:
        tell(lite, mailed(lite), "offered", waits(lite))
        box.no_tls = 1
        url = f"smtp://{USER}:{quote(PASSWORD, safe='')}@localhost:{box.port}"
        carry(lite, INLOOP_SMTP_URL=url)
        assert box.letters == []
        assert rows(lite)[0].sent_at is None
        moved.shift += timedelta(seconds=31)
        carry(lite, INLOOP_SMTP_URL=url)
        assert box.secret == [True]


def test_a_server_that_offers_no_tls_gets_no_password(lite: Store, box: Mailbox) -> None:
    tell(lite, mailed(lite), "offered", waits(lite))
    carry(lite, INLOOP_SMTP_URL=f"smtp://{USER}:geheim@127.0.0.1:{box.port}")
    assert box.letters == []
    assert rows(lite)[0].error == "SMTPException"


def test_what_a_server_refuses_for_now_is_sent_later_once(store: Store, box: Mailbox, moved: Clock) -> None:
    tell(store, mailed(store), "offered", waits(store))
    box.answers = ["421 try again later", "451 greylisted"]
    for seconds, came in ((0, 0), (20, 0), (11, 0), (60, 0), (61, 1), (9999, 1)):
        moved.shift += timedelta(seconds=seconds)
        by_mail(store, box)
        assert len(box.letters) == came
    assert rows(store)[0].tries == 3


def test_after_the_last_try_it_is_given_up_and_doctor_says_so(lite: Store, moved: Clock) -> None:
    tell(lite, mailed(lite), "offered", waits(lite))
    for _ in range(8):
        carry(lite, INLOOP_SMTP_URL="smtp://127.0.0.1:1")
        moved.shift += timedelta(hours=1)
    assert rows(lite)[0].tries == len(staff_notices.BACK_OFF) + 1
    with lite.begin() as connection:
        [line] = list(doctor._notices(connection))
    assert "SMTPConnectError: 1" in line
    assert "INLOOP_SMTP_URL" in line
    assert ADDRESS not in line


def test_a_lasting_no_is_not_asked_again(lite: Store, box: Mailbox, moved: Clock) -> None:
    tell(lite, mailed(lite), "offered", waits(lite))
    box.answers = ["550 no such user"]
    by_mail(lite, box)
    moved.shift += timedelta(hours=2)
    by_mail(lite, box)
    assert box.letters == []
    assert rows(lite)[0].error == "smtp 550"


@pytest.mark.parametrize("workers", [8])
def test_many_couriers_send_it_once(store: Store, box: Mailbox, workers: int) -> None:
    case = waits(store)
    team = [mailed(store, f"S{number}", address=f"s{number}@voorbeeldstad.example") for number in range(5)]
    for user in team:
        with store.begin() as connection:
            staff_notices.tell(connection, user, "news", case)
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda _: by_mail(store, box), range(workers)))
    assert sorted(str(letter["to"]) for letter in box.letters) == [f"s{number}@voorbeeldstad.example" for number in range(5)]


def test_a_courier_that_died_is_followed_by_another(store: Store, box: Mailbox, moved: Clock) -> None:
    tell(store, mailed(store), "offered", waits(store))
    with store.begin() as connection:
        assert staff_notices.claim(connection) is not None
        assert staff_notices.claim(connection) is None
    by_mail(store, box)
    assert box.letters == []
    moved.shift += timedelta(minutes=3)
    by_mail(store, box)
    assert len(box.letters) == 1


# kind, role, when it is told, when it goes (None: never)
QUIET = [
    ("offered", "advisor", "2026-11-23 10:00", "2026-11-23 10:00"),
    ("offered", "advisor", "2026-11-20 18:00", "2026-11-23 09:00"),  # a weekend
    ("offered", "advisor", "2026-12-24 18:00", "2026-12-28 09:00"),  # a holiday, then a weekend
    ("urgent", "advisor", "2026-11-21 03:00", "2026-11-21 03:00"),
    ("urgent_all", "coordinator", "2026-12-25 03:00", "2026-12-25 03:00"),
    ("escalated", "coordinator", "2026-11-21 03:00", "2026-11-23 09:00"),
    ("offered", "ambassador", "2026-11-21 03:00", "2026-11-23 09:00"),
    ("urgent", "ambassador", "2026-11-23 10:00", None),
]


@pytest.mark.parametrize(("kind", "role", "told", "goes"), QUIET)
def test_quiet_hours_are_quiet(lite: Store, box: Mailbox, moved: Clock, kind: str, role: str, told: str, goes: str | None) -> None:
    with lite.begin() as connection:
        facts.write(connection, "hours", HOURS)
        facts.write(connection, "holidays", ["2026-12-25"])
    at(told)
    case = waits(lite, urgent="violence" if kind.startswith("urgent") else None)
    tell(lite, mailed(lite, role=role), kind, case)
    by_mail(lite, box)
    assert len(box.letters) == int(told == goes)
    if goes and goes != told:
        at(goes)
        moved.shift -= timedelta(minutes=1)
        by_mail(lite, box)
        assert box.letters == []
        moved.shift += timedelta(minutes=2)
        by_mail(lite, box)
        assert len(box.letters) == 1
    if goes is None:
        assert rows(lite) == []


def test_somebodys_own_hours_go_before_the_deployments(lite: Store, box: Mailbox, moved: Clock) -> None:
    with lite.begin() as connection:
        facts.write(connection, "hours", HOURS)
    at("2026-11-23 10:00")
    tell(lite, mailed(lite, role="ambassador", hours={"monday": ["19:00-21:00"]}), "offered", waits(lite))
    by_mail(lite, box)
    assert box.letters == []
    at("2026-11-23 19:01")
    by_mail(lite, box)
    assert len(box.letters) == 1


def test_a_try_that_failed_does_not_come_in_the_night(lite: Store, box: Mailbox, moved: Clock) -> None:
    with lite.begin() as connection:
        facts.write(connection, "hours", HOURS)
    at("2026-11-23 16:59")
    tell(lite, mailed(lite), "offered", waits(lite))
    box.answers = ["421 later"]
    by_mail(lite, box)
    at("2026-11-24 03:00")
    by_mail(lite, box)
    assert box.letters == []
    at("2026-11-24 09:01")
    by_mail(lite, box)
    assert len(box.letters) == 1


@pytest.mark.parametrize("moves_on", ["taken", "closed", "offered to another", "disabled", "mails off"])
def test_what_is_no_longer_so_is_not_sent(lite: Store, box: Mailbox, moves_on: str) -> None:
    case, sara, omar = waits(lite), mailed(lite), human(lite, "Omar")
    tell(lite, sara, "offered", case)
    with lite.begin() as connection:
        if moves_on == "taken":
            cases.take(connection, case, omar)
        elif moves_on == "closed":
            connection.execute(update(case_table).values(status="closed"))
        elif moves_on == "offered to another":
            connection.execute(update(case_table).values(offered_to=omar))
        elif moves_on == "disabled":
            users.disable(connection, sara)
        else:
            connection.execute(update(people).values(mails=False))
    by_mail(lite, box)
    assert box.letters == []
    assert rows(lite)[0].error == "moved on"


def test_danger_does_not_stand_behind_what_waited_longer(store: Store, moved: Clock) -> None:
    at("2026-11-24 10:00")
    sara, case = mailed(store), waits(store)
    for kind in ("offered", "news", "urgent"):
        tell(store, sara, kind, case)
        moved.shift += timedelta(minutes=1)
    with store.begin() as connection:
        taken = [row.kind for row in iter(lambda: staff_notices.claim(connection), None)]
    assert taken == ["urgent", "offered", "news"]


def test_an_unknown_kind_is_a_mistake_of_ours(lite: Store) -> None:
    case, sara = waits(lite), mailed(lite)
    with lite.begin() as connection, pytest.raises(ValueError, match="a notice is one of"):
        staff_notices.tell(connection, sara, "hello", case)


def test_a_running_gateway_tells_staff_by_itself(lite: Store, box: Mailbox) -> None:
    case = waits(lite, urgent="violence")  # at any hour
    sara = mailed(lite)
    values = {"INLOOP_SMTP_URL": f"smtp://127.0.0.1:{box.port}", "INLOOP_MAIL_FROM": FROM, "INLOOP_RASA_URL": "http://127.0.0.1:1"}
    with TestClient(create_app(lite, settings(**values), {})):
        with lite.begin() as connection:
            staff_notices.tell(connection, sara, "urgent", case)
        ends = time.monotonic() + 10
        while not box.letters and time.monotonic() < ends:
            time.sleep(0.1)
    assert box.text().startswith("Er is iets dringends. Kijk nu.")


# Browser push


def subscribed(store: Store, service: PushService, name: str = "one", user: str | None = None) -> tuple[str, Phone]:
    user, phone = user or human(store), Phone(service.base, name)
    with store.begin() as connection:
        push.subscribe(connection, store.vault, user, phone.subscription)
    return user, phone


def key(store: Store) -> str:
    with store.begin() as connection:
        return push.key(connection, store.vault)


def test_a_knock_holds_its_kind_and_nothing_else_and_is_signed(store: Store, service: PushService) -> None:
    case = waits(store)
    sara, phone = subscribed(store, service)
    tell(store, sara, "offered", case)
    carry(store)
    [(path, headers, body)] = service.came
    assert path == "/push/one"
    assert phone.opens(body) == {"kind": "offered"}
    assert (headers["content-encoding"], headers["urgency"]) == ("aes128gcm", "high")
    assert int(headers["ttl"]) > 0
    claims = service.signed_by(push.public(key(store)))
    assert claims["aud"] == service.base
    assert claims["sub"] == f"mailto:{FROM}"
    assert case not in str(headers)


def test_every_kind_is_as_long_as_another(lite: Store, service: PushService) -> None:
    case = waits(lite)
    sara, _ = subscribed(lite, service)
    for kind in ("news", "urgent_all"):
        with lite.begin() as connection:
            staff_notices.tell(connection, sara, kind, case)
    carry(lite)
    assert len({len(body) for _, _, body in service.came}) == 1
    assert len(service.came) == 2


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten(store: Store, service: PushService, status: int) -> None:
    case = waits(store)
    sara, _ = subscribed(store, service)
    service.answers = [(status, "")]
    tell(store, sara, "offered", case)
    carry(store)
    with store.begin() as connection:
        assert connection.execute(select(pushes)).all() == []
        assert list(doctor._notices(connection)) == []
    tell(store, sara, "reminder", case)
    carry(store)
    assert len(service.came) == 1


def test_a_push_service_says_when_to_come_again(lite: Store, service: PushService, moved: Clock) -> None:
    case = waits(lite)
    sara, phone = subscribed(lite, service)
    service.answers = [(429, "120"), (500, "")]
    tell(lite, sara, "offered", case)
    for seconds, came in ((0, 1), (100, 1), (21, 2), (100, 2), (21, 3), (9999, 3)):
        moved.shift += timedelta(seconds=seconds)
        carry(lite)
        assert len(service.came) == came, seconds
    assert phone.opens(service.came[-1][2]) == {"kind": "offered"}


def test_mail_and_browsers_are_tried_each_by_itself(lite: Store, service: PushService, box: Mailbox, moved: Clock) -> None:
    case, sara = waits(lite), mailed(lite)
    subscribed(lite, service, "one", sara)
    subscribed(lite, service, "two", sara)
    service.answers = [(503, "")]
    tell(lite, sara, "offered", case)
    for _ in range(3):
        by_mail(lite, box)
        moved.shift += timedelta(minutes=3)
    assert len(box.letters) == 1
    assert sorted(path for path, _, _ in service.came) in (
        ["/push/one", "/push/one", "/push/two"],
        ["/push/one", "/push/two", "/push/two"],
    )


def test_the_key_is_made_once_and_lies_encrypted(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(lambda _: key(store), range(4)))
    assert len(made) == 1
    with store.begin() as connection:
        assert "_push_key" not in facts.read(connection)
        assert made.pop() not in str(facts.mark(connection, "_push_key"))


def test_a_browser_tells_whom_it_belongs_to_last(lite: Store, service: PushService) -> None:
    sara, phone = subscribed(lite, service)
    omar = human(lite, "Omar")
    with lite.begin() as connection:
        push.subscribe(connection, lite.vault, omar, phone.subscription)
        assert [push.count(connection, one) for one in (sara, omar)] == [0, 1]
        held = connection.execute(select(pushes)).one()
        assert phone.endpoint.encode() not in held.subscription
        push.unsubscribe(connection, lite.vault, sara, phone.endpoint)
        assert push.count(connection, omar) == 1
        push.unsubscribe(connection, lite.vault, omar, phone.endpoint)
        assert push.count(connection, omar) == 0


WRONG: list[dict[str, Any]] = [
    {},
    {"endpoint": "http://push.example/1"},
    {"endpoint": "https://user:x@push.example/1"},
    {"endpoint": "https://push.example/" + "x" * 1000},
    {"keys": {"p256dh": "AAAA", "auth": "AAAAAAAAAAAAAAAAAAAAAA"}},
    {"keys": {"p256dh": "BAAA", "auth": "x"}},
    {"keys": None},
]


@pytest.mark.parametrize("wrong", WRONG[1:])
def test_what_is_no_subscription_is_refused(lite: Store, wrong: dict[str, Any]) -> None:
    sara, good = human(lite), Phone("https://push.example").subscription
    with lite.begin() as connection:
        push.subscribe(connection, lite.vault, sara, good)
        with pytest.raises(ValueError, match=r"."):
            push.subscribe(connection, lite.vault, sara, good | wrong)


# An address is kept once its reader says so


def test_an_address_is_proven_by_whom_it_was_asked_for_and_in_time(lite: Store, moved: Clock) -> None:
    sara, omar = human(lite), human(lite, "Omar")
    secret = mail.proof(lite.vault, sara, f" {ADDRESS} ")
    assert mail.proven(lite.vault, sara, secret) == ADDRESS
    assert mail.proven(lite.vault, omar, secret) is None
    assert mail.proven(lite.vault, sara, secret[:-4] + "AAAA") is None
    assert ADDRESS not in secret
    moved.shift += timedelta(minutes=61)
    assert mail.proven(lite.vault, sara, secret) is None


NO_ADDRESS = ["", "sara", "sara@", "a b@c.nl", "sara@voorbeeld", "x" * 250 + "@a.nl", "a@b.nl\nBcc: c@d.nl", "a@b.nl,c@d.nl"]


@pytest.mark.parametrize("wrong", NO_ADDRESS)
def test_what_is_no_address_is_refused(lite: Store, wrong: str) -> None:
    with pytest.raises(ValueError, match="no e-mail address"):
        mail.proof(lite.vault, "user", wrong)


def test_an_address_lies_encrypted_and_belongs_to_one(store: Store) -> None:
    sara, omar = mailed(store), human(store, "Omar")
    with store.begin() as connection:
        assert not mail.set_address(connection, store.vault, omar, ADDRESS.upper())
        row = connection.execute(select(people).where(people.c.id == sara)).one()
        assert ADDRESS.encode() not in row.email
        assert row.email_hash == store.vault.hash(ADDRESS)  # as bot/oidc.py looks it up
        mail.set_address(connection, store.vault, sara, None)
        assert mail.set_address(connection, store.vault, omar, ADDRESS)


# inloop doctor


def test_doctor_tells_of_mail(lite: Store, tls: ssl.SSLContext) -> None:
    def says(url: str, sender: str = FROM) -> str:
        return " ".join(doctor._mail(settings(INLOOP_SMTP_URL=url, INLOOP_MAIL_FROM=sender)))

    with mail_server(tls) as box:
        good = f"smtp://{USER}:{quote(PASSWORD, safe='')}@localhost:{box.port}"
        assert says(good) == says("") == ""
        assert "INLOOP_MAIL_FROM is not" in says(good, "")
        assert "smtp 535" in says(good.replace(USER, "somebody"))
    assert "does not let us in" in says(good)


def test_a_notice_ends_with_its_case(lite: Store) -> None:
    sara = mailed(lite)
    tell(lite, sara, "offered", waits(lite))
    with lite.begin() as connection:
        connection.execute(case_table.delete())
        assert connection.execute(select(notices)).all() == []
        connection.execute(insert(notices).values(user_id=sara, kind="news", once="x", due_at=clock.now()))
    carry(lite)
    assert rows(lite)[0].error == "moved on"
