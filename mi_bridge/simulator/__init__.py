"""The insurer's platform, for development and for proof.

::

    wire ── listener ── delivery ── platform ── intake ── desks ── centre
                 │          │           │          │        │         │
         fault_plan, faults ┘        gateway   requirements │   people, visits, settlements,
                                                            │   accounts, items, fund, sign-ins
                     enquiries, outpatient_desk, ward, fee_desk, cashier, reversal, generic
                                                            │
                                                         ledger

A message passes the gateway (signature and its time), the intake (envelope, required fields, sign-in) and one desk. A desk
either does everything it is asked and enters it in the ledger, or raises RequestRefused with the platform's words and has
changed nothing. It never waits, so that every message is one step that nothing else can come between. What goes wrong, goes
wrong around that step: before it, after it, or with its answer.

Everything invented follows from the seed; people, rules, items and texts are data in ``config/simulator``.
"""

from mi_bridge.simulator.app import create_app
from mi_bridge.simulator.config import SimulatorConfig
from mi_bridge.simulator.control import FaultOrder, ReplayOrder
from mi_bridge.simulator.faults import Fault, FaultRule
from mi_bridge.simulator.server import RunningSimulator, running_simulator, serve
from mi_bridge.simulator.simulator import Simulator

__all__ = [
    "Fault",
    "FaultOrder",
    "FaultRule",
    "ReplayOrder",
    "RunningSimulator",
    "Simulator",
    "SimulatorConfig",
    "create_app",
    "running_simulator",
    "serve",
]
