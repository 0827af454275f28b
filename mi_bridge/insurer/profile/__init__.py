"""One site's truth, as data: what is different there from the national specification."""

from mi_bridge.insurer.profile.checks import Checks
from mi_bridge.insurer.profile.division import Division
from mi_bridge.insurer.profile.interface import Interface
from mi_bridge.insurer.profile.loading import load_profile
from mi_bridge.insurer.profile.operator import Operator
from mi_bridge.insurer.profile.profile import Profile
from mi_bridge.insurer.profile.reconciliation import Reconciliation
from mi_bridge.insurer.profile.sign_in import SignIn
from mi_bridge.insurer.profile.signing import CsbSigning, NoSigning, Signing, TifSigning, XcaSigning
from mi_bridge.insurer.profile.texts import AnswerTexts
from mi_bridge.insurer.profile.url import Url

__all__ = [
    "AnswerTexts",
    "Checks",
    "CsbSigning",
    "Division",
    "Interface",
    "NoSigning",
    "Operator",
    "Profile",
    "Reconciliation",
    "SignIn",
    "Signing",
    "TifSigning",
    "Url",
    "XcaSigning",
    "load_profile",
]
