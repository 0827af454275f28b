"""``mi-bridge rules``: the quality rules in force, whether a file of them can be used, and what they say of a message."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mi_bridge.cli.choice import SettingsChoice, settings_options
from mi_bridge.cli.help import Group
from mi_bridge.cli.output import add_row, new_table, print_json, print_table
from mi_bridge.errors import MalformedInput

if TYPE_CHECKING:
    from mi_bridge.insurer.rules.rule import Rule
    from mi_bridge.insurer.rules.rule_book import RuleBook

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_DIR = click.option(
    "--dir",
    "place",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Folder of the rules; without it that of the settings, else the shipped one.",
)


@click.group(
    cls=Group,
    examples="""
      mi-bridge rules list --interface 4101
      mi-bridge rules check /etc/mi-bridge/rules/own.toml
      mi-bridge rules try list.json --interface 4101
    """,
)
def rules() -> None:
    """List the quality rules, check a file of them, or try a message against them."""


@rules.command(
    "list",
    examples="""
      mi-bridge rules list --interface 4101
      mi-bridge rules list --dir /etc/mi-bridge/rules --json
    """,
)
@click.option("--interface", "infno", metavar="CODE", help="Only those that look at one interface.")
@_DIR
@_JSON
@settings_options
def list_rules(choice: SettingsChoice, infno: str | None, place: Path | None, as_json: bool) -> None:
    """List the rules in force. Broken files are told on standard error."""
    found = _in_force(_book(choice, place), infno)
    if as_json:
        print_json([_as_dict(rule, codes) for rule, codes in found])
        return
    table = new_table(
        "",
        ("file", "left"),
        ("id", "left"),
        ("interfaces", "left"),
        ("severity", "left"),
        ("node", "left"),
        ("message", "left"),
    )
    for rule, codes in found:
        text = rule.text
        add_row(table, [rule.file, text.id, " ".join(codes), text.severity, text.node, text.message])
    print_table(table)
    click.echo(f"{len(found)} rules.")


@rules.command(
    examples="""
      mi-bridge rules check config/rules/settlement_list.toml
    """,
)
@click.argument("files", type=click.Path(path_type=Path, dir_okay=False), nargs=-1, required=True)
def check(files: tuple[Path, ...]) -> None:
    """Check the rules in FILES before they are put to use. Status 78 when one cannot be used."""
    from mi_bridge.insurer.rules.rule_file import read_rules

    for file in files:
        found = read_rules(file)
        count = len({rule.text.id for own in found.values() for rule in own})
        click.echo(f"{file}: {count} rules for {', '.join(found) or 'no interface'}.")


@rules.command(
    "try",
    examples="""
      mi-bridge rules try list.json --interface 4101
      mi-bridge rules try message.json --profile hunan --json
    """,
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--interface",
    "infno",
    metavar="CODE",
    help="The interface; needed where FILE is an input and no whole message.",
)
@click.option("--profile", default="demo", show_default=True, help="The site whose tables and choices count.")
@_DIR
@_JSON
@settings_options
@click.pass_context
def try_message(
    ctx: click.Context,
    choice: SettingsChoice,
    file: Path,
    infno: str | None,
    profile: str,
    place: Path | None,
    as_json: bool,
) -> None:
    """Look at the message in FILE as a site that refuses would, sending nothing. Status 1 when it would be refused.

    FILE holds an input as HIS writes it, or a whole message with its envelope.
    """
    code, text = _message(file, infno)
    refused, warned = _judged(_book(choice, place), profile, code, text)
    if as_json:
        print_json({"infno": code, "refused": refused, "warned": warned})
    else:
        click.echo(refused or "The message would be sent.")
        if warned:
            click.echo(f"提醒 {warned}")
    ctx.exit(1 if refused else 0)


def _book(choice: SettingsChoice, place: Path | None) -> RuleBook:
    from mi_bridge.insurer.rules.rule_book import RuleBook

    settings = None if place else choice.inspect().settings
    book = RuleBook(place or (settings.bridge.rules_dir if settings else None))
    reading = book.look()
    for fault in reading.refused.values() if reading else ():
        click.echo(f"{fault.key}: {fault.fault}. {fault.remedy}".rstrip(), err=True)
    return book


def _in_force(book: RuleBook, infno: str | None) -> list[tuple[Rule, list[str]]]:
    found: dict[tuple[str, str], tuple[Rule, list[str]]] = {}
    for code, own in book.all().items():
        for rule in own:
            found.setdefault((rule.file, rule.text.id), (rule, []))[1].append(code)
    return [(rule, codes) for rule, codes in found.values() if infno in (None, *codes)]


def _as_dict(rule: Rule, codes: list[str]) -> dict[str, Any]:
    text = rule.text
    return {
        "file": rule.file,
        "id": text.id,
        "interfaces": codes,
        "severity": text.severity,
        "node": text.node,
        "message": text.message,
        "source": text.source,
    }


def _message(file: Path, infno: str | None) -> tuple[str, str]:
    """Return an interface and its input, from a file that holds the input alone or a whole message."""
    from mi_bridge.insurer.input_text import read_input

    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as fault:
        raise click.ClickException(f"{file} is not UTF-8 ({fault.reason} at byte {fault.start}).") from None
    source = read_input(text, limit_bytes=64 * 1024 * 1024)
    if {"infno", "input"} <= source.members.keys():
        return infno or str(source.members["infno"]), source.slices()["input"]
    if not infno:
        raise click.UsageError(
            "Name the interface with --interface: the file holds an input and no whole message."
        )
    return infno, source.text


def _judged(book: RuleBook, profile_name: str, infno: str, text: str) -> tuple[str, str]:
    from mi_bridge.insurer.call import Call
    from mi_bridge.insurer.check.examiner import Examiner
    from mi_bridge.insurer.envelope import Envelope
    from mi_bridge.insurer.profile import load_profile

    profile = load_profile(profile_name)
    strict = profile.checks.model_copy(update={"mode": "refuse"})
    transaction = profile.catalogue().get(infno)
    try:
        fitted = Envelope(profile, org_names={}).fit(Call(infno, text), transaction)
        findings = Examiner(strict, book).examine(transaction, fitted.parts())
    except MalformedInput as refused:
        return refused.message, ""
    return "", findings.warning() if findings else ""
