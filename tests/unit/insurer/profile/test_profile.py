from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.errors import ProfileError
from mi_bridge.insurer.profile import CsbSigning, Interface, Operator, Profile, TifSigning, Url, load_profile
from mi_bridge.resources import folder

MakeProfile = Callable[[str], Profile]


def test_demo_is_tif_behind_a_single_entry(demo: Profile) -> None:
    assert isinstance(demo.signing, TifSigning)
    assert demo.url.layout == "single"
    assert demo.catalogue().get("2208").money_class is MoneyClass.MONEY


def test_hunan_is_csb_with_literal_nulls() -> None:
    hunan = load_profile("hunan")

    assert isinstance(hunan.signing, CsbSigning)
    assert hunan.signing.api_name == "{infno}"
    assert (hunan.null_text, hunan.recer_sys_code) == ("null", "99")
    assert hunan.catalogue().get("2208").money_class is MoneyClass.NEVER


def test_every_key_stands_in_the_demo_profile() -> None:
    text = (folder("config") / "profiles" / "demo.toml").read_text(encoding="utf-8")

    shown = Profile.model_fields.keys() | (
        Url.model_fields.keys()
        | Interface.model_fields.keys()
        - {"name", "group", "kind", "ordered", "input_nodes", "list_nodes", "output_node", "cancelled_by"}
        | {"uppercase", "api_name", "api_version", "timestamp"}
    )
    assert [key for key in shown if key not in text] == []


def test_the_commented_defaults_of_the_demo_profile_are_the_defaults() -> None:
    text = (folder("config") / "profiles" / "demo.toml").read_text(encoding="utf-8")
    top = text[: text.index("[wire_codes]")]
    lines = [line[2:] for line in top.splitlines() if line.startswith("# ") and " = " in line]
    values = tomllib.loads("\n".join(line for line in lines if not line.startswith(("Profile", "Copy"))))

    assert len(values) >= 10
    assert {key: Profile.model_fields[key].default for key in values} == values


def test_a_profile_cannot_be_changed(demo: Profile) -> None:
    with pytest.raises(ValidationError):
        demo.name = "other"  # type: ignore[misc]  # that it is refused is the point


def test_what_one_interface_does_differently(make_profile: MakeProfile) -> None:
    site = make_profile(
        """
        call_timeout_s = 20
        [interfaces.1201]
        recer_sys_code = "MBS_LOCAL"
        call_timeout_s = 7.5
        node_names = { medinsinfo = "medinsInfo" }
        money_class = "N"
        output_node = "other"
        """
    )

    assert (site.receiver("1201"), site.receiver("1101")) == ("MBS_LOCAL", "99")
    assert (site.call_timeout("1201"), site.call_timeout("1101")) == (7.5, 20)
    assert (site.node_names("1201"), site.node_names("1101")) == ({"medinsinfo": "medinsInfo"}, {})
    assert site.catalogue().get("1201").money_class is MoneyClass.NEVER
    assert site.catalogue().get("1201").output_node == "other"


def test_only_the_catalogues_fields_go_into_the_catalogue() -> None:
    interface = Interface(path="/x", call_timeout_s=1, recer_sys_code="99", enabled=False)

    assert interface.catalogue_values() == {"enabled": False}


def test_the_operator_has_a_default() -> None:
    assert (Operator().code, Operator().type) == ("mi-bridge", "1")


def test_a_profile_nobody_has_names_those_there_are() -> None:
    with pytest.raises(ProfileError, match=r"nowhere\.toml: cannot be read.*demo, .*, hunan"):
        load_profile("nowhere")


def test_a_file_that_is_no_toml_says_where(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text("name = ", encoding="utf-8")

    with pytest.raises(ProfileError, match=r"own\.toml: is not TOML"):
        load_profile(path)


def test_a_file_in_gbk_says_so(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes('name = "湖南"'.encode("gbk"))

    with pytest.raises(ProfileError, match="is not TOML in UTF-8"):
        load_profile(path)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('colour = "red"', r"site\.toml: colour: is wrong: Extra inputs.*Remove the key"),
        ('[signing]\nkind = "csb"\ntimestamp = "hours"', r"signing\.timestamp: is 'hours'"),
        ('[signing]\nkind = "rot13"', r"signing: is wrong: .*'rot13'.*Write one of the kinds"),
        ("[signing]\n", r"signing: .*Add signing\.kind"),
        ('insuplc_admdvs = "43"', r"insuplc_admdvs.*is '43'"),
        ('timezone = "Asia/Nowhere"', r"timezone: is 'Asia/Nowhere': is no time zone"),
        ("quiet_period_s = 30", "quiet_period_s: must be longer than the longest call_timeout_s"),
        ("[interfaces.2304]\ncall_timeout_s = 900", r"call_timeout_s \(900\)"),
        ('[texts]\nbusy = ["("]', r"texts\.busy\.0: is '\(': is no regular expression"),
        ('[extra_fields]\nmsgid = "1"', "extra_fields: repeats fields of the envelope: msgid"),
        ('[operator]\ncode = "1234567890123456789012345678901"', r"operator\.code"),
        ('[interfaces.2207]\nmoney_class = "Z"', r"interfaces\.2207\.money_class: is 'Z'"),
        ("call_timeout_s = 0", r"call_timeout_s: is 0"),
        ('reversible = ["2999"]', r"reversible: lists codes that are neither.*2999.*Correct the codes"),
        ('[wire_codes]\n2999 = "2999A"', r"wire_codes: lists codes that are neither.*2999"),
        ('[wire_codes]\n2207 = "2207-A"', r"wire_codes\.2207: is '2207-A'"),
        (
            '[interfaces.1101]\nnode_names = { dat = "x" }',
            r"interfaces\.1101\.node_names: .*dat.*nodes are data",
        ),
        ('cainfo = "1"\ncainfo_kind = "sm3"', r"cainfo: has a text, but cainfo_kind is sm3"),
        ('cainfo_kind = "rsa"', r"cainfo_kind: is 'rsa'"),
        ('msgid = "random"', r"msgid: is 'random'"),
        ('[url]\npath = "/x/{code}"', r"url\.path: is '/x/\{code\}': knows no \{code\}; only \{infno\}"),
        ('[url]\npath = "/x/{infno"', r"url\.path: .*brace without its partner"),
        ('[url]\npath = "fsi/api"', r"url\.path: is 'fsi/api': is neither a path"),
        ('[url.paths]\n2207 = "/a b"', r"url\.paths\.2207: is '/a b'"),
        ('[url.bases]\nBig = ["42*"]', r"url\.bases: .*'Big' is no name"),
        ('[url.bases]\nbig = ["4*2"]', r"url\.bases\.big: .*'4\*2' is neither a code"),
        ('[headers]\n"a b" = "x"', r"headers: .*'a b' is no name"),
        ('[headers]\nHost = "x"', r"headers: .*Host cannot be set"),
        ('[headers]\nkey = "{token}"', r"headers: .*knows no \{token\}"),
        ('[headers]\nkey = "医"', r"headers: .*no HTTP header carries"),
    ],
)
def test_a_wrong_key_is_named_with_its_fault_and_remedy(
    make_profile: MakeProfile, more: str, said: str
) -> None:
    with pytest.raises(ProfileError, match=said):
        make_profile(more)


