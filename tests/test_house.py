"""The house around the code: what is set, needed, served and promised has its line where people look for it."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import tomllib
import typer
import yaml

from bot.cli import app
from bot.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE = 300  # lines
# Files that may be longer, each with why.
MAY_BE_LONGER = {"bot/tables.py": "all tables stand together, so that keys and what is erased with what are read at one glance"}
# Names that look like settings and are none: they are for tests and for ourselves.
NOT_SETTINGS = {"INLOOP_TEST_ALL"}
SETTING = re.compile(r"\b(?:INLOOP|TWILIO|TELEGRAM)_[A-Z_]*[A-Z]\b")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|<img[^>]* src=\"([^\"]+)\"")
DOCUMENTS = ("README.md", "CHANGELOG.md", "docs/deploy.md", "docs/development.md", "docs/dependencies.md", "docs/handover.md")


def text_of(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(text_of("pyproject.toml"))["project"]
    return found


def modules(*folders: str) -> list[str]:
    """Every Python file of these folders, as a path from the root."""
    return [str(path.relative_to(ROOT)) for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


# Settings


def example_settings() -> set[str]:
    return {line.partition("=")[0] for line in text_of(".env.example").splitlines() if line and not line.startswith("#")}


def test_every_setting_has_its_line_in_the_example_and_every_line_is_a_setting() -> None:
    settings = {str(field.alias) for field in Settings.model_fields.values()}
    assert example_settings() == settings


@pytest.mark.parametrize("path", [*DOCUMENTS, "compose.yml", "Dockerfile"])
def test_documents_name_only_settings_that_exist(path: str) -> None:
    named = set(SETTING.findall(text_of(path))) - NOT_SETTINGS
    assert named <= example_settings()


# Dependencies


def dependencies() -> set[str]:
    """The names of the packages pyproject.toml asks for."""
    found = project()
    lines = [*found["dependencies"], *(line for group in found["optional-dependencies"].values() for line in group)]
    return {re.split(r"[^A-Za-z0-9_.-]", line)[0] for line in lines}


def test_every_dependency_has_its_reason_and_none_is_left_over() -> None:
    told = set(re.findall(r"^\| `([^`]+)` \|", text_of("docs/dependencies.md"), re.MULTILINE))
    assert told == dependencies()


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda path: path.name)
def test_requirements_name_packages_and_hashes_and_no_address(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"://|--(?:extra-)?index-url|--find-links|@ ", text)
    packages = text.replace("\\\n", " ").splitlines()
    assert [line for line in packages if line.strip() and "--hash=sha256:" not in line] == []


# Commands


def commands(group: click.Command, name: str = "inloop") -> Iterator[str]:
    """Every command with its groups, as typed."""
    below: dict[str, click.Command] = getattr(group, "commands", {})
    if not below:
        yield name
    for word, command in below.items():
        yield from commands(command, f"{name} {word}")


def known_commands() -> list[str]:
    return list(commands(typer.main.get_command(app)))  # type: ignore[arg-type]


@pytest.mark.parametrize("command", known_commands())
def test_every_command_is_in_the_documents(command: str) -> None:
    written = " ".join(text_of(path) for path in ("README.md", "docs/deploy.md", "docs/development.md", "docs/languages.md"))
    assert re.search(rf"{re.escape(command)}\b", written)


def lines_to_type(path: str) -> list[str]:
    """Everything between code marks of a document, a line each."""
    blocks = re.findall(r"```[a-z]*\n(.*?)```", text_of(path), re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text_of(path), flags=re.DOTALL))
    return [line.strip() for block in blocks for line in block.splitlines()] + spans


@pytest.mark.parametrize("path", DOCUMENTS)
def test_commands_in_documents_exist(path: str) -> None:
    known, groups = set(known_commands()), {command.rsplit(" ", 1)[0] for command in known_commands() if command.count(" ") > 1}
    for line in lines_to_type(path):
        for words in re.findall(r"(?:^|[\s/])inloop ([a-z][a-z ]*)", line):
            parts = words.split()
            name = f"inloop {parts[0]}"
            assert (f"{name} {' '.join(parts[1:2])}" if name in groups else name) in known, line


@pytest.mark.parametrize("path", DOCUMENTS)
def test_make_targets_in_documents_exist(path: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    for line in lines_to_type(path):
        if line.startswith("make "):
            assert set(shlex.split(line)[1:2]) <= targets, line


# Documents


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub and GitLab make them."""
    heads = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("path", DOCUMENTS)
