"""What staff do with a case, for the API and the pages alike: who may, in one transaction, with a plain refusal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from bot import cases, conversations, facts, matching, once, together, transfer, voice
from bot import reveal as numbers
from bot.audit import note
from bot.console import phrases, queue, story
from bot.console.desk import Again, Desk, Refused, Staff
from bot.inbox import clean
from bot.replies import available, render

Body = Callable[[Row[Any]], dict[str, Any]]  # a message made for the person's language and channel
LONGEST = {"whatsapp": 1600, "sms": 1600, "telegram": 4096}  # characters: Twilio's and Telegram's own limits


def take(desk: Desk, staff: Staff, case: str) -> None:
    """Take a case; the bot is silent from now on."""
    with _acting(desk, staff, case) as (connection, row):
        story.may_take(staff, row)
        cases.take(connection, case, staff.id)


def reply(desk: Desk, staff: Staff, case: str, body: Body) -> None:
    """Write to the person; `body` is made for their language and channel (`typed` or `phrase`)."""
    with _acting(desk, staff, case) as (connection, row):
        cases.reply(connection, desk.store.vault, case, staff.id, body(row))


def assign(desk: Desk, staff: Staff, case: str, to: str, note: str = "", *, stay: bool = False) -> None:
    """Give a case to a colleague (name or id), with a word for them; who has it may stay on."""
    with _acting(desk, staff, case) as (connection, row):
        story.may_take(staff, row)
        if row.status == "taken" and row.owner_id != staff.id and staff.role != "coordinator":
            raise cases.Taken
        chosen = next((one for one in queue.colleagues(connection, staff, row) if to in (one.id, one.name)), None)
        if chosen is None:
            raise Refused(409, "urgent") if row.urgent else Refused(422, "wrong_colleague")
        try:
            transfer.give(connection, desk.store.vault, case, staff.id, chosen.id, words=note, stay=stay and row.owner_id == staff.id)
        except ValueError as wrong:
            raise Refused(422, str(wrong)) from None


def give_back(desk: Desk, staff: Staff, case: str) -> None:
    """The bot talks on; the case stays with the human."""
    with _acting(desk, staff, case) as (connection, row):
        _must_be_taken(row)
        cases.give_back(connection, desk.store.vault, case, staff.id)


def close(
    desk: Desk,
    staff: Staff,
    case: str,
    outcome: str,
    step: Body | None,
    first_day: str | None,
) -> None:
    """Close a case; the next step goes to the person, the check-ins count from the first day."""
    with _acting(desk, staff, case) as (connection, row):
        _must_be_taken(row)
        begins = _morning(connection, first_day) if first_day else None
        made = step(row) if step else None
        cases.close(connection, desk.store.vault, case, staff.id, outcome=outcome, next_step=made, first_day=begins)


def known(desk: Desk, staff: Staff, case: str) -> None:
    """ "I know this person": the case leaves one's list, and the next one is asked."""
    with _acting(desk, staff, case) as (connection, row):
        matching.knew(connection, case, staff.id)
        if row.status == "taken" and row.owner_id == staff.id:
            transfer.hand_back(connection, desk.store.vault, case, staff.id)


def decline(desk: Desk, staff: Staff, case: str) -> None:
    """ "Not for me": the next one is asked, no reason needed."""
    with _acting(desk, staff, case) as (connection, row):
        if row.offered_to == staff.id:
            matching.decline(connection, case, staff.id)


def reveal(desk: Desk, staff: Staff, case: str, reason: str, words: str) -> str:
    """The person's number, for who has the case (never an ambassador) and says why; it is noted before it is given."""
    if staff.role == "ambassador":
        raise Refused(403, "forbidden")
    with _acting(desk, staff, case) as (connection, row):
        _must_be_taken(row)
        try:
            return numbers.reveal(connection, desk.store.vault, case, staff.id, reason, words)
        except numbers.NoNumber:
            raise Refused(409, "no_number") from None
        except ValueError:
            raise Refused(422, "reason") from None


