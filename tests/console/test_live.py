"""Live updates say that something changed, to signed-in staff, without content; tries are counted over all processes."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from bot.clock import Clock
from bot.console.limits import Limits
from bot.console.live import Live
from bot.console.pages.stream import _events
from bot.wake import Topic, Wake
from tests.console.conftest import House, TestClient
from tests.people import write


def test_the_mark_changes_with_what_a_page_shows(both: House) -> None:
    live = Live(both.store, Wake())
    marks = [live._look()]
    case, client = both.case(), both.calls("advisor")
    marks.append(live._look())
    client.post(f"/api/v1/cases/{case}/take")
    marks.append(live._look())
    write(both.store, "nog iets")
    marks.append(live._look())
    assert len(set(marks)) == 4
    assert live._look() == marks[-1]


def test_a_stream_tells_of_a_change_within_two_seconds(house: House) -> None:
    async def watch() -> list[str]:
        found = []
        async for event in _events(Live(house.store, Wake())):
            found.append(event["data"])
            if len(found) == 2:
                return found
            await asyncio.to_thread(house.case, "geheim")
        return found

    found = asyncio.run(asyncio.wait_for(watch(), 4))
    assert all(isinstance(json.loads(data), int) for data in found)


def test_the_stream_is_for_signed_in_staff(house: House) -> None:
    assert TestClient(house.app, follow_redirects=False).get("/live").status_code == 303


def test_an_act_of_staff_wakes_the_others(house: House) -> None:
    from bot.console.app import create_app

    woken = []

    class Bell(Wake):
        async def call(self, *topics: Topic) -> None:
            woken.append(1)

    client, case = house.calls("advisor"), house.case()
    client = TestClient(create_app(house.store, house.settings, Bell()), headers=client.headers)
    client.get("/api/v1/cases")
    assert woken == []
    client.post(f"/api/v1/cases/{case}/take")
    assert woken == [1]


@pytest.mark.parametrize("where", ["here", "redis"])
def test_tries_are_counted_per_name_and_forgotten_in_time(where: str, moved: Clock, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue("redis_url") if where == "redis" else ""
    one, other = Limits(url), Limits(url)
    for _ in range(3):
        one.wrong("name", f"Sara {where}")
    assert not one.allows("name", f"Sara {where}", 3)
    assert one.allows("name", "Noor", 3)
    assert other.allows("name", f"Sara {where}", 3) is (where == "here")
    if where == "here":
        moved.shift += timedelta(minutes=16)
        assert one.allows("name", f"Sara {where}", 3)


def test_without_redis_tries_are_counted_here() -> None:
    limits = Limits("redis://127.0.0.1:1/0")
    limits.wrong("name", "Sara")
    assert not limits.allows("name", "Sara", 1)
