"""Canaries through every path: no secret and no identity in anything the bridge says to people who need not know it.

What HIS itself wrote and was answered stands in HIS's result view; that is the one place.
"""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import visits
from bridge_process import BridgeProcess
from bridge_thread import BridgeThread
from his_desk import HisDesk
from insurer_platform import InsurerPlatform
from mi_bridge.daemon import build_client, connect, interfaces_of, store_factory
from mi_bridge.errors import BridgeError
from mi_bridge.insurer.call import Call
from mi_bridge.insurer.profile import load_profile
from mi_bridge.logging import configure_logging
from mi_bridge.settings import Settings
from mi_bridge.traffic.breaker import Breaker
from mi_bridge.traffic.route import Message, Route
from own_cluster import OwnCluster, own_cluster
from site_settings import site_values, write_settings
from waiting import eventually

# a person of the simulator's, so that answers hold the same words as requests
PERSON = {
    "psn_no": "99010100000000000011",
    "certno": "990101198503124513",
    "psn_name": "程仿真",
    "card_sn": "A99010001",
    "ecToken": "CANARYTOKEN0000000000000000000011",
    "tel": "13900990011",
}
APP_SECRET = "CANARYAPPSECRET55"
PASSWORD = "CANARYPASSWORD66"
OPERATOR = "金丝雀操作员"
CANARIES = (*PERSON.values(), APP_SECRET, PASSWORD, OPERATOR)

_ANSWERED_FAULTS = (
    "half_answer",
    "error_after",
    "unauthorised",
    "busy",
    "trailing_comma",
    "zero_with_error",
    "gbk",
)
_BROKEN_FAULTS = ("reset_before", "reset_after", "empty_body", "html_body", "hsaf_error")
_REFUSED = "answer refused by the database"
_PAYLOAD_VIEW = "v_medical_insurance_result"


def _found(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary in text]


@dataclass
class Scene:
    """One site whose every secret is a canary."""

    server: OwnCluster
    database: str
    platform: InsurerPlatform
    folder: Path

    def values(self, **log: Any) -> dict[str, dict[str, Any]]:
        """Settings with the least rights, and with the canaries."""
        login = re.sub(r"Uid=[^;]*;Pwd=[^;]*", f"Uid=canary_bridge;Pwd={PASSWORD}", self.database)
        values = site_values(login, self.platform.base_url, "node-a", drain_s=1)
        values["insurer"] |= {"app_secret": APP_SECRET, "call_timeout_s": 1}
        values["log"] = {"level": "debug", **log}
        return values


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A server of its own: its log is searched as well, and its roles are nobody else's."""
    interfaces = interfaces_of(load_profile("demo").catalogue())
    with ExitStack() as stack:
        server = stack.enter_context(own_cluster(tmp_path_factory.mktemp("server"), interfaces))
        database = server.new_database()
        with HisDesk(database) as dba:
            dba.sql.execute(f"CREATE ROLE canary_bridge LOGIN PASSWORD '{PASSWORD}' IN ROLE mi_bridge")
        platform = stack.enter_context(InsurerPlatform(app_secret=APP_SECRET))
        yield Scene(server, database, platform, tmp_path_factory.mktemp("site"))


@pytest.fixture
def his(scene: Scene) -> Iterator[HisDesk]:
    """HIS and a DBA."""
    with HisDesk(scene.database) as desk:
        yield desk


def _person(**fields: Any) -> dict[str, Any]:
    return {"mdtrt_cert_type": "02", "mdtrt_cert_no": PERSON["certno"], **PERSON, **fields}


def _good_and_refused(his: HisDesk) -> None:
    assert PERSON["psn_name"] in str(his.call_v2("1101", _person(), opter_name=OPERATOR).result)
    bill = {**visits.bill(PERSON["psn_no"], "nowhere", "1.00"), **PERSON}
    assert his.refused("2206", bill, opter_name=OPERATOR).infcode == "-1"


def _malformed(his: HisDesk) -> None:
    whole = json.dumps(_person(), ensure_ascii=False)
    inputs = (
        whole[:-1],
        f"[{whole}]",
        f'{{"data": {{}}, "psn_name": "{PERSON["psn_name"]}"}}',
        f'{{"data": [{whole}, 1]}}',
        f'{{"infno": "1101", "input": {whole}}}',
        f"{whole[:-1]}, {whole[1:]}",
        f'{whole[:-1]}, "amount": 1e300}}',
        json.dumps({"data": PERSON["certno"]}),
    )
    for text in inputs:
        for answer in (his.queue("1101", text, opter_name=OPERATOR), his.call_v2("1101", text)):
            told = answer.error_message
            if answer.request_id is not None:
                his.ended(answer.request_id)
                told += his.wait(answer.request_id).error_message
            assert not _found(told), f"HIS is told the field, not its value: {told}"
    his.queue("1101", whole, org_code=PERSON["certno"], opter_type=PERSON["certno"])
    his.queue(PERSON["certno"], whole)


