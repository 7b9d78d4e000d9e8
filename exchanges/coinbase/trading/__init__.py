"""Trading at Coinbase: an account's orders, fills and balances behind the port. See ``exchange``."""