def speak(desk: Desk, staff: Staff, case: str, recording: bytes, line: str) -> None:
    """A voice message to the person (OGG with Opus), after the line that was typed with it, if one was."""
    with _acting(desk, staff, case) as (connection, row):
        base = voice.fetch_base(desk.settings, row.channel)
        if row.channel == "sms" or base is None:
            raise Refused(409, "voice_sms" if row.channel == "sms" else "voice_no_address")
        if line.strip():
            cases.reply(connection, desk.store.vault, case, staff.id, typed(line)(row))
        voice.reply(connection, desk.store.vault, case, staff.id, recording, base)


def ask_to_hear(desk: Desk, staff: Staff, case: str) -> None:
    """Ask the person whether the human may hear or see what they sent before their yes."""
    with _acting(desk, staff, case) as (connection, row):
        _must_be_taken(row)
        if row.owner_id != staff.id:
            raise cases.Taken
        try:
            voice.ask_to_hear(connection, desk.store.vault, case, staff.id, staff.shown)
        except voice.Asked:
            raise Refused(409, "hear_asked") from None


def translated_one(desk: Desk, staff: Staff, case: str) -> None:
    """Note that a message went to the translation service for this member of staff."""
    with desk.store.begin() as connection:
        note(connection, "translated", user=staff.id, case=case)


def translated(text: str, original: str) -> Body:
    """The body of a translation a computer made: marked for the person, what staff typed beside it."""

    def body(row: Row[Any]) -> dict[str, Any]:
        if row.language not in available():
            raise Refused(409, "translate_language")
        marking = render("machine_translated", row.language, row.channel).text
        made = typed(f"{text.strip()}\n\n{marking}" if text.strip() else "")(row)
        return made | {"original": clean(original), "translated": True, "language": row.language}

    return body


def typed(text: str) -> Body:
    """The body of typed words. Raises Refused when there are none, or too many for the channel."""

    def body(row: Row[Any]) -> dict[str, Any]:
        words = clean(text)
        if not words:
            raise Refused(422, "empty")
        if len(text.strip()) > LONGEST[row.channel]:
            raise Refused(422, "too_long")
        return {"text": words}

    return body


def phrase(name: str, values: Mapping[str, str]) -> Body:
    """The body of a ready phrase in the person's language."""

    def body(row: Row[Any]) -> dict[str, Any]:
        try:
            text = phrases.render(name, row.language, row.channel, values)
        except KeyError:
            raise Refused(422, "phrase") from None
        except ValueError:
            raise Refused(422, "value") from None
        return {"text": text, "language": row.language, "phrase": name}

    return body


@contextmanager
def _acting(desk: Desk, staff: Staff, case: str) -> Iterator[tuple[Connection, Row[Any]]]:
    """A transaction on a locked case that this role may work on; what the domain refuses becomes a sentence."""
    try:
        with desk.store.begin() as connection:
            conversations.lock(connection, story.find(connection, case).contact_id)
            if staff.once and not once.first(connection, staff.id, staff.once):
                raise Again
            row = story.find(connection, case)
            _may_act(staff, row)
            yield connection, row
    except cases.Taken:
        raise Refused(409, "taken") from None
    except cases.Closed:
        raise Refused(409, "closed") from None
    except cases.CannotReach as wrong:
        raise Refused(409, wrong.reason) from None


def _may_act(staff: Staff, row: Row[Any]) -> None:
    """A case of a colleague passes: the domain says who has it (409)."""
    mine = row.owner_id == staff.id or together.is_with(staff.id, row)
    if staff.role == "outreach" and not mine:
        raise Refused(403, "forbidden")
    if staff.role == "ambassador" and not mine and not story.offered_to_ambassador(staff, row):
        raise Refused(403, "forbidden")


def _must_be_taken(row: Row[Any]) -> None:
    if row.status == "waiting":
        raise Refused(409, "not_taken")


def _morning(connection: Connection, day: str) -> datetime:
    """Nine in the morning of a day, where the deployment is."""
    try:
        zone = ZoneInfo(facts.read(connection).get("time_zone", "Europe/Amsterdam"))
        return datetime.combine(date.fromisoformat(day), time(9), tzinfo=zone).astimezone(UTC)
    except ValueError:
        raise Refused(422, "date") from None
