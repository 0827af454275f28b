"""A profile that changes while it is in use: noticing it, and what of it can count at once."""

from __future__ import annotations

from pathlib import Path

from mi_bridge.insurer.profile.interface import Interface
from mi_bridge.insurer.profile.loading import load_profile, profile_path
from mi_bridge.insurer.profile.profile import Profile

# how the next message is written and the next answer is read; everything else is built into a running node or its database
_AT_ONCE = frozenset(
    {
        "title",
        "mdtrtarea_admvs",
        "insuplc_admdvs",
        "recer_sys_code",
        "infver",
        "signtype",
        "dev_no",
        "dev_safe_info",
        "cainfo",
        "cainfo_kind",
        "cainfo_user_id",
        "null_text",
        "input_as",
        "wire_codes",
        "answer_wrapper",
        "headers",
        "extra_fields",
        "content_type",
        "url",
        "sign_in",
        "signing",
        "texts",
        "checks",
        "interfaces",
    }
)
_AT_ONCE_FOR_AN_INTERFACE = frozenset(
    {
        "input_nodes",
        "list_nodes",
        "either_nodes",
        "output_node",
        "node_names",
        "recer_sys_code",
        "signtype",
        "cainfo",
        "input_as",
        "path",
    }
)


class ProfileFile:
    """The file of the profile in use.

    Args:
        name_or_path: as for `load_profile`.
    """

    def __init__(self, name_or_path: str) -> None:
        self._name = name_or_path
        self._path = profile_path(name_or_path)
        self._seen = self._stamp()

    def look(self) -> Profile | None:
        """Read the file if it changed since the last look; None when it did not.

        Raises:
            ProfileError: it changed, and is gone or cannot be used.
        """
        stamp = self._stamp()
        if stamp == self._seen:
            return None
        self._seen = stamp
        return load_profile(self._name)

    def _stamp(self) -> tuple[int, int] | None:
        try:
            facts = Path(self._path).stat()
        except OSError:
            return None
        return facts.st_mtime_ns, facts.st_size


def at_once(old: Profile, new: Profile) -> tuple[Profile, tuple[str, ...]]:
    """Return the new profile with the old one's values for whatever counts from a start on only, and the keys of those.

    Args:
        old: in use.
        new: read from the changed file.
    """
    later = [name for name in Profile.model_fields if name not in _AT_ONCE]
    waiting = [name for name in later if getattr(old, name) != getattr(new, name)]
    interfaces, waiting_inside = _interfaces(old, new)
    kept = {name: getattr(old, name) for name in later}
    return new.model_copy(update={**kept, "interfaces": interfaces}), (*waiting, *waiting_inside)


def _interfaces(old: Profile, new: Profile) -> tuple[dict[str, Interface], list[str]]:
    made: dict[str, Interface] = {}
    waiting: list[str] = []
    for infno in old.interfaces.keys() | new.interfaces.keys():
        before = old.interfaces.get(infno, Interface())
        after = new.interfaces.get(infno, Interface())
        later = [name for name in Interface.model_fields if name not in _AT_ONCE_FOR_AN_INTERFACE]
        waiting += [
            f"interfaces.{infno}.{name}" for name in later if getattr(before, name) != getattr(after, name)
        ]
        made[infno] = after.model_copy(update={name: getattr(before, name) for name in later})
    return made, sorted(waiting)
