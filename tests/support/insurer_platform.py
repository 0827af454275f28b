"""The simulator on a thread and an event loop of its own, so that tests may block while it answers."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

import httpx

from mi_bridge.simulator import Simulator, SimulatorConfig, running_simulator
from mi_bridge.simulator.platform import Arrival


class InsurerPlatform:
    """One simulator, with every body it received.

    Args:
        port: where it listens; 0 takes a free one.
        config: fields of ``SimulatorConfig``.
    """

    def __init__(self, *, port: int = 0, **config: Any) -> None:
        self._port = port
        self._config = SimulatorConfig.model_validate(config)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="simulator", daemon=True)
        self._stack = AsyncExitStack()
        self._http = httpx.Client(trust_env=False, timeout=30)
        self.bodies: deque[bytes] = deque(maxlen=5000)
        self.base_url = ""
        self.simulator: Simulator

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(30)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()
        asyncio.run_coroutine_threadsafe(self._stack.aclose(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> None:
        running = await self._stack.enter_async_context(running_simulator(self._config, port=self._port))
        self.base_url, self.simulator = running.base_url, running.simulator
        self._listen_in()

    def _listen_in(self) -> None:
        # the ledger keeps no bodies, on purpose; a test about bytes needs them
        platform = self.simulator.platform
        receive = platform.receive

        def recorded(path: str, headers: Mapping[str, str], body: bytes) -> Arrival:
            self.bodies.append(body)
            return receive(path, headers, body)

        platform.receive = recorded  # type: ignore[method-assign]  # that is the point

    def order(self, *rules: dict[str, Any], mode: str = "replace") -> None:
        """Put fault rules in force; none ends all faults."""
        self._post("faults", {"mode": mode, "rules": list(rules)})

    def replay(self, infno: str, file: str) -> None:
        """Fix a transaction's sample answer."""
        self._post("replay", {"infno": infno, "file": file})

    def disagree(self, **order: Any) -> None:
        """Make the books of 3201 and 3202 disagree with the ledger: ``drop``, ``change``, ``add``."""
        self._post("books", order)

    def sign_in(self, **order: Any) -> None:
        """End sign-ins, want them or not; see ``POST /_simulator/sign-in``."""
        self._post("sign-in", order)

    def messages(self, **wanted: str) -> list[dict[str, Any]]:
        """Return what came in, oldest first."""
        return list(self._get("messages", wanted)["messages"])

    def effects(self, **wanted: str) -> list[dict[str, Any]]:
        """Return what took effect."""
        return list(self._get("ledger", wanted)["effects"])

    def struck(self) -> int:
        """Return how often the faults in force have struck."""
        return sum(rule["struck"] for rule in self._get("faults", {})["rules"])

    def _get(self, name: str, wanted: dict[str, str]) -> Any:
        answer = self._http.get(f"{self.base_url}/_simulator/{name}", params=wanted)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def _post(self, name: str, order: dict[str, Any]) -> None:
        answer = self._http.post(f"{self.base_url}/_simulator/{name}", json=order)
        assert answer.status_code == 200, answer.text
