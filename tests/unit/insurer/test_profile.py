from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.errors import CatalogueError, ProfileError
from mi_bridge.insurer.profile import CsbSigning, Interface, Operator, Profile, TifSigning, load_profile
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

    shown = Profile.model_fields.keys() | {"path", "layout", "uppercase", "node_names"}
    assert [key for key in shown if key not in text] == []


def test_the_commented_defaults_of_the_demo_profile_are_the_defaults() -> None:
    text = (folder("config") / "profiles" / "demo.toml").read_text(encoding="utf-8")
    top = text[: text.index("[operator]")]
    lines = [line[2:] for line in top.splitlines() if line.startswith("# ") and " = " in line]
    values = tomllib.loads(
        "\n".join(line for line in lines if not line.startswith(("enc_type", "Profile", "Copy")))
    )

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
    with pytest.raises(ProfileError, match=r"nowhere\.toml: cannot be read.*demo, hunan"):
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
        ("quiet_period_s = 30", "quiet_period_s must be longer than the longest call_timeout_s"),
        ("[interfaces.2304]\ncall_timeout_s = 900", r"call_timeout_s \(900\)"),
        ('[texts]\nbusy = ["("]', r"texts\.busy\.0: is '\(': is no regular expression"),
        ('[extra_fields]\nmsgid = "1"', "extra_fields repeats fields of the envelope: msgid"),
        ('[operator]\ncode = "1234567890123456789012345678901"', r"operator\.code"),
        ('[interfaces.2207]\nmoney_class = "Z"', r"interfaces\.2207\.money_class: is 'Z'"),
        ("call_timeout_s = 0", r"call_timeout_s: is 0"),
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


def test_a_reversible_code_nobody_knows_is_found_with_the_catalogue(make_profile: MakeProfile) -> None:
    site = make_profile('reversible = ["2999"]')

    with pytest.raises(CatalogueError, match="2999"):
        site.catalogue()
