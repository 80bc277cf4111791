"""Two at once: exactly one has the case, the other is told who and keeps what they typed; a form that comes twice is carried out once."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.tables import audit, cases, messages
from tests.console.conftest import Browser, House
from tests.people import texts

ROUNDS = 200
TYPED = "Dag, ik ben {name}. Ik lees uw bericht <nu>."
Act = Callable[[Browser, str, str], Any]


def take(who: Browser, name: str, case: str) -> Any:
    return who.form(f"/cases/{case}/take")


def write_to(who: Browser, name: str, case: str) -> Any:
    return who.form(f"/cases/{case}/reply", text=TYPED.format(name=name))


def at_once(pool: ThreadPoolExecutor, *acts: Callable[[], Any]) -> list[Any]:
    """Both start when both are ready."""
    ready = Barrier(len(acts))

    def go(act: Callable[[], Any]) -> Any:
        ready.wait(10)
        return act()

    return [one.result(30) for one in [pool.submit(go, act) for act in acts]]


def owner_of(house: House, case: str) -> tuple[str, int]:
    """The owner's name, and how often the case was taken."""
    with house.store.begin() as connection:
        owner = connection.scalar(select(cases.c.owner_id).where(cases.c.id == case))
        times = select(func.count()).select_from(audit).where(audit.c.case_id == case, audit.c.act == "took")
        return str(owner), int(connection.scalar(times) or 0)


@pytest.mark.parametrize(("first", "second"), [(take, take), (write_to, take)], ids=["two take it", "one writes, one takes it"])
def test_of_two_at_once_one_has_it(both: House, first: Act, second: Act) -> None:
    staff = {name: both.browser("advisor", name) for name in ("Sara", "Noor")}
    won: dict[str, int] = {"Sara": 0, "Noor": 0}
    with ThreadPoolExecutor(2) as pool:
        for round_ in range(ROUNDS if first is second else ROUNDS // 4):
            case = both.case("hallo", address=f"+316{round_:08}")
            acts = {"Sara": first, "Noor": second} if round_ % 2 else {"Sara": second, "Noor": first}
            told = dict(zip(acts, at_once(pool, *(partial(act, staff[name], name, case) for name, act in acts.items())), strict=True))
            winner = next(name for name, answer in told.items() if answer.status_code == 303)
            loser = "Noor" if winner == "Sara" else "Sara"
            assert told[loser].status_code == 409
            assert f"{winner} heeft dit gesprek al." in told[loser].text
            if acts[loser] is write_to:  # typed for nothing, but not lost
                assert f"ik ben {loser}. Ik lees uw bericht &lt;nu&gt;.</textarea>" in told[loser].text
            assert owner_of(both, case)[1] == 1
            won[winner] += 1
    assert sum(won.values()) == round_ + 1
    sent = [text for kind, _, text in texts(both.store) if kind == "human"]
    assert len(sent) == len(set(sent)) or first is write_to


def test_a_coordinator_who_comes_late_keeps_the_text_too(house: House) -> None:
    sara, marijke, case = house.browser(), house.browser("coordinator", "Marijke"), house.case("dit is geheim")
    sara.form(f"/cases/{case}/take")
    answer = marijke.form(f"/cases/{case}/reply", text="Dag, ik ben Marijke.")
    assert answer.status_code == 409
    assert "Sara heeft dit gesprek al." in answer.text
    assert "Dag, ik ben Marijke.</textarea>" in answer.text
    assert "geheim" not in answer.text


def once_of(page: str, action: str) -> str:
    """The number a form of a page carries."""
    form = re.search(rf'<form method="post" action="{action}".*?name="once" value="([^"]+)"', page, flags=re.DOTALL)
    assert form is not None
    return form[1]


def human_messages(house: House) -> int:
    with house.store.begin() as connection:
        return int(connection.scalar(select(func.count()).select_from(messages).where(messages.c.kind == "human")) or 0)


def test_the_same_form_is_carried_out_once_however_often_it_comes(both: House) -> None:
    sara, case = both.browser(), both.case("hallo")
    path = f"/cases/{case}/reply"
    once = once_of(sara.get(f"/cases/{case}").text, path)
    with ThreadPoolExecutor(4) as pool:
        answers = at_once(pool, *(lambda: sara.form(path, text="Dag", once=once) for _ in range(4)))
    answers.append(sara.form(path, text="Dag", once=once))
    assert [(answer.status_code, answer.headers["location"]) for answer in answers] == [(303, f"/cases/{case}?done=sent")] * 5
    assert human_messages(both) == 1
    assert sara.form(path, text="Dag", once=once_of(sara.get(f"/cases/{case}").text, path)).status_code == 303
    assert human_messages(both) == 2  # the same words again, meant again


def test_a_form_that_was_refused_may_come_again_and_a_colleagues_number_is_not_mine(house: House) -> None:
    sara, noor, case = house.browser(), house.browser(name="Noor"), house.case("hallo")
    path = f"/cases/{case}/reply"
    assert sara.form(path, text=" ", once="a number").status_code == 422
    assert sara.form(path, text="Dag", once="a number").status_code == 303
    assert human_messages(house) == 1
    assert noor.form(path, text="Dag", once="a number").status_code == 409
