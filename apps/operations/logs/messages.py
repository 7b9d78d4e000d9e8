"""Messages to the workers carry the id of their cause."""

from typing import Any

import dramatiq

from apps.operations.logs.correlation import begin

OPTION = "correlation_id"


class Correlate(dramatiq.Middleware):
    """What a worker does for a message belongs to the cause that sent it; each worker thread does one at a time."""

    def before_process_message(self, broker: dramatiq.Broker, message: Any) -> None:
        begin(message.options.get(OPTION, ""))
