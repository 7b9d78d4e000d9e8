"""A line for a terminal, or one JSON object a line for whatever collects them."""

import logging
import os
import sys
from pathlib import Path
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from apps.operations.logs.correlation import subject
from apps.operations.logs.redaction import clean, redact

NOISE = ("taskName", "cause")  # fields of a record that say nothing, or what another form added


def process_name() -> str:
    """The role of this process: web, worker, stream, clock, or the name of its command."""
    command = Path(sys.argv[0]).name
    known = {"daphne": "web", "dramatiq": "worker"}
    if command == "__main__.py":
        command = Path(sys.argv[0]).parent.name
    if command == "manage.py" and len(sys.argv) > 1:
        return sys.argv[1]
    return known.get(command, command or "python")


def source(logger: str) -> str:
    """The part of the platform that a logger belongs to: 'apps.orders.events' is 'orders'."""
    parts = logger.split(".")
    return parts[1] if parts[0] in ("apps", "tradingsite") and len(parts) > 1 else parts[0]


class Line(logging.Formatter):
    """Who collects the lines dates them."""

    def __init__(self) -> None:
        super().__init__("%(levelname)-7s %(name)s: %(message)s%(cause)s")

    def format(self, record: logging.LogRecord) -> str:
        cause = getattr(record, "correlation_id", "") or subject().get("correlation_id", "")
        record.cause = f" [{cause}]" if cause else ""
        return redact(super().format(record))


class Json(JsonFormatter):
    """time, level, process, source, logger, message, and whom and what the line concerns."""

    def __init__(self) -> None:
        super().__init__(timestamp="time", json_ensure_ascii=False)

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        extra: dict[str, Any] = {}
        super().add_fields(extra, record, message_dict)
        fields = {
            "time": extra.pop("time").isoformat(),
            "level": record.levelname,
            "process": process_name(),
            "pid": os.getpid(),
            "source": source(record.name),
            "logger": record.name,
            "message": record.message,
        }
        if "exc_info" in extra:
            fields["exception"] = extra.pop("exc_info")
        concerned = {**subject(), **{name: value for name, value in extra.items() if name not in NOISE}}
        log_data.update({**fields, **{name: value for name, value in concerned.items() if name not in fields}})

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        return {name: value if name == "time" else clean(value) for name, value in log_data.items()}
