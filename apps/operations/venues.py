"""Names of venues. Each is a market of its own: prices, accounts and keys of two never mix."""

REPLAY = "replay"  # recordings, played again
COINBASE = "coinbase"
SANDBOX = "sandbox"  # speaks as Coinbase does, from this machine
PRETENDED = frozenset({REPLAY, SANDBOX})  # where no money is real, and every page says so
