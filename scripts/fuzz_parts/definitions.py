"""What a hospital writes itself: quality rules and sagas; a file is in force whole, or refused by name."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from mi_bridge.errors import ConfigurationError
from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.insurer.nodes import NodePart
from mi_bridge.insurer.rules.rule_file import read_rules
from mi_bridge.insurer.rules.scene import Scene
from mi_bridge.resources import folder
from mi_bridge.traffic.saga_file import read_saga
from scripts.fuzz_parts.mutation import toml_mutation
from scripts.fuzz_parts.target import Target, promise

_PLACE = Path(tempfile.mkdtemp(prefix="mi-bridge-fuzz-")) / "site.toml"
_CATALOGUE = Catalogue.load()
_CONFIG = folder("config")
_MESSAGE = json.loads(
    '{"setlinfo": {"psn_no": "9", "gend": "1", "age": "x", "nwb_age": "", "setl_begn_date": "2026-03-02", "adm_time": "2026-03-01 10:00:00",'
    ' "dscg_time": "2026-02-30"}, "diseinfo": [{"diag_code": "I10.x05", "maindiag_flag": "1"}, {"diag_code": null}],'
    ' "oprninfo": [{"oprn_oprt_code": "96.0800x005", "oprn_oprt_date": "2026-03-02"}], "icuinfo": [], "payinfo": [{"fund_payamt": 1}]}'
)
_SCENE = Scene(
    NodePart(node, f"input.{node}", value, isinstance(value, dict)) for node, value in _MESSAGE.items()
)


def _checked(read: Callable[[Path], None]) -> Callable[[bytes], None]:
    def check(data: bytes) -> None:
        _PLACE.write_bytes(data)
        try:
            read(_PLACE)
        except ConfigurationError as fault:
            promise(str(_PLACE) in fault.key, "a fault names the file", fault)
            promise(str(fault).encode("utf-8", "replace"), "a fault can be written")

    return check


def _rules(place: Path) -> None:
    for rules in read_rules(place).values():
        for rule in rules:
            promise(
                all(isinstance(path, str) for path in rule.look(_SCENE)), "a rule names places", rule.text
            )


def _saga(place: Path) -> None:
    promise(read_saga(place, _CATALOGUE).steps, "a saga has steps")


def _examples(name: str) -> tuple[bytes, ...]:
    pieces = []
    for path in sorted((_CONFIG / name).glob("*.toml")):
        # a whole file of a hundred rules is slow to read; its beginning holds all there is to the language
        text = path.read_text(encoding="utf-8")
        pieces += (
            [text[:3000].rpartition("\n\n")[0], text[-3000:].partition("\n\n")[2]]
            if name == "rules"
            else [text]
        )
    head = 'title = "x"\ninterfaces = ["4101"]\n\n'
    return tuple(
        (piece if "title" in piece or name != "rules" else head + piece).encode() for piece in pieces
    )


RULES = Target(
    _checked(_rules),
    _examples("rules"),
    (
        "[[rule]]",
        "fields",
        "when",
        "matches",
        "present",
        "count",
        "unique",
        "one_of",
        "dictionary",
        "before",
        "(?",
        "[[",
    ),
    toml_mutation,
)
SAGAS = Target(
    _checked(_saga),
    _examples("sagas"),
    ("[[step]]", "infno", "input", "compensation", "${", "}", "steps.", "output", "reason", "none"),
    toml_mutation,
)
