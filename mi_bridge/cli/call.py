"""``mi-bridge call``: one request through the database, as HIS would make it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from mi_bridge.cli.choice import SettingsChoice, settings_options
from mi_bridge.cli.failure import FAILED
from mi_bridge.cli.help import Command
from mi_bridge.cli.output import print_json
from mi_bridge.errors import MalformedInput, StoreRejected

if TYPE_CHECKING:
    from mi_bridge.store.his import HisAnswer, HisClient

_NO_RIGHT = ("42501", "42000")


@click.command(
    cls=Command,
    examples="""
      mi-bridge call 1101 '{"mdtrt_cert_type": "02", "mdtrt_cert_no": "990101198503124513"}'
      mi-bridge call 2207 @settle.json --timeout 60 --business-key bill-4711
      mi-bridge call 1101 '{"psn_no": "…"}' --no-wait
    """,
)
@click.argument("interface_code", metavar="CODE")
@click.argument("source", metavar="INPUT")
@click.option(
    "--no-wait", is_flag=True, help="Queue it by sp_medical_insurance_call and return its request_id."
)
@click.option(
    "--timeout",
    type=int,
    metavar="SECONDS",
    help="How long to wait. [default: 30; unsent with --no-wait: 300]",
)
@click.option(
    "--retry-count", type=int, metavar="N", help="Resends allowed where they are allowed at all. [default: 3]"
)
@click.option("--org-code", help="Sending organisation. [default: the bridge's]")
@click.option(
    "--business-key", metavar="KEY", help="Submit once only: the same key gives the earlier request."
)
@click.option("--priority", type=int, metavar="0-9", help="0 goes first. [default: 5]")
@click.option(
    "--serial-key", metavar="KEY", help="Requests of one key run one at a time. [default: the patient]"
)
@click.option("--insuplc-admdvs", metavar="AREA", help="Area the patient is insured in.")
@click.option("--opter", metavar="CODE", help="Operator's code.")
@click.option("--opter-name", metavar="NAME", help="Operator's name.")
@click.option("--opter-type", metavar="1|2|3", help="1 operator, 2 self-service, 3 mobile.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@settings_options
@click.pass_context
def call(
    ctx: click.Context,
    /,
    choice: SettingsChoice,
    interface_code: str,
    source: str,
    no_wait: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Call transaction CODE with INPUT through the database, as HIS does, and print what HIS would get.

    INPUT is JSON, @FILE to read it from a file, or - for standard input. The login of the settings needs the role mi_his.
    Ends with status 0 when the insurer answered, whatever it answered, or when the request is queued with --no-wait.
    Ctrl-C ends the waiting only: a request that is queued is still carried out.
    """
    from mi_bridge.cli.database import as_his
    from mi_bridge.cli.waiting import interruptible

    settings = choice.load()
    text = _input(source)
    began = time.monotonic()
    with as_his(settings) as his:
        answer = interruptible(lambda: _answer(his, interface_code, text, no_wait, options), his.interrupt)
    milliseconds = round((time.monotonic() - began) * 1000)
    if as_json:
        print_json(_as_dict(answer, milliseconds))
    else:
        _show(answer, milliseconds, queued=no_wait)
    ctx.exit(0 if answer.error_code == 0 else FAILED)


def _input(source: str) -> str:
    if source != "-" and not source.startswith("@"):
        return source
    try:
        with click.open_file(source.removeprefix("@"), encoding="utf-8-sig") as file:
            return str(file.read())
    except UnicodeDecodeError:
        raise click.UsageError(f"{source} is not UTF-8 text.") from None
    except OSError as fault:
        raise click.UsageError(f"{source.removeprefix('@')} cannot be read ({fault.strerror}).") from None


def _answer(his: HisClient, code: str, text: str, no_wait: bool, options: dict[str, Any]) -> HisAnswer:
    from mi_bridge.store.his import HisAnswer, HisOptions

    procedure = his.call if no_wait else his.call_v2
    try:
        return procedure(code, text, HisOptions(**options))
    except MalformedInput as error:
        return HisAnswer(None, error.code, error.message)
    except StoreRejected as error:
        if error.sqlstate not in _NO_RIGHT:
            raise
        remedy = "Use a login with the role mi_his, and install with `mi-bridge sql install` and `mi-bridge sql grants`."
        raise StoreRejected(error.message, sqlstate=error.sqlstate, remedy=remedy) from None


def _as_dict(answer: HisAnswer, milliseconds: int) -> dict[str, Any]:
    return {
        "request_id": answer.request_id,
        "error_code": answer.error_code,
        "error_message": answer.error_message,
        "result": answer.result,
        "milliseconds": milliseconds,
    }


def _show(answer: HisAnswer, milliseconds: int, *, queued: bool) -> None:
    request = "-" if answer.request_id is None else answer.request_id
    click.echo(f"request_id     {request}")
    colour = "green" if answer.error_code == 0 else "red"
    click.echo(f"error_code     {click.style(str(answer.error_code), fg=colour)}")
    if answer.error_message:
        click.echo(f"error_message  {answer.error_message}")
    click.echo(f"milliseconds   {milliseconds}")
    if answer.result is not None:
        click.echo(_indented(answer.result))
    elif queued and answer.request_id is not None:
        click.echo(f"queued; see `mi-bridge requests show {answer.request_id}`")


def _indented(text: str) -> str:
    """Return JSON with indentation and every number as it was written; what is no JSON stays as it is."""
    import msgspec

    try:
        return msgspec.json.format(text, indent=2)
    except msgspec.DecodeError:
        return text
