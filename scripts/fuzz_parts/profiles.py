"""Profile files: a file either is a profile, and then everything can be made of it, or is refused by key and fault."""

from __future__ import annotations

import tempfile
from pathlib import Path

from pydantic import SecretStr

from mi_bridge.errors import ConfigurationError, RequestRefused
from mi_bridge.insurer.call import Call
from mi_bridge.insurer.core import InsurerClient
from mi_bridge.insurer.profile import load_profile
from mi_bridge.insurer.signing.port import Credentials
from mi_bridge.resources import folder
from scripts.fuzz_parts.mutation import toml_mutation
from scripts.fuzz_parts.target import Target, promise

_PLACE = Path(tempfile.mkdtemp(prefix="mi-bridge-fuzz-")) / "site.toml"
_SHIPPED = tuple(sorted((folder("config") / "profiles").glob("*.toml")))


def check(data: bytes) -> None:
    """Load a profile, and make a client and a message with it."""
    _PLACE.write_bytes(data)
    try:
        profile = load_profile(_PLACE)
        client = InsurerClient(
            profile=profile,
            credentials=Credentials("fake_id", SecretStr("fake_secret")),
            base_url="http://127.0.0.1:1",
            org_code="H99990100002",
        )
    except ConfigurationError as fault:
        promise(fault.key, "a fault names its key", fault)
        return
    try:
        client.prepare(Call("1101", '{"psn_no": "9"}'))
    except RequestRefused:
        return


TARGET = Target(
    check,
    tuple(path.read_bytes() for path in _SHIPPED),
    (
        "[signing]",
        "kind",
        "[url]",
        "layout",
        "path",
        "[interfaces.1101]",
        "[texts]",
        "inf",
        "nan",
        "'(?i)['",
        "-1",
        "1e400",
    ),
    toml_mutation,
)
