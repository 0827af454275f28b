"""Whatever stands in a file: it is a profile, or a ProfileError that names each fault and its remedy."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mi_bridge.errors import ProfileError
from mi_bridge.insurer.profile import Profile
from mi_bridge.insurer.profile.loading import profile_path, read_profile, shipped_profiles
from mi_bridge.resources import folder

_NEEDED = {
    "name": '"x"',
    "mdtrtarea_admvs": '"990101"',
    "recer_sys_code": '"99"',
    "infver": '"1"',
    "signing": '{ kind = "none" }',
}
_LITERALS = (
    *(
        '""',
        '"x"',
        '"{"',
        '"{infno}"',
        '"\\u0000"',
        '"990101"',
        "0",
        "-1",
        "1.5",
        "nan",
        "inf",
        "true",
        "1979-05-27",
    ),
    *("[]", "[[]]", '["2207"]', '["("]', "[1]", "{}", '{ kind = "tif" }', '{ kind = "csb", api_name = 7 }'),
    *(
        '{ 2207 = "2207A" }',
        '{ 2207 = { path = "x" } }',
        "{ 2207 = 1 }",
        '{ layout = "table", paths = { 1 = "//" } }',
    ),
    *('{ bases = { a = ["4*"] } }', '{ apikey = "{app_secret}" }', '{ "" = "" }', '{ msgid = "1" }'),
)


def _read(text: str) -> Profile | ProfileError:
    try:
        return read_profile(Path("site.toml"), text)
    except ProfileError as error:
        return error


@given(
    st.dictionaries(
        st.sampled_from([*Profile.model_fields, "colour"]), st.sampled_from(_LITERALS), max_size=6
    )
)
def test_any_mixture_of_keys_and_values(values: dict[str, str]) -> None:
    text = "\n".join(f"{key} = {value}" for key, value in (_NEEDED | values).items())
    read = _read(text)
    if isinstance(read, Profile):
        read.catalogue()
        return
    assert read.faults
    assert all(one.key and one.fault and one.remedy for one in read.faults)


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    read = _read(text)

    assert isinstance(read, Profile) or "site.toml" in read.key


def test_a_name_is_a_shipped_profiles_and_a_path_a_path() -> None:
    assert (
        profile_path("hunan") == folder("config") / "profiles" / "hunan.toml" == shipped_profiles()["hunan"]
    )
    assert profile_path("own.toml") == Path("own.toml")
    assert profile_path("etc/own") == Path("etc/own")
