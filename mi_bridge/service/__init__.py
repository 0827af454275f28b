"""The bridge as a service of systemd or of Windows.

What is common to both is in ``manager``; ``notify`` speaks to systemd from inside the running bridge, ``windows_host`` runs the
bridge inside a Windows service. What the bridge is, nothing here knows: it is handed in as a function.
"""

from mi_bridge.service.manager import (
    CONFIGURATION_FAULT,
    Action,
    ServiceManager,
    ServiceOptions,
    ServiceStatus,
    service_manager,
)
from mi_bridge.service.notify import Notifier, Watchdog
from mi_bridge.service.stop import StopSignal
from mi_bridge.service.supervisor import Supervisor
from mi_bridge.service.windows_host import run_windows_service

__all__ = [
    "CONFIGURATION_FAULT",
    "Action",
    "Notifier",
    "ServiceManager",
    "ServiceOptions",
    "ServiceStatus",
    "StopSignal",
    "Supervisor",
    "Watchdog",
    "run_windows_service",
    "service_manager",
]
