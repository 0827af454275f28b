"""Bad input through the whole path: a code, a Chinese message, a row that has ended, and nobody else the worse for it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import visits
from bridge_thread import BridgeThread
from his_desk import HisDesk
from insurer_platform import InsurerPlatform
from mi_bridge.errors import MalformedInput
from mi_bridge.store.driver import load_pyodbc
from mi_bridge.store.his import HisAnswer
from site_settings import site_settings

_TABLE = tomllib.loads(Path(__file__).with_name("bad_input.toml").read_text(encoding="utf-8"))
_CHINESE = re.compile("[\u4e00-\u9fff]")


@dataclass
class Scene:
    """A hospital, its bridge and a live platform."""

    his: HisDesk
    platform: InsurerPlatform
    bridge: BridgeThread
    database: str

    def unharmed(self) -> bool:
        """Tell whether the bridge still does its work."""
        told = self.his.call_v2("1101", visits.person(visits.citizen(500)))
        return told.error_code == 0 and self.bridge.watcher.alive()


@pytest.fixture(scope="module")
def scene(new_database: Callable[..., str], hospital_template: str) -> Iterator[Scene]:
    """One for all bad inputs: none may spoil it for the next."""
    with ExitStack() as stack:
        database = new_database(hospital_template)
        platform = stack.enter_context(InsurerPlatform())
        his = stack.enter_context(HisDesk(database))
        bridge = stack.enter_context(BridgeThread(site_settings(database, platform.base_url, "node-a")))
        yield Scene(his, platform, bridge, database)


def _is_told(answer: HisAnswer, case: dict[str, Any]) -> None:
    assert answer.error_code == case["code"], answer
    assert case["says"] in answer.error_message
    assert _CHINESE.search(answer.error_message)


@pytest.mark.parametrize("case", _TABLE["refused"], ids=lambda case: case["name"])
def test_refused_before_it_is_queued(case: dict[str, Any], scene: Scene) -> None:
    rows = len(scene.his.statuses())
    options = case.get("options", {})

    queued = scene.his.queue(case["infno"], case["input"], **options)
    waited = scene.his.call_v2(case["infno"], case["input"], **options)

    for answer in (queued, waited):
        assert answer.request_id is None
        _is_told(answer, case)
    assert len(scene.his.statuses()) == rows, "nothing is queued"
    assert scene.unharmed()


@pytest.mark.parametrize("case", _TABLE["ended"], ids=lambda case: case["name"])
def test_refused_before_it_is_sent(case: dict[str, Any], scene: Scene) -> None:
    sent = len(scene.platform.messages(infno=case["infno"]))

    told = scene.his.call_v2(case["infno"], case["input"])

    assert told.request_id is not None
    _is_told(told, case)
    line = scene.his.line(told.request_id)
    assert (line.status, line.result_status, line.error_code) == ("ERROR", "SYSTEM_ERROR", case["code"])
    assert case["says"] in str(line.err_msg)
    assert len(scene.platform.messages(infno=case["infno"])) == sent, "nothing is sent"
    assert scene.unharmed()


def test_ten_megabytes(scene: Scene) -> None:
    answer = scene.his.queue("1101", {"psn_no": "1", "memo": "长" * 3_500_000})

    _is_told(answer, {"code": -1001, "says": "超过上限 2000000"})
    assert scene.unharmed()


def test_ten_megabytes_where_the_dba_allows_them(scene: Scene) -> None:
    """The database's limit is the DBA's; the bridge's own comes next, and the row ends with it."""
    scene.his.sql.execute(
        "UPDATE medical_insurance_interfaces SET max_input_chars = 20000000 WHERE interface_code = '1201'"
    )

    told = scene.his.call_v2("1201", {"medinsinfo": {"memo": "长" * 3_500_000}})
    short = scene.his.call_v2(
        "1201", {"medinsinfo": {"fixmedins_code": "H99010100001", "memo": "长" * 600_000}}
    )

    assert told.request_id is not None
    assert short.request_id is not None
    _is_told(told, {"code": -1001, "says": "超过本站上限 8388608 字节"})
    assert scene.his.line(told.request_id).status == "ERROR"
    assert scene.his.line(short.request_id).result_status in ("SUCCESS", "BUSINESS_ERROR"), "it arrives"
    assert scene.unharmed()


@pytest.mark.parametrize("code", [0x0, 0xD842, 0xDFB7], ids=["NUL", "high half", "low half"])
def test_characters_no_database_takes(code: int, scene: Scene) -> None:
    rows = len(scene.his.statuses())
    character = chr(code)

    with pytest.raises(MalformedInput, match="空字符或孤立的代理字符"):
        scene.his.queue("1101", f'{{"psn_no": "1{character}"}}')

    assert len(scene.his.statuses()) == rows
    assert scene.unharmed()


def test_a_nul_that_odbc_cuts_at(scene: Scene) -> None:
    """A HIS that hands a NUL to its driver sends half a JSON text; it must not become a request."""
    rows = len(scene.his.statuses())

    row = scene.his.sql.execute(
        "CALL sp_medical_insurance_call_v2(interface_code => ?, input_data => ?)", "1101", '{"psn_no": "1\0"}'
    ).fetchone()

    assert (row[0], row[2]) == (None, -1001)
    assert "不是有效的 JSON" in row[3]
    assert len(scene.his.statuses()) == rows


