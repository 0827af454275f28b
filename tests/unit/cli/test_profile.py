"""``mi-bridge profile``: looking, checking, beginning."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from mi_bridge.insurer.profile import Profile, load_profile
from mi_bridge.insurer.profile.loading import shipped_profiles
from mi_bridge.resources import folder

Invoke = Callable[..., Result]
SITE = """
name = "site"
mdtrtarea_admvs = "990101"
recer_sys_code = "99"
infver = "1.0.0"
[signing]
kind = "none"
"""


@pytest.fixture
def site_file(tmp_path: Path) -> Path:
    file = tmp_path / "site.toml"
    file.write_text(SITE, encoding="utf-8")
    return file


def test_every_shipped_profile_is_listed(invoke: Invoke) -> None:
    listed = json.loads(invoke("profile", "list", "--json").stdout)

    assert [one["name"] for one in listed] == list(shipped_profiles())
    assert next(one for one in listed if one["name"] == "inner_mongolia")["signing"] == "none + apikey"
    assert "zhejiang" in invoke("profile", "list").stdout


@pytest.mark.parametrize("name", list(shipped_profiles()))
def test_every_shipped_profile_passes_the_check(invoke: Invoke, name: str) -> None:
    told = invoke("profile", "check", name)
    checked = json.loads(invoke("profile", "check", name, "--json").stdout)

    assert (told.exit_code, checked["ok"], checked["faults"]) == (0, True, [])
    assert f"{name} (" in told.stdout
    assert 20 < checked["callable"] <= checked["interfaces"]


def test_every_fault_is_told_with_its_remedy(invoke: Invoke, site_file: Path) -> None:
    site_file.write_text(
        SITE.replace('"none"', '"rot13"') + 'colour = 1\n[url]\npath = "{x}"', encoding="utf-8"
    )

    told = invoke("profile", "check", site_file)
    checked = json.loads(invoke("profile", "check", site_file, "--json").stdout)

    assert told.exit_code == 78
    assert [one["key"] for one in checked["faults"]] == ["url.path", "signing"]
    assert all(one["remedy"] for one in checked["faults"])
    for fault in checked["faults"]:
        assert f"error  {site_file}: {fault['key']} {fault['fault']}. {fault['remedy']}" in told.stderr
    assert "2 to mend" in told.stderr


def test_a_check_of_a_field_that_is_in_no_table_is_a_fault(invoke: Invoke, site_file: Path) -> None:
    more = '\n[checks.interfaces.2204.fields."feedetail.cmt"]\nrequired = true\n'
    site_file.write_text(site_file.read_text(encoding="utf-8") + more, encoding="utf-8")

    checked = invoke("profile", "check", site_file)

    assert checked.exit_code == 78
    assert (
        'checks.interfaces.2204.fields."feedetail.cmt" is in no table. Correct the node and name'
        in checked.stderr
    )


def test_a_file_that_is_not_there_is_a_fault(invoke: Invoke, tmp_path: Path) -> None:
    checked = invoke("profile", "check", tmp_path / "none.toml", "--json")

    assert checked.exit_code == 78
    [fault] = json.loads(checked.stdout)["faults"]
    assert (fault["fault"], "Name one of demo" in fault["remedy"]) == (
        "cannot be read (No such file or directory)",
        True,
    )


def test_what_takes_effect_and_where_it_comes_from(invoke: Invoke, site_file: Path) -> None:
    site_file.write_text(
        SITE + "[interfaces.2207]\ncall_timeout_s = 9\n[url.paths]\n1101 = '/a'", encoding="utf-8"
    )
    shown = json.loads(invoke("profile", "show", site_file, "--json").stdout)
    keys = {one["key"]: (one["value"], one["origin"]) for one in shown["keys"]}
    lines = invoke("profile", "show", site_file).stdout.splitlines()

    assert keys["infver"] == ("1.0.0", "file")
    assert keys["msgid"] == ("sequence", "default")
    assert keys["signing.kind"] == ("none", "file")
    assert keys["operator.type"] == ("1", "default")
    assert keys["url.paths"] == ({"1101": "/a"}, "file")
    assert keys["url.layout"] == ("single", "default")
    assert keys["interfaces.2207.call_timeout_s"] == (9.0, "file")
    assert "interfaces.2207.name" not in keys
    assert Profile.model_fields.keys() == {key.partition(".")[0] for key in keys}
    assert lines[0] == f"# {site_file}"
    assert 'msgid = "sequence"    # default' in lines


def test_a_new_profile_is_a_commented_copy_and_nothing_is_overwritten(invoke: Invoke, tmp_path: Path) -> None:
    made = invoke("profile", "new", "dongshan", "--from", "guangzhou")
    again = invoke("profile", "new", "dongshan")

    file = Path("dongshan.toml")
    text = file.read_text(encoding="utf-8")
    assert made.exit_code == 0
    assert load_profile(file).name == "dongshan"
    assert load_profile(file).signing == load_profile("guangzhou").signing
    assert text.count("#") > 5
    assert (again.exit_code, "is there already" in again.stderr) == (78, True)
    assert file.read_text(encoding="utf-8") == text


def test_the_template_asks_for_what_only_the_bureau_knows(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    assert invoke("profile", "new", "dongshan", "--output", file).exit_code == 0
    faults = json.loads(invoke("profile", "check", file, "--json").stdout)["faults"]
    text = file.read_text(encoding="utf-8")
    for key, value in (("mdtrtarea_admvs", "990101"), ("recer_sys_code", "99"), ("infver", "1.0")):
        text = text.replace(f'{key} = ""', f'{key} = "{value}"')
    file.write_text(text, encoding="utf-8")

    assert [one["key"] for one in faults] == ["mdtrtarea_admvs", "recer_sys_code", "infver"]
    assert load_profile(file).name == "dongshan"


def test_every_hint_of_the_template_is_a_key_with_a_value_that_is_one() -> None:
    text = (folder("config") / "profiles" / "template.toml.example").read_text(encoding="utf-8")
    lines = [
        line.removeprefix("# ")
        for line in text.splitlines()
        if "= " in line or line.lstrip("# ").startswith("[")
    ]
    filled = "\n".join(lines).replace('_admvs = ""', '_admvs = "990101"').replace('code = ""', 'code = "9"')
    filled = filled.replace('infver = ""', 'infver = "1"').replace('kind = "none"', 'kind = "csb"')

    values = tomllib.loads(filled.replace("uppercase = false", ""))

    assert Profile.model_validate(values).wire_codes == {"2207": "2207A"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("Dongshan",), "no free name"),
        (("hunan",), "no free name"),
        (("dongshan", "--from", "nowhere"), "cannot be read as a template"),
        (("dongshan", "--output", "nowhere/x.toml"), "cannot be written"),
    ],
)
def test_what_cannot_be_begun_is_said(invoke: Invoke, arguments: tuple[str, ...], said: str) -> None:
    refused = invoke("profile", "new", *arguments)

    assert refused.exit_code == 78
    assert said in refused.stderr


def test_a_template_without_a_name_is_refused(invoke: Invoke, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text("title = 'x'", encoding="utf-8")

    assert "has no line name" in invoke("profile", "new", "dongshan", "--from", other).stderr
