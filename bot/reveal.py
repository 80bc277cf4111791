"""Showing a person's number to the human who has the case: for a reason, and noted. Everywhere else they are a pseudonym."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import Connection, insert, select

from bot import cases
from bot.audit import note
from bot.masking import MARK, mask
from bot.tables import contacts, reveals
from bot.vault import Vault

REASONS = ("danger", "asked", "not_arriving", "interpreter", "other")
NUMBERED = ("whatsapp", "sms")  # a Telegram chat id can be called by nobody
LONGEST = 200  # characters of somebody's own words
_NUMBER = re.compile(r"\+?\d[\d ().\-/]{3,}\d")


class NoNumber(Exception):
    """This person has no telephone number here."""


def reveal(connection: Connection, vault: Vault, case: str, user: str, reason: str, words: str = "") -> str:
    """The number, in E.164, of the person of a case that `user` has; the audit gets who, when, case and reason.

    words: more about the reason, needed for `other`; kept encrypted, without numbers, as long as the case.
    Raises Taken, Closed, NoNumber, KeyError, and ValueError for no reason.
    """
    held, words = cases.one(connection, case), " ".join(words.split())[:LONGEST]
    if held.status == "closed":
        raise cases.Closed
    if held.owner_id != user:
        raise cases.Taken
    if reason not in REASONS or (reason == "other" and not words):
        raise ValueError(reason)
    row = connection.execute(select(contacts.c.channel, contacts.c.address).where(contacts.c.id == held.contact_id)).one()
    number = vault.open(row.address) or ""
    if row.channel not in NUMBERED or not re.fullmatch(r"\+?\d{3,15}", number):  # WhatsApp also knows people by an id alone
        raise NoNumber
    sealed = vault.close(_NUMBER.sub(MARK, mask(words)[0])) if words else None
    made = connection.execute(insert(reveals).values(case_id=case, words=sealed).returning(reveals.c.id)).scalar_one()
    note(connection, "revealed", user=user, case=case, reason=reason, reveal=made)
    return number


def words_of(connection: Connection, vault: Vault, ids: Iterable[str]) -> dict[str, str]:
    """What was written with these reveals, by id; those without words, or erased since, are not in it."""
    found = connection.execute(select(reveals).where(reveals.c.id.in_(list(ids)), reveals.c.words.is_not(None))).all()
    return {row.id: vault.open(row.words) or "" for row in found}
