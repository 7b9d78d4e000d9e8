"""What the processes log, and in which form."""

import sys
from typing import Any

from tradingsite.environment import choice, env, required

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOG_FORMAT = choice("LOG_FORMAT", ("line", "json"), default="line" if sys.stderr.isatty() else "json")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "apps.operations.logs.formatters.Line"},
        "json": {"()": "apps.operations.logs.formatters.Json"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT},
        "store": {
            "class": "apps.operations.logs.store.StoreHandler",
            "formatter": "json",
            "url": required("REDIS_URL"),
        },
    },
    "root": {"handlers": ["console", "store"], "level": LOG_LEVEL},
    "loggers": {
        # Django's own handlers would write every line a second time.
        "django": {"handlers": [], "propagate": True},
        **{name: {"level": "WARNING"} for name in ("apscheduler", "daphne", "django.channels.server")},
    },
}
