"""The command line: `inloop NAME`. Each command loads only what it needs."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from bot import cli_carriers as carriers
from bot import cli_staff as staff
from bot import cli_texts as texts
from bot import settings as config
from bot.begin import RASA, facts_in, open_store, plainly
from bot.settings import ROOT

if TYPE_CHECKING:
    pass

app = typer.Typer(help="Inloop: a walk-in desk in a phone.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
site = typer.Typer(help="Places where the link is shared.", no_args_is_help=True)
directory = typer.Typer(help="The facts of this deployment.", no_args_is_help=True)
groups = {
    "user": staff.user,
    "site": site,
    "token": staff.token,
    "directory": directory,
    "review": texts.review,
    "language": texts.language,
    "suggestions": texts.suggestions,
    "templates": carriers.templates,
}
for name, group in groups.items():
    app.add_typer(group, name=name)


@app.command()
def up() -> None:
    """Start everything on this machine; Ctrl-C stops all."""
    from bot.up import run

    raise SystemExit(run(config.load()))


@app.command()
def gateway() -> None:
    """Serve the carriers' webhooks, the turns and the outbox."""
    from bot.channels.open import open_channels
    from bot.gateway import create_app
    from bot.serve import serve

    found = config.load()
    facts_in(found.directory)  # a wrong line is said now, not as a traceback
    serve("gateway", create_app(open_store(found), found, open_channels(found)), found.bind, found.bot_port, found)


@app.command()
def console() -> None:
    """Serve the pages and the JSON API for staff."""
    from bot.console.app import create_app
    from bot.serve import serve

    found = config.load()
    serve("console", create_app(open_store(found), found), found.bind, found.console_port, found)


@app.command()
def tryout() -> None:
    """Serve the try-out phones (this machine only)."""
    from bot.serve import serve
    from bot.tryout.app import create_app

    found = config.load()
    serve("tryout", create_app(found), "127.0.0.1", found.tryout_port, found)


@app.command()
def rasa() -> None:
    """Serve Rasa, on loopback."""
    port = config.load().rasa_url.rsplit(":", 1)[-1].strip("/")
    _in_rasa("bot.rasa.server", "--port", port)


@app.command()
def actions() -> None:
    """Serve the actions, on loopback."""
    from bot.actions_server import serve

    found = config.load()
    serve(found.bind, found.actions_port)


@app.command()
def train() -> None:
    """Train the model on data/, showing how far it is."""
    _in_rasa("bot.rasa.train")


@app.command()
def parse() -> None:
    """Read JSON lines {"text", "language"?} and write what is understood, a line each."""
    _in_rasa("bot.rasa.parse")


def _in_rasa(module: str, *arguments: str) -> None:
    """Become a module in Rasa's own environment."""
    if not RASA.exists():
        raise SystemExit("Rasa's environment is missing: run make setup.")
    os.chdir(ROOT)
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.execv(RASA, [str(RASA), "-m", module, *arguments])


@site.command("add")
def site_add(name: str, kind: Annotated[str, Option()] = "other", language: Annotated[str, Option()] = "") -> None:
    """Make a place and print its links."""
    from bot import sites

    found = config.load()
    if language and language not in found.languages:
        raise SystemExit(f"{language} is not spoken here: choose one of {', '.join(found.languages)}.")
    with open_store(found).begin() as connection, plainly():
        made = sites.create(connection, name, kind, language or None, None)
    typer.echo(f"code: {made.code}")
    for channel, link in sites.links(found, str(made.code), sites.greeting(language or "nl")).items():
        if link:
            typer.echo(f"{channel}: {link}")


@site.command("list")
def site_list() -> None:
    """All places, with their codes."""
    from bot import sites

    with open_store(config.load()).begin() as connection:
        for row in sites.all_of(connection):
            typer.echo(f"{row.code}\t{row.kind}\t{row.name}")


@app.command()
def forget(who: Annotated[str, Argument(help="CHANNEL:ADDRESS, such as whatsapp:+31612345678")]) -> None:
    """Erase a person: content, address, labels and media, everywhere."""
    from bot import retention

    channel, _, address = who.partition(":")
    if not address or channel not in ("whatsapp", "sms", "telegram"):
        raise SystemExit("Name the channel and the address: whatsapp:+31612345678, sms:+31612345678 or telegram:123456789.")
    store = open_store(config.load())
    with store.begin() as connection:
        done = retention.forget_address(connection, store.vault, channel, address.removeprefix("whatsapp:"))
    typer.echo("forgotten" if done else "nobody is known at that address")


@app.command()
def purge() -> None:
    """Erase what is past its time now (the gateway does it by itself too)."""
    from bot import retention

    store = open_store(config.load())
    with store.begin() as connection:
        for what, rows in retention.purge(connection, store.vault).items():
            typer.echo(f"{what}: {rows}")


@app.command()
def export() -> None:
    """The counts, as JSON: never a person."""
    from bot import counters

    with open_store(config.load()).begin() as connection:
        kinds = ("phase", "language", "channel", "barrier", "outcome", "case", "feedback")
        typer.echo(json.dumps({kind: counters.export(connection, kind) for kind in kinds}, ensure_ascii=False, indent=2))


@directory.command("import")
def directory_import(path: Path) -> None:
    """Take the facts of a file; they replace those held. A file with a wrong line changes nothing."""
    from bot import facts

    found = facts_in(path)
    with open_store(config.load()).begin() as connection:
        for name, value in found.items():
            facts.write(connection, name, value)
    typer.echo(f"{len(found)} facts taken from {path.name}")


@directory.command("export")
def directory_export() -> None:
    """Print the facts held, as YAML."""
    import yaml

    from bot import facts

    with open_store(config.load()).begin() as connection:
        typer.echo(yaml.safe_dump(facts.read(connection), allow_unicode=True, sort_keys=False), nl=False)


@app.command()
def doctor() -> None:
    """Look at settings, carriers, database and Redis; say what is wrong and how to mend it."""
    from bot.doctor import examine

    raise SystemExit(examine(config.load()))


def main() -> None:
    """Run the command line."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
