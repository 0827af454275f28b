"""The insurer for one command, with the operators' sign-ins the whole cluster shares."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mi_bridge.bridge.database_clock import DatabaseClock
    from mi_bridge.bridge.sign_in_office import SignInOffice
    from mi_bridge.settings import Settings

_STOP_S = 5.0


@asynccontextmanager
async def signed_in(settings: Settings, name: str) -> AsyncIterator[SignInOffice]:
    """Give what signs in, with a client that does; closed after it.

    Args:
        settings: validated.
        name: of this process, unlike that of any node; it counts as alive as long as this lasts.

    Raises:
        ConfigurationError: the profile or a credential cannot be used.
        StoreError: the database cannot be asked for the time.
    """
    from mi_bridge.daemon import build_client, sign_in_office
    from mi_bridge.insurer.profile import load_profile

    profile = load_profile(settings.insurer.profile)
    async with build_client(settings, profile, clock=_database_clock(settings)) as client:
        office = sign_in_office(settings, client, name, attend=True)
        try:
            yield office
        finally:
            await office.stop(_STOP_S)


def _database_clock(settings: Settings) -> DatabaseClock:
    """Return the clock that the nodes' messages go by."""
    from mi_bridge.bridge.database_clock import DatabaseClock
    from mi_bridge.daemon import connect
    from mi_bridge.store.installer import Installer

    clock = DatabaseClock()
    with closing(connect(settings)) as connection:
        status = Installer(connection).status()
    if status.installed:
        clock.hear(status.database_time_ms)
    return clock