@pytest.mark.parametrize("evil", _TABLE["sql"], ids=str)
def test_sql_in_every_text_stays_text(evil: str, scene: Scene) -> None:
    person = {"psn_no": evil, "certno": evil, "mdtrt_cert_type": "02", "mdtrt_cert_no": evil}
    options: dict[str, Any] = {
        "business_key": evil,
        "serial_key": evil,
        "opter": evil[:30],
        "opter_name": evil[:50],
    }
    before = len(scene.his.statuses())

    told = scene.his.call_v2("1101", person, **options)
    coded = scene.his.queue(evil, person)
    placed = scene.his.queue("1101", person, org_code=evil, insuplc_admdvs=evil, opter_type=evil)

    assert (coded.request_id, coded.error_code) == (None, -1001)
    assert (placed.request_id, placed.error_code) == (None, -1001)
    for name in ("org_code", "insuplc_admdvs", "opter_type"):
        assert name in placed.error_message
    assert told.request_id is not None
    assert scene.his.line(told.request_id).result_status == "BUSINESS_ERROR", "nobody has this number"
    received = json.loads(scene.platform.bodies[-1])
    assert received["input"] == {"data": person}
    assert (received["opter"], received["opter_name"]) == (evil[:30], evil[:50])
    assert len(scene.his.statuses()) == before + 1, "every table is where it was"
    assert scene.unharmed()


def test_rare_characters_arrive_and_come_back(scene: Scene) -> None:
    words = "𠮷野家 👨‍👩‍👧 e\u0301 \u200b ﷽ ＂"
    memo = f'{{"psn_no":"{visits.citizen(7)}","memo":"{words}","键𠮷":"值"}}'

    told = scene.his.call_v2("1101", memo, opter_name="𠮷👍")

    assert told.request_id is not None
    body = scene.platform.bodies[-1]
    assert memo.encode() in body, "the very bytes HIS wrote"
    assert json.loads(body)["opter_name"] == "𠮷👍"
    [kept] = scene.his.sql.execute(
        "SELECT input_data FROM v_medical_insurance_result WHERE request_id = ?", told.request_id
    ).fetchone()
    assert kept == memo
    answered = scene.his.good("1101", {"mdtrt_cert_type": "02", "mdtrt_cert_no": "990101196602144561"})
    assert answered["baseinfo"]["psn_name"] == "𠮷仿真"


def test_numbers_arrive_as_they_were_written(scene: Scene) -> None:
    numbers = '"a":2.00,"b":1e5,"c":12345678901234567890,"d":-0.0,"e":1E-7,"f":0.1000000000000000055511151231257827,"g":[3.10,{"h":1.0}]'
    text = f'{{"psn_no":"{visits.citizen(8)}", {numbers}}}'

    told = scene.his.call_v2("1101", text)

    assert told.error_code == 0, told
    assert f'"input":{{"data":{text}}}'.encode() in scene.platform.bodies[-1]


def test_amounts_come_back_as_the_platform_wrote_them(scene: Scene) -> None:
    psn_no = visits.citizen(9)
    mdtrt_id = str(scene.his.good("2201", visits.registration(psn_no, "OP9"))["data"]["mdtrt_id"])
    scene.his.good("2204", visits.fees(psn_no, mdtrt_id, "100.10"))

    told = scene.his.call_v2("2206", visits.bill(psn_no, mdtrt_id, "100.10"))

    assert '"medfee_sumamt":100.10' in str(told.result).replace(" ", "")


@pytest.fixture
def poison(scene: Scene) -> Iterator[Callable[..., int]]:
    """Put a row into the queue past every check of the submit, as a DBA or an older release may have left it."""
    connection = load_pyodbc().connect(scene.database, autocommit=False)

    def put(**columns: str) -> int:
        row = connection.execute("CALL sp_medical_insurance_call('1101', '{}')").fetchone()
        for column, value in columns.items():
            text = f"UPDATE medical_insurance_requests SET {column} = ? WHERE request_id = ?"
            connection.execute(text, value, row[0])
        connection.commit()
        return int(row[0])

    yield put
    connection.close()


_POISONS = (
    {"input_data": "[1,"},
    {"input_data": ""},
    {"input_data": "null"},
    {"input_data": '{"a": "\\ud842"}'},
    {"interface_code": "ZZZZ"},
    {"org_code": "X"},
    {"opter_name": "\x01"},
    {"insuplc_admdvs": "..."},
    {"money_class": "N", "input_data": "{"},
)


def test_poisoned_rows_among_fifty_good_ones(scene: Scene, poison: Callable[..., int]) -> None:
    good = [scene.his.submit("1101", visits.person(visits.citizen(100 + number))) for number in range(25)]
    bad = [poison(**columns) for columns in _POISONS]
    good += [scene.his.submit("1101", visits.person(visits.citizen(200 + number))) for number in range(25)]

    assert {scene.his.ended(number).result_status for number in good} == {"SUCCESS"}
    lines = [scene.his.ended(number) for number in bad]
    assert {line.result_status for line in lines} <= {"SYSTEM_ERROR", "BUSINESS_ERROR"}
    for line in lines:
        assert _CHINESE.search(str(line.err_msg)), line
    assert scene.unharmed()