def _transport_faults(his: HisDesk, platform: InsurerPlatform) -> None:
    for fault in (*_ANSWERED_FAULTS, *_BROKEN_FAULTS, "silence_after"):
        platform.order({"fault": fault})
        his.ended(his.submit("1101", _person(), retry_count=0, opter_name=OPERATOR))
    platform.order({"fault": "reset_after"})
    lost = his.submit("2201", visits.registration(PERSON["psn_no"], "OP1"), opter_name=OPERATOR)
    assert his.ended(lost).result_status == "UNCERTAIN"
    platform.order()


def _database_faults(his: HisDesk, logged: Callable[[], str]) -> None:
    """The database refuses rows, as one does that somebody tampered with; its error quotes the whole row."""
    for table, rule in (
        ("medical_insurance_responses", "infcode <> '0'"),
        ("medical_insurance_requests", f"opter_name <> '{OPERATOR}'"),
    ):
        his.sql.execute(f"ALTER TABLE {table} ADD CONSTRAINT spoilt CHECK ({rule}) NOT VALID")
        answer = his.queue("1101", _person(), opter_name=OPERATOR, retry_count=0)
        if answer.request_id is not None:
            eventually(lambda: _REFUSED in logged(), "an answer the database refused")
        his.sql.execute(f"ALTER TABLE {table} DROP CONSTRAINT spoilt")
    his.sql.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'canary_bridge'"
    ).fetchall()
    assert his.call_v2("1101", _person(), opter_name=OPERATOR).error_code == 0


def _every_view(his: HisDesk) -> str:
    """Return everything people without the right to payload may read in the database."""
    rows = his.sql.execute(
        "SELECT table_name FROM information_schema.views WHERE table_schema = 'public'"
    ).fetchall()
    names = {row[0] for row in rows} - {_PAYLOAD_VIEW}
    assert len(names) >= 10
    sources = [*names, "medical_insurance_error_log", "medical_insurance_conditions", "sdk_heartbeat"]
    kinds = ("health", "performance", "interfaces")
    sources += [f"sp_get_medical_insurance_monitor_data('{kind}')" for kind in kinds]
    sources += [
        "sp_check_medical_insurance_alerts()",
        "sp_mi_monitor()",
        "sp_mi_schema()",
        "sp_mi_requests('', '', NULL, 100)",
    ]
    return "\n".join(f"{name}: {his.sql.execute(f'SELECT * FROM {name}').fetchall()}" for name in sources)


def _commands(scene: Scene, settings: Path, request: int) -> str:
    """Return what the operator's commands print."""
    said = []
    for command in ("check", "doctor", "requests --limit 100", f"requests show {request}", "requests --json"):
        words = [sys.executable, "-m", "mi_bridge", *command.split(), "--config", str(settings)]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        assert "unexpected fault" not in done.stderr, done.stderr
        said.append(f"{command}: {done.stdout}{done.stderr}")
    return "\n".join(said)


@pytest.mark.parametrize("layout", ["json", "console"])
def test_no_canary_leaves_a_daemon(layout: str, scene: Scene, his: HisDesk, tmp_path: Path) -> None:
    log = {"format": layout} if layout == "console" else {"format": layout, "file": str(tmp_path / "mi.log")}
    settings = write_settings(tmp_path, scene.values(**log))
    daemon = BridgeProcess(settings, "node-a")

    def logged() -> str:
        return daemon.output + "".join(file.read_text() for file in tmp_path.glob("mi.log*"))

    try:
        daemon.start()
        eventually(his.alive, f"the daemon: {daemon.output}")
        _good_and_refused(his)
        _malformed(his)
        _transport_faults(his, scene.platform)
        _database_faults(his, logged)
        seen = _every_view(his)
        printed = _commands(scene, settings, max(his.statuses())) if layout == "json" else ""
        daemon.tell(signal.SIGTERM)
        assert daemon.ended() == 0, daemon.output
    finally:
        daemon.end()
        his.sql.execute(
            "TRUNCATE medical_insurance_requests, medical_insurance_attempts, medical_insurance_responses"
        )

    assert logged().count("interface_code") > 20, "the paths were really taken"
    assert _found(logged()) == []
    assert _found(seen) == []
    assert _found(printed) == []
    assert not {APP_SECRET, PASSWORD} & set(_found(scene.server.log)), "nor does the server learn them"


@dataclass(frozen=True)
class Death:
    """One way to end at once."""

    section: str
    values: dict[str, Any]
    status: int


