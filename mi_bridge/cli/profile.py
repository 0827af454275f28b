"""``mi-bridge profile``: what a site's profile says, whether it can be used, and a new one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mi_bridge.cli.failure import CONFIGURATION_FAULT
from mi_bridge.cli.help import Group
from mi_bridge.cli.output import add_row, new_table, print_json, print_table
from mi_bridge.errors import ProfileError

if TYPE_CHECKING:
    from mi_bridge.insurer.profile import Profile

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(
    cls=Group,
    examples="""
      mi-bridge profile list
      mi-bridge profile show zhejiang
      mi-bridge profile new dongshan --from guangzhou
      mi-bridge profile check dongshan.toml
    """,
)
def profile() -> None:
    """Look at site profiles, check one, begin a new one."""


@profile.command("list", examples="mi-bridge profile list --json")
@_JSON
def list_profiles(as_json: bool) -> None:
    """List the profiles that come with mi-bridge."""
    from mi_bridge.insurer.profile.loading import load_profile, shipped_profiles

    sites = [_summary(load_profile(name)) for name in shipped_profiles()]
    if as_json:
        print_json(sites)
        return
    table = new_table("", *((name, "left") for name in ("name", "title", "signing", "addresses", "msgid")))
    for site in sites:
        add_row(table, [site[name] for name in ("name", "title", "signing", "addresses", "msgid")])
    print_table(table)


@profile.command(
    examples="""
      mi-bridge profile check hunan
      mi-bridge profile check /etc/mi-bridge/dongshan.toml --json
    """
)
@click.argument("name_or_file", metavar="NAME|FILE")
@_JSON
@click.pass_context
def check(ctx: click.Context, name_or_file: str, as_json: bool) -> None:
    """Check a profile before it is put to use: every fault at once, status 78 when there is one."""
    from mi_bridge.insurer.check.examiner import Examiner
    from mi_bridge.insurer.profile.loading import load_profile, profile_path

    file = profile_path(name_or_file)
    try:
        site = load_profile(name_or_file)
        Examiner(site.checks)
    except ProfileError as error:
        _tell_faults(file, error, as_json=as_json)
        ctx.exit(CONFIGURATION_FAULT)
    summary = _summary(site)
    if as_json:
        print_json({"ok": True, "file": file, "faults": [], **summary})
        return
    click.echo(
        f"{file}: {site.name} ({site.title}) can be used; signing {summary['signing']}, addresses {summary['addresses']}, "
        f"{summary['callable']} of {summary['interfaces']} interfaces can be called."
    )


@profile.command(
    examples="""
      mi-bridge profile show hunan
      mi-bridge profile show dongshan.toml --json
    """
)
@click.argument("name_or_file", metavar="NAME|FILE")
@_JSON
def show(name_or_file: str, as_json: bool) -> None:
    """Show a profile as it takes effect: every key, its value, and whether the file says so or it is the default."""
    from mi_bridge.insurer.profile.loading import load_profile, profile_path
    from mi_bridge.insurer.profile.showing import effective_keys

    keys = list(effective_keys(load_profile(name_or_file)))
    file = profile_path(name_or_file)
    if as_json:
        values = [{"key": one.key, "value": one.value, "origin": one.origin} for one in keys]
        print_json({"file": file, "keys": values})
        return
    click.echo(f"# {file}")
    for one in keys:
        click.echo(f"{one.key} = {json.dumps(one.value, ensure_ascii=False)}    # {one.origin}")


@profile.command(
    examples="""
      mi-bridge profile new dongshan
      mi-bridge profile new dongshan --from guangzhou --output /etc/mi-bridge/dongshan.toml
    """
)
@click.argument("name")
@click.option(
    "--from",
    "template",
    default="template",
    show_default=True,
    help="A shipped profile, or a file, to begin with.",
)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="[default: NAME.toml]"
)
def new(name: str, template: str, output: Path | None) -> None:
    """Write a commented profile for the site NAME; a file that is there is never overwritten."""
    from mi_bridge.insurer.profile.drafting import draft_profile

    file = output or Path(f"{name}.toml")
    draft_profile(name, template, file)
    click.echo(f"{file} is written. Fill it in, then run: mi-bridge profile check {file}")


def _summary(site: Profile) -> dict[str, Any]:
    catalogue = site.catalogue()
    return {
        "name": site.name,
        "title": site.title,
        "signing": site.signing.kind
        if not site.headers
        else f"{site.signing.kind} + {', '.join(site.headers)}",
        "addresses": site.url.layout,
        "msgid": site.msgid.value,
        "interfaces": len(catalogue),
        "callable": sum(one.enabled and _has_address(site, one.infno) for one in catalogue),
        "base_urls": list(site.url.bases),
    }


def _has_address(site: Profile, infno: str) -> bool:
    return bool(site.interface(infno).path) or site.url.path_of(site.wire_code(infno)) is not None


def _tell_faults(file: Path, error: ProfileError, *, as_json: bool) -> None:
    faults = [{"key": one.key, "fault": one.fault, "remedy": one.remedy} for one in error.faults] or [
        {"key": error.key, "fault": error.fault, "remedy": error.remedy}
    ]
    if as_json:
        print_json({"ok": False, "file": file, "faults": faults})
        return
    for one in faults:
        label = click.style("error", fg="red", bold=True)
        click.echo(f"{label}  {file}: {one['key']} {one['fault']}. {one['remedy']}", err=True)
    click.echo(f"{len(faults)} to mend; the bridge does not start with this profile.", err=True)
