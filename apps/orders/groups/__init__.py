"""Groups: plans of the core (engine.plans) as rows, led event by event, each step one transaction with its orders."""
