"""Our rows held against the exchange's: at start, on reconnect and every minute. See ``run``."""
