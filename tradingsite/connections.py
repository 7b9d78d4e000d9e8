"""Returns database connections to the pool between messages."""

from typing import Any

import dramatiq
from django.db import close_old_connections


class CloseConnections(dramatiq.Middleware):
    def before_process_message(self, broker: dramatiq.Broker, message: Any) -> None:
        close_old_connections()

    def after_process_message(
        self, broker: dramatiq.Broker, message: Any, *, result: Any = None, exception: Any = None
    ) -> None:
        close_old_connections()
