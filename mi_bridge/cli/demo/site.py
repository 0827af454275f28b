"""The site whose dialect a demo plays."""

from __future__ import annotations

from dataclasses import dataclass, field

from mi_bridge.cli.demo.scenario import Scenario, Step
from mi_bridge.errors import UnknownInterface
from mi_bridge.insurer.address import AddressBook
from mi_bridge.insurer.profile import Profile, load_profile
from mi_bridge.insurer.profile.loading import profile_path, shipped_profiles


@dataclass(frozen=True, slots=True)
class Site:
    """One profile, as the demo's processes are told it.

    Args:
        reference: a shipped profile's name, or a whole path.
        profile: what it says.
    """

    reference: str
    profile: Profile = field(repr=False)

    @classmethod
    def of(cls, name_or_file: str) -> Site:
        """Read a profile.

        Raises:
            ProfileError: it cannot be used.
        """
        shipped = name_or_file in shipped_profiles()
        reference = name_or_file if shipped else str(profile_path(name_or_file).resolve())
        return cls(reference, load_profile(name_or_file))

    @property
    def simulation(self) -> list[str]:
        """The simulator's options: it wants a sign-in where the site may."""
        signs_in = self.profile.sign_in.policy != "never"
        return ["--profile", self.reference, *(["--require-sign-in"] if signs_in else [])]

    def base_urls(self, base_url: str) -> dict[str, str]:
        """Return the further addresses the profile refers to: the simulator is all of them."""
        return dict.fromkeys(self.profile.url.bases, base_url)

    def playable(self, scenario: Scenario) -> tuple[Scenario, tuple[Step, ...]]:
        """Return the script without the steps this site has no address for, and those steps."""
        book = AddressBook("http://127.0.0.1", self.profile, self.base_urls("http://127.0.0.1"))
        left_out = tuple(step for step in scenario.step if not _has(book, step.infno))
        steps = tuple(step for step in scenario.step if step not in left_out)
        return scenario.model_copy(update={"step": steps}), left_out


def _has(book: AddressBook, infno: str) -> bool:
    try:
        book.find(infno)
    except UnknownInterface:
        return False
    return True
