"""Who sends, where a call does not say."""

from __future__ import annotations

from typing import Annotated

from mi_bridge.insurer.profile.part import Part, carried


class Operator(Part):
    """Who sends, where a call does not say.

    Args:
        code: operator or terminal number (``opter``).
        name: operator or terminal name (``opter_name``).
        type: 1 operator, 2 self-service terminal, 3 mobile terminal (``opter_type``).
    """

    code: Annotated[str, carried("opter")] = "mi-bridge"
    name: Annotated[str, carried("opter_name")] = "医保接口"
    type: Annotated[str, carried("opter_type")] = "1"
