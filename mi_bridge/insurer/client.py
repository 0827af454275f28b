"""The SDK for programs that need nothing but the platform: no database, no settings file.

>>> with MedicalInsuranceClient(app_id=…, app_secret=…, org_code="H99990100002", base_url="http://10.1.2.3") as client:
...     answer = client.call("1101", {"mdtrt_cert_type": "02", "mdtrt_cert_no": "…", "psn_cert_type": "01"})
...     print(answer.outcome, answer.output)
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack

from pydantic import SecretStr

from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.call import CallFields
from mi_bridge.insurer.core import InsurerClient
from mi_bridge.insurer.msgid import process_msgids
from mi_bridge.insurer.profile import Profile, load_profile
from mi_bridge.insurer.signing.port import Credentials

__all__ = ["AsyncMedicalInsuranceClient", "InsurerClient", "MedicalInsuranceClient"]

_CLOSING_SECONDS = 5.0


class AsyncMedicalInsuranceClient:
    """Calls the platform from asyncio. Use it as an asynchronous context manager, or close it with `aclose`.

    Args:
        app_id: what the gateway knows this hospital by (``paasid`` of TIF, access key of CSB).
        app_secret: the secret that goes with it.
        org_code: the organisation's national code, 12 characters (``fixmedins_code``).
        base_url: the gateway, for example ``http://10.1.2.3:8080``.
        base_urls: further gateways, by the name the profile gives them.
        profile: name of a shipped profile, path of a TOML file, or a `Profile`.
        org_name: the organisation's name (``fixmedins_name``); its code where empty.
        sign_key: SM2 private key of ``cainfo``, or the path of its file, where the site signs with one.
        ca_bundle: PEM file of the authorities to trust, where the gateway has a certificate of its own making.
        node: this process's number, from 0, where several processes send for one organisation; keeps their message
            numbers apart.
        nodes: how many such processes there are.

    Raises:
        ConfigurationError: one of the arguments cannot be used; the message names it.
    """

    def __init__(
        self,
        *,
        app_id: str = "",
        app_secret: str | SecretStr = "",
        org_code: str,
        base_url: str,
        base_urls: Mapping[str, str] | None = None,
        profile: str | Path | Profile = "demo",
        org_name: str = "",
        sign_key: str | SecretStr = "",
        ca_bundle: Path | None = None,
        node: int = 0,
        nodes: int = 1,
    ) -> None:
        site = profile if isinstance(profile, Profile) else load_profile(profile)
        self._core = InsurerClient(
            profile=site,
            credentials=Credentials(app_id, _secret(app_secret), _secret(sign_key)),
            base_url=base_url,
            base_urls=base_urls,
            org_code=org_code,
            org_names={org_code: org_name},
            msgids=process_msgids(node, nodes, site.msgid),
            ca_bundle=ca_bundle,
        )

    async def call(
        self,
        infno: str,
        input: str | Mapping[str, Any],  # noqa: A002 - the platform's own word
        **fields: Unpack[CallFields],
    ) -> Answer:
        """Send one transaction and return its answer.

        Args:
            infno: the transaction's code, for example ``1101``.
            input: its input, as JSON text or as a mapping: bare fields, one node or several.
            **fields: ``insuplc_admdvs``, ``opter``, ``opter_name``, ``opter_type``, ``sign_no``, ``org_code``, ``msgid``.

        Raises:
            RequestRefused: the message cannot be made; nothing was sent. Faults on the way are outcomes, not exceptions.
        """
        return await self._core.call(infno, input, **fields)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._core.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


class MedicalInsuranceClient:
    """Calls the platform from any thread, with or without asyncio; an event loop of its own does the work.

    Use it as a context manager, or close it with `close`. Arguments as for `AsyncMedicalInsuranceClient`.

    Args:
        app_id: what the gateway knows this hospital by.
        app_secret: the secret that goes with it.
        org_code: the organisation's national code.
        base_url: the gateway.
        base_urls: further gateways, by the name the profile gives them.
        profile: name of a shipped profile, path of a TOML file, or a `Profile`.
        org_name: the organisation's name; its code where empty.
        sign_key: SM2 private key of ``cainfo``, or the path of its file.
        ca_bundle: PEM file of the authorities to trust.
        node: this process's number, where several send for one organisation.
        nodes: how many such processes there are.

    Raises:
        ConfigurationError: one of the arguments cannot be used; the message names it.
    """

    def __init__(
        self,
        *,
        app_id: str = "",
        app_secret: str | SecretStr = "",
        org_code: str,
        base_url: str,
        base_urls: Mapping[str, str] | None = None,
        profile: str | Path | Profile = "demo",
        org_name: str = "",
        sign_key: str | SecretStr = "",
        ca_bundle: Path | None = None,
        node: int = 0,
        nodes: int = 1,
    ) -> None:
        self._client = AsyncMedicalInsuranceClient(
            app_id=app_id,
            app_secret=app_secret,
            org_code=org_code,
            base_url=base_url,
            base_urls=base_urls,
            profile=profile,
            org_name=org_name,
            sign_key=sign_key,
            ca_bundle=ca_bundle,
            node=node,
            nodes=nodes,
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mi-bridge-sdk", daemon=True)
        self._thread.start()
        self._finish = weakref.finalize(self, _stop, self._loop, self._thread, self._client)

    def call(
        self,
        infno: str,
        input: str | Mapping[str, Any],  # noqa: A002 - the platform's own word
        **fields: Unpack[CallFields],
    ) -> Answer:
        """Send one transaction and return its answer; as `AsyncMedicalInsuranceClient.call`, but waiting."""
        return self._submit(infno, input, fields).result()

    async def acall(
        self,
        infno: str,
        input: str | Mapping[str, Any],  # noqa: A002 - the platform's own word
        **fields: Unpack[CallFields],
    ) -> Answer:
        """Send one transaction without blocking the caller's event loop."""
        return await asyncio.wrap_future(self._submit(infno, input, fields))

    def close(self) -> None:
        """Close the connections and end the thread; a second time does nothing."""
        self._finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _submit(self, infno: str, source: str | Mapping[str, Any], fields: CallFields) -> Future[Answer]:
        if not self._finish.alive:
            raise RuntimeError("This client is closed. Make a new one.")
        return asyncio.run_coroutine_threadsafe(self._client.call(infno, source, **fields), self._loop)


def _secret(value: str | SecretStr) -> SecretStr:
    return value if isinstance(value, SecretStr) else SecretStr(value)


def _stop(
    loop: asyncio.AbstractEventLoop, thread: threading.Thread, client: AsyncMedicalInsuranceClient
) -> None:
    asyncio.run_coroutine_threadsafe(client.aclose(), loop).result(_CLOSING_SECONDS)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(_CLOSING_SECONDS)
    loop.close()
