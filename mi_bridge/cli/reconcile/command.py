"""``mi-bridge reconcile``: compare days with the platform's books, report what differs, close what is settled."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mi_bridge.cli.choice import SettingsChoice, settings_options
from mi_bridge.cli.failure import FAILED
from mi_bridge.cli.help import Group
from mi_bridge.cli.output import add_row, new_table, print_json, print_table
from mi_bridge.cli.quiet_log import quiet_log
from mi_bridge.domain.settlement import Period
from mi_bridge.errors import StoreRejected

if TYPE_CHECKING:
    from mi_bridge.bridge.reconciler import Summary
    from mi_bridge.settings import Settings

_DAY = click.DateTime(["%Y-%m-%d"])
_NO_RIGHT = ("42501", "42000")
_CLEAR_REMEDY = "Use a login with the role mi_resolver, or leave out --with-patients."


def _span_options(function: Any) -> Any:
    """Give a command ``--day``, ``--from`` and ``--to``."""
    for option in (
        click.option("--to", "last", type=_DAY, metavar="DAY", help="Last day of several."),
        click.option("--from", "first", type=_DAY, metavar="DAY", help="First day of several."),
        click.option("--day", type=_DAY, metavar="DAY", help="One day, YYYY-MM-DD. [default: yesterday]"),
    ):
        function = option(function)
    return function


@click.group(
    cls=Group,
    examples="""
      mi-bridge reconcile                                     yesterday, by the platform's calendar
      mi-bridge reconcile --day 2026-03-01 --json
      mi-bridge reconcile --from 2026-03-01 --to 2026-03-31   a month: totals first, days where they differ
      mi-bridge reconcile report --day 2026-03-01 --csv 对账.csv --html 对账.html
      mi-bridge reconcile close 12 --operator 王主任 --reason "已在两定平台核对并退费"
    """,
    invoke_without_command=True,
)
@_span_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@settings_options
@click.pass_context
def reconcile(
    ctx: click.Context,
    choice: SettingsChoice,
    day: datetime | None,
    first: datetime | None,
    last: datetime | None,
    as_json: bool,
) -> None:
    """Compare our settlements with the platform's books (3201, and 3202 where they differ), and keep what differs as cases.

    Nothing but cases is written: no request changes. Ends with status 0 when both sides agree, else 1.
    Cases are in v_medical_insurance_reconciliation.
    """
    ctx.obj = choice
    if ctx.invoked_subcommand is not None:
        return
    settings = choice.load()
    with quiet_log():
        summary = asyncio.run(_reconcile(settings, _period(settings, day, first, last)))
    if as_json:
        print_json(_as_dict(summary))
    else:
        _show(summary)
    ctx.exit(0 if summary.findings.outcome == "BALANCED" else FAILED)


@reconcile.command(
    examples="""
      mi-bridge reconcile report --csv 对账.csv --html 对账.html
      mi-bridge reconcile report --from 2026-03-01 --to 2026-03-31 --html 三月.html
    """,
)
@_span_options
@click.option(
    "--csv",
    "sheet",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a table for Excel.",
)
@click.option(
    "--html",
    "html",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a page to read and print.",
)
@click.option(
    "--with-patients",
    is_flag=True,
    help="Show patients' numbers whole; needs a login with the role mi_resolver.",
)
@settings_options
@click.pass_context
def report(
    ctx: click.Context,
    choice: SettingsChoice,
    day: datetime | None,
    first: datetime | None,
    last: datetime | None,
    sheet: Path | None,
    html: Path | None,
    with_patients: bool,
) -> None:
    """Write what reconciliation has found, as a table, as a page, or both. Patients' numbers are masked."""
    from mi_bridge.cli.reconcile.page import page
    from mi_bridge.cli.reconcile.sheet import write_sheet

    if sheet is None and html is None:
        raise click.UsageError("Say what to write: --csv FILE, --html FILE, or both.")
    settings = _chosen(ctx, choice).load()
    content = _read(settings, _period(settings, day, first, last), in_clear=with_patients)
    try:
        if sheet is not None:
            write_sheet(content, sheet)
        if html is not None:
            html.write_text(page(content), encoding="utf-8")
    except OSError as fault:
        raise click.UsageError(f"{fault.filename} cannot be written ({fault.strerror}).") from None
    for file in filter(None, (sheet, html)):
        click.echo(f"{file}: {len(content.cases)} differences, {len(content.totals)} totals")


@reconcile.command(
    examples="""
      mi-bridge reconcile close 12 --operator 王主任 --reason "已在两定平台核对并退费"
    """,
)
@click.argument("case_id", type=int, metavar="CASE")
@click.option("--operator", required=True, metavar="NAME", help="Who closes it; kept for good.")
@click.option("--reason", required=True, metavar="TEXT", help="On what ground; kept for good.")
@settings_options
@click.pass_context
def close(ctx: click.Context, choice: SettingsChoice, case_id: int, operator: str, reason: str) -> None:
    """Close a difference, for good. The login of the settings needs the role mi_resolver."""
    from mi_bridge.cli.database import as_his

    with (
        as_his(_chosen(ctx, choice).load()) as client,
        _for_resolvers("Use a login with the role mi_resolver."),
    ):
        answer = client.close_case(case_id, operator=operator, reason=reason)
    if answer.error_code != 0:
        raise StoreRejected(f"Case {case_id} is not closed ({answer.error_code} {answer.error_message}).")
    click.echo(f"Closed: case {case_id}, by {operator}.")


