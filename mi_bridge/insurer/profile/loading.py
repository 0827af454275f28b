"""Reads a profile from its file, or says what is wrong with it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mi_bridge.errors import ProfileError
from mi_bridge.insurer.profile.profile import Profile
from mi_bridge.resources import folder


def load_profile(name_or_path: str | Path) -> Profile:
    """Read a profile.

    Args:
        name_or_path: the name of a shipped profile (``demo``, ``hunan``) or the path of a TOML file.

    Raises:
        ProfileError: the file is missing or wrong; names file, key, fault and remedy.
    """
    path = _find(name_or_path)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise ProfileError(str(path), f"cannot be read ({fault.strerror})", remedy=_known_names()) from fault
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise ProfileError(
            str(path), f"is not TOML in UTF-8 ({fault})", remedy="Correct the file."
        ) from fault
    try:
        return Profile.model_validate(values)
    except ValidationError as fault:
        raise _profile_error(path, fault) from None


def _find(name_or_path: str | Path) -> Path:
    path = Path(name_or_path)
    if path.suffix == ".toml" or len(path.parts) > 1:
        return path
    return folder("config") / "profiles" / f"{path.name}.toml"


def _known_names() -> str:
    names = sorted(path.stem for path in (folder("config") / "profiles").glob("*.toml"))
    return f"Name one of {', '.join(names)}, or give the path of a .toml file."


def _profile_error(path: Path, fault: ValidationError) -> ProfileError:
    errors = fault.errors(include_url=False, include_context=False)
    others = "".join(f"; {_key(error)} {_fault(error)}" for error in errors[1:])
    key = f"{path}: {_key(errors[0])}"
    return ProfileError(key, _fault(errors[0]) + others, remedy=_remedy(errors[0]["type"]))


def _key(error: Any) -> str:
    # pydantic puts the chosen kind of signing into the place; the file has no such level
    place = [str(part) for part in error["loc"] if part not in ("tif", "csb", "none", "function-after")]
    return ".".join(place) or "profile"


def _fault(error: Any) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    value = error["input"]
    if error["type"] == "extra_forbidden" or not isinstance(value, str | int | float):
        return f"is wrong: {message}"
    return f"is {value!r}: {message}"


def _remedy(kind: str) -> str:
    remedies = {
        "extra_forbidden": "Remove the key or correct its spelling.",
        "missing": "Add the key.",
        "union_tag_not_found": "Add signing.kind: tif, csb or none.",
        "union_tag_invalid": "Write one of the kinds named.",
    }
    return remedies.get(kind, "Write a value as described; config/profiles/demo.toml shows every key.")
