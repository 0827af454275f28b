"""``cainfo`` between the SDK's client and the platform, over real HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from mi_bridge.domain.outcome import Outcome
from mi_bridge.errors import ConfigurationError
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.core import InsurerClient
from mi_bridge.insurer.profile import load_profile
from mi_bridge.insurer.signing.port import Credentials
from mi_bridge.insurer.signing.sm2 import private_key
from mi_bridge.resources import folder
from mi_bridge.simulator import SimulatorConfig, running_simulator
from mi_bridge.simulator.seal import build_seal

WORKER = "990101198001016571"
OURS, ANOTHER = private_key(0xC0FFEE), private_key(0xDECAF)


@pytest.fixture
def site(tmp_path: Path) -> Any:
    """Return the path of the demonstration's profile, changed."""

    def change(**keys: str) -> str:
        path = tmp_path / "site.toml"
        demo = (folder("config") / "profiles" / "demo.toml").read_text(encoding="utf-8")
        lines = "".join(f'{name} = "{value}"\n' for name, value in keys.items())
        path.write_text(lines + demo, encoding="utf-8")
        return str(path)

    return change


async def asked(ours: str, theirs: str, *, key: str = OURS.raw.hex(), known: str = "") -> Answer:
    """Ask about a person: our profile and key, and what the platform has of us."""
    known = known or OURS.public.raw.hex()
    async with (
        running_simulator(SimulatorConfig(profile=theirs, public_key=known)) as running,
        InsurerClient(
            profile=load_profile(ours),
            credentials=Credentials("demo", SecretStr("demo-secret"), SecretStr(key)),
            base_url=running.base_url,
            org_code="H99990100002",
        ) as client,
    ):
        return await client.call("1101", f'{{"psn_no": "{WORKER}", "amt": 2.00}}')


@pytest.mark.parametrize("input_as", ["object", "string"])
@pytest.mark.parametrize("kind", ["sm2", "sm3"])
async def test_the_platform_knows_our_seal(site: Any, kind: str, input_as: str) -> None:
    profile = site(cainfo_kind=kind, input_as=input_as)
    assert (await asked(profile, profile)).outcome is Outcome.OK


async def test_the_identity_is_part_of_the_seal(site: Any, tmp_path: Path) -> None:
    agreed = site(cainfo_kind="sm2", cainfo_user_id="agreed")
    assert (await asked(agreed, agreed)).outcome is Outcome.OK
    usual = tmp_path / "usual.toml"
    usual.write_text(Path(agreed).read_text(encoding="utf-8").replace("agreed", "1234567812345678"), "utf-8")
    assert (await asked(str(usual), agreed)).outcome is not Outcome.OK


async def test_a_strangers_seal_is_refused(site: Any) -> None:
    profile = site(cainfo_kind="sm2")
    assert (await asked(profile, profile, key=ANOTHER.raw.hex())).outcome is not Outcome.OK
    assert (await asked(profile, profile, known=ANOTHER.public.raw.hex())).outcome is not Outcome.OK


@pytest.mark.parametrize("kind", ["sm2", "sm3"])
async def test_no_seal_is_refused(site: Any, kind: str) -> None:
    assert (await asked("demo", site(cainfo_kind=kind))).outcome is not Outcome.OK


async def test_a_platform_without_our_key_says_so(site: Any) -> None:
    with pytest.raises(ConfigurationError, match="public_key: is empty"):
        async with running_simulator(SimulatorConfig(profile=site(cainfo_kind="sm2"))):
            pass


@pytest.mark.parametrize("kind", ["sm2", "sm3"])
@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"{}", b'{"input":1}'])
def test_no_bytes_are_a_seal_and_none_raise(site: Any, kind: str, body: bytes) -> None:
    seal = build_seal(load_profile(site(cainfo_kind=kind)), OURS.public.raw.hex())
    for cainfo in ("", "zz", "00" * 64):
        assert not seal({"cainfo": cainfo}, body)


def test_a_plain_text_is_no_seal_to_check(site: Any) -> None:
    assert build_seal(load_profile("demo"), "")({"cainfo": "anything"}, b"")
