"""What staff are told by e-mail and in their browsers: that somebody waits, never who or about what."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot import facts, mail, push, waiting
from bot.clock import now
from bot.console.words import say
from bot.messages import SendError
from bot.settings import Settings
from bot.store import Store
from bot.tables import cases, pushes, staff_notices, users
from bot.users import ON_DUTY_ROLES

log = logging.getLogger("inloop.staff_notices")
URGENT = ("urgent", "urgent_all")
KINDS = ("offered", "reminder", "unanswered", "overdue", "escalated", "given", "left", "news", *URGENT)
BACK_OFF = (30, 120, 600, 1800, 3600)  # seconds; after the last it is given up, and doctor tells of it
STUCK = timedelta(minutes=2)  # a claim older than this was left by a process that died
MAIL = "mail"  # the road at the end of `once`; a browser's id is the other


def tell(connection: Connection, user: str, kind: str, case: str, *, key: str = "") -> None:
    """Tell a member of staff something about a case, by every road they chose, once for this key. Raises ValueError for no such kind.

    In their own hours; urgent news reaches an advisor or coordinator at any hour, and a volunteer never.
    """
    if kind not in KINDS:
        raise ValueError(f"a notice is one of {', '.join(KINDS)}")
    found = connection.execute(select(users).where(users.c.id == user, users.c.disabled_at.is_(None))).one_or_none()
    if found is None or (kind in URGENT and found.role not in ON_DUTY_ROLES):
        return
    due = now() if kind in URGENT else _their_hours(connection, found)
    dialect = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    for road in _roads(connection, found):
        row = {"user_id": user, "case_id": case, "kind": kind, "due_at": due, "once": f"{kind}:{key or case}:{user}:{road}"}
        connection.execute(dialect(staff_notices).values(**row).on_conflict_do_nothing(index_elements=["once"]))


def _their_hours(connection: Connection, user: Row[Any]) -> datetime:
    """Now, or when their next hours begin; who has none of their own keeps the deployment's."""
    found = facts.read(connection)
    return facts.after({**found, "hours": user.hours or found.get("hours", {})}, now())


def _roads(connection: Connection, user: Row[Any]) -> list[str]:
    browsers = connection.scalars(select(pushes.c.id).where(pushes.c.user_id == user.id).order_by(pushes.c.at)).all()
    return [*([MAIL] if user.mails and user.email is not None else []), *browsers]


@dataclass(frozen=True)
class Claimed:
    """A notice this process alone may send now."""

    row: Row[Any]
    letter: mail.Letter | None
    knock: push.Knock | None


def claim(connection: Connection) -> Row[Any] | None:
    """Claim the next notice that is due, urgent ones first, one that a dead process left included; None when there is none."""
    free = or_(staff_notices.c.claimed_at.is_(None), staff_notices.c.claimed_at < now() - STUCK)
    due = (staff_notices.c.due_at <= now()) & staff_notices.c.sent_at.is_(None) & (staff_notices.c.tries <= len(BACK_OFF))
    order = (staff_notices.c.kind.not_in(URGENT), staff_notices.c.due_at)  # danger does not stand behind a slow mail server's queue
    oldest = select(staff_notices.c.id).where(due, free).order_by(*order).limit(1).with_for_update(skip_locked=True)
    taken = {"claimed_at": now(), "tries": staff_notices.c.tries + 1}
    query = update(staff_notices).where(staff_notices.c.id == oldest.scalar_subquery()).values(**taken)
    return connection.execute(query.returning(staff_notices)).one_or_none()


def holds(connection: Connection, notice: Row[Any]) -> bool:
    """Whether a notice is still so: the case waits for them, or the person for a word."""
    case = connection.execute(select(cases).where(cases.c.id == notice.case_id)).one_or_none()
    if case is None or case.status == "closed":
        return False
    waits, unanswered = case.status == "waiting", not waiting.answered(connection, case.contact_id)
    if notice.kind in ("offered", "reminder"):
        return bool(waits and case.offered_to == notice.user_id)
    if notice.kind in ("unanswered", "given"):
        return bool(case.owner_id == notice.user_id and (unanswered or notice.kind == "given"))
    if notice.kind in ("escalated", "overdue"):
        return bool(waits if notice.kind == "escalated" else not waits and unanswered)
    return bool(waits or unanswered or notice.kind in ("left", "news"))


def put_off(connection: Connection, notice: Row[Any], user: Row[Any]) -> bool:
    """Whether a notice that comes late, or again, has to wait for somebody's own hours."""
    due = now() if notice.kind in URGENT else _their_hours(connection, user)
    if due <= now():
        return False
    values = {"due_at": due, "claimed_at": None, "tries": notice.tries - 1}
    connection.execute(update(staff_notices).where(staff_notices.c.id == notice.id).values(**values))
    return True


