"""Everything about sign-ins on one node, wired together."""

from __future__ import annotations

from typing import Protocol

from mi_bridge.insurer.core import InsurerClient
from mi_bridge.insurer.profile import Profile
from mi_bridge.store.sign_in_port import SignInStore
from mi_bridge.traffic.breaker import Breaker
from mi_bridge.traffic.sign_in import SignIns
from mi_bridge.traffic.sign_in_desk import SignInDesk
from mi_bridge.traffic.sign_in_session import SignInSession
from mi_bridge.traffic.sign_out import SignOut


class SignInStoreMaker(Protocol):
    """Makes stores, each with a connection of its own that is made at its first call."""

    def __call__(self) -> SignInStore:
        """Return a new store."""
        ...


class SignInOffice:
    """Holds a node's sign-ins.

    Args:
        client: the SDK's client itself; 9001 and 9002 go out through it as they are.
        connect: makes the connections; none is opened at a site that never signs in.
        node_id: the process, unlike that of any other.
        org_code: the organisation where a request does not say.
        password: the operators', where the site asks for one.
        breaker: learns what could not be sent.
    """

    def __init__(
        self,
        client: InsurerClient,
        connect: SignInStoreMaker,
        node_id: str,
        *,
        org_code: str,
        password: str = "",
        breaker: Breaker | None = None,
    ) -> None:
        profile = client.profile
        self._desk = SignInDesk(client, profile, breaker=breaker, password=password, clock=client.clock)
        self.sign_ins = SignIns(connect(), self._desk, profile, node_id)
        self.sign_out = SignOut(connect(), self._desk, profile, node_id)
        self.client = client.under(SignInSession(self.sign_ins, org_code=org_code))

    def adopt(self, profile: Profile) -> None:
        """Sign in and out from now on as another profile has it; sign-ins that hold go on holding."""
        for part in (self._desk, self.sign_ins, self.sign_out):
            part.adopt(profile)

    async def stop(self, timeout_s: float) -> None:
        """Let what is on its way end, then close."""
        await self.sign_ins.stop(timeout_s)
        await self.sign_out.stop()
