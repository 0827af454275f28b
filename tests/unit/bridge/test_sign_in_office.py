"""Everything about sign-ins on one node, wired together."""

from __future__ import annotations

from pydantic import SecretStr

from mi_bridge.bridge.sign_in_office import SignInOffice
from mi_bridge.insurer.call import Call, Sender
from mi_bridge.insurer.core import InsurerClient
from mi_bridge.insurer.profile import load_profile
from mi_bridge.insurer.signing.port import Credentials
from mi_bridge.store.memory import MemoryDatabase
from mi_bridge.store.memory_sign_ins import MemorySignIns

ORG = "H99010100001"


async def test_a_changed_profile_reaches_every_part_and_the_client_signs() -> None:
    never = load_profile("demo")
    daily = never.model_copy(update={"sign_in": never.sign_in.model_copy(update={"policy": "daily"})})
    shared = MemorySignIns(MemoryDatabase(()))
    async with InsurerClient(
        profile=never,
        credentials=Credentials("demo", SecretStr("demo-secret")),
        base_url="http://127.0.0.1:9",
        org_code=ORG,
    ) as client:
        office = SignInOffice(client, shared.connect, "n1", org_code=ORG)
        assert office.sign_ins.settled(Sender(ORG, "0001"), "1101")
        office.adopt(daily)
        assert not office.sign_ins.settled(Sender(ORG, "0001"), "1101")
        await office.sign_ins.take_over(Sender(ORG, "0001"), "680003")
        await office.client.ready("1101", Sender("", "0001"))
        signed = office.client.prepare(Call("1101", '{"psn_no":"1"}', opter="0001"))
        plain = client.prepare(Call("1101", '{"psn_no":"1"}', opter="0001"))
        await office.stop(1)
    assert signed.sender is not None
    assert (signed.sender.sign_epoch, b'"sign_no":"680003"' in signed.body) == (1, True)
    assert b'"sign_no":""' in plain.body
    assert "680003" not in repr(signed)
