"""A human says that something was understood wrong: the case is put right, without touching what was counted.

The words are kept to make the model better only when the person said yes to those words; a later no erases them.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, insert, select, update

from bot import asks, cases, consent
from bot import labels as taxonomy
from bot.audit import note
from bot.clock import now
from bot.inbox import clean
from bot.masking import MARK, mask
from bot.scene import Scene
from bot.tables import cases as case_table
from bot.tables import contacts, conversations, labels, messages, suggestions
from bot.vault import Vault

KINDS = ("goal", "strength", "driver", "barrier")
TOPIC, CONSENT = "keep", "keep_words"
LONGEST = {"sms": 40}  # characters of words that are asked about: an SMS must hold the question too
LONGEST_ELSE = 160
_NUMBER = re.compile(r"\+?\d(?:[ .\-/]?\d){4,}")
_INSIDE = re.compile(r"(?<=[\w•,] )[^\W\d_]\w+")  # a word inside a sentence


def choices_of(kind: str) -> list[str]:
    """What a label of a kind may be changed into, in the taxonomy's order."""
    if kind == "goal":
        return list(taxonomy.goals())
    found = taxonomy.taxonomy()
    return [one for group in found["barriers"].values() for one in group] if kind == "barrier" else list(found[f"{kind}s"])


def confirm(connection: Connection, case: str, user: str, label: str) -> None:
    """It was understood well. Raises KeyError when the case shows no such label."""
    held = _held(connection, case, label)
    connection.execute(update(labels).where(labels.c.id == held.id).values(confirmed=True))
    note(connection, "label_confirmed", user=user, case=case)


def remove(connection: Connection, case: str, user: str, label: str) -> None:
    """It was never said: the label leaves the case. Raises KeyError."""
    held = _held(connection, case, label)
    connection.execute(delete(labels).where(labels.c.id == held.id))
    note(connection, "label_removed", user=user, case=case)


def change(connection: Connection, case: str, user: str, label: str, instead: str) -> None:
    """Another label of the same kind was meant; the words stay with it. Raises KeyError, ValueError ("label")."""
    held = _held(connection, case, label)
    if instead not in choices_of(held.kind) or instead == held.label:
        raise ValueError("label")
    connection.execute(delete(labels).where(labels.c.id == held.id))
    same = (labels.c.contact_id == held.contact_id) & (labels.c.kind == held.kind) & (labels.c.label == instead)
    if not connection.execute(update(labels).where(same).values(confirmed=True, consented=True)).rowcount:
        row = {name: getattr(held, name) for name in ("contact_id", "kind", "evidence", "message_id", "at")}
        fresh = {"label": instead, "source": "said", "confirmed": True, "consented": True, "sensitive": taxonomy.is_sensitive(instead)}
        connection.execute(insert(labels).values(**row, **fresh))
    note(connection, "label_changed", user=user, case=case)


def words_to_ask(connection: Connection, vault: Vault, case: str, label: str) -> str | None:
    """The words, masked, that the person may be asked about; None where nothing is asked.

    Nothing sensitive is asked about, nothing of who is quiet, a child or out of reach, and nobody twice.
    """
    held = _held(connection, case, label)
    row = connection.execute(select(contacts).where(contacts.c.id == held.contact_id)).one()
    if held.sensitive or row.quiet or row.minor or _asked_before(connection, held.contact_id):
        return None
    try:
        cases.reachable(connection, held.contact_id)
    except cases.CannotReach:
        return None
    words = without_names(vault.open(held.evidence) or "")
    return words if words and len(words) <= LONGEST.get(row.channel, LONGEST_ELSE) else None


def without_names(text: str) -> str:
    """Words without numbers, and without what may be a name: a capital inside a sentence. Where a script has none, a human looks."""
    plain = " ".join(clean(text).replace('"', "").split()).lstrip("@")
    masked = _NUMBER.sub(MARK, mask(plain)[0])
    return _INSIDE.sub(lambda found: MARK if found[0][0].isupper() else found[0], masked)


def ask(connection: Connection, vault: Vault, case: str, user: str, label: str, instead: str | None) -> None:
    """Ask the person whether these words may be kept; before the label is taken away. Does nothing where `words_to_ask` is None."""
    held, words = _held(connection, case, label), words_to_ask(connection, vault, case, label)
    if words is None or (instead is not None and taxonomy.is_sensitive(instead)):
        return
    row = {"contact_id": held.contact_id, "user_id": user, "kind": held.kind, "label": held.label, "instead": instead, "at": now()}
    made = str(connection.execute(insert(suggestions).values(**row).returning(suggestions.c.id)).scalar_one())
    options = [(f"{TOPIC}:{made}:yes", "@yes"), (f"{TOPIC}:{made}:no", "@no")]
    sent = asks.ask(connection, vault, held.contact_id, "ask_keep", {"words": words}, options, user=user)
    _keep_with(connection, vault, sent, made, words)
    note(connection, "asked_to_keep", user=user, case=case)


