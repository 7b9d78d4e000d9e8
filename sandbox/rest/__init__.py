"""The exchange over HTTP: routes, who may call them, and the JSON of its answers."""
