"""How a simulator is set up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from mi_bridge.simulator.catalogue_order import CatalogueOrder
from mi_bridge.simulator.faults import Fault, FaultRule
from mi_bridge.simulator.mobile import MobileConfig


class SimulatorConfig(BaseModel):
    """Everything about a simulator that does not change while it runs.

    Args:
        seed: decides every invented value and every drawn fault.
        profile: the site it plays: name of a shipped profile, or the path of a TOML file.
        app_id: what its gateway knows the hospital by.
        app_secret: the secret half of that.
        public_key: the hospital's SM2 key, where the profile's ``cainfo_kind`` is ``sm2``.
        check_signature: whether the gateway checks signatures and their time.
        timestamp_window_s: how far a signature's time may be off, in seconds (CSB: 30 minutes).
        gateway_status: the HTTP status of the gateway's refusals; the specification shows their body only.
        check_url: whether a wrong path is answered like an unknown transaction, as live platforms do.
        require_sign_in: whether every transaction but 9001 needs a sign-in number of today.
        sign_in_password: the operators', for platforms that ask for MD5(currenttime + password) (Guangzhou); empty checks none.
        duplicate_msgid: what a second message of one number gets; what the platform does was never published.
        strict_fields: whether every field the Hunan edition of 2024 asks for is asked for; live messages leave many out.
        max_rows: most rows in one list of an input; 0 for any number.
        max_input_bytes: longest input, in bytes of its compact JSON in UTF-8; 0 for any length.
        mode: ``live`` works on people and visits, ``replay`` serves sample answers from a folder.
        replay_folder: that folder.
        faults: what goes wrong from the start.
        data_folder: the data files, instead of the ones mi-bridge comes with.
        catalogues: how the catalogues of 13xx are made up.
        mobile: the mobile-payment platform's application; None where there is no such platform.
        message_limit: how many received messages the ledger keeps; effects are kept all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 1
    profile: str = "demo"
    app_id: str = "demo"
    app_secret: SecretStr = SecretStr("demo-secret")
    public_key: str = ""
    check_signature: bool = True
    timestamp_window_s: Annotated[int, Field(gt=0)] = 1800
    gateway_status: Literal[200, 401] = 401
    check_url: bool = True
    require_sign_in: bool = False
    sign_in_password: SecretStr = SecretStr("")
    duplicate_msgid: Literal["accept", "refuse"] = "accept"
    strict_fields: bool = False
    max_rows: Annotated[int, Field(ge=0)] = 0
    max_input_bytes: Annotated[int, Field(ge=0)] = 0
    mode: Literal["live", "replay"] = "live"
    replay_folder: Path | None = None
    faults: tuple[FaultRule, ...] = ()
    data_folder: Path | None = None
    catalogues: CatalogueOrder = CatalogueOrder()
    mobile: MobileConfig | None = None
    message_limit: Annotated[int, Field(gt=0)] = 200_000

    @model_validator(mode="after")
    def _begins_reachable(self) -> SimulatorConfig:
        if any(rule.fault is Fault.REFUSE_CONNECTIONS for rule in self.faults):
            raise ValueError("refuse_connections can only be ordered while it runs: POST /_simulator/faults")
        return self

    @model_validator(mode="after")
    def _replay_needs_a_folder(self) -> SimulatorConfig:
        if self.mode == "replay" and (self.replay_folder is None or not self.replay_folder.is_dir()):
            raise ValueError(
                "mode replay needs replay_folder to be a folder of <infno>-response-<n>.json files"
            )
        return self
