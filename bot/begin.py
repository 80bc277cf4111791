"""What commands begin with: the database, the facts of a file, and a refusal on one line. Loaded only as far as needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.settings import ROOT, Settings

if TYPE_CHECKING:
    from bot.store import Store

RASA = ROOT / ".venv-rasa" / "bin" / "python"


def open_store(settings: Settings) -> Store:
    """The database of these settings, its tables up to date; SystemExit with one line when it cannot be reached."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot.migrations import upgrade
    from bot.store import Store
    from bot.vault import Vault

    try:
        store = Store(settings.database_url, Vault(list(settings.secret_key)))
        upgrade(store.engine)
    except (SQLAlchemyError, ValueError) as wrong:
        reason = str(wrong).splitlines()[0] if isinstance(wrong, ValueError) else type(wrong).__name__
        raise SystemExit(f"The database cannot be opened ({reason}): look at INLOOP_DATABASE_URL and INLOOP_SECRET_KEY.") from None
    return store


def console_url(settings: Settings) -> str:
    """Where staff sign in."""
    return settings.console_url.rstrip("/") or f"http://127.0.0.1:{settings.console_port}"


def facts_in(path: Path) -> dict[str, Any]:
    """The facts of a file; SystemExit with one line when they cannot be used."""
    from bot import facts

    with plainly():
        return facts.read_file(path)


@contextmanager
def plainly() -> Iterator[None]:
    """What the domain refuses becomes the one line a command ends with."""
    try:
        yield
    except ValueError as wrong:
        raise SystemExit(str(wrong)) from None
