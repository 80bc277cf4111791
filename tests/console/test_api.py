"""The JSON API: who may call what, what they see, and how it says no (contract.md)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.clock import Clock
from bot.tables import contacts, conversations, messages
from tests.console.conftest import House, TestClient
from tests.people import texts, write

ROLES = ("advisor", "ambassador", "coordinator", "outreach")
CLOSE = {"outcome": "helped", "next_step": "U belt morgen."}
# A call on a waiting case that was offered to advisors: the status for advisor, ambassador, coordinator, outreach, nobody.
ON_WAITING = [
    ("GET", "/cases?status=waiting", None, 200, 200, 200, 200, 401),
    ("GET", "/cases/{case}", None, 200, 403, 200, 403, 401),
    ("POST", "/cases/{case}/take", None, 200, 403, 200, 403, 401),
    ("POST", "/cases/{case}/reply", {"text": "Hallo"}, 200, 403, 200, 403, 401),
    ("POST", "/cases/{case}/assign", {"to": "Noor"}, 200, 403, 200, 403, 401),
    ("POST", "/cases/{case}/return", None, 409, 403, 409, 403, 401),
    ("POST", "/cases/{case}/close", CLOSE, 409, 403, 409, 403, 401),
    ("GET", "/cases/nosuchcase", None, 404, 404, 404, 404, 401),
    ("GET", "/cases/%00x", None, 404, 404, 404, 404, 401),
    ("GET", "/sites", None, 403, 403, 200, 200, 401),
    ("POST", "/sites", {"name": "Markt", "kind": "market", "language": "nl"}, 403, 403, 201, 201, 401),
    ("POST", "/cases/{case}/reply", {"text": ""}, 422, 422, 422, 422, 401),
    ("GET", "/cases?status=lost", None, 422, 422, 422, 422, 401),
    ("GET", "/nothing", None, 404, 404, 404, 404, 404),
    ("PUT", "/cases", None, 405, 405, 405, 405, 405),
]
# The same calls when the caller took the case before.
ON_OWN = [
    ("GET", "/cases/{case}", None, 200),
    ("POST", "/cases/{case}/take", None, 200),
    ("POST", "/cases/{case}/reply", {"text": "Hallo"}, 200),
    ("POST", "/cases/{case}/reply", {"phrase": "hello", "values": {"name": "Sara"}}, 200),
    ("POST", "/cases/{case}/assign", {"to": "Noor"}, 200),
    ("POST", "/cases/{case}/return", None, 200),
    ("POST", "/cases/{case}/close", CLOSE, 200),
    ("POST", "/cases/{case}/close", {"outcome": "appointment", "next_step": {"phrase": "closing"}, "first_day": "2026-12-01"}, 200),
    ("POST", "/cases/{case}/close", {"outcome": "not_now"}, 200),
]
# What the caller may not ask, of any case of theirs: 422.
REFUSED = [
    ("/cases/{case}/reply", {"phrase": "hello", "values": {}}),
    ("/cases/{case}/reply", {"phrase": "no_such_phrase"}),
    ("/cases/{case}/reply", {"phrase": "answer_by", "values": {"day": "soon"}}),
    ("/cases/{case}/reply", {"text": "x" * 1601}),
    ("/cases/{case}/reply", {"text": "\u0000 \u202e "}),
    ("/cases/{case}/reply", {"words": "Hallo"}),
    ("/cases/{case}/assign", {"to": "nobody"}),
    ("/cases/{case}/close", {"outcome": "lost"}),
    ("/cases/{case}/close", {"outcome": "helped", "first_day": "2026-13-01"}),
]


def call(client: TestClient, method: str, path: str, body: Any, case: str = "") -> Any:
    return client.request(method, "/api/v1" + path.replace("{case}", case), json=body)


@pytest.mark.parametrize(("method", "path", "body", *ROLES, "nobody"), ON_WAITING)
def test_each_role_gets_its_answer(
    house: House, method: str, path: str, body: Any, advisor: int, ambassador: int, coordinator: int, outreach: int, nobody: int
) -> None:
    house.calls("advisor", "Noor")
    wanted = dict(zip((*ROLES, ""), (advisor, ambassador, coordinator, outreach, nobody), strict=True))
    for number, (role, status) in enumerate(wanted.items()):
        case = house.case(address=f"+3160000010{number}") if "{case}" in path else ""
        client = house.calls(role) if role else TestClient(house.app)
        answer = call(client, method, path, body, case)
        assert answer.status_code == status, (role, answer.text)
        if status >= 400:
            assert set(answer.json()) == {"error", "message"}


@pytest.mark.parametrize(("method", "path", "body", "status"), ON_OWN)
def test_the_owner_of_a_case(house: House, method: str, path: str, body: Any, status: int) -> None:
    house.calls("advisor", "Noor")
    client, case = house.calls("advisor"), house.case()
    client.post(f"/api/v1/cases/{case}/take")
    assert call(client, method, path, body, case).status_code == status


def test_what_cannot_be_understood_is_422_and_changes_nothing(house: House) -> None:
    client, case = house.calls("advisor"), house.case()
    client.post(f"/api/v1/cases/{case}/take")
    for path, body in REFUSED:
        assert call(client, "POST", path, body, case).status_code == 422, (path, body)
    assert client.get(f"/api/v1/cases/{case}").json()["status"] == "taken"
    assert texts(house.store) == []


@pytest.mark.parametrize("action", ["take", "reply", "assign", "return", "close"])
def test_a_case_of_a_colleague_is_refused_with_a_sentence(house: House, action: str) -> None:
    first, second, case = house.calls("advisor", "Sara"), house.calls("advisor", "Noor"), house.case()
    first.post(f"/api/v1/cases/{case}/take")
    bodies = {"reply": {"text": "Hallo"}, "assign": {"to": "Noor"}, "close": CLOSE}
    answer = second.post(f"/api/v1/cases/{case}/{action}", json=bodies.get(action))
    assert (answer.status_code, answer.json()["error"]) == (409, "taken")
    assert "wachtrij" in answer.json()["message"]
    assert second.get(f"/api/v1/cases/{case}").status_code == 403


def test_two_take_or_answer_at_once_and_one_has_it(both: House) -> None:
    case, team = both.case(), [both.calls("advisor", f"mens {number}") for number in range(6)]
    bodies: list[tuple[str, Any]] = [("take", None), ("reply", {"text": "Hallo"})] * 3

    def race(client: TestClient, path: str, body: Any) -> int:
        return int(client.post(f"/api/v1/cases/{case}/{path}", json=body).status_code)

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda one: race(one[0], *one[1]), zip(team, bodies, strict=True)))
    assert sorted(found) == [200, 409, 409, 409, 409, 409]
    assert len([one for one in texts(both.store) if one[0] == "human"]) <= 1


def test_the_list_is_urgent_first_then_longest_waiting_and_pages(both: House, moved: Clock) -> None:
    ordered = []
    for number in range(3):
        ordered.append(both.case(address=f"+3160000000{number}"))
        moved.shift += timedelta(minutes=5)
    maybe = both.alert("hij slaat", "violence", "maybe", "+31600000011")
    food = both.alert("geen eten", "no_food", "sure", "+31600000012")
    dying = both.alert("ik bloed", "medical", "sure", "+31600000013")
    client = both.calls("advisor")
    found, cursor = [], None
    while True:
        page = client.get("/api/v1/cases", params={"status": "waiting", "limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        found += [one["id"] for one in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert found == [dying, food, maybe, *ordered]
    assert client.get("/api/v1/cases", params={"cursor": "%%%"}).status_code == 422


def test_a_line_and_a_case_have_the_fields_of_the_contract(both: House) -> None:
    case, client = both.case("ik zoek werk", language="ar"), both.calls("advisor")
    line = client.get("/api/v1/cases").json()["items"][0]
    assert {"id", "status", "channel", "language", "urgent", "goal", "waiting_since", "owner"} <= set(line)
    assert (line["id"], line["goal"], line["language"], line["owner"]) == (case, "goal_find_work", "ar", None)
    assert datetime.strptime(line["waiting_since"], "%Y-%m-%dT%H:%M:%SZ")
    told = client.post(f"/api/v1/cases/{case}/take").json()
    assert told["contact"] == {"id": both.contact(), "language": "ar"}
    assert told["barriers"] == [
        {"id": "childcare", "source": "tapped", "confirmed": True, "evidence": None},
        {"id": "language", "source": "guessed", "confirmed": False, "evidence": "mijn taal niet goed"},
    ]
    assert told["summary"] == "Wil werk vinden. Kan al: koken. Lastig: geen oppas en misschien de Nederlandse taal."
    assert told["owner"] == "advisor"
    assert told["phase"] == "handed_over"
    assert {"id", "direction", "author", "name", "text", "media", "at"} <= set(told["messages"][0])


def test_a_person_gets_the_reply_by_the_name_they_may_see(house: House) -> None:
    from bot import users

    with house.store.begin() as connection:
        users.add_user(connection, "Sara Jansen", "advisor", alias="Sara")
    client, case = house.calls("advisor", "Sara Jansen"), house.case()
    told = client.post(f"/api/v1/cases/{case}/reply", json={"phrase": "hello", "values": {"name": "Sara"}}).json()
    assert told["messages"][-1]["name"] == "Sara"
    assert texts(house.store)[-1] == ("human", "queued", "Goedendag, ik ben Sara. Ik ben een mens en ik lees nu mee.")


def test_a_phrase_goes_out_in_the_persons_language(house: House) -> None:
    client, case = house.calls("advisor"), house.case(language="ar")
    values = {"day": "2026-11-23", "time": "14:30", "place": "Brugstraat 4"}
    client.post(f"/api/v1/cases/{case}/reply", json={"phrase": "appointment", "values": values})
    sent = texts(house.store)[-1][2]
    assert "الاثنين 23 نوفمبر" in sent
    assert "\u206614:30\u2069" in sent


REFUSALS = [
    ("stopped", {"stopped_at": datetime(2026, 11, 1).astimezone()}),
    ("gone", {"gone_at": datetime(2026, 11, 1).astimezone()}),
    ("window", {"last_in_at": datetime(2026, 11, 1).astimezone()}),
]


@pytest.mark.parametrize(("error", "values"), REFUSALS)
def test_what_cannot_be_sent_is_refused_in_words_and_takes_nothing(house: House, error: str, values: dict[str, Any]) -> None:
    client, case = house.calls("advisor"), house.case()
    with house.store.begin() as connection:
        connection.execute(update(contacts).values(**values))
    answer = client.post(f"/api/v1/cases/{case}/reply", json={"text": "Hallo"})
    assert (answer.status_code, answer.json()["error"]) == (409, error)
    assert len(answer.json()["message"]) > 20
    assert client.get(f"/api/v1/cases/{case}").json()["status"] == "waiting"


def test_the_bot_is_silent_again_when_the_human_writes_after_a_return(house: House) -> None:
    client, case = house.calls("advisor"), house.case()
    client.post(f"/api/v1/cases/{case}/take")
    client.post(f"/api/v1/cases/{case}/return")
    client.post(f"/api/v1/cases/{case}/reply", json={"text": "Nog iets"})
    with house.store.begin() as connection:
        assert connection.scalar(select(conversations.c.owner)) != "bot"


def test_a_closed_case_takes_nothing_more(house: House) -> None:
    client, case = house.calls("advisor"), house.case()
    client.post(f"/api/v1/cases/{case}/take")
    told = client.post(f"/api/v1/cases/{case}/close", json={**CLOSE, "first_day": "2026-12-01"}).json()
    assert (told["status"], told["outcome"], told["next_step"]) == ("closed", "helped", "U belt morgen.")
    assert told["first_day"] == "2026-12-01T08:00:00Z"  # nine in the morning in Amsterdam
    answer = client.post(f"/api/v1/cases/{case}/reply", json={"text": "Hallo"})
    assert (answer.status_code, answer.json()["error"]) == (409, "closed")


def test_an_urgent_case_goes_to_no_volunteer(house: House) -> None:
    house.calls("ambassador", "Amir")
    client, case = house.calls("advisor"), house.alert("hij slaat mij")
    answer = client.post(f"/api/v1/cases/{case}/assign", json={"to": "Amir"})
    assert (answer.status_code, answer.json()["error"]) == (409, "urgent")


def test_an_ambassador_sees_what_was_offered_to_ambassadors(house: House) -> None:
    offered, other = house.case(to="ambassador"), house.case(address="+31600000002")
    amir, noor = house.calls("ambassador", "Amir"), house.calls("ambassador", "Noor")
    assert [one["id"] for one in amir.get("/api/v1/cases").json()["items"]] == [offered]
    assert amir.get(f"/api/v1/cases/{other}").status_code == 403
    amir.post(f"/api/v1/cases/{offered}/take")
    assert noor.get(f"/api/v1/cases/{offered}").status_code == 403
    assert noor.post(f"/api/v1/cases/{offered}/take").status_code == 409
    assert [one["id"] for one in amir.get("/api/v1/cases?status=taken").json()["items"]] == [offered]
    assert noor.get("/api/v1/cases?status=taken").json()["items"] == []


def test_an_outreach_worker_comes_along_only_where_asked(house: House) -> None:
    house.calls("outreach", "Fatma")
    client = house.calls("advisor")
    plain = house.case()
    asked = house.case(address="+31600000002", labels=[("wish", "wish_along", "tapped", True, None)])
    answers = [client.post(f"/api/v1/cases/{one}/assign", json={"to": "Fatma"}).status_code for one in (plain, asked)]
    assert answers == [422, 200]


def test_sites_are_ones_own_and_counted_from_five(house: House) -> None:
    from bot.counters import count

    fatma, other = house.calls("outreach", "Fatma"), house.calls("outreach", "Ali")
    made = fatma.post("/api/v1/sites", json={"name": "Moskee", "kind": "mosque", "language": "ar"}).json()
    assert set(made["links"]) == {"whatsapp", "sms", "telegram", "page"}
    assert made["links"]["page"].endswith(f"/k/{made['code']}")
    assert other.get("/api/v1/sites").json()["items"] == []
    for times, seen in ((4, None), (1, 5)):
        with house.store.begin() as connection:
            count(connection, "site", made["code"], times)
        assert fatma.get("/api/v1/sites").json()["items"][0]["used"] == seen
    assert fatma.post("/api/v1/sites", json={"name": "x", "kind": "y", "language": "xx"}).status_code == 422
    assert len(house.calls("coordinator").get("/api/v1/sites").json()["items"]) == 1


def test_many_wrong_tokens_are_stopped(house: House) -> None:
    client = TestClient(house.app, headers={"Authorization": "Bearer wrong"})
    found = {client.get("/api/v1/cases").status_code for _ in range(61)}
    assert found == {401, 429}


def test_html_and_script_come_back_as_what_they_are(house: House) -> None:
    text = "<script>alert(1)</script><b onclick=x>&amp;"
    client, case = house.calls("advisor"), house.case(text)
    answer = client.get(f"/api/v1/cases/{case}")
    assert answer.json()["messages"][0]["text"] == text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


BAD_BODIES = [b"", b"{", b"[]", b'"text"', b'{"text": 5}', b'{"text": "\\ud800"}', b"\xff\xfe", b'{"text": "\xff"}', b'{"text": "\x00"}']


def test_bad_bodies_are_422_and_say_nothing_back(house: House) -> None:
    client, case = house.calls("advisor"), house.case()
    for body in BAD_BODIES:
        answer = client.post(f"/api/v1/cases/{case}/reply", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422, body
        assert set(answer.json()) == {"error", "message"}


def test_an_error_inside_gives_no_traceback(house: House, caplog: pytest.LogCaptureFixture) -> None:
    client, case = house.calls("advisor"), house.case("geheim")
    with house.store.begin() as connection:
        connection.execute(update(messages).values(body=b"not what we wrote"))
    answer = client.get(f"/api/v1/cases/{case}")
    assert (answer.status_code, answer.json()["error"]) == (500, "trouble")
    assert "geheim" not in caplog.text


def test_the_api_describes_itself(house: House) -> None:
    found = TestClient(house.app).get("/api/openapi.json").json()
    assert "/api/v1/cases/{case}/reply" in found["paths"]
    assert not any(path.startswith("/queue") for path in found["paths"])
    assert TestClient(house.app).get("/docs").status_code == 404


def test_health_says_ready(house: House) -> None:
    assert TestClient(house.app).get("/health").json() == {"status": "ready", "parts": {"database": "ready"}}


def test_who_writes_to_the_api_is_there(house: House) -> None:
    """A token that only reads is a program; a human act counts as being on duty."""
    from bot.users import find

    client, case = house.calls("advisor"), house.case()
    client.get("/api/v1/cases")
    with house.store.begin() as connection:
        row = find(connection, "advisor")
        assert row is not None
        assert row.seen_at is None
    client.post(f"/api/v1/cases/{case}/take")
    with house.store.begin() as connection:
        row = find(connection, "advisor")
        assert row is not None
        assert row.seen_at is not None


def test_a_held_back_safety_line_does_not_go_out_after_the_answer(house: House) -> None:
    from bot import outbox
    from bot.clock import now

    client, case = house.calls("advisor"), house.case()
    client.post(f"/api/v1/cases/{case}/take")
    write(house.store, "ik wil dood")
    row = outbox.Row(house.contact(), "safety", {"text": "Bel 113"}, due_at=now() + timedelta(minutes=2))
    with house.store.begin() as connection:
        outbox.put(connection, house.store.vault, row)
    client.post(f"/api/v1/cases/{case}/reply", json={"text": "Ik ben er"})
    assert ("safety", "cancelled", "Bel 113") in texts(house.store)
