"""What placing, changing and triggering share: one of each for an exchange."""

from dataclasses import dataclass

from sandbox.accounts import Ledger
from sandbox.clock import Agenda, Clock
from sandbox.desk import Desk
from sandbox.execution import Execution, Listeners
from sandbox.fees import Fees
from sandbox.settings import Settings
from sandbox.triggers import Triggers


@dataclass(frozen=True, slots=True)
class Floor:
    clock: Clock
    agenda: Agenda
    desk: Desk
    ledger: Ledger
    fees: Fees
    execution: Execution
    triggers: Triggers
    listeners: Listeners
    settings: Settings
