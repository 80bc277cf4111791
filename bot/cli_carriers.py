"""`inloop templates`: what WhatsApp lets us say first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from bot.begin import open_store

if TYPE_CHECKING:
    from bot.channels.twilio_content import TwilioContent
    from bot.settings import Settings
    from bot.store import Store

templates = typer.Typer(help="What WhatsApp lets us say first, outside 24 hours.", no_args_is_help=True)


@templates.command("sync")
def sync() -> None:
    """Make the templates that are missing at Twilio, and ask WhatsApp to approve them."""
    from bot import approvals
    from bot.templates import LANGUAGES

    with _account() as (store, content, settings):
        _tell(approvals.sync(store, content, settings.languages))
        if without := sorted(set(settings.languages) - set(LANGUAGES)):
            typer.echo(f"{', '.join(without)}: WhatsApp has no templates in these languages; messages wait until the person writes")
    typer.echo("WhatsApp takes up to two days. `inloop templates status` asks what it says now.")


@templates.command("status")
def status() -> None:
    """Ask what WhatsApp says now of each template."""
    from bot import approvals

    with _account() as (store, content, _):
        if not _tell(approvals.status(store, content)):
            typer.echo("none yet: inloop templates sync")


def _tell(found: Iterator[tuple[str, str, str]]) -> int:
    lines = 0
    for key, said, reason in found:
        typer.echo(f"{key}: {said}{f' ({reason})' if reason else ''}")
        lines += 1
    return lines


@contextmanager
def _account() -> Iterator[tuple[Store, TwilioContent, Settings]]:
    """The database and the Twilio account; SystemExit with one line when one of them does not answer."""
    from bot import approvals
    from bot import settings as config
    from bot.messages import SendError

    found = config.load()
    try:
        content = approvals.open_content(found)
    except ValueError as wrong:
        raise SystemExit(str(wrong)) from None
    store = open_store(found)
    try:
        yield store, content, found
    except SendError as wrong:
        raise SystemExit(f"Twilio does not answer as it should ({wrong.reason}): inloop doctor looks at the account.") from None
    finally:
        content.close()
        store.dispose()