def test_every_fault_is_told_at_once(make_profile: MakeProfile) -> None:
    with pytest.raises(ProfileError, match=r"colour.*shape|shape.*colour"):
        make_profile('colour = "red"\nshape = "round"')


def test_faults_that_contradict_each_other_are_told_at_once_too(make_profile: MakeProfile) -> None:
    with pytest.raises(ProfileError) as refused:
        make_profile('quiet_period_s = 30\nreversible = ["2999"]\n[extra_fields]\nmsgid = "1"')

    assert [str(fault).split()[0] for fault in refused.value.faults] == [
        "quiet_period_s",
        "extra_fields",
        "reversible",
    ]


def test_a_catalogue_s_own_layout_is_checked_with_the_profile(make_profile: MakeProfile) -> None:
    with pytest.raises(ProfileError, match=r"catalogues\.kinds\.1301\.columns: .*lacks"):
        make_profile('[catalogues.kinds.1301]\ncolumns = ["医疗目录编码"]')
    with pytest.raises(ProfileError, match=r"catalogues\.kinds\.1399: is no catalogue"):
        make_profile("[catalogues.kinds.1399]\nenabled = true")

    assert make_profile("[catalogues.kinds.1306A]\nenabled = true").catalogues.kinds["1306A"].enabled


def test_a_file_inside_a_message_cannot_be_covered_by_its_cainfo(make_profile: MakeProfile) -> None:
    inside = 'cainfo_kind = "sm3"\n[files]\nupload_encoding = "base64"\n'
    with pytest.raises(ProfileError, match=r"files\.upload_encoding: is 'base64', but cainfo_kind sm3"):
        make_profile(inside)

    assert make_profile(inside + '[interfaces.9101]\ncainfo = "1"').files.upload_encoding == "base64"


def test_a_code_on_the_wire_needs_an_address(make_profile: MakeProfile) -> None:
    table = '[wire_codes]\n2207 = "2207A"\n[url]\nlayout = "table"\n[url.paths]\n'

    assert make_profile(table + '2207A = "/a"').wire_code("2207") == "2207A"
    with pytest.raises(
        ProfileError, match=r"wire_codes\.2207: is '2207A', which has no address.*url\.paths\.2207A"
    ):
        make_profile(table + '2207 = "/a"')


def test_what_is_told_of_a_code_on_the_wire_holds_for_the_one_his_calls(make_profile: MakeProfile) -> None:
    site = make_profile('[wire_codes]\n2207 = "2207A"\n[interfaces.2207A]\ncall_timeout_s = 7')

    assert site.call_timeout("2207") == 7


def test_what_is_told_of_the_code_his_calls_holds_for_the_one_on_the_wire(make_profile: MakeProfile) -> None:
    site = make_profile('[wire_codes]\n2203 = "2203A"\n[interfaces.2203]\neither_nodes = ["diseinfo"]')

    assert site.national_code("2203A") == "2203"
    assert (
        site.catalogue().get("2203A").either_nodes
        == site.catalogue().get("2203").either_nodes
        == ("diseinfo",)
    )


def test_a_secret_in_the_wrong_place_is_not_repeated(make_profile: MakeProfile) -> None:
    with pytest.raises(ProfileError, match="app_secret") as refused:
        make_profile('app_secret = "CANARY-SECRET"')

    assert "CANARY" not in str(refused.value)


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        'mdtrtarea_admvs = "990101"\nname = "x"\ninfver = "1"\n[signing]\nkind = "none"', encoding="utf-8"
    )

    with pytest.raises(ProfileError, match=r"recer_sys_code: is wrong: Field required.*Add the key"):
        load_profile(path)


def test_a_local_code_may_be_reversible(make_profile: MakeProfile) -> None:
    site = make_profile('reversible = ["2999"]\n[interfaces.2999]\nname = "本地结算"')

    assert site.catalogue().get("2999").money_class is MoneyClass.MONEY
