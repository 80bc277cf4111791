"""The commands about staff: who works here, their way in, keys for the JSON API."""

from __future__ import annotations

from typing import Annotated

import typer
from typer import Option

from bot import settings as config
from bot.begin import console_url, open_store, plainly

user = typer.Typer(help="People who work here.", no_args_is_help=True)
token = typer.Typer(help="Keys for the JSON API.", no_args_is_help=True)
ROLES = ("advisor", "ambassador", "coordinator", "outreach")


@user.command("add")
def user_add(
    name: str,
    role: Annotated[str, Option(help=" | ".join(ROLES))] = "advisor",
    alias: Annotated[str, Option(help="what people see instead of the name")] = "",
    languages: Annotated[str, Option(help="codes, separated by commas")] = "",
) -> None:
    """Add somebody who works here, and print a sign-in line."""
    from bot import users

    found = config.load()
    store = open_store(found)
    with store.begin() as connection:
        with plainly():
            made = users.add_user(connection, name, role, alias=alias or None, languages=tuple(filter(None, languages.split(","))))
        link = users.sign_in_link(connection, made)
    typer.echo(f"sign in: {console_url(found)}/sign-in/{link}")


@user.command("list")
def user_list() -> None:
    """Who works here."""
    from bot import users

    with open_store(config.load()).begin() as connection:
        for row in users.list_users(connection):
            typer.echo(f"{row.name}\t{row.role}\t{'disabled' if row.disabled_at else 'active'}")


@user.command("disable")
def user_disable(name: str) -> None:
    """End somebody's access, at once."""
    from bot import users

    with open_store(config.load()).begin() as connection:
        found = users.find(connection, name)
        if found is None:
            raise SystemExit(f"Nobody is called {name}: inloop user list shows who is.")
        users.disable(connection, str(found.id))


@user.command("recover")
def user_recover(name: str) -> None:
    """Take away the code of somebody's phone: for the only coordinator, who lost phone and recovery codes."""
    from bot import totp, users

    with open_store(config.load()).begin() as connection:
        found = users.find(connection, name)
        if found is None:
            raise SystemExit(f"Nobody is called {name}: inloop user list shows who is.")
        totp.remove(connection, str(found.id), by=None)
    typer.echo(f"{name} signs in without a code now: set a new one under My details.")


@token.command("add")
def token_add(role: Annotated[str, Option(help=" | ".join(ROLES))], name: Annotated[str, Option(help="default: the role")] = "") -> None:
    """Make a key for the JSON API; the key alone is the last line."""
    from bot import users

    with open_store(config.load()).begin() as connection, plainly():
        made = users.token(connection, role, name or role)
    typer.echo(made)
