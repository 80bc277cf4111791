"""The log: sentences anybody can read, filters, and a file that holds nothing people said."""

from __future__ import annotations

import ast
import csv
import io
import re
from pathlib import Path

import pytest

import bot
from bot import users
from bot.audit import note
from bot.console import words
from tests.console.conftest import Browser, House

SOURCES = [file for file in Path(bot.__file__).parent.rglob("*.py") if "rasa" not in file.parts]


def acts() -> set[str]:
    """Every act the code notes."""
    nodes = [node for file in SOURCES for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    named = [node.args[1] for node in nodes if ast.unparse(node.func) in ("note", "audit.note") and len(node.args) > 1]
    parts = [part for arg in named for part in ((arg.body, arg.orelse) if isinstance(arg, ast.IfExp) else (arg,))]
    return {str(ast.literal_eval(part)) for part in parts}


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_act_has_its_name_and_its_sentence(language: str) -> None:
    assert {"saw", "took", "wrote", "revealed", "exported", "signed_in", "factor_removed"} <= acts()
    assert set(words.listing(language, "acts")) == acts()
    assert set(words.listing(language, "did")) == acts()


def sentences(browser: Browser, query: str = "") -> list[str]:
    """What the page says, newest first, names without their marks."""
    cells = re.findall(r"<tr><td>.*?</td><td>(.*?)</td>", browser.get(f"/audit{query}").text)
    return [re.sub(r"</?bdi>", "", cell) for cell in cells]


def test_who_saw_took_wrote_and_closed_is_told_in_sentences(house: House) -> None:
    sara, marijke, case = house.browser(), house.browser("coordinator", "Marijke"), house.case()
    house.browser(name="Noor")
    sara.get(f"/cases/{case}")
    sara.form(f"/cases/{case}/take")
    sara.form(f"/cases/{case}/reply", text="dit is geheim")
    sara.form(f"/cases/{case}/assign", to="Noor")
    marijke.form("/users", name="Amir", role="ambassador")
    told = sentences(marijke)
    expected = [
        "Marijke maakte een aanmeldlink voor Amir.",
        "Marijke voegde Amir toe.",
        "Sara gaf het gesprek aan Noor.",
        "Sara schreef een bericht.",
        "Sara nam het gesprek.",
        "Sara bekeek het gesprek.",
    ]
    assert told[:6] == expected
    assert "Een gesprek kwam binnen voor een mens." in told
    assert "Sara meldde zich aan." in told
    assert "geheim" not in str(told)


def test_the_log_is_filtered_by_who_and_by_what(house: House) -> None:
    sara, noor, marijke = house.browser(), house.browser(name="Noor"), house.browser("coordinator", "Marijke")
    case = house.case()
    for one in (sara, noor):
        one.get(f"/cases/{case}")
    with house.store.begin() as connection:
        row = users.find(connection, "Noor")
    assert row is not None
    assert sentences(marijke, f"?who={row.id}&act=saw") == ["Noor bekeek het gesprek."]
    assert set(sentences(marijke, "?act=saw")) == {"Noor bekeek het gesprek.", "Sara bekeek het gesprek."}
    assert {one.split()[0] for one in sentences(marijke, f"?who={row.id}")} == {"Noor"}
    assert "Een gesprek kwam binnen voor een mens." in sentences(marijke, "?who=-")
    assert "Hier is niets van gevonden." in marijke.get("/audit?who=nobody").text
    assert "Hier is niets van gevonden." in marijke.get("/audit?act=<script>").text


def test_older_lines_keep_the_filter(house: House) -> None:
    marijke = house.browser("coordinator", "Marijke")
    with house.store.begin() as connection:
        for _ in range(150):
            note(connection, "forgot")
    page = marijke.get("/audit?act=forgot").text
    older = re.search(r'href="(/audit\?before=[^"]+)"', page)
    assert older
    assert len(sentences(marijke, older[1].removeprefix("/audit").replace("&amp;", "&"))) == 50


def rows(answer: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.removeprefix("\ufeff"))))


def test_the_file_holds_what_was_done_and_nothing_people_said(house: House) -> None:
    sara, marijke, case = house.browser(), house.browser("coordinator", "Marijke"), house.case("mijn geheim")
    sara.form(f"/cases/{case}/take")
    sara.form(f"/cases/{case}/reply", text="dit is geheim")
    sara.form(f"/cases/{case}/close", outcome="helped", next_step="een geheime stap")
    answer = marijke.form("/audit/export")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    found = rows(answer.text)
    assert ("Sara", "closed", "Sara sloot het gesprek af: geholpen.", case) in [
        (row["who"], row["act"], row["what"], row["case"]) for row in found
    ]
    assert "geheim" not in answer.text
    assert "+316" not in answer.text
    assert [row["act"] for row in rows(marijke.form("/audit/export", act="exported").text)] == ["exported"]
    assert sentences(marijke)[0] == "Marijke sloeg het logboek op als bestand."


def test_a_name_like_a_formula_is_not_run_by_a_spreadsheet(house: House) -> None:
    house.browser(name="=HYPERLINK(1)")
    found = rows(house.browser("coordinator", "Marijke").form("/audit/export").text)
    cells = [cell for row in found for cell in row.values()]
    assert "'=HYPERLINK(1)" in cells
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


def test_only_a_coordinator_opens_the_log_or_takes_it(house: House) -> None:
    for role in ("advisor", "ambassador", "outreach"):
        one = house.browser(role, role)
        assert [one.get("/audit").status_code, one.form("/audit/export").status_code] == [403, 403]
    with house.store.begin() as connection:
        assert "exported" not in str(connection.exec_driver_sql("SELECT act FROM audit").all())
