"""What the platform says, from ``texts.toml``."""

from __future__ import annotations

from pathlib import Path

from mi_bridge.errors import RequestRefused
from mi_bridge.simulator.tables import read_toml


class Texts:
    """The platform's words, by the names the data file gives them.

    Args:
        texts: section and name to text; ``{…}`` in a text is filled in when it is said.
    """

    def __init__(self, texts: dict[str, dict[str, str]]) -> None:
        self._texts = texts

    @classmethod
    def load(cls, folder: Path) -> Texts:
        """Read ``texts.toml`` of a folder.

        Raises:
            ConfigurationError: the file is missing or malformed.
        """
        return cls(read_toml(folder / "texts.toml", dict[str, dict[str, str]]))

    def say(self, name: str, **facts: object) -> str:
        """Return the text of a name such as ``visit.unknown``, with the facts filled in."""
        section, _, key = name.partition(".")
        return self._texts[section][key].format(**facts)

    def change(self, name: str, text: str) -> None:
        """Say something else from now on under a name such as ``sign_in.required``."""
        section, _, key = name.partition(".")
        self._texts[section][key] = text

    def refuse(self, name: str, **facts: object) -> RequestRefused:
        """Return the refusal that says a text; the caller raises it."""
        return RequestRefused(self.say(name, **facts))

    def busy(self, infno: str) -> str:
        """Return how the platform says that the same business is under way."""
        texts = self._texts["busy"]
        return texts.get(infno.removesuffix("A"), texts["other"])