def _chosen(ctx: click.Context, choice: SettingsChoice) -> SettingsChoice:
    """Return the settings named behind the command, else those named behind the group."""
    return choice if choice.file or choice.overrides else ctx.obj


def _period(
    settings: Settings, day: datetime | None, first: datetime | None, last: datetime | None
) -> Period:
    if day and (first or last):
        raise click.UsageError("Give --day, or --from and --to.")
    if bool(first) != bool(last):
        raise click.UsageError("Give --from and --to together.")
    if first and last:
        try:
            return Period(first.date(), last.date())
        except ValueError as fault:
            raise click.UsageError(f"--from and --to: {fault}.") from None
    wanted = day.date() if day else _yesterday(settings)
    return Period(wanted, wanted)


def _yesterday(settings: Settings) -> date:
    from zoneinfo import ZoneInfo

    from mi_bridge.insurer.profile import load_profile

    zone = ZoneInfo(load_profile(settings.insurer.profile).timezone)
    return datetime.now(zone).date() - timedelta(days=1)


async def _reconcile(settings: Settings, period: Period) -> Summary:
    from mi_bridge.bridge.reconciliation_site import build_reconciler
    from mi_bridge.cli.signed_in import signed_in
    from mi_bridge.daemon import job_office

    # a process of its own beside the node of this name
    name = f"{settings.bridge.node_name[:56]}~{secrets.token_hex(3)}"
    async with signed_in(settings, name) as desk:
        with closing(job_office(settings, desk.client, name, patience_s=0)) as office:
            return await build_reconciler(office.context()).run(period)


@contextmanager
def _for_resolvers(remedy: str) -> Iterator[None]:
    """Say what to do when the database refuses what only one role may."""
    try:
        yield
    except StoreRejected as error:
        if error.sqlstate not in _NO_RIGHT:
            raise
        raise StoreRejected(error.message, sqlstate=error.sqlstate, remedy=remedy) from None


def _read(settings: Settings, period: Period, *, in_clear: bool) -> Any:
    from mi_bridge.cli.database import connected
    from mi_bridge.cli.reconcile.reading import read_report
    from mi_bridge.store.odbc_reconciliation_store import OdbcReconciliationStore

    hospital = f"{settings.insurer.org_name} {settings.insurer.org_code}".strip()
    with connected(settings) as connection:
        store, now = OdbcReconciliationStore(connection), datetime.now().astimezone()
        with _for_resolvers(_CLEAR_REMEDY) if in_clear else nullcontext():
            return read_report(store, period, hospital=hospital, made=now, in_clear=in_clear)


def _as_dict(summary: Summary) -> dict[str, Any]:
    findings = summary.findings
    return {
        "run_id": summary.run_id,
        "first_day": summary.period.first.isoformat(),
        "last_day": summary.period.last.isoformat(),
        "outcome": findings.outcome,
        "message": findings.message,
        "settlements": findings.settlements,
        "entered": summary.entered,
        "differences": len(findings.cases),
        "new_cases": summary.new_cases,
        "kinds": _kinds(summary),
        "totals": [
            {
                "first_day": one.period.first.isoformat(),
                "last_day": one.period.last.isoformat(),
                "org_code": one.account.org_code,
                "insutype": one.account.insutype,
                "clr_type": one.account.clr_type,
                "setl_optins": one.account.setl_optins,
                "settlements": one.sums.count,
                "medfee_sumamt": str(one.sums.medfee_sumamt),
                "fund_pay_sumamt": str(one.sums.fund_pay_sumamt),
                "acct_pay": str(one.sums.acct_pay),
                "outcome": one.outcome,
                "message": one.words,
                "detailed": one.detailed,
            }
            for one in findings.totals
        ],
    }


def _kinds(summary: Summary) -> dict[str, int]:
    kinds: dict[str, int] = {}
    for case in summary.findings.cases:
        kinds[case.kind.value] = kinds.get(case.kind.value, 0) + 1
    return kinds


def _show(summary: Summary) -> None:
    findings = summary.findings
    table = new_table(
        "totals",
        ("day", "left"),
        ("insutype", "left"),
        ("clr_type", "left"),
        ("agency", "left"),
        ("count", "right"),
        ("medfee_sumamt", "right"),
        ("fund_pay_sumamt", "right"),
        ("acct_pay", "right"),
        ("outcome", "left"),
    )
    for one in findings.totals:
        account, sums, period = one.account, one.sums, one.period
        days = str(period.first) if period.single else f"{period.first}/{period.last}"
        place = (days, account.insutype, account.clr_type, account.setl_optins)
        add_row(
            table, [*place, sums.count, sums.medfee_sumamt, sums.fund_pay_sumamt, sums.acct_pay, one.outcome]
        )
    if findings.totals:
        print_table(table)
    kinds = ", ".join(f"{count} {kind}" for kind, count in _kinds(summary).items()) or "no differences"
    click.echo(
        f"run {summary.run_id}: {findings.outcome}; {findings.settlements} settlements, {kinds}, {summary.new_cases} new"
    )
    if findings.message:
        click.echo(findings.message)