def done(connection: Connection, notice: Row[Any], error: str | None = None) -> None:
    """Sent, or no longer needed (`error` says why)."""
    connection.execute(update(staff_notices).where(staff_notices.c.id == notice.id).values(sent_at=now(), claimed_at=None, error=error))


def failed(connection: Connection, notice: Row[Any], wrong: SendError) -> None:
    """Not sent: later again, or never; a browser that is gone is forgotten."""
    road = notice.once.rpartition(":")[2]
    if wrong.gone:
        connection.execute(delete(pushes).where(pushes.c.id == road))
        done(connection, notice, wrong.reason)
        return
    ends = not wrong.retry or notice.tries > len(BACK_OFF)
    wait = 0 if ends else wrong.after if wrong.after is not None else BACK_OFF[notice.tries - 1]
    values = {"tries": len(BACK_OFF) + 1 if ends else notice.tries, "due_at": now() + timedelta(seconds=wait)}
    query = update(staff_notices).where(staff_notices.c.id == notice.id)
    connection.execute(query.values(**values, claimed_at=None, error=wrong.reason[:64]))


def given_up(connection: Connection, since: datetime) -> list[str]:
    """Why notices that were due since then could not be sent, a reason each."""
    lost = staff_notices.c.sent_at.is_(None) & (staff_notices.c.tries > len(BACK_OFF)) & (staff_notices.c.due_at > since)
    return [str(reason) for reason in connection.scalars(select(staff_notices.c.error).where(lost, staff_notices.c.claimed_at.is_(None)))]


class Courier:
    """Carries notices to staff; any number may work at once."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store, self.settings = store, settings

    async def send_one(self) -> bool:
        """Send the next notice; False when there is none."""
        claimed = await asyncio.to_thread(self._claim)
        if claimed is None:
            return False
        try:
            if claimed.letter is not None:
                await mail.send(self.settings, claimed.letter)
            elif claimed.knock is not None:
                await push.send(claimed.knock)
        except SendError as wrong:
            log.warning("a notice to staff was not sent: %s", wrong.reason)
            await asyncio.to_thread(self._failed, claimed.row, wrong)
        else:
            await asyncio.to_thread(self._done, claimed.row)
        return True

    def _claim(self) -> Claimed | None:
        """The next notice that is still so; those that are not are done with on the way."""
        with self.store.begin() as connection:
            while (row := claim(connection)) is not None:
                user = connection.execute(select(users).where(users.c.id == row.user_id)).one()
                found = self._written(connection, row, user)
                if not holds(connection, row) or not (found.letter or found.knock):
                    done(connection, row, "moved on")
                elif not put_off(connection, row, user):
                    return found
        return None

    def _written(self, connection: Connection, row: Row[Any], user: Row[Any]) -> Claimed:
        """The notice as its road carries it; nothing where that road is closed now."""
        road, base = row.once.rpartition(":")[2], self._console()
        if user.disabled_at is not None:
            return Claimed(row, None, None)
        if road == MAIL:
            to = self.store.vault.open(user.email) if user.mails and self.settings.smtp_url and self.settings.mail_from else None
            return Claimed(row, _letter(row, user, to, base) if to else None, None)
        sealed = connection.scalar(select(pushes.c.subscription).where(pushes.c.id == road))
        if sealed is None:
            return Claimed(row, None, None)
        sender = f"mailto:{self.settings.mail_from}" if self.settings.mail_from else base
        return Claimed(row, None, push.Knock(self.store.vault.open_json(sealed), row.kind, push.key(connection, self.store.vault), sender))

    def _console(self) -> str:
        return self.settings.console_url.rstrip("/") or f"http://127.0.0.1:{self.settings.console_port}"

    def _done(self, row: Row[Any]) -> None:
        with self.store.begin() as connection:
            done(connection, row)

    def _failed(self, row: Row[Any], wrong: SendError) -> None:
        with self.store.begin() as connection:
            failed(connection, row, wrong)


def _letter(row: Row[Any], user: Row[Any], to: str, base: str) -> mail.Letter:
    """One plain sentence and the console's address, in a language they speak."""
    language = "en" if "en" in user.languages and "nl" not in user.languages else "nl"
    text = say(language, "notices.letter", line=say(language, f"notices.kinds.{row.kind}"), url=base)
    return mail.Letter(row.id, to, say(language, "notices.subject_urgent" if row.kind in URGENT else "notices.subject"), text)
