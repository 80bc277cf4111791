"""Commands about texts: to a native speaker and back, one language more, sentences kept with a yes (`suggestions`)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from bot.begin import open_store
from bot.settings import ROOT

review = typer.Typer(help="Texts to a native speaker and back.", no_args_is_help=True)
language = typer.Typer(help="Languages of the talk.", no_args_is_help=True)
suggestions = typer.Typer(help="What was understood wrong, kept with the person's yes.", no_args_is_help=True)
LANG = Annotated[str, Argument(metavar="LANG", help="its code, such as tr")]


@review.command("export")
def export(lang: LANG, file: Annotated[Path | None, Argument(help="default: LANG.csv here")] = None) -> None:
    """Write all texts of a language as a table; corrections go into its last column."""
    from bot import review as table

    found, path = table.rows(ROOT / "bot", lang), file or Path(f"{lang}.csv")
    table.write_table(found, path)
    empty = sum(1 for row in found if row.dutch and not row.now)
    typer.echo(f"{len(found)} texts in {path}, {empty} still to be written. Fill in the column “better”, nothing else.")


@review.command("import")
def bring_back(lang: LANG, file: Path, by: Annotated[str, Option(help="who read all of it: its status becomes reviewed")] = "") -> None:
    """Bring a corrected table back. When one text breaks a rule nothing is changed, and each is named."""
    from bot import review as table

    try:
        taken = table.take(ROOT / "bot", lang, table.read_table(file), by or None)
    except (table.Wrong, OSError) as wrong:
        raise SystemExit(f"Nothing was changed.\n{wrong}") from None
    typer.echo(f"{taken} texts are better now. Look with `git diff bot`, then `make test`.")


@review.command("mark")
def mark(lang: LANG, names: Annotated[list[str] | None, Argument(help="entries that were translated anew")] = None) -> None:
    """Mark texts with the Dutch they were made from: those without a mark, and those named."""
    from bot import review as table

    typer.echo(f"{table.mark_files(ROOT / 'bot', lang, names or [])} texts marked")


@suggestions.command("export")
def suggested() -> None:
    """Print them as rows to review for data/signals: what was heard, what was meant. Of whom and when is not in them."""
    import yaml

    from bot import corrections
    from bot import settings as config

    store = open_store(config.load())
    with store.begin() as connection:
        rows = corrections.agreed(connection, store.vault)
    for row in rows:
        typer.echo("- " + yaml.safe_dump(row, allow_unicode=True, sort_keys=False, default_flow_style=True, width=1000).strip())


@language.command("add")
def add(
    lang: LANG,
    name: Annotated[str, Option(help="its own name for itself, such as Español")],
    form: Annotated[str, Option(help="the form of address, such as usted")] = "",
) -> None:
    """Begin a language: every file it needs. It is offered to people once its texts say `status: draft`."""
    from bot import languages

    try:
        made = languages.add(ROOT, lang, name, form)
    except ValueError as wrong:
        raise SystemExit(str(wrong)) from None
    for path in made:
        typer.echo(path.relative_to(ROOT))
    typer.echo(f"Next: inloop review export {lang}, and docs/languages.md.")


@language.command("list")
def listed() -> None:
    """Every language with texts: its status, and what the gate finds."""
    from bot.gate import findings, read
    from bot.replies import FOLDER, texts

    for path in sorted(FOLDER.glob("??.yml")):
        head, wrong = texts(path.stem), len(findings(read(path.stem)))
        typer.echo(f"{path.stem}  {head['name']:<12} {status_of(head):<44} {f'{wrong} to mend' if wrong else 'whole'}")


def status_of(head: dict[str, object]) -> str:
    """A language's status in words: draft, or reviewed by whom and when."""
    seen = head.get("reviewed")
    return f"reviewed by {seen['by']} on {seen['on']}" if isinstance(seen, dict) else str(head.get("status"))