def _keep_with(connection: Connection, vault: Vault, message: str, suggestion: str, words: str) -> None:
    """What is asked about stands in the question alone until the person says yes."""
    body = vault.open_json(connection.scalar(select(messages.c.body).where(messages.c.id == message)))
    sealed = vault.close_json({**body, "keep": {"of": suggestion, "words": words}})
    connection.execute(update(messages).where(messages.c.id == message).values(body=sealed))


def _answered(scene: Scene, key: str, answer: str) -> None:
    """Yes: these words are kept. No, also later: they are not."""
    mine = (suggestions.c.id == key) & (suggestions.c.contact_id == scene.contact)
    row = scene.connection.execute(select(suggestions).where(mine)).one_or_none()
    words = _asked_words(scene, key) if row is not None and row.label else None
    if answer == "yes" and words is not None:
        values = {"words": scene.vault.close(words), "agreed_at": now()}
        scene.connection.execute(update(suggestions).where(mine).values(**values))
        consent.grant(scene.connection, scene.vault, scene.contact, CONSENT, [words])
        return asks.tell(scene.connection, scene.vault, scene.contact, "kept", choices=[(f"{TOPIC}:{key}:no", "@keep_undo")])
    # That it was asked stays, so that nobody is asked twice; of what it was about nothing does.
    scene.connection.execute(update(suggestions).where(mine).values(label="", instead=None, words=None, agreed_at=None))
    consent.withdraw(scene.connection, scene.contact, CONSENT)
    asks.tell(scene.connection, scene.vault, scene.contact, "not_kept")


asks.HANDLERS[TOPIC] = _answered


def _asked_words(scene: Scene, key: str) -> str | None:
    asked = (messages.c.contact_id == scene.contact) & (messages.c.reply == "ask_keep")
    for sealed in scene.connection.scalars(select(messages.c.body).where(asked).order_by(messages.c.seq.desc())):
        held = (scene.vault.open_json(sealed) or {}).get("keep") or {}
        if held.get("of") == key:
            return str(held["words"])
    return None


def forget(connection: Connection, contact: str) -> None:
    """A later no to what was shared, or somebody else at the phone: no words are kept."""
    connection.execute(delete(suggestions).where(suggestions.c.contact_id == contact))
    consent.withdraw(connection, contact, CONSENT)


def agreed(connection: Connection, vault: Vault) -> list[dict[str, Any]]:
    """Everything kept with a yes, as rows to review for data/signals: of whom and when is not in them."""
    query = select(suggestions, conversations.c.language).join(conversations, conversations.c.contact_id == suggestions.c.contact_id)
    rows = connection.execute(query.where(suggestions.c.agreed_at.is_not(None), suggestions.c.words.is_not(None))).all()
    found = [_as_row(row, vault.open(row.words) or "") for row in rows]
    return sorted(found, key=lambda one: (one["language"], one["text"]))


def _as_row(row: Row[Any], words: str) -> dict[str, Any]:
    meant = [row.instead] if row.instead else []
    if row.kind == "goal":
        said: dict[str, Any] = {"intent": row.instead or "tell_situation"}
    else:
        said = {"intent": "tell_situation", f"{row.kind}s": meant}
    return {"language": row.language or "nl", "text": words, **said, "heard": row.label}


def _held(connection: Connection, case: str, label: str) -> Row[Any]:
    """A label the case shows, that the person did not tap themselves. Raises KeyError."""
    query = select(labels).join(case_table, case_table.c.contact_id == labels.c.contact_id)
    mine = (case_table.c.id == case) & (case_table.c.scope != "nothing") & (labels.c.id == label) & labels.c.consented
    row = connection.execute(query.where(mine, labels.c.kind.in_(KINDS), labels.c.source != "tapped")).one_or_none()
    if row is None:
        raise KeyError(label)
    return row


def _asked_before(connection: Connection, contact: str) -> bool:
    return bool(connection.scalar(select(exists().where(suggestions.c.contact_id == contact, suggestions.c.agreed_at.is_(None)))))
