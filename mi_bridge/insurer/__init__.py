"""The insurer's platform as Python sees it; usable alone, without a database or a settings file.

>>> from mi_bridge.insurer import MedicalInsuranceClient
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mi_bridge.insurer.answer import Answer
    from mi_bridge.insurer.client import AsyncMedicalInsuranceClient, InsurerClient, MedicalInsuranceClient

__all__ = ["Answer", "AsyncMedicalInsuranceClient", "InsurerClient", "MedicalInsuranceClient"]


def __getattr__(name: str) -> Any:
    # whoever wants the catalogue alone (the simulator, the installer) does not pay for the HTTP library
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "answer" if name == "Answer" else "client"
    return getattr(import_module(f"{__name__}.{home}"), name)
