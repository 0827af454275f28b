"""``mi-bridge rules``: listing, checking, trying."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mi_bridge.cli.main import program
from mi_bridge.resources import folder

_RULES = folder("config") / "rules"
_OWN = """
interfaces = ["1101"]
[[rule]]
id = "own"
message = "不收临时号"
severity = "refuse"
in = "data"
fields = ["psn_no"]
not_matches = '^T'
"""


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MI_BRIDGE_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(program, ["rules", *arguments])


def test_the_rules_are_listed() -> None:
    told = invoke("list", "--interface", "4102")
    assert told.exit_code == 0
    assert "hn-4102" in told.stdout
    assert "1 rules." in told.stdout
    listed = json.loads(invoke("list", "--json").stdout)
    assert {"4101", "4101A", "2401"} <= {code for one in listed for code in one["interfaces"]}


def test_a_broken_file_is_told_while_listing(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(_OWN + "colour = 1\n", encoding="utf-8")
    told = invoke("list", "--dir", str(tmp_path))
    assert "own.toml: rule own.colour: is no key" in told.stderr
    assert "0 rules." in told.stdout


def test_files_are_checked(tmp_path: Path) -> None:
    told = invoke("check", *map(str, sorted(_RULES.glob("*.toml"))))
    assert told.exit_code == 0, told.stderr
    bad = tmp_path / "bad.toml"
    bad.write_text(_OWN.replace("not_matches", "not_match"), encoding="utf-8")
    told = invoke("check", str(bad))
    assert told.exit_code == 78
    assert "rule own.not_match" in told.stderr


def test_a_message_is_tried(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(_OWN, encoding="utf-8")
    person = {"psn_no": "T1", "mdtrt_cert_type": "02", "mdtrt_cert_no": "1"}
    file = tmp_path / "m.json"
    file.write_text(json.dumps(person), encoding="utf-8")
    told = invoke("try", str(file), "--interface", "1101", "--dir", str(tmp_path))
    assert told.exit_code == 1
    assert "input.psn_no：不收临时号（规则 own）" in told.stdout
    file.write_text(
        json.dumps({"infno": "1101", "input": {"data": person | {"psn_no": "1"}}}), encoding="utf-8"
    )
    told = invoke("try", str(file), "--dir", str(tmp_path))
    assert told.exit_code == 0
    assert told.stdout.startswith("The message would be sent.\n提醒 3 处：input.data.psn_cert_type")
    answer = json.loads(invoke("try", str(file), "--dir", str(tmp_path), "--json").stdout)
    assert (answer["infno"], answer["refused"]) == ("1101", "")


def test_a_message_that_cannot_be_tried(tmp_path: Path) -> None:
    file = tmp_path / "m.json"
    file.write_text("{}", encoding="utf-8")
    assert "--interface" in invoke("try", str(file)).stderr
    file.write_bytes(b'{"a": "\xb9\xe6"}')
    assert "is not UTF-8" in invoke("try", str(file), "--interface", "1101").stderr
    file.write_text('{"data": 1}', encoding="utf-8")
    told = invoke("try", str(file), "--interface", "1101")
    assert told.exit_code == 1
    assert "节点 data 应为对象" in told.stdout


def test_the_settings_check_warns_of_rules_that_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "rules"
    place.mkdir()
    (place / "bad.toml").write_text("interfaces = 1", encoding="utf-8")
    file = tmp_path / "mi-bridge.toml"
    file.write_text(
        "[database]\ndialect = 'postgresql'\nserver = 'db'\ndatabase = 'his'\n[insurer]\nbase_url = 'http://127.0.0.1:9'\n"
        "app_id = 'a'\napp_secret = 'b'\norg_code = 'H99010100001'\n[bridge]\nrules_dir = 'rules'\n",
        encoding="utf-8",
    )
    file.chmod(0o600)
    monkeypatch.setenv("MI_BRIDGE_CONFIG", str(file))

    def findings() -> list[tuple[str, str]]:
        told = json.loads(CliRunner().invoke(program, ["check", "--json"]).stdout)
        return [(one["key"], one["severity"]) for one in told["findings"] if "rules" in one["key"]]

    assert findings() == [(f"{place / 'bad.toml'}: interfaces", "warning")]
    assert "bad.toml" in invoke("list").stderr
    (place / "bad.toml").unlink()
    place.rmdir()
    assert findings() == [(str(place), "warning")]