_DEATHS = {
    "unknown login": Death("database", {"connection_string": f"Uid=canary_nobody;Pwd={PASSWORD}"}, 0),
    "refused heartbeat": Death("database", {}, 1),
    "unusable settings": Death("database", {"password": PASSWORD, "port": 99999, "passwrd": PASSWORD}, 78),
    "unusable secret": Death("insurer", {"app_secret": [APP_SECRET], "app_secrett": APP_SECRET}, 78),
}


@pytest.mark.parametrize("name", _DEATHS)
def test_no_canary_leaves_a_daemon_that_cannot_start(
    name: str, scene: Scene, his: HisDesk, tmp_path: Path
) -> None:
    death = _DEATHS[name]
    values = scene.values()
    login = values["database"]["connection_string"]
    values[death.section] |= death.values
    if name == "unknown login":
        values["database"]["connection_string"] = login.replace("canary_bridge", "canary_nobody")
    his.sql.execute("ALTER TABLE sdk_heartbeat ADD CONSTRAINT spoilt CHECK (process_id < 0) NOT VALID")
    daemon = BridgeProcess(write_settings(tmp_path, values), "node-a")
    try:
        daemon.start()
        if death.status == 0:  # a login may be made while it waits
            assert "canary_nobody" in daemon.saw("database unavailable, trying again")["error"]
            daemon.tell(signal.SIGTERM)
        assert daemon.ended() == death.status, daemon.output
    finally:
        daemon.end()
        his.sql.execute("ALTER TABLE sdk_heartbeat DROP CONSTRAINT spoilt")

    assert daemon.output, "it says why"
    assert _found(daemon.output) == []


def test_no_canary_leaves_by_a_defect_of_ours(
    scene: Scene, his: HisDesk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The worst kind: an exception that quotes all it was working on, the message's input and the settings."""
    settings = Settings.model_validate(scene.values())
    prepare = Route.prepare

    def defective(self: Route, request: Any) -> Any:
        if "boom" in request.input_data:
            raise RuntimeError(
                f"cannot {request!r} {request.input_data} {self!r} {settings!r} password={PASSWORD}"
            )
        return prepare(self, request)

    monkeypatch.setattr(Route, "prepare", defective)
    file = tmp_path / "mi.log"
    with configure_logging(node="node-a", level="debug", file=file), BridgeThread(settings):
        his.submit("1101", _person(boom="1"), opter_name=OPERATOR)
        his.submit("2201", _person(boom="1"), opter_name=OPERATOR)
        assert his.call_v2("1101", _person(), opter_name=OPERATOR).error_code == 0

    logged = file.read_text()
    assert logged.count("RuntimeError") >= 2
    assert _found(logged) == []
    his.sql.execute(
        "TRUNCATE medical_insurance_requests, medical_insurance_attempts, medical_insurance_responses"
    )


async def test_no_canary_stands_in_a_representation(scene: Scene, his: HisDesk) -> None:
    settings = Settings.model_validate(scene.values())
    client = build_client(settings, load_profile("demo"))
    call = Call("1101", _person(), org_code="H99010100001", opter_name=OPERATOR)
    prepared = client.prepare(call)
    scene.platform.order()
    answer = await client.send(prepared)
    store = store_factory(settings)()
    objects: list[Any] = [settings, client, call, prepared, answer, answer.outcome, store, connect(settings)]
    route = Route(client, org_code="", breaker=Breaker())
    objects += [route, await route.send(Message(prepared), not_after=time.monotonic() + 9)]
    objects += [his.queue("1101", _person(), opter_name=OPERATOR), Message(prepared)]
    await client.aclose()
    store.close()

    assert PERSON["psn_name"] in answer.text
    assert APP_SECRET not in prepared.body.decode()
    for one in objects:
        assert _found(f"{one!r} {one!s} {[one]}") == [], type(one)
    with contextlib.suppress(TypeError):
        assert _found(json.dumps(settings.model_dump(mode="json"))) == []


def _faults() -> list[Callable[[], Any]]:
    broken = {"psn_name": PERSON["psn_name"], "certno": PERSON["certno"], "amount": float("nan")}
    return [
        lambda: Call("1101", broken),
        lambda: Call("1101", json.dumps(_person())[:-1]),
        lambda: Call("1101", {"data": {}, **PERSON}),
        lambda: Call("1101", _person(), opter_name=OPERATOR * 20),
        lambda: Call("1101", _person(), insuplc_admdvs=PERSON["certno"]),
        lambda: Call("0000", _person()),
    ]


@pytest.mark.parametrize("number", range(len(_faults())))
async def test_no_canary_stands_in_an_exception(number: int, scene: Scene) -> None:
    client = build_client(Settings.model_validate(scene.values()), load_profile("demo"))

    with pytest.raises(BridgeError) as raised:
        client.prepare(_faults()[number]())

    await client.aclose()
    assert _found(f"{raised.value!r} {raised.value} {raised.value.__cause__!r}") == []
