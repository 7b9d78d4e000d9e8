"""A local exchange that speaks the Coinbase Advanced Trade API. A tool of its own: no Django, no platform code."""