def test_links_of_documents_lead_somewhere(path: str) -> None:
    for found in LINK.findall(text_of(path)):
        target = found[0] or found[1]
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        document = (ROOT / path).parent / name if name else ROOT / path
        assert document.exists(), target
        assert not anchor or anchor in anchors(document), target


def test_folders_the_readme_names_exist() -> None:
    for cell in re.findall(r"^\| (`[a-z`/, _]+/`) \|", text_of("README.md"), re.MULTILINE):
        for folder in re.findall(r"`([^`]+)`", cell):
            assert (ROOT / folder).is_dir(), folder


def test_one_licence_everywhere() -> None:
    assert project()["license"] == text_of("LICENSE").split()[0]


# Images


def stages() -> dict[str, list[str]]:
    """The instructions of each named stage of the Dockerfile."""
    found: dict[str, list[str]] = {}
    for line in re.sub(r"\\\n", " ", text_of("Dockerfile")).splitlines():
        if start := re.match(r"FROM \S+ AS (\S+)", line):
            found[start[1]] = []
        if found and line and not line.startswith("#"):
            found[list(found)[-1]].append(" ".join(line.split()))
    return found


@pytest.mark.parametrize("target", ["rasa", "desk"])
def test_images_run_as_nobody_special_and_say_how_they_are(target: str) -> None:
    words = [line.split()[0] for line in stages()[target]]
    users = [line.split()[1] for line in stages()[target] if line.startswith("USER ")]
    assert users, "no USER: the image would run as root"
    assert users[-1].split(":")[0] not in ("root", "0")
    assert words.index("USER") < words.index("CMD")
    assert "HEALTHCHECK" in words


def test_images_hold_only_what_is_named() -> None:
    ignored = [line for line in text_of(".dockerignore").splitlines() if line and not line.startswith("#")]
    assert ignored[0] == "*"
    copied = {
        word
        for stage in stages().values()
        for line in stage
        if line.startswith("COPY ") and "--from" not in line
        for word in line.split()[1:-1]
    }
    assert copied <= {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert all((ROOT / name).exists() for name in copied)


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(text_of("compose.yml"))["services"]
    return found


def test_only_gateway_and_console_can_be_reached_and_only_from_this_machine() -> None:
    published = {name: service["ports"] for name, service in services().items() if service.get("ports")}
    assert set(published) == {"gateway", "console"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)
    on_front = {name for name, service in services().items() if "front" in service["networks"]}
    assert on_front == {"gateway", "console"}


def test_secrets_reach_only_gateway_and_console() -> None:
    assert {name for name, service in services().items() if "env_file" in service} == {"gateway", "console"}
    keys = {name for name, service in services().items() if "INLOOP_SECRET_KEY" in service.get("environment", {})}
    assert keys == {"gateway", "console"}


@pytest.mark.parametrize("name", ["gateway", "console", "rasa", "actions", "postgres", "redis"])
def test_every_part_starts_again_and_says_how_it_is(name: str) -> None:
    service = services()[name]
    assert service["restart"] == "unless-stopped"
    target = service.get("build", {}).get("target")
    assert target in ("rasa", "desk") or "healthcheck" in service  # ours have theirs in the image


# Code


@pytest.mark.parametrize("path", modules("bot", "actions"))
def test_every_module_says_what_it_is(path: str) -> None:
    assert ast.get_docstring(ast.parse(text_of(path))), f"{path} opens without a docstring"


def test_no_file_is_too_long() -> None:
    long = {path for path in modules("bot", "actions") if len(text_of(path).splitlines()) > LONGEST_FILE}
    assert long == set(MAY_BE_LONGER), "split it, or name it in MAY_BE_LONGER with why; take out what is short again"


def imported(path: str) -> set[str]:
    """The top names of everything a module imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(text_of(path))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
    return found


def test_only_bot_rasa_knows_rasa() -> None:
    assert {path for path in modules("bot", "actions", "scripts") if "rasa" in imported(path)} <= set(modules("bot/rasa"))


def test_rasa_and_its_environment_stay_apart() -> None:
    """bot/rasa runs on Python 3.10 without the desk's packages: it takes from us only what needs none of them."""
    shared = {"bot.messages", "bot.labels", "bot.choices", "bot.replies", "bot.masking", "bot.files"}
    taken = {
        node.module or ""
        for path in modules("bot/rasa")
        for node in ast.walk(ast.parse(text_of(path)))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bot.") and not (node.module or "").startswith("bot.rasa")
    }
    assert taken <= shared
